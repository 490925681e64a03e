import { assert, assertEquals, assertRejects } from "@std/assert";
import {
  createClient,
  type MalformedRecord,
  type MistypedMember,
} from "../../lib/heroku/client.ts";
import {
  InvalidRequestError,
  MalformedResponseError,
  PagingError,
} from "../../lib/heroku/errors.ts";
import { MAX_PAGES, MAX_RECORDS } from "../../lib/heroku/paging.ts";
import { type Answer, json, serve, text } from "./scripted_server.ts";

const TOKEN = "HRKU-AAcanary0123456789";

function records(...ids: readonly string[]): readonly { readonly id: string }[] {
  return ids.map((id) => ({ id }));
}

function page(ids: readonly string[], nextRange?: string): Answer {
  return nextRange === undefined
    ? json(200, records(...ids))
    : json(206, records(...ids), { "Next-Range": nextRange });
}

function connect(baseUrl: string) {
  return createClient({ token: TOKEN, baseUrl, sleep: () => Promise.resolve() });
}

Deno.test("list() asks for the largest page, and follows each Next-Range verbatim", async () => {
  const ranges = ["id ]b..; max=1000", "id ]d..f;max=2,order=asc", "created_at 2026-01..[2027;"];
  await using server = serve(
    page(["a", "b"], ranges[0]),
    page(["c", "d"], ranges[1]),
    page([], ranges[2]),
    page(["e"]),
  );
  const all = await connect(server.baseUrl).list();
  assertEquals(all, [...records("a", "b", "c", "d", "e")]);
  assertEquals(
    server.seen.map(({ headers }) => headers.get("Range")),
    ["id ..; max=1000", ...ranges],
  );
});

Deno.test("list() takes a 200 for the last page, even the first, even if it is empty", async () => {
  await using server = serve(json(200, [], { "Next-Range": "id ]a..; max=2" }));
  assertEquals(await connect(server.baseUrl).list({ pageSize: 2 }), []);
  assertEquals(server.seen.map(({ headers }) => headers.get("Range")), ["id ..; max=2"]);
});

Deno.test("list() never gives part of a list: it ends with a PagingError instead", async () => {
  const table: readonly (readonly [readonly Answer[], string, number])[] = [
    [[json(206, records("a"))], "page 1 is not the last, but its 'Next-Range' is missing", 1],
    [[page(["a"], "id ]a.."), json(206, [])], "page 2 is not the last, but its", 2],
    [[page(["a"], "id ]a.."), page(["b"], "id ]a..")], "'Next-Range' was followed before", 2],
    [
      [page(["a"], "id ]a.."), page(["b"], "id ]b.."), page(["c"], "id ]a..")],
      "page 3 is not the last, but its 'Next-Range' was followed before",
      3,
    ],
    ...[
      "",
      "id",
      "id ..; max=1000",
      "id ]..; max=1000",
      "nonsense",
      "id ]a",
      "bytes=0-5",
      "..",
      "id ]a ..b",
      `id ]${"a".repeat(9)}..; \u00ff`,
    ].map((next) =>
      [
        [page(["a"], next)],
        /^$/.test(next) ? "'Next-Range' is" : "'Next-Range' is malformed",
        1,
      ] as const
    ),
  ];
  for (const [answers, message, requests] of table) {
    await using server = serve(...answers);
    const error = await assertRejects(() => connect(server.baseUrl).list(), PagingError, message);
    assertEquals([error.effect, error.status], ["none", 206]);
    assertEquals(server.seen.length, requests, message);
  }
});

Deno.test("list() stops at a server that invents pages for ever", async () => {
  let sent = 0;
  const fetch = () => {
    const headers = { "Next-Range": `id ]${++sent}..; max=1` };
    return Promise.resolve(Response.json(records(`${sent}`), { status: 206, headers }));
  };
  const client = createClient({ token: TOKEN, fetch });
  await assertRejects(() => client.list(), PagingError, `there are more than ${MAX_PAGES} pages`);
  assertEquals(sent, MAX_PAGES);
});

Deno.test("list() gives each authorization once, though pages overlap", async () => {
  await using server = serve(page(["a", "b", "b"], "id b.."), page(["b", "c", "a"]));
  assertEquals(await connect(server.baseUrl).list(), [...records("a", "b", "c")]);
});

