import { assertEquals } from "@std/assert";
import { installPromptRuntime } from "./prompt_runtime.ts";

installPromptRuntime();
const { perform } = await import("./tasks.ts");

Deno.test("no random schedule of faults, operators and configurations breaks the promises", async () => {
  const { counts, violations } = await perform({ kind: "schedules", seed: 20261122, runs: 2000 });
  assertEquals({ counts, violations }, { counts: { schedules: 2000 }, violations: [] });
});
