import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { DAY, MINUTE } from "@std/datetime/constants";
import { createFakeHeroku, type FakeHeroku } from "../../lib/testing/mod.ts";
import type { Status } from "../../worker/status.ts";
import {
  canary,
  keys,
  startWorker,
  type TestWorker,
  until,
  type WorkerOptions,
} from "./harness.ts";

/** The Worker in workerd keeps a child process and its signal listeners for a moment. */
function test(name: string, options: WorkerOptions, run: (worker: TestWorker) => Promise<void>) {
  Deno.test({
    name,
    sanitizeOps: false,
    sanitizeResources: false,
    async fn() {
      await using worker = await startWorker(options);
      await run(worker);
    },
  });
}

const configVar = { type: "heroku-config-var", app: "acme", name: "KEY" };
const store = { type: "store", reader_key_secret: "CI_READER_KEY" };
const hook = (url: string) => ({ type: "webhook", url: `${url}/ci`, signing_secret: "HOOK_KEY" });
const days = DAY / 1000;

/** An authorization of 30 days with two days left, and the app whose config var holds its token. */
function issueDue({ heroku, hooks }: TestWorker) {
  const due = heroku.issue({
    description: "ci",
    scope: ["write"],
    expires_in: 30 * days,
    created_at: heroku.now() - 28 * DAY,
  });
  heroku.createApp("acme", { KEY: due.token });
  hooks.set("ci", due.token);
  return due;
}

/** The descriptions of what lives in Heroku, without the marks. */
function living(heroku: FakeHeroku): string[] {
  return heroku.live().map(({ description }) => description.replace(/ \w{12}\]$/, "]")).sort();
}

async function readToken(worker: TestWorker, key = keys.reader): Promise<Response> {
  return await worker.fetch("/credentials/ci/token", {
    headers: { authorization: `Bearer ${key}` },
  });
}

async function readStatus(worker: TestWorker): Promise<Status> {
  const response = await worker.fetch("/status", {
    headers: { authorization: `Bearer ${keys.page}` },
  });
  return await response.json() as Status;
}

/** Fires the cron until something holds, as the days go by. */
async function cronUntil(
  worker: TestWorker,
  what: string,
  holds: () => boolean | Promise<boolean>,
): Promise<void> {
  await until(what, async () => {
    await worker.cron();
    return await holds();
  });
}

/** Makes what the ledger noted of Heroku's list older, as so much time would. */
async function letDoubtAge(worker: TestWorker, time: number): Promise<void> {
  await worker.query(
    `UPDATE entries SET noted_at = noted_at - ${time}, doubted_since = doubted_since - ${time}`,
  );
}

/** Lets the leases and the waits after failures run out, as a few hours would. */
async function letTimePass(worker: TestWorker): Promise<void> {
  await worker.query("UPDATE credentials SET lease_until = 1 WHERE lease_until IS NOT NULL");
  await worker.query("UPDATE credentials SET ended_at = 1");
}

test(
  "a rotation as Heroku and the targets see it: before, during the grace, and after it",
  { credentials: (url) => [{ name: "ci", grace: "4s", targets: [configVar, hook(url), store] }] },
  async (worker) => {
    const { heroku, hooks } = worker;
    const due = issueDue(worker);
    const unmanaged = heroku.issue({ description: "laptop" });
    assertEquals((await readToken(worker)).status, 503);

    await worker.cron();
    await until(
      "all targets hold the replacement",
      async () =>
        (await readToken(worker)).status === 200 && hooks.get("ci") !== due.token &&
        heroku.configVars("acme").KEY !== due.token,
    );
    const token = await (await readToken(worker)).text();
    assertEquals([hooks.get("ci"), heroku.configVars("acme").KEY], [token, token]);
    assert(heroku.accepts(token), "Heroku accepts the replacement during the grace");
    assert(heroku.accepts(due.token), "Heroku accepts the stale one during the grace");
    assertEquals(living(heroku), ["ci", "ci [g1]", "laptop"]);

    await until("the stale one is gone", () => !heroku.accepts(due.token));
    assertEquals(living(heroku), ["ci [g1]", "laptop"]);
    assertEquals(await (await readToken(worker)).text(), token);
    assert(heroku.accepts(token));
    assertEquals(heroku.live().find(({ id }) => id === unmanaged.id), unmanaged);
    assertEquals(heroku.releases("acme"), 2);

    await until(
      "the run has ended",
      async () => (await readStatus(worker)).credentials[0].state === "current",
    );
    await worker.cron();
    const status = await readStatus(worker);
    assertEquals(status.status, "ok");
    assertEquals(
      status.credentials[0].targets.map(({ proof }) => proof?.kind),
      ["exact", "receipt", "exact"],
    );
    assertEquals((await worker.fetch("/healthz")).status, 200);
  },
);

