import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { DAY, HOUR, MINUTE } from "@std/datetime/constants";
import fc from "fast-check";
import type { Decision } from "../../lib/rotation/decision.ts";
import type { CredentialLedger, CredentialRecord, Entry } from "../../lib/rotation/ledger.ts";
import { createSealing } from "../../lib/rotation/sealing.ts";
import { createLedger } from "../../worker/account/ledger.ts";
import type { Sql } from "../../worker/account/sql.ts";
import {
  createSweepLog,
  type HealthRecord,
  type SweepRecord,
} from "../../worker/account/sweep_log.ts";
import { NewerDataError } from "../../worker/account/tables.ts";
import { type AppDependencies, createApp } from "../../worker/app.ts";
import { createLog } from "../../worker/log.ts";
import type { Status } from "../../worker/status.ts";
import {
  canary,
  createAccountsEnv,
  createBusyEnv,
  createEntry,
  createEnv,
  createIdleAccount,
  createReport,
  createTable,
  type Env,
  fillLedger,
  keys,
  now,
  parse,
  servedToken,
} from "./sample.ts";
import { createDatabase } from "./sqlite.ts";

/** An account as the app asks it. */
type Asked = ReturnType<AppDependencies["account"]>;

/** What a test changes: `account` is that of every name, unless it is a function. */
interface Changes extends Partial<Omit<AppDependencies, "account">> {
  readonly account?: Asked | AppDependencies["account"];
}

interface Running {
  readonly app: ReturnType<typeof createApp>;
  readonly lines: string[];
  get(path: string, headers?: HeadersInit, method?: string): Promise<Response>;
}

/** When the newest sweep was. */
const sweptAt = now - 4 * MINUTE;

async function run(
  env: Env,
  { account, ...changes }: Changes = {},
  reasons: HealthRecord["reasons"] = [],
): Promise<Running> {
  const configured = parse(env);
  const lines: string[] = [];
  const log = createLog({ secrets: configured.secrets, write: (line) => lines.push(line) });
  const asked = account ?? createIdleAccount(await fillDatabase(reasons));
  const app = createApp({
    configured,
    account: typeof asked === "function" ? asked : () => asked,
    allAccounts: { remember: () => Promise.resolve([]) },
    log,
    now: () => now,
    ...changes,
  });
  return {
    app,
    lines,
    get: async (path, headers, method = "GET") => await app.request(path, { headers, method }),
  };
}

/** The tables of an account that has been at work, and had a clean sweep that found these reasons. */
async function fillDatabase(reasons: HealthRecord["reasons"] = []): Promise<Sql> {
  const database = createDatabase();
  await fillLedger(createLedger(database), createBusyEnv());
  const sweeps = createSweepLog(database);
  sweeps.complete({ at: sweptAt, error: null, halt: null, report: createReport() }, now);
  sweeps.writeHealth({ at: sweptAt, reasons });
  return database;
}

function bearer(key: string): HeadersInit {
  return { Authorization: `Bearer ${key}` };
}

function basic(user: string, key: string): HeadersInit {
  return { Authorization: `Basic ${btoa(`${user}:${key}`)}` };
}

/** An account that cannot be asked. */
function breakAccount(error: Error): Asked {
  const fail = () => Promise.reject(error);
  return { look: fail, health: fail, readServed: fail };
}

const broken = breakAccount(new Error("Network connection lost."));

/** What the ledger knows of a credential `ci` that no one works on. */
const idle: CredentialRecord = {
  name: "ci",
  attempt: 3,
  claim: "c0ffee03",
  leaseUntil: null,
  failures: 0,
  endedAt: null,
  error: null,
  refusedSince: null,
  served: null,
};

/** An account that knows these credentials, and nothing to be wrong: a clean sweep but for a change. */
function accountOf(
  ledger: Readonly<Record<string, CredentialLedger>>,
  change: Partial<SweepRecord> = {},
): Asked {
  const last = { at: sweptAt, error: null, halt: null, report: createReport(), ...change };
  const records = { ledger: new Map(Object.entries(ledger)), last, lastClean: sweptAt };
  return {
    look: () => Promise.resolve(records),
    health: () => Promise.resolve({ at: sweptAt, reasons: [] }),
    readServed: () => Promise.resolve(null),
  };
}

