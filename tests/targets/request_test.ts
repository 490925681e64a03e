import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import * as v from "valibot";
import { createRequester, type RequesterOptions } from "../../lib/targets/request.ts";
import { TargetError, type TargetErrorCode } from "../../lib/targets/target.ts";
import { assertConceals } from "./assert_conceals.ts";
import { deliveryOf } from "./delivery_of.ts";

const CREDENTIAL = "credential-Zk3pQ8rT5vX1";
const NOW = Date.parse("2026-12-24T12:00:00Z");
const delivery = deliveryOf(1);
const advice = {
  unauthorized: "<unauthorized>",
  forbidden: "<forbidden>",
  not_found: "<not found>",
  invalid_value: "<invalid value>",
};

function requestWith(
  fetching: typeof fetch,
  options: Partial<RequesterOptions> = {},
  signal?: AbortSignal,
) {
  const environment = { fetch: fetching, now: () => NOW, secret: () => CREDENTIAL };
  const request = createRequester(environment, { place: "secret 'X'", advice, ...options });
  return request({ delivery, context: { signal }, secrets: [CREDENTIAL] }, {
    method: "PUT",
    url: new URL("https://api.example.com/secrets/X?key=query-Yb7cN2wL"),
    body: "{}",
    expected: [204],
  });
}

function answering(body: BodyInit | null, init: ResponseInit): typeof fetch {
  return () => Promise.resolve(new Response(body, init));
}

const codes: [status: number, code: TargetErrorCode, next: string][] = [
  [301, "not_found", "<not found>"],
  [304, "not_found", "<not found>"],
  [400, "invalid_value", "<invalid value>"],
  [401, "unauthorized", "<unauthorized>"],
  [402, "forbidden", "<forbidden>"],
  [403, "forbidden", "<forbidden>"],
  [404, "not_found", "<not found>"],
  [405, "invalid_value", "<invalid value>"],
  [408, "unavailable", "try again"],
  [409, "invalid_value", "<invalid value>"],
  [410, "not_found", "<not found>"],
  [413, "invalid_value", "<invalid value>"],
  [422, "invalid_value", "<invalid value>"],
  [425, "unavailable", "try again"],
  [429, "rate_limited", "try again"],
  [500, "unavailable", "try again"],
  [502, "unavailable", "try again"],
  [503, "unavailable", "try again"],
  [200, "unavailable", "try again"],
  [202, "unavailable", "try again"],
];
for (const [status, code, next] of codes) {
  Deno.test(`A requester takes ${status} for ${code}`, async () => {
    const body = status === 304 ? null : '{"message":"No."}';
    const error = await assertRejects(
      () => requestWith(answering(body, { status })),
      TargetError,
    );
    assertEquals([error.code, error.status], [code, status]);
    assertStringIncludes(error.message, next);
    assertStringIncludes(error.message, `PUT https://api.example.com/secrets/X answered ${status}`);
    assertEquals(error.message.includes("query-"), false);
  });
}

Deno.test("A requester tells a rate limit of 403 from a missing permission", async () => {
  const reset = String(NOW / 1000 + 60);
  for (
    const [headers, code, wait] of [
      [{ "retry-after": "9" }, "rate_limited", 9_000],
      [{ "x-ratelimit-remaining": "0", "x-ratelimit-reset": reset }, "rate_limited", 60_000],
      [{ "x-ratelimit-remaining": "7", "x-ratelimit-reset": reset }, "forbidden", undefined],
      [{}, "forbidden", undefined],
    ] as const
  ) {
    const error = await assertRejects(
      () => requestWith(answering("{}", { status: 403, headers })),
      TargetError,
    );
    assertEquals([error.code, error.retryAfter], [code, wait]);
  }
});

Deno.test("A requester waits as long as a service that is down asks for", async () => {
  const answer = answering("", { status: 503, headers: { "retry-after": "120" } });
  const error = await assertRejects(() => requestWith(answer), TargetError);
  assertEquals([error.code, error.retryAfter], ["unavailable", 120_000]);
});

Deno.test("A requester lets a target name its own codes and waits", async () => {
  const answer = answering('{"type":"Throttled"}', { status: 400 });
  const error = await assertRejects(
    () => requestWith(answer, { classify: () => "rate_limited", rateLimitWait: 60_000 }),
    TargetError,
  );
  assertEquals([error.code, error.retryAfter], ["rate_limited", 60_000]);
});

Deno.test("A requester repeats what the service said, in one short line", async () => {
  for (
    const [body, said] of [
      ['{"message":"Bad\\r\\nthing"}', "'Bad thing'"],
      ['{"message":{"value":["is invalid"]}}', `'{"value":["is invalid"]}'`],
      ['{"errors":["permission denied"]}', `'["permission denied"]'`],
      ['{"messages":["Gone"],"success":false}', `'["Gone"]'`],
      ['{"message":"","error":"Nope"}', "'Nope'"],
      ['"Just text"', "'Just text'"],
      ["Plain \u001b[31mtext", "'Plain [31mtext'"],
      [JSON.stringify({ message: "x".repeat(1000) }), `'${"x".repeat(200)}…'`],
    ] as const
  ) {
    const error = await assertRejects(
      () => requestWith(answering(body, { status: 422 })),
      TargetError,
    );
    assertStringIncludes(error.message, `answered 422 ${said}: <invalid value>`);
  }
  const page = answering("<h1>No</h1>", { status: 422, headers: { "content-type": "text/html" } });
  const error = await assertRejects(() => requestWith(page), TargetError);
  assertStringIncludes(error.message, "answered 422 'an HTML page': <invalid value>");
  const silent = await assertRejects(
    () => requestWith(answering("", { status: 422 })),
    TargetError,
  );
  assertStringIncludes(silent.message, "answered 422: <invalid value>");
});

