import { assertEquals } from "@std/assert";
import { mutants } from "./mutants.ts";

const root = new URL("../../", import.meta.url);

Deno.test("each mutant has a name of its own", () => {
  assertEquals(new Set(mutants.map(({ name }) => name)).size, mutants.length);
});

for (const { name, edits } of mutants) {
  Deno.test(`the sources have what the mutant that ${name} changes, once`, async () => {
    for (const { file, find, put } of edits) {
      const text = await Deno.readTextFile(new URL(file, root));
      assertEquals([file, find === put, text.split(find).length - 1], [file, false, 1]);
    }
  });
}

Deno.test("each world or scenario in which a mutant is to be caught is there", async () => {
  const { scenarios } = await import("./scenarios.ts");
  const { worlds } = await import("./worlds.ts");
  const names = [...scenarios, ...worlds].map(({ name }) => name);
  const missing = mutants.filter(({ caughtIn = "" }) =>
    !names.some((name) => name.includes(caughtIn))
  );
  assertEquals(missing.map(({ name }) => name), []);
});