/** The app of three accounts: each is well, but for what a test says of it. */
async function runThree(accounts: Readonly<Record<string, Asked>> = {}): Promise<Running> {
  return await run(createAccountsEnv(["acme", "globex", "initech"]), {
    account: (name) => accounts[name] ?? accountOf({}, { report: createReport({ decisions: [] }) }),
  });
}

async function readStatus(get: Running["get"]): Promise<Status> {
  return JSON.parse(await (await get("/status", bearer(keys.page))).text());
}

const tokenPath = "/credentials/ci-deploy/token";

/** What a sweep finds in {@linkcode createBusyEnv}. */
const found: HealthRecord["reasons"] = [
  { kind: "credential_failing", count: 1 },
  { kind: "credential_blocked", count: 1 },
  { kind: "credential_missing", count: 1 },
];

Deno.test("GET /healthz needs no key and shows only kinds and counts", async () => {
  const response = await (await run(createBusyEnv(), {}, found)).get("/healthz");
  assertEquals(response.status, 503);
  assertEquals(await response.json(), { status: "failing", reasons: found });
});

Deno.test("GET /healthz is 200 when all is well", async () => {
  const response = await (await run(createEnv())).get("/healthz");
  assertEquals([response.status, await response.json()], [200, { status: "ok" }]);
});

Deno.test("GET /healthz reads one row, however many credentials there are", async () => {
  const database = await fillDatabase(found);
  const known = Array.from({ length: 500 }, (_, index) => [`ci-${index}`, []] as const);
  await createLedger(database).adopt(new Map(known));
  const read: unknown[] = [];
  const counting: Sql = {
    ...database,
    run<Row>(...given: Parameters<Sql["run"]>) {
      const rows = database.run<Row>(...given);
      read.push(...rows);
      return rows;
    },
  };
  const account = createIdleAccount(counting);
  const { get, lines } = await run(createEnv(), {
    account: { ...broken, health: account.health },
  });
  await get("/healthz");
  // The first request finds out whether the tables are up to date.
  read.length = 0;
  const response = await get("/healthz");
  assertEquals([response.status, read.length, lines], [503, 1, []]);
  assertEquals(JSON.parse(await response.text()).reasons, found);
});

Deno.test("GET /healthz is 503 before the first sweep, and when the newest is older than an hour", async () => {
  const table: readonly [HealthRecord | undefined, HealthRecord["reasons"]][] = [
    [undefined, [{ kind: "no_sweep", count: 1 }]],
    [{ at: now - HOUR, reasons: [] }, []],
    [{ at: now - HOUR - 1, reasons: [] }, [{ kind: "sweep_overdue", count: 1 }]],
    [{ at: now - HOUR - 1, reasons: found }, [{ kind: "sweep_overdue", count: 1 }, ...found]],
  ];
  for (const [record, expected] of table) {
    const account = { ...broken, health: () => Promise.resolve(record) };
    const { get } = await run(createEnv(), { account });
    const response = await get("/healthz");
    assertEquals(response.status, expected.length === 0 ? 200 : 503);
    assertEquals(JSON.parse(await response.text()).reasons ?? [], expected);
  }
});

Deno.test("GET /healthz is 503 with an invalid configuration, whatever the newest sweep found", async () => {
  const env = createEnv({ CREDENTIALS: [], SEALING_KEY: "" });
  const invalid = { kind: "configuration_invalid", count: 2 };
  for (const reasons of [[], found]) {
    const response = await (await run(env, {}, reasons)).get("/healthz");
    assertEquals(response.status, 503);
    assertEquals(JSON.parse(await response.text()).reasons, [invalid, ...reasons]);
  }
});

Deno.test("GET /healthz is 503 when the account cannot be read, and the log says why", async () => {
  const { get, lines } = await run(createEnv(), { account: broken });
  const response = await get("/healthz");
  assertEquals(response.status, 503);
  assertEquals(JSON.parse(await response.text()).reasons, [{
    kind: "ledger_unreadable",
    count: 1,
  }]);
  assertEquals(JSON.parse(lines[0]).event, "account_unreadable");
  assertMatch(lines[0], /Network connection lost/);
});