Deno.test("A requester conceals before it cuts", async () => {
  const message = `${"x".repeat(190)} ${delivery.token} ${CREDENTIAL}`;
  const error = await assertRejects(
    () => requestWith(answering(JSON.stringify({ message }), { status: 422 })),
    TargetError,
  );
  assertConceals(error, [delivery.token, CREDENTIAL]);
});

Deno.test("A requester conceals a credential that is in an address, too", async () => {
  const environment = {
    fetch: answering("", { status: 500 }),
    now: () => NOW,
    secret: () => CREDENTIAL,
  };
  const request = createRequester(environment, { place: `hook '${CREDENTIAL}'`, advice });
  const error = await assertRejects(
    () =>
      request({ delivery, context: {}, secrets: [CREDENTIAL] }, {
        method: "GET",
        url: new URL(`https://api.example.com/hooks/${CREDENTIAL}`),
        expected: [200],
      }),
    TargetError,
    "Cannot read the hook '[redacted]' because GET https://api.example.com/hooks/[redacted] answered",
  );
  assertConceals(error, [CREDENTIAL]);
});

Deno.test("A requester says where a redirect goes, and no more of it", async () => {
  const headers = { location: `/repositories/1/${delivery.token}?a=query-Yb7cN2wL#b` };
  const error = await assertRejects(
    () => requestWith(answering(null, { status: 307, headers })),
    TargetError,
  );
  assertStringIncludes(error.message, "to https://api.example.com/repositories/1/[redacted],");
  assertConceals(error, [delivery.token, "query-Yb7cN2wL"]);
});

Deno.test("A requester hides the query that a network error names", async () => {
  const error = await assertRejects(
    () => requestWith((input) => Promise.reject(new TypeError(`cannot reach ${input}`))),
    TargetError,
  );
  assertEquals([error.code, error.status], ["unavailable", undefined]);
  assertStringIncludes(error.message, "cannot reach https://api.example.com/secrets/X[redacted]");
  assertConceals(error, ["query-Yb7cN2wL"]);
});

Deno.test("A requester gives up after its timeout, also in the middle of a body", async () => {
  const hanging: typeof fetch = (_input, init) =>
    new Promise((_, reject) => {
      init?.signal?.addEventListener("abort", () => reject(init.signal?.reason));
    });
  const dripping: typeof fetch = (_input, init) => {
    const body = new ReadableStream({
      start(controller) {
        controller.enqueue(new TextEncoder().encode("{"));
        init?.signal?.addEventListener("abort", () => controller.error(init.signal?.reason));
      },
    });
    return Promise.resolve(new Response(body));
  };
  for (const fetching of [hanging, dripping]) {
    const error = await assertRejects(() => requestWith(fetching, { timeout: 20 }), TargetError);
    assertEquals(error.code, "unavailable");
    assertStringIncludes(error.message, "did not answer within 20 ms");
  }
});

Deno.test("A requester leaves no timer behind", async () => {
  let given: AbortSignal | null | undefined;
  const fetching: typeof fetch = (_input, init) => {
    given = init?.signal;
    return Promise.resolve(new Response(null, { status: 204 }));
  };
  await requestWith(fetching, { timeout: 5 });
  await new Promise((resolve) => setTimeout(resolve, 20));
  assertEquals(given?.aborted, false);
});

Deno.test("A requester rethrows the reason of its signal untouched", async () => {
  const reason = { why: "the rotation gave up" };
  const controller = new AbortController();
  let asked = 0;
  const fetching: typeof fetch = (_input, init) => {
    asked++;
    controller.abort(reason);
    return Promise.reject(init?.signal?.reason);
  };
  for (let round = 0; round < 2; round++) {
    const thrown = await requestWith(fetching, {}, controller.signal).catch((error) => error);
    assertEquals(thrown, reason);
  }
  assertEquals(asked, 1);
});

Deno.test("A requester calls fetch detached, as workerd demands", async () => {
  const receivers: unknown[] = [];
  const fetching = function (this: unknown) {
    receivers.push(this);
    return Promise.resolve(new Response(null, { status: 204 }));
  };
  const answer = await requestWith(fetching);
  assertEquals([answer.status, answer.body, receivers], [204, undefined, [undefined]]);
});

Deno.test("Answer.read() takes the documented shape and nothing else", async () => {
  const environment = {
    fetch: answering('{"name":"X"}', { status: 200 }),
    now: () => NOW,
    secret: () => CREDENTIAL,
  };
  const request = createRequester(environment, { place: "secret 'X'", advice });
  const answer = await request({ delivery, context: {}, secrets: [] }, {
    method: "GET",
    url: new URL("https://api.example.com/secrets/X"),
    expected: [200],
  });
  assertEquals(answer.read(v.object({ name: v.string() }), "a name"), { name: "X" });
  const error = await assertRejects(
    // deno-lint-ignore require-await
    async () => answer.read(v.object({ name: v.number() }), "a name"),
    TargetError,
  );
  assertEquals([error.code, error.status], ["unavailable", 200]);
  assertStringIncludes(error.message, "Cannot read the secret 'X' because GET");
  assertStringIncludes(error.message, "answered 200 without a name");
});
