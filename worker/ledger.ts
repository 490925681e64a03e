/**
 * The ledger in D1. The project's SQL stands here, in `sweep_log.ts` and in the migrations.
 *
 * @module
 */
import {
  type CredentialLedger,
  type CredentialRecord,
  type DeliveryRecord,
  type Entry,
  type EntryState,
  type Lease,
  type Ledger,
  type LedgerNote,
  SupersededError,
} from "../lib/rotation/ledger.ts";
import type { Proof, ProofKind, Receipt } from "../lib/targets/target.ts";

/** A value that a statement can be given or give back. */
type Value = string | number | null;

/** What a statement answered. */
export interface StatementResult<Row = unknown> {
  /** The rows it selected. */
  readonly results: Row[];
  /** What it changed. */
  readonly meta: { readonly changes: number };
}

/** A prepared statement of D1. */
export interface Statement {
  /** Gives it its values. */
  bind(...values: Value[]): Statement;
}

/** The part of D1's `D1Database` that the ledger uses. */
export interface Database {
  /** Prepares a statement. */
  prepare(sql: string): Statement;
  /** Runs statements in one transaction. */
  batch<Row>(statements: Statement[]): Promise<StatementResult<Row>[]>;
}

interface CredentialRow {
  name: string;
  attempt: number;
  lease_until: number | null;
  failures: number;
  ended_at: number | null;
  error: string | null;
  refused_since: number | null;
  served: string | null;
}

interface LedgerRow {
  account: string | null;
  account_token: string | null;
  own_authorization: string | null;
  unreadable: number;
  unsure: number;
  empty_since: number | null;
}

interface EntryRow {
  credential: string;
  mark: string;
  generation: number;
  state: EntryState;
  authorization: string | null;
  access_token: string | null;
  sealed_token: string | null;
  fingerprint: string | null;
  description: string | null;
  scope: string | null;
  lifetime: number | null;
  asked: number | null;
  made: number;
  noted_at: number;
  created_at: number;
  expires_at: number | null;
  proven_at: number | null;
  listed_end: number | null;
  seen_at: number | null;
  doubted_since: number | null;
  ended_at: number | null;
  gone_at: number | null;
}

interface DeliveryRow {
  credential: string;
  mark: string;
  place: string;
  receipt: string;
  delivered_at: number;
  proof_kind: ProofKind | null;
  proof_detail: string | null;
  proven_at: number | null;
}

const leased = "EXISTS (SELECT 1 FROM credentials" +
  " WHERE name = ? AND attempt = ? AND lease_until IS NOT NULL" +
  " AND EXISTS (SELECT 1 FROM ledger WHERE id = COALESCE(?, id)))";

function leaseValues({ credential, attempt, ledger }: Lease): Value[] {
  return [credential, attempt, ledger ?? null];
}

const entryColumns = [
  "credential",
  "mark",
  "generation",
  "state",
  "authorization",
  "access_token",
  "sealed_token",
  "fingerprint",
  "description",
  "scope",
  "lifetime",
  "asked",
  "made",
  "noted_at",
  "created_at",
  "expires_at",
  "proven_at",
  "listed_end",
  "seen_at",
  "doubted_since",
  "ended_at",
  "gone_at",
];

const insertEntry = `INSERT INTO entries (${entryColumns.join(", ")})` +
  ` SELECT ${entryColumns.map(() => "?").join(", ")} WHERE`;

const readNote =
  "SELECT account, account_token, own_authorization, unreadable, unsure, empty_since" +
  " FROM ledger";

