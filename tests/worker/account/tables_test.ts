import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { createLedger } from "../../../worker/account/ledger.ts";
import { createSweepLog } from "../../../worker/account/sweep_log.ts";
import { NewerDataError, upgrade, VERSIONS } from "../../../worker/account/tables.ts";
import { openDatabase, type Row, type TestDatabase } from "../sqlite.ts";
import { createBreakingSql } from "./ledger_sample.ts";

/** The tables and indexes, as SQLite keeps them. */
function readSchema(database: TestDatabase): Row[] {
  return database.query("SELECT type, name, tbl_name, sql FROM sqlite_master ORDER BY type, name");
}

function listTables(database: TestDatabase): string[] {
  return readSchema(database).filter(({ type }) => type === "table").map(({ name }) =>
    String(name)
  );
}

/** A database as this version left it, with a row in each of its tables; 0 is an empty one. */
function openVersion(version: number): TestDatabase {
  const database = openDatabase();
  if (version === 0) return database;
  for (const statement of VERSIONS.slice(0, version).flat()) database.query(statement);
  for (const table of listTables(database)) fillTable(database, table);
  database.query("CREATE TABLE version (number INTEGER NOT NULL)");
  database.query("INSERT INTO version (number) VALUES (?)", version);
  return database;
}

function fillTable(database: TestDatabase, table: string): void {
  const values = database.query(`SELECT name, type FROM pragma_table_info('${table}')`)
    .map(({ name, type }, index) => type === "INTEGER" ? index + 1 : `a ${name}`);
  database.query(`DELETE FROM ${table}`);
  database.query(`INSERT INTO ${table} VALUES (${values.map(() => "?").join(", ")})`, ...values);
}

/** What these tables hold, in the columns that they have in another database. */
function readRows(database: TestDatabase, like: TestDatabase): Record<string, Row[]> {
  const tables = listTables(like).filter((table) => table !== "version");
  return Object.fromEntries(tables.map((table) => {
    const columns = like.query(`SELECT name FROM pragma_table_info('${table}')`);
    const names = columns.map(({ name }) => name).join(", ");
    return [table, database.query(`SELECT ${names} FROM ${table}`)];
  }));
}

Deno.test("upgrade() makes all tables in an empty database", async () => {
  const database = openDatabase();
  await assertRejects(() => createLedger(database).read(), Error, "no such table");
  upgrade(database);
  assertEquals(listTables(database), [
    "accounts",
    "channels",
    "configurations",
    "credentials",
    "deliveries",
    "entries",
    "events",
    "health",
    "ledger",
    "orders",
    "outbox",
    "owner",
    "problems",
    "sweeps",
    "version",
    "wakes",
  ]);
  assertEquals((await createLedger(database).read()).size, 0);
  assertEquals((await createLedger(database).note()).account, null);
  assertEquals(createSweepLog(database).last(), undefined);
  assertEquals(createSweepLog(database).health(), undefined);
  assertEquals(database.query("SELECT number FROM version"), [{ number: VERSIONS.length }]);
});

for (let version = 0; version <= VERSIONS.length; version++) {
  Deno.test(`upgrade() of version ${version} makes the newest tables, and keeps what they hold`, () => {
    const newest = openDatabase();
    upgrade(newest);
    const database = openVersion(version);
    const older = openVersion(version);
    upgrade(database);
    assertEquals(readSchema(database), readSchema(newest));
    assertEquals(database.query("SELECT number FROM version"), [{ number: VERSIONS.length }]);
    assertEquals(readRows(database, older), readRows(older, older));
  });

  Deno.test(`upgrade() of version ${version} twice is the same as once`, () => {
    const database = openVersion(version);
    upgrade(database);
    const [schema, rows, changes] = [readSchema(database), database.dump(), database.changes()];
    upgrade(database);
    assertEquals([readSchema(database), database.dump(), database.changes()], [
      schema,
      rows,
      changes,
    ]);
  });

  Deno.test(`upgrade() of version ${version} leaves it as it was when any statement fails, and may be repeated`, () => {
    const database = openVersion(version);
    const [schema, rows] = [readSchema(database), database.dump()];
    const fails = (breaksAt: number): boolean => {
      try {
        upgrade(createBreakingSql(database, breaksAt));
        return false;
      } catch {
        return true;
      }
    };
    for (let breaksAt = 1; fails(breaksAt); breaksAt++) {
      assertEquals([readSchema(database), database.dump()], [schema, rows]);
    }
    assertEquals(database.query("SELECT number FROM version"), [{ number: VERSIONS.length }]);
  });
}

Deno.test("upgrade() refuses what a newer version wrote, and does not change it", () => {
  const database = openVersion(VERSIONS.length);
  database.query("ALTER TABLE entries ADD COLUMN newer TEXT");
  database.query("CREATE TABLE newest (at INTEGER)");
  for (const number of [VERSIONS.length + 1, VERSIONS.length + 9]) {
    database.query("UPDATE version SET number = ?", number);
    const before = [readSchema(database), database.dump(), database.changes()];
    const error = assertThrows(() => upgrade(database), NewerDataError);
    assertEquals(
      error.message,
      `Cannot use the account's data because a newer Herotate wrote it (version ${number} of its tables, and this one knows ${VERSIONS.length}): nothing was read or changed. Deploy that Herotate again, or one that is newer`,
    );
    assertEquals([readSchema(database), database.dump(), database.changes()], before);
  }
});
