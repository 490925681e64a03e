import { assert, assertEquals, assertMatch, assertThrows } from "@std/assert";
import { createFakeHeroku } from "../../../lib/testing/mod.ts";
import { AUTHORIZATIONS, call, shown } from "./call.ts";

const NOW = Date.UTC(2026, 0, 31);
const DAY = 86_400_000;

Deno.test("issue() makes an authorization without any request", () => {
  const heroku = createFakeHeroku({ faults: { drop: 1 }, now: NOW });
  const issued = heroku.issue({ description: "ci", scope: ["read"], expires_in: 60 });

  assertMatch(issued.token, /^HRKU-AA[\w-]{58}$/);
  assertEquals(issued.expires_at, NOW + 60_000);
  assertEquals(heroku.live(), [issued]);
  assert(heroku.accepts(issued.token));
  assertEquals([heroku.requests, heroku.calls], [[], 0]);
});

Deno.test("issue() counts the lifetime from 'created_at'", async () => {
  const heroku = createFakeHeroku({ faults: false, now: NOW });
  for (const created_at of [NOW - 20 * DAY, new Date(NOW - 20 * DAY).toISOString()]) {
    const { id } = heroku.issue({ created_at, expires_in: 30 * 86_400 });
    const record = shown(await call(heroku, "GET", `${AUTHORIZATIONS}/${id}`));
    assertEquals(record.created_at, "2026-01-11T00:00:00Z");
    assertEquals(record.access_token.expires_in, 10 * 86_400);
  }
  const { id } = heroku.issue({ created_at: NOW - 20 * DAY, expires_in: 60 });
  assertEquals(heroku.deletions.map((deletion) => deletion.id), [id]);
});

Deno.test("issue() takes an id and a token of any form, each once", async () => {
  const heroku = createFakeHeroku({ faults: false });
  heroku.issue({ id: "no uuid/ü", token: "plain" });
  const info = await call(heroku, "GET", `${AUTHORIZATIONS}/no%20uuid%2F%C3%BC`, {
    token: "plain",
  });

  assertEquals([info.status, shown(info).id], [200, "no uuid/ü"]);
  assertThrows(() => heroku.issue({ id: "no uuid/ü" }), TypeError, "taken");
  assertThrows(() => heroku.issue({ token: "plain" }), TypeError, "taken");
  assertThrows(() => heroku.issue({ client: "no one" }), TypeError, "'no one'");
  assertThrows(() => heroku.issue({ created_at: "soon" }), TypeError, "'soon'");
  assertEquals(heroku.live().length, 1);
});

Deno.test("issue() can leave members out of every answer, and the token works", async () => {
  const heroku = createFakeHeroku({ faults: false });
  const { id, token } = heroku.issue({ omit: ["access_token", "session", "description"] });
  const [listed] = JSON.parse((await call(heroku, "GET", AUTHORIZATIONS, { token })).text);

  assertEquals(Object.keys(listed).sort(), [
    "client",
    "created_at",
    "grant",
    "id",
    "refresh_token",
    "scope",
    "updated_at",
    "user",
  ]);
  assertEquals(listed.id, id);
});

Deno.test("insert() lists odd records as they are, over all pages", async () => {
  const heroku = createFakeHeroku({ faults: false });
  const odd = [{}, {}, { id: 7 }, { id: "legacy", scope: "global" }, { id: "a b" }, {
    id: "legacy",
  }];
  for (const record of odd) heroku.insert(record);
  const issued = heroku.issue();
  const listed: unknown[] = [];
  let range: string | null = "id ..; max=2";
  while (range !== null) {
    const page = await call(heroku, "GET", AUTHORIZATIONS, { headers: { Range: range } });
    listed.push(...JSON.parse(page.text));
    range = page.headers.get("Next-Range");
  }

  assertEquals(listed.length, odd.length + 1);
  for (const record of odd) {
    assert(listed.some((one) => JSON.stringify(one) === JSON.stringify(record)));
  }
  assertEquals(heroku.live(), [issued]);
});

Deno.test("insert() makes records that can be read and deleted by the id they show", async () => {
  const heroku = createFakeHeroku({ faults: false, now: NOW });
  const record = { id: "legacy", description: "old" };
  heroku.insert(record);
  const path = `${AUTHORIZATIONS}/legacy`;
  for (const [method, body] of [["GET"], ["PATCH", { description: "x" }], ["DELETE"]] as const) {
    const answer = await call(heroku, method, path, { body });
    assertEquals([method, answer.status, JSON.parse(answer.text)], [method, 200, record]);
  }

  assertEquals((await call(heroku, "GET", path)).status, 404);
  assertEquals(heroku.deletions, [
    { id: "legacy", description: "old", by: "request", at: NOW, token: heroku.token },
  ]);
});

Deno.test("edit() changes a description by hand and says whether it could", () => {
  const heroku = createFakeHeroku({ faults: false, now: NOW });
  const { id } = heroku.issue({ description: "before", expires_in: 60 });
  heroku.advance(1_000);

  assertEquals(heroku.edit(id, { description: "after" }), true);
  const [{ description, updated_at }] = heroku.live();
  assertEquals([description, updated_at], ["after", "2026-01-31T00:00:01Z"]);
  heroku.advance(60_000);
  assertEquals(heroku.edit(id, { description: "too late" }), false);
  assertEquals(heroku.edit("nowhere", { description: "x" }), false);
});

Deno.test("revoke() ends an authorization by hand and says whether it could", () => {
  const heroku = createFakeHeroku({ faults: false, now: NOW });
  const { id, token } = heroku.issue({ description: "ci" });

  assertEquals(heroku.revoke(id), true);
  assertEquals([heroku.accepts(token), heroku.live(), heroku.revoke(id)], [false, [], false]);
  assertEquals(heroku.deletions, [
    { id, description: "ci", ended: token, by: "operator", at: NOW },
  ]);
});

Deno.test("tokens() keeps every token there has ever been", async () => {
  const heroku = createFakeHeroku({ faults: false });
  const issued = heroku.issue();
  heroku.issue({ token: "plain" });
  await call(heroku, "POST", `${AUTHORIZATIONS}/${issued.id}/actions/regenerate-tokens`);
  heroku.revoke(issued.id);
  const { deletions } = heroku;

  const ended = deletions.map((deletion) => deletion.ended ?? "");
  assertEquals(new Set(heroku.tokens()), new Set([heroku.token, "plain", ...ended]));
});
