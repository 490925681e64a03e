import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { installPromptRuntime } from "../simulation/prompt_runtime.ts";

installPromptRuntime();
const { perform } = await import("./tasks.ts");
const { live, restorations } = await import("./schedules.ts");

Deno.test("no random schedule of faults, operators and configurations breaks the promises", async () => {
  const { counts, violations } = await perform({ kind: "schedules", seed: 20261122, runs: 2000 });
  assertEquals({ counts, violations }, { counts: { schedules: 2000 }, violations: [] });
});

Deno.test("no random schedule with older copies of the ledger breaks the promises", async () => {
  const details = await fc.check(
    fc.asyncProperty(restorations, async (each) => assertEquals(await live(each), [])),
    { seed: 1, numRuns: 300 },
  );
  assertEquals([details.numRuns, details.failed, details.counterexample], [300, false, null]);
});