/** Makes the ledger on a D1 database that has the migrations. */
export function createLedger(database: Database): Ledger {
  async function run<Row>(...statements: [string, ...Value[]][]): Promise<StatementResult<Row>[]> {
    return await database.batch<Row>(
      statements.map(([sql, ...values]) => database.prepare(sql).bind(...values)),
    );
  }

  /** Runs one statement that ends in `leased`, and refuses when the lease is gone. */
  async function write<Row>(
    lease: Lease,
    sql: string,
    ...values: Value[]
  ): Promise<StatementResult<Row>> {
    const [held, result] = await run<Row>(
      [`SELECT 1 WHERE ${leased}`, ...leaseValues(lease)],
      [sql, ...values, ...leaseValues(lease)],
    );
    if (held.results.length === 0) throw new SupersededError(lease);
    return result;
  }

  async function read(where: string, ...values: Value[]): Promise<Map<string, CredentialLedger>> {
    const results = await run<unknown>(
      [`SELECT * FROM credentials WHERE name ${where}`, ...values],
      [
        `SELECT * FROM entries WHERE credential ${where} ORDER BY generation, created_at`,
        ...values,
      ],
      [
        `SELECT * FROM deliveries WHERE credential ${where}`,
        ...values,
      ],
    );
    const [credentials, entries, deliveries] = results.map((result) => result.results) as [
      CredentialRow[],
      EntryRow[],
      DeliveryRow[],
    ];
    const entriesOf = Map.groupBy(entries, (row) => row.credential);
    const deliveriesOf = Map.groupBy(deliveries, (row) => row.credential);
    return new Map(credentials.map((row) => [row.name, {
      record: toRecord(row),
      entries: (entriesOf.get(row.name) ?? []).map(toEntry),
      deliveries: (deliveriesOf.get(row.name) ?? []).map(toDelivery),
    }]));
  }

  return {
    async id() {
      const [{ results: [row] }] = await run<{ id: string }>(["SELECT id FROM ledger"]);
      return row.id;
    },

    read: () => read("IS NOT NULL"),

    readCredential: async (name) => (await read("= ?", name)).get(name),

    async note() {
      const [{ results: [row] }] = await run<LedgerRow>([readNote]);
      return toNote(row);
    },

    async writeNote({ account, own, unreadable, unsure, emptySince }) {
      await run([
        "UPDATE ledger SET account = ?, account_token = ?, own_authorization = ?," +
        " unreadable = ?, unsure = ?, empty_since = ?",
        account?.id ?? null,
        account?.token ?? null,
        own,
        unreadable,
        unsure,
        emptySince,
      ]);
    },

    async changeAccount(account, at) {
      await run(
        [
          "UPDATE entries SET state = 'released', ended_at = ?, sealed_token = (" +
          "SELECT sealed_token FROM credentials WHERE name = credential AND served = mark)" +
          " WHERE state NOT IN ('released', 'foreign')",
          at,
        ],
        ["DELETE FROM entries WHERE state = 'foreign'"],
        [
          "UPDATE credentials SET lease_until = NULL, failures = 0, error = NULL," +
          " refused_since = NULL",
        ],
        [
          "UPDATE ledger SET account = ?, account_token = ?, own_authorization = NULL," +
          " unreadable = 0, unsure = 0, empty_since = NULL",
          account.id,
          account.token,
        ],
      );
    },

    async adopt(credential, entries) {
      const adoption = crypto.randomUUID();
      await run(
        [
          "INSERT INTO credentials (name, adoption) VALUES (?, ?)" +
          " ON CONFLICT DO UPDATE SET adoption = excluded.adoption WHERE attempt = 0" +
          " AND NOT EXISTS (SELECT 1 FROM entries WHERE credential = name AND state <> 'foreign')",
          credential,
          adoption,
        ],
        [
          "DELETE FROM entries WHERE credential = ? AND state = 'foreign'" +
          " AND EXISTS (SELECT 1 FROM credentials WHERE name = ? AND adoption = ?)",
          credential,
          credential,
          adoption,
        ],
        [
          "UPDATE credentials SET adoption = ? WHERE name = ? AND attempt = 0 AND NOT EXISTS (" +
          "SELECT 1 FROM entries WHERE credential = name AND state <> 'foreign')",
          adoption,
          credential,
        ],
        [
          "DELETE FROM entries WHERE credential = ? AND state = 'foreign' AND EXISTS (" +
          "SELECT 1 FROM credentials WHERE name = ? AND adoption = ?)",
          credential,
          credential,
          adoption,
        ],
        ...entries.map((entry): [string, ...Value[]] => [
          `${insertEntry} EXISTS (SELECT 1 FROM credentials WHERE name = ? AND adoption = ?)` +
          " ON CONFLICT DO NOTHING",
          ...entryValues(entry),
          credential,
          adoption,
        ]),
      );
    },

    async noteForeign(entries) {
      if (entries.length === 0) return;
      await run(...entries.map((entry): [string, ...Value[]] => [
        `${insertEntry} TRUE ON CONFLICT DO NOTHING`,
        ...entryValues(entry),
      ]));
    },

    async forgetForeign(credential, marks) {
      if (marks.length === 0) return;
      await run(...marks.map((mark): [string, ...Value[]] => [
        "DELETE FROM entries WHERE credential = ? AND mark = ? AND state = 'foreign'",
        credential,
        mark,
      ]));
    },

    async see(sightings) {
      if (sightings.length === 0) return;
      await run(...sightings.map((seen): [string, ...Value[]] => [
        "UPDATE entries SET access_token = ?, description = ?, scope = ?, lifetime = ?," +
        " expires_at = ?, listed_end = ?, seen_at = ?, doubted_since = ?, gone_at = ?" +
        " WHERE credential = ? AND mark = ? AND state = ?",
        seen.accessToken,
        seen.description,
        writeScope(seen.scope),
        seen.lifetime,
        seen.expiresAt,
        seen.listedEnd,
        seen.seenAt,
        seen.doubtedSince,
        seen.goneAt,
        seen.credential,
        seen.mark,
        seen.state,
      ]));
    },

    async claim(lease, seen, leaseUntil) {
      const [result] = await run([
        "UPDATE credentials SET attempt = ?, lease_until = ?," +
        " failures = failures + (lease_until IS NOT NULL)," +
        " error = CASE WHEN lease_until IS NULL THEN error ELSE ? END" +
        " WHERE name = ? AND attempt = ? AND lease_until IS ?",
        lease.attempt,
        leaseUntil,
        `Attempt ${lease.attempt - 1} stopped before it was finished`,
        lease.credential,
        lease.attempt - 1,
        seen,
      ]);
      return result.meta.changes > 0;
    },

    async renew(lease, leaseUntil) {
      const [result, { results: [row] }] = await run<LedgerRow>(
        [
          `UPDATE credentials SET lease_until = ? WHERE name = ? AND ${leased}`,
          leaseUntil,
          lease.credential,
          ...leaseValues(lease),
        ],
        [readNote],
      );
      if (result.meta.changes === 0) throw new SupersededError(lease);
      return toNote(row);
    },

    async end(lease, end, at) {
      const failed = end.outcome === "failure";
      const [, { results: [row] }] = await run<CredentialRow>(
        [
          "UPDATE credentials SET lease_until = NULL, ended_at = ?, error = ?," +
          ` failures = ${failed ? "failures + 1" : "0"},` +
          ` refused_since = ${failed && end.refused ? "COALESCE(refused_since, ?)" : "?"}` +
          ` WHERE name = ? AND ${leased}`,
          at,
          failed ? end.error : null,
          failed && end.refused ? at : null,
          lease.credential,
          ...leaseValues(lease),
        ],
        [
          "SELECT * FROM credentials WHERE name = ?" +
          " AND EXISTS (SELECT 1 FROM ledger WHERE id = COALESCE(?, id))",
          lease.credential,
          lease.ledger ?? null,
        ],
      );
      if (row?.attempt !== lease.attempt) throw new SupersededError(lease);
    },

    async intend(lease, entry) {
      await write(
        lease,
        `${insertEntry} ${leased} ON CONFLICT DO NOTHING`,
        ...entryValues(entry),
      );
    },

    async mint(lease, minted) {
      await write(
        lease,
        "UPDATE entries SET state = 'minted', authorization = ?, access_token = ?," +
          " sealed_token = ?, fingerprint = ?, description = ?, scope = ?, lifetime = ?," +
          " created_at = ?, expires_at = ?" +
          ` WHERE credential = ? AND mark = ? AND state = 'intended' AND ${leased}`,
        minted.authorization,
        minted.accessToken,
        minted.sealedToken,
        minted.fingerprint,
        minted.description,
        writeScope(minted.scope),
        minted.lifetime,
        minted.createdAt,
        minted.expiresAt,
        minted.credential,
        minted.mark,
      );
      const [{ results: [row] }] = await run<EntryRow>([
        "SELECT * FROM entries WHERE credential = ? AND mark = ?",
        minted.credential,
        minted.mark,
      ]);
      return row?.state === "minted" && row.authorization === minted.authorization;
    },

    async refuse(lease, mark, at) {
      await write(
        lease,
        "UPDATE entries SET state = 'refused', ended_at = ?" +
          ` WHERE credential = ? AND mark = ? AND state = 'intended' AND ${leased}`,
        at,
        lease.credential,
        mark,
      );
    },

    async discard(lease, mark, at) {
      await write(
        lease,
        "UPDATE entries SET state = 'discarded', sealed_token = NULL, ended_at = ?" +
          ` WHERE credential = ? AND mark = ? AND state IN ('intended', 'minted') AND ${leased}`,
        at,
        lease.credential,
        mark,
      );
    },

    async discardAbandoned(credential, mark, now) {
      const [, { results: [row] }] = await run<EntryRow>(
        [
          "UPDATE entries SET state = 'discarded', ended_at = ?" +
          " WHERE credential = ? AND mark = ? AND (state = 'refused' OR state = 'intended'" +
          " AND EXISTS (SELECT 1 FROM credentials WHERE name = ?" +
          " AND (lease_until IS NULL OR lease_until <= ?)))",
          now,
          credential,
          mark,
          credential,
          now,
        ],
        ["SELECT * FROM entries WHERE credential = ? AND mark = ?", credential, mark],
      );
      return row?.state === "discarded";
    },

    async takeBack(lease, place, whose) {
      await write(
        lease,
        "UPDATE deliveries SET proof_kind = NULL, proof_detail = NULL, proven_at = NULL" +
          ` WHERE place = ? AND (credential = ? OR ? = 'all') AND ${leased}`,
        place,
        lease.credential,
        whose,
      );
    },

    async deliver(lease, { mark, place, receipt, deliveredAt }) {
      await write(
        lease,
        "INSERT INTO deliveries (credential, mark, place, receipt, delivered_at)" +
          ` SELECT ?, ?, ?, ?, ? WHERE ${leased} ON CONFLICT DO UPDATE SET` +
          " receipt = excluded.receipt, delivered_at = excluded.delivered_at",
        lease.credential,
        mark,
        place,
        JSON.stringify(receipt),
        deliveredAt,
      );
    },

    async prove(lease, mark, place, proof, at) {
      await write(
        lease,
        "UPDATE deliveries SET proof_kind = ?, proof_detail = ?, proven_at = ?" +
          ` WHERE credential = ? AND mark = ? AND place = ? AND ${leased}`,
        proof?.kind ?? null,
        proof?.detail ?? null,
        proof ? at : null,
        lease.credential,
        mark,
        place,
      );
    },

    async promote(lease, mark, at) {
      await write(
        lease,
        "UPDATE entries SET state = 'current', proven_at = ?" +
          ` WHERE credential = ? AND mark = ? AND state IN ('minted', 'current') AND ${leased}`,
        at,
        lease.credential,
        mark,
      );
    },

    async retire(lease, mark, state, at) {
      await write(
        lease,
        "UPDATE entries SET state = ?, sealed_token = NULL, ended_at = ?" +
          ` WHERE credential = ? AND mark = ? AND ${leased}`,
        state,
        at,
        lease.credential,
        mark,
      );
    },

    async serve(credential, mark) {
      const [{ meta: { changes } }] = await run([
        "UPDATE credentials SET served = ? WHERE name = ? AND EXISTS (" +
        "SELECT 1 FROM entries WHERE credential = name AND mark = ?" +
        " AND state IN ('minted', 'current') AND generation >= COALESCE(" +
        "(SELECT generation FROM entries WHERE credential = name AND mark = served), 0))",
        mark,
        credential,
        mark,
      ]);
      return changes > 0;
    },

    async prune(before, refusedBefore) {
      await run(
        [
          "DELETE FROM entries WHERE state IN ('retired', 'discarded', 'released')" +
          " AND ended_at < ? AND (gone_at IS NOT NULL OR state = 'released' OR expires_at < ?)" +
          " AND EXISTS (SELECT 1 FROM entries AS successor WHERE" +
          " successor.credential = entries.credential AND successor.state = 'current'" +
          " AND successor.generation > entries.generation)",
          before,
          before,
        ],
        [
          "DELETE FROM entries WHERE state = 'refused' AND gone_at IS NOT NULL AND ended_at < ?",
          refusedBefore,
        ],
      );
    },
  };
}

