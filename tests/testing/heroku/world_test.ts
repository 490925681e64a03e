import { assertEquals } from "@std/assert";
import { createFakeHeroku, type FakeHeroku, type FakeWorld } from "../../../lib/testing/mod.ts";
import { AUTHORIZATIONS, call, errorId, shown, shownAll } from "./call.ts";

const MINUTE = 60_000;

function inWorld(world: FakeWorld): FakeHeroku {
  return createFakeHeroku({ faults: false, world, now: Date.UTC(2026, 0, 1) });
}

async function create(heroku: FakeHeroku, body: Record<string, unknown> = {}) {
  return shown(await call(heroku, "POST", AUTHORIZATIONS, { body }));
}

async function listed(heroku: FakeHeroku): Promise<string[]> {
  return shownAll(await call(heroku, "GET", AUTHORIZATIONS)).map(({ id }) => id);
}

Deno.test("a lag hides a new authorization from reads, and its token works at once", async () => {
  const heroku = inWorld({ lag: 90 * MINUTE });
  const { id, access_token } = await create(heroku);
  assertEquals(await listed(heroku), []);
  assertEquals((await call(heroku, "GET", `${AUTHORIZATIONS}/${id}`)).status, 404);
  const { token } = access_token;
  assertEquals((await call(heroku, "GET", "/account", { token })).status, 200);

  heroku.advance(89 * MINUTE);
  assertEquals(await listed(heroku), []);
  heroku.advance(MINUTE);
  assertEquals(await listed(heroku), [id]);
  assertEquals((await call(heroku, "GET", `${AUTHORIZATIONS}/${id}`)).status, 200);
});

Deno.test("a lag goes on showing what was deleted, and its token ends at once", async () => {
  const heroku = inWorld({ lag: 90 * MINUTE });
  const { id, token } = heroku.issue({ created_at: heroku.now() - 100 * MINUTE });
  assertEquals((await call(heroku, "DELETE", `${AUTHORIZATIONS}/${id}`)).status, 200);
  assertEquals(await listed(heroku), [id]);
  assertEquals((await call(heroku, "GET", `${AUTHORIZATIONS}/${id}`)).status, 200);
  assertEquals((await call(heroku, "DELETE", `${AUTHORIZATIONS}/${id}`)).status, 404);
  assertEquals(heroku.accepts(token), false);

  heroku.advance(90 * MINUTE);
  assertEquals(await listed(heroku), []);
});

Deno.test("a lag is seen by a request that was answered before", async () => {
  const heroku = inWorld({ lag: MINUTE });
  await create(heroku);
  const { headers } = await call(heroku, "GET", AUTHORIZATIONS);
  const again = { headers: { "If-None-Match": headers.get("ETag") ?? "" } };
  assertEquals((await call(heroku, "GET", AUTHORIZATIONS, again)).status, 304);
  heroku.advance(MINUTE);
  assertEquals((await call(heroku, "GET", AUTHORIZATIONS, again)).status, 200);
});

const LIFETIMES: readonly [
  capped: FakeWorld["capped"],
  asked: number | null,
  granted: number | null,
][] = [
  [undefined, 7200, 7200],
  [{ seconds: 600 }, 7200, 600],
  [{ seconds: 600 }, 300, 300],
  [{ seconds: 600 }, null, 600],
  ["never", 7200, null],
];

for (const [capped, asked, granted] of LIFETIMES) {
  Deno.test(`capped by ${JSON.stringify(capped)}, ${asked} s are granted as ${granted}`, async () => {
    const heroku = inWorld({ capped });
    await create(heroku, { expires_in: asked });
    const [{ expires_at }] = heroku.live();
    assertEquals(expires_at, granted === null ? null : heroku.now() + granted * 1000);
    const [{ askedLifetime, lifetime }] = heroku.creations;
    assertEquals(askedLifetime, asked === null ? null : asked * 1000);
    assertEquals(lifetime, granted === null ? null : granted * 1000);
  });
}

const DESCRIPTIONS: readonly [renamed: FakeWorld["renamed"], stored: string][] = [
  [undefined, " Cafe\u0301 [g1 abc] "],
  ["trimmed", "Cafe\u0301 [g1 abc]"],
  ["brackets", " Cafe\u0301 (g1 abc) "],
  ["spaces", "_Cafe\u0301_[g1_abc]_"],
  ["lower case", " cafe\u0301 [g1 abc] "],
  ["upper case", " CAFE\u0301 [G1 ABC] "],
  ["nfc", " Caf\u00e9 [g1 abc] "],
  [{ cut: 4 }, " Caf"],
];

