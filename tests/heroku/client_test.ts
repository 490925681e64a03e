import {
  assert,
  assertEquals,
  assertInstanceOf,
  assertNotMatch,
  assertRejects,
  assertStrictEquals,
  assertThrows,
} from "@std/assert";
import {
  type Authorization,
  type AuthorizationsClient,
  createClient,
  type MistypedMember,
} from "../../lib/heroku/client.ts";
import { HerokuError, MalformedResponseError, NotFoundError } from "../../lib/heroku/errors.ts";
import { type Answer, everyForm, json, serve, serveRaw, text } from "./scripted_server.ts";

const TOKEN = "HRKU-AAcanary0123456789";
const ID = "01234567-89ab-cdef-0123-456789abcdef";
const ISSUED = {
  id: ID,
  description: "ci-deploy",
  scope: ["read"],
  access_token: { id: ID, token: "HRKU-AAnew", expires_in: 3600 },
};

/** A client that would notice any request: for arguments that must be refused before. */
function createOfflineClient() {
  const sent: unknown[] = [];
  const fetch = (input: unknown) => {
    sent.push(input);
    return Promise.resolve(Response.json(ISSUED, { status: 201 }));
  };
  return { client: createClient({ token: TOKEN, fetch }), sent };
}

Deno.test("create() posts the attributes as they are, and gives the whole token", async () => {
  await using server = serve(json(201, ISSUED));
  const client = createClient({ token: TOKEN, baseUrl: server.baseUrl });
  const attributes = { scope: ["read"], description: "ci", expires_in: 3600, client: ID };

  const made = await client.create(attributes);
  await client.create({ expires_in: null });

  const secret: string = made.access_token.token;
  assertEquals(secret, "HRKU-AAnew");
  assertEquals(made, ISSUED);
  const [first, second] = server.seen;
  assertEquals([first.method, first.path], ["POST", "/oauth/authorizations"]);
  assertEquals(JSON.parse(first.body), attributes);
  assertEquals(JSON.parse(second.body), { expires_in: null });
});

Deno.test("create() is sent once, whatever becomes of it", async () => {
  const answers: readonly Answer[] = [
    text(429, "", { "Retry-After": "0" }),
    text(500, ""),
    text(503, "<html>", { "Retry-After": "0" }),
    text(201, "<html>"),
    text(201, '{"id":"'),
    text(201, ""),
    text(200, JSON.stringify(ISSUED)),
    text(202, "{}"),
    text(307, "", { Location: "/oauth/authorizations" }),
  ];
  for (const answer of answers) {
    await using server = serve(answer, json(201, ISSUED));
    const client = createClient({ token: TOKEN, baseUrl: server.baseUrl });
    const error = await assertRejects(() => client.create({ scope: ["read"] }), HerokuError);
    assertEquals(error.effect, error.status === 429 ? "none" : "unknown", error.message);
    assertEquals(server.seen.length, 1, error.message);
  }
  await using dropping = serveRaw("");
  const client = createClient({ token: TOKEN, baseUrl: dropping.baseUrl, timeout: 2000 });
  const error = await assertRejects(() => client.create({ scope: ["read"] }), HerokuError);
  assertEquals([error.code, error.effect, dropping.count()], ["network", "unknown", 1]);
});

Deno.test("regenerate() takes 200 and 201, sends no body, and is sent once", async () => {
  for (const status of [200, 201]) {
    await using server = serve(json(status, ISSUED), text(500, ""));
    const client = createClient({ token: TOKEN, baseUrl: server.baseUrl });
    assertEquals((await client.regenerate(ID)).access_token.token, "HRKU-AAnew");
    const [seen] = server.seen;
    assertEquals(
      [seen.method, seen.path, seen.body, seen.headers.get("Content-Type")],
      ["POST", `/oauth/authorizations/${ID}/actions/regenerate-tokens`, "", null],
    );
    const error = await assertRejects(() => client.regenerate(ID), HerokuError);
    assertEquals([error.effect, server.seen.length], ["unknown", 2]);
  }
});

Deno.test("create() and regenerate() want the whole token, and say that it is missing", async () => {
  const tokens = [undefined, null, {}, { token: "" }, { token: "HRKU-AAca**********nary" }];
  for (const access_token of tokens) {
    await using server = serve(json(201, { id: ID, access_token }));
    const client = createClient({ token: TOKEN, baseUrl: server.baseUrl });
    for (const call of [() => client.create({ scope: ["read"] }), () => client.regenerate(ID)]) {
      const error = await assertRejects(call, MalformedResponseError);
      assert(error.message.includes("its authorization is without a whole 'access_token.token'"));
      assertEquals([error.status, error.effect], [201, "unknown"]);
      assertNotMatch(everyForm(error), /canary|HRKU/);
    }
  }
});

