import {
  assert,
  assertEquals,
  assertInstanceOf,
  assertNotMatch,
  assertRejects,
  assertStrictEquals,
} from "@std/assert";
import {
  ForbiddenError,
  HerokuError,
  MalformedResponseError,
  NetworkError,
  NotFoundError,
  RateLimitError,
  ServerError,
  TimeoutError,
  UnauthorizedError,
  UnexpectedStatusError,
} from "../../lib/heroku/errors.ts";
import { errorBody } from "../../lib/heroku/judge.ts";
import { createRequester, type RequestCall } from "../../lib/heroku/request.ts";
import { type Answer, everyForm, json, serve, serveRaw, text } from "./scripted_server.ts";

const TOKEN = "HRKU-AAcanary0123456789";
const READ: RequestCall = { method: "GET", path: "/account", expected: [200], retry: true };
const WRITE: RequestCall = { method: "POST", path: "/keys", expected: [201], retry: false };
const REMOVE: RequestCall = { method: "DELETE", path: "/keys/1", expected: [200], retry: true };

/** Waits that are asked for, and pass at once. */
function recordWaits() {
  const waits: number[] = [];
  const sleep = (milliseconds: number) => {
    waits.push(milliseconds);
    return Promise.resolve();
  };
  return { waits, sleep };
}

async function failure(call: Promise<unknown>): Promise<HerokuError> {
  return await assertRejects(() => call, HerokuError);
}

Deno.test("request() sends the token, the version and the body, and reads the answer", async () => {
  await using server = serve(json(200, { email: "a@example.org" }, { "Request-Id": "r-1" }));
  const { request } = createRequester({ token: TOKEN, baseUrl: `${server.baseUrl}/` });

  const read = await request(READ);
  await request({ ...READ, method: "PATCH", path: "/x?y=1", body: { description: "ü" } });

  assertEquals([read.status, read.body], [200, { email: "a@example.org" }]);
  assertEquals(read.headers.get("Request-Id"), "r-1");
  const [first, second] = server.seen;
  assertEquals([first.method, first.path, first.body], ["GET", "/account", ""]);
  assertEquals(first.headers.get("Authorization"), `Bearer ${TOKEN}`);
  assertEquals(first.headers.get("Accept"), "application/vnd.heroku+json; version=3");
  assertEquals(first.headers.get("User-Agent"), "herotate (+https://jsr.io/@herotate/herotate)");
  assertEquals(first.headers.get("Content-Type"), null);
  assertEquals(first.headers.get("Range"), null);
  assertEquals([second.method, second.path], ["PATCH", "/x?y=1"]);
  assertEquals(second.headers.get("Content-Type"), "application/json");
  assertEquals(JSON.parse(second.body), { description: "ü" });
});

Deno.test("request() sends headers along, but none that are its own", async () => {
  await using server = serve(json(200, {}));
  const { request } = createRequester({
    token: TOKEN,
    baseUrl: server.baseUrl,
    userAgent: "ci/1.0",
  });

  await request({ ...READ, headers: { "Heroku-Two-Factor-Code": "123456" } });
  assertEquals(server.seen[0].headers.get("Heroku-Two-Factor-Code"), "123456");
  assertEquals(server.seen[0].headers.get("User-Agent"), "ci/1.0");

  const refused: readonly HeadersInit[] = [
    { authorization: "Bearer canary" },
    { range: "id ..; max=1" },
    { "X-Canary": "canary\r\nEvil: yes" },
    { "canary\n": "x" },
    { "X-Canary": "canary€" },
  ];
  for (const headers of refused) {
    const error = await assertRejects(() => request({ ...READ, headers }), TypeError);
    assertNotMatch(everyForm(error), /canary/);
  }
  assertEquals(server.seen.length, 1);
});

Deno.test("request() calls a fetch that refuses to be a method, and takes one that throws", async () => {
  const picky = function (this: unknown): Promise<Response> {
    if (this !== undefined) throw new TypeError("Illegal invocation");
    return Promise.resolve(Response.json({ ok: true }));
  };
  const { request } = createRequester({ token: TOKEN, fetch: picky });
  assertEquals((await request(READ)).body, { ok: true });

  const throwing = () => {
    throw new TypeError("no network here");
  };
  const requester = createRequester({ token: TOKEN, fetch: throwing, retries: 0 });
  assertInstanceOf(await failure(requester.request(READ)), NetworkError);
});