for (const [renamed, stored] of DESCRIPTIONS) {
  Deno.test(`a description renamed by ${JSON.stringify(renamed)} is stored as '${stored}'`, async () => {
    const heroku = inWorld({ renamed });
    const asked = " Cafe\u0301 [g1 abc] ";
    const { id, description } = await create(heroku, { description: asked });
    assertEquals(description, stored);
    assertEquals(heroku.creations.map(({ asked, description }) => [asked, description]), [
      [asked, stored],
    ]);

    const body = { description: `${asked}again` };
    await call(heroku, "PATCH", `${AUTHORIZATIONS}/${id}`, { body });
    const updated = await create(heroku, body);
    assertEquals(heroku.live().map(({ description }) => description), [
      updated.description,
      updated.description,
    ]);
  });
}

Deno.test("a quota answers 422 once it is reached, until one is deleted", async () => {
  const heroku = inWorld({ quota: 2 });
  const { id } = heroku.issue();
  await create(heroku);
  const refused = await call(heroku, "POST", AUTHORIZATIONS, { body: {} });
  assertEquals([refused.status, errorId(refused)], [422, "invalid_params"]);
  heroku.revoke(id);
  assertEquals((await call(heroku, "POST", AUTHORIZATIONS, { body: {} })).status, 201);
});

Deno.test("acceptedAfter answers 401 to a new token for so long", async () => {
  const heroku = inWorld({ acceptedAfter: 5 * MINUTE });
  const { token } = (await create(heroku)).access_token;
  assertEquals((await call(heroku, "GET", "/account", { token })).status, 401);
  assertEquals(heroku.accepts(token), false);
  heroku.advance(5 * MINUTE);
  assertEquals((await call(heroku, "GET", "/account", { token })).status, 200);
});

Deno.test("pageSize gives smaller pages than asked for, and all of them", async () => {
  const heroku = inWorld({ pageSize: 2 });
  const ids = Array.from({ length: 3 }, () => heroku.issue().id).sort();
  const first = await call(heroku, "GET", AUTHORIZATIONS, {
    headers: { Range: "id ..; max=1000" },
  });
  assertEquals([first.status, shownAll(first).map(({ id }) => id)], [206, ids.slice(0, 2)]);
  const Range = first.headers.get("Next-Range") ?? "";
  const second = await call(heroku, "GET", AUTHORIZATIONS, { headers: { Range } });
  assertEquals([second.status, shownAll(second).map(({ id }) => id)], [200, ids.slice(2)]);
});

Deno.test("always adds faults to every call they fit, besides its own one", async () => {
  const version = { kind: "mistyped", member: "access_token.version", value: "1" } as const;
  const heroku = createFakeHeroku({
    faults: ({ number }) => number === 3 ? "drop" : undefined,
    world: { always: [version, "deaf"] },
  });
  const { id, access_token } = await create(heroku);
  assertEquals(Reflect.get(access_token, "version"), "1");
  assertEquals((await call(heroku, "DELETE", `${AUTHORIZATIONS}/${id}`)).status, 200);
  assertEquals(heroku.live().length, 1);
  const dropped = await call(heroku, "GET", AUTHORIZATIONS).catch(() => "dropped");
  assertEquals(dropped, "dropped");
  heroku.setWorld({});
  await call(heroku, "DELETE", `${AUTHORIZATIONS}/${id}`);
  assertEquals(heroku.live().length, 0);
});

Deno.test("ownAuthorization lists what the admin token belongs to, and ends the token with it", async () => {
  const heroku = createFakeHeroku({
    faults: false,
    ownAuthorization: { description: "herotate" },
    world: { acceptedAfter: MINUTE, lag: MINUTE },
  });
  const [{ id, description, token }] = heroku.live();
  assertEquals([description, token], ["herotate", heroku.token]);
  assertEquals(await listed(heroku), [id]);
  assertEquals((await call(heroku, "GET", `${AUTHORIZATIONS}/~`)).status, 404);
  await call(heroku, "DELETE", `${AUTHORIZATIONS}/${id}`);
  assertEquals((await call(heroku, "GET", "/account")).status, 401);
  assertEquals(heroku.accepts(heroku.token), false);
});