Deno.test("info(), update() and delete() ask for what they say", async () => {
  const record = { ...ISSUED, access_token: { token: "HRKU-AA**********", expires_in: 5 } };
  await using server = serve(json(200, record));
  const client = createClient({ token: TOKEN, baseUrl: server.baseUrl });
  const change = { description: "ü", client: { id: ID, secret: "client-secret" } };

  assertEquals(await client.info(ID), record);
  assertEquals(await client.update(ID, change), record);
  assertEquals(await client.delete(ID), record);
  assertEquals(await client.info("~"), record);

  assertEquals(
    server.seen.map(({ method, path, body }) => [method, path, body]),
    [
      ["GET", `/oauth/authorizations/${ID}`, ""],
      ["PATCH", `/oauth/authorizations/${ID}`, JSON.stringify(change)],
      ["DELETE", `/oauth/authorizations/${ID}`, ""],
      ["GET", "/oauth/authorizations/~", ""],
    ],
  );
});

Deno.test("info(), update() and delete() want an authorization for an answer", async () => {
  const bodies = [null, [], [ISSUED], "canary", 5, {}, { id: "" }, {
    id: 5,
    access_token: "canary",
  }];
  for (const body of bodies) {
    await using server = serve(json(200, body));
    const client = createClient({ token: TOKEN, baseUrl: server.baseUrl });
    const calls = [
      ["none", () => client.info(ID)],
      ["unknown", () => client.update(ID, { description: "x" })],
      ["unknown", () => client.delete(ID)],
    ] as const;
    for (const [effect, call] of calls) {
      const error = await assertRejects(call, MalformedResponseError, "is no authorization: it");
      assertEquals(error.effect, effect);
      assertNotMatch(everyForm(error), /canary/);
    }
    assertEquals(server.seen.length, 3);
  }
});

Deno.test("every method keeps a record with a mistyped member, and says which", async () => {
  const record = {
    ...ISSUED,
    access_token: { ...ISSUED.access_token, version: "1" },
    scope: "read",
  };
  await using server = serve(
    ({ method }) => Response.json(record, { status: method === "POST" ? 201 : 200 }),
  );
  const client = createClient({ token: TOKEN, baseUrl: server.baseUrl });
  type Options = NonNullable<Parameters<AuthorizationsClient["info"]>[1]>;
  const calls: readonly ((options: Options) => Promise<Authorization>)[] = [
    (options) => client.create({ scope: ["read"] }, options),
    (options) => client.info(ID, options),
    (options) => client.update(ID, { description: "x" }, options),
    (options) => client.regenerate(ID, options),
    (options) => client.delete(ID, options),
  ];
  const { scope: _left, ...kept } = ISSUED;
  for (const call of calls) {
    const mistyped: MistypedMember[] = [];
    assertEquals(await call({ onMistyped: (problem) => mistyped.push(problem) }), kept);
    assertEquals(mistyped, [
      { member: "scope", reason: "it must be an array of strings, not a string", id: ID },
      { member: "access_token.version", reason: "it must be a number, not a string", id: ID },
    ]);
    assertEquals(await call({}), kept);
  }
});

Deno.test("create() gives the id of what it made even if the token is mistyped", async () => {
  await using server = serve(json(201, { id: ID, access_token: "HRKU-AAcanary" }));
  const client = createClient({ token: TOKEN, baseUrl: server.baseUrl });
  const mistyped: MistypedMember[] = [];
  const error = await assertRejects(
    () => client.create({ scope: ["read"] }, { onMistyped: (problem) => mistyped.push(problem) }),
    MalformedResponseError,
    "its authorization is without a whole 'access_token.token'",
  );
  assertEquals(error.effect, "unknown");
  assertEquals(mistyped.map(({ id, member }) => [id, member]), [[ID, "access_token"]]);
  assertNotMatch(JSON.stringify(mistyped), /canary/);
});

Deno.test("update() is sent once, and its client's secret stays out of its error", async () => {
  const secret = "client-secret-canary";
  await using server = serve(json(500, { message: `No ${secret}` }));
  const client = createClient({ token: TOKEN, baseUrl: server.baseUrl });
  const error = await assertRejects(
    () => client.update(ID, { client: { id: ID, secret } }),
    HerokuError,
  );
  assertEquals([error.message, error.effect], ["No [redacted]", "unknown"]);
  assertNotMatch(everyForm(error), /canary/);
  assertEquals(server.seen.length, 1);
});

Deno.test("delete() is repeated after a lost answer, and then says that it is gone", async () => {
  const gone = json(404, { id: "not_found", message: "Couldn't find that authorization." });
  await using server = serve(text(500, ""), gone);
  const sleep = () => Promise.resolve();
  const client = createClient({ token: TOKEN, baseUrl: server.baseUrl, sleep });
  const error = await assertRejects(() => client.delete(ID), NotFoundError);
  assertEquals([error.effect, server.seen.length], ["unknown", 2]);
  assertEquals((await assertRejects(() => client.delete(ID), NotFoundError)).effect, "none");
});

