import { assertEquals, assertStringIncludes } from "@std/assert";
import configuration from "../../../deno.json" with { type: "json" };
import { findAddresses } from "../../../worker/cli/deploy.ts";
import { WRANGLER } from "../../../worker/cli/wrangler_version.ts";
import type { Spawn, World } from "../../../worker/cli/world.ts";
import { herotate, withFolder } from "./command_line.ts";

const right = await Deno.readTextFile(new URL("../../../wrangler.toml", import.meta.url));
const address = "https://herotate.acme.workers.dev";

/** A wrangler that deploys to this address, and a Worker whose answers come in this order. */
function createCloudflare(answers: (() => Response)[]) {
  const runs: string[][] = [];
  const spawn: Spawn = async (_command, args, { env }) => {
    runs.push([...args.slice(args.indexOf("deploy"))]);
    const event = { type: "deploy", version: 1, targets: ["schedule: */15 * * * *", address] };
    await Deno.writeTextFile(env.WRANGLER_OUTPUT_FILE_PATH ?? "", `${JSON.stringify(event)}\n`);
    return 0;
  };
  let now = 0;
  const world: Partial<World> = {
    spawn,
    now: () => now,
    sleep: (milliseconds) => {
      now += milliseconds;
      return Promise.resolve();
    },
    fetch: () =>
      Promise.resolve((answers.length > 1 ? answers.shift() : answers[0])?.() ?? new Response()),
  };
  return { runs, world, waited: () => now };
}

const fresh = () =>
  Response.json({ status: "failing", reasons: [{ kind: "no_sweep", count: 1 }] }, { status: 503 });
const swept = () => Response.json({ status: "ok" });

Deno.test("herotate deploy checks, passes every argument on, and waits for the first sweep", async () => {
  const unknown = () => new Response("error code: 1042", { status: 404 });
  const { runs, world, waited } = createCloudflare([unknown, fresh, fresh, swept]);
  await withFolder({ "wrangler.toml": right }, async (cwd) => {
    const { code, stdout, stderr } = await herotate(
      ["deploy", "--keep-vars", "--message", "first one"],
      { ...world, cwd },
    );
    assertEquals({ code, stdout }, { code: 0, stdout: `${address}\n` });
    assertStringIncludes(stderr, "Waiting for the first sweep");
  });
  assertEquals(runs, [["deploy", "--keep-vars", "--message", "first one"]]);
  assertEquals(waited(), 30_000);
});

Deno.test("herotate deploy --dry-run deploys nothing, and so waits for nothing", async () => {
  const { runs, world, waited } = createCloudflare([fresh]);
  await withFolder({ "wrangler.toml": right }, async (cwd) => {
    const { code } = await herotate(["deploy", "--dry-run"], { ...world, cwd });
    assertEquals({ code, waited: waited() }, { code: 0, waited: 0 });
  });
  assertEquals(runs, [["deploy", "--dry-run"]]);
});

Deno.test("herotate deploy deploys nothing that has a mistake", async () => {
  const { runs, world } = createCloudflare([fresh]);
  const wrong = right.replace('"30d"', '"30 days"');
  await withFolder({ "other.toml": wrong }, async (cwd) => {
    const { code, stdout, stderr } = await herotate(["deploy", "-c", "other.toml"], {
      ...world,
      cwd,
    });
    assertEquals({ code, stderr }, { code: 1, stderr: "Nothing was deployed.\n" });
    assertStringIncludes(stdout, "expires_in");
  });
  assertEquals(runs, []);
});

Deno.test("herotate deploy says when wrangler fails, and when no sweep comes", async () => {
  const { world, waited } = createCloudflare([fresh]);
  await withFolder({ "wrangler.toml": right }, async (cwd) => {
    const failed = await herotate(["deploy"], {
      ...world,
      cwd,
      spawn: () => Promise.resolve(1),
    });
    assertEquals(failed.code, 2);
    assertStringIncludes(failed.stderr, "wrangler ended with 1");
    const late = await herotate(["deploy"], { ...world, cwd });
    assertEquals({ code: late.code, stdout: late.stdout }, { code: 2, stdout: `${address}\n` });
    assertStringIncludes(late.stderr, "Cannot see a sweep");
    assertEquals(waited(), 20 * 60_000);
  });
});

Deno.test("herotate deploy runs the wrangler that the tests run", () => {
  assertEquals(`npm:${WRANGLER}`, configuration.imports.wrangler);
});

Deno.test("findAddresses() takes what is an address, and nothing else that wrangler writes", () => {
  const event = (targets: unknown) => JSON.stringify({ type: "deploy", targets });
  assertEquals(findAddresses(event(["https://a.example", "b.example (custom domain)"])), [
    "https://a.example",
    "https://b.example",
  ]);
  assertEquals(
    findAddresses(`{"type":"wrangler-session"}\n${event(["*.a.example/*"])}\nnot JSON`),
    [],
  );
  assertEquals(findAddresses(event("https://a.example")), []);
});