test(
  "a cron fired twice at once starts one rotation",
  { credentials: () => [{ name: "ci", grace: "1s", targets: [configVar] }] },
  async (worker) => {
    const { heroku } = worker;
    const due = issueDue(worker);
    await Promise.all([worker.cron(), worker.cron(), worker.cron()]);
    await until("the stale one is gone", () => !heroku.accepts(due.token));
    assertEquals(living(heroku), ["ci [g1]"]);
    const creates = heroku.requests.filter(({ method, path }) =>
      method === "POST" && path === "/oauth/authorizations"
    );
    assertEquals(creates.length, 1);
  },
);

test(
  "a missing credential is provisioned, an unfinished one is adopted, and neither twice",
  {
    credentials: (url) => [
      { name: "missing", scope: ["read"], expires_in: "12h", targets: [hook(url)] },
      { name: "fresh", targets: [configVar] },
    ],
  },
  async (worker) => {
    const { heroku, hooks } = worker;
    const fresh = heroku.issue({ description: "fresh", expires_in: 30 * days });
    heroku.createApp("acme", { KEY: fresh.token });
    await worker.cron();
    await until("it is delivered", () => hooks.has("ci"));
    await worker.cron();
    await worker.cron();
    assertEquals(living(heroku), ["fresh", "missing [g1]"]);
    const made = heroku.live().find(({ description }) => description.startsWith("missing"));
    assertEquals(made?.token, hooks.get("ci"));
    assertEquals(made?.scope, ["read"]);
    const lifetime = (made?.expires_at ?? 0) - Date.parse(made?.created_at ?? "");
    assertEquals(Math.floor(lifetime / 1000), days / 2);
    assertEquals(heroku.configVars("acme").KEY, fresh.token);
  },
);

test(
  "the leftover of a crashed run goes, and the run is made up for",
  { credentials: () => [{ name: "ci", grace: "1s", targets: [configVar] }] },
  async (worker) => {
    const { heroku } = worker;
    const due = issueDue(worker);
    let lost = 0;
    heroku.setFaults(({ method, path }) =>
      method === "POST" && path === "/oauth/authorizations" && lost++ === 0 ? "lose" : undefined
    );
    await worker.hurry();
    await worker.cron();
    await until(
      "the attempt has failed",
      async () => (await readStatus(worker)).credentials[0].failures === 1,
    );
    assertEquals(living(heroku), ["ci", "ci [g1]"]);
    assertEquals(heroku.configVars("acme").KEY, due.token);

    await letTimePass(worker);
    await cronUntil(worker, "the stale one is gone", () => !heroku.accepts(due.token));
    assertEquals(living(heroku), ["ci [g1]"]);
    assertEquals(heroku.configVars("acme").KEY, heroku.live()[0].token);
    assertEquals(heroku.deletions.map(({ description }) => description.slice(0, 7)), [
      "ci [g1 ",
      "ci",
    ]);
  },
);

