import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { DAY } from "@std/datetime/constants";
import { createFakeHeroku, type FakeHeroku } from "../../lib/testing/mod.ts";
import type { Status } from "../../worker/status.ts";
import { canary, keys, startWorker, type TestWorker, until } from "./harness.ts";

const names = ["acme", "beta", "gamma"] as const;
type Name = typeof names[number];

/** A Heroku with an account for each name, which tells them apart by their tokens. */
interface Herokus extends AsyncDisposable {
  readonly url: string;
  readonly of: Readonly<Record<Name, FakeHeroku>>;
}

/** An authorization of 30 days with two days left. */
function issueDue(heroku: FakeHeroku, description: string): void {
  const created_at = heroku.now() - 28 * DAY;
  heroku.issue({ description, scope: ["write"], expires_in: 30 * DAY / 1000, created_at });
}

function startHerokus(): Herokus {
  const all = names.map((name, seed) => {
    const heroku = createFakeHeroku({ faults: false, tokenPrefix: canary, seed });
    issueDue(heroku, `${name}-ci`);
    heroku.createApp(name, {});
    return [name, heroku] as const;
  });
  const of = Object.fromEntries(all) as Record<Name, FakeHeroku>;
  const server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen() {} }, (request) => {
    const token = request.headers.get("authorization")?.replace("Bearer ", "") ?? "";
    const [, heroku] = all.find(([, each]) => each.tokens().includes(token)) ?? all[0];
    return heroku.handler(request);
  });
  return {
    url: `http://127.0.0.1:${server.addr.port}`,
    of,
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
}

const secretOf = (name: Name) => `HEROKU_TOKEN_${name.toUpperCase()}`;

const ofAccount = (name: Name) => ({
  name: `${name}-ci`,
  account: name,
  grace: "0s",
  targets: [
    { type: "heroku-config-var", app: name, name: "KEY" },
    { type: "store", reader_key_secret: `READER_KEY_${name.toUpperCase()}` },
  ],
});

/** A Worker with the accounts, each with a credential that is delivered to an app of its own. */
async function start(
  herokus: Herokus,
  tokens: Partial<Record<Name, string>> = {},
  { credentials = [], vars = {} }: { credentials?: readonly unknown[]; vars?: object } = {},
) {
  return await startWorker({
    accounts: names,
    credentials: () => [...names.map(ofAccount), ...credentials],
    vars: {
      HEROKU_URL: herokus.url,
      ACCOUNTS: names.map((name) => ({ name, token_secret: secretOf(name) })),
      ...vars,
    },
    secrets: {
      HEROKU_API_TOKEN: "",
      CI_READER_KEY: "",
      ...Object.fromEntries(names.map((name) => [
        secretOf(name),
        tokens[name] ?? herokus.of[name].token,
      ])),
      ...Object.fromEntries(names.map((name) => [
        `READER_KEY_${name.toUpperCase()}`,
        `reader-key-of-${name}-0123456789`,
      ])),
    },
  });
}

async function readStatus(worker: TestWorker): Promise<Status> {
  const headers = { authorization: `Bearer ${keys.page}` };
  return await (await worker.fetch("/status", { headers })).json() as Status;
}

async function readToken(worker: TestWorker, name: Name): Promise<Response> {
  return await worker.fetch(`/credentials/${name}-ci/token`, {
    headers: { authorization: `Bearer reader-key-of-${name}-0123456789` },
  });
}

/** Whether a credential's replacement is current, at its app and in the store, and the only one. */
async function isRotated(worker: TestWorker, { of }: Herokus, name: Name): Promise<boolean> {
  const line = of[name].live().map(({ description }) => description.replace(/ \w{12}\]$/, "]"));
  const { token } = of[name].live()[0] ?? {};
  return JSON.stringify(line) === JSON.stringify([`${name}-ci [g1]`]) &&
    of[name].configVars(name).KEY === token &&
    await (await readToken(worker, name)).text() === token;
}

/** The Worker in workerd keeps a child process and its signal listeners for a moment. */
function test(name: string, fn: () => Promise<void>) {
  Deno.test({ name, sanitizeOps: false, sanitizeResources: false, fn });
}

