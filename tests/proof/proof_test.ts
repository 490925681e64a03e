import { assertEquals, assertGreater } from "@std/assert";
import { installPromptRuntime } from "./prompt_runtime.ts";

// What these import makes its keys while it loads.
installPromptRuntime();
const { listCrashTasks, perform } = await import("./tasks.ts");
const { scenarios } = await import("./scenarios.ts");

const crashes = await listCrashTasks(false);

for (const [index, { name }] of scenarios.entries()) {
  Deno.test(`no fault at any call breaks: ${name}`, async () => {
    let singles = 0;
    for (const task of crashes) {
      if (task.scenario !== index || task.firing !== "once" || task.resumes) continue;
      const outcome = await perform(task);
      assertEquals(outcome.violations, []);
      singles += outcome.singles;
    }
    assertGreater(singles, 100);
  });
}

Deno.test("no random schedule of faults, operators and configurations breaks the promises", async () => {
  const outcome = await perform({ kind: "schedules", seed: 20261122, runs: 300 });
  assertEquals(outcome.violations, []);
  assertEquals(outcome.schedules, 300);
});

Deno.test("two Workers on one account leave no consumer without a token", async () => {
  const outcome = await perform({ kind: "rivalries", seed: 20261122, runs: 60 });
  assertEquals(outcome.violations, []);
  assertEquals(outcome.rivalries, 60);
});
