import { assertEquals } from "@std/assert";
import { createSealing } from "../../lib/rotation/sealing.ts";
import { tryToken } from "../../worker/served_token.ts";
import { createEntry } from "./account/ledger_sample.ts";

const sealingKey = btoa("k".repeat(32));
const entry = createEntry("a", "current");
const sealedToken = await (await createSealing(sealingKey)).seal("HRKU-secret", entry);

/** Heroku that answers with these statuses in turn, and the last one from then on; 0 is a lost connection. */
function answering(...statuses: readonly number[]) {
  const asked: (string | null)[] = [];
  const fetch: typeof globalThis.fetch = (_input, init) => {
    const status = statuses[Math.min(asked.length, statuses.length - 1)];
    asked.push(new Headers(init?.headers).get("authorization"));
    if (status === 0) return Promise.reject(new TypeError("Connection refused"));
    const id = status === 401 ? "unauthorized" : "forbidden";
    return Promise.resolve(Response.json(status === 200 ? {} : { id, message: "No." }, { status }));
  };
  return { fetch, asked };
}

for (
  const [statuses, expected, times] of [
    [[200], "accepted", 1],
    [[403], "accepted", 1],
    [[401, 200], "accepted", 2],
    [[401], "refused", 2],
    [[401, 503], "nothing", 2],
    [[503], "nothing", 1],
    [[0], "nothing", 1],
  ] as const
) {
  Deno.test(`tryToken() says '${expected}' of a token that Heroku answers with ${statuses}`, async () => {
    const { fetch, asked } = answering(...statuses);
    assertEquals(await tryToken({ sealingKey }, { ...entry, sealedToken }, fetch), expected);
    assertEquals(asked, Array(times).fill("Bearer HRKU-secret"));
  });
}

Deno.test("tryToken() says nothing of a token that the key does not open, and asks no one", async () => {
  const { fetch, asked } = answering(401);
  for (const altered of [{ sealedToken: "v1.a.b.c.d" }, { sealedToken, generation: 8 }]) {
    assertEquals(await tryToken({ sealingKey }, { ...entry, ...altered }, fetch), "nothing");
  }
  assertEquals(asked, []);
});
