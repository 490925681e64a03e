import { assert, assertEquals, assertMatch, assertNotEquals } from "@std/assert";
import { createFakeHeroku } from "../../../lib/testing/mod.ts";
import { AUTHORIZATIONS, call, errorId, shown, shownAll } from "./call.ts";

const NOW = Date.UTC(2026, 0, 1);
const CLIENT = {
  id: "11111111-1111-4111-8111-111111111111",
  secret: "client-secret",
  name: "Acme",
  redirect_uri: "https://acme.example/callback",
};

Deno.test("create makes an authorization whose token works, and answers it whole", async () => {
  const heroku = createFakeHeroku({ faults: false, now: NOW });
  const made = await call(heroku, "POST", AUTHORIZATIONS, {
    body: { scope: ["write-protected"], description: "ci-deploy", expires_in: 3600 },
  });

  assertEquals(made.status, 201);
  const [live] = heroku.live();
  assertEquals(JSON.parse(made.text), {
    access_token: { expires_in: 3600, id: shown(made).access_token.id, token: live.token },
    client: null,
    created_at: "2026-01-01T00:00:00Z",
    description: "ci-deploy",
    grant: null,
    id: live.id,
    refresh_token: null,
    scope: ["write-protected"],
    session: null,
    updated_at: "2026-01-01T00:00:00Z",
    user: JSON.parse(made.text).user,
  });
  assertEquals(live.expires_at, NOW + 3_600_000);
  assert(heroku.accepts(live.token));
});

Deno.test("create gives the scope 'global' and no expiry where none is asked for", async () => {
  const heroku = createFakeHeroku({ faults: false });
  const made = shown(await call(heroku, "POST", AUTHORIZATIONS, { body: {} }));

  assertEquals(made.scope, ["global"]);
  assertEquals(made.description, "Long-lived user authorization");
  assertEquals(made.access_token.expires_in, null);
});

Deno.test("create lets the same description live several times", async () => {
  const heroku = createFakeHeroku({ faults: false });
  for (let made = 0; made < 3; made++) {
    await call(heroku, "POST", AUTHORIZATIONS, { body: { description: "ci" } });
  }

  assertEquals(heroku.live().map(({ description }) => description), ["ci", "ci", "ci"]);
  assertEquals(new Set(heroku.live().map(({ token }) => token)).size, 3);
});

Deno.test("create takes a known client by its id, as a string and as Heroku's identity server sends it", async () => {
  const heroku = createFakeHeroku({ faults: false, clients: [CLIENT] });
  const { id, name, redirect_uri } = CLIENT;
  for (const client of [id, { id }]) {
    const made = shown(await call(heroku, "POST", AUTHORIZATIONS, { body: { client } }));
    assertEquals(made.client, { id, name, redirect_uri });
  }
  const without = await call(heroku, "POST", AUTHORIZATIONS, { body: { client: {} } });
  assertEquals([without.status, shown(without).client], [201, null]);
});

Deno.test("create takes the lifetime in digits, as Heroku's CLI sends it", async () => {
  const heroku = createFakeHeroku({ faults: false, now: NOW });
  const made = shown(
    await call(heroku, "POST", AUTHORIZATIONS, { body: { expires_in: "3600" } }),
  );
  assertEquals([made.access_token.expires_in, heroku.live()[0].expires_at], [
    3600,
    NOW + 3_600_000,
  ]);
});

Deno.test("create answers the whole lifetime, and a read at the same time a second less", async () => {
  const heroku = createFakeHeroku({ faults: false, now: NOW });
  const body = { expires_in: 3600 };
  const made = shown(await call(heroku, "POST", AUTHORIZATIONS, { body }));
  assertEquals(made.access_token.expires_in, 3600);
  const path = `${AUTHORIZATIONS}/${made.id}`;
  for (const [passed, left] of [[0, 3599], [1000, 3599], [1, 3598], [10_000, 3588]]) {
    heroku.advance(passed);
    const info = shown(await call(heroku, "GET", path));
    assertEquals(info.access_token.expires_in, left);
  }
  const again = shown(await call(heroku, "POST", `${path}/actions/regenerate-tokens`));
  assertEquals(again.access_token.expires_in, 28_800);
  assertEquals(shown(await call(heroku, "GET", path)).access_token.expires_in, 28_799);
});

Deno.test("create shows an address for a client that has none", async () => {
  const { redirect_uri: _left, ...client } = CLIENT;
  const heroku = createFakeHeroku({ faults: false, clients: [client] });
  const made = shown(await call(heroku, "POST", AUTHORIZATIONS, { body: { client: client.id } }));
  assertEquals(made.client, {
    id: client.id,
    name: client.name,
    redirect_uri: "https://example.com/auth/heroku/callback",
  });
});

