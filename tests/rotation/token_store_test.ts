import { assertEquals, assertRejects } from "@std/assert";
import type { Entry } from "../../lib/rotation/ledger.ts";
import { createSealing, SealingError } from "../../lib/rotation/sealing.ts";
import { createTokenStore } from "../../lib/rotation/token_store.ts";
import type { Delivery } from "../../lib/targets/target.ts";
import { createLedger } from "../../worker/account/ledger.ts";
import { createDatabase } from "../worker/sqlite.ts";
import { entryOf, markOf } from "./plan_input.ts";

const key = btoa("k".repeat(32));

function deliveryOf(generation: number): Delivery {
  return {
    credential: "ci",
    generation,
    authorization: `authorization-${generation}`,
    token: `token-${generation}`,
    createdAt: new Date(0).toISOString(),
    expiresAt: null,
    idempotencyKey: markOf(generation),
  };
}

/** A store whose ledger has minted these generations. */
async function start(...generations: readonly number[]) {
  const ledger = createLedger(createDatabase());
  const sealing = await createSealing(key);
  const entries = generations.map(async (generation): Promise<Entry> => {
    const entry = entryOf(generation, "minted");
    return { ...entry, sealedToken: await sealing.seal(`token-${generation}`, entry) };
  });
  await ledger.adopt(new Map([["ci", await Promise.all(entries)]]));
  const [lease] = await ledger.claim([{ credential: "ci", attempt: 1, seenLease: null }], 1);
  return { ledger, lease, store: createTokenStore(ledger, sealing) };
}

Deno.test("createTokenStore() hands out what it was last given to hand out", async () => {
  const { store } = await start(1, 2);
  assertEquals(await store.read("ci"), undefined);
  for (const generation of [1, 1, 2]) {
    assertEquals(await store.serve(deliveryOf(generation)), true);
    assertEquals(await store.read("ci"), `token-${generation}`);
  }
});

Deno.test("createTokenStore() refuses an older generation, and goes on handing out the newer", async () => {
  const { store } = await start(1, 2);
  await store.serve(deliveryOf(2));
  assertEquals(await store.serve(deliveryOf(1)), false);
  assertEquals(await store.read("ci"), "token-2");
});

Deno.test("createTokenStore() hands out nothing of what is retired or no longer kept", async () => {
  const { ledger, lease, store } = await start(1, 2);
  await store.serve(deliveryOf(1));
  await ledger.write(lease, [{ kind: "discard", mark: markOf(1), at: 0 }]);
  assertEquals(await store.read("ci"), undefined);
  await store.serve(deliveryOf(2));
  await ledger.write(lease, [{ kind: "retire", mark: markOf(2), state: "retired", at: 0 }]);
  assertEquals(await store.read("ci"), undefined);
});

Deno.test("createTokenStore() hands out nothing for a credential that it does not know", async () => {
  const { store } = await start(1);
  assertEquals(await store.read("web"), undefined);
});

Deno.test("createTokenStore() says so when the sealing key is another by now", async () => {
  const { ledger, store } = await start(1);
  await store.serve(deliveryOf(1));
  const other = createTokenStore(ledger, await createSealing(btoa("o".repeat(32))));
  assertEquals((await assertRejects(() => other.read("ci"), SealingError)).code, "wrong_key");
});
