import { assertEquals, assertGreater } from "@std/assert";
import { installPromptRuntime } from "../simulation/prompt_runtime.ts";

installPromptRuntime();
const { hour } = await import("../simulation/simulation.ts");
const { liveThroughYear } = await import("./year.ts");

Deno.test("a quarter of a year with 5 % faults leaves no consumer without a token, and no leftovers", async () => {
  const { mishaps, rotations, violations } = await liveThroughYear({
    credentials: 20,
    days: 90,
    faults: 0.05,
    interval: hour,
    seed: 20261122,
  });
  assertEquals(violations, []);
  assertGreater(rotations, 50);
  assertGreater(mishaps, 200);
});

Deno.test("a year in which nothing goes wrong sends no alert", async () => {
  const { alerts, mishaps, rotations, violations } = await liveThroughYear({
    credentials: 12,
    days: 365,
    faults: 0,
    interval: 4 * hour,
    seed: 20261127,
    strange: false,
  });
  assertEquals({ alerts, mishaps, violations }, { alerts: 0, mishaps: 0, violations: [] });
  assertGreater(rotations, 100);
});
