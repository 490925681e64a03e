import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { DAY, HOUR } from "@std/datetime/constants";
import type { Decision } from "../../../lib/rotation/decision.ts";
import type { Entry } from "../../../lib/rotation/ledger.ts";
import { NewerDataError } from "../../../worker/account/tables.ts";
import {
  canary,
  createBusyEnv,
  createEntry,
  createEnv,
  createReport,
  createTable,
  keys,
  now,
} from "../sample.ts";
import {
  accountOf,
  bearer,
  breakAccount,
  broken,
  idle,
  readStatus,
  run,
  runThree,
} from "../running_app.ts";

Deno.test("GET /status reports the account of each credential and of what no one manages", async () => {
  const known = { record: idle, entries: [createEntry("globex", 3)], deliveries: [] };
  const globex = accountOf({ globex: known }, {
    report: createReport({ decisions: [], unmanagedCount: 7 }),
  });
  const nothing = accountOf({}, {
    report: createReport({ decisions: [], unmanaged: [], unmanagedCount: 0 }),
  });
  const { get } = await runThree({ acme: nothing, globex, initech: nothing });
  const { accounts, credentials, unmanaged } = await readStatus(get);
  assertEquals(credentials.map(({ name, account, state }) => [name, account, state]), [
    ["acme", "acme", "unseen"],
    ["globex", "globex", "current"],
    ["initech", "initech", "unseen"],
  ]);
  assertEquals(unmanaged.map(({ account }) => account), ["globex", "globex"]);
  assertEquals(accounts.map(({ unmanaged_count }) => unmanaged_count), [0, 7, 0]);
});

Deno.test("GET /status and the page report what accounts that left the configuration still have", async () => {
  const entries = [
    createEntry("ci", 2, { state: "retired" }),
    createEntry("ci", 3),
    createEntry("ci", 4, { state: "minted", expiresAt: now }),
  ];
  const former = accountOf({ ci: { record: idle, entries, deliveries: [] } });
  const asked: (readonly string[])[] = [];
  const { get } = await run(createEnv(), {
    account: (name) => name === "former" ? former : name === "lost" ? broken : accountOf({}),
    allAccounts: {
      remember: (configured) => {
        asked.push(configured);
        return Promise.resolve(["former", "empty", "lost"]);
      },
    },
  });
  const status = await readStatus(get);
  assertEquals(status.former_accounts, [{
    name: "former",
    remaining: [{
      credential: "ci",
      generation: 3,
      authorization: entries[1].authorization,
      expires_at: new Date(entries[1].expiresAt ?? NaN).toISOString(),
    }],
  }]);
  // No one has to look at once, as the operator took it out.
  assertEquals([status.status, status.accounts.map(({ name }) => name)], ["ok", ["heroku"]]);
  const page = await (await get("/", bearer(keys.page))).text();
  assertStringIncludes(page, "Accounts that have left the configuration");
  assertStringIncludes(page, String(entries[1].authorization));
  assertEquals(asked, [["heroku"], ["heroku"]]);
});

Deno.test("GET / and GET /status answer when no one says which accounts there were, or with an invalid configuration", async () => {
  const allAccounts = { remember: () => Promise.reject(new Error("Network connection lost.")) };
  const { get, lines } = await run(createEnv(), { account: accountOf({}), allAccounts });
  const { status, former_accounts } = await readStatus(get);
  assertEquals([status, former_accounts], ["ok", []]);
  assertEquals((await get("/", bearer(keys.page))).status, 200);
  assertEquals(lines.map((line) => JSON.parse(line).event), [
    "account_unreadable",
    "account_unreadable",
  ]);
  const invalid = await run(createEnv({ FUSE: 7 }), { account: accountOf({}), allAccounts });
  assertEquals((await readStatus(invalid.get)).former_accounts, []);
  assertEquals(invalid.lines, []);
});

Deno.test("GET / and GET /status say in words why the account cannot be read", async () => {
  const table: readonly [Error, string][] = [
    [new Error("Network connection lost."), "The account's object did not answer"],
    [new Error("SQL is not enabled for this Durable Object class."), "new_sqlite_classes"],
    [
      new TypeError('The RPC receiver does not implement the method "look".'),
      "leads to another class",
    ],
    [new Error("database or disk is full: SQLITE_FULL"), "storage of the account's object is full"],
    [new NewerDataError(9), "Deploy that Herotate again, or one that is newer"],
    [new Error(""), "see the Worker's log"],
  ];
  for (const [error, says] of table) {
    const { get } = await run(createEnv(), { account: breakAccount(error) });
    const { status, reasons, accounts, credentials } = await readStatus(get);
    const [{ last_sweep, unmanaged_count }] = accounts;
    assertEquals([status, last_sweep, unmanaged_count], ["failing", null, 0]);
    assertEquals(credentials.map(({ state }) => state), ["unseen"]);
    assertEquals(reasons.map(({ kind, count }) => [kind, count]), [["ledger_unreadable", 1]]);
    const [detail] = reasons[0].details;
    assertMatch(detail, /^The account cannot be read\. /);
    assertStringIncludes(detail, says);
    const page = await get("/", bearer(keys.page));
    assertEquals(page.status, 200);
    assertStringIncludes((await page.text()).replaceAll("&#39;", "'"), says);
  }
});