const INVALID: readonly [what: string, body: Record<string, unknown>][] = [
  ["a scope that is no array", { scope: "global" }],
  ["an empty scope", { scope: [] }],
  ["a scope of numbers", { scope: [1] }],
  ["an empty name in the scope", { scope: ["global", ""] }],
  ["a scope of null", { scope: null }],
  ["a description that is no string", { description: 7 }],
  ["a description of null", { description: null }],
  ["a client whose id is no string", { client: { id: 5 } }],
  ["a client of null", { client: null }],
  ["an unknown client", { client: "22222222-2222-4222-8222-222222222222" }],
  ["a lifetime in words", { expires_in: "an hour" }],
  ["an empty lifetime", { expires_in: "" }],
  ["a lifetime of digits that is none", { expires_in: "0" }],
  ["half a second in digits", { expires_in: "0.5" }],
  ["half a second", { expires_in: 0.5 }],
  ["no lifetime at all", { expires_in: 0 }],
  ["a negative lifetime", { expires_in: -1 }],
];

for (const [what, body] of INVALID) {
  Deno.test(`create refuses ${what} with 422 and makes nothing`, async () => {
    const heroku = createFakeHeroku({ faults: false, clients: [CLIENT] });
    const refused = await call(heroku, "POST", AUTHORIZATIONS, { body });

    assertEquals([refused.status, errorId(refused)], [422, "invalid_params"]);
    assertEquals(heroku.live(), []);
  });
}

for (const body of [undefined, "", "{", "[]", "null", "3", '"text"', "<p>"]) {
  Deno.test(`create and update refuse the body ${JSON.stringify(body)} with 400`, async () => {
    const heroku = createFakeHeroku({ faults: false });
    const { id } = heroku.issue({ description: "ci" });

    for (const [method, path] of [["POST", AUTHORIZATIONS], ["PATCH", `${AUTHORIZATIONS}/${id}`]]) {
      const refused = await call(heroku, method, path, { body });
      assertEquals([refused.status, errorId(refused)], [400, "bad_request"]);
    }
    assertEquals(heroku.live().map(({ description }) => description), ["ci"]);
  });
}

Deno.test("list and info count down the seconds left at the moment of the answer", async () => {
  const heroku = createFakeHeroku({ faults: false, now: NOW });
  const { id } = heroku.issue({ expires_in: 100 });
  const never = heroku.issue();

  for (const [passed, left] of [[0, 99], [1, 99], [999, 99], [1, 98], [29_000, 69], [69_998, 0]]) {
    heroku.advance(passed);
    const info = shown(await call(heroku, "GET", `${AUTHORIZATIONS}/${id}`));
    assertEquals(info.access_token.expires_in, left);
    const listed = shownAll(await call(heroku, "GET", AUTHORIZATIONS));
    assertEquals(listed.find((one) => one.id === id), info);
    assertEquals(listed.find((one) => one.id === never.id)?.access_token.expires_in, null);
  }
});

Deno.test("list shows a change at once", async () => {
  const heroku = createFakeHeroku({ faults: false, now: NOW });
  const { id } = heroku.issue({ description: "before", expires_in: 100 });
  await call(heroku, "GET", AUTHORIZATIONS);
  heroku.advance(5_000);
  heroku.edit(id, { description: "after" });
  const [edited] = shownAll(await call(heroku, "GET", AUTHORIZATIONS));
  assertEquals([edited.description, edited.updated_at], ["after", "2026-01-01T00:00:05Z"]);

  await call(heroku, "POST", `${AUTHORIZATIONS}/${id}/actions/regenerate-tokens`);
  const [regenerated] = shownAll(await call(heroku, "GET", AUTHORIZATIONS));
  assertNotEquals(regenerated.access_token.id, edited.access_token.id);
  assertEquals(regenerated.access_token.expires_in, 8 * 3600 - 1);
});

Deno.test("an expired authorization vanishes, and its end is dated when it was due", async () => {
  const heroku = createFakeHeroku({ faults: false, now: NOW });
  const { id, token } = heroku.issue({ description: "short", expires_in: 10 });
  heroku.advance(9_999);
  assert(heroku.accepts(token));

  heroku.advance(60_000);
  assertEquals(heroku.accepts(token), false);
  assertEquals((await call(heroku, "GET", `${AUTHORIZATIONS}/${id}`)).status, 404);
  assertEquals((await call(heroku, "GET", AUTHORIZATIONS)).text, "[]");
  assertEquals((await call(heroku, "GET", "/account", { token })).status, 401);
  assertEquals(heroku.deletions, [
    { id, description: "short", ended: token, at: NOW + 10_000, by: "expiry" },
  ]);
});

