/**
 * The promotion: a replacement that every required target holds is current, and the older ones live on
 * through the overlap.
 *
 * @module
 */
import { type Attempt, entryOf } from "./attempt.ts";
import type { CredentialLedger, Entry } from "./ledger.ts";
import type { Fresh } from "./perform.ts";
import { FOREIGN_OVERLAP, graceFor, LEASE_DURATION } from "./schedule.ts";
import { assertSupplied } from "./supply.ts";

/**
 * Makes the replacement current and waits out the overlap, also one that is made longer meanwhile. Gives
 * the marks of what is stale then.
 */
export async function promoteAndWait(attempt: Attempt, mark: string): Promise<string[]> {
  for (let round = 1;; round++) {
    const nth = round === 1 ? "" : ` ${round}`;
    const { stale, left } = await attempt.perform(
      `promote${nth}`,
      (fresh) => promote(attempt, mark, fresh),
    );
    if (left === 0) return stale;
    await attempt.sleep(`grace${nth}`, left);
  }
}

/** Makes the replacement current, and says which authorizations are stale and how long they live on. */
async function promote(
  attempt: Attempt,
  mark: string,
  fresh: Fresh,
): Promise<{ stale: string[]; left: number }> {
  const { known, credential } = fresh;
  const entry = entryOf(known, mark);
  assertSupplied(entry, fresh);
  const now = attempt.now();
  const promotedAt = entry.state === "current" ? entry.provenAt : null;
  // A date that a clock set while it ran ahead says nothing.
  const isPromoted = promotedAt !== null && promotedAt <= now;
  const proofs = known.deliveries.flatMap((delivery) =>
    delivery.mark === mark && delivery.provenAt !== null && delivery.provenAt <= now
      ? [delivery.provenAt]
      : []
  );
  const since = isPromoted ? Math.max(promotedAt, ...proofs) : now;

  const stale = known.entries.filter(({ state, generation }) =>
    (state === "adopted" || state === "minted" || state === "current") &&
    generation < entry.generation
  );
  const overlap = graceFor(credential, entry.lifetime);
  const left = stale.length === 0 ? 0 : Math.max(
    clamp(since + overlap - now, 0, overlap),
    stale.some(isStrangers) ? strangersLeft(known, since, now) : 0,
  );
  await attempt.write(
    ...isPromoted ? [] : [{ kind: "promote", mark, at: now } as const],
    { kind: "renew", until: now + left + LEASE_DURATION },
  );
  return { stale: stale.map((older) => older.mark), left };
}

/** Whether an entry was adopted with another ledger's mark. */
function isStrangers({ state, generation, made }: Entry): boolean {
  return state === "adopted" && generation > 0 && !made;
}

/**
 * How long what another ledger made lives on: from the first successor on, not from the newest, or what
 * is rotated more often than that would never be rid of it.
 */
function strangersLeft({ entries }: CredentialLedger, since: number, now: number): number {
  const proofs = entries.flatMap(({ made, provenAt }) =>
    made && provenAt !== null && provenAt <= now ? [provenAt] : []
  );
  return clamp(Math.min(since, ...proofs) + FOREIGN_OVERLAP - now, 0, FOREIGN_OVERLAP);
}

function clamp(value: number, low: number, high: number): number {
  return Math.min(Math.max(value, low), high);
}