Deno.test("GET /healthz reports each of several accounts by itself, in the configuration's order", async () => {
  const ok = { status: "ok" };
  const { get } = await runThree();
  const response = await get("/healthz");
  assertEquals([response.status, await response.json()], [
    200,
    { status: "ok", accounts: [ok, ok, ok] },
  ]);
  const blocked = { kind: "credential_blocked", count: 2 } as const;
  const failing = {
    ...broken,
    health: () => Promise.resolve({ at: sweptAt, reasons: [blocked] }),
  };
  const other = await runThree({ globex: failing, initech: failing });
  const health = await other.get("/healthz");
  assertEquals([health.status, await health.json()], [503, {
    status: "failing",
    reasons: [{ ...blocked, count: 4 }],
    accounts: [
      ok,
      { status: "failing", reasons: [blocked] },
      { status: "failing", reasons: [blocked] },
    ],
  }]);
});

Deno.test("GET /healthz names no account, as it needs no key", async () => {
  const { get } = await runThree({ globex: broken });
  const text = await (await get("/healthz")).text();
  for (const name of ["acme", "globex", "initech"]) assert(!text.includes(name), text);
});

Deno.test("GET /healthz counts the mistakes of the configuration once, whatever the number of accounts", async () => {
  const env = createAccountsEnv(["acme", "globex"], { FUSE: 7 });
  const account = accountOf({});
  const response = await (await run(env, { account })).get("/healthz");
  const reasons = [{ kind: "configuration_invalid", count: 1 }];
  assertEquals([response.status, await response.json()], [503, {
    status: "failing",
    reasons,
    accounts: [{ status: "failing", reasons }, { status: "failing", reasons }],
  }]);
});

Deno.test("One of several accounts that cannot be read hides none of the others", async () => {
  const { get, lines } = await runThree({ globex: broken });
  const reasons = [{ kind: "ledger_unreadable", count: 1 }];
  const response = await get("/healthz");
  assertEquals([response.status, await response.json()], [503, {
    status: "failing",
    reasons,
    accounts: [{ status: "ok" }, { status: "failing", reasons }, { status: "ok" }],
  }]);
  assertEquals(
    lines.map((line) => JSON.parse(line)).map(({ event, account }) => [event, account]),
    [
      ["account_unreadable", "globex"],
    ],
  );
  const status = await readStatus(get);
  assertEquals(
    status.accounts.map(({ name, status, last_sweep }) => [name, status, last_sweep?.at]),
    [
      ["acme", "ok", "2026-10-03T14:01:00.000Z"],
      ["globex", "failing", undefined],
      ["initech", "ok", "2026-10-03T14:01:00.000Z"],
    ],
  );
  const [{ kind, details: [detail] }] = status.reasons;
  assertEquals(kind, "ledger_unreadable");
  assertMatch(detail, /^globex: The account cannot be read\. /);
  const page = await (await get("/", bearer(keys.page))).text();
  for (const name of ["acme", "globex", "initech"]) assertStringIncludes(page, name);
  assertStringIncludes(page, "globex: The account cannot be read");
});

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

Deno.test("GET /credentials/:name/token asks the account that the credential is in", async () => {
  const env = createAccountsEnv(["acme", "globex"]);
  const targets = [{ type: "store", reader_key_secret: "READER_KEY" }];
  const CREDENTIALS = [
    createTable("acme", { account: "acme" }),
    createTable("ci", { account: "globex", targets }),
  ];
  const entry = createEntry("ci", 7);
  const sealing = await createSealing(String(env.SEALING_KEY));
  const sealedToken = await sealing.seal(servedToken, entry);
  const asked: string[] = [];
  const { get } = await run({ ...env, CREDENTIALS }, {
    account: (account) => ({
      ...broken,
      readServed: (name) => {
        asked.push(`${account}/${name}`);
        return Promise.resolve({ ...entry, sealedToken });
      },
    }),
  });
  const response = await get("/credentials/ci/token", bearer(keys.reader));
  assertEquals([response.status, await response.text()], [200, servedToken]);
  assertEquals(asked, ["globex/ci"]);
});

