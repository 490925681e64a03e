import { assert, assertEquals } from "@std/assert";
import { createFakeHeroku } from "../../../lib/testing/mod.ts";
import { herotate } from "./command_line.ts";

async function readAccount(isTerminal: boolean): Promise<string> {
  const heroku = createFakeHeroku({ faults: false });
  Array.from({ length: 1_200 }, () => heroku.issue({ description: "laptop" }));
  let said = "";
  const { code, stdout } = await herotate(["inventory", "--json"], {
    env: { HEROKU_API_TOKEN: heroku.token },
    fetch: heroku.fetch,
    now: heroku.now,
    stderr: { write: (text) => void (said += text), isTerminal },
  });
  assertEquals(code, 0);
  JSON.parse(stdout);
  return said;
}

Deno.test("who waits at a terminal sees that Heroku answers, and no trace of it afterwards", async () => {
  const said = await readAccount(true);
  assert(said.includes("Reading 'heroku' ... 2 answers"), said);
  assert(said.endsWith("\r\u001b[K"));
});

Deno.test("a script sees no progress", async () => {
  assertEquals(await readAccount(false), "");
});
