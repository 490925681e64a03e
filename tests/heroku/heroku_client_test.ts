import {
  assert,
  assertEquals,
  assertInstanceOf,
  assertNotMatch,
  assertRejects,
  assertStrictEquals,
  assertThrows,
} from "@std/assert";
import { MalformedResponseError, NetworkError, PagingError } from "../../lib/heroku/errors.ts";
import Heroku, { UnsuccessfulResponseError } from "../../lib/heroku/heroku_client.ts";
import { everyForm, json, serve, serveRaw, text } from "./scripted_server.ts";

const TOKEN = "HRKU-AAcanary0123456789";
const ID = "01234567-89ab-cdef-0123-456789abcdef";
const RECORD = { id: ID, access_token: { token: "HRKU-AAnew", expires_in: 5 } };

function connect(host: string, more: { readonly retries?: number } = {}): Heroku {
  return new Heroku({ token: TOKEN, host, ...more });
}

/** Waits until the callback was called, and gives what with. */
function called<Body>(
  call: (callback: (error: Error | null, body?: Body) => void) => unknown,
): Promise<readonly [Error | null, Body | undefined]> {
  return new Promise((resolve) => {
    call((error, body) => resolve([error, body]));
  });
}

Deno.test("Heroku sends each call of heroku-client's, and gives its body to callback and promise", async () => {
  await using server = serve(
    json(201, RECORD),
    json(200, [RECORD]),
    json(200, RECORD),
    json(200, RECORD),
    json(201, RECORD),
  );
  const heroku = new Heroku({
    token: TOKEN,
    host: server.baseUrl,
    headers: { "X-Extra": "1" },
    userAgent: "ci/1.0",
  });
  const authorizations = heroku.oauth().authorizations();
  const one = heroku.oauth().authorizations(ID);
  const calls = [
    called((callback) => authorizations.create({ description: "ci" }, callback)),
  ];
  await calls[0];
  calls.push(called((callback) => authorizations.list(callback)));
  await calls[1];
  calls.push(called((callback) => one.info(callback)));
  await calls[2];
  calls.push(called((callback) => one.delete(callback)));
  await calls[3];
  calls.push(called((callback) => one.actions().regenerateTokens().regenerate(callback)));

  assertEquals(await Promise.all(calls), [
    [null, RECORD],
    [null, [RECORD]],
    [null, RECORD],
    [null, RECORD],
    [null, RECORD],
  ]);
  assertEquals(
    server.seen.map(({ method, path, body }) => [method, path, body]),
    [
      ["POST", "/oauth/authorizations", '{"description":"ci"}'],
      ["GET", "/oauth/authorizations", ""],
      ["GET", `/oauth/authorizations/${ID}`, ""],
      ["DELETE", `/oauth/authorizations/${ID}`, ""],
      ["POST", `/oauth/authorizations/${ID}/actions/regenerate-tokens`, ""],
    ],
  );
  for (const { headers } of server.seen) {
    assertEquals(headers.get("Authorization"), `Bearer ${TOKEN}`);
    assertEquals([headers.get("X-Extra"), headers.get("User-Agent")], ["1", "ci/1.0"]);
  }
});

Deno.test("Heroku gives promises when there are no callbacks", async () => {
  await using server = serve(json(201, RECORD), json(200, [RECORD]), json(200, RECORD));
  const heroku = Heroku.createClient({ token: TOKEN, host: server.baseUrl });
  assertInstanceOf(heroku, Heroku);
  assertEquals((await heroku.oauth().authorizations().create()).access_token.token, "HRKU-AAnew");
  assertEquals(await heroku.oauth().authorizations().list(), [RECORD]);
  assertEquals(await heroku.oauth().authorizations(ID).info(), RECORD);
  assertEquals(await heroku.oauth().authorizations(ID).delete(), RECORD);
  assertEquals(
    await heroku.oauth().authorizations(ID).actions().regenerateTokens().regenerate(),
    RECORD,
  );
});

Deno.test("create() takes a callback in the place of the attributes", async () => {
  await using server = serve(json(201, RECORD));
  const { create } = connect(server.baseUrl).oauth().authorizations();
  assertEquals(await called((callback) => create(callback)), [null, RECORD]);
  assertEquals(server.seen[0].body, "{}");
});

