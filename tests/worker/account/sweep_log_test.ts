import { assertEquals } from "@std/assert";
import { createSweepLog, type SweepRecord } from "../../../worker/account/sweep_log.ts";
import { createReport } from "../sample.ts";
import { createDatabase } from "../sqlite.ts";

const STOPPED =
  "The sweep stopped before it was finished, as the account's object was restarted. The next one goes on";

function createFailed(at: number): SweepRecord {
  return { at, error: "Cannot list", halt: null, report: null };
}

function createDone(at: number, problems: readonly string[] = []): SweepRecord {
  return { at, error: null, halt: null, report: createReport({ at, problems }) };
}

/** A log in which these sweeps were begun and completed. */
function startLog(...sweeps: readonly SweepRecord[]) {
  const database = createDatabase();
  const log = createSweepLog(database);
  for (const sweep of sweeps) {
    log.begin(sweep.at);
    log.complete(sweep, sweep.at + 1);
  }
  return { database, log };
}

Deno.test("last() gives the newest sweep that has ended, and nothing before the first", () => {
  const { log } = startLog();
  assertEquals(log.last(), undefined);
  log.begin(20);
  assertEquals(log.last(), undefined);
  log.complete(createDone(20), 25);
  assertEquals(log.last(), createDone(20));
  log.begin(30);
  assertEquals(log.last(), createDone(20));
  log.complete(createFailed(30), 35);
  assertEquals(log.last(), createFailed(30));
});

Deno.test("last() gives the newest sweep also after the clock was set back", () => {
  const { log } = startLog(createDone(20), createFailed(10), createDone(15));
  assertEquals(log.last(), createDone(20));
});

Deno.test("last() says what the operator must settle before anything is done", () => {
  const halted: SweepRecord = {
    at: 10,
    error: "The token is another account's",
    halt: "account",
    report: null,
  };
  const { log } = startLog(halted);
  assertEquals(log.last(), halted);
  log.complete(createDone(20), 21);
  assertEquals(log.last(), createDone(20));
});

Deno.test("lastClean() passes over failures and problems, and over a sweep that has not ended", () => {
  const { log } = startLog();
  assertEquals(log.lastClean(), undefined);
  const sweeps: readonly SweepRecord[] = [
    createDone(10),
    createDone(20),
    createDone(30, ["A problem"]),
    createFailed(40),
    { at: 45, error: "The token is another account's", halt: "account", report: null },
    { ...createDone(50), error: "Cannot list" },
  ];
  for (const sweep of sweeps) log.complete(sweep, sweep.at + 1);
  log.begin(60);
  assertEquals(log.lastClean(), 20);
  log.begin(70);
  assertEquals(log.lastClean(), 20);
});

Deno.test("begin() ends a sweep that never ended", () => {
  const { log, database } = startLog(createDone(10));
  log.begin(20);
  log.begin(30);
  assertEquals(log.last(), { at: 20, error: STOPPED, halt: null, report: null });
  assertEquals(database.query("SELECT at, ended_at FROM sweeps"), [
    { at: 10, ended_at: 11 },
    { at: 20, ended_at: 30 },
    { at: 30, ended_at: null },
  ]);
  log.complete(createDone(30), 35);
  assertEquals(log.last(), createDone(30));
});

Deno.test("begin() leaves a sweep of the same moment that has ended", () => {
  const { log } = startLog(createDone(10));
  log.begin(10);
  assertEquals(log.last(), createDone(10));
});

Deno.test("complete() replaces a sweep of the same moment", () => {
  const { log } = startLog();
  const sweeps: readonly SweepRecord[] = [
    createFailed(10),
    { at: 10, error: "The token is another account's", halt: "account", report: null },
    createDone(10),
  ];
  for (const sweep of sweeps) {
    log.complete(sweep, 11);
    assertEquals(log.last(), sweep);
  }
  assertEquals(log.lastClean(), 10);
});

Deno.test("complete() keeps only the newest sweep's report", () => {
  const { log, database } = startLog(createDone(10), createDone(20), createDone(30, ["A"]));
  const kept = () =>
    database.query("SELECT at FROM sweeps WHERE report IS NOT NULL").map(({ at }) => at);
  assertEquals(kept(), [30]);
  assertEquals(log.lastClean(), 20);
  log.begin(40);
  assertEquals(kept(), [30]);
  log.complete(createFailed(40), 41);
  assertEquals(kept(), []);
});

Deno.test("complete() keeps the newest 200 sweeps", () => {
  const sweeps = Array.from({ length: 205 }, (_, index) => createFailed(index + 1));
  const { database } = startLog(...sweeps);
  assertEquals(database.query("SELECT count(*) AS count, min(at) AS first FROM sweeps"), [
    { count: 200, first: 6 },
  ]);
});

Deno.test("health() gives what was last written, in one row", () => {
  const { log, database } = startLog();
  assertEquals(log.health(), undefined);
  const healths = [
    { at: 10, reasons: [{ kind: "sweep_failed", count: 1 }, { kind: "fuse_blown", count: 3 }] },
    { at: 20, reasons: [] },
    { at: 15, reasons: [{ kind: "fuse_blown", count: 1 }] },
  ] as const;
  for (const health of healths) {
    log.writeHealth(health);
    assertEquals(log.health(), health);
    assertEquals(database.query("SELECT count(*) AS count FROM health"), [{ count: 1 }]);
  }
});