Deno.test("info answers 404 for an id that is unknown", async () => {
  const heroku = createFakeHeroku({ faults: false });
  for (const id of ["33333333-3333-4333-8333-333333333333", "nonsense", "%F0%9F", "~"]) {
    const missing = await call(heroku, "GET", `${AUTHORIZATIONS}/${id}`);
    assertEquals([missing.status, errorId(missing)], [404, "not_found"]);
  }
  const { text } = await call(heroku, "DELETE", `${AUTHORIZATIONS}/nonsense`);
  assertEquals(JSON.parse(text), {
    id: "not_found",
    message: "Couldn't find that OAuth authorization.",
    resource: "authorization",
  });
});

Deno.test("delete answers the record and ends the token at once", async () => {
  const heroku = createFakeHeroku({ faults: false, now: NOW });
  const { id, token } = heroku.issue({ description: "stale" });
  const path = `${AUTHORIZATIONS}/${id}`;
  const deleted = await call(heroku, "DELETE", path);

  assertEquals([deleted.status, shown(deleted).id], [200, id]);
  assertEquals(heroku.accepts(token), false);
  assertEquals((await call(heroku, "DELETE", path)).status, 404);
  assertEquals(heroku.deletions, [
    { id, description: "stale", ended: token, by: "request", at: NOW, token: heroku.token },
  ]);
});

Deno.test("update changes the description and the client, and nothing else", async () => {
  const heroku = createFakeHeroku({ faults: false, now: NOW, clients: [CLIENT] });
  const issued = heroku.issue({ description: "old", scope: ["read"], expires_in: 50 });
  const path = `${AUTHORIZATIONS}/${issued.id}`;
  heroku.advance(2_000);
  const updated = await call(heroku, "PATCH", path, { body: { description: "new" } });

  assertEquals(updated.status, 200);
  assertEquals(heroku.live(), [
    { ...issued, description: "new", updated_at: "2026-01-01T00:00:02Z" },
  ]);
  const { id, secret } = CLIENT;
  const moved = shown(await call(heroku, "PATCH", path, { body: { client: { id, secret } } }));
  assertEquals([moved.description, moved.client], [
    "new",
    { id, name: CLIENT.name, redirect_uri: CLIENT.redirect_uri },
  ]);
});

Deno.test("update takes an empty client for none named, and a client without its secret", async () => {
  const heroku = createFakeHeroku({ faults: false, clients: [CLIENT] });
  const { id: issued } = heroku.issue({ description: "old" });
  const path = `${AUTHORIZATIONS}/${issued}`;
  const { id, name, redirect_uri } = CLIENT;
  for (
    const [body, client] of [
      [{ description: "new", client: {} }, null],
      [{ client: { id } }, { id, name, redirect_uri }],
      [{ description: "newer", client: {} }, { id, name, redirect_uri }],
    ]
  ) {
    const updated = await call(heroku, "PATCH", path, { body });
    assertEquals([updated.status, shown(updated).client], [200, client]);
  }
  assertEquals(heroku.live()[0].description, "newer");
});

const UNCHANGEABLE: readonly [what: string, body: Record<string, unknown>][] = [
  ["a scope", { scope: ["global"] }],
  ["a lifetime", { expires_in: 3600 }],
  ["a description that is no string", { description: ["new"] }],
  ["a client by only its id", { client: CLIENT.id }],
  ["a client of null", { client: null }],
  ["a client that is unknown", { client: { id: "22222222-2222-4222-8222-222222222222" } }],
  ["a client with a wrong secret", { client: { id: CLIENT.id, secret: "guess" } }],
];

for (const [what, body] of UNCHANGEABLE) {
  Deno.test(`update refuses ${what} with 422 and changes nothing`, async () => {
    const heroku = createFakeHeroku({ faults: false, clients: [CLIENT] });
    const issued = heroku.issue({ description: "old", scope: ["read"] });
    const refused = await call(heroku, "PATCH", `${AUTHORIZATIONS}/${issued.id}`, {
      body: { description: "new", ...body },
    });

    assertEquals([refused.status, errorId(refused)], [422, "invalid_params"]);
    assertEquals(heroku.live(), [issued]);
  });
}

for (const regenerateStatus of [200, 201] as const) {
  Deno.test(`regenerate answers ${regenerateStatus}, gives eight hours and ends the old token`, async () => {
    const heroku = createFakeHeroku({ faults: false, now: NOW, regenerateStatus });
    const issued = heroku.issue({ description: "ci", scope: ["read"], expires_in: 30 * 86_400 });
    const path = `${AUTHORIZATIONS}/${issued.id}/actions/regenerate-tokens`;
    const regenerated = await call(heroku, "POST", path);
    const record = shown(regenerated);

    assertEquals(regenerated.status, regenerateStatus);
    assertEquals([record.id, record.scope, record.access_token.expires_in], [
      issued.id,
      ["read"],
      28_800,
    ]);
    assertEquals([heroku.accepts(issued.token), heroku.accepts(record.access_token.token)], [
      false,
      true,
    ]);
    assertEquals(heroku.deletions, [{
      id: issued.id,
      description: "ci",
      at: NOW,
      by: "regenerate",
      token: heroku.token,
      ended: issued.token,
    }]);
    heroku.advance(28_800_000);
    assertEquals(heroku.live(), []);
  });
}