Deno.test("list() leaves out what has no id, and says where it was", async () => {
  const malformed: MalformedRecord[] = [];
  await using server = serve(
    json(206, [{ id: "a" }, {}, null], { "Next-Range": "id ]a.." }),
    json(200, ["HRKU-AAcanary", { id: "b" }, { id: 5, scope: "HRKU-AAcanary" }]),
  );
  const client = connect(server.baseUrl);
  const all = await client.list({ onMalformed: (problem) => malformed.push(problem) });
  assertEquals(all, [...records("a", "b")]);
  assertEquals(malformed, [
    { page: 1, index: 1, reason: "its 'id' is missing" },
    { page: 1, index: 2, reason: "it must be an object, not null" },
    { page: 2, index: 0, reason: "it must be an object, not a string" },
    { page: 2, index: 2, reason: "its 'id' must be a string that is not empty" },
  ]);
});

Deno.test("list() keeps a record with a mistyped member, and says which member and where", async () => {
  const mistyped: MistypedMember[] = [];
  await using server = serve(
    json(
      206,
      [{ id: "a" }, { id: "b", access_token: { version: "HRKU-AAcanary", expires_in: 5 } }],
      {
        "Next-Range": "id ]b..",
      },
    ),
    json(200, [{ id: "b", scope: 1 }, { id: "c", scope: "HRKU-AAcanary" }]),
  );
  const client = connect(server.baseUrl);
  const onMalformed = () => assert(false);
  const all = await client.list({ onMistyped: (problem) => mistyped.push(problem), onMalformed });
  assertEquals(all, [{ id: "a" }, { id: "b", access_token: { expires_in: 5 } }, { id: "c" }]);
  assertEquals(mistyped, [
    {
      member: "access_token.version",
      reason: "it must be a number, not a string",
      id: "b",
      page: 1,
      index: 1,
    },
    {
      member: "scope",
      reason: "it must be an array of strings, not a string",
      id: "c",
      page: 2,
      index: 1,
    },
  ]);
});

Deno.test("list() stops at a page that holds more records than any account", async () => {
  await using server = serve(text(200, `[${"0,".repeat(MAX_RECORDS)}0]`));
  const malformed: MalformedRecord[] = [];
  await assertRejects(
    () => connect(server.baseUrl).list({ onMalformed: (problem) => malformed.push(problem) }),
    PagingError,
    `there are more than ${MAX_RECORDS} records`,
  );
  assertEquals(malformed.length, 0);
});

Deno.test("list() wants an array for a page", async () => {
  for (const body of [null, {}, { id: "a" }, "a", 5]) {
    await using server = serve(json(200, body));
    await assertRejects(
      () => connect(server.baseUrl).list(),
      MalformedResponseError,
      "Cannot list the authorizations because Heroku answered 200, but its body is no array",
    );
    assertEquals(server.seen.length, 1);
  }
});

Deno.test("list() repeats a page that failed, and only that page", async () => {
  await using server = serve(
    page(["a"], "id ]a.."),
    text(503, "", { "Retry-After": "0" }),
    text(200, '[{"id":"b"},{"i'),
    page(["b"]),
  );
  assertEquals(await connect(server.baseUrl).list(), [...records("a", "b")]);
  assertEquals(
    server.seen.map(({ headers }) => headers.get("Range")),
    ["id ..; max=1000", "id ]a..", "id ]a..", "id ]a.."],
  );
});

Deno.test("list() fails when a later page is refused", async () => {
  await using server = serve(page(["a"], "id ]a.."), json(416, { message: "Bad range." }));
  await assertRejects(() => connect(server.baseUrl).list(), InvalidRequestError, "Bad range.");
});

Deno.test("iterate() asks for a page when it is due, and not for more", async () => {
  await using server = serve(page(["a", "b"], "id ]b.."), page(["c"]));
  const client = connect(server.baseUrl);
  const given: string[] = [];
  for await (const { id } of client.iterate({ pageSize: 2 })) {
    given.push(id);
    assertEquals(server.seen.length, id === "c" ? 2 : 1);
  }
  assertEquals(given, ["a", "b", "c"]);
  for await (const { id } of client.iterate()) {
    assert(id === "c");
    break;
  }
  assertEquals(server.seen.length, 3);
});

Deno.test("iterate() ends with an abort between two pages", async () => {
  await using server = serve(page(["a"], "id ]a.."), page(["b"]));
  const stop = new AbortController();
  const authorizations = connect(server.baseUrl).iterate({ signal: stop.signal });
  assertEquals((await authorizations.next()).value, { id: "a" });
  stop.abort("enough");
  assertEquals(await authorizations.next().catch((error) => error), "enough");
  assertEquals(server.seen.length, 1);
});