test(
  "a target that is down for a while keeps the old token, and gets the same replacement later",
  { credentials: (url) => [{ name: "ci", grace: "1s", targets: [configVar, hook(url)] }] },
  async (worker) => {
    const { heroku, hooks, down } = worker;
    const due = issueDue(worker);
    down.add("ci");
    await worker.hurry();
    await worker.cron();
    await until(
      "the attempt has failed",
      async () => (await readStatus(worker)).credentials[0].failures === 1,
    );
    const replacement = heroku.configVars("acme").KEY;
    assert(heroku.accepts(replacement) && replacement !== due.token);
    assert(heroku.accepts(due.token), "the stale one lives as long as a target holds it");
    assertEquals(hooks.get("ci"), due.token);
    assertStringIncludes((await readStatus(worker)).credentials[0].error ?? "", "webhook");

    await worker.cron();
    assertEquals(living(heroku), ["ci", "ci [g1]"]);

    down.delete("ci");
    await letTimePass(worker);
    await cronUntil(worker, "the stale one is gone", () => !heroku.accepts(due.token));
    assertEquals(hooks.get("ci"), replacement);
    assertEquals(living(heroku), ["ci [g1]"]);
  },
);

test(
  "a target that is down for good costs no one a token, makes no second replacement, and shows",
  { credentials: (url) => [{ name: "ci", grace: "1s", targets: [configVar, hook(url)] }] },
  async (worker) => {
    const { heroku, hooks, down } = worker;
    const due = issueDue(worker);
    down.add("ci");
    await worker.hurry();
    for (let failures = 1; failures <= 3; failures++) {
      await worker.cron();
      await until(
        `attempt ${failures} has failed`,
        async () => (await readStatus(worker)).credentials[0].failures === failures,
      );
      await letTimePass(worker);
    }
    await worker.cron();
    assertEquals(living(heroku), ["ci", "ci [g1]"]);
    assert(heroku.accepts(due.token));
    assertEquals(hooks.get("ci"), due.token);
    assert(heroku.accepts(heroku.configVars("acme").KEY));
    const health = await worker.fetch("/healthz");
    assertEquals(health.status, 503);
    assertStringIncludes(await health.text(), "credential_failing");
  },
);

test(
  "with Heroku down nothing is done, and all is made up for when it is back",
  { credentials: () => [{ name: "ci", grace: "1s", targets: [configVar] }] },
  async (worker) => {
    const { heroku } = worker;
    const due = issueDue(worker);
    heroku.setFaults(() => "drop");
    await worker.cron();
    assertEquals((await worker.fetch("/healthz")).status, 503);
    assertStringIncludes(
      (await readStatus(worker)).accounts[0].last_sweep?.error ?? "",
      "Cannot find the account of 'HEROKU_API_TOKEN'",
    );
    assertEquals(living(heroku), ["ci"]);

    heroku.setFaults(({ path }) => path === "/account" ? undefined : "drop");
    await worker.cron();
    assertEquals((await worker.fetch("/healthz")).status, 503);
    assertStringIncludes(
      (await readStatus(worker)).accounts[0].last_sweep?.error ?? "",
      "Cannot list",
    );
    assertEquals(living(heroku), ["ci"]);

    heroku.setFaults(false);
    await cronUntil(worker, "the stale one is gone", () => !heroku.accepts(due.token));
    assertEquals(living(heroku), ["ci [g1]"]);
    assertEquals((await worker.fetch("/healthz")).status, 200);
  },
);