Deno.test("request() never follows a redirect, so that the token stays here", async () => {
  await using elsewhere = serve(json(200, {}));
  for (const status of [301, 302, 303, 307, 308]) {
    await using server = serve(text(status, "", { Location: elsewhere.baseUrl }));
    const { request } = createRequester({ token: TOKEN, baseUrl: server.baseUrl });
    const error = await failure(request(READ));
    assertInstanceOf(error, UnexpectedStatusError);
    assertEquals([error.status, error.effect, server.seen.length], [status, "none", 1]);
    assertEquals((await failure(request(WRITE))).effect, "unknown");
  }
  assertEquals(elsewhere.seen.length, 0);
});

Deno.test("request() reports what Heroku says of an error", async () => {
  const url = "https://devcenter.heroku.com/articles/x";
  const details = { id: "delinquent", message: "Pay first.", url, resource: "account" };
  await using server = serve(
    json(402, details, { "Request-Id": "r-1,r-2", "RateLimit-Remaining": "4499" }),
  );
  const { request } = createRequester({ token: TOKEN, baseUrl: server.baseUrl });
  const error = await failure(request(WRITE));
  assertInstanceOf(error, ForbiddenError);
  assertEquals(error.message, "Pay first.");
  assertEquals(JSON.parse(JSON.stringify(error)), {
    code: "forbidden",
    status: 402,
    id: "delinquent",
    url,
    requestId: "r-1,r-2",
    rateLimitRemaining: 4499,
    effect: "none",
  });
  assertEquals(errorBody(error), details);
});

Deno.test("request() reads an error in the wording of Heroku's older services", async () => {
  await using server = serve(json(404, { id: "not_found", error: `No HRKU-AAcanary here` }));
  const { request } = createRequester({ token: TOKEN, baseUrl: server.baseUrl });
  const error = await failure(request(READ));
  assertEquals([error.message, error.id], ["No [redacted] here", "not_found"]);
});

Deno.test("request() survives every body that an error may have, and quotes no HTML", async () => {
  const deep = "[".repeat(100_000) + "]".repeat(100_000);
  const bodies = [
    "",
    "<!DOCTYPE html><title>canary</title>",
    "null",
    "[]",
    "5",
    '"canary"',
    '{"id":5,"message":{"canary":1},"url":null}',
    '{"id":"","message":""}',
    '{"message":"canary',
    '{"__proto__":{"message":"canary"}}',
    deep,
  ];
  for (const body of bodies) {
    await using server = serve(text(500, body, { "Content-Type": "text/html" }));
    const { request } = createRequester({ token: TOKEN, baseUrl: server.baseUrl, retries: 0 });
    const error = await failure(request({ ...READ, action: "look up the account" }));
    assertInstanceOf(error, ServerError);
    assertEquals(error.message, "Cannot look up the account because Heroku answered 500");
    assertNotMatch(everyForm(error), /canary/);
  }
});

Deno.test("request() keeps an error's message on one line, and short", async () => {
  await using server = serve(json(422, { message: `a\r\nERROR b\u0000${"c".repeat(5000)}` }));
  const { request } = createRequester({ token: TOKEN, baseUrl: server.baseUrl });
  const { message } = await failure(request(READ));
  assert(message.startsWith("a ERROR b ccc"));
  assertEquals(message.length, 1000);
});

Deno.test("request() says what is wrong with an unreadable success, and quotes nothing", async () => {
  const table: readonly (readonly [Answer, string])[] = [
    [text(200, ""), "but its body is empty"],
    [text(200, " \n"), "but its body is empty"],
    [text(200, "<html>canary</html>"), "but its body is HTML"],
    [text(200, '{"token":"canary'), "but its body is no JSON, or was cut off"],
    [text(200, "canary"), "but its body is no JSON, or was cut off"],
  ];
  for (const [answer, reason] of table) {
    await using server = serve(answer);
    const { request } = createRequester({ token: TOKEN, baseUrl: server.baseUrl, retries: 0 });
    const error = await failure(request(READ));
    assertInstanceOf(error, MalformedResponseError);
    assertEquals(
      error.message,
      `Cannot complete the request because Heroku answered 200, ${reason}`,
    );
    assertNotMatch(everyForm(error), /canary/);
  }
});

Deno.test("request() reads a success with a byte order mark, and any JSON", async () => {
  for (const [body, value] of [["\ufeff{}", {}], ["null", null], ["[]", []], [" 5 ", 5]] as const) {
    await using server = serve(text(200, body));
    const { request } = createRequester({ token: TOKEN, baseUrl: server.baseUrl });
    assertEquals((await request(READ)).body, value);
  }
});

