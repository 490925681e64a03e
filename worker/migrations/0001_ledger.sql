-- The ledger: see lib/rotation/ledger.ts for what each column means. Times are milliseconds since the epoch.
CREATE TABLE ledger (
  id TEXT NOT NULL,
  account TEXT,
  account_token TEXT,
  own_authorization TEXT,
  unreadable INTEGER NOT NULL DEFAULT 0,
  unsure INTEGER NOT NULL DEFAULT 0,
  empty_since INTEGER
);
INSERT INTO ledger (id) VALUES (lower(hex(randomblob(4))));

CREATE TABLE credentials (
  name TEXT PRIMARY KEY,
  adoption TEXT NOT NULL,
  attempt INTEGER NOT NULL DEFAULT 0,
  lease_until INTEGER,
  failures INTEGER NOT NULL DEFAULT 0,
  ended_at INTEGER,
  error TEXT,
  refused_since INTEGER,
  served TEXT
) WITHOUT ROWID;

CREATE TABLE entries (
  credential TEXT NOT NULL REFERENCES credentials (name),
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
) WITHOUT ROWID;

CREATE TABLE deliveries (
  credential TEXT NOT NULL,
  mark TEXT NOT NULL,
  place TEXT NOT NULL,
  receipt TEXT NOT NULL,
  delivered_at INTEGER NOT NULL,
  proof_kind TEXT,
  proof_detail TEXT,
  proven_at INTEGER,
  PRIMARY KEY (credential, mark, place),
  FOREIGN KEY (credential, mark) REFERENCES entries (credential, mark) ON DELETE CASCADE
) WITHOUT ROWID;

CREATE TABLE sweeps (
  at INTEGER PRIMARY KEY,
  error TEXT,
  halt TEXT,
  report TEXT
) WITHOUT ROWID;
