import { assert, assertEquals, assertRejects } from "@std/assert";
import { createClient } from "../../lib/heroku/client.ts";
import { MalformedResponseError } from "../../lib/heroku/errors.ts";
import { type Answer, serve } from "./scripted_server.ts";

const BOUND = 32 * 1024 ** 2;
const ID = "01234567-89ab-cdef-0123-456789abcdef";
const PIECE = new TextEncoder().encode("[".repeat(64 * 1024));

/** A body without an end; it counts what was sent of it. */
function endless(status: number) {
  const state = { bytes: 0, cancelled: 0 };
  const answer: Answer = () =>
    new Response(
      new ReadableStream<Uint8Array>({
        pull(controller) {
          state.bytes += PIECE.byteLength;
          controller.enqueue(PIECE);
        },
        cancel() {
          state.cancelled++;
        },
      }),
      { status },
    );
  return { answer, state };
}

/** 512 MB of spaces, which are 0.5 MB when packed. */
async function pack(): Promise<Uint8Array> {
  const space = new TextEncoder().encode(" ".repeat(1024 ** 2));
  const pieces = Array.from({ length: 512 }, () => space);
  const packed = ReadableStream.from(pieces).pipeThrough(new CompressionStream("gzip"));
  return new Uint8Array(await new Response(packed).arrayBuffer());
}

function connect(baseUrl: string) {
  return createClient({
    token: "HRKU-AA",
    baseUrl,
    timeout: 20_000,
    sleep: () => Promise.resolve(),
  });
}

Deno.test("every method ends an endless answer at 32 MB, whatever its status, and asks once", async () => {
  for (const status of [200, 201, 404, 500]) {
    const { answer, state } = endless(status);
    {
      await using server = serve(answer);
      const client = connect(server.baseUrl);
      const calls = [
        ["none", () => client.list()],
        ["none", () => client.info(ID)],
        ["unknown", () => client.create({ scope: ["read"] })],
        ["unknown", () => client.delete(ID)],
      ] as const;
      for (const [effect, call] of status === 200 ? calls : calls.slice(1, 3)) {
        const error = await assertRejects(
          call,
          MalformedResponseError,
          `Heroku answered ${status}, but its body is larger than 32 MB`,
        );
        assertEquals([error.status, error.effect], [status, effect]);
      }
      assertEquals(server.seen.length, status === 200 ? 4 : 2);
      assert(state.bytes < server.seen.length * BOUND * 1.5, `${state.bytes}`);
    }
    assertEquals(state.cancelled, status === 200 ? 4 : 2);
  }
});

Deno.test("info() counts a packed answer at its unpacked size, and the memory stays bounded", async () => {
  const body = (await pack()).buffer;
  assert(body instanceof ArrayBuffer && body.byteLength < BOUND / 32);
  await using server = serve(() =>
    new Response(body, {
      headers: { "Content-Encoding": "gzip", "Content-Type": "application/json" },
    })
  );
  const before = Deno.memoryUsage().rss;
  await assertRejects(
    () => connect(server.baseUrl).info(ID),
    MalformedResponseError,
    "its body is larger than 32 MB",
  );
  assert(Deno.memoryUsage().rss - before < 8 * BOUND);
  assertEquals(server.seen.length, 1);
  // A fetch with a Range asks for no packing, so that Deno's unpacks none: that is unreadable too.
  await assertRejects(() => connect(server.baseUrl).list(), MalformedResponseError);
});

Deno.test("list() reads a page of many megabytes", async () => {
  const page = [{ id: "a", more: "x".repeat(BOUND - 1000) }];
  await using server = serve(() => Response.json(page));
  const [one] = await connect(server.baseUrl).list();
  assertEquals(one.id, "a");
});

Deno.test("info() doesn't wait for an endless answer that trickles", async () => {
  const encoder = new TextEncoder();
  await using server = serve(() =>
    new Response(
      new ReadableStream({
        async pull(controller) {
          await new Promise((resolve) => setTimeout(resolve, 5));
          controller.enqueue(encoder.encode(" "));
        },
      }),
    )
  );
  const client = createClient({
    token: "HRKU-AA",
    baseUrl: server.baseUrl,
    timeout: 100,
    retries: 0,
  });
  const error = await client.info(ID).catch((thrown) => thrown);
  assertEquals(error.code, "timeout");
});

Deno.test("info() doesn't search megabytes of an error for secrets", async () => {
  const message = "HRKU-AAcanary ".repeat(1_000_000);
  await using server = serve(() => Response.json({ id: "x", message }, { status: 404 }));
  const started = performance.now();
  const error = await connect(server.baseUrl).info(ID).catch((thrown) => thrown);
  assertEquals(error.message, "Cannot look up the authorization because Heroku answered 404");
  assert(performance.now() - started < 5000);
});
