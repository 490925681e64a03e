import { assertEquals } from "@std/assert";
import { installPromptRuntime } from "../simulation/prompt_runtime.ts";

installPromptRuntime();
const { perform } = await import("./tasks.ts");

Deno.test("two Workers on one account leave no consumer without a token", async () => {
  const { counts, violations } = await perform({ kind: "rivalries", seed: 20261122, runs: 60 });
  assertEquals({ counts, violations }, { counts: { rivalries: 60 }, violations: [] });
});
