import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { DAY } from "@std/datetime/constants";
import type { FakeHeroku } from "../../../lib/testing/mod.ts";
import { createEntry, createTable } from "../sample.ts";
import { splitCredentials } from "../split_credentials.ts";
import { createTestAccount } from "./sweep_account.ts";

const createsNothing = {
  createBatch: () => Promise.reject(new Error("Workflows are not available")),
};

/** A description with a marker. */
function mark(name: string, index: number): string {
  return `${name} [g5 ${String(index).padStart(12, "0")}]`;
}

Deno.test("runSweep() starts what is due and records the sweep", async () => {
  await using account = createTestAccount();
  await account.sweep();
  const last = account.sweeps.last();
  assertEquals([last?.error, last?.report?.problems], [null, []]);
  assertEquals(account.started.flat().map(({ credential }) => credential), ["ci"]);
  assertEquals(account.lines.map(({ event }) => event), ["sweep"]);
  assertEquals(account.sweeps.lastClean(), last?.at);
});

Deno.test("runSweep() starts no more than a hundred runs at once", async () => {
  await using account = createTestAccount();
  const names = Array.from({ length: 130 }, (_, index) => `ci-${index}`);
  await account.sweep({
    ...splitCredentials(names.map((name) => createTable(name, { scope: ["write"] }))),
    FUSE: { creates: 1000 },
  });
  assertEquals(account.started.map(({ length }) => length), [100, 30]);
  assertEquals(new Set(account.started.flat().map(({ credential }) => credential)), new Set(names));
});

Deno.test("runSweep() names the secret and the remedy for a wrong token and a narrow one", async () => {
  const table: readonly (readonly [(heroku: FakeHeroku) => string, string])[] = [
    [() => "wrong-token-0123456789", "Heroku refused the token"],
    [
      (heroku) => heroku.issue({ description: "narrow", scope: ["read"] }).token,
      "takes the scope 'global'",
    ],
  ];
  for (const [token, says] of table) {
    await using account = createTestAccount();
    await account.sweep({ HEROKU_API_TOKEN: token(account.heroku) });
    const error = account.sweeps.last()?.error ?? "";
    assertStringIncludes(error, says);
    assertStringIncludes(error, "the Worker secret HEROKU_API_TOKEN");
    assertStringIncludes(error, "`heroku authorizations:create -d herotate`");
    assertStringIncludes(error, "`wrangler secret put HEROKU_API_TOKEN`");
    assertEquals(account.started, []);
  }
});

Deno.test("runSweep() says why it did nothing when the ledger could not be read, and the next one goes on", async () => {
  await using account = createTestAccount();
  let reads = 0;
  account.fail = (statement) =>
    statement.startsWith("SELECT * FROM entries") && reads++ === 0
      ? "database or disk is full: SQLITE_FULL"
      : undefined;
  await account.sweep();
  assertStringIncludes(account.sweeps.last()?.error ?? "", "storage of the account's object");
  assertEquals(account.started, []);
  await account.sweep();
  assertEquals([account.sweeps.last()?.error, account.started.length], [null, 1]);
});

Deno.test("runSweep() does nothing when it cannot write down that it begins", async () => {
  await using account = createTestAccount();
  account.fail = (statement) => statement.includes("INTO sweeps") ? "It is full" : undefined;
  await account.sweep();
  assertEquals([account.sweeps.last(), account.started], [undefined, []]);
  assertEquals(account.lines.map(({ event }) => event), ["sweep_unrecorded"]);
});

Deno.test("runSweep() logs a sweep whose end cannot be recorded, and ends", async () => {
  await using account = createTestAccount();
  account.fail = (statement) => statement.includes("excluded.report") ? "It is full" : undefined;
  await account.sweep();
  assertEquals([account.sweeps.last(), account.sweeps.health()], [undefined, undefined]);
  assertEquals(account.started.length, 1);
  assertEquals(account.lines.map(({ event }) => event), ["sweep", "sweep_unrecorded"]);
});

Deno.test("runSweep() writes down what is wrong, for monitors", async () => {
  await using account = createTestAccount();
  const { heroku, sweeps } = account;
  heroku.issue({
    description: "ci",
    scope: ["write"],
    created_at: heroku.now() - DAY,
    expires_in: 30 * DAY / 1000,
  });
  await account.sweep();
  assertEquals(sweeps.health(), { at: sweeps.last()?.at ?? NaN, reasons: [] });
  await account.sweep({ CREDENTIALS: [createTable("ci"), createTable("new")] });
  assertEquals(sweeps.health()?.reasons, [
    { kind: "credential_blocked", count: 1 },
    { kind: "credential_missing", count: 1 },
  ]);
});

Deno.test("runSweep() alarms nobody over what a list lacks and its turn has not come to ask about", async () => {
  await using account = createTestAccount();
  const names = Array.from({ length: 30 }, (_, index) => `ci-${index}`);
  for (const description of names) {
    account.heroku.issue({ description, scope: ["write"], expires_in: 30 * DAY / 1000 });
  }
  const environment = splitCredentials(
    names.map((name) => createTable(name, { scope: ["write"] })),
  );
  await account.sweep(environment);
  account.heroku.setWorld({ always: ["empty-list"] });
  for (let sweep = 0; sweep < 3; sweep++) {
    await account.sweep(environment);
    const report = account.sweeps.last()?.report;
    assertEquals([report?.notices.map(({ kind }) => kind), report?.problems], [["unasked"], []]);
    assertEquals(account.sweeps.health()?.reasons, []);
  }
  assertEquals(account.started, []);
});

