/**
 * The ledger in an account's own tables.
 *
 * @module
 */
import {
  type Change,
  type CredentialLedger,
  type Lease,
  type Ledger,
  type LedgerNote,
  SupersededError,
} from "../../lib/rotation/ledger.ts";
import { applyChange } from "./changes.ts";
import { createEventLog, type EventLog } from "./event_log.ts";
import { compare } from "./happenings.ts";
import {
  type CredentialRow,
  type DeliveryRow,
  type EntryRow,
  type NoteRow,
  toDelivery,
  toEntry,
  toNote,
  toRecord,
} from "./rows.ts";
import { atomically, type Sql, type SqlValue } from "./sql.ts";
import { createSweepWrites } from "./sweep_writes.ts";

/** Of more credentials than these, a sweep reads all. */
const MOST_NAMES = 50;

/**
 * Makes the ledger on tables that are up to date. Each method is one transaction, and so is what it
 * writes into the account's events.
 *
 * @param events Takes what happened.
 */
export function createLedger(sql: Sql, events: EventLog = createEventLog(sql)): Ledger {
  function read(where: string, ...values: SqlValue[]): Map<string, CredentialLedger> {
    const credentials = sql.run<CredentialRow>(
      `SELECT * FROM credentials WHERE name ${where}`,
      ...values,
    );
    const entries = sql.run<EntryRow>(
      `SELECT * FROM entries WHERE credential ${where} ORDER BY generation, created_at`,
      ...values,
    );
    const deliveries = sql.run<DeliveryRow>(
      `SELECT * FROM deliveries WHERE credential ${where}`,
      ...values,
    );
    const entriesOf = Map.groupBy(entries, (row) => row.credential);
    const deliveriesOf = Map.groupBy(deliveries, (row) => row.credential);
    return new Map(credentials.map((row) => [row.name, {
      record: toRecord(row),
      entries: (entriesOf.get(row.name) ?? []).map(toEntry),
      deliveries: (deliveriesOf.get(row.name) ?? []).map(toDelivery),
    }]));
  }

  function readOne(name: string): CredentialLedger {
    const known = read("= ?", name).get(name);
    if (!known) throw new Error(`Cannot find '${name}' in the ledger, which has its lease`);
    return known;
  }

  function readNote(): LedgerNote {
    const [row] = sql.run<NoteRow>("SELECT * FROM ledger");
    return toNote(row);
  }

  /** Refuses an attempt that is not the newest, or has ended; to end twice is the same as once. */
  function assertNewest(lease: Lease, mayHaveEnded: boolean): void {
    const rows = sql.run(
      "SELECT 1 FROM credentials WHERE name = ? AND attempt = ? AND claim = ?" +
        " AND (lease_until IS NOT NULL OR ?)",
      lease.credential,
      lease.attempt,
      lease.claim,
      mayHaveEnded ? 1 : 0,
    );
    if (rows.length === 0) throw new SupersededError(lease);
  }

  /** Places that this credential's tokens were brought to, and that are proven to hold another's. */
  function findTakenOver(credential: string): string[] {
    return sql.run<{ place: string }>(
      "SELECT DISTINCT place FROM deliveries AS theirs WHERE credential <> ?" +
        " AND proof_kind IS NOT NULL AND EXISTS (SELECT 1 FROM deliveries AS ours" +
        " WHERE ours.place = theirs.place AND ours.credential = ?)",
      credential,
      credential,
    ).map(({ place }) => place);
  }

  /** Makes an attempt's changes, notes what happened by them, and gives what is known then. */
  function change({ credential }: Lease, changes: readonly Change[]): CredentialLedger {
    if (changes.length === 0) return readOne(credential);
    const before = readOne(credential);
    for (const each of changes) applyChange(sql, credential, each);
    const after = readOne(credential);
    const answered = changes.flatMap((each) => each.kind === "receive" ? [each.place] : []);
    events.append("rotation", compare(before, after, new Set(answered)));
    return after;
  }

  /** Lets a sweep write about some credentials, and notes what happened to them. */
  function recordSweep<T>(names: readonly string[], work: () => T): T {
    // An object's statement takes a hundred values.
    const readThem = () =>
      names.length <= MOST_NAMES
        ? read(`IN (${names.map(() => "?").join()})`, ...names)
        : read("IS NOT NULL");
    const before = readThem();
    const result = work();
    const after = readThem();
    events.append(
      "sweep",
      [...new Set(names)].flatMap((name) => {
        const known = after.get(name);
        return known ? compare(before.get(name), known) : [];
      }),
    );
    return result;
  }

  return {
    begin: (lease, leaseUntil, changes = []) =>
      atomically(sql, () => {
        assertNewest(lease, false);
        applyChange(sql, lease.credential, { kind: "renew", until: leaseUntil });
        const known = change(lease, changes);
        return { note: readNote(), known, takenOver: findTakenOver(lease.credential) };
      }),

    write: (lease, changes) =>
      atomically(sql, () => {
        assertNewest(lease, changes.every(({ kind }) => kind === "end"));
        return change(lease, changes);
      }),

    serve: (credential, mark) =>
      atomically(sql, () =>
        sql.run(
          "UPDATE credentials SET served = ? WHERE name = ? AND EXISTS (" +
            "SELECT 1 FROM entries WHERE credential = name AND mark = ?" +
            " AND state IN ('minted', 'current') AND generation >= COALESCE(" +
            "(SELECT generation FROM entries WHERE credential = name AND mark = served), 0))" +
            " RETURNING 1",
          mark,
          credential,
          mark,
        ).length > 0),

    readCredential: (name) => atomically(sql, () => read("= ?", name).get(name)),

    read: () => atomically(sql, () => read("IS NOT NULL")),

    note: () => atomically(sql, readNote),

    ...createSweepWrites(sql, recordSweep, events),
  };
}
