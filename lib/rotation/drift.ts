/**
 * Drift: between rotations, each target is looked at again, as somebody may have overwritten what it
 * holds.
 *
 * @module
 */
import { type TargetContext, TargetError, type TargetErrorCode } from "../targets/target.ts";
import { toDelivery } from "./attempt.ts";
import { type Credential, type CredentialTarget, findRest, isPaused } from "./credential.ts";
import type { Decision } from "./decision.ts";
import type { CredentialLedger, DeliveryRecord, Entry, Look, SweepLedger } from "./ledger.ts";
import { deliveryOf } from "./line.ts";
import type { Sealing } from "./sealing.ts";

/** How long after a proof or a look a target is looked at again, in milliseconds: a day. */
const EVERY = 24 * 3_600_000;

/** How many targets one sweep looks at: each takes a few requests, of which there are 50 in all. */
const MOST_LOOKS = 4;

/** How long a target may take to answer, in milliseconds. */
const TIMEOUT = 10_000;

/** Refusals that the next rotation would meet, too. What passes by itself says nothing. */
const TELLING: readonly TargetErrorCode[] = ["not_found", "unauthorized", "forbidden"];

/** What looking works with. */
export interface LookingWorld {
  /** What is to be kept alive. */
  readonly credentials: readonly Credential[];
  /** Opens tokens. */
  readonly sealing: Sealing;
  /** Takes what was seen. */
  readonly ledger: Pick<SweepLedger, "noteLooks">;
  /** The current time, in milliseconds since the epoch. */
  readonly now: () => number;
}

/** A target whose turn it is. */
interface Turn {
  readonly credential: Credential;
  readonly target: CredentialTarget;
  readonly entry: Entry;
  readonly record: DeliveryRecord;
  /** When it was looked at last, or proven. */
  readonly since: number;
}

/** Looks at the targets whose turn it is, the longest unseen first, and writes down what was seen. */
export async function lookForDrift(
  { credentials, sealing, ledger, now }: LookingWorld,
  known: ReadonlyMap<string, CredentialLedger>,
  decisions: readonly Decision[],
): Promise<void> {
  const at = now();
  const idle = new Set(
    decisions.filter(({ kind }) => kind === "wait").map(({ credential }) => credential),
  );
  const turns = credentials
    .filter((credential) => idle.has(credential.name) && findRest(credential) === undefined)
    .flatMap((credential) => findTurns(credential, known.get(credential.name), at))
    .toSorted((one, other) => one.since - other.since)
    .slice(0, MOST_LOOKS);
  if (turns.length === 0) return;
  const looks = await Promise.all(turns.map((turn) => look(turn, sealing, at)));
  await ledger.noteLooks(looks);
}

function findTurns(
  credential: Credential,
  known: CredentialLedger | undefined,
  at: number,
): Turn[] {
  const entry = known?.entries.findLast(({ state }) => state === "current");
  if (!known || isPaused(credential, known.record)) return [];
  if (known.record.leaseUntil !== null || !entry?.sealedToken) return [];
  return credential.targets.flatMap((target): Turn[] => {
    const record = deliveryOf(known, entry.mark, target);
    if (!record?.proof) return [];
    const since = Math.max(record.provenAt ?? 0, record.lookedAt ?? 0);
    // A clock that was set back must not keep a target from its turn.
    return at - since >= EVERY || since > at + EVERY
      ? [{ credential, target, entry, record, since }]
      : [];
  });
}

async function look(
  { credential, target, entry, record }: Turn,
  sealing: Sealing,
  at: number,
): Promise<Look> {
  const { mark } = entry;
  const seen = {
    credential: credential.name,
    mark,
    place: target.place,
    provenAt: record.provenAt,
  };
  const context: TargetContext = { signal: AbortSignal.timeout(TIMEOUT) };
  try {
    const delivery = await toDelivery(entry, sealing);
    await target.target.confirm(delivery, record.receipt, context);
    return { ...seen, at, drift: null, unproves: false };
  } catch (error) {
    const isOverwritten = error instanceof TargetError && error.code === "mismatch";
    if (isOverwritten || isTelling(error)) {
      return {
        ...seen,
        at,
        drift: error.message,
        unproves: isOverwritten && credential.onDrift !== "alert",
      };
    }
    return { ...seen, at, drift: record.drift?.message ?? null, unproves: false };
  }
}

function isTelling(error: unknown): error is TargetError {
  return error instanceof TargetError && TELLING.includes(error.code);
}
