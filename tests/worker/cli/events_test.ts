import { assertEquals, assertStringIncludes } from "@std/assert";
import type { World } from "../../../worker/cli/world.ts";
import { createEventLog } from "../../../worker/account/event_log.ts";
import type { Happening } from "../../../worker/event.ts";
import { accountOf, run } from "../running_app.ts";
import { createBusyEnv, keys, now } from "../sample.ts";
import { createDatabase, type TestDatabase } from "../sqlite.ts";
import { herotate } from "./command_line.ts";

const url = "https://herotate.example.workers.dev/";

const happening: Happening = {
  kind: "confirmed",
  credential: "ci-deploy",
  generation: 3,
  authorization: "01234567-89ab-4cde-8f01-23456789abcd",
  place: "heroku-config-var acme-web HEROKU_API_KEY",
  message: "Proof: exact",
};

/** What asks the real app about real tables, as a fetch would. */
async function deployed(
  happenings: readonly Happening[],
): Promise<{ world: Partial<World>; database: TestDatabase; append: () => void }> {
  const database = createDatabase();
  const events = createEventLog(database, () => now);
  events.append("rotation", happenings);
  const { app } = await run(createBusyEnv(), {
    account: { ...accountOf({}), readEvents: (query) => Promise.resolve(events.read(query)) },
  });
  const world: Partial<World> = {
    env: { PAGE_KEY: keys.page, HEROTATE_URL: url },
    fetch: async (input, init) => await app.fetch(new Request(input, init)),
  };
  return { world, database, append: () => events.append("sweep", happenings) };
}

Deno.test("herotate events says what happened, page by page", async () => {
  const { world } = await deployed(Array.from({ length: 2_500 }, () => happening));
  const { code, stdout, stderr } = await herotate(["events"], world);
  assertEquals({ code, stderr }, { code: 0, stderr: "" });
  assertEquals(stdout.match(/ confirmed: ci-deploy,/g)?.length, 2_500);
  assertEquals(stdout.split("\n").filter((line) => line.length > 80), []);
  const json = await herotate(["events", "--json"], world);
  assertEquals(json.stdout.trimEnd().split("\n").length, 2_500);
});

Deno.test("herotate events gives those of a credential and a kind", async () => {
  const { world } = await deployed([
    happening,
    { ...happening, kind: "failed" },
    { ...happening, credential: "web" },
  ]);
  const numbers = async (...args: string[]) =>
    (await herotate(["events", "--json", ...args], world)).stdout.trimEnd().split("\n")
      .map((line) => JSON.parse(line).number);
  assertEquals(await numbers("--credential", "ci-deploy"), [1, 2]);
  assertEquals(await numbers("--credential", "ci-deploy", "--kind", "failed"), [2]);
});

Deno.test("herotate events --follow waits for more until it is told to end", async () => {
  const { world, append } = await deployed([happening]);
  const ending = new AbortController();
  let rests = 0;
  const { stdout } = await herotate(["events", "--follow", "--json"], {
    ...world,
    signal: ending.signal,
    sleep: () => {
      if (++rests === 3) ending.abort();
      else append();
      return Promise.resolve();
    },
  });
  assertEquals(stdout.trimEnd().split("\n").map((line) => JSON.parse(line).number), [1, 2, 3]);
});

Deno.test("herotate events verify prints a head, and finds what is changed after it was kept", async () => {
  const { world, database, append } = await deployed(
    Array.from({ length: 1_200 }, () => happening),
  );
  const whole = await herotate(["events", "verify"], world);
  assertEquals(whole.code, 0);
  const head = whole.stdout.trimEnd().split("\n").at(-1) ?? "";
  assertStringIncludes(whole.stdout, "Events 1 to 1200 are whole");
  append();
  assertEquals((await herotate(["events", "verify", "--head", head], world)).code, 0);

  database.run("DELETE FROM events WHERE number > 1100");
  assertEquals((await herotate(["events", "verify"], world)).code, 0);
  const cut = await herotate(["events", "verify", "--head", head], world);
  assertEquals(cut.code, 1);
  assertStringIncludes(cut.stdout, "are not whole, from number 1101 on");

  database.run("UPDATE events SET body = replace(body, 'exact', 'suffix') WHERE number = 7");
  const edited = await herotate(["events", "verify"], world);
  assertEquals(edited.code, 1);
  assertStringIncludes(edited.stdout, "from number 7 on");
});

Deno.test("herotate events refuses what it cannot use, and says what to do", async () => {
  const { world } = await deployed([]);
  for (
    const [argv, says] of [
      [["events", "check"], "give 'verify', or nothing"],
      [["events", "verify", "--head", "12"], "must be what `events verify` printed"],
      [["events", "verify", "--kind", "failed"], "leave out --credential and --kind"],
      [["events", "--account", "other"], "'account' must be one of heroku"],
    ] as const
  ) {
    const { code, stderr } = await herotate(argv, world);
    assertEquals(code, 2);
    assertStringIncludes(stderr.replaceAll(/\s+/g, " "), says);
  }
  const none = await herotate(["events", "verify"], world);
  assertEquals(none.stdout, "There are no events yet.\n");
});