Deno.test("request() takes a body that broke off for unreadable, and a write may have been done", async () => {
  const cutOff = 'HTTP/1.1 201 Created\r\nContent-Length: 500\r\n\r\n{"token":"canary';
  await using server = serveRaw(cutOff);
  const { request } = createRequester({ token: TOKEN, baseUrl: server.baseUrl });
  const error = await failure(request(WRITE));
  assertInstanceOf(error, MalformedResponseError);
  assertEquals([error.status, error.effect, server.count()], [201, "unknown", 1]);
  assertNotMatch(everyForm(error), /canary/);
});

Deno.test("request() takes any other success for no answer, and quotes nothing of it", async () => {
  await using server = serve(json(202, { message: "canary", id: "canary" }));
  const { request } = createRequester({ token: TOKEN, baseUrl: server.baseUrl });
  const error = await failure(request(WRITE));
  assertInstanceOf(error, UnexpectedStatusError);
  assertEquals([error.status, error.effect], [202, "unknown"]);
  assertNotMatch(everyForm(error), /canary/);
  await using empty = serve(text(204, null));
  const requester = createRequester({ token: TOKEN, baseUrl: empty.baseUrl });
  assertInstanceOf(await failure(requester.request(READ)), UnexpectedStatusError);
});

Deno.test("request() retries reads and deletes on 429, 5xx and lost answers, and counts them", async () => {
  const { waits, sleep } = recordWaits();
  for (const call of [READ, REMOVE]) {
    for (const status of [429, 500, 502, 503]) {
      await using server = serve(text(status, ""), text(status, ""), json(200, { ok: true }));
      const { request } = createRequester({ token: TOKEN, baseUrl: server.baseUrl, sleep });
      assertEquals((await request(call)).body, { ok: true });
      assertEquals(server.seen.length, 3);
    }
    await using dropping = serveRaw("", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}");
    const { request } = createRequester({ token: TOKEN, baseUrl: dropping.baseUrl, sleep });
    assertEquals((await request(call)).body, {});
  }
  assertEquals(waits.length, 18);
  assert(waits.every((wait) => wait >= 0 && wait <= 1000));
});

Deno.test("request() stops after the given number of retries with the last error", async () => {
  const { sleep } = recordWaits();
  for (const retries of [0, 2]) {
    await using server = serve(
      text(503, ""),
      ...Array.from({ length: 9 }, () => json(500, { message: "Still down." })),
    );
    const { request } = createRequester({ token: TOKEN, baseUrl: server.baseUrl, retries, sleep });
    const error = await failure(request(READ));
    assertEquals(error.status, retries === 0 ? 503 : 500);
    assertEquals(server.seen.length, retries + 1);
  }
});

Deno.test("request() retries an unreadable success of a read, but not of a delete", async () => {
  const { sleep } = recordWaits();
  await using server = serve(text(200, "<html>"), text(200, '{"cut'), json(200, {}));
  const { request } = createRequester({ token: TOKEN, baseUrl: server.baseUrl, sleep });
  assertEquals((await request(READ)).body, {});
  await using deleting = serve(text(200, "<html>"), json(404, {}));
  const requester = createRequester({ token: TOKEN, baseUrl: deleting.baseUrl, sleep });
  const error = await failure(requester.request(REMOVE));
  assertInstanceOf(error, MalformedResponseError);
  assertEquals([error.effect, deleting.seen.length], ["unknown", 1]);
});

Deno.test("request() sends once what may not be repeated, and what was refused", async () => {
  const { waits, sleep } = recordWaits();
  for (const status of [429, 500, 503]) {
    await using server = serve(text(status, "", { "Retry-After": "1" }));
    const { request } = createRequester({ token: TOKEN, baseUrl: server.baseUrl, sleep });
    const error = await failure(request(WRITE));
    assertEquals([error.effect, error.retryAfter], [status === 429 ? "none" : "unknown", 1000]);
    assertEquals(server.seen.length, 1);
  }
  for (const status of [400, 401, 403, 404, 416, 422, 302, 304]) {
    await using server = serve(text(status, null));
    const { request } = createRequester({ token: TOKEN, baseUrl: server.baseUrl, sleep });
    assertEquals((await failure(request(READ))).status, status);
    assertEquals(server.seen.length, 1);
  }
  await using dropping = serveRaw("");
  const { request } = createRequester({ token: TOKEN, baseUrl: dropping.baseUrl, sleep });
  const error = await failure(request(WRITE));
  assertInstanceOf(error, NetworkError);
  assertEquals([error.effect, dropping.count()], ["unknown", 1]);
  assertEquals(waits, []);
});