test(
  "a new token that Heroku refuses is delivered nowhere, and another is made",
  { credentials: () => [{ name: "ci", grace: "1s", targets: [configVar] }] },
  async (worker) => {
    const { heroku } = worker;
    const due = issueDue(worker);
    let revoked = 0;
    heroku.setFaults(({ method, path, token }) => {
      const made = heroku.live().find((each) => each.token === token);
      if (method === "GET" && path === "/account" && made && revoked === 0) {
        revoked++;
        heroku.revoke(made.id);
      }
      return undefined;
    });
    await worker.hurry();
    await worker.cron();
    await until(
      "the attempt has failed",
      async () => (await readStatus(worker)).credentials[0].failures === 1,
    );
    assertEquals(heroku.configVars("acme").KEY, due.token);
    assert(heroku.accepts(due.token));
    assertStringIncludes(
      (await readStatus(worker)).credentials[0].error ?? "",
      "refused it after six minutes",
    );
    const looks = heroku.requests.filter(({ method, path, status, token }) =>
      method === "GET" && path === "/account" && status === 401 && token !== due.token
    );
    assertEquals(looks.length, 4, "it was waited for: at once, after 10 s, 1 min and 5 min");

    await letTimePass(worker);
    await cronUntil(worker, "the stale one is gone", () => !heroku.accepts(due.token));
    assert(heroku.accepts(heroku.configVars("acme").KEY));
    assertEquals(living(heroku), ["ci [g1]"]);
  },
);

test(
  "a replacement that Heroku revokes during the grace is replaced, and its predecessor lives on",
  { credentials: () => [{ name: "ci", grace: "1h", targets: [configVar] }] },
  async (worker) => {
    const { heroku } = worker;
    const due = issueDue(worker);
    await worker.cron();
    await until(
      "it is in its grace",
      async () => (await readStatus(worker)).credentials[0].state === "grace",
    );
    const [replacement] = heroku.live().filter(({ id }) => id !== due.id);
    await letDoubtAge(worker, 10 * MINUTE);
    heroku.revoke(replacement.id);
    await worker.cron();
    await until("another is delivered", () => {
      const held = heroku.configVars("acme").KEY;
      return held !== replacement.token && heroku.accepts(held);
    });
    assert(heroku.accepts(due.token));
    assertEquals(living(heroku), ["ci", "ci [g2]"]);
  },
);

test(
  "a token that is revoked by hand is replaced at the second sweep that misses it, and no sooner",
  { credentials: () => [{ name: "ci", grace: "1s", targets: [configVar] }] },
  async (worker) => {
    const { heroku } = worker;
    const held = heroku.issue({ description: "ci", scope: ["write"], expires_in: 30 * days });
    heroku.createApp("acme", { KEY: held.token });
    heroku.issue({ description: "laptop" });
    await worker.cron();
    assertEquals((await worker.fetch("/healthz")).status, 200);

    heroku.revoke(held.id);
    for (const time of [0, 0, 9 * MINUTE]) {
      await letDoubtAge(worker, time);
      await worker.cron();
      assertEquals(living(heroku), ["laptop"]);
      assertEquals(heroku.configVars("acme").KEY, held.token);
    }
    await letDoubtAge(worker, MINUTE);
    await worker.cron();
    await until("another is delivered", () => heroku.accepts(heroku.configVars("acme").KEY));
    assertEquals(living(heroku), ["ci [g1]", "laptop"]);
  },
);

test(
  "a token of another Heroku account does nothing there, and says so until the former one is back",
  { credentials: () => [{ name: "ci", grace: "1s", targets: [configVar, store] }] },
  async (worker) => {
    const { heroku } = worker;
    const due = issueDue(worker);
    await worker.cron();
    await until("the rotation is over", () => !heroku.accepts(due.token));
    const token = heroku.configVars("acme").KEY;
    const other = createFakeHeroku({ faults: false, seed: 2, tokenPrefix: canary });
    const theirs = other.issue({ description: "ci", expires_in: days });
    // There is one Heroku for both accounts.
    await using server = Deno.serve(
      { port: 0, hostname: "127.0.0.1", onListen() {} },
      (request) => {
        const isOthers = request.headers.get("authorization") === `Bearer ${other.token}`;
        return (isOthers ? other : heroku).handler(request);
      },
    );
    const before = heroku.requests.length;
    await worker.reconfigure({
      vars: { HEROKU_URL: `http://127.0.0.1:${server.addr.port}` },
      secrets: { HEROKU_API_TOKEN: other.token },
    });
    for (let sweep = 0; sweep < 2; sweep++) {
      await worker.cron();
      const { reasons, accounts: [{ last_sweep }] } = await readStatus(worker);
      assertEquals(reasons.map(({ kind }) => kind), ["account_changed"]);
      assertStringIncludes(last_sweep?.error ?? "", "HEROKU_ACCOUNT");
    }
    assertEquals((await worker.fetch("/healthz")).status, 503);
    assertEquals(other.requests.map(({ path }) => path), ["/account", "/account"]);
    assertEquals(other.live(), [theirs]);
    assertEquals(heroku.requests.length, before);
    assertEquals(await (await readToken(worker)).text(), token);

    await worker.reconfigure({ vars: {}, secrets: {} });
    await worker.cron();
    assertEquals((await worker.fetch("/healthz")).status, 200);
    assertEquals(living(heroku), ["ci [g1]"]);
    assert(heroku.accepts(token));
  },
);

