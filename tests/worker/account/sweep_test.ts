import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { DAY } from "@std/datetime/constants";
import type { Ledger } from "../../../lib/rotation/ledger.ts";
import type { RotationRun } from "../../../lib/rotation/world.ts";
import { targets as definitions } from "../../../lib/targets/registry.ts";
import { createFakeHeroku, type FakeHeroku } from "../../../lib/testing/mod.ts";
import { createLedger } from "../../../worker/account/ledger.ts";
import type { Sql } from "../../../worker/account/sql.ts";
import { runSweep } from "../../../worker/account/sweep.ts";
import { createSweepLog, type SweepLog } from "../../../worker/account/sweep_log.ts";
import { createContextReader, type Environment } from "../../../worker/environment.ts";
import { createEntry, createEnv, createTable, type Env } from "../sample.ts";
import { splitCredentials } from "../split_credentials.ts";
import { createDatabase } from "../sqlite.ts";
import { UNANSWERED } from "./ledger_sample.ts";

/** An account at a Heroku of its own, with the one credential `ci`. */
interface TestAccount extends AsyncDisposable {
  readonly heroku: FakeHeroku;
  readonly ledger: Ledger;
  readonly sweeps: SweepLog;
  /** The runs that were started, batch by batch. */
  readonly started: RotationRun[][];
  /** What the log says, line by line. */
  readonly lines: { readonly event: string; readonly [detail: string]: unknown }[];
  /** Why a statement fails; undefined for one that does not. */
  fail: (statement: string) => string | undefined;
  /** Runs one sweep, with changes to its environment. */
  sweep(changes?: Env, isCronSilent?: boolean): Promise<void>;
}

function createTestAccount(): TestAccount {
  // As at Heroku, the list shows the authorization that asks.
  const ownAuthorization = { description: "herotate", scope: ["global"] };
  const heroku = createFakeHeroku({ faults: false, ownAuthorization });
  const server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen() {} }, heroku.handler);
  const database = createDatabase();
  const sql: Sql = {
    ...database,
    run(statement, ...values) {
      const message = account.fail(statement);
      if (message !== undefined) throw new Error(message);
      return database.run(statement, ...values);
    },
  };
  const read = createContextReader({ definitions });
  const account: TestAccount = {
    heroku,
    ledger: createLedger(sql),
    sweeps: createSweepLog(sql),
    started: [],
    lines: [],
    fail: () => undefined,

    async sweep(changes = {}, isCronSilent = false) {
      const env = createEnv({
        CREDENTIALS: [createTable("ci", { scope: ["write"] })],
        HEROKU_API_TOKEN: heroku.token,
        HEROKU_URL: `http://127.0.0.1:${server.addr.port}`,
        ROTATION: {
          createBatch(batch: { params: RotationRun }[]) {
            account.started.push(batch.map(({ params }) => params));
            return Promise.resolve([]);
          },
        },
        ...changes,
      });
      // What the sweep uses of Cloudflare's types is there.
      const environment = env as Environment;
      const { log } = console;
      console.log = (line: string) => account.lines.push(JSON.parse(line));
      try {
        const { ledger, sweeps } = account;
        await runSweep({ context: read(environment), environment, ledger, sweeps, isCronSilent });
      } finally {
        console.log = log;
      }
    },

    async [Symbol.asyncDispose]() {
      await server.shutdown();
    },
  };
  return account;
}

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

/** What the engine says of a run, and whether what that run had sent is left to be removed then. */
const RUNS: readonly (readonly [what: string, get: () => unknown, isRemoved: boolean])[] = [
  ["has succeeded", () => ({ status: "complete", output: { outcome: "success" } }), false],
  ["is at work", () => ({ status: "running" }), false],
  ["sleeps", () => ({ status: "waiting" }), false],
  ["was broken off", () => ({ status: "errored", error: { message: "No" } }), false],
  ["failed after it had delivered", () => ({
    status: "complete",
    output: { outcome: "failure", error: "No", delivers: true },
  }), false],
  ["failed in an older Herotate", () => ({
    status: "complete",
    output: { outcome: "failure", error: "No" },
  }), false],
  ["is kept no longer", () => {
    throw new Error("instance.not_found");
  }, false],
  ["failed before it delivered", () => ({
    status: "complete",
    output: { outcome: "failure", error: "No", delivers: false },
  }), true],
  ["was terminated", () => ({ status: "terminated" }), true],
];

for (const [what, get, isRemoved] of RUNS) {
  Deno.test(`runSweep() ${isRemoved ? "leaves to be removed" : "takes back"} what a run had sent that ${what}`, async () => {
    await using account = createTestAccount();
    const { heroku, ledger } = account;
    await account.sweep();
    const [[{ creates: _creates, beyond: _beyond, urgent: _urgent, ...lease }]] = account.started;
    const mark = "00000000line";
    const sent = { mark, state: "intended", sender: "a try", notedAt: Date.now() } as const;
    const entry = createEntry("ci", 1, { ...UNANSWERED, ...sent });
    await ledger.begin(lease, Date.now() - 1, [{ kind: "intend", entry }]);
    const { id } = heroku.issue({ description: `ci [g1 ${mark}]`, scope: ["write"] });
    const asked: string[] = [];
    await account.sweep({
      ROTATION: {
        createBatch: () => Promise.resolve([]),
        get(runId: string) {
          asked.push(runId);
          return Promise.resolve({ status: () => Promise.resolve().then(get) });
        },
      },
    });
    assertEquals(new Set(asked), new Set([`ci-a1-${lease.claim}`]));
    const known = (await ledger.readCredential("ci"))?.entries.find((each) => each.mark === mark);
    // What is not taken back, the attempt that is started by the same sweep removes.
    assertEquals(known?.state, isRemoved ? "intended" : "adopted");
    assertEquals(known?.authorization, isRemoved ? null : id);
  });
}
