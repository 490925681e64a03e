import { assert, assertEquals, assertMatch } from "@std/assert";
import { type AccountState, createFakeHeroku } from "../../../lib/testing/mod.ts";
import { readToken } from "../../../lib/testing/heroku/server.ts";
import { AUTHORIZATIONS, call, errorId } from "./call.ts";

Deno.test("readToken() reads Bearer, and the password of Basic", () => {
  const cases: readonly [header: string | null, token: string | undefined][] = [
    ["Bearer a-token", "a-token"],
    ["bearer a-token", "a-token"],
    [`Basic ${btoa(":a-token")}`, "a-token"],
    [`Basic ${btoa("operator@example.com:a-token")}`, "a-token"],
    ["Basic %%%", undefined],
    [`Basic ${btoa(":")}`, undefined],
    ["Bearer", undefined],
    ["Token a-token", undefined],
    ["", undefined],
    [null, undefined],
  ];
  for (const [header, token] of cases) assertEquals(readToken(header), token);
});

Deno.test("a request is let in by Bearer or Basic with a token that lives", async () => {
  const heroku = createFakeHeroku({ faults: false });
  const live = heroku.issue().token;
  const revoked = heroku.issue();
  heroku.revoke(revoked.id);
  const expired = heroku.issue({ expires_in: 1 }).token;
  heroku.advance(1000);
  const cases: readonly [authorization: string, status: number][] = [
    [`Bearer ${heroku.token}`, 200],
    [`Bearer ${live}`, 200],
    [`Basic ${btoa(`:${live}`)}`, 200],
    [`Bearer ${revoked.token}`, 401],
    [`Bearer ${expired}`, 401],
    ["Bearer unknown", 401],
    ["Nothing known", 401],
    ["", 401],
  ];
  for (const [Authorization, status] of cases) {
    const answer = await call(heroku, "GET", "/account", { headers: { Authorization } });
    assertEquals([Authorization, answer.status], [Authorization, status]);
    if (status === 401) assertEquals(errorId(answer), "unauthorized");
  }
});

Deno.test("unknown routes are answered 404, known ones with another method 405", async () => {
  const heroku = createFakeHeroku({ faults: false });
  const cases: readonly [method: string, path: string, status: number, id: string][] = [
    ["GET", "/", 404, "not_found"],
    ["GET", "/oauth", 404, "not_found"],
    ["GET", "/oauth/authorizations/", 404, "not_found"],
    ["GET", "/oauth/authorizations/%zz", 404, "not_found"],
    ["GET", "/oauth/authorizations/a/b", 404, "not_found"],
    ["PUT", "/oauth/authorizations", 405, "method_not_allowed"],
    ["POST", "/oauth/authorizations/a", 405, "method_not_allowed"],
    ["GET", "/oauth/authorizations/a/actions/regenerate-tokens", 405, "method_not_allowed"],
    ["DELETE", "/account", 405, "method_not_allowed"],
  ];
  for (const [method, path, status, id] of cases) {
    const answer = await call(heroku, method, path);
    assertEquals([method, path, answer.status, errorId(answer)], [method, path, status, id]);
  }
  const { headers } = await call(heroku, "PUT", AUTHORIZATIONS);
  assertEquals(headers.get("Allow"), "GET, POST");
});

Deno.test("another Accept than version 3 of Heroku's JSON is answered 406", async () => {
  const heroku = createFakeHeroku({ faults: false });
  const cases: readonly [accept: string, status: number][] = [
    ["application/vnd.heroku+json; version=3", 200],
    ["application/vnd.heroku+json;version=3", 200],
    ["application/vnd.heroku+json; version=3.cedar-acm", 200],
    ["text/html, application/vnd.heroku+json; version=3", 200],
    ["application/vnd.heroku+json", 406],
    ["application/vnd.heroku+json; version=2", 406],
    ["application/json", 406],
    ["*/*", 406],
    ["", 406],
  ];
  for (const [Accept, status] of cases) {
    const answer = await call(heroku, "GET", "/account", { headers: { Accept } });
    assertEquals([Accept, answer.status], [Accept, status]);
    if (status === 406) assertEquals(errorId(answer), "not_acceptable");
  }
});

const STATES: readonly [state: AccountState, status: number, id: string][] = [
  [{ suspended: true }, 403, "suspended"],
  [{ delinquent: true }, 402, "delinquent"],
  [{ twoFactor: true }, 403, "two_factor"],
  [{ adminRevoked: true }, 401, "unauthorized"],
];

for (const [state, status, id] of STATES) {
  Deno.test(`an account with ${JSON.stringify(state)} is answered ${status} until it ends`, async () => {
    const heroku = createFakeHeroku({ faults: false });
    heroku.setAccount(state);
    const refused = await call(heroku, "POST", AUTHORIZATIONS, { body: {} });
    assertEquals([refused.status, errorId(refused)], [status, id]);
    assertEquals(heroku.live(), []);

    const [member] = Object.keys(state);
    heroku.setAccount({ [member]: false });
    assertEquals((await call(heroku, "POST", AUTHORIZATIONS, { body: {} })).status, 201);
  });
}

Deno.test("a second factor of six digits is let through", async () => {
  const heroku = createFakeHeroku({ faults: false });
  heroku.setAccount({ twoFactor: true });
  for (const [code, status] of [["123456", 200], ["12345", 403], ["secret", 403]] as const) {
    const headers = { "Heroku-Two-Factor-Code": code };
    assertEquals((await call(heroku, "GET", "/account", { headers })).status, status);
  }
});