test("three accounts are rotated, each with its own token, and shown each by itself", async () => {
  await using herokus = startHerokus();
  await using worker = await start(herokus);
  await worker.cron();
  for (const name of names) {
    await until(`${name} is rotated`, () => isRotated(worker, herokus, name));
  }
  await worker.cron();
  const status = await readStatus(worker);
  assertEquals([status.status, status.mistakes], ["ok", []]);
  assertEquals(status.accounts.map(({ name, status }) => [name, status]), [
    ["acme", "ok"],
    ["beta", "ok"],
    ["gamma", "ok"],
  ]);
  assertEquals(status.credentials.map(({ name, account, state }) => [name, account, state]), [
    ["acme-ci", "acme", "current"],
    ["beta-ci", "beta", "current"],
    ["gamma-ci", "gamma", "current"],
  ]);
  const health = await (await worker.fetch("/healthz")).json();
  assertEquals(health, {
    status: "ok",
    accounts: [{ status: "ok" }, { status: "ok" }, { status: "ok" }],
  });
  const page = await worker.fetch("/", { headers: { authorization: `Bearer ${keys.page}` } });
  const html = await page.text();
  for (const name of names) assertStringIncludes(html, `>${name}`);
});

for (
  const [what, harm, heal] of [
    [
      "is suspended",
      ({ beta }) => beta.setAccount({ suspended: true }),
      ({ beta }) => beta.setAccount({ suspended: false }),
    ],
    [
      "has used up its requests",
      ({ beta }) => beta.setRateLimitRemaining(0),
      ({ beta }) => beta.setRateLimitRemaining(4500),
    ],
    [
      "answers with HTML",
      ({ beta }) => beta.setFaults(() => "html"),
      ({ beta }) => beta.setFaults(false),
    ],
  ] as [string, (of: Herokus["of"]) => void, (of: Herokus["of"]) => void][]
) {
  test(`an account that ${what} touches no other, and is made up for later`, async () => {
    await using herokus = startHerokus();
    await using worker = await start(herokus);
    harm(herokus.of);
    await worker.cron();
    for (const name of ["acme", "gamma"] as const) {
      await until(`${name} is rotated`, () => isRotated(worker, herokus, name));
    }
    await worker.cron();
    const { accounts, credentials } = await readStatus(worker);
    assertEquals(accounts.map(({ last_sweep }) => last_sweep?.error === null), [true, false, true]);
    assertEquals(accounts.map(({ status }) => status), ["ok", "failing", "ok"]);
    assertEquals(credentials.map(({ state }) => state), ["current", "unseen", "current"]);
    const response = await worker.fetch("/healthz");
    const { accounts: each }: { accounts: readonly { status: string }[] } = await response.json();
    assertEquals([response.status, each.map(({ status }) => status)], [
      503,
      ["ok", "failing", "ok"],
    ]);

    heal(herokus.of);
    await worker.cron();
    await until("beta is rotated", () => isRotated(worker, herokus, "beta"));
  });
}

test("a fuse that blows in one account holds back no other", async () => {
  await using herokus = startHerokus();
  const more = ["one", "two"].map((name) => ({
    name,
    account: "beta",
    scope: ["write"],
    targets: [{ type: "heroku-config-var", app: "beta", name: name.toUpperCase() }],
  }));
  for (const { name } of more) issueDue(herokus.of.beta, name);
  const fuse = { creates: 1, deletes: 100 };
  await using worker = await start(herokus, {}, { credentials: more, vars: { FUSE: fuse } });
  await worker.cron();
  for (const name of ["acme", "gamma"] as const) {
    await until(`${name} is rotated`, () => isRotated(worker, herokus, name));
  }
  await worker.cron();
  const { accounts } = await readStatus(worker);
  assertEquals(accounts.map(({ reasons }) => reasons.map(({ kind }) => kind)), [
    [],
    ["sweep_unclean", "fuse_blown", "credential_late"],
    [],
  ]);
  assertEquals(herokus.of.beta.creations, []);
});

