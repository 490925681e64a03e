/**
 * Ways to overlook what somebody has overwritten, or to do harm by looking.
 *
 * @module
 */
import { breaking, type Mutant } from "./mutant.ts";

const inDrift = breaking("lib/rotation/drift.ts");

/** All of them. */
export const driftMutants: readonly Mutant[] = [
  inDrift(
    "never looks again",
    "at - since >= EVERY ||",
    "at - since >= 1000 * EVERY ||",
    "a target that somebody overwrites",
  ),
  inDrift(
    "only reports what is to be mended",
    'unproves: isOverwritten && credential.onDrift !== "alert",',
    "unproves: false,",
    "a target that somebody overwrites",
  ),
  inDrift(
    "mends what is only to be reported",
    'unproves: isOverwritten && credential.onDrift !== "alert",',
    "unproves: isOverwritten,",
    "which is only to be reported",
  ),
  breaking("worker/account/changes.ts")(
    "forgets no drift when the token is delivered again",
    '` drift = ${change.proof ? "NULL" : "drift"}` +',
    '" drift = drift" +',
    "a target that somebody overwrites",
  ),
];