Deno.test("a token does what its scope allows and gets 403 for the rest", async () => {
  const heroku = createFakeHeroku({ faults: false });
  heroku.createApp("acme");
  const calls: readonly [method: string, path: string][] = [
    ["GET", AUTHORIZATIONS],
    ["POST", AUTHORIZATIONS],
    ["GET", "/account"],
    ["GET", "/account/rate-limits"],
    ["GET", "/apps/acme/config-vars"],
    ["PATCH", "/apps/acme/config-vars"],
  ];
  const cases: readonly [scope: string, statuses: readonly number[]][] = [
    ["global", [200, 201, 200, 200, 200, 200]],
    ["identity", [403, 403, 200, 200, 403, 403]],
    ["read", [403, 403, 403, 200, 403, 403]],
    ["write", [403, 403, 403, 200, 403, 403]],
    ["read-protected", [403, 403, 403, 200, 200, 403]],
    ["write-protected", [403, 403, 403, 200, 200, 200]],
  ];
  for (const [scope, expected] of cases) {
    const { token } = heroku.issue({ scope: [scope] });
    const statuses: number[] = [];
    for (const [method, path] of calls) {
      const body = method === "GET" ? undefined : {};
      statuses.push((await call(heroku, method, path, { token, body })).status);
    }
    assertEquals([scope, statuses], [scope, expected]);
  }
});

Deno.test("openAccount lets every live token read the account", async () => {
  const heroku = createFakeHeroku({ faults: false, openAccount: true });
  const { token } = heroku.issue({ scope: ["read"] });

  assertEquals((await call(heroku, "GET", "/account", { token })).status, 200);
  assertEquals((await call(heroku, "GET", AUTHORIZATIONS, { token })).status, 403);
});

Deno.test("the account shows every member of Heroku's schema", async () => {
  const heroku = createFakeHeroku({ faults: false, now: Date.UTC(2026, 0, 1) });
  const { status, text } = await call(heroku, "GET", "/account");

  assertEquals(status, 200);
  const { id, ...account } = JSON.parse(text);
  assertMatch(id, /^[\da-f-]{36}$/);
  assertEquals(account, {
    allow_tracking: true,
    beta: false,
    country_of_residence: null,
    created_at: "2012-01-01T12:00:00Z",
    default_organization: null,
    default_team: null,
    delinquent_at: null,
    email: "operator@example.com",
    federated: false,
    identity_provider: null,
    last_login: "2026-01-01T00:00:00Z",
    name: null,
    sms_number: null,
    suspended_at: null,
    two_factor_authentication: false,
    updated_at: "2026-01-01T00:00:00Z",
    verified: true,
  });
});

Deno.test("an account of somebody else has another user, on each record too, until it ends", async () => {
  const heroku = createFakeHeroku({ faults: false });
  heroku.issue();
  async function users(): Promise<{ id: string; email: string }[]> {
    const { id, email } = JSON.parse((await call(heroku, "GET", "/account")).text);
    const [record] = JSON.parse((await call(heroku, "GET", AUTHORIZATIONS)).text);
    const made = JSON.parse((await call(heroku, "POST", AUTHORIZATIONS, { body: {} })).text);
    heroku.revoke(made.id);
    return [{ id, email }, record.user, made.user].map(({ id, email }) => ({ id, email }));
  }
  const [own, ...ofRecords] = await users();
  assertEquals(ofRecords, [own, own]);

  heroku.setAccount({ ofSomebodyElse: true });
  const [other, ...others] = await users();
  assertEquals(others, [other, other]);
  assert(other.id !== own.id && other.email !== own.email);

  heroku.setAccount({ ofSomebodyElse: false });
  assertEquals(await users(), [own, own, own]);
});

Deno.test("each request costs one of the account's pool, looking at it nothing", async () => {
  const heroku = createFakeHeroku({ faults: false });
  const { token } = heroku.issue();
  const first = await call(heroku, "GET", "/account");
  const second = await call(heroku, "GET", "/account", { token });
  const looked = await call(heroku, "GET", "/account/rate-limits");

  assertEquals(first.headers.get("RateLimit-Remaining"), "4499");
  assertEquals(second.headers.get("RateLimit-Remaining"), "4498");
  assertEquals(JSON.parse(looked.text), { remaining: 4498 });
});

Deno.test("an empty pool is answered 429 without effect until it refills", async () => {
  const heroku = createFakeHeroku({ faults: false });
  heroku.setRateLimitRemaining(1);
  assertEquals((await call(heroku, "POST", AUTHORIZATIONS, { body: {} })).status, 201);
  const limited = await call(heroku, "POST", AUTHORIZATIONS, { body: {} });
  assertEquals([limited.status, errorId(limited)], [429, "rate_limit"]);
  assertEquals(limited.headers.get("RateLimit-Remaining"), "0");
  assertEquals(heroku.live().length, 1);

  heroku.advance(800);
  assertEquals((await call(heroku, "POST", AUTHORIZATIONS, { body: {} })).status, 201);
});

Deno.test("a request without a valid token costs nothing of the pool", async () => {
  const heroku = createFakeHeroku({ faults: false });
  await call(heroku, "GET", "/account", { token: "unknown" });

  assertEquals(JSON.parse((await call(heroku, "GET", "/account/rate-limits")).text), {
    remaining: 4500,
  });
});
