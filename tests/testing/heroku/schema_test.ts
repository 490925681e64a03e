import { assert, assertEquals } from "@std/assert";
import { createFakeHeroku, type FakeHerokuOptions } from "../../../lib/testing/mod.ts";
import { findProblems, type Kind } from "../../peers/schema.ts";
import { AUTHORIZATIONS, call } from "./call.ts";

const CLIENT = { id: "11111111-1111-4111-8111-111111111111", secret: "secret", name: "Acme" };

const OPTIONS: readonly FakeHerokuOptions[] = [
  {},
  { redact: false },
  { redaction: "weak" },
  { tokenForm: "uuid" },
  { defaultKey: true },
];

for (const options of OPTIONS) {
  Deno.test(`with ${JSON.stringify(options)} every record is valid by Heroku's schema`, async () => {
    const heroku = createFakeHeroku({ faults: false, clients: [CLIENT], ...options });
    const { id } = heroku.issue({
      expires_in: 100,
      session: "01234567-89ab-4def-8123-456789abcdef",
    });
    heroku.issue({ client: CLIENT.id });
    const path = `${AUTHORIZATIONS}/${id}`;
    const calls: readonly (readonly [Kind, method: string, path: string, body?: unknown])[] = [
      ["account", "GET", "/account"],
      ["rateLimit", "GET", "/account/rate-limits"],
      ["authorization", "POST", AUTHORIZATIONS, {}],
      ["authorization", "POST", AUTHORIZATIONS, { client: CLIENT.id, expires_in: "60" }],
      ["authorization", "GET", AUTHORIZATIONS],
      ["authorization", "GET", path],
      ["authorization", "PATCH", path, { description: "new" }],
      ["authorization", "POST", `${path}/actions/regenerate-tokens`],
      ["authorization", "DELETE", path],
    ];
    for (const [kind, method, path, body] of calls) {
      const { status, text } = await call(heroku, method, path, { body });
      assert(status < 300, `${method} ${path}: ${status}`);
      const answered: unknown = JSON.parse(text);
      for (const record of Array.isArray(answered) ? answered : [answered]) {
        assertEquals(findProblems(kind, record), []);
      }
    }
  });
}

Deno.test("findProblems() names what Heroku's schema doesn't have", async () => {
  const heroku = createFakeHeroku({ faults: false });
  const record = JSON.parse((await call(heroku, "POST", AUTHORIZATIONS, { body: {} })).text);
  const { grant: _left, ...less } = record;
  const token = record.access_token;
  for (
    const wrong of [
      less,
      { ...record, more: 1 },
      { ...record, id: "no uuid" },
      { ...record, created_at: 5 },
      { ...record, access_token: { ...token, expires_in: "7200" } },
      { ...record, user: { id: record.user.id } },
    ]
  ) {
    assertEquals(findProblems("authorization", wrong).length > 0, true, JSON.stringify(wrong));
  }
});
