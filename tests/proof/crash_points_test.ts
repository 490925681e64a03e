import { assertEquals, assertGreater } from "@std/assert";
import { installPromptRuntime } from "../simulation/prompt_runtime.ts";

// What these import makes its keys while it loads.
installPromptRuntime();
const { listCrashTasks, perform } = await import("./tasks.ts");
const { scenarios } = await import("./scenarios.ts");

const crashes = await listCrashTasks("once");

for (const [index, { name }] of scenarios.entries()) {
  Deno.test(`no fault at any call breaks: ${name}`, async () => {
    let singles = 0;
    for (const task of crashes) {
      if (task.scenario !== index) continue;
      const { counts, violations } = await perform(task);
      assertEquals(violations, []);
      singles += counts.singles ?? 0;
    }
    assertGreater(singles, 20);
  });
}
