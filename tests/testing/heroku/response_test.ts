import { assert, assertEquals, assertMatch } from "@std/assert";
import { createFakeHeroku } from "../../../lib/testing/mod.ts";
import { AUTHORIZATIONS, call } from "./call.ts";

const NOW = Date.UTC(2026, 0, 1);
const UUID = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/;

Deno.test("every answer of the API has the headers of a recorded one, errors too", async () => {
  const heroku = createFakeHeroku({ faults: false, now: NOW });
  for (const [method, path] of [["GET", "/account"], ["GET", `${AUTHORIZATIONS}/x`]]) {
    const { headers } = await call(heroku, method, path);
    const expected = {
      "Cache-Control": "private, no-cache",
      "Content-Type": "application/json",
      "Last-Modified": "Thu, 01 Jan 2026 00:00:00 GMT",
      "Oauth-Scope": "global",
      "RateLimit-Multiplier": "1",
      "Vary": "Authorization,Accept-Encoding",
    };
    for (const [name, value] of Object.entries(expected)) {
      assertEquals([name, headers.get(name)], [name, value]);
    }
    assertMatch(headers.get("ETag") ?? "", /^"[\w-]+"$/);
    assert(headers.has("RateLimit-Remaining"));
  }
});

Deno.test("Oauth-Scope names the token's scope, Oauth-Scope-Accepted those that would do", async () => {
  const heroku = createFakeHeroku({ faults: false });
  heroku.createApp("acme");
  const { token } = heroku.issue({ scope: ["read-protected", "identity"] });
  for (
    const [path, accepted] of [
      ["/account", "global identity"],
      [AUTHORIZATIONS, "global"],
      ["/apps/acme/config-vars", "global read-protected write-protected"],
    ]
  ) {
    const { headers } = await call(heroku, "GET", path, { token });
    assertEquals(
      [headers.get("Oauth-Scope"), headers.get("Oauth-Scope-Accepted")],
      ["read-protected identity", accepted],
    );
  }
});

Deno.test("Oauth-Scope copes with a scope that no header can carry", async () => {
  const heroku = createFakeHeroku({ faults: false });
  const { token } = heroku.issue({ scope: ["identity", "grün\r\nX: 1€"] });
  const { status, headers } = await call(heroku, "GET", "/account", { token });
  assertEquals([status, headers.get("Oauth-Scope")], [200, "identity gr?n??X: 1?"]);
});

Deno.test("a 401 says nothing of a rate limit or a scope", async () => {
  const heroku = createFakeHeroku({ faults: false });
  const { status, headers } = await call(heroku, "GET", "/account", { token: "unknown" });
  assertEquals(status, 401);
  for (const name of ["RateLimit-Remaining", "RateLimit-Multiplier", "Oauth-Scope"]) {
    assertEquals(headers.get(name), null);
  }
});

Deno.test("Request-Id has several ids, the caller's own among them", async () => {
  const heroku = createFakeHeroku({ faults: false });
  const own = "01234567-89ab-4def-8123-456789abcdef";
  const older = "11111111-89ab-4def-8123-456789abcdef";
  for (
    const [sent, count] of [
      [{}, 3],
      [{ "Request-Id": own }, 4],
      [{ "X-Request-Id": own }, 4],
      [{ "Request-Id": `${own},${older}` }, 4],
      [{ "Request-Id": "no uuid" }, 3],
    ] as const
  ) {
    const { headers } = await call(heroku, "GET", "/account", { headers: sent });
    const ids = (headers.get("Request-Id") ?? "").split(",");
    assertEquals([ids.length, ids.includes(own)], [count, count === 4]);
    for (const id of ids) assertMatch(id, UUID);
  }
});

Deno.test("a 403 for a second factor says so in its headers", async () => {
  const heroku = createFakeHeroku({ faults: false });
  assertEquals(
    (await call(heroku, "GET", "/account")).headers.get("Heroku-Two-Factor-Required"),
    null,
  );
  heroku.setAccount({ twoFactor: true });
  const { status, headers } = await call(heroku, "GET", "/account");
  assertEquals([status, headers.get("Heroku-Two-Factor-Required")], [403, "true"]);
});

Deno.test("'olderErrors' words errors as older services do, faults too, and nothing else", async () => {
  const heroku = createFakeHeroku({
    olderErrors: true,
    faults: ({ number }) => number === 2 ? "500" : undefined,
  });
  const missing = await call(heroku, "GET", `${AUTHORIZATIONS}/x`);
  assertEquals(JSON.parse(missing.text), {
    error: "Couldn't find that OAuth authorization.",
    id: "not_found",
    resource: "authorization",
  });
  assertEquals(JSON.parse((await call(heroku, "GET", "/account")).text), {
    error: "Internal server error.",
    id: "internal_server_error",
  });
  assertEquals((await call(heroku, "GET", AUTHORIZATIONS)).text, "[]");
});
