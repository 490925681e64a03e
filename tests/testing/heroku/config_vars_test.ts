import { assertEquals, assertThrows } from "@std/assert";
import { createFakeHeroku } from "../../../lib/testing/mod.ts";
import { call, errorId } from "./call.ts";

const PATH = "/apps/acme/config-vars";

Deno.test("config vars are read whole", async () => {
  const heroku = createFakeHeroku({ faults: false });
  heroku.createApp("acme", { LANG: "en_US.UTF-8" });
  const { status, text } = await call(heroku, "GET", PATH);

  assertEquals([status, JSON.parse(text)], [200, { LANG: "en_US.UTF-8" }]);
});

Deno.test("config vars are set, removed with null, and kept where not named", async () => {
  const heroku = createFakeHeroku({ faults: false });
  heroku.createApp("acme", { KEPT: "1", REMOVED: "2", CHANGED: "3" });
  const body = { REMOVED: null, CHANGED: "4", ADDED: "5" };
  const { status, text } = await call(heroku, "PATCH", PATH, { body });

  assertEquals(status, 200);
  assertEquals(JSON.parse(text), { KEPT: "1", CHANGED: "4", ADDED: "5" });
  assertEquals(heroku.configVars("acme"), { KEPT: "1", CHANGED: "4", ADDED: "5" });
});

Deno.test("each change makes a release, also one to an equal value", async () => {
  const heroku = createFakeHeroku({ faults: false });
  heroku.createApp("acme");
  const releases = [heroku.releases("acme")];
  for (const body of [{ A: "1" }, { A: "1" }, { A: null, B: "2" }, {}]) {
    await call(heroku, "PATCH", PATH, { body });
    releases.push(heroku.releases("acme"));
  }

  assertEquals(releases, [1, 2, 3, 4, 4]);
});

Deno.test("config vars that are no strings are refused with 422, and none is set", async () => {
  const heroku = createFakeHeroku({ faults: false });
  heroku.createApp("acme");
  for (const wrong of [1, true, {}, []]) {
    const refused = await call(heroku, "PATCH", PATH, { body: { FINE: "yes", WRONG: wrong } });
    assertEquals([refused.status, errorId(refused)], [422, "invalid_params"]);
  }
  assertEquals((await call(heroku, "PATCH", PATH, { body: "{" })).status, 400);
  assertEquals([heroku.configVars("acme"), heroku.releases("acme")], [{}, 1]);
});

Deno.test("an unknown app is answered 404", async () => {
  const heroku = createFakeHeroku({ faults: false });
  for (const [method, body] of [["GET", undefined], ["PATCH", {}]] as const) {
    const missing = await call(heroku, method, "/apps/nowhere/config-vars", { body });
    assertEquals([missing.status, errorId(missing)], [404, "not_found"]);
    assertEquals(JSON.parse(missing.text).resource, "app");
  }
});

Deno.test("config vars are answered 304 until they change", async () => {
  const heroku = createFakeHeroku({ faults: false });
  heroku.createApp("acme");
  const etag = (await call(heroku, "GET", PATH)).headers.get("ETag") ?? "";
  const headers = { "If-None-Match": `"other", ${etag}` };
  assertEquals((await call(heroku, "GET", PATH, { headers })).status, 304);

  await call(heroku, "PATCH", PATH, { body: { A: "1" } });
  assertEquals((await call(heroku, "GET", PATH, { headers })).status, 200);
});

Deno.test("createApp(), configVars() and releases() refuse what cannot be", () => {
  const heroku = createFakeHeroku({ faults: false });
  heroku.createApp("acme");

  assertThrows(() => heroku.createApp("acme"), TypeError, "'acme'");
  assertThrows(() => heroku.configVars("nowhere"), TypeError, "'nowhere'");
  assertThrows(() => heroku.releases("nowhere"), TypeError, "'nowhere'");
});

Deno.test("an app with a release phase shows a change when its release command is over", async () => {
  const heroku = createFakeHeroku({ faults: false });
  heroku.createApp("acme", { A: "old", KEPT: "1" });
  heroku.setReleasePhase("acme", 60_000);
  const newest = async () => JSON.parse((await call(heroku, "GET", "/apps/acme/releases")).text)[0];
  const changed = await call(heroku, "PATCH", PATH, { body: { A: "new" } });
  assertEquals(JSON.parse(changed.text), { A: "old", KEPT: "1" });
  assertEquals(await newest(), { version: 2, status: "pending", current: false });
  const coming = await call(heroku, "GET", "/apps/acme/releases/2/config-vars");
  assertEquals(JSON.parse(coming.text), { A: "new", KEPT: "1" });

  heroku.advance(59_000);
  assertEquals(JSON.parse((await call(heroku, "GET", PATH)).text), { A: "old", KEPT: "1" });
  heroku.advance(1_000);
  assertEquals(JSON.parse((await call(heroku, "GET", PATH)).text), { A: "new", KEPT: "1" });
  assertEquals(await newest(), { version: 2, status: "succeeded", current: true });
  assertEquals(heroku.releases("acme"), 2);
});
