import { assertEquals, assertRejects } from "@std/assert";
import { HerokuError } from "../../lib/heroku/errors.ts";
import { createAcceptance } from "../../lib/rotation/acceptance.ts";
import { createFakeHeroku, type Faults } from "../../lib/testing/mod.ts";
import { assertConceals } from "../targets/assert_conceals.ts";
import { json, serve } from "../heroku/scripted_server.ts";

const NARROW = ["write-protected"];

function start(faults: Faults = false) {
  const heroku = createFakeHeroku({ faults });
  const accepts = createAcceptance({
    fetch: heroku.fetch,
    retries: 2,
    sleep: () => Promise.resolve(),
  });
  return { heroku, accepts };
}

for (const scope of ["global", "identity"]) {
  Deno.test(`createAcceptance() accepts a token of scope '${scope}', which may read the account`, async () => {
    const { heroku, accepts } = start();
    const { token } = heroku.issue({ scope: [scope] });
    assertEquals(await accepts(token, [scope]), true);
    assertEquals(
      heroku.requests.map(({ method, path, status, token }) => [method, path, status, token]),
      [
        ["GET", "/account", 200, token],
      ],
    );
  });
}

Deno.test("createAcceptance() accepts a token of narrow scope, which Heroku answers with 403", async () => {
  const { heroku, accepts } = start();
  assertEquals(await accepts(heroku.issue({ scope: NARROW }).token, NARROW), true);
  assertEquals(heroku.requests.map(({ status }) => status), [403]);
});

Deno.test("createAcceptance() refuses a token that was revoked, has expired or never was", async () => {
  const { heroku, accepts } = start();
  const revoked = heroku.issue();
  heroku.revoke(revoked.id);
  const expired = heroku.issue({ expires_in: 60 });
  heroku.advance(61_000);
  for (const token of [revoked.token, expired.token, "HRKU-never"]) {
    assertEquals(await accepts(token, ["global"]), false);
  }
});

Deno.test("createAcceptance() accepts a narrow token for which Heroku wants a second factor", async () => {
  await using server = serve(json(403, { id: "two_factor", message: "Two factor" }));
  const accepts = createAcceptance({ baseUrl: server.baseUrl, retries: 0 });
  assertEquals(await accepts("token", NARROW), true);
});

const FIREWALL = () =>
  new Response("<html>Forbidden</html>", {
    status: 403,
    headers: { "content-type": "text/html" },
  });

for (
  const [what, answer, scope] of [
    ["a 403 of Heroku's", json(403, { id: "forbidden", message: "No" }), ["global"]],
    ["a 403 of Heroku's", json(403, { id: "forbidden", message: "No" }), ["read", "identity"]],
    ["a 403 of Heroku's", json(403, { id: "suspended", message: "No" }), null],
    ["a 403 of a firewall's", FIREWALL, NARROW],
    ["a 403 without an id", json(403, { error: "No" }), NARROW],
    ["a 402", json(402, { id: "delinquent", message: "Pay" }), NARROW],
  ] as const
) {
  Deno.test(`createAcceptance() takes ${what} for no proof of a token with the scope ${scope}`, async () => {
    await using server = serve(answer);
    const accepts = createAcceptance({ baseUrl: server.baseUrl, retries: 0 });
    await assertRejects(() => accepts("token", scope), HerokuError);
  });
}

Deno.test("createAcceptance() asks again when Heroku fails, and says nothing as long as it does", async () => {
  const { heroku, accepts } = start(({ number }) => number < 3 ? "500" : undefined);
  assertEquals(await accepts(heroku.issue().token, ["global"]), true);
  assertEquals(heroku.calls, 3);
});

for (const [fault, code] of [["500", "server_error"], ["drop", "network"]] as const) {
  Deno.test(`createAcceptance() throws when Heroku answers nothing but ${fault}`, async () => {
    const { heroku, accepts } = start(() => fault);
    const { token } = heroku.issue();
    const error = await assertRejects(() => accepts(token, ["global"]), HerokuError);
    assertEquals(error.code, code);
    assertConceals(error, [token]);
  });
}