Deno.test("regenerate lengthens a lifetime that would have ended sooner", async () => {
  const heroku = createFakeHeroku({ faults: false, now: NOW });
  const { id } = heroku.issue({ expires_in: 60 });
  await call(heroku, "POST", `${AUTHORIZATIONS}/${id}/actions/regenerate-tokens`);
  heroku.advance(120_000);

  assertEquals(heroku.live().map((one) => one.id), [id]);
});

Deno.test("list, info, update and delete redact the token, create and regenerate don't", async () => {
  const heroku = createFakeHeroku({ faults: false, tokenPrefix: "CANARY" });
  const made = await call(heroku, "POST", AUTHORIZATIONS, { body: {} });
  const path = `${AUTHORIZATIONS}/${shown(made).id}`;
  const whole = [made, await call(heroku, "POST", `${path}/actions/regenerate-tokens`)];
  const redacted = [
    await call(heroku, "GET", AUTHORIZATIONS),
    await call(heroku, "GET", path),
    await call(heroku, "PATCH", path, { body: {} }),
    await call(heroku, "DELETE", path),
  ];

  for (const { text } of whole) assertMatch(text, /"HRKU-AACANARY[\w-]{52}"/);
  for (const { text } of redacted) {
    assertMatch(text, /"HRKU-AA\*{10}[\w-]{6}"/);
    assert(!text.includes("CANARY"));
  }
});

Deno.test("with the weak redaction all tokens look the same", async () => {
  const heroku = createFakeHeroku({ faults: false, redaction: "weak" });
  heroku.issue();
  heroku.issue();
  const records = shownAll(await call(heroku, "GET", AUTHORIZATIONS));
  assertEquals(records.map(({ access_token }) => access_token.token), [
    "HRKU-AA**********",
    "HRKU-AA**********",
  ]);
});

Deno.test("an older server, with redact: false, gives every token whole", async () => {
  const heroku = createFakeHeroku({ faults: false, redact: false });
  const { id, token } = heroku.issue();
  const path = `${AUTHORIZATIONS}/${id}`;

  assertEquals(shownAll(await call(heroku, "GET", AUTHORIZATIONS))[0].access_token.token, token);
  assertEquals(shown(await call(heroku, "GET", path)).access_token.token, token);
  assertEquals(shown(await call(heroku, "DELETE", path)).access_token.token, token);
});

Deno.test("the id ~ stands for the account's default key where there is one", async () => {
  const heroku = createFakeHeroku({ faults: false, defaultKey: true });
  const [defaultKey] = heroku.live();
  assertEquals(defaultKey.token, heroku.token);
  assertEquals(shown(await call(heroku, "GET", `${AUTHORIZATIONS}/~`)).id, defaultKey.id);

  await call(heroku, "DELETE", `${AUTHORIZATIONS}/~`);
  assertEquals(heroku.accepts(heroku.token), false);
  assertEquals((await call(heroku, "GET", AUTHORIZATIONS)).status, 401);
});

Deno.test("info and list answer 304 until something but the seconds left changes", async () => {
  const heroku = createFakeHeroku({ faults: false });
  const { id } = heroku.issue({ expires_in: 3600 });
  for (const path of [AUTHORIZATIONS, `${AUTHORIZATIONS}/${id}`]) {
    const etag = (await call(heroku, "GET", path)).headers.get("ETag") ?? "";
    assertMatch(etag, /^"[\w-]+"$/);
    const headers = { "If-None-Match": etag };

    heroku.advance(60_000);
    const same = await call(heroku, "GET", path, { headers });
    assertEquals([same.status, same.text, same.headers.get("ETag")], [304, "", etag]);

    heroku.edit(id, { description: `edited for ${path}` });
    assertEquals((await call(heroku, "GET", path, { headers })).status, 200);
  }
});

Deno.test("list gives each range a tag of its own", async () => {
  const heroku = createFakeHeroku({ faults: false });
  const tags = new Set<string | null>();
  for (const Range of ["id ..", "id ..; max=1", "id a..", "id ]a..", "id a..b", "id a..b["]) {
    tags.add(
      (await call(heroku, "GET", AUTHORIZATIONS, { headers: { Range } })).headers.get("ETag"),
    );
  }

  assertEquals(tags.size, 6);
});
