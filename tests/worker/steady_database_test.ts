import { assertEquals, assertRejects } from "@std/assert";
import { createLedger, type Database } from "../../worker/ledger.ts";
import { createSteadyDatabase } from "../../worker/steady_database.ts";
import { createSweepLog } from "../../worker/sweep_log.ts";
import { createReport, now } from "./sample.ts";
import { createDatabase } from "./sqlite.ts";

const lost = "D1_ERROR: Network connection lost.";

/** A database whose next batches fail with these messages, before they do anything or after. */
function createFailing(messages: string[], fate: "before" | "after" = "before") {
  const database = createDatabase();
  const calls: number[] = [];
  const failing: Database = {
    prepare: (sql) => database.prepare(sql),
    async batch<Row>(statements: Parameters<Database["batch"]>[0]) {
      calls.push(statements.length);
      const message = messages.shift();
      if (message === undefined) return await database.batch<Row>(statements);
      if (fate === "after") await database.batch<Row>(statements);
      throw new Error(message);
    },
  };
  return { database: failing, calls };
}

function createSleep() {
  const slept: number[] = [];
  return {
    slept,
    sleep(milliseconds: number) {
      slept.push(milliseconds);
      return Promise.resolve();
    },
  };
}

Deno.test("createSteadyDatabase() tries a lost read again, twice", async () => {
  const { database, calls } = createFailing([lost, lost]);
  const { sleep, slept } = createSleep();
  const ledger = createLedger(createSteadyDatabase(database, { sleep }));
  assertEquals((await ledger.read()).size, 0);
  assertEquals([calls.length, slept], [3, [200, 1000]]);
});

Deno.test("createSteadyDatabase() reads whatever the ledger and the log read", async () => {
  const reads: readonly ((database: Database) => Promise<unknown>)[] = [
    (database) => createLedger(database).id(),
    (database) => createLedger(database).read(),
    (database) => createLedger(database).readCredential("ci"),
    (database) => createSweepLog(database).last(),
    (database) => createSweepLog(database).lastClean(),
  ];
  for (const read of reads) {
    const { database, calls } = createFailing([lost]);
    await read(createSteadyDatabase(database, createSleep()));
    assertEquals(calls.length, 2);
  }
});

Deno.test("createSteadyDatabase() gives up after the second further try", async () => {
  const { database, calls } = createFailing([lost, lost, lost, lost]);
  const ledger = createLedger(createSteadyDatabase(database, createSleep()));
  await assertRejects(() => ledger.read(), Error, "Network connection lost");
  assertEquals(calls.length, 3);
});

Deno.test("createSteadyDatabase() sends a write once, as it may have taken effect", async () => {
  for (const fate of ["before", "after"] as const) {
    const { database, calls } = createFailing([lost], fate);
    const steady = createSteadyDatabase(database, createSleep());
    const record = { at: now, error: null, halt: null, report: createReport() };
    await assertRejects(() => createSweepLog(steady).record(record), Error, "lost");
    assertEquals(calls.length, 1);
    const last = await createSweepLog(steady).last();
    assertEquals(last?.at, fate === "after" ? now : undefined);
  }
});

Deno.test("createSteadyDatabase() does not wait for a table that is missing", async () => {
  const { database, calls } = createFailing(["D1_ERROR: no such table: credentials: SQLITE_ERROR"]);
  const ledger = createLedger(createSteadyDatabase(database, createSleep()));
  await assertRejects(() => ledger.read(), Error, "no such table");
  assertEquals(calls.length, 1);
});

Deno.test("createSteadyDatabase() without a binding names it in every failure", async () => {
  const steady = createSteadyDatabase(undefined, createSleep());
  await assertRejects(() => createLedger(steady).read(), TypeError, "'LEDGER' is missing");
  await assertRejects(() => createSweepLog(steady).last(), TypeError, "'LEDGER' is missing");
});
