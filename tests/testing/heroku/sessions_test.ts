import { assertEquals } from "@std/assert";
import { createFakeHeroku } from "../../../lib/testing/mod.ts";
import { AUTHORIZATIONS, call, shown } from "./call.ts";

const SESSIONS = "/oauth/sessions";

Deno.test("an authorization of a web flow shows its session, and another none", async () => {
  const heroku = createFakeHeroku({ faults: false });
  const web = heroku.issue({ session: true });
  const plain = heroku.issue();
  const [session] = JSON.parse((await call(heroku, "GET", SESSIONS)).text);

  for (const [{ id }, expected] of [[web, { id: session.id }], [plain, null]] as const) {
    const { text } = await call(heroku, "GET", `${AUTHORIZATIONS}/${id}`);
    assertEquals(JSON.parse(text).session, expected);
  }
});

Deno.test("sessions are listed and looked up, one for all tokens of a login", async () => {
  const heroku = createFakeHeroku({ faults: false, now: Date.UTC(2026, 0, 1) });
  heroku.issue({ session: "login", description: "Heroku CLI", expires_in: 100 });
  heroku.issue({ session: "login" });
  heroku.issue();
  const listed = await call(heroku, "GET", SESSIONS);
  const [session, ...more] = JSON.parse(listed.text);
  assertEquals([listed.status, session.id, more], [200, "login", []]);

  const looked = await call(heroku, "GET", `${SESSIONS}/login`);
  assertEquals([looked.status, JSON.parse(looked.text)], [200, session]);
  assertEquals(Object.keys(session), [
    "created_at",
    "description",
    "expires_in",
    "id",
    "updated_at",
  ]);
});

Deno.test("deleting a session ends its tokens and no others", async () => {
  const heroku = createFakeHeroku({ faults: false });
  heroku.issue({ session: "login" });
  heroku.issue({ session: "login" });
  const other = heroku.issue({ session: "other" });
  const plain = heroku.issue();
  const deleted = await call(heroku, "DELETE", `${SESSIONS}/login`);

  assertEquals([deleted.status, shown(deleted).id], [200, "login"]);
  assertEquals(heroku.live().map(({ id }) => id), [other.id, plain.id].toSorted());
  assertEquals(heroku.deletions.map(({ by }) => by), ["request", "request"]);
});

Deno.test("the session ~ is the one of the token that asks, which most have none of", async () => {
  const heroku = createFakeHeroku({ faults: false });
  const { token } = heroku.issue({ session: "login" });
  assertEquals(shown(await call(heroku, "GET", `${SESSIONS}/~`, { token })).id, "login");

  for (const id of ["~", "unknown"]) {
    const missing = await call(heroku, "DELETE", `${SESSIONS}/${id}`);
    assertEquals([missing.status, JSON.parse(missing.text)], [404, {
      id: "not_found",
      message: "Couldn't find that OAuth session.",
      resource: "session",
    }]);
  }
  assertEquals(heroku.live().length, 1);
});
