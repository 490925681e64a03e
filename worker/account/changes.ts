/**
 * What an attempt changes in the ledger.
 *
 * @module
 */
import type { Change, Entry } from "../../lib/rotation/ledger.ts";
import { insertEntry, settersOf, valuesOf } from "./rows.ts";
import type { Sql } from "./sql.ts";

/** What becomes known of an authorization when it is made. */
const MINTED = [
  "authorization",
  "accessToken",
  "sealedToken",
  "fingerprint",
  "description",
  "scope",
  "lifetime",
  "createdAt",
  "expiresAt",
] as const satisfies readonly (keyof Entry)[];

/** Makes one change. */
export function applyChange(sql: Sql, credential: string, change: Change): void {
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
      insertEntry(sql, change.entry);
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
    case "mint":
      sql.run(
        `UPDATE entries SET state = 'minted', ${settersOf(MINTED)}` +
          " WHERE credential = ? AND mark = ? AND state = 'intended'",
        ...valuesOf(change.entry, MINTED),
        credential,
        change.entry.mark,
      );
      return;
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
      deliver(sql, credential, change);
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
        "UPDATE deliveries SET proof_kind = ?, proof_detail = ?, proven_at = ?," +
          ` drift = ${change.proof ? "NULL" : "drift"}` +
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
      end(sql, credential, change);
  }
}

function deliver(
  sql: Sql,
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

function end(sql: Sql, credential: string, { end, at }: Extract<Change, { kind: "end" }>): void {
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
  if (end.outcome === "success" && end.forgets) {
    sql.run(
      "UPDATE entries SET sealed_token = NULL WHERE credential = ? AND state = 'current'" +
        " AND mark IS NOT (SELECT served FROM credentials WHERE name = ?)",
      credential,
      credential,
    );
  }
}
