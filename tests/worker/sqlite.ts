/**
 * An account's tables without Cloudflare: the same SQL on SQLite, in memory.
 *
 * @module
 */
import { DatabaseSync } from "node:sqlite";
import { createLineage } from "../../lib/rotation/marker.ts";
import type { Sql, SqlValue } from "../../worker/account/sql.ts";
import { upgrade } from "../../worker/account/tables.ts";

/** A row as SQLite gives it. */
export type Row = Readonly<Record<string, unknown>>;

/** Everything that a database held at one moment: the columns and the rows of each table. */
export type DatabaseCopy = ReadonlyMap<
  string,
  { readonly columns: readonly string[]; readonly rows: readonly (readonly SqlValue[])[] }
>;

/** Tables that are up to date, and a look at their bytes. */
export interface TestDatabase extends Sql {
  /** Everything in it as text, to be searched for what must not be there. */
  dump(): string;
  /** Forgets everything, as a lost ledger has. */
  reset(): void;
  /** Copies everything, as a backup does. */
  copy(): DatabaseCopy;
  /** Goes back to what a copy holds, as when a backup is restored. */
  restore(copy: DatabaseCopy): void;
  /** Looks into it, and changes it, behind the ledger's back. */
  query(sql: string, ...values: (string | number | null)[]): Row[];
  /** How many rows were changed so far. */
  changes(): number;
  /** Gives it back: the next one made may be this one, emptied. It must not be used any more. */
  release(): void;
}

interface OpenDatabase {
  readonly sqlite: DatabaseSync;
  readonly prepared: Map<string, ReturnType<DatabaseSync["prepare"]>>;
}

// Opening and making the tables takes longer than a whole rotation.
const spare: OpenDatabase[] = [];

/** Opens an empty database in memory, without tables. */
export function openDatabase(): TestDatabase {
  const sqlite = new DatabaseSync(":memory:");
  return toTestDatabase({ sqlite, prepared: new Map() });
}

/** Makes a database in memory with the tables of an account. */
export function createDatabase(): TestDatabase {
  const known = spare.pop();
  const database = known ? toTestDatabase(known) : openDatabase();
  if (known) database.reset();
  else upgrade(database);
  return database;
}

function toTestDatabase(opened: OpenDatabase): TestDatabase {
  const { sqlite, prepared } = opened;

  function prepare(sql: string) {
    const known = prepared.get(sql) ?? sqlite.prepare(sql);
    prepared.set(sql, known);
    return known;
  }

  function tablesOf(): string[] {
    return sqlite.prepare("SELECT name FROM sqlite_master WHERE type = 'table'").all()
      .map(({ name }) => String(name));
  }

  return {
    run: <Row>(sql: string, ...values: readonly SqlValue[]) => prepare(sql).all(...values) as Row[],

    transaction(work) {
      prepare("BEGIN").run();
      try {
        const result = work();
        prepare("COMMIT").run();
        return result;
      } catch (error) {
        prepare("ROLLBACK").run();
        throw error;
      }
    },

    dump: () =>
      JSON.stringify(tablesOf().map((name) => sqlite.prepare(`SELECT * FROM ${name}`).all())),

    reset() {
      for (const table of tablesOf()) {
        if (table !== "version") prepare(`DELETE FROM ${table}`).run();
      }
      prepare("INSERT INTO ledger (lineage) VALUES (?)").run(createLineage());
    },

    copy: () =>
      new Map(
        tablesOf().map((name) => {
          const rows = prepare(`SELECT * FROM ${name}`).all();
          const columns = Object.keys(rows[0] ?? {});
          return [name, { columns, rows: rows.map((row) => Object.values(row) as SqlValue[]) }];
        }),
      ),

    restore(copy) {
      for (const [table, { columns, rows }] of copy) {
        prepare(`DELETE FROM ${table}`).run();
        if (rows.length === 0) continue;
        const values = columns.map(() => "?").join(", ");
        const insert = prepare(`INSERT INTO ${table} (${columns.join(", ")}) VALUES (${values})`);
        for (const row of rows) insert.run(...row);
      }
    },

    query: (sql, ...values) => prepare(sql).all(...values),

    changes: () => Number(prepare("SELECT total_changes() AS changes").get()?.changes),

    release() {
      spare.push(opened);
    },
  };
}
