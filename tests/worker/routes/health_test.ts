import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { HOUR } from "@std/datetime/constants";
import { createLedger } from "../../../worker/account/ledger.ts";
import type { Sql } from "../../../worker/account/sql.ts";
import type { HealthRecord } from "../../../worker/account/sweep_log.ts";
import {
  createAccountsEnv,
  createBusyEnv,
  createEnv,
  createIdleAccount,
  keys,
  now,
} from "../sample.ts";
import {
  accountOf,
  bearer,
  broken,
  fillDatabase,
  found,
  readStatus,
  run,
  runThree,
  sweptAt,
} from "../running_app.ts";

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
