/**
 * D1 without Cloudflare: the same SQL on Deno's own SQLite, in memory, with the Worker's migrations.
 *
 * @module
 */
import { DatabaseSync } from "node:sqlite";
import type { Database, Statement, StatementResult } from "../../worker/ledger.ts";

const directory = new URL("../../worker/migrations/", import.meta.url);
const migrations = [...Deno.readDirSync(directory)].map(({ name }) => name).sort()
  .map((name) => Deno.readTextFileSync(new URL(name, directory)));

/** A row as SQLite gives it. */
export type Row = Readonly<Record<string, unknown>>;

/** A database with the migrations, and a look at its bytes. */
export interface TestDatabase extends Database {
  /** Everything in it as text, to be searched for what must not be there. */
  dump(): string;
  /** Forgets everything, as a lost ledger has. */
  reset(): void;
  /** Looks into it behind the ledger's back. */
  query(sql: string, ...values: (string | number | null)[]): Row[];
  /** Gives it back: the next one made may be this one, emptied. It must not be used any more. */
  release(): void;
}

interface OpenDatabase {
  readonly sqlite: DatabaseSync;
  readonly prepared: Map<string, ReturnType<DatabaseSync["prepare"]>>;
}

// Opening and migrating takes longer than a whole rotation.
const spare: OpenDatabase[] = [];

/** Makes a database in memory. */
export function createDatabase(): TestDatabase {
  const opened = spare.pop() ?? open();
  const { sqlite, prepared } = opened;
  empty();

  function prepare(sql: string) {
    const known = prepared.get(sql) ?? sqlite.prepare(sql);
    prepared.set(sql, known);
    return known;
  }

  function perform<Row>(each: Statement): StatementResult<Row> {
    const { sql, values } = each as Bound;
    if (isRead(each)) {
      return { results: prepare(sql).all(...values) as Row[], meta: { changes: 0 } };
    }
    return { results: [], meta: { changes: Number(prepare(sql).run(...values).changes) } };
  }

  /** What is left is a database as the migrations make it: only the ledger's id differs. */
  function empty(): void {
    for (const table of ["deliveries", "entries", "credentials", "sweeps", "ledger"]) {
      prepare(`DELETE FROM ${table}`).run();
    }
    prepare("INSERT INTO ledger (id) VALUES (lower(hex(randomblob(4))))").run();
  }

  return {
    prepare: (sql) => statement(sql, []),

    batch<Row>(statements: Statement[]): Promise<StatementResult<Row>[]> {
      if (statements.every(isRead)) return Promise.resolve(statements.map(perform<Row>));
      prepare("BEGIN").run();
      try {
        const results = statements.map(perform<Row>);
        prepare("COMMIT").run();
        return Promise.resolve(results);
      } catch (error) {
        prepare("ROLLBACK").run();
        return Promise.reject(error);
      }
    },

    dump() {
      const tables = sqlite.prepare("SELECT name FROM sqlite_master WHERE type = 'table'").all();
      return JSON.stringify(
        tables.map(({ name }) => sqlite.prepare(`SELECT * FROM ${name}`).all()),
      );
    },

    reset: empty,

    query: (sql, ...values) => prepare(sql).all(...values),

    release() {
      spare.push(opened);
    },
  };
}

interface Bound extends Statement {
  readonly sql: string;
  readonly values: (string | number | null)[];
}

function isRead(each: Statement): boolean {
  return (each as Bound).sql.startsWith("SELECT");
}

function statement(sql: string, values: (string | number | null)[]): Bound {
  return { sql, values, bind: (...bound) => statement(sql, bound) };
}

function open(): OpenDatabase {
  const sqlite = new DatabaseSync(":memory:");
  sqlite.exec("PRAGMA foreign_keys = ON");
  for (const migration of migrations) sqlite.exec(migration);
  return { sqlite, prepared: new Map() };
}
