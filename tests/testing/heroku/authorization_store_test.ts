import { assertEquals } from "@std/assert";
import fc from "fast-check";
import {
  createAuthorizationStore,
  type StoredAuthorization,
} from "../../../lib/testing/heroku/authorization_store.ts";

function authorization(id: string, expiresAt: number | null): StoredAuthorization {
  return {
    kind: "authorization",
    key: id,
    id,
    scope: ["global"],
    createdAt: 0,
    omit: [],
    session: null,
    tokenMadeAt: 0,
    description: "",
    client: null,
    updatedAt: 0,
    token: `token-${id}`,
    accessTokenId: `access-${id}`,
    expiresAt,
    version: 0,
  };
}

Deno.test("expire() ends exactly what is due, by when it was due, whatever came and went", () => {
  const step = fc.oneof(
    fc.record({
      act: fc.constant("add" as const),
      lifetime: fc.option(fc.integer({ min: 1, max: 50 })),
    }),
    fc.record({
      act: fc.constantFrom("remove" as const, "regenerate" as const),
      which: fc.nat(30),
    }),
    fc.record({ act: fc.constant("wait" as const), ms: fc.integer({ min: 1, max: 20 }) }),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
      const store = createAuthorizationStore();
      const expected = new Map<string, number | null>();
      let now = 0;
      let count = 0;
      for (const taken of steps) {
        const live = [...expected.keys()];
        if (taken.act === "add") {
          const id = `${count * 7919 % 1000}-${count++}`;
          const expiresAt = taken.lifetime === null ? null : now + taken.lifetime;
          store.add(authorization(id, expiresAt));
          expected.set(id, expiresAt);
        } else if (taken.act === "wait") {
          now += taken.ms;
          store.expire(now);
          for (const [id, at] of expected) if (at !== null && at <= now) expected.delete(id);
        } else if (live.length > 0) {
          const id = live[taken.which % live.length];
          const stored = store.find(id);
          if (stored?.kind !== "authorization") throw new Error(`'${id}' is missing`);
          if (taken.act === "remove") {
            store.remove(stored, "operator", now);
            expected.delete(id);
          } else {
            const token = `${stored.token}+`;
            store.regenerate(stored, { token, accessTokenId: "", expiresAt: now + 25 }, now, "");
            expected.set(id, now + 25);
          }
        }
        assertEquals(store.sorted.map(({ id }) => id), [...expected.keys()].sort());
        for (const { id } of store.sorted) assertEquals(store.find(id)?.id, id);
      }
      const ends = store.deletions.filter(({ by }) => by === "expiry").map(({ at }) => at);
      assertEquals(ends, ends.toSorted((a, b) => a - b));
      assertEquals(
        store.deletions.filter(({ by }) => by !== "regenerate").length,
        count - expected.size,
      );
    }),
    { numRuns: 300 },
  );
});
