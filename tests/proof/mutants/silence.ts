/**
 * Ways to let a consumer lose its token without a word.
 *
 * @module
 */
import { breaking, type Mutant } from "./mutant.ts";

const inFaults = breaking("worker/health/credential_faults.ts");

/** All of them. */
export const silenceMutants: readonly Mutant[] = [
  inFaults(
    "says that little is left only when a twentieth is",
    "Math.max(emergencyAt - twentieth, since) <= now",
    "Math.max(emergencyAt, since) <= now",
    "a pause until the token has expired",
  ),
  inFaults(
    "says nothing of a paused credential whose token has expired",
    "if (rest && isDead) {",
    "if (!rest && isDead) {",
    "a pause until the token has expired",
  ),
  inFaults(
    "goes by one target alone",
    "const isDead = places.some((entries) =>",
    "const isDead = places.every((entries) =>",
    "a pause while one of two targets is still to be supplied",
  ),
  breaking("worker/alerts/changes.ts")(
    "says that all is over",
    "...away.filter(isOver).map(",
    "...before.map(",
    "a target that is down until its token has expired",
  ),
  breaking("worker/alerts/send_alerts.ts")(
    "crosses out what it did not send",
    "await work();",
    'if (letters[0].alert.change === "over") await work();',
    "a target that is down until its token has expired",
  ),
];
