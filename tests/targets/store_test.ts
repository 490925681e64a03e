import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { store } from "../../lib/targets/store.ts";
import {
  type Delivery,
  type Target,
  type TargetEnvironment,
  TargetError,
  type TokenStore,
} from "../../lib/targets/target.ts";
import { assertConceals } from "./assert_conceals.ts";

const environment: TargetEnvironment = {
  fetch: () => Promise.reject(new Error("The store needs no request")),
  now: () => 0,
  secret: () => "the-reader-key",
};

function deliveryOf(generation: number): Delivery {
  return {
    credential: "ci",
    generation,
    authorization: `authorization-${generation}`,
    token: `HRKU-AAcanary${generation}_Q7xkW2mZr9VtLpN4sBfYcHdG1jE5aU8oT3iX6wKz`,
    createdAt: "2026-01-01T00:00:00.000Z",
    expiresAt: null,
    idempotencyKey: `mark-${generation}`,
  };
}

/** What a ledger may do besides. */
interface Ways {
  /** Whether it has no entry for what is delivered, as after it was lost or restored. */
  hasLostEntries: boolean;
  /** Whether it says that it changed nothing, though it did. */
  deniesChanges: boolean;
  /** How many reads show what was there before. */
  oldReads: number;
  /** Whether the sealed token has been forgotten. */
  hasForgotten: boolean;
}

/** The target on a store that keeps tokens in memory. */
function start(): { target: Target; kept: Map<string, Delivery>; ways: Ways } {
  const kept = new Map<string, Delivery>();
  const before = new Map<string, Delivery | undefined>();
  const ways = { hasLostEntries: false, deniesChanges: false, oldReads: 0, hasForgotten: false };
  const memory: TokenStore = {
    serve(delivery) {
      if (ways.hasLostEntries) return Promise.resolve(false);
      const former = kept.get(delivery.credential);
      if (former && former.generation > delivery.generation) return Promise.resolve(false);
      before.set(delivery.credential, former);
      kept.set(delivery.credential, delivery);
      return Promise.resolve(!ways.deniesChanges);
    },
    read(credential) {
      if (ways.hasForgotten) return Promise.resolve(undefined);
      const shown = ways.oldReads-- > 0 ? before : kept;
      return Promise.resolve(shown.get(credential)?.token);
    },
  };
  return {
    target: store.create({ reader_key_secret: "READER_KEY" }, { ...environment, store: memory }),
    kept,
    ways,
  };
}

Deno.test("store hands a delivery out, and proves exactly that it does", async () => {
  const { target, kept } = start();
  const receipt = await target.deliver(deliveryOf(1), {});
  assertEquals(kept.get("ci"), deliveryOf(1));
  assertConceals(receipt, [deliveryOf(1).token]);
  assertEquals(await target.confirm(deliveryOf(1), receipt, {}), {
    kind: "exact",
    detail: "The value was read back",
  });
});

Deno.test("store takes the same delivery twice", async () => {
  const { target } = start();
  assertEquals(await target.deliver(deliveryOf(1), {}), await target.deliver(deliveryOf(1), {}));
});

Deno.test("store refuses a late delivery of an older generation, once and for all", async () => {
  const { target, kept } = start();
  await target.deliver(deliveryOf(2), {});
  const error = await assertRejects(() => target.deliver(deliveryOf(1), {}), TargetError);
  assertEquals([error.code, error.retryable], ["superseded", false]);
  assertEquals(
    error.message,
    "Cannot hand out 'ci' generation 1 from the store because it hands out a newer one: there is nothing to do",
  );
  assertConceals(error, [deliveryOf(1).token, deliveryOf(2).token]);
  assertEquals(kept.get("ci"), deliveryOf(2));
});

