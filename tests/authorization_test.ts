import { assert, assertEquals } from "@std/assert";
import { isExpired, isIssued, parseAuthorization } from "../lib/authorization.ts";

const ID = "01234567-89ab-cdef-0123-456789abcdef";

const WHOLE = {
  access_token: { expires_in: 7200, id: ID, token: "HRKU-x", version: 2 },
  client: { id: ID, name: "cli", redirect_uri: "https://example.com/auth" },
  created_at: "2026-01-01T12:00:00Z",
  description: "ci-deploy",
  grant: { code: "code", expires_in: 2592000, id: ID },
  id: ID,
  refresh_token: { expires_in: null, id: ID, token: "refresh" },
  scope: ["global", "read-app-0123"],
  session: { id: ID },
  updated_at: "2026-01-01T12:00:00Z",
  user: { id: ID, email: "someone@example.org", full_name: null },
};

function parsed(value: unknown): unknown {
  const result = parseAuthorization(value);
  return result.ok ? result.authorization : result.reason;
}

Deno.test("parseAuthorization() gives a whole record as it is", () => {
  assertEquals(parsed(WHOLE), WHOLE);
});

Deno.test("parseAuthorization() takes records that lack members, and keeps unknown ones", () => {
  const table: readonly unknown[] = [
    { id: ID },
    { id: "no uuid" },
    { id: "~" },
    { id: ID, access_token: null, client: null, grant: null, refresh_token: null, session: null },
    { id: ID, access_token: {}, client: {}, grant: {}, refresh_token: {}, session: {}, user: {} },
    { id: ID, access_token: { expires_in: null } },
    { id: ID, access_token: { expires_in: -3, more: [1] } },
    { id: ID, grant: { expires_in: "2026-01-01T12:00:00Z" } },
    { id: ID, scope: [], description: "" },
    { id: ID, colour: { deep: [null, { er: true }] } },
  ];
  for (const record of table) assertEquals(parsed(record), record);
});

Deno.test("parseAuthorization() leaves out a member that is null where Heroku knows no null", () => {
  assertEquals(
    parsed({
      id: ID,
      description: null,
      scope: null,
      user: null,
      created_at: null,
      access_token: { id: null, token: null, expires_in: null },
    }),
    { id: ID, access_token: { expires_in: null } },
  );
});

Deno.test("parseAuthorization() says what is wrong, and quotes nothing", () => {
  const table: readonly (readonly [unknown, string])[] = [
    [null, "it must be an object, not null"],
    [[], "it must be an object, not an array"],
    ["HRKU-secret", "it must be an object, not a string"],
    [{}, "its 'id' is missing"],
    [{ id: "" }, "its 'id' must be a string that is not empty"],
    [{ id: null }, "its 'id' must be a string that is not empty"],
    [{ id: 5 }, "its 'id' must be a string that is not empty"],
    [{ id: ID, description: 5 }, "its 'description' must be a string, not a number"],
    [{ id: ID, scope: "global" }, "its 'scope' must be an array of strings, not a string"],
    [{ id: ID, scope: ["global", 5] }, "its 'scope' must be an array of strings, not an array"],
    [
      { id: ID, access_token: "HRKU-secret" },
      "its 'access_token' must be an object or null, not a string",
    ],
    [{ id: ID, access_token: [] }, "its 'access_token' must be an object or null, not an array"],
    [
      { id: ID, access_token: { token: 5 } },
      "its 'access_token.token' must be a string, not a number",
    ],
    [
      { id: ID, access_token: { expires_in: "7200" } },
      "its 'access_token.expires_in' must be a number or null, not a string",
    ],
    [{ id: ID, user: { email: {} } }, "its 'user.email' must be a string, not an object"],
    [{ id: ID, created_at: 1767268800 }, "its 'created_at' must be a string, not a number"],
    [
      { id: ID, grant: { expires_in: true } },
      "its 'grant.expires_in' must be a number or a string or null, not a boolean",
    ],
    [
      JSON.parse(`{"id": "${ID}", "access_token": {"expires_in": 1e999}}`),
      "its 'access_token.expires_in' must be a number or null, not a number",
    ],
  ];
  for (const [value, reason] of table) assertEquals(parsed(value), reason);
});

Deno.test("parseAuthorization() lets no record reach a prototype", () => {
  const result = parsed(JSON.parse(`{"id": "${ID}", "__proto__": {"polluted": true}}`));
  assert(typeof result === "object" && result !== null);
  assertEquals(Object.getPrototypeOf(result), Object.prototype);
  assert(!("polluted" in result));
  assertEquals(
    parsed(JSON.parse(`{"__proto__": {"id": "${ID}"}}`)),
    "its 'id' is missing",
  );
});

Deno.test("parseAuthorization() doesn't change the value it was given", () => {
  const value = { id: ID, description: null, access_token: { token: null } };
  parseAuthorization(value);
  assertEquals(value, { id: ID, description: null, access_token: { token: null } });
});

Deno.test("isIssued() wants a token that is there, whole, and fit for a header", () => {
  const table = [
    ["HRKU-AAabcdef", true],
    [ID, true],
    ["a*b", true],
    ["HRKU-AA**********", false],
    ["HRKU-**********wxyz", false],
    ["", false],
    ["two\nlines", false],
    [undefined, false],
  ] as const;
  for (const [token, expected] of table) {
    assertEquals(isIssued({ id: ID, access_token: { token } }), expected, String(token));
  }
  assertEquals(isIssued({ id: ID, access_token: null }), false);
  assertEquals(isIssued({ id: ID }), false);
});

Deno.test("isExpired() takes zero and less for expired, null and silence for not", () => {
  const table = [[1, false], [0, true], [-5, true], [null, false], [undefined, false]] as const;
  for (const [expires_in, expected] of table) {
    assertEquals(isExpired({ id: ID, access_token: { expires_in } }), expected, `${expires_in}`);
  }
  assertEquals(isExpired({ id: ID, access_token: null }), false);
});
