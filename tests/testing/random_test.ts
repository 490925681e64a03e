import { assert, assertEquals, assertMatch, assertNotEquals } from "@std/assert";
import { createRandom, drawAt } from "../../lib/testing/random.ts";

Deno.test("drawAt() depends only on the seed and the position", () => {
  const forwards = Array.from({ length: 50 }, (_, position) => drawAt(7, position));
  const backwards = Array.from({ length: 50 }, (_, position) => drawAt(7, 49 - position)).reverse();

  assertEquals(forwards, backwards);
  assertNotEquals(forwards, Array.from({ length: 50 }, (_, position) => drawAt(8, position)));
});

Deno.test("drawAt() spreads evenly between 0 and 1", () => {
  const buckets = new Array<number>(10).fill(0);
  for (let position = 0; position < 10_000; position++) {
    const drawn = drawAt(3, position);
    assert(drawn >= 0 && drawn < 1);
    buckets[Math.floor(drawn * 10)]++;
  }
  for (const count of buckets) assert(count > 850 && count < 1150, `uneven: ${buckets}`);
});

Deno.test("drawAt() gives no two seeds the same sequence, shifted", () => {
  const first = Array.from({ length: 200 }, (_, position) => drawAt(1, position));
  const second = new Set(
    Array.from({ length: 200 }, (_, position) => drawAt(1 + 0x6d2b79f5, position)),
  );

  assertEquals(first.filter((drawn) => second.has(drawn)), []);
});

Deno.test("uuid() makes version 4 UUIDs, each another", () => {
  const random = createRandom(1);
  const made = Array.from({ length: 1000 }, () => random.uuid());

  for (const uuid of made) {
    assertMatch(uuid, /^[\da-f]{8}-[\da-f]{4}-4[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/);
  }
  assertEquals(new Set(made).size, made.length);
});
