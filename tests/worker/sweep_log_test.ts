import { assertEquals } from "@std/assert";
import { createSweepLog } from "../../worker/sweep_log.ts";
import { createReport } from "./sample.ts";
import { createDatabase } from "./sqlite.ts";

Deno.test("last() gives the newest sweep as it was recorded, and nothing before the first", async () => {
  const log = createSweepLog(createDatabase());
  assertEquals(await log.last(), undefined);
  const newest = { at: 20, error: null, report: createReport() };
  await log.record(newest);
  await log.record({ at: 10, error: "Cannot list", report: null });
  assertEquals(await log.last(), newest);
  await log.record({ at: 30, error: "Cannot list", report: null });
  assertEquals(await log.last(), { at: 30, error: "Cannot list", report: null });
});

Deno.test("lastClean() passes over failures and problems", async () => {
  const log = createSweepLog(createDatabase());
  assertEquals(await log.lastClean(), undefined);
  await log.record({ at: 10, error: null, report: createReport() });
  await log.record({ at: 20, error: null, report: createReport() });
  await log.record({ at: 30, error: null, report: createReport({ problems: ["A"] }) });
  await log.record({ at: 40, error: "Cannot list", report: null });
  await log.record({ at: 50, error: "Cannot list", report: createReport() });
  assertEquals(await log.lastClean(), 20);
});

Deno.test("record() replaces a sweep of the same moment", async () => {
  const log = createSweepLog(createDatabase());
  await log.record({ at: 10, error: "Cannot list", report: null });
  await log.record({ at: 10, error: null, report: createReport() });
  assertEquals(await log.last(), { at: 10, error: null, report: createReport() });
});

Deno.test("record() keeps the newest 200 sweeps", async () => {
  const database = createDatabase();
  const log = createSweepLog(database);
  for (let at = 1; at <= 205; at++) await log.record({ at, error: "Cannot list", report: null });
  const [{ results }] = await database.batch<{ count: number; first: number }>([
    database.prepare("SELECT count(*) AS count, min(at) AS first FROM sweeps"),
  ]);
  assertEquals(results.map(({ count, first }) => [count, first]), [[200, 6]]);
});
