/**
 * What a sweep writes into the ledger: each method for many credentials or authorizations at once.
 *
 * @module
 */
import type { Entry, Lease, Sighting, SweepLedger } from "../../lib/rotation/ledger.ts";
import { about } from "../event.ts";
import type { EventLog } from "./event_log.ts";
import { insertEntry, settersOf, valuesOf } from "./rows.ts";
import { atomically, type Sql } from "./sql.ts";

/** What a list shows of an authorization, and what follows from where it is not shown. */
const SEEN = [
  "accessToken",
  "description",
  "scope",
  "lifetime",
  "expiresAt",
  "listedEnd",
  "seenAt",
  "doubtedSince",
  "goneAt",
] as const satisfies readonly (keyof Entry)[];

/** Does some work about some credentials, and notes what happened to them by it. */
export type RecordSweep = <T>(names: readonly string[], work: () => T) => T;

/** Makes what writes. Each method is one transaction. */
export function createSweepWrites(
  sql: Sql,
  record: RecordSweep,
  events: Pick<EventLog, "append" | "prune">,
): Omit<SweepLedger, "read" | "note"> {
  /** One transaction, with what happened by it. */
  const recorded = <T>(names: readonly string[], work: () => T): Promise<T> =>
    atomically(sql, () => record(names, work));
  return {
    writeNote: ({ account, own, unreadable, unsure, emptySince }) =>
      atomically(sql, () => {
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
      atomically(sql, () => {
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
        events.append("sweep", [{
          ...about(null),
          kind: "account_changed",
          message: `The Heroku account is ${account.id} now`,
        }]);
      }),

    adopt: (found) =>
      recorded([...found.keys()], () => {
        for (const [name, entries] of found) {
          const [known] = sql.run(
            "SELECT 1 FROM credentials WHERE name = ? AND (attempt > 0 OR EXISTS (" +
              "SELECT 1 FROM entries WHERE credential = name AND state <> 'foreign'))",
            name,
          );
          if (known) continue;
          sql.run("INSERT INTO credentials (name) VALUES (?) ON CONFLICT DO NOTHING", name);
          sql.run("DELETE FROM entries WHERE credential = ?", name);
          for (const entry of entries) insertEntry(sql, entry);
        }
      }),

    noteFound: (entries) =>
      recorded(entries.map(({ credential }) => credential), () => {
        for (const entry of entries) insertEntry(sql, entry);
      }),

    recall: ({ credential, mark }, claim, found) =>
      recorded([credential], () => {
        const forgotten = sql.run(
          "DELETE FROM entries WHERE credential = ? AND mark = ? AND state = 'intended' AND EXISTS (" +
            "SELECT 1 FROM credentials WHERE name = credential AND claim = ?) RETURNING 1",
          credential,
          mark,
          claim,
        );
        if (forgotten.length > 0 && found) insertEntry(sql, found);
      }),

    reseal: (seals) =>
      atomically(sql, () => {
        for (const { credential, mark, from, to } of seals) {
          sql.run(
            "UPDATE entries SET sealed_token = ?" +
              " WHERE credential = ? AND mark = ? AND sealed_token = ?",
            to,
            credential,
            mark,
            from,
          );
        }
      }),

    noteLooks: (looks) =>
      recorded(looks.map(({ credential }) => credential), () => {
        for (const { credential, mark, place, provenAt, at, drift, unproves } of looks) {
          sql.run(
            "UPDATE deliveries SET looked_at = ?, drift = ?," +
              " drifted_at = CASE WHEN drift IS NULL THEN ? ELSE drifted_at END" +
              (unproves ? ", proof_kind = NULL, proof_detail = NULL, proven_at = NULL" : "") +
              " WHERE credential = ? AND mark = ? AND place = ? AND proof_kind IS NOT NULL" +
              " AND proven_at IS ? AND EXISTS (" +
              "SELECT 1 FROM credentials WHERE name = credential AND lease_until IS NULL)",
            at,
            drift,
            at,
            credential,
            mark,
            place,
            provenAt,
          );
        }
      }),

    forgetForeign: (entries) =>
      atomically(sql, () => {
        for (const { credential, mark } of entries) {
          sql.run(
            "DELETE FROM entries WHERE credential = ? AND mark = ? AND state = 'foreign'",
            credential,
            mark,
          );
        }
      }),

    see: (sightings) =>
      recorded(namesOfGone(sightings), () => {
        for (const seen of sightings) {
          sql.run(
            `UPDATE entries SET ${settersOf(SEEN)} WHERE credential = ? AND mark = ? AND state = ?`,
            ...valuesOf(seen, SEEN),
            seen.credential,
            seen.mark,
            seen.state,
          );
        }
      }),

    claim: (claims, leaseUntil) =>
      recorded(
        claims.map(({ credential }) => credential),
        () =>
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
          }),
      ),

    release: (leases) =>
      atomically(sql, () => {
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
      recorded([credential], () => {
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
      atomically(sql, () => {
        events.prune();
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

/** The credentials of which a sweep saw that something is gone: of all else nothing is noted. */
function namesOfGone(sightings: readonly Sighting[]): string[] {
  return sightings.flatMap(({ credential, goneAt }) => goneAt === null ? [] : [credential]);
}

/** Eight random letters and digits. */
function createClaim(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(4));
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
