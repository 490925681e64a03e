/**
 * The ledger in an account's own tables. Its SQL stands here and in `tables.ts`.
 *
 * @module
 */
import {
  type Change,
  type CredentialLedger,
  type CredentialRecord,
  type DeliveryRecord,
  type Entry,
  type EntryState,
  type Lease,
  type Ledger,
  type LedgerNote,
  SupersededError,
} from "../../lib/rotation/ledger.ts";
import type { Proof, ProofKind, Receipt } from "../../lib/targets/target.ts";
import type { Sql, SqlValue } from "./sql.ts";

interface CredentialRow {
  name: string;
  attempt: number;
  claim: string | null;
  lease_until: number | null;
  failures: number;
  ended_at: number | null;
  error: string | null;
  refused_since: number | null;
  served: string | null;
}

interface LedgerRow {
  lineage: string;
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
  sender: string | null;
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

const ENTRY_COLUMNS = [
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
  "sender",
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

const INSERT_ENTRY = `INSERT INTO entries (${ENTRY_COLUMNS.join(", ")})` +
  ` VALUES (${ENTRY_COLUMNS.map(() => "?").join(", ")}) ON CONFLICT DO NOTHING`;

/** Makes the ledger on tables that are up to date. Each method is one transaction. */
export function createLedger(sql: Sql): Ledger {
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
    const [row] = sql.run<LedgerRow>("SELECT * FROM ledger");
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

  function apply({ credential }: Lease, change: Change): void {
    switch (change.kind) {
      case "renew":
        sql.run("UPDATE credentials SET lease_until = ? WHERE name = ?", change.until, credential);
        return;
      case "abandon":
        // What was never sent made nothing.
        sql.run(
          "DELETE FROM entries WHERE credential = ? AND state = 'intended' AND sender IS NULL",
          credential,
        );
        sql.run(
          "UPDATE entries SET state = 'discarded', ended_at = ?" +
            " WHERE credential = ? AND state = 'intended'",
          change.at,
          credential,
        );
        return;
      case "intend":
        sql.run(INSERT_ENTRY, ...entryValues(change.entry));
        return;
      case "send":
        sql.run(
          "UPDATE entries SET sender = ?" +
            " WHERE credential = ? AND mark = ? AND state = 'intended' AND sender IS NULL",
          change.sender,
          credential,
          change.mark,
        );
        return;
      case "mint": {
        const { entry } = change;
        sql.run(
          "UPDATE entries SET state = 'minted', authorization = ?, access_token = ?," +
            " sealed_token = ?, fingerprint = ?, description = ?, scope = ?, lifetime = ?," +
            " created_at = ?, expires_at = ?" +
            " WHERE credential = ? AND mark = ? AND state = 'intended'",
          entry.authorization,
          entry.accessToken,
          entry.sealedToken,
          entry.fingerprint,
          entry.description,
          writeScope(entry.scope),
          entry.lifetime,
          entry.createdAt,
          entry.expiresAt,
          credential,
          entry.mark,
        );
        return;
      }
      case "refuse":
        sql.run(
          "UPDATE entries SET state = 'refused', ended_at = ?" +
            " WHERE credential = ? AND mark = ? AND state = 'intended'",
          change.at,
          credential,
          change.mark,
        );
        return;
      case "discard":
        sql.run(
          "UPDATE entries SET state = 'discarded', sealed_token = NULL, ended_at = ?" +
            " WHERE credential = ? AND mark = ? AND state IN ('intended', 'minted')",
          change.at,
          credential,
          change.mark,
        );
        return;
      case "deliver":
        deliver(credential, change);
        return;
      case "receive":
        sql.run(
          "UPDATE deliveries SET receipt = ?, delivered_at = ?" +
            " WHERE credential = ? AND mark = ? AND place = ?",
          JSON.stringify(change.receipt),
          change.at,
          credential,
          change.mark,
          change.place,
        );
        return;
      case "prove":
        sql.run(
          "UPDATE deliveries SET proof_kind = ?, proof_detail = ?, proven_at = ?" +
            " WHERE credential = ? AND mark = ? AND place = ?",
          change.proof?.kind ?? null,
          change.proof?.detail ?? null,
          change.proof ? change.at : null,
          credential,
          change.mark,
          change.place,
        );
        return;
      case "promote":
        sql.run(
          "UPDATE entries SET state = 'current', proven_at = ?" +
            " WHERE credential = ? AND mark = ? AND state IN ('minted', 'current')",
          change.at,
          credential,
          change.mark,
        );
        return;
      case "retire":
        sql.run(
          "UPDATE entries SET state = ?, sealed_token = NULL, ended_at = ?" +
            " WHERE credential = ? AND mark = ?",
          change.state,
          change.at,
          credential,
          change.mark,
        );
        return;
      case "end":
        end(credential, change);
    }
  }

  function deliver(
    credential: string,
    { mark, place, whose, at }: Extract<Change, { kind: "deliver" }>,
  ): void {
    const known = sql.run(
      "SELECT 1 FROM entries WHERE credential = ? AND mark = ? AND NOT EXISTS (" +
        "SELECT 1 FROM deliveries WHERE deliveries.credential = entries.credential" +
        " AND deliveries.mark = entries.mark AND place = ? AND proof_kind IS NOT NULL)",
      credential,
      mark,
      place,
    );
    if (known.length === 0) return;
    sql.run(
      "UPDATE deliveries SET proof_kind = NULL, proof_detail = NULL, proven_at = NULL" +
        " WHERE place = ? AND (credential = ? OR ? = 'all')",
      place,
      credential,
      whose,
    );
    sql.run(
      "INSERT INTO deliveries (credential, mark, place, receipt, delivered_at)" +
        " VALUES (?, ?, ?, '{}', ?) ON CONFLICT DO UPDATE SET" +
        " receipt = excluded.receipt, delivered_at = excluded.delivered_at",
      credential,
      mark,
      place,
      at,
    );
  }

  function end(credential: string, { end, at }: Extract<Change, { kind: "end" }>): void {
    const failed = end.outcome === "failure";
    sql.run(
      "UPDATE credentials SET lease_until = NULL, ended_at = ?, error = ?," +
        ` failures = ${failed ? "failures + 1" : "0"},` +
        ` refused_since = ${failed && end.refused ? "COALESCE(refused_since, ?)" : "?"}` +
        " WHERE name = ? AND lease_until IS NOT NULL",
      at,
      failed ? end.error : null,
      failed && end.refused ? at : null,
      credential,
    );
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

  /** Every method is atomic, and what throws leaves nothing behind. */
  function atomically<T>(work: () => T): Promise<T> {
    try {
      return Promise.resolve(sql.transaction(work));
    } catch (error) {
      return Promise.reject(error);
    }
  }

  return {
    begin: (lease, leaseUntil, changes = []) =>
      atomically(() => {
        assertNewest(lease, false);
        apply(lease, { kind: "renew", until: leaseUntil });
        for (const change of changes) apply(lease, change);
        return {
          note: readNote(),
          known: readOne(lease.credential),
          takenOver: findTakenOver(lease.credential),
        };
      }),

    write: (lease, changes) =>
      atomically(() => {
        assertNewest(lease, changes.every(({ kind }) => kind === "end"));
        for (const change of changes) apply(lease, change);
        return readOne(lease.credential);
      }),

    serve: (credential, mark) =>
      atomically(() =>
        sql.run(
          "UPDATE credentials SET served = ? WHERE name = ? AND EXISTS (" +
            "SELECT 1 FROM entries WHERE credential = name AND mark = ?" +
            " AND state IN ('minted', 'current') AND generation >= COALESCE(" +
            "(SELECT generation FROM entries WHERE credential = name AND mark = served), 0))" +
            " RETURNING 1",
          mark,
          credential,
          mark,
        ).length > 0
      ),

    readCredential: (name) => atomically(() => read("= ?", name).get(name)),

    read: () => atomically(() => read("IS NOT NULL")),

    note: () => atomically(readNote),

    writeNote: ({ account, own, unreadable, unsure, emptySince }) =>
      atomically(() => {
        sql.run(
          "UPDATE ledger SET account = ?, account_token = ?, own_authorization = ?," +
            " unreadable = ?, unsure = ?, empty_since = ?",
          account?.id ?? null,
          account?.token ?? null,
          own,
          unreadable,
          unsure,
          emptySince,
        );
      }),

    changeAccount: (account, at) =>
      atomically(() => {
        sql.run(
          "UPDATE entries SET state = 'released', ended_at = ?, sealed_token = (" +
            "SELECT sealed_token FROM credentials WHERE name = credential AND served = mark)" +
            " WHERE state NOT IN ('released', 'foreign')",
          at,
        );
        sql.run("DELETE FROM entries WHERE state = 'foreign'");
        sql.run(
          "UPDATE credentials SET lease_until = NULL, failures = 0, error = NULL," +
            " refused_since = NULL",
        );
        sql.run(
          "UPDATE ledger SET account = ?, account_token = ?, own_authorization = NULL," +
            " unreadable = 0, unsure = 0, empty_since = NULL",
          account.id,
          account.token,
        );
      }),

    adopt: (found) =>
      atomically(() => {
        for (const [name, entries] of found) {
          const [known] = sql.run(
            "SELECT 1 FROM credentials WHERE name = ? AND (attempt > 0 OR EXISTS (" +
              "SELECT 1 FROM entries WHERE credential = name AND state <> 'foreign'))",
            name,
          );
          if (known) continue;
          sql.run("INSERT INTO credentials (name) VALUES (?) ON CONFLICT DO NOTHING", name);
          sql.run("DELETE FROM entries WHERE credential = ?", name);
          for (const entry of entries) sql.run(INSERT_ENTRY, ...entryValues(entry));
        }
      }),

    noteFound: (entries) =>
      atomically(() => {
        for (const entry of entries) sql.run(INSERT_ENTRY, ...entryValues(entry));
      }),

    recall: ({ credential, mark }, claim, found) =>
      atomically(() => {
        const forgotten = sql.run(
          "DELETE FROM entries WHERE credential = ? AND mark = ? AND state = 'intended' AND EXISTS (" +
            "SELECT 1 FROM credentials WHERE name = credential AND claim = ?) RETURNING 1",
          credential,
          mark,
          claim,
        );
        if (forgotten.length > 0 && found) sql.run(INSERT_ENTRY, ...entryValues(found));
      }),

    forgetForeign: (entries) =>
      atomically(() => {
        for (const { credential, mark } of entries) {
          sql.run(
            "DELETE FROM entries WHERE credential = ? AND mark = ? AND state = 'foreign'",
            credential,
            mark,
          );
        }
      }),

    see: (sightings) =>
      atomically(() => {
        for (const seen of sightings) {
          sql.run(
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
          );
        }
      }),

    claim: (claims, leaseUntil) =>
      atomically(() =>
        claims.flatMap(({ credential, attempt, seenLease }): Lease[] => {
          const claim = createClaim();
          const begun = sql.run(
            "UPDATE credentials SET attempt = ?, claim = ?, lease_until = ?," +
              " failures = failures + (lease_until IS NOT NULL)," +
              " error = CASE WHEN lease_until IS NULL THEN error ELSE ? END" +
              " WHERE name = ? AND attempt = ? AND lease_until IS ? RETURNING 1",
            attempt,
            claim,
            leaseUntil,
            `Attempt ${attempt - 1} stopped before it was finished`,
            credential,
            attempt - 1,
            seenLease,
          );
          return begun.length > 0 ? [{ credential, attempt, claim }] : [];
        })
      ),

    release: (leases) =>
      atomically(() => {
        for (const { credential, attempt, claim } of leases) {
          sql.run(
            "UPDATE credentials SET lease_until = NULL WHERE name = ? AND attempt = ? AND claim = ?",
            credential,
            attempt,
            claim,
          );
        }
      }),

    discardAbandoned: (credential, mark, now) =>
      atomically(() => {
        sql.run(
          "UPDATE entries SET state = 'discarded', ended_at = ?" +
            " WHERE credential = ? AND mark = ? AND (state = 'refused' OR state = 'intended'" +
            " AND EXISTS (SELECT 1 FROM credentials WHERE name = ?" +
            " AND (lease_until IS NULL OR lease_until <= ?)))",
          now,
          credential,
          mark,
          credential,
          now,
        );
        return sql.run(
          "SELECT 1 FROM entries WHERE credential = ? AND mark = ? AND state = 'discarded'",
          credential,
          mark,
        ).length > 0;
      }),

    prune: (before, refusedBefore) =>
      atomically(() => {
        sql.run(
          "DELETE FROM entries WHERE state IN ('retired', 'discarded', 'released')" +
            " AND ended_at < ? AND (gone_at IS NOT NULL OR state = 'released' OR expires_at < ?)" +
            " AND EXISTS (SELECT 1 FROM entries AS successor WHERE" +
            " successor.credential = entries.credential AND successor.state = 'current'" +
            " AND successor.generation > entries.generation)",
          before,
          before,
        );
        sql.run(
          "DELETE FROM entries WHERE state = 'refused' AND gone_at IS NOT NULL AND ended_at < ?",
          refusedBefore,
        );
        sql.run(
          "DELETE FROM deliveries WHERE NOT EXISTS (SELECT 1 FROM entries WHERE" +
            " entries.credential = deliveries.credential AND entries.mark = deliveries.mark)",
        );
      }),
  };
}

/** Eight random letters and digits. */
function createClaim(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(4));
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

function toRecord(row: CredentialRow): CredentialRecord {
  return {
    name: row.name,
    attempt: row.attempt,
    claim: row.claim,
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
    lineage: row.lineage,
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
    sender: row.sender,
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

function entryValues(entry: Entry): SqlValue[] {
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
    entry.sender,
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
