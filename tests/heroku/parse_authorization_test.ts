import { assert, assertEquals } from "@std/assert";
import {
  LONGEST_BELIEVED_LIFETIME,
  parseAuthorization,
} from "../../lib/heroku/parse_authorization.ts";

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

function mistyped(value: unknown): string[] {
  const result = parseAuthorization(value);
  assert(result.ok);
  return result.mistyped.map(({ member, reason }) => `${member}: ${reason}`);
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
  for (const record of table) {
    assertEquals(parsed(record), record);
    assertEquals(mistyped(record), []);
  }
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

Deno.test("parseAuthorization() takes only what has an id, says what is wrong and quotes nothing", () => {
  const table: readonly (readonly [unknown, string])[] = [
    [null, "it must be an object, not null"],
    [[], "it must be an object, not an array"],
    ["HRKU-secret", "it must be an object, not a string"],
    [{}, "its 'id' is missing"],
    [{ id: "" }, "its 'id' must be a string that is not empty"],
    [{ id: null }, "its 'id' must be a string that is not empty"],
    [{ id: 5 }, "its 'id' must be a string that is not empty"],
  ];
  for (const [value, reason] of table) assertEquals(parsed(value), reason);
});

Deno.test("parseAuthorization() leaves out a member of another type, says which and quotes nothing", () => {
  const table: readonly (readonly [Record<string, unknown>, Record<string, unknown>, string])[] = [
    [{ description: 5 }, {}, "description: it must be a string, not a number"],
    [{ scope: "global" }, {}, "scope: it must be an array of strings, not a string"],
    [{ scope: ["global", 5] }, {}, "scope: it must be an array of strings, not an array"],
    [
      { access_token: "HRKU-secret" },
      {},
      "access_token: it must be an object or null, not a string",
    ],
    [{ access_token: [] }, {}, "access_token: it must be an object or null, not an array"],
    [
      { access_token: { token: 5, id: ID } },
      { access_token: { id: ID } },
      "access_token.token: it must be a string, not a number",
    ],
    [
      { access_token: { version: "1", token: "HRKU-x", expires_in: 5 } },
      { access_token: { token: "HRKU-x", expires_in: 5 } },
      "access_token.version: it must be a number, not a string",
    ],
    [
      { access_token: { expires_in: "soon" } },
      { access_token: {} },
      "access_token.expires_in: it must be a number or null, not a string",
    ],
    [
      { client: { id: 123, name: "stub" } },
      { client: { name: "stub" } },
      "client.id: it must be a string, not a number",
    ],
    [{ user: { email: {} } }, { user: {} }, "user.email: it must be a string, not an object"],
    [{ created_at: 1767268800 }, {}, "created_at: it must be a string, not a number"],
    [
      { grant: { expires_in: true } },
      { grant: {} },
      "grant.expires_in: it must be a number or a date or null, not a boolean",
    ],
    [
      { more: 1, session: false },
      { more: 1 },
      "session: it must be an object or null, not a boolean",
    ],
  ];
  for (const [members, kept, problem] of table) {
    assertEquals(parsed({ id: ID, ...members }), { id: ID, ...kept }, problem);
    assertEquals(mistyped({ id: ID, ...members }), [problem]);
  }
});

Deno.test("parseAuthorization() says each member that it leaves out", () => {
  assertEquals(
    mistyped({ id: ID, scope: {}, access_token: { id: 1, token: 2 }, user: { full_name: [] } }),
    [
      "scope: it must be an array of strings, not an object",
      "access_token.id: it must be a string, not a number",
      "access_token.token: it must be a string, not a number",
      "user.full_name: it must be a string or null, not an array",
    ],
  );
});

Deno.test("parseAuthorization() reads digits in 'expires_in' as a number", () => {
  for (const holder of ["access_token", "refresh_token", "grant"]) {
    for (const [given, read] of [["7200", 7200], ["0", 0], ["-3", -3], ["007", 7]]) {
      const value = { id: ID, [holder]: { expires_in: given } };
      assertEquals(parsed(value), { id: ID, [holder]: { expires_in: read } });
      assertEquals(mistyped(value), []);
    }
  }
});

Deno.test("parseAuthorization() takes an absurd 'expires_in' for unknown, not for never or expired", () => {
  const month = 30 * 24 * 60 * 60;
  const absurd = [
    month * 1000,
    String(month * 1000),
    LONGEST_BELIEVED_LIFETIME + 1,
    Date.UTC(2026, 0, 1),
    Date.UTC(2026, 0, 1) / 1000,
    Number.MAX_SAFE_INTEGER,
    1e300,
    Infinity,
    -Infinity,
    "9".repeat(400),
    "-" + "9".repeat(400),
  ];
  for (const holder of ["access_token", "refresh_token", "grant"]) {
    for (const expires_in of absurd) {
      const value = { id: ID, [holder]: { id: ID, expires_in } };
      assertEquals(parsed(value), { id: ID, [holder]: { id: ID } }, String(expires_in));
      assertEquals(mistyped(value), [
        `${holder}.expires_in: it must be at most twenty years, in seconds`,
      ]);
    }
    for (const expires_in of [LONGEST_BELIEVED_LIFETIME, month, 0, -1, -month * 1000]) {
      const value = { id: ID, [holder]: { expires_in } };
      assertEquals(parsed(value), value);
    }
  }
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