test("twenty thousand authorizations in one account delay no other", async () => {
  await using herokus = startHerokus();
  for (let count = 0; count < 20_000; count++) herokus.of.beta.issue({ description: "laptop" });
  await using worker = await start(herokus);
  await worker.cron();
  for (const name of ["acme", "gamma"] as const) {
    await until(`${name} is rotated`, () => isRotated(worker, herokus, name));
  }
  const { accounts, unmanaged } = await readStatus(worker);
  assertEquals(accounts.map(({ unmanaged_count }) => unmanaged_count), [0, 20_000, 0]);
  assertEquals(unmanaged.length, 100);
});

test("a dead token of one account touches no other, and is named by its secret", async () => {
  await using herokus = startHerokus();
  await using worker = await start(herokus, { beta: "HRKU-AACANARY7-a-token-that-no-one-knows" });
  await worker.cron();
  for (const name of ["acme", "gamma"] as const) {
    await until(`${name} is rotated`, () => isRotated(worker, herokus, name));
  }
  const { accounts } = await readStatus(worker);
  assertStringIncludes(
    accounts[1].last_sweep?.error ?? "",
    "wrangler secret put HEROKU_TOKEN_BETA",
  );
  assertEquals(herokus.of.beta.creations, []);
});

test("two accounts with the tokens of one Heroku user: the second does nothing, and says so", async () => {
  await using herokus = startHerokus();
  const { token } = herokus.of.acme.issue({ description: "second", scope: ["global"] });
  await using worker = await start(herokus, { beta: token });
  await worker.cron();
  await until("gamma is rotated", () => isRotated(worker, herokus, "gamma"));
  const told = async () =>
    (await readStatus(worker)).accounts.flatMap(({ last_sweep }) => last_sweep?.error ?? []);
  const [error, ...more] = await told();
  assertEquals(more, []);
  assertStringIncludes(error, "belong to one Heroku user");
  const { accounts } = await readStatus(worker);
  const refused = accounts.find(({ last_sweep }) => last_sweep?.error === error)?.name ?? "";
  assert(["acme", "beta"].includes(refused));
  assert(herokus.of.acme.creations.every(({ asked }) => !asked.startsWith(`${refused}-ci`)));
});

test("an account that leaves the configuration keeps all that it has, and goes on when it is back", async () => {
  await using herokus = startHerokus();
  await using worker = await start(herokus);
  await worker.cron();
  for (const name of names) {
    await until(`${name} is rotated`, () => isRotated(worker, herokus, name));
  }
  const before = herokus.of.gamma.live();
  const all = {
    ACCOUNTS: names.map((name) => ({ name, token_secret: secretOf(name) })),
    HEROKU_URL: herokus.url,
  };
  const credentialsOf = (some: readonly Name[]) => () => some.map(ofAccount);
  await worker.reconfigure({
    accounts: ["acme", "beta"],
    credentials: credentialsOf(["acme", "beta"]),
    vars: { ...all, ACCOUNTS: all.ACCOUNTS.slice(0, 2) },
  });
  const requests = herokus.of.gamma.calls;
  await worker.cron();
  assertEquals([herokus.of.gamma.live(), herokus.of.gamma.calls], [before, requests]);
  const { former_accounts: former } = await readStatus(worker);
  assertEquals(
    former.map((
      { name, remaining },
    ) => [name, remaining.map(({ authorization }) => authorization)]),
    [["gamma", before.map(({ id }) => id)]],
  );
  const page = await worker.fetch("/", { headers: { authorization: `Bearer ${keys.page}` } });
  assertStringIncludes(await page.text(), "Accounts that have left the configuration");

  await worker.reconfigure({ accounts: names, credentials: credentialsOf(names), vars: all });
  await worker.cron();
  const { credentials, former_accounts: none } = await readStatus(worker);
  assertEquals(none, []);
  assertEquals(credentials.map(({ generation, state }) => [generation, state]), [
    [1, "current"],
    [1, "current"],
    [1, "current"],
  ]);
  assertEquals(herokus.of.gamma.creations.length, 1);
});