Deno.test("Where no account is right, the page shows what is wrong, and asks for one", async () => {
  const env = createEnv({ ACCOUNTS: [] });
  const asked: string[] = [];
  const { get } = await run(env, {
    account: (name) => {
      asked.push(name);
      return broken;
    },
  });
  assertStringIncludes(await (await get("/", bearer(keys.page))).text(), "[[vars.ACCOUNTS]]");
  assertEquals(asked, ["heroku"]);
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

Deno.test("GET / shows the page to whoever has its key, by Basic or Bearer", async () => {
  const { get } = await run(createBusyEnv());
  for (const headers of [bearer(keys.page), basic("anna", keys.page), basic("", keys.page)]) {
    const response = await get("/", headers);
    assertEquals(response.status, 200);
    assertEquals(response.headers.get("Content-Type"), "text/html; charset=UTF-8");
    assertMatch(await response.text(), /ci-deploy/);
  }
});

Deno.test("Every path but /healthz wants a key, and makes a browser ask for it", async () => {
  const { get } = await run(createBusyEnv());
  const wrong: HeadersInit[] = [
    {},
    bearer("wrong-key-0123456789"),
    bearer(keys.reader),
    bearer(""),
    bearer(`${keys.page}x`),
    bearer(keys.page.slice(0, -1)),
    bearer("a b"),
    basic("anna", "wrong-key-0123456789"),
    basic(keys.page, ""),
    { Authorization: "Basic !!!" },
    { Authorization: keys.page },
    { Cookie: `key=${keys.page}` },
  ];
  for (const path of ["/", "/status", "/nothing", "/healthz/more", `/?key=${keys.page}`]) {
    for (const headers of wrong) {
      const response = await get(path, headers);
      assertEquals(response.status, 401, `${path} ${JSON.stringify(headers)}`);
      assertMatch(response.headers.get("WWW-Authenticate") ?? "", /^Basic realm="Herotate"/);
    }
  }
});

Deno.test("Without a page key no one gets in", async () => {
  const { get } = await run(createEnv({ PAGE_KEY: undefined }));
  for (const headers of [{}, bearer("undefined"), basic("", ""), basic("", "undefined")]) {
    assertEquals((await get("/", headers)).status, 401);
  }
});

Deno.test("The 401 says that there is no page key, or none that can be used", async () => {
  for (const PAGE_KEY of [undefined, "", "short", `${keys.page}\n`, 7]) {
    const { get } = await run(createEnv({ PAGE_KEY }));
    for (const path of ["/", "/status", "/nothing"]) {
      const answer = await (await get(path, bearer(keys.page))).text();
      assertMatch(answer, /PAGE_KEY is not set or cannot be used/);
      assertMatch(answer, /`wrangler secret put PAGE_KEY`/);
      assert(!answer.includes(canary));
    }
  }
  const { get } = await run(createEnv());
  for (const key of ["wrong-key-0123456789", keys.reader]) {
    assert(!/PAGE_KEY/.test(await (await get("/", bearer(key))).text()));
  }
});

Deno.test("GET / and GET /status show what may not be meant in the configuration", async () => {
  const { get } = await run(createEnv({ CREDENTIALS: [createTable("ci", { scope: ["raed"] })] }));
  assertEquals((await get("/healthz")).status, 200);
  assertMatch(await (await get("/", bearer(keys.page))).text(), /did you mean &#39;read&#39;/);
  const { warnings } = await readStatus(get);
  assertEquals(warnings.map(({ path }) => path), ["CREDENTIALS[0] (ci).scope[0]"]);
});

Deno.test("GET / shows all mistakes of an invalid configuration", async () => {
  const env = createEnv({ CREDENTIALS: [createTable("ci", { grace: 7 })], HEROKU_API_TOKEN: "" });
  const page = await (await (await run(env)).get("/", bearer(keys.page))).text();
  assertMatch(page, /CREDENTIALS\[0\] \(ci\)\.grace/);
  assertMatch(page, /wrangler secret put HEROKU_API_TOKEN/);
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

Deno.test("GET /healthz is 503 while the token is another account's, and the page says what to do", async () => {
  const error = "'HEROKU_API_TOKEN' belongs to the Heroku account a-2: set HEROKU_ACCOUNT";
  const changed = [{ kind: "account_changed", count: 1 }] as const;
  const { get } = await run(createEnv(), {
    account: {
      ...accountOf({}, { error, halt: "account", report: null }),
      health: () => Promise.resolve({ at: sweptAt, reasons: changed }),
    },
  });
  const response = await get("/healthz");
  assertEquals(response.status, 503);
  assertEquals(JSON.parse(await response.text()).reasons, changed);
  const { reasons, accounts: [{ last_sweep }] } = await readStatus(get);
  assertEquals(reasons, [{ kind: "account_changed", count: 1, details: [error] }]);
  assertEquals([last_sweep?.error, last_sweep?.notices], [error, []]);
  assertMatch(await (await get("/", bearer(keys.page))).text(), /another Heroku account[^]*a-2/);
});

Deno.test("GET /status reports what was delivered last until it is proven", async () => {
  const place = "heroku-config-var:acme-web/KEY";
  const targets = [{ type: "heroku-config-var", app: "acme-web", name: "KEY" }];
  const env = createEnv({ CREDENTIALS: [createTable("ci", { targets })] });
  const proof = { kind: "exact", detail: "It was read back" } as const;
  const older = { mark: "mark-3", place, receipt: {}, deliveredAt: now - DAY };
  const newer = { mark: "mark-4", place, receipt: {}, deliveredAt: now - HOUR };
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

Deno.test("GET /credentials/:name/token hands the bare token to its reader", async () => {
  const { get } = await run(createBusyEnv());
  for (const headers of [bearer(keys.reader), basic("ci", keys.reader)]) {
    const response = await get(tokenPath, headers);
    assertEquals([response.status, await response.text()], [200, servedToken]);
    assertMatch(response.headers.get("Content-Type") ?? "", /^text\/plain; ?charset=UTF-8$/i);
    assertEquals(response.headers.get("Cache-Control"), "no-store");
  }
});

Deno.test("GET /credentials/:name/token goes on handing out its token after a change of account", async () => {
  const database = await fillDatabase();
  await createLedger(database).changeAccount({ id: "account-2", token: "fingerprint-2" }, now);
  const account = createIdleAccount(database);
  const response = await (await run(createBusyEnv(), { account })).get(
    tokenPath,
    bearer(keys.reader),
  );
  assertEquals([response.status, await response.text()], [200, servedToken]);
});

Deno.test("GET /credentials/:name/token gives more to a client that wants JSON", async () => {
  const { get } = await run(createBusyEnv());
  const table = [
    ["application/json", true],
    ["application/json, */*;q=0.5", true],
    ["text/plain, application/json;q=0.5", false],
    ["*/*", false],
    ["text/html", false],
  ] as const;
  for (const [accept, json] of table) {
    const response = await get(tokenPath, { ...bearer(keys.reader), Accept: accept });
    const text = await response.text();
    assertEquals(
      json ? JSON.parse(text) : text,
      json
        ? { token: servedToken, generation: 7, expires_at: "2026-11-02T13:05:00.000Z" }
        : servedToken,
    );
  }
});

Deno.test("GET /credentials/:name/token gives one answer whatever is wrong with the key", async () => {
  const { get } = await run(createBusyEnv());
  const answers = new Set<string>();
  const attempts: [string, HeadersInit][] = [
    [tokenPath, {}],
    [tokenPath, bearer("wrong-key-0123456789")],
    [tokenPath, bearer("not a key")],
    [tokenPath, bearer(keys.other)],
    [tokenPath, bearer(keys.page)],
    ["/credentials/no one/token", bearer(keys.reader)],
    ["/credentials/no one/token", {}],
    ["/credentials/old-laptop/token", bearer(keys.reader)],
    ["/credentials/%ff/token", bearer(keys.reader)],
    ["/credentials/constructor/token", bearer("undefined")],
    ["/credentials//token", bearer(keys.reader)],
  ];
  for (const [path, headers] of attempts) {
    const response = await get(path, headers);
    answers.add(
      JSON.stringify([response.status, [...response.headers], await response.text()])
        .replace(/nonce-[\w+/=]+/, "nonce"),
    );
  }
  assertEquals(answers.size, 1, [...answers].join("\n"));
  assertMatch([...answers][0], /^\[401,/);
});

Deno.test("GET /credentials/:name/token is 503 while there is no live token", async () => {
  const env = createBusyEnv();
  const sealing = await createSealing(String(env.SEALING_KEY));
  const entry = createEntry("ci-deploy", 7);
  const sealedToken = await sealing.seal(servedToken, entry);
  const read = (changes: Partial<Entry>) => ({
    ...broken,
    readServed: () => Promise.resolve({ ...entry, sealedToken, ...changes }),
  });
  const table: [string, Asked, number][] = [
    ["a live token", read({}), 200],
    ["one that expires in a moment", read({ expiresAt: now + 1 }), 200],
    ["one that never expires", read({ expiresAt: null }), 200],
    ["expired", read({ expiresAt: now }), 503],
    ["forgotten", read({ sealedToken: null }), 503],
    ["of another generation", read({ generation: 8 }), 503],
    ["altered", read({ sealedToken: "v1.a.b.c.d" }), 503],
    ["none that may be handed out", { ...broken, readServed: () => Promise.resolve(null) }, 503],
    ["no account", broken, 503],
  ];
  for (const [title, account, status] of table) {
    const { get, lines } = await run(env, { account });
    const response = await get(tokenPath, bearer(keys.reader));
    assertEquals(response.status, status, title);
    assertEquals(response.headers.get("Retry-After"), status === 503 ? "60" : null, title);
    assert(!lines.join().includes(canary));
  }
});

Deno.test("GET /credentials/:name/token is 503 with an invalid configuration", async () => {
  const { get } = await run({ ...createBusyEnv(), FUSE: 7 });
  const response = await get(tokenPath, bearer(keys.reader));
  assertEquals([response.status, response.headers.get("Retry-After")], [503, "60"]);
  assert(!(await response.text()).includes(servedToken));
});

Deno.test("GET /credentials/:name/token finds every name that the configuration takes", async () => {
  const name = fc.oneof(
    fc.string({ unit: "grapheme", minLength: 1, maxLength: 40 }),
    fc.array(fc.constantFrom("/", "%", "%2F", "?", "#", ";", "+", " ", "a", "\\", "token", ".."))
      .map((parts) => parts.join("")),
  );
  const sealing = await createSealing(String(createEnv().SEALING_KEY));
  async function createAccountOf(name: string): Promise<Asked> {
    const entry = createEntry(name, 1);
    const sealedToken = await sealing.seal(servedToken, entry);
    return {
      ...broken,
      readServed: (asked) => Promise.resolve(asked === name ? { ...entry, sealedToken } : null),
    };
  }
  let tried = 0;
  await fc.assert(fc.asyncProperty(name, async (name) => {
    const targets = [{ type: "store", reader_key_secret: "READER_KEY" }];
    const env = createEnv({ CREDENTIALS: [createTable(name, { targets })] });
    const configured = parse(env);
    if (!configured.ok) return;
    tried++;
    const account = await createAccountOf(name);
    const app = createApp({
      configured,
      account: () => account,
      allAccounts: { remember: () => Promise.resolve([]) },
      log: createLog({ write: () => {} }),
      now: () => now,
    });
    const path = `/credentials/${encodeURIComponent(name)}/token`;
    const response = await app.request(path, { headers: bearer(keys.reader) });
    assertEquals(await response.text(), servedToken, name);
  }));
  assert(tried > 20, `Only ${tried} names were right`);
});

Deno.test("HEAD answers as GET does, without a body", async () => {
  const { get } = await run(createBusyEnv(), {}, found);
  const table: [string, HeadersInit, number][] = [
    ["/healthz", {}, 503],
    ["/", bearer(keys.page), 200],
    ["/", {}, 401],
    [tokenPath, bearer(keys.reader), 200],
    [tokenPath, {}, 401],
  ];
  for (const [path, headers, status] of table) {
    const response = await get(path, headers, "HEAD");
    assertEquals([response.status, await response.text()], [status, ""], path);
  }
});

Deno.test("Other methods are 405, and 401 without the page key", async () => {
  const { get } = await run(createBusyEnv());
  for (const path of ["/", "/status", "/healthz", tokenPath]) {
    for (const method of ["POST", "PUT", "DELETE", "PATCH", "OPTIONS"]) {
      const response = await get(path, bearer(keys.page), method);
      assertEquals([response.status, response.headers.get("Allow")], [405, "GET, HEAD"]);
      assertEquals((await get(path, {}, method)).status, 401);
    }
  }
});

Deno.test("An unknown path is 404 for whoever has the page key", async () => {
  const { get } = await run(createBusyEnv());
  for (const path of ["/nothing", "/credentials", "/credentials/ci-deploy"]) {
    assertEquals((await get(path, bearer(keys.page))).status, 404, path);
  }
});

Deno.test("Every answer is kept out of caches, frames, referrers and other origins", async () => {
  const { get } = await run(createBusyEnv());
  const table: [string, HeadersInit][] = [
    ["/healthz", {}],
    ["/", {}],
    ["/", bearer(keys.page)],
    ["/status", bearer(keys.page)],
    ["/nothing", bearer(keys.page)],
    [tokenPath, {}],
    [tokenPath, bearer(keys.reader)],
  ];
  for (const [path, headers] of table) {
    const response = await get(path, { ...headers, Origin: "https://evil.example" });
    assertEquals(response.headers.get("Cache-Control"), "no-store", path);
    assertEquals(response.headers.get("Referrer-Policy"), "no-referrer", path);
    assertEquals(response.headers.get("X-Content-Type-Options"), "nosniff", path);
    assertEquals(response.headers.get("X-Frame-Options"), "DENY", path);
    assertMatch(response.headers.get("Content-Security-Policy") ?? "", /^default-src 'none';/);
    for (const [name] of response.headers) assert(!/^access-control-/i.test(name), name);
  }
});

Deno.test("An error inside is a 500 that reveals nothing, and one line in the log", async () => {
  const { get, lines } = await run(createEnv(), {
    now: () => {
      throw new Error(`inner workings ${servedToken}`);
    },
  });
  const response = await get("/status", bearer(keys.page));
  assertEquals(response.status, 500);
  assertEquals(await response.json(), { error: "Something went wrong: see the Worker's log" });
  assertEquals(response.headers.get("Cache-Control"), "no-store");
  assertEquals(lines.length, 1);
  assertMatch(lines[0], /"event":"request_failed".*inner workings/);
  assert(!lines[0].includes(canary));
});

Deno.test("No request makes an error, and none without the key finds a secret", async () => {
  const { app, lines } = await run(createBusyEnv());
  const segment = fc.oneof(
    fc.constantFrom("", "credentials", "ci-deploy", "token", "healthz", "status", "..", "%ff"),
    fc.webPath(),
    fc.string().map(encodeLoosely),
  );
  const path = fc.array(segment, { maxLength: 5 }).map((parts) => `/${parts.join("/")}`);
  const headerValue = fc.oneof(
    fc.stringMatching(/^[\x20-\x7e]*$/),
    fc.base64String().map((text) => `Basic ${text}`),
    fc.stringMatching(/^[A-Za-z0-9._~+/-]*=*$/).map((text) => `Bearer ${text}`),
  );
  const headers = fc.dictionary(
    fc.constantFrom("Authorization", "Accept", "Cookie", "X-HTTP-Method-Override", "Host"),
    headerValue,
  );
  const method = fc.constantFrom("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "FOO");
  await fc.assert(
    fc.asyncProperty(path, method, headers, fc.string(), async (path, method, headers, body) => {
      const init = method === "GET" || method === "HEAD" ? {} : { body };
      const response = await app.request(path, { method, headers, ...init });
      assert(response.status !== 500, `${method} ${path}`);
      const answer = await response.text() + JSON.stringify([...response.headers]);
      assert(!answer.includes(canary) && !lines.join().includes(canary), answer);
      // Hono takes a slash at the end of a path as nothing.
      if (response.status < 300) {
        const { pathname } = new URL(path, "http://localhost");
        assertMatch(decodeURIComponent(pathname), /^\/healthz\/?$/);
      }
    }),
    { numRuns: 300 },
  );
  assertEquals(lines, []);
});

function encodeLoosely(text: string): string {
  return text.toWellFormed().replace(/[^\x21-\x7e]/g, encodeURIComponent);
}
