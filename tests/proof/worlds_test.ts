import { assertEquals } from "@std/assert";
import { installPromptRuntime } from "../simulation/prompt_runtime.ts";

installPromptRuntime();
const { liveIn, worlds } = await import("./worlds.ts");

for (const world of worlds) {
  Deno.test(`no bound breaks in a world with ${world.name}`, async () => {
    const { violations } = await liveIn(world);
    assertEquals(violations, []);
  });
}
