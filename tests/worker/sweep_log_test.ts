import { assertEquals } from "@std/assert";
import { createSweepLog } from "../../worker/sweep_log.ts";
import { createReport } from "./sample.ts";
import { createDatabase } from "./sqlite.ts";

Deno.test("last() gives the newest sweep as it was recorded, and nothing before the first", async () => {
  const log = createSweepLog(createDatabase());
  assertEquals(await log.last(), undefined);
  const newest = { at: 20, error: null, halt: null, report: createReport() };
  await log.record(newest);
  await log.record({ at: 10, error: "Cannot list", halt: null, report: null });
  assertEquals(await log.last(), newest);
  await log.record({ at: 30, error: "Cannot list", halt: null, report: null });
  assertEquals(await log.last(), { at: 30, error: "Cannot list", halt: null, report: null });
});

Deno.test("last() says what the operator must settle before anything is done", async () => {
  const log = createSweepLog(createDatabase());
  const halted = {
    at: 10,
    error: "The token is another account's",
    halt: "account",
    report: null,
  } as const;
  await log.record(halted);
  assertEquals(await log.last(), halted);
  const settled = { at: 20, error: null, halt: null, report: createReport() };
  await log.record(settled);
  assertEquals(await log.last(), settled);
});

Deno.test("lastClean() passes over failures and problems", async () => {
  const log = createSweepLog(createDatabase());
  assertEquals(await log.lastClean(), undefined);
  await log.record({ at: 10, error: null, halt: null, report: createReport() });
  await log.record({ at: 20, error: null, halt: null, report: createReport() });
  await log.record({ at: 30, error: null, halt: null, report: createReport({ problems: ["A"] }) });
  await log.record({ at: 40, error: "Cannot list", halt: null, report: null });
  await log.record({ at: 45, error: "The token is another's", halt: "account", report: null });
  await log.record({ at: 50, error: "Cannot list", halt: null, report: createReport() });
  assertEquals(await log.lastClean(), 20);
});

Deno.test("record() replaces a sweep of the same moment", async () => {
  const log = createSweepLog(createDatabase());
  const sweeps = [
    { at: 10, error: "Cannot list", halt: null, report: null },
    { at: 10, error: "The token is another account's", halt: "account", report: null },
    { at: 10, error: null, halt: null, report: createReport() },
  ] as const;
  for (const sweep of sweeps) {
    await log.record(sweep);
    assertEquals(await log.last(), sweep);
  }
});

Deno.test("record() keeps the newest 200 sweeps", async () => {
  const database = createDatabase();
  const log = createSweepLog(database);
  for (let at = 1; at <= 205; at++) {
    await log.record({ at, error: "Cannot list", halt: null, report: null });
  }
  const [{ results }] = await database.batch<{ count: number; first: number }>([
    database.prepare("SELECT count(*) AS count, min(at) AS first FROM sweeps"),
  ]);
  assertEquals(results.map(({ count, first }) => [count, first]), [[200, 6]]);
});
