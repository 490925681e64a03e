import { assert, assertEquals } from "@std/assert";
import { takeTurn } from "../../lib/rotation/turn.ts";
import { minute } from "../simulation/simulation.ts";

const start = Date.UTC(2026, 0, 1);

function numbers(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index);
}

Deno.test("takeTurn() gives everything while that is no more than is allowed", () => {
  assertEquals(takeTurn([], 8, start), []);
  assertEquals(takeTurn(numbers(8), 8, start), numbers(8));
});

Deno.test("takeTurn() gives as many as are allowed, each once, and the same at the same moment", () => {
  for (const count of [9, 60, 1000]) {
    for (const at of [0, -1, start, start + 7 * minute]) {
      const taken = takeTurn(numbers(count), 8, at);
      assertEquals({ taken: taken.length, size: new Set(taken).size }, { taken: 8, size: 8 });
      assertEquals(takeTurn(numbers(count), 8, at), taken);
    }
  }
});

for (const interval of [1, 5, 10, 15, 20, 30, 60, 120]) {
  Deno.test(`takeTurn() gives each its turn where there is a sweep every ${interval} minutes`, () => {
    for (const count of [9, 16, 24, 60, 200]) {
      const waiting = new Set(numbers(count));
      let sweeps = 0;
      for (; waiting.size > 0; sweeps++) {
        const at = start + sweeps * interval * minute;
        for (const each of takeTurn(numbers(count), 8, at)) waiting.delete(each);
        assert(sweeps < 5 * Math.ceil(count / 8), `${[...waiting]} of ${count} have to wait`);
      }
      const best = Math.ceil(count / 8);
      if (interval === 15) assert(sweeps <= 2 * best, `${count} took ${sweeps} sweeps`);
    }
  });
}