Deno.test("every call takes an object before the callback, and sends it in create only", async () => {
  await using server = serve(({ method, url }) =>
    Response.json(method === "GET" && url.endsWith("s") ? [RECORD] : RECORD, {
      status: method === "POST" ? 201 : 200,
    })
  );
  const authorizations = connect(server.baseUrl).oauth().authorizations();
  const one = connect(server.baseUrl).oauth().authorizations(ID);
  const tokens = one.actions().regenerateTokens();
  for (const first of [{}, null, undefined]) {
    assertEquals(await called((callback) => authorizations.create(first, callback)), [
      null,
      RECORD,
    ]);
    assertEquals(await called((callback) => authorizations.list(first, callback)), [null, [
      RECORD,
    ]]);
    assertEquals(await called((callback) => one.info(first, callback)), [null, RECORD]);
    assertEquals(await called((callback) => one.delete(first, callback)), [null, RECORD]);
    assertEquals(await called((callback) => tokens.regenerate(first, callback)), [null, RECORD]);
    assertEquals(await one.info(first), RECORD);
  }
  assertEquals(
    [...new Set(server.seen.map(({ method, body }) => `${method} ${body}`))].sort(),
    ["DELETE ", "GET ", "POST ", "POST {}"],
  );
});

Deno.test("create() takes a client as an id and as an object", async () => {
  await using server = serve(json(201, RECORD));
  const { create } = connect(server.baseUrl).oauth().authorizations();
  await create({ client: ID, description: "a" });
  await create({ client: { id: ID }, description: "b" });
  assertEquals(server.seen.map(({ body }) => JSON.parse(body)), [
    { client: ID, description: "a" },
    { client: ID, description: "b" },
  ]);
  const untyped: object[] = [{ client: {} }, { client: { id: 5 } }, { client: null }];
  for (const attributes of untyped) await assertRejects(() => create(attributes), TypeError);
  assertEquals(server.seen.length, 2);
});

Deno.test("Heroku throws at once when the number of path parameters is wrong", () => {
  const heroku = connect("https://api.heroku.com");
  const missing = "Invalid number of params in path (expected 1, got 0).";
  const tooMany = "Invalid number of params in path (expected 0, got 1).";
  const table = [
    [() => heroku.oauth().authorizations().info(), missing],
    [() => heroku.oauth().authorizations("").info(), missing],
    [() => heroku.oauth().authorizations().delete(), missing],
    [() => heroku.oauth().authorizations().actions().regenerateTokens().regenerate(), missing],
    [() => heroku.oauth().authorizations(ID).create({}), tooMany],
    [() => heroku.oauth().authorizations(ID).list(), tooMany],
    [() => heroku.oauth("x").authorizations().list(), tooMany],
    [
      () => heroku.oauth().authorizations(ID).actions("x").regenerateTokens("y").regenerate(),
      "Invalid number of params in path (expected 1, got 3).",
    ],
  ] as const;
  for (const [call, message] of table) {
    const error = assertThrows(call, Error);
    assertEquals(error.message, message);
  }
});

Deno.test("Heroku gives a failing status to callback and promise, with its body", async () => {
  const body = { id: "not_found", resource: "authorization", message: "Couldn't find it." };
  await using server = serve(json(404, body));
  const one = connect(server.baseUrl).oauth().authorizations(ID);
  const [error, nothing] = await called((callback) => one.info(callback));
  assertInstanceOf(error, UnsuccessfulResponseError);
  assertEquals(error.message, "Expected response to be successful, got 404");
  assertEquals([error.statusCode, error.body, nothing], [404, body, undefined]);

  const rejected = await assertRejects(() => one.info(), UnsuccessfulResponseError);
  assertEquals([rejected.statusCode, rejected.body], [404, body]);
});

Deno.test("Heroku survives an error of HTML and a redirect, and settles", async () => {
  for (const status of [400, 503, 302, 304]) {
    await using server = serve(text(status, status === 304 ? null : "<html>"));
    const one = connect(server.baseUrl, { retries: 0 }).oauth().authorizations(ID);
    const error = await assertRejects(() => one.info(), UnsuccessfulResponseError);
    assertEquals([error.statusCode, error.body], [status, {}]);
    assertEquals(error.message, `Expected response to be successful, got ${status}`);
  }
});