Deno.test("runSweep() writes down no mistake of the configuration, which may be corrected at any time", async () => {
  await using account = createTestAccount();
  const { sweeps } = account;
  await account.sweep({ FUSE: 7 });
  assertStringIncludes(sweeps.last()?.error ?? "", "nothing was done. FUSE: ");
  assertEquals(sweeps.health()?.reasons, [{ kind: "sweep_failed", count: 1 }]);
});

Deno.test("runSweep() keeps the first hundred unmanaged authorizations, those with a marker first, and their count", async () => {
  await using account = createTestAccount();
  const { heroku, sweeps } = account;
  for (let index = 0; index < 150; index++) heroku.issue({ description: `laptop ${index}` });
  const marked = [1, 2, 3].map((index) => {
    // The list is in the order of the ids.
    const id = `ffffffff-ffff-4fff-bfff-${String(index).padStart(12, "0")}`;
    return heroku.issue({ id, description: mark("former", index) }).id;
  });
  await account.sweep();
  const report = sweeps.last()?.report;
  // The Worker's own authorization is one of them.
  assertEquals([report?.unmanaged.length, report?.unmanagedCount], [100, 154]);
  const ids = report?.unmanaged.map(({ id }) => id) ?? [];
  assertEquals(ids.slice(0, 3), marked);
  assertEquals(ids.slice(3), ids.slice(3).toSorted(), "The others stay in Heroku's order");
});

Deno.test("runSweep() sees another Worker among a great many unmanaged authorizations", async () => {
  await using account = createTestAccount();
  const { heroku, sweeps } = account;
  const life = { scope: ["write"], created_at: heroku.now() - DAY, expires_in: 30 * DAY / 1000 };
  heroku.issue({ description: "ci", ...life });
  await account.sweep();
  for (let index = 0; index < 150; index++) heroku.issue({ description: `laptop ${index}` });
  const id = "ffffffff-ffff-4fff-bfff-ffffffffffff";
  heroku.issue({ id, description: mark("ci", 7), scope: ["write"] });
  await account.sweep();
  const kinds = sweeps.health()?.reasons.map(({ kind }) => kind);
  assert(kinds?.includes("another_worker"), String(kinds));
});

Deno.test("runSweep() keeps the first hundred problems, says how many more there are, and logs them all", async () => {
  const table = [
    [100, undefined],
    [101, "There is 1 more: see the Worker's log"],
    [130, "There are 30 more: see the Worker's log"],
  ] as const;
  for (const [count, more] of table) {
    await using account = createTestAccount();
    const { heroku, ledger, lines, sweeps } = account;
    const { id } = heroku.issue({ description: "ci", scope: ["write"] });
    const entry = createEntry("ci", 0, { state: "adopted", mark: id, authorization: id });
    await ledger.adopt(new Map([["ci", [entry]]]));
    // Each authorization of another Worker is a problem.
    for (let index = 0; index < count; index++) {
      heroku.issue({ description: mark("ci", index), scope: ["write"] });
    }
    await account.sweep();
    const problems = sweeps.last()?.report?.problems ?? [];
    assertEquals(problems.slice(100), more === undefined ? [] : [more]);
    const logged = lines.find(({ event }) => event === "sweep")?.problems;
    assert(Array.isArray(logged));
    assertEquals([logged.length, logged.slice(0, 100)], [count, problems.slice(0, 100)]);
  }
});

Deno.test("runSweep() says that no cron has come for an hour, when its account's alarm began it", async () => {
  await using account = createTestAccount();
  const { lines, sweeps } = account;
  await account.sweep({}, true);
  const [notice, ...others] = sweeps.last()?.report?.notices ?? [];
  assertEquals([notice.credential, notice.kind, others], [null, "cron_silent", []]);
  assertStringIncludes(notice.message, 'crons = ["*/15 * * * *"]');
  assertEquals(lines[0].notices, [notice.message]);
  // It is a notice, as the sweep itself is done.
  assertEquals([account.started.length, sweeps.last()?.report?.problems], [1, []]);
  await account.sweep({}, false);
  assertEquals(sweeps.last()?.report?.notices, []);
});

Deno.test("runSweep() gives the leases back when the runs cannot be started, and the next one starts them", async () => {
  await using account = createTestAccount();
  const { ledger, sweeps } = account;
  await account.sweep({ ROTATION: createsNothing });
  const report = sweeps.last()?.report;
  assertEquals([report?.started, report?.problems], [[], [
    "Cannot start the rotations that are due: Workflows are not available",
  ]]);
  const record = (await ledger.readCredential("ci"))?.record;
  assertEquals([record?.leaseUntil, record?.failures, record?.error], [null, 0, null]);
  await account.sweep();
  assertEquals(sweeps.last()?.report?.started, ["ci"]);
  assertEquals(account.started.flat().map(({ attempt }) => attempt), [2]);
});