Deno.test("store takes no lost entry for a newer generation", async () => {
  const { target, ways } = start();
  ways.hasLostEntries = true;
  const error = await assertRejects(() => target.deliver(deliveryOf(1), {}), TargetError);
  assertEquals([error.code, error.retryable], ["unavailable", true]);
  assertConceals(error, [deliveryOf(1).token]);
  ways.hasLostEntries = false;
  await target.deliver(deliveryOf(1), {});
});

Deno.test("store believes what it hands out, not what a write says it changed", async () => {
  const { target, ways, kept } = start();
  ways.deniesChanges = true;
  const receipt = await target.deliver(deliveryOf(1), {});
  assertEquals(kept.get("ci"), deliveryOf(1));
  assertEquals((await target.confirm(deliveryOf(1), receipt, {})).kind, "exact");
});

Deno.test("store proves a delivery as soon as it is shown", async () => {
  const { target, ways } = start();
  await target.deliver(deliveryOf(1), {});
  const receipt = await target.deliver(deliveryOf(2), {});
  ways.oldReads = 1;
  const error = await assertRejects(() => target.confirm(deliveryOf(2), receipt, {}), TargetError);
  assertEquals([error.code, error.retryable], ["mismatch", true]);
  assertEquals((await target.confirm(deliveryOf(2), receipt, {})).kind, "exact");
});

Deno.test("store proves nothing once the sealed token is forgotten", async () => {
  const { target, ways } = start();
  const receipt = await target.deliver(deliveryOf(1), {});
  ways.hasForgotten = true;
  const error = await assertRejects(() => target.confirm(deliveryOf(1), receipt, {}), TargetError);
  assertEquals(error.code, "mismatch");
});

Deno.test("store keeps the tokens of credentials apart", async () => {
  const { target, kept } = start();
  const other = { ...deliveryOf(3), credential: "web", token: "HRKU-AAother-token-of-the-web" };
  await target.deliver(deliveryOf(1), {});
  await target.deliver(other, {});
  assertEquals([kept.get("ci")?.token, kept.get("web")?.token], [deliveryOf(1).token, other.token]);
  await target.confirm(deliveryOf(1), {}, {});
  await assertRejects(() => target.confirm({ ...other, credential: "ci" }, {}, {}), TargetError);
});

Deno.test("store proves nothing while it hands out another token, or none", async () => {
  const { target } = start();
  const none = await assertRejects(() => target.confirm(deliveryOf(1), {}, {}), TargetError);
  await target.deliver(deliveryOf(2), {});
  const other = await assertRejects(() => target.confirm(deliveryOf(1), {}, {}), TargetError);
  assertEquals([none.code, other.code], ["mismatch", "mismatch"]);
  assertConceals([none, other], [deliveryOf(1).token, deliveryOf(2).token]);
});

Deno.test("store says what a target of its kind is", () => {
  const { type, proof, mayHoldAdopted, retainsToken } = store;
  assertEquals([type, proof, mayHoldAdopted, retainsToken], ["store", "exact", false, true]);
  assertEquals(store.place({ reader_key_secret: "A" }), store.place({ reader_key_secret: "B" }));
  assertEquals(store.secrets({ reader_key_secret: "READER_KEY" }), ["READER_KEY"]);
});

for (
  const [config, valid] of [
    [{ reader_key_secret: "READER_KEY" }, true],
    [{}, false],
    [{ reader_key_secret: "" }, false],
    [{ reader_key_secret: "not a name" }, false],
    [{ reader_key_secret: 7 }, false],
    [{ reader_key_secret: "READER_KEY", token_secret: "X" }, false],
  ] as const
) {
  Deno.test(`store ${valid ? "takes" : "refuses"} the configuration ${JSON.stringify(config)}`, async () => {
    const result = await store.schema["~standard"].validate(config);
    assertEquals(result.issues === undefined, valid, JSON.stringify(result));
  });
}

Deno.test("store cannot be made outside a Worker", () => {
  assertThrows(
    () => store.create({ reader_key_secret: "READER_KEY" }, environment),
    TypeError,
    "Cannot make a target of type 'store' outside a Worker with a ledger",
  );
});
