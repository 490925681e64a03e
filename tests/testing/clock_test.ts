import { assert, assertEquals, assertThrows } from "@std/assert";
import { createClock, formatTime } from "../../lib/testing/clock.ts";

Deno.test("createClock() stands still until it is advanced", async () => {
  const clock = createClock(1_000, false);
  await new Promise((resolve) => setTimeout(resolve, 5));

  assertEquals(clock.now(), 1_000);
  clock.advance(250);
  assertEquals(clock.now(), 1_250);
});

Deno.test("createClock() runs along with real time when live", async () => {
  const clock = createClock(1_000, true);
  clock.advance(500);
  await new Promise((resolve) => setTimeout(resolve, 5));

  assert(clock.now() > 1_500);
});

Deno.test("createClock() refuses times that are none", () => {
  assertThrows(() => createClock(NaN, false), TypeError, "'now' must be finite");
  for (const ms of [-1, NaN, Infinity]) {
    assertThrows(() => createClock(0, false).advance(ms), TypeError, `current value is ${ms}`);
  }
});

Deno.test("formatTime() writes UTC to the second", () => {
  assertEquals(formatTime(Date.UTC(2026, 0, 2, 3, 4, 5, 678)), "2026-01-02T03:04:05Z");
});
