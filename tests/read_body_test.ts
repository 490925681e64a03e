import { assert, assertEquals, assertRejects } from "@std/assert";
import { readBody } from "../lib/read_body.ts";

const NEVER = new AbortController().signal;

/** A body that goes on for ever, piece after piece; it notes how many were asked for. */
function endless(piece: () => Uint8Array | Promise<Uint8Array>) {
  const state = { pieces: 0, cancelled: false };
  const stream = new ReadableStream<Uint8Array>({
    async pull(controller) {
      state.pieces++;
      controller.enqueue(await piece());
    },
    cancel() {
      state.cancelled = true;
    },
  });
  return { response: new Response(stream), state };
}

Deno.test("readBody() reads a body up to the limit, and none beyond it", async () => {
  const table = [["", 0], ["a", 1], ["grüße", 7], ["x".repeat(500), 500]] as const;
  for (const [text, bytes] of table) {
    assertEquals(await readBody(new Response(text), 1000, NEVER), text);
    const exact = new Response(text);
    assertEquals(await readBody(exact, Math.max(bytes, 300), NEVER), text);
    if (bytes > 300) assertEquals(await readBody(new Response(text), bytes - 1, NEVER), undefined);
  }
  assertEquals(await readBody(new Response(null), 0, NEVER), "");
  assertEquals(await readBody(new Response("\ufeff{}"), 1000, NEVER), "{}");
});

Deno.test("readBody() goes by the length that HTTP holds a body to", async () => {
  for (const length of ["5", "1000"]) {
    const response = new Response("grüße", { headers: { "Content-Length": length } });
    assertEquals(await readBody(response, 1000, NEVER), "grüße");
  }
});

Deno.test("readBody() believes no length of a body that is packed, none beyond the limit and no nonsense", async () => {
  const untrusted: readonly HeadersInit[] = [
    { "Content-Length": "5", "Content-Encoding": "gzip" },
    { "Content-Length": "20000" },
    { "Content-Length": "-5" },
    { "Content-Length": "5, 5" },
    { "Content-Length": "" },
  ];
  for (const headers of untrusted) {
    const { response, state } = endless(() => new Uint8Array(1000));
    assertEquals(
      await readBody(new Response(response.body, { headers }), 10_000, NEVER),
      undefined,
    );
    assert(state.cancelled);
  }
  const { response } = endless(() => new Uint8Array(1000));
  const foreign = new Response(response.body, { headers: { "Content-Length": "5" } });
  Object.defineProperty(foreign, "type", { value: "cors" });
  assertEquals(await readBody(foreign, 10_000, NEVER), undefined);
});

Deno.test("readBody() throws the reason of an abort while a body of a known length stalls", async () => {
  const { response } = endless(() => new Promise<never>(() => {}));
  const stalled = new Response(response.body, { headers: { "Content-Length": "5" } });
  const controller = new AbortController();
  const reading = readBody(stalled, 1000, controller.signal);
  controller.abort(new Error("enough"));
  await assertRejects(() => reading, Error, "enough");
});

Deno.test("readBody() puts a character together that came in two pieces", async () => {
  const bytes = new TextEncoder().encode("ü😀");
  const pieces = [...bytes].map((byte) => Uint8Array.of(byte));
  assertEquals(
    await readBody(new Response(ReadableStream.from(pieces)), 10_000, NEVER),
    "ü😀",
  );
});

Deno.test("readBody() cancels what goes on beyond the limit", async () => {
  const { response, state } = endless(() => new Uint8Array(1000));
  assertEquals(await readBody(response, 10_000, NEVER), undefined);
  assert(state.cancelled && state.pieces <= 13, `${state.pieces}`);
});

Deno.test("readBody() ends a body of pieces with no or one byte, as they need memory too", async () => {
  for (const length of [0, 1]) {
    const { response, state } = endless(() => new Uint8Array(length));
    assertEquals(await readBody(response, 1024 ** 2, NEVER), undefined);
    assert(state.cancelled && state.pieces < 5000, `${state.pieces}`);
  }
});

Deno.test("readBody() throws the reason of an abort, and cancels a body that stalls", async () => {
  const stalled = endless(() => new Promise<never>(() => {}));
  const controller = new AbortController();
  const reading = readBody(stalled.response, 1000, controller.signal);
  controller.abort(new Error("enough"));
  await assertRejects(() => reading, Error, "enough");
  assert(stalled.state.cancelled);

  const aborted = endless(() => new Uint8Array(10));
  const reason = AbortSignal.abort(new Error("before"));
  await assertRejects(() => readBody(aborted.response, 1000, reason), Error, "before");
  assert(aborted.state.cancelled);
});

Deno.test("readBody() throws what broke a body off", async () => {
  const broken = new ReadableStream({
    start: (controller) => controller.error(new TypeError("reset")),
  });
  await assertRejects(() => readBody(new Response(broken), 1000, NEVER), TypeError, "reset");
  const words = new ReadableStream({ start: (controller) => controller.enqueue("text") });
  await assertRejects(() => readBody(new Response(words), 1000, NEVER), TypeError);
});
