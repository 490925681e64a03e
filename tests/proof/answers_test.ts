import { assertEquals, assertGreater } from "@std/assert";
import { createRandom } from "../../lib/testing/random.ts";
import { mutate } from "./mutation.ts";
import { installPromptRuntime } from "../simulation/prompt_runtime.ts";

installPromptRuntime();
const { liveOnAnswers } = await import("./answers.ts");

for (const rate of [0.03, 0.3]) {
  Deno.test(`no bound breaks where ${rate * 100} % of all answers are changed`, async () => {
    const { mutated, rotations, violations } = await liveOnAnswers({
      seed: 20261122,
      rotations: 200,
      rate,
    });
    assertEquals(violations, []);
    assertGreater(rotations, 150);
    assertGreater(mutated, 50);
  });
}

Deno.test("mutate() changes nearly every answer, the same way for the same seed", async () => {
  const body = JSON.stringify([{ id: "a", access_token: { expires_in: 60, token: "b" } }]);
  async function mutateAll(seed: number): Promise<string[]> {
    const random = createRandom(seed);
    const all: string[] = [];
    for (let index = 0; index < 300; index++) {
      const changed = await mutate(new Response(body), random);
      all.push(`${changed.status} ${[...changed.headers]} ${await changed.text()}`);
    }
    return all;
  }
  const all = await mutateAll(1);
  assertEquals(all, await mutateAll(1));
  const [same] = await Promise.all(
    [new Response(body)].map(async (response) =>
      `200 ${[...response.headers]} ${await response.text()}`
    ),
  );
  assertGreater(all.filter((each) => each !== same).length, 270);
  assertGreater(new Set(all).size, 100);
});