Deno.test("GET / and GET /status show what may not be meant in the configuration", async () => {
  const { get } = await run(createEnv({ CREDENTIALS: [createTable("ci", { scope: ["raed"] })] }));
  assertEquals((await get("/healthz")).status, 200);
  assertMatch(await (await get("/", bearer(keys.page))).text(), /did you mean &#39;read&#39;/);
  const { warnings } = await readStatus(get);
  assertEquals(warnings.map(({ path }) => path), ["CREDENTIALS[0] (ci).scope[0]"]);
});

Deno.test("GET /status reports the same as JSON, and no token", async () => {
  const response = await (await run(createBusyEnv())).get("/status", bearer(keys.page));
  const text = await response.text();
  assert(!text.includes(canary));
  assert(!/sealed/i.test(text));
  const { at, status, credentials, accounts: [account], unmanaged } = JSON.parse(text);
  const { last_sweep, last_clean_sweep_at, unmanaged_count } = account;
  assertEquals([at, status], ["2026-10-03T14:05:00.000Z", "failing"]);
  assertEquals(last_sweep.at, "2026-10-03T14:01:00.000Z");
  assertEquals(last_clean_sweep_at, "2026-10-03T14:01:00.000Z");
  assertEquals([unmanaged.length, unmanaged_count], [2, 2]);
  assertEquals(
    credentials.map(({ name, state }: { name: string; state: string }) => [name, state]),
    [
      ["ci-deploy", "grace"],
      ["review apps <b>&\"'", "failing"],
      ["nightly-backup", "blocked"],
      ["old-laptop", "paused"],
      ["brand-new", "unseen"],
    ],
  );
  const [deploy, review, backup, laptop] = credentials;
  assertEquals(
    [deploy.generation, deploy.expires_at, deploy.decision.kind],
    [7, "2026-11-02T13:05:00.000Z", "running"],
  );
  assertEquals(deploy.targets.map(({ proof }: { proof: unknown }) => proof), [
    {
      kind: "exact",
      detail: "The value was read back and is the token",
      proven_at: "2026-10-03T13:25:00.000Z",
    },
    {
      kind: "exact",
      detail: "The value was read back and is the token",
      proven_at: "2026-10-03T13:26:00.000Z",
    },
    null,
  ]);
  assertEquals(
    deploy.stale.map((stale: Record<string, unknown>) => [stale.generation, stale.grace_until]),
    [[6, "2026-10-03T15:35:00.000Z"]],
  );
  assertEquals([review.generation, review.failures], [0, 3]);
  assertEquals([backup.generation, backup.authorization, backup.expires_at], [null, null, null]);
  assertEquals([laptop.generation, laptop.expires_at], [0, null]);
});

Deno.test("GET /status reports the state of a credential", async () => {
  const current = createEntry("ci", 3, { provenAt: now - DAY });
  const table: readonly [string, readonly Entry[], boolean, number][] = [
    ["current", [current], false, 0],
    ["retrying", [current], false, 1],
    ["failing", [current], false, 3],
    ["rotating", [current], true, 0],
    ["rotating", [current, createEntry("ci", 4, { state: "intended" })], true, 0],
    ["rotating", [current, createEntry("ci", 4, { state: "minted" })], true, 1],
    ["grace", [current, createEntry("ci", 4)], true, 0],
    [
      "rotating",
      [current, createEntry("ci", 4), createEntry("ci", 5, { state: "minted" })],
      true,
      0,
    ],
    ["missing", [createEntry("ci", 3, { expiresAt: now })], false, 0],
    ["missing", [], false, 0],
    ["missing", [createEntry("ci", 3, { state: "released" })], false, 0],
    ["current", [createEntry("ci", 3, { state: "released" }), createEntry("ci", 4)], false, 0],
    ["current", [createEntry("ci", 0, { state: "adopted", expiresAt: null })], false, 0],
  ];
  for (const [expected, entries, working, failures] of table) {
    const record = { ...idle, leaseUntil: working ? now + HOUR : null, failures };
    const known = { record, entries, deliveries: [] };
    const account = accountOf({ ci: known });
    const { get } = await run(createEnv({ CREDENTIALS: [createTable("ci")] }), { account });
    const { credentials } = await readStatus(get);
    assertEquals(credentials[0].state, expected);
  }
});

Deno.test("GET /status reports what the newest sweep decided, and whether it holds the credential back", async () => {
  const known = { record: idle, entries: [createEntry("ci", 3)], deliveries: [] };
  const base = { credential: "ci", reason: "Generation 3 expires in 1 d", until: null } as const;
  const table: readonly [string, number, Decision][] = [
    ["current", 0, { ...base, kind: "wait" }],
    ["blocked", 0, { ...base, kind: "blocked", cause: "expiry" }],
    ["held", 0, { ...base, kind: "held", cause: "expiry" }],
    ["braked", 0, { ...base, kind: "braked", cause: "expiry" }],
    ["braked", 1, { ...base, kind: "braked", cause: "missing" }],
    ["failing", 3, { ...base, kind: "braked", cause: "expiry" }],
  ];
  for (const [expected, failures, decision] of table) {
    const each = { ...known, record: { ...idle, failures } };
    const account = accountOf({ ci: each }, { report: createReport({ decisions: [decision] }) });
    const { get } = await run(createEnv({ CREDENTIALS: [createTable("ci")] }), { account });
    const { credentials: [{ state, decision: told }] } = await readStatus(get);
    assertEquals([state, told?.kind, told?.reason], [expected, decision.kind, base.reason]);
  }
});

Deno.test("GET /status and the page report what is good to know, and /healthz stays 200", async () => {
  const message = "Heroku granted 8 h to generation 3 of 'ci', where 30 d was asked for";
  const { get } = await run(createEnv(), {
    account: accountOf({}, {
      report: createReport({
        decisions: [],
        notices: [{ credential: "ci", kind: "granted_less", message }],
      }),
    }),
  });
  assertEquals((await readStatus(get)).accounts[0].last_sweep?.notices, [message]);
  assertMatch(await (await get("/", bearer(keys.page))).text(), /Good to know[^]*granted 8 h/);
  assertEquals((await get("/healthz")).status, 200);
});

Deno.test("GET / and GET /status reports how many unmanaged authorizations are not shown", async () => {
  const { get } = await run(createEnv(), {
    account: accountOf({}, { report: createReport({ unmanagedCount: 1002 }) }),
  });
  const { unmanaged, accounts: [{ unmanaged_count }] } = await readStatus(get);
  assertEquals([unmanaged.length, unmanaged_count], [2, 1002]);
  assertMatch(await (await get("/", bearer(keys.page))).text(), /There are 1000 more/);
});

Deno.test("GET /status reports what was delivered last until it is proven", async () => {
  const place = "heroku-config-var:acme-web/KEY";
  const targets = [{ type: "heroku-config-var", app: "acme-web", name: "KEY" }];
  const env = createEnv({ CREDENTIALS: [createTable("ci", { targets })] });
  const proof = { kind: "exact", detail: "It was read back" } as const;
  const unseen = { lookedAt: null, drift: null };
  const older = { mark: "mark-3", place, receipt: {}, deliveredAt: now - DAY, ...unseen };
  const newer = { mark: "mark-4", place, receipt: {}, deliveredAt: now - HOUR, ...unseen };
  const table = [
    [[{ ...newer, proof, provenAt: now }, { ...older, proof: null, provenAt: null }], 4, "exact"],
    [
      [{ ...newer, proof: null, provenAt: null }, { ...older, proof: null, provenAt: null }],
      4,
      null,
    ],
    [[], null, null],
  ] as const;
  for (const [deliveries, generation, kind] of table) {
    const entries = [createEntry("ci", 3), createEntry("ci", 4, { state: "minted" })];
    const known = { record: idle, entries, deliveries };
    const { get } = await run(env, { account: accountOf({ ci: known }) });
    const { credentials: [{ targets: [target] }] } = await readStatus(get);
    assertEquals([target.generation, target.proof?.kind ?? null], [generation, kind]);
  }
});

Deno.test("GET /status outlives times that no date can express", async () => {
  const known = {
    record: idle,
    entries: [createEntry("ci", 1, { expiresAt: 1e300, lifetime: 1e300 })],
    deliveries: [],
  };
  const account = accountOf({ ci: known });
  const { get } = await run(createEnv({ CREDENTIALS: [createTable("ci")] }), { account });
  for (const path of ["/", "/status", "/healthz"]) {
    assertEquals((await get(path, bearer(keys.page))).status, 200, path);
  }
});