Deno.test("Heroku lets no token out through the body of an error", async () => {
  const said = `${TOKEN} HRKU-AAother`;
  await using server = serve(
    json(422, { id: "x", message: said, errors: [{ [said]: said }], token: "opaque-canary" }),
  );
  const { create } = connect(server.baseUrl).oauth().authorizations();
  const error = await assertRejects(() => create({}), UnsuccessfulResponseError);
  assertNotMatch(everyForm(error), /canary|HRKU/i);
  assertEquals(error.body, {
    id: "x",
    message: "[redacted] [redacted]",
    errors: [{ "[redacted] [redacted]": "[redacted] [redacted]" }],
    token: "[redacted]",
  });
});

Deno.test("create() is not repeated after a connection reset", async () => {
  await using server = serveRaw("");
  const { create } = connect(server.baseUrl).oauth().authorizations();
  const [error] = await called((callback) => create({}, callback));
  assertInstanceOf(error, NetworkError);
  assertEquals(server.count(), 1);
});

Deno.test("Heroku keeps the class of other failures", async () => {
  await using malformed = serve(json(201, {}));
  const { create } = connect(malformed.baseUrl).oauth().authorizations();
  await assertRejects(() => create({}), MalformedResponseError);
  await using endless = serve(json(206, []));
  const { list } = connect(endless.baseUrl).oauth().authorizations();
  await assertRejects(() => list(), PagingError);
  const untyped = { scope: ["read"], expiresIn: 5 };
  assertInstanceOf((await called((callback) => create(untyped, callback)))[0], TypeError);
});

Deno.test("list() follows all pages, and info() encodes its id", async () => {
  await using server = serve(
    json(206, [{ id: "a" }], { "Next-Range": "id ]a.." }),
    json(200, [{ id: "b" }]),
    json(200, RECORD),
  );
  const heroku = connect(server.baseUrl);
  assertEquals(await heroku.oauth().authorizations().list(), [{ id: "a" }, { id: "b" }]);
  await heroku.oauth().authorizations("a/../b?c").info();
  assertEquals(server.seen[2].path, "/oauth/authorizations/a%2F..%2Fb%3Fc");
});

Deno.test("Heroku takes a host without a scheme for https, and http only for this machine", async () => {
  const urls: string[] = [];
  const fetch = (input: unknown) => {
    urls.push(String(input));
    return Promise.resolve(Response.json(RECORD));
  };
  await new Heroku({ token: TOKEN, host: "example.com", fetch }).oauth().authorizations(ID).info();
  await new Heroku({ token: TOKEN, fetch }).oauth().authorizations(ID).info();
  assertEquals(urls.map((url) => new URL(url).origin), [
    "https://example.com",
    "https://api.heroku.com",
  ]);
  assertThrows(() => new Heroku({ token: TOKEN, host: "http://example.com" }), TypeError);
  assertThrows(() => new Heroku({ token: "" }), TypeError, "'token'");
});

Deno.test("Heroku leaves no rejection unhandled when only a callback waits", async () => {
  await using server = serve(json(404, {}));
  const unhandled: unknown[] = [];
  const note = (event: PromiseRejectionEvent) => {
    event.preventDefault();
    unhandled.push(event.reason);
  };
  globalThis.addEventListener("unhandledrejection", note);
  await called((callback) => {
    connect(server.baseUrl).oauth().authorizations(ID).info(callback);
  });
  await new Promise((resolve) => setTimeout(resolve, 10));
  globalThis.removeEventListener("unhandledrejection", note);
  assertEquals(unhandled, []);
});

Deno.test("Heroku lets a callback's own error out as an uncaught one, and calls it once", async () => {
  await using server = serve(json(200, RECORD), json(404, {}));
  const uncaught: unknown[] = [];
  const note = (event: ErrorEvent) => {
    event.preventDefault();
    uncaught.push(event.error);
  };
  globalThis.addEventListener("error", note);
  const thrown = new Error("the callback's own");
  let count = 0;
  const callback = () => {
    count++;
    throw thrown;
  };
  const one = connect(server.baseUrl).oauth().authorizations(ID);
  assertEquals(await one.info(callback), RECORD);
  await assertRejects(() => one.info(callback), UnsuccessfulResponseError);
  await new Promise((resolve) => setTimeout(resolve, 10));
  globalThis.removeEventListener("error", note);
  assertEquals(count, 2);
  assertEquals(uncaught.length, 2);
  for (const error of uncaught) assertStrictEquals(error, thrown);
});

Deno.test("Heroku shows no token when it is printed", () => {
  const heroku = connect("https://api.heroku.com");
  assertNotMatch(Deno.inspect(heroku, { showHidden: true, depth: 9 }), /canary/);
  assert(!JSON.stringify(heroku).includes("canary"));
});
