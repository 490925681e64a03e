import { assertEquals } from "@std/assert";
import { createRateLimitPool, RATE_LIMIT_POOL } from "../../../lib/testing/heroku/rate_limit.ts";

Deno.test("createRateLimitPool() holds 4500 and gives each once", () => {
  const pool = createRateLimitPool(0);
  let taken = 0;
  while (pool.take(0)) taken++;

  assertEquals(taken, 4500);
  assertEquals(pool.remaining(0), 0);
});

Deno.test("createRateLimitPool() refills 75 a minute, steadily, up to the pool's size", () => {
  const pool = createRateLimitPool(0);
  pool.set(0, 0);

  assertEquals(pool.take(799), false);
  assertEquals(pool.take(800), true);
  assertEquals(pool.remaining(60_800), 75);
  assertEquals(pool.remaining(24 * 3_600_000), RATE_LIMIT_POOL);
});
