/**
 * A ledger on real SQLite with a credential in it, and an attempt that is at work on it.
 *
 * @module
 */
import { assert } from "@std/assert";
import { DAY, MINUTE } from "@std/datetime/constants";
import type {
  AttemptEnd,
  CredentialLedger,
  Entry,
  EntryState,
  Lease,
  Ledger,
} from "../../../lib/rotation/ledger.ts";
import { createEventLog } from "../../../worker/account/event_log.ts";
import { createLedger } from "../../../worker/account/ledger.ts";
import type { Sql } from "../../../worker/account/sql.ts";
import { createDatabase, type TestDatabase } from "../sqlite.ts";

/** The time in these tests. */
export const NOW = Date.UTC(2026, 0, 1);

/** When the lease of the first attempt runs out. */
export const UNTIL = NOW + 15 * MINUTE;

/** A proof as a target gives it. */
export const PROOF = { kind: "exact", detail: "The value was read back" } as const;

/** What is not known of an entry before Heroku has answered its create. */
export const UNANSWERED = {
  authorization: null,
  accessToken: null,
  sealedToken: null,
  fingerprint: null,
  description: null,
  expiresAt: null,
} as const;

/** A ledger, its tables, and the lease of the first attempt for `ci`. */
export interface StartedLedger {
  /** The tables. */
  readonly database: TestDatabase;
  /** The ledger. */
  readonly ledger: Ledger;
  /** The lease of the first attempt. */
  readonly lease: Lease;
}

/** An entry of `ci` with every member filled in. */
export function createEntry(mark: string, state: EntryState, more: Partial<Entry> = {}): Entry {
  return {
    credential: "ci",
    generation: 1,
    mark,
    state,
    authorization: `authorization-${mark}`,
    accessToken: `access-${mark}`,
    sealedToken: `sealed-${mark}`,
    fingerprint: `fingerprint-${mark}`,
    description: `ci [g1 ${mark}]`,
    scope: ["read", "write"],
    lifetime: 30 * DAY,
    asked: 31 * DAY,
    made: true,
    sender: `sender-${mark}`,
    notedAt: NOW - 1,
    createdAt: NOW,
    expiresAt: NOW + 30 * DAY,
    provenAt: null,
    listedEnd: NOW + 9,
    seenAt: NOW + 2,
    doubtedSince: null,
    endedAt: null,
    goneAt: null,
    ...more,
  };
}

/** Makes a ledger that knows `ci` with these entries, and begins the first attempt for it. */
export async function startLedger(...entries: readonly Entry[]): Promise<StartedLedger> {
  const database = createDatabase();
  const ledger = createLedger(database, createEventLog(database, () => NOW));
  await adoptOne(ledger, "ci", ...entries);
  return { database, ledger, lease: await claimOne(ledger, 1, null) };
}

/** Makes one credential known. */
export async function adoptOne(
  ledger: Ledger,
  name: string,
  ...entries: readonly Entry[]
): Promise<void> {
  await ledger.adopt(new Map([[name, entries]]));
}

/** Begins an attempt that must begin. */
export async function claimOne(
  ledger: Ledger,
  attempt: number,
  seenLease: number | null,
  { credential = "ci", until = UNTIL }: { credential?: string; until?: number } = {},
): Promise<Lease> {
  const [lease] = await ledger.claim([{ credential, attempt, seenLease }], until);
  assert(lease, `Attempt ${attempt} has not begun`);
  return lease;
}

/** Reads a credential that must be known. */
export async function readOne(ledger: Ledger, credential = "ci"): Promise<CredentialLedger> {
  const known = await ledger.readCredential(credential);
  assert(known);
  return known;
}

/** The state of an entry of `ci`; undefined for one that is not known. */
export async function stateOf(ledger: Ledger, mark: string): Promise<EntryState | undefined> {
  return (await readOne(ledger)).entries.find((entry) => entry.mark === mark)?.state;
}

/** The marks of a credential's entries, in their order. */
export async function marksOf(ledger: Ledger, credential = "ci"): Promise<string[]> {
  return (await readOne(ledger, credential)).entries.map(({ mark }) => mark);
}

/** A failed attempt whose create was not refused. */
export function createFailure(error: string): AttemptEnd {
  return { outcome: "failure", error, refused: false };
}

/** Copies everything into another database, as a backup does. */
export function copyDatabase(database: TestDatabase): TestDatabase {
  const copy = createDatabase();
  copy.restore(database.copy());
  return copy;
}

/** The same tables, of which statement number `breaksAt` fails before it does anything. */
export function createBreakingSql(sql: Sql, breaksAt: number): Sql {
  let count = 0;
  return {
    run(statement, ...values) {
      if (++count === breaksAt) throw new Error("The disk is broken");
      return sql.run(statement, ...values);
    },
    transaction: (work) => sql.transaction(work),
  };
}
