/**
 * What a service's answer may cost: real servers that never come to an end.
 *
 * @module
 */
import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import {
  type Answer,
  createRequester,
  LARGEST_ANSWER,
  type Session,
} from "../../lib/targets/request.ts";
import { TargetError } from "../../lib/targets/target.ts";
import { assertConceals } from "./assert_conceals.ts";
import { deliveryOf } from "./delivery_of.ts";

const MEBIBYTE = 1_048_576;
const CREDENTIAL = "credential-Zk3pQ8rT5vX1";
const advice = {
  unauthorized: "set the Worker secret 'SERVICE_TOKEN' to a live token",
  forbidden: "<forbidden>",
  not_found: "<not found>",
  invalid_value: "<invalid value>",
};

function sessionWith(headers: Readonly<Record<string, string>> = {}): Session {
  return { delivery: deliveryOf(1), context: {}, secrets: [CREDENTIAL], headers };
}

function ask(url: string, timeout: number, session = sessionWith()): Promise<Answer> {
  const environment = { fetch, now: Date.now, secret: () => CREDENTIAL };
  const request = createRequester(environment, { place: "secret 'X'", advice, timeout });
  return request(session, { method: "GET", url: new URL(url), expected: [200] });
}

async function withServer(
  handle: (request: Request) => Response,
  run: (url: string) => Promise<void>,
): Promise<void> {
  const server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen() {} }, handle);
  try {
    await run(`http://127.0.0.1:${server.addr.port}/secret`);
  } finally {
    await server.shutdown();
  }
}

/** A body without an end, and whether its reader went away. */
function endless(piece: Uint8Array, pause: number) {
  const seen = { cancelled: false, sent: 0 };
  const body = new ReadableStream<Uint8Array>({
    async pull(controller) {
      if (pause > 0) await new Promise((resolve) => setTimeout(resolve, pause));
      seen.sent += piece.byteLength;
      if (!seen.cancelled) controller.enqueue(piece);
    },
    cancel() {
      seen.cancelled = true;
    },
  });
  return { body, seen };
}

/** Zeros that gzip packs to a thousandth. */
function bomb(mebibytes: number): ReadableStream<Uint8Array> {
  let left = mebibytes;
  const zeros = new Uint8Array(MEBIBYTE).fill(48);
  return new ReadableStream<Uint8Array<ArrayBuffer>>({
    pull(controller) {
      if (left-- > 0) controller.enqueue(zeros);
      else controller.close();
    },
  }).pipeThrough(new CompressionStream("gzip"));
}

async function assertUnavailable(run: () => Promise<unknown>, words: string): Promise<void> {
  const error = await assertRejects(run, TargetError);
  assertEquals([error.code, error.retryable], ["unavailable", true]);
  assertStringIncludes(error.message, words);
}

Deno.test("A requester reads an answer of exactly a megabyte", async () => {
  const json = JSON.stringify("x".repeat(LARGEST_ANSWER - 2));
  await withServer(() => new Response(json), async (url) => {
    assertEquals(JSON.stringify((await ask(url, 5_000)).body).length, LARGEST_ANSWER);
  });
});

Deno.test("A requester reads no more of an answer than a megabyte", async () => {
  const json = JSON.stringify("x".repeat(LARGEST_ANSWER - 1));
  await withServer(() => new Response(json), async (url) => {
    await assertUnavailable(() => ask(url, 5_000), "answered 200 with more than 1000000 bytes");
  });
});

for (const status of [200, 403, 404, 429, 500]) {
  Deno.test(`A requester stops an answer of ${status} that never ends`, async () => {
    const { body, seen } = endless(new Uint8Array(65_536).fill(32), 0);
    await withServer(() => new Response(body, { status }), async (url) => {
      await assertUnavailable(() => ask(url, 5_000), `answered ${status} with more than 1000000`);
    });
    assert(seen.cancelled, "The answer was not cancelled");
    assert(seen.sent < 50 * MEBIBYTE, `The server sent ${seen.sent} bytes`);
  });
}

Deno.test("A requester gives up on an answer that never ends, and comes a byte at a time", async () => {
  const { body, seen } = endless(new Uint8Array([32]), 5);
  await withServer(() => new Response(body), async (url) => {
    await assertUnavailable(() => ask(url, 200), "did not answer within 200 ms");
  });
  assert(seen.cancelled, "The answer was not cancelled");
});

Deno.test("A requester counts a packed answer unpacked", async () => {
  const headers = { "content-encoding": "gzip" };
  await withServer(() => new Response(bomb(2_000), { headers }), async (url) => {
    await assertUnavailable(() => ask(url, 20_000), "answered 200 with more than 1000000 bytes");
  });
});

Deno.test("A requester takes a packed answer that is small unpacked", async () => {
  const headers = { "content-encoding": "gzip" };
  const packed = () =>
    new Response('{"name":"X"}').body?.pipeThrough(new CompressionStream("gzip")) ?? null;
  await withServer(() => new Response(packed(), { headers }), async (url) => {
    assertEquals((await ask(url, 5_000)).body, { name: "X" });
  });
});

for (
  const [what, credential] of [
    ["a line break", `${CREDENTIAL}\nsecond`],
    ["curly quotes", `\u201c${CREDENTIAL}\u201d`],
    ["a byte order mark", `\ufeff${CREDENTIAL}`],
    ["a null character", `${CREDENTIAL}\u0000`],
  ] as const
) {
  Deno.test(`A requester names the secret with ${what} that no header can carry`, async () => {
    let asked = 0;
    const handle = () => {
      asked++;
      return new Response("{}");
    };
    await withServer(handle, async (url) => {
      const session = sessionWith({ authorization: `Bearer ${credential}` });
      const error = await assertRejects(
        () => ask(url, 5_000, { ...session, secrets: [credential] }),
        TargetError,
      );
      assertEquals([error.code, error.retryable], ["unauthorized", false]);
      assertStringIncludes(error.message, "its header 'authorization' would have a character");
      assertStringIncludes(error.message, "SERVICE_TOKEN");
      assertConceals(error, [credential, CREDENTIAL]);
    });
    assertEquals(asked, 0);
  });
}

Deno.test("A requester blames the configuration for a header that holds no secret", async () => {
  const session = sessionWith({ "x-vault-namespace": "名" });
  const error = await assertRejects(() => ask("http://127.0.0.1:9/", 5_000, session), TargetError);
  assertEquals(error.code, "invalid_value");
  assertStringIncludes(error.message, "'x-vault-namespace'");
});

Deno.test("A requester sends a secret with white space at its end", async () => {
  const seen: (string | null)[] = [];
  const handle = (request: Request) => {
    seen.push(request.headers.get("authorization"));
    return new Response("{}");
  };
  await withServer(handle, async (url) => {
    await ask(url, 5_000, sessionWith({ authorization: `Bearer ${CREDENTIAL}\r\n` }));
  });
  assertEquals(seen, [`Bearer ${CREDENTIAL}`]);
});