test(
  "an invalid configuration does nothing, and says everything that is wrong with it",
  {
    credentials: () => [
      { name: "ci", grace: "soon", targets: [configVar] },
      { name: "cd", targets: [{ type: "carrier-pigeon" }, configVar] },
    ],
  },
  async (worker) => {
    const { heroku } = worker;
    issueDue(worker);
    const before = heroku.live();
    await worker.cron();
    assertEquals(heroku.live(), before);
    assertEquals(heroku.requests.length, 0);
    const health = await worker.fetch("/healthz");
    assertEquals(health.status, 503);
    assertStringIncludes(await health.text(), "configuration_invalid");
    const { mistakes } = await readStatus(worker);
    assertEquals(mistakes.map(({ path }) => path), [
      "CREDENTIALS[0] (ci).grace",
      "CREDENTIALS[1] (cd).targets[0].type",
      "CREDENTIALS[1] (cd).targets[1]",
    ]);
    const page = await worker.fetch("/", { headers: { authorization: `Bearer ${keys.page}` } });
    assertMatch(await page.text(), /carrier-pigeon/);
  },
);

test(
  "a wrong sealing key hands out nothing and loses nothing: another token is made and sealed again",
  { credentials: () => [{ name: "ci", grace: "1s", targets: [configVar, store] }] },
  async (worker) => {
    const { heroku } = worker;
    const due = issueDue(worker);
    await worker.cron();
    await until("the rotation is over", () => !heroku.accepts(due.token));
    const first = heroku.configVars("acme").KEY;

    await worker.reconfigure({
      secrets: { SEALING_KEY: btoa("another key, 32 bytes in length!") },
    });
    const answer = await readToken(worker);
    assertEquals(answer.status, 503);
    assert(!(await answer.text()).includes(first));
    assert(heroku.accepts(first), "the token lives on where it is used");

    await cronUntil(worker, "the first one is gone", () => !heroku.accepts(first));
    const second = heroku.configVars("acme").KEY;
    assert(heroku.accepts(second));
    assertEquals(await (await readToken(worker)).text(), second);
    assertEquals(living(heroku), ["ci [g2]"]);
  },
);

test(
  "the sealing key is changed without a gap, and the former one is not needed after a sweep",
  { credentials: () => [{ name: "ci", grace: "1s", targets: [configVar, store] }] },
  async (worker) => {
    const { heroku } = worker;
    const due = issueDue(worker);
    await worker.cron();
    await until("the rotation is over", () => !heroku.accepts(due.token));
    const { KEY: token } = heroku.configVars("acme");
    const next = btoa("another key, 32 bytes in length!");
    const seals = async () =>
      (await worker.query("SELECT sealed_token FROM entries WHERE sealed_token IS NOT NULL"))
        .map(({ sealed_token }) => String(sealed_token));
    const [before] = await seals();

    await worker.reconfigure({
      secrets: { SEALING_KEY: next, SEALING_KEY_PREVIOUS: keys.sealing },
    });
    assertEquals(await (await readToken(worker)).text(), token);
    await worker.cron();
    const [after] = await seals();
    assert(after !== before);
    await worker.cron();
    const { accounts: [{ last_sweep, status }] } = await readStatus(worker);
    assertEquals(status, "ok");
    assertStringIncludes(
      last_sweep?.notices.join() ?? "",
      "wrangler secret delete SEALING_KEY_PREVIOUS",
    );

    // No table, whatever it is called, still has a seal of the former key.
    const [, former] = before.split(".");
    for (
      const { name } of await worker.query("SELECT name FROM sqlite_master WHERE type = 'table'")
    ) {
      const rows = String(name).startsWith("_cf")
        ? []
        : await worker.query(`SELECT * FROM ${name}`);
      assert(!JSON.stringify(rows).includes(`v1.${former}.`), String(name));
    }
    await worker.reconfigure({ secrets: { SEALING_KEY: next } });
    assertEquals(await (await readToken(worker)).text(), token);
    assertEquals(living(heroku), ["ci [g1]"]);
  },
);

