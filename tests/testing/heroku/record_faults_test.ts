import { assert, assertEquals } from "@std/assert";
import { createFakeHeroku, type FakeHeroku, type Fault } from "../../../lib/testing/mod.ts";
import { AUTHORIZATIONS, call, shown, shownAll } from "./call.ts";

function always(fault: Fault, seed = 1): FakeHeroku {
  return createFakeHeroku({ faults: () => fault, seed });
}

async function list(heroku: FakeHeroku, range = "id ..") {
  return await call(heroku, "GET", AUTHORIZATIONS, { headers: { Range: range } });
}

Deno.test("'mistyped' changes one optional member of one record, by the seed", async () => {
  const changed = new Set<string>();
  for (let seed = 0; seed < 400; seed++) {
    const heroku = always("mistyped", seed);
    const ids = [heroku.issue({ description: "ci" }).id, heroku.issue().id].sort();
    const { text } = await list(heroku);
    const records = JSON.parse(text);
    assertEquals(records.map(({ id }: { id: string }) => id), ids);
    heroku.setFaults(false);
    const proper = JSON.parse((await list(heroku)).text);
    const differing = proper.filter((record: unknown, index: number) =>
      JSON.stringify(record) !== JSON.stringify(records[index])
    );
    assert(differing.length <= 1);
    for (const [index, record] of proper.entries()) {
      for (const [name, member] of Object.entries(record)) {
        if (JSON.stringify(member) !== JSON.stringify(records[index][name])) changed.add(name);
      }
    }
  }
  assertEquals(
    [...changed].sort(),
    Object.keys(JSON.parse((await list(listOfOne())).text)[0]).filter((name) => name !== "id")
      .sort(),
  );
});

function listOfOne(): FakeHeroku {
  const heroku = createFakeHeroku({ faults: false });
  heroku.issue();
  return heroku;
}

Deno.test("'mistyped' changes the member that is named, in every record", async () => {
  const cases: readonly [member: string, value: unknown][] = [
    ["access_token.version", "1"],
    ["access_token.expires_in", undefined],
    ["client.id", 123],
    ["description", null],
  ];
  for (const [member, value] of cases) {
    const heroku = always({ kind: "mistyped", member, value });
    heroku.issue();
    heroku.issue();
    const records: Record<string, unknown>[] = JSON.parse((await list(heroku)).text);
    const [outer, inner] = member.split(".");
    for (const record of records) {
      const holder = inner === undefined ? record : Object(record[outer]);
      assertEquals(holder[inner ?? outer], value);
      assertEquals(Object.hasOwn(holder, inner ?? outer), value !== undefined);
    }
  }
});

Deno.test("'mistyped' makes another value of what a member is", async () => {
  const heroku = always({ kind: "mistyped", member: "access_token.expires_in", value: String });
  heroku.issue({ expires_in: 7200 });
  const [{ access_token }] = JSON.parse((await list(heroku)).text);
  assertEquals(typeof access_token.expires_in, "string");
  assertEquals(Number(access_token.expires_in) > 7000, true);
});

Deno.test("'mistyped' leaves the id, and the whole token of a create", async () => {
  for (let seed = 0; seed < 200; seed++) {
    const heroku = always("mistyped", seed);
    const made = shown(await call(heroku, "POST", AUTHORIZATIONS, { body: {} }));
    const [{ id, token }] = heroku.live();
    assertEquals([made.id, made.access_token.token], [id, token]);
  }
});

Deno.test("'shifting' gives each answer another access token's id", async () => {
  const heroku = always("shifting");
  const made = shown(await call(heroku, "POST", AUTHORIZATIONS, { body: {} }));
  const [first] = shownAll(await list(heroku));
  const [second] = shownAll(await list(heroku));
  assertEquals(first.id, made.id);
  assertEquals(new Set([made, first, second].map((each) => each.access_token.id)).size, 3);
});

Deno.test("'reordered' gives a scope in the opposite order", async () => {
  const heroku = always("reordered");
  heroku.issue({ scope: ["read", "write"] });
  assertEquals(shownAll(await list(heroku))[0].scope, ["write", "read"]);
});

Deno.test("'deaf' answers a delete with the record and deletes nothing", async () => {
  const heroku = always("deaf");
  const { id } = heroku.issue();
  const answer = await call(heroku, "DELETE", `${AUTHORIZATIONS}/${id}`);
  assertEquals([answer.status, shown(answer).id], [200, id]);
  assertEquals(heroku.live().length, 1);
  assertEquals(heroku.deletions, []);
  heroku.revoke(id);
  assertEquals((await call(heroku, "DELETE", `${AUTHORIZATIONS}/${id}`)).status, 404);
});

Deno.test("'blind' answers 404 to a look-up and nothing else", async () => {
  const heroku = always("blind");
  const { id } = heroku.issue();
  assertEquals((await call(heroku, "GET", `${AUTHORIZATIONS}/${id}`)).status, 404);
  assertEquals(shownAll(await list(heroku)).length, 1);
  assertEquals((await call(heroku, "DELETE", `${AUTHORIZATIONS}/${id}`)).status, 200);
});

Deno.test("'empty-list' answers 200 with nothing, and look-ups as usual", async () => {
  const heroku = always("empty-list");
  const { id } = heroku.issue();
  const answer = await list(heroku);
  assertEquals([answer.status, answer.text], [200, "[]"]);
  assertEquals((await call(heroku, "GET", `${AUTHORIZATIONS}/${id}`)).status, 200);
});

Deno.test("'moved' passes over a record between two pages, gives one again, or does nothing", async () => {
  const seen = new Set<string>();
  for (let seed = 0; seed < 20; seed++) {
    const heroku = always("moved", seed);
    const ids = Array.from({ length: 4 }, () => heroku.issue().id).sort();
    const first = await list(heroku, "id ..; max=2");
    heroku.setFaults(false);
    const second = await list(heroku, first.headers.get("Next-Range") ?? "");
    const all = [first, second].flatMap(shownAll).map(({ id }) => ids.indexOf(id));
    seen.add(all.join());
  }
  assertEquals(seen, new Set(["0,1,3", "0,1,1,2", "0,1,2,3"]));
});

Deno.test("records without a readable id are in the list and do no harm to the others", async () => {
  const heroku = createFakeHeroku({ faults: false });
  const { id } = heroku.issue();
  const removals = [heroku.insert({}), heroku.insert({ id: 5, description: "ci" })];
  const ids = shownAll(await list(heroku)).map((record) => record.id);
  assertEquals(new Set<unknown>(ids), new Set([id, undefined, 5]));

  for (const remove of removals) remove();
  removals[0]();
  assertEquals(shownAll(await list(heroku)).map((record) => record.id), [id]);
});
