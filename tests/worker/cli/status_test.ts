import { assertEquals, assertStringIncludes } from "@std/assert";
import type { World } from "../../../worker/cli/world.ts";
import { run } from "../running_app.ts";
import { createBusyEnv, keys, now } from "../sample.ts";
import { herotate } from "./command_line.ts";

const url = "https://herotate.example.workers.dev/";

/** What asks the real app, as a fetch would. */
async function deployed(): Promise<Partial<World>> {
  const { app } = await run(createBusyEnv());
  return {
    env: { PAGE_KEY: keys.page },
    now: () => now,
    fetch: async (input, init) => await app.fetch(new Request(input, init)),
  };
}

Deno.test("herotate status says what the page says", async () => {
  const world = await deployed();
  const { code, stdout, stderr } = await herotate(["status", "--url", url], world);
  assertEquals(stderr, "");
  assertStringIncludes(stdout, "herotate.example.workers.dev: ");
  assertStringIncludes(stdout, "last sweep 2026-");
  assertStringIncludes(stdout, "\nci-deploy: ");
  assertStringIncludes(stdout, "\nold-laptop: Paused\n");
  assertEquals(stdout.split("\n").filter((line) => line.length > 80), []);
  const { stdout: json } = await herotate(["status", "--json"], {
    ...world,
    env: { ...world.env, HEROTATE_URL: "herotate.example.workers.dev" },
  });
  assertEquals(JSON.parse(json).status, code === 0 ? "ok" : "failing");
});

Deno.test("herotate plan --url says what the deployed Worker has decided", async () => {
  const { stdout } = await herotate(["plan", "--url", url], await deployed());
  assertStringIncludes(stdout, "It is paused: remove 'paused' to go on");
});

Deno.test("herotate status --watch asks again until it is told to end", async () => {
  const ending = new AbortController();
  let rests = 0;
  const { stdout } = await herotate(["status", "--url", url, "--watch"], {
    ...await deployed(),
    signal: ending.signal,
    sleep: () => {
      if (++rests === 3) ending.abort();
      return Promise.resolve();
    },
  });
  assertEquals(stdout.split("herotate.example.workers.dev: ").length - 1, 3);
});

for (
  const [what, args, changes, expected] of [
    ["no address", [], {}, "give --url, or put it into the environment as HEROTATE_URL"],
    ["plain http", ["--url", "http://herotate.example"], {}, "because it is not https"],
    ["what is no address", ["--url", "https://"], {}, "because it is no address"],
    ["no key", ["--url", url], { env: {} }, "put it into the environment as PAGE_KEY"],
    ["a wrong key", ["--url", url], { env: { PAGE_KEY: "wrong" } }, "refused the key in PAGE_KEY"],
    ["another site", ["--url", url], {
      fetch: () => Promise.resolve(new Response("<h1>Hello</h1>")),
    }, "answered 200 without a status"],
    ["a redirect", ["--url", url], {
      fetch: () => Promise.resolve(new Response(null, { status: 302 })),
    }, "answered 302 without a status"],
    ["no network", ["--url", url], {
      fetch: () => Promise.reject(new TypeError("fetch failed")),
    }, "Cannot reach herotate.example.workers.dev: fetch failed"],
  ] as const
) {
  Deno.test(`herotate status with ${what} says what to do`, async () => {
    const { code, stdout, stderr } = await herotate(["status", ...args], {
      ...await deployed(),
      ...changes,
    });
    assertEquals({ code, stdout }, { code: 2, stdout: "" });
    assertStringIncludes(stderr.replaceAll("\n", " "), expected);
    assertEquals(stderr.includes(keys.page), false);
  });
}