Deno.test("request() waits as long as Retry-After asks, and not at all beyond a minute", async () => {
  const { waits, sleep } = recordWaits();
  await using server = serve(
    text(429, "", { "Retry-After": "60" }),
    text(503, "", { "Retry-After": "0" }),
    text(429, "", {
      "Retry-After": "Wed, 21 Oct 2026 07:28:30 GMT",
      "Date": "Wed, 21 Oct 2026 07:28:00 GMT",
    }),
    text(429, "", { "Retry-After": "61" }),
  );
  const { request } = createRequester({ token: TOKEN, baseUrl: server.baseUrl, sleep, retries: 9 });
  const error = await failure(request(READ));
  assertInstanceOf(error, RateLimitError);
  assertEquals(error.retryAfter, 61_000);
  assertEquals(waits, [60_000, 0, 30_000]);
  assertEquals(server.seen.length, 4);
});

Deno.test("request() remembers over all attempts whether a delete may have been done", async () => {
  const { sleep } = recordWaits();
  const gone = json(404, { id: "not_found", message: "Couldn't find that authorization." });
  const table = [
    [[gone], "none"],
    [[text(429, ""), gone], "none"],
    [[text(500, ""), gone], "unknown"],
    [[text(503, ""), text(429, ""), gone], "unknown"],
  ] as const;
  for (const [answers, effect] of table) {
    await using server = serve(...answers);
    const { request } = createRequester({ token: TOKEN, baseUrl: server.baseUrl, sleep });
    const error = await failure(request(REMOVE));
    assertInstanceOf(error, NotFoundError);
    assertEquals([error.effect, error.message], [effect, "Couldn't find that authorization."]);
  }
});

Deno.test("request() gives up an attempt after its timeout, reading the body included", async () => {
  const never = () =>
    new Response(new ReadableStream({ start: (body) => body.enqueue(new Uint8Array([123])) }));
  const late = async () => {
    await new Promise((resolve) => setTimeout(resolve, 300));
    return Response.json({});
  };
  for (const answer of [never, late]) {
    await using server = serve(answer);
    const options = { token: TOKEN, baseUrl: server.baseUrl, timeout: 50, retries: 1 };
    const { request } = createRequester({ ...options, ...recordWaits() });
    const error = await failure(request(READ));
    assertInstanceOf(error, TimeoutError);
    assertEquals([error.effect, server.seen.length], ["none", 2]);
    assertEquals((await failure(request(WRITE))).effect, "unknown");
    assertEquals(server.seen.length, 3);
  }
});

Deno.test("request() gives up on a fetch that listens to no signal", async () => {
  const deaf = () => new Promise<Response>(() => {});
  const { request } = createRequester({ token: TOKEN, fetch: deaf, timeout: 20, retries: 0 });
  assertInstanceOf(await failure(request(READ)), TimeoutError);
  const reason = new Error("enough");
  const stop = new AbortController();
  setTimeout(() => stop.abort(reason), 5);
  const thrown = await request({ ...READ, signal: stop.signal }).catch((error) => error);
  assertStrictEquals(thrown, reason);
});

Deno.test("request() throws a caller's reason as it is, whenever the abort comes", async () => {
  const reasons = [new Error("enough"), new ServerError("not ours"), "enough", null, 0];
  for (const reason of reasons) {
    const stop = new AbortController();
    const during = () => {
      stop.abort(reason);
      return new Response(new ReadableStream());
    };
    await using server = serve(during);
    const { request } = createRequester({ token: TOKEN, baseUrl: server.baseUrl });
    const call = { ...READ, signal: stop.signal };
    assertStrictEquals(await request(call).then(() => "done", (error) => error), reason);
    assertStrictEquals(await request(call).then(() => "done", (error) => error), reason);
    assertEquals(server.seen.length, 1, "an aborted signal sends nothing");
  }
});