function toRecord(row: CredentialRow): CredentialRecord {
  return {
    name: row.name,
    attempt: row.attempt,
    leaseUntil: row.lease_until,
    failures: row.failures,
    endedAt: row.ended_at,
    error: row.error,
    refusedSince: row.refused_since,
    served: row.served,
  };
}

function toNote(row: LedgerRow): LedgerNote {
  const { account, account_token: token } = row;
  return {
    account: account === null || token === null ? null : { id: account, token },
    own: row.own_authorization,
    unreadable: row.unreadable,
    unsure: row.unsure,
    emptySince: row.empty_since,
  };
}

function toEntry(row: EntryRow): Entry {
  return {
    mark: row.mark,
    credential: row.credential,
    generation: row.generation,
    state: row.state,
    authorization: row.authorization,
    accessToken: row.access_token,
    sealedToken: row.sealed_token,
    fingerprint: row.fingerprint,
    description: row.description,
    scope: row.scope === null ? null : JSON.parse(row.scope) as string[],
    lifetime: row.lifetime,
    asked: row.asked,
    made: row.made !== 0,
    notedAt: row.noted_at,
    createdAt: row.created_at,
    expiresAt: row.expires_at,
    provenAt: row.proven_at,
    listedEnd: row.listed_end,
    seenAt: row.seen_at,
    doubtedSince: row.doubted_since,
    endedAt: row.ended_at,
    goneAt: row.gone_at,
  };
}

function toDelivery(row: DeliveryRow): DeliveryRecord {
  const proof: Proof | null = row.proof_kind === null
    ? null
    : { kind: row.proof_kind, detail: row.proof_detail ?? "" };
  return {
    mark: row.mark,
    place: row.place,
    receipt: JSON.parse(row.receipt) as Receipt,
    deliveredAt: row.delivered_at,
    proof,
    provenAt: row.proven_at,
  };
}

function entryValues(entry: Entry): Value[] {
  return [
    entry.credential,
    entry.mark,
    entry.generation,
    entry.state,
    entry.authorization,
    entry.accessToken,
    entry.sealedToken,
    entry.fingerprint,
    entry.description,
    writeScope(entry.scope),
    entry.lifetime,
    entry.asked,
    entry.made ? 1 : 0,
    entry.notedAt,
    entry.createdAt,
    entry.expiresAt,
    entry.provenAt,
    entry.listedEnd,
    entry.seenAt,
    entry.doubtedSince,
    entry.endedAt,
    entry.goneAt,
  ];
}

function writeScope(scope: readonly string[] | null): string | null {
  return scope === null ? null : JSON.stringify(scope);
}
