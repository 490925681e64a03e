/**
 * The tables of an account, which the object makes and upgrades itself.
 *
 * @module
 */
import { createLineage } from "../../lib/rotation/marker.ts";
import type { Sql } from "./sql.ts";

/**
 * What makes each version of the tables out of the one before. One that has been deployed is never
 * changed: what is new is a version of its own. See `lib/rotation/ledger.ts` for what the columns mean;
 * times are milliseconds since the epoch.
 */
export const VERSIONS: readonly (readonly string[])[] = [
  [
    `CREATE TABLE ledger (
      account TEXT,
      account_token TEXT,
      own_authorization TEXT,
      unreadable INTEGER NOT NULL DEFAULT 0,
      unsure INTEGER NOT NULL DEFAULT 0,
      empty_since INTEGER
    )`,
    "INSERT INTO ledger (unreadable) VALUES (0)",
    `CREATE TABLE credentials (
      name TEXT PRIMARY KEY,
      attempt INTEGER NOT NULL DEFAULT 0,
      claim TEXT,
      lease_until INTEGER,
      failures INTEGER NOT NULL DEFAULT 0,
      ended_at INTEGER,
      error TEXT,
      refused_since INTEGER,
      served TEXT
    ) WITHOUT ROWID`,
    `CREATE TABLE entries (
      credential TEXT NOT NULL,
      mark TEXT NOT NULL,
      generation INTEGER NOT NULL,
      state TEXT NOT NULL,
      authorization TEXT,
      access_token TEXT,
      sealed_token TEXT,
      fingerprint TEXT,
      description TEXT,
      scope TEXT,
      lifetime INTEGER,
      asked INTEGER,
      made INTEGER NOT NULL,
      sender TEXT,
      noted_at INTEGER NOT NULL,
      created_at INTEGER NOT NULL,
      expires_at INTEGER,
      proven_at INTEGER,
      listed_end INTEGER,
      seen_at INTEGER,
      doubted_since INTEGER,
      ended_at INTEGER,
      gone_at INTEGER,
      PRIMARY KEY (credential, mark)
    ) WITHOUT ROWID`,
    `CREATE TABLE deliveries (
      credential TEXT NOT NULL,
      mark TEXT NOT NULL,
      place TEXT NOT NULL,
      receipt TEXT NOT NULL,
      delivered_at INTEGER NOT NULL,
      proof_kind TEXT,
      proof_detail TEXT,
      proven_at INTEGER,
      PRIMARY KEY (credential, mark, place)
    ) WITHOUT ROWID`,
    "CREATE INDEX deliveries_by_place ON deliveries (place)",
    `CREATE TABLE sweeps (
      at INTEGER PRIMARY KEY,
      ended_at INTEGER,
      error TEXT,
      halt TEXT,
      problems INTEGER,
      report TEXT
    )`,
    "CREATE TABLE health (at INTEGER NOT NULL, reasons TEXT NOT NULL)",
    "CREATE TABLE wakes (at INTEGER NOT NULL, name TEXT NOT NULL)",
    "CREATE TABLE owner (name TEXT NOT NULL)",
    "CREATE TABLE accounts (name TEXT PRIMARY KEY) WITHOUT ROWID",
  ],
  ["ALTER TABLE ledger ADD COLUMN lineage TEXT"],
  [
    `CREATE TABLE events (
      number INTEGER PRIMARY KEY,
      at INTEGER NOT NULL,
      kind TEXT NOT NULL,
      credential TEXT,
      body TEXT NOT NULL,
      hash TEXT NOT NULL
    )`,
  ],
  [
    "CREATE TABLE problems (key TEXT PRIMARY KEY, body TEXT NOT NULL) WITHOUT ROWID",
    `CREATE TABLE outbox (
      number INTEGER PRIMARY KEY,
      channel TEXT NOT NULL,
      body TEXT NOT NULL
    )`,
    `CREATE TABLE channels (
      name TEXT PRIMARY KEY,
      failing_since INTEGER NOT NULL,
      error TEXT NOT NULL
    ) WITHOUT ROWID`,
  ],
  [
    "ALTER TABLE deliveries ADD COLUMN looked_at INTEGER",
    "ALTER TABLE deliveries ADD COLUMN drift TEXT",
    "ALTER TABLE deliveries ADD COLUMN drifted_at INTEGER",
    "CREATE TABLE configurations (credential TEXT PRIMARY KEY, digest TEXT NOT NULL) WITHOUT ROWID",
  ],
  [
    "ALTER TABLE credentials ADD COLUMN paused_at INTEGER",
    "ALTER TABLE credentials ADD COLUMN ordered_beyond INTEGER",
    "CREATE TABLE orders (id TEXT PRIMARY KEY, at INTEGER NOT NULL, body TEXT NOT NULL) WITHOUT ROWID",
  ],
];

/** A newer Herotate wrote the data, and this one would harm it. */
export class NewerDataError extends Error {
  static {
    this.prototype.name = "NewerDataError";
  }

  /** Names both versions. */
  constructor(found: number) {
    super(
      `Cannot use the account's data because a newer Herotate wrote it (version ${found} of its tables, and this one knows ${VERSIONS.length}): nothing was read or changed. Deploy that Herotate again, or one that is newer`,
    );
  }
}

/**
 * Makes the tables, or brings those of an older version up to date, in one transaction.
 *
 * @throws {NewerDataError} When a newer version wrote them: they stay as they are.
 */
export function upgrade(sql: Sql): void {
  sql.transaction(() => {
    sql.run("CREATE TABLE IF NOT EXISTS version (number INTEGER NOT NULL)");
    const [{ number: found } = { number: 0 }] = sql.run<{ number: number }>(
      "SELECT number FROM version",
    );
    if (found > VERSIONS.length) throw new NewerDataError(found);
    if (found === VERSIONS.length) return;
    for (const statement of VERSIONS.slice(found).flat()) sql.run(statement);
    sql.run("UPDATE ledger SET lineage = ? WHERE lineage IS NULL", createLineage());
    sql.run("DELETE FROM version");
    sql.run("INSERT INTO version (number) VALUES (?)", VERSIONS.length);
  });
}