test(
  "a token that no key opens is a reason not to be well at once",
  { credentials: () => [{ name: "ci", grace: "1s", targets: [configVar] }] },
  async (worker) => {
    const { heroku } = worker;
    const due = issueDue(worker);
    await worker.cron();
    await until("the rotation is over", () => !heroku.accepts(due.token));
    await worker.reconfigure({
      secrets: { SEALING_KEY: btoa("another key, 32 bytes in length!") },
    });
    await worker.cron();
    const { reasons } = await readStatus(worker);
    assertEquals(reasons.map(({ kind }) => kind), ["token_unreadable"]);
    assertStringIncludes(reasons[0].details[0], "'SEALING_KEY_PREVIOUS'");
  },
);

const operatorKey = "operator-key-for-tests-0123456789";

async function order(worker: TestWorker, path: string): Promise<number> {
  const answer = await worker.fetch(path, {
    method: "POST",
    headers: { authorization: `Bearer ${operatorKey}` },
  });
  await answer.body?.cancel();
  return answer.status;
}

test(
  "orders act without a cron: a token that was revoked is replaced, one that is not due too, and none while it is paused",
  {
    credentials: () => [{ name: "ci", grace: "1s", targets: [configVar] }],
    secrets: { OPERATOR_KEY: operatorKey },
  },
  async (worker) => {
    const { heroku } = worker;
    const found = heroku.issue({ description: "ci", scope: ["write"], expires_in: 30 * days });
    heroku.createApp("acme", { KEY: found.token });
    // A list without anything would be doubted for long.
    heroku.issue({ description: "laptop" });
    const settled = (generation: number) =>
      until(`generation ${generation} is alone`, async () => {
        const [{ state }] = (await readStatus(worker)).credentials;
        return state === "current" && living(heroku).join() === `ci [g${generation}],laptop`;
      });
    assertEquals(await order(worker, "/accounts/heroku/sweep"), 202);
    await until(
      "it is adopted",
      async () => (await readStatus(worker)).credentials[0].state === "current",
    );
    assertEquals(await order(worker, "/credentials/ci/rotate"), 202);
    await settled(1);
    const first = heroku.configVars("acme").KEY ?? "";
    assert(heroku.accepts(first) && !heroku.accepts(found.token));

    assertEquals(await order(worker, "/credentials/ci/pause"), 202);
    heroku.revoke(heroku.live().find(({ token }) => token === first)?.id ?? "");
    assertEquals(await order(worker, "/accounts/heroku/sweep"), 202);
    await until(
      "the page shows the pause",
      async () => (await readStatus(worker)).credentials[0].state === "paused",
    );
    assertEquals(heroku.configVars("acme").KEY, first);
    assertEquals(await order(worker, "/credentials/ci/rotate"), 409);

    assertEquals(await order(worker, "/credentials/ci/resume"), 202);
    // That Heroku no longer lists it would be doubted for a while.
    assertEquals(await order(worker, "/credentials/ci/rotate"), 202);
    await settled(2);
    const second = heroku.configVars("acme").KEY ?? "";
    assert(second !== first && heroku.accepts(second));
  },
);