Deno.test("info() keeps an id inside its path segment", async () => {
  await using server = serve(json(200, ISSUED));
  const client = createClient({ token: TOKEN, baseUrl: server.baseUrl });
  const table = [
    ["a/b?c#d", "a%2Fb%3Fc%23d"],
    ["../account", "..%2Faccount"],
    ["%2e%2e", "%252e%252e"],
    ["...", "..."],
    ["a b\r\n\0", "a%20b%0D%0A%00"],
    ["ü😀", "%C3%BC%F0%9F%98%80"],
    ["\\..\\", "%5C..%5C"],
    ["%7E", "%257E"],
  ];
  for (const [id] of table) await client.info(id);
  assertEquals(
    server.seen.map(({ path }) => path),
    table.map(([_, segment]) => `/oauth/authorizations/${segment}`),
  );
});

Deno.test("info(), update(), regenerate() and delete() refuse an id that can't be one", async () => {
  const { client, sent } = createOfflineClient();
  const untyped: unknown[] = ["", " ", ".", "..", "\ud800", undefined, null, 5, {}, ["a"]];
  for (const id of untyped as string[]) {
    const calls = [
      () => client.info(id),
      () => client.update(id, { description: "x" }),
      () => client.regenerate(id),
      () => client.delete(id),
    ];
    for (const call of calls) await assertRejects(call, TypeError, "because 'id' must");
  }
  assertEquals(sent, []);
});

Deno.test("update(), regenerate() and delete() refuse the account's default key", async () => {
  const { client, sent } = createOfflineClient();
  const calls = [
    () => client.update("~", { description: "x" }),
    () => client.regenerate("~"),
    () => client.delete("~"),
  ];
  for (const call of calls) {
    await assertRejects(
      call,
      TypeError,
      "because 'id' must not be '~', the account's default API key",
    );
  }
  assertEquals(sent, []);
});

Deno.test("create(), update(), list() and iterate() refuse wrong arguments before any request", async () => {
  const { client, sent } = createOfflineClient();
  await assertRejects(() => client.create({ scope: [] }), TypeError, "'scope' must be");
  await assertRejects(() => client.create({ expires_in: 0 }), RangeError, "'expires_in' must be");
  await assertRejects(() => client.update(ID, {}), TypeError, "nothing to change");
  for (const pageSize of [0, -1, 1001, 1.5, NaN, Infinity]) {
    const message =
      "Cannot list the authorizations because 'pageSize' must be a whole number from 1 " +
      `to 1000: current value is ${pageSize}`;
    await assertRejects(() => client.list({ pageSize }), RangeError, message);
    assertThrows(() => client.iterate({ pageSize }), RangeError, message);
  }
  await assertRejects(() => client.list({ headers: { Range: "id ..; max=5" } }), TypeError);
  await assertRejects(() => client.info(ID, { headers: { Authorization: "x" } }), TypeError);
  assertEquals(sent, []);
});

Deno.test("every method sends headers along and throws the reason of an abort", async () => {
  await using server = serve(json(500, {}));
  const client = createClient({ token: TOKEN, baseUrl: server.baseUrl, retries: 0 });
  type Options = NonNullable<Parameters<AuthorizationsClient["info"]>[1]>;
  const calls: readonly ((options: Options) => Promise<unknown>)[] = [
    (options) => client.create({ scope: ["read"] }, options),
    (options) => client.list(options),
    (options) => client.iterate(options).next(),
    (options) => client.info(ID, options),
    (options) => client.update(ID, { description: "x" }, options),
    (options) => client.regenerate(ID, options),
    (options) => client.delete(ID, options),
  ];
  const reason = new Error("enough");
  for (const call of calls) {
    await assertRejects(() => call({ headers: { "Heroku-Two-Factor-Code": "123456" } }));
    const thrown = await call({ signal: AbortSignal.abort(reason) }).catch((error) => error);
    assertStrictEquals(thrown, reason);
  }
  assertEquals(server.seen.length, calls.length);
  for (const { headers } of server.seen) {
    assertEquals(headers.get("Heroku-Two-Factor-Code"), "123456");
  }
});

Deno.test("createClient() gives methods that work on their own", async () => {
  await using server = serve(json(200, [ISSUED]));
  const { list } = createClient({ token: TOKEN, baseUrl: server.baseUrl });
  assertEquals(await list(), [ISSUED]);
});

Deno.test("createClient() refuses wrong options, and shows no token", () => {
  const error = assertThrows(() => createClient({ token: "canary\n" }), TypeError, "'token'");
  assertNotMatch(everyForm(error), /canary/);
  assertThrows(() => createClient({ token: TOKEN, baseUrl: "http://api.heroku.com" }), TypeError);
  const client = createClient({ token: TOKEN });
  assertNotMatch(Deno.inspect(client, { showHidden: true, depth: 9 }), /canary/);
  assertInstanceOf(client, Object);
});
