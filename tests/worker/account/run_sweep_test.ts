import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { DAY } from "@std/datetime/constants";
import type { FakeHeroku } from "../../../lib/testing/mod.ts";
import type { Account } from "../../../worker/account/account.ts";
import { createEntry, createIdleAccount, createTable, type Env } from "../sample.ts";
import { splitCredentials } from "../split_credentials.ts";
import { createDatabase } from "../sqlite.ts";
import { createTestAccount } from "./sweep_account.ts";
import { UNANSWERED } from "./ledger_sample.ts";

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
  assertEquals(account.lines.map(({ event }) => event), ["sweep_done"]);
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
  assertEquals(account.lines.map(({ event }) => event), ["sweep_done", "sweep_unrecorded"]);
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

Deno.test("runSweep() alarms no one over what a list lacks and its turn has not come to ask about", async () => {
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
    const logged = lines.find(({ event }) => event === "sweep_done")?.problems;
    assert(Array.isArray(logged));
    assertEquals([logged.length, logged.slice(0, 100)], [count, problems.slice(0, 100)]);
  }
});

Deno.test("runSweep() says that no cron has come for an hour, when its account's alarm began it", async () => {
  await using account = createTestAccount();
  const { lines, sweeps } = account;
  await account.sweep({}, { isCronSilent: true });
  const [notice, ...others] = sweeps.last()?.report?.notices ?? [];
  assertEquals([notice.credential, notice.kind, others], [null, "cron_silent", []]);
  assertStringIncludes(notice.message, 'crons = ["*/15 * * * *"]');
  assertEquals(lines[0].notices, [notice.message]);
  // It is a notice, as the sweep itself is done.
  assertEquals([account.started.length, sweeps.last()?.report?.problems], [1, []]);
  await account.sweep();
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

/** What changes with several accounts, all of whose tokens are of the one Heroku user. */
function severalAccounts(names: readonly string[], heroku: FakeHeroku): Env {
  const accounts = names.map((name) => ({ name, token_secret: `TOKEN_${name.toUpperCase()}` }));
  return {
    ACCOUNTS: accounts,
    CREDENTIALS: names.map((name) => createTable(name, { account: name, scope: ["write"] })),
    HEROKU_API_TOKEN: undefined,
    ...Object.fromEntries(accounts.map(({ name, token_secret }) => [
      token_secret,
      heroku.issue({ description: `herotate of ${name}`, scope: ["global"] }).token,
    ])),
  };
}

/** A binding that leads to an object for each name. */
function bindObjects(): Env {
  const objects = new Map<string, Account>();
  return {
    idFromName: (name: string) => name,
    get(name: string) {
      const object = objects.get(name) ?? createIdleAccount(createDatabase());
      objects.set(name, object);
      return object;
    },
  };
}

Deno.test("runSweep() sees to its own account's credentials, and its runs and log say which account it is", async () => {
  await using account = createTestAccount();
  const { heroku, lines, started, sweeps } = account;
  const changes = { ...severalAccounts(["acme", "globex"], heroku), ACCOUNT: bindObjects() };
  assertEquals(await account.sweep(changes, { name: "globex" }), true);
  assertEquals(sweeps.last()?.error, null);
  assertEquals(started.flat().map(({ account, credential }) => [account, credential]), [
    ["globex", "globex"],
  ]);
  assertEquals(lines.map(({ event, account }) => [event, account]), [["sweep_done", "globex"]]);
});

Deno.test("runSweep() names no account in its log where there is only one", async () => {
  await using account = createTestAccount();
  await account.sweep();
  await account.sweep({ HEROKU_API_TOKEN: "wrong-token-0123456789" });
  assertEquals(account.lines.map((line) => "account" in line), [false, false]);
  assertEquals(account.started.flat().map(({ account }) => account), ["heroku"]);
});

Deno.test("runSweep() names the secret of its own account", async () => {
  await using account = createTestAccount();
  const changes = {
    ...severalAccounts(["acme", "globex"], account.heroku),
    ACCOUNT: bindObjects(),
    TOKEN_GLOBEX: "wrong-token-0123456789",
  };
  await account.sweep(changes, { name: "globex" });
  const error = account.sweeps.last()?.error ?? "";
  assertStringIncludes(error, "the Worker secret TOKEN_GLOBEX");
  assertStringIncludes(error, "`wrangler secret put TOKEN_GLOBEX`");
  assertEquals(account.lines.map(({ event, account }) => [event, account]), [[
    "sweep_failed",
    "globex",
  ]]);
});

Deno.test("runSweep() does nothing for an account that left the configuration, and says that it goes on no more", async () => {
  await using account = createTestAccount();
  const { heroku, lines, started, sweeps } = account;
  const changes = { ...severalAccounts(["acme", "globex"], heroku), ACCOUNT: bindObjects() };
  const before = heroku.requests.length;
  for (const name of ["initech", "heroku"]) {
    assertEquals(await account.sweep(changes, { name }), false);
  }
  assertEquals(await account.sweep({}, { name: "acme" }), false);
  assertEquals([lines, started, sweeps.last(), heroku.requests.length], [
    [],
    [],
    undefined,
    before,
  ]);
});

Deno.test("runSweep() goes on with any account as long as the configuration is invalid", async () => {
  await using account = createTestAccount();
  assertEquals(await account.sweep({ FUSE: 7 }, { name: "acme" }), true);
  assertStringIncludes(account.sweeps.last()?.error ?? "", "FUSE: ");
  assertEquals(account.started, []);
});

Deno.test("runSweep() halts the second of two accounts whose tokens are of one Heroku user", async () => {
  await using acme = createTestAccount();
  const { heroku } = acme;
  await using globex = createTestAccount(heroku);
  const changes = {
    ...severalAccounts(["acme", "globex", "initech"], heroku),
    ACCOUNT: bindObjects(),
  };
  await acme.sweep(changes, { name: "acme" });
  for (let sweep = 0; sweep < 2; sweep++) {
    assertEquals(await globex.sweep(changes, { name: "globex" }), true);
    const last = globex.sweeps.last();
    assertEquals([last?.halt, last?.report, globex.started], ["account", null, []]);
    assertMatch(
      last?.error ?? "",
      /^The tokens of the accounts 'acme' and 'globex' belong to one Heroku user \(\S+\): nothing was made, delivered or deleted for 'globex'\. Give each account the token of a user of its own, or put the credentials of both into one account$/,
    );
    assertEquals(globex.sweeps.health()?.reasons, [{ kind: "account_changed", count: 1 }]);
  }
  await acme.sweep(changes, { name: "acme" });
  assertEquals([acme.sweeps.last()?.error, acme.started.length], [null, 1]);

  // The user is free as soon as its account has left the configuration.
  const later = {
    ...severalAccounts(["globex", "initech"], heroku),
    ACCOUNT: changes.ACCOUNT,
  };
  await globex.sweep(later, { name: "globex" });
  assertEquals(globex.sweeps.last()?.error, null);
  assertEquals(globex.started.flat().map(({ credential }) => credential), ["globex"]);
});

Deno.test("runSweep() takes over a Heroku user whose account has gone over to another one", async () => {
  await using account = createTestAccount();
  const { heroku, sweeps } = account;
  const objects = bindObjects();
  const { get } = objects as { readonly get: (name: string) => Account };
  let held: string | null = null;
  const changes = {
    ...severalAccounts(["acme", "globex"], heroku),
    ACCOUNT: {
      ...objects,
      get: (name: string) =>
        name === "acme" ? { ...get(name), herokuAccount: () => Promise.resolve(held) } : get(name),
    },
  };
  await using acme = createTestAccount(heroku);
  await acme.sweep(changes, { name: "acme" });
  await account.sweep(changes, { name: "globex" });
  assertEquals(sweeps.last()?.halt, "account");
  held = "another-user";
  await account.sweep(changes, { name: "globex" });
  assertEquals([sweeps.last()?.error, account.started.length], [null, 1]);
});

Deno.test("runSweep() says 'heroku_account' where a token of another user is to be confirmed", async () => {
  await using account = createTestAccount();
  const { heroku, sweeps } = account;
  const changes = { ...severalAccounts(["acme", "globex"], heroku), ACCOUNT: bindObjects() };
  const confirmed = {
    ...changes,
    ACCOUNTS: [
      { name: "acme", token_secret: "TOKEN_ACME", heroku_account: "anna@example.com" },
      { name: "globex", token_secret: "TOKEN_GLOBEX" },
    ],
  };
  await account.sweep(confirmed, { name: "acme" });
  const { error, halt } = sweeps.last() ?? {};
  assertEquals(halt, "account");
  assertMatch(error ?? "", /^'TOKEN_ACME' belongs to .* and 'heroku_account' names another one/);
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
    const sent = { mark, state: "intended", sender: "a try", notedAt: heroku.now() } as const;
    const entry = createEntry("ci", 1, { ...UNANSWERED, ...sent });
    await ledger.begin(lease, heroku.now() - 1, [{ kind: "intend", entry }]);
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

Deno.test("runSweep() keeps how many requests Heroku has left", async () => {
  await using account = createTestAccount();
  account.heroku.setRateLimitRemaining(1_234);
  await account.sweep();
  const remaining = account.sweeps.last()?.report?.rateLimitRemaining ?? NaN;
  // Each request of the sweep has cost one.
  assert(remaining < 1_234 && remaining > 1_200, String(remaining));
});
