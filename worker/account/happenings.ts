/**
 * What happened to a credential: the difference between what the ledger knew before a transaction and
 * what it knows after it. A write that is repeated changes nothing, and so nothing happened.
 *
 * @module
 */
import type {
  CredentialLedger,
  CredentialRecord,
  DeliveryRecord,
  Entry,
  EntryState,
} from "../../lib/rotation/ledger.ts";
import { about, type EventKind, type Happening } from "../event.ts";

/** What it is called when an authorization comes into a state. */
const CAME_INTO = {
  adopted: "adopted",
  intended: "intended",
  minted: "minted",
  current: "promoted",
  refused: "refused",
  discarded: "discarded",
  retired: "retired",
  released: "released",
  foreign: "found_foreign",
} as const satisfies Record<EntryState, EventKind>;

/**
 * Compares what was known of a credential with what is known of it now.
 *
 * @param answered The places that have answered to a delivery: another one that is written down is about
 * to begin.
 */
export function compare(
  before: CredentialLedger | undefined,
  after: CredentialLedger,
  answered: ReadonlySet<string> = new Set(),
): readonly Happening[] {
  return [
    ...compareAttempts(before?.record, after.record),
    ...after.entries.flatMap((entry) =>
      compareEntries(before?.entries.find(({ mark }) => mark === entry.mark), entry)
    ),
    ...compareDeliveries(before?.deliveries ?? [], after, answered),
    ...compareEnds(before?.record, after.record),
  ];
}

function compareAttempts(
  before: CredentialRecord | undefined,
  { name, attempt, error }: CredentialRecord,
): Happening[] {
  if (attempt === (before?.attempt ?? 0)) return [];
  const stopped = before && before.leaseUntil !== null
    ? [{ ...about(name), kind: "failed" as const, message: error }]
    : [];
  return [...stopped, { ...about(name), kind: "began", message: `Attempt ${attempt}` }];
}

function compareEnds(
  before: CredentialRecord | undefined,
  { name, attempt, leaseUntil, error }: CredentialRecord,
): Happening[] {
  if (!before || before.leaseUntil === null || leaseUntil !== null) return [];
  const kind = error === null ? "succeeded" : "failed";
  return [{ ...about(name), kind, message: error ?? `Attempt ${attempt}` }];
}

function compareEntries(before: Entry | undefined, entry: Entry): Happening[] {
  const whose = aboutEntry(entry);
  if (before?.state !== entry.state) return [{ ...whose, kind: CAME_INTO[entry.state] }];
  if (before.goneAt === null && entry.goneAt !== null) return [{ ...whose, kind: "gone" }];
  return [];
}

function compareDeliveries(
  before: readonly DeliveryRecord[],
  { entries, deliveries }: CredentialLedger,
  answered: ReadonlySet<string>,
): Happening[] {
  const written = new Set<string>();
  const tried = new Set(before.map(({ mark }) => mark));
  const all = deliveries.map((now) => {
    const then = before.find(({ mark, place }) => mark === now.mark && place === now.place);
    const isWritten = then?.deliveredAt !== now.deliveredAt;
    if (isWritten) written.add(now.place);
    return { now, then, isWritten };
  });
  return all.flatMap(({ now, then, isWritten }): Happening[] => {
    const entry = entries.find(({ mark }) => mark === now.mark);
    if (!entry) return [];
    const delivery = { ...aboutEntry(entry), place: now.place };
    if (isWritten) {
      const kind = answered.has(now.place) ? "delivered" : "delivering";
      if (tried.has(now.mark)) return [{ ...delivery, kind }];
      tried.add(now.mark);
      // No token is delivered before Heroku has taken it.
      return [
        { ...aboutEntry(entry), kind: "proved", message: "Heroku accepts its token" },
        { ...delivery, kind },
      ];
    }
    if (now.drift && !then?.drift) {
      return [{ ...delivery, kind: "drifted", message: now.drift.message }];
    }
    if (!now.drift && then?.drift && then.provenAt === now.provenAt) {
      return [{ ...delivery, kind: "confirmed", message: "It holds the token again" }];
    }
    if (now.proof && then?.provenAt !== now.provenAt) {
      return [{ ...delivery, kind: "confirmed", message: `Proof: ${now.proof.kind}` }];
    }
    // A delivery of another generation takes the older one's proof back: that is said already.
    if (!now.proof && then?.proof && !written.has(now.place)) {
      return [{ ...delivery, kind: "unconfirmed" }];
    }
    return [];
  });
}

function aboutEntry({ credential, generation, authorization }: Entry): Omit<Happening, "kind"> {
  return { ...about(credential), generation, authorization };
}
