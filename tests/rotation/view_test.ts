import { assertEquals } from "@std/assert";
import { createView, creationOf, expiryOf } from "../../lib/rotation/view.ts";
import { listed, now } from "./plan_input.ts";
import { day, hour } from "../simulation/simulation.ts";
import { ids } from "./view_sample.ts";

for (
  const [expires_in, shown] of [[0, false], [-1, false], [1, true], [null, true], [
    undefined,
    true,
  ]] as const
) {
  Deno.test(`createView() ${shown ? "shows" : "leaves out"} an authorization whose 'expires_in' is ${expires_in}`, () => {
    const authorization = listed(1, { access_token: { expires_in } });
    const view = createView([authorization], now);
    assertEquals(view.authorizations, shown ? [authorization] : []);
    assertEquals(view.byId.size, shown ? 1 : 0);
    assertEquals(view.byName.size, shown ? 1 : 0);
  });
}

for (const access_token of [null, undefined]) {
  Deno.test(`createView() shows an authorization whose 'access_token' is ${access_token}`, () => {
    assertEquals(ids(createView([listed(1, { access_token })], now).authorizations), [
      "authorization-1",
    ]);
  });
}

Deno.test("createView() finds by name, whatever the generation", () => {
  const others = [
    listed(0, { id: "other", description: "ci-deploy" }),
    listed(0, { id: "nameless", description: undefined }),
  ];
  const { byName } = createView([listed(2), listed(0), ...others], now);
  assertEquals(ids(byName.get("ci") ?? []), ["authorization-2", "authorization-0"]);
  assertEquals(ids(byName.get("") ?? []), ["nameless"]);
});

Deno.test("expiryOf() takes 'expires_in' for the seconds left now", () => {
  assertEquals(expiryOf(listed(1, { access_token: { expires_in: 3600 } }), now), now + hour);
  assertEquals(expiryOf(listed(1, { access_token: { expires_in: 0 } }), now), now);
  assertEquals(expiryOf(listed(1, { access_token: { expires_in: null } }), now), null);
  assertEquals(expiryOf(listed(1, { access_token: null }), now), null);
});

for (const created_at of [undefined, "", "yesterday"]) {
  Deno.test(`creationOf() gives the other time where 'created_at' is ${JSON.stringify(created_at)}`, () => {
    assertEquals(creationOf(listed(1, { created_at }), 42), 42);
  });
}

Deno.test("creationOf() gives the creation", () => {
  assertEquals(creationOf(listed(1, { age: day }), 42), now - day);
});