Deno.test("request() ends its wait for a retry when the caller aborts", async () => {
  await using server = serve(text(429, "", { "Retry-After": "60" }));
  const stop = new AbortController();
  const { request } = createRequester({ token: TOKEN, baseUrl: server.baseUrl });
  const call = request({ ...READ, signal: stop.signal });
  while (server.seen.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
  setTimeout(() => stop.abort("enough"), 20);
  const started = performance.now();
  assertEquals(await call.catch((error) => error), "enough");
  assert(performance.now() - started < 5000);
});

Deno.test("request() ends its wait on an abort though the given sleep listens to no signal", async () => {
  await using server = serve(text(500, ""));
  const stop = new AbortController();
  const sleep = () => {
    setTimeout(() => stop.abort("enough"), 5);
    return new Promise<void>(() => {});
  };
  const { request } = createRequester({ token: TOKEN, baseUrl: server.baseUrl, sleep });
  const call = request({ ...READ, signal: stop.signal });
  assertEquals(await call.catch((error) => error), "enough");
});

Deno.test("request() leaves no timer and no listener behind", async () => {
  let attempt: AbortSignal | null | undefined;
  const fetch = (_: unknown, init?: RequestInit) => {
    attempt = init?.signal;
    return Promise.resolve(Response.json({}));
  };
  const { signal } = new AbortController();
  let listeners = 0;
  const add = signal.addEventListener.bind(signal);
  const remove = signal.removeEventListener.bind(signal);
  signal.addEventListener = (...call: Parameters<typeof add>) => (listeners++, add(...call));
  signal.removeEventListener = (...call: Parameters<typeof add>) => (listeners--, remove(...call));

  const { request } = createRequester({ token: TOKEN, fetch, timeout: 20 });
  await request({ ...READ, signal });
  await new Promise((resolve) => setTimeout(resolve, 40));
  assertEquals([attempt?.aborted, listeners], [false, 0]);

  let answers = 0;
  const failing = () => Promise.resolve(new Response(null, { status: answers++ ? 404 : 500 }));
  await failure(createRequester({ token: TOKEN, fetch: failing }).request({ ...READ, signal }));
  assertEquals([answers, listeners], [2, 0]);
});

Deno.test("request() lets no opaque token of its own out through an error", async () => {
  const token = "opaque/canary=0123";
  const said = `No ${token}, ${encodeURIComponent(token)}, ${token.toUpperCase()}`;
  await using server = serve(
    json(422, { id: said, message: said, url: said }, { "Request-Id": said }),
  );
  const { request } = createRequester({ token, baseUrl: server.baseUrl });
  const error = await failure(request(READ));
  assertEquals(error.message, "No [redacted], [redacted], [redacted]");
  assertNotMatch(everyForm(error), /canary/i);
});

Deno.test("request() lets no token out through an error, whatever Heroku or the network says", async () => {
  const theirs = "01234567-89ab-cdef-0123-456789abcdef";
  const secret = "client-secret-canary";
  const said = `${TOKEN} ${TOKEN.toLowerCase()} ${theirs} HRKU-AAother ${secret} 654321`;
  const answers: readonly Answer[] = [401, 403, 404, 422, 429, 500, 302].map((status) =>
    json(status, {
      id: said,
      message: said,
      url: `https://example.com/?${said}`,
      errors: [{ [said]: said, token: "opaque-canary" }],
    }, { "Request-Id": `${TOKEN} HRKU-AAother`, "Location": `/${TOKEN}` })
  );
  const leaks = /canary|89ab-cdef|HRKU-AA|654321/i;
  for (const answer of answers) {
    await using server = serve(answer);
    const { request } = createRequester({ token: TOKEN, baseUrl: server.baseUrl, retries: 0 });
    const error = await failure(
      request({ ...WRITE, secrets: [secret], headers: { "Heroku-Two-Factor-Code": "654321" } }),
    );
    assertNotMatch(everyForm(error), leaks);
    assertNotMatch(JSON.stringify(errorBody(error) ?? null), leaks);
  }

  const leaky = (_: unknown, init?: RequestInit) => {
    const cause = Object.assign(new Error(said), { init });
    return Promise.reject(Object.assign(new TypeError(said, { cause }), { init }));
  };
  const { request } = createRequester({ token: TOKEN, fetch: leaky, retries: 0 });
  const error = await failure(
    request({ ...WRITE, secrets: [secret], headers: { "Heroku-Two-Factor-Code": "654321" } }),
  );
  assertInstanceOf(error, NetworkError);
  assertNotMatch(everyForm(error), leaks);
});

Deno.test("request() keeps ordinary words, though the token be a short one", async () => {
  await using server = serve(json(401, { id: "unauthorized", message: "Invalid token." }));
  const { request } = createRequester({ token: "token", baseUrl: server.baseUrl });
  const error = await failure(request(READ));
  assertInstanceOf(error, UnauthorizedError);
  assertEquals(error.message, "Invalid token.");
});

Deno.test("request() keeps why the network failed as the cause", async () => {
  const port = (() => {
    const listener = Deno.listen({ port: 0, hostname: "127.0.0.1" });
    listener.close();
    return listener.addr.port;
  })();
  const baseUrl = `http://127.0.0.1:${port}`;
  const { request } = createRequester({ token: TOKEN, baseUrl, retries: 0 });
  const error = await failure(request({ ...WRITE, action: "add the key" }));
  assertEquals(
    error.message,
    `Cannot add the key because no answer came from '127.0.0.1:${port}'; it may have taken effect all the same`,
  );
  assert(error.cause instanceof Error);
  assertEquals([error.code, error.status, error.effect], ["network", undefined, "unknown"]);
});
