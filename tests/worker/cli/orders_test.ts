import { assertEquals, assertStringIncludes } from "@std/assert";
import type { World } from "../../../worker/cli/world.ts";
import type { Order } from "../../../worker/account/orders.ts";
import { accountOf, run } from "../running_app.ts";
import { canary, createBusyEnv } from "../sample.ts";
import { herotate } from "./command_line.ts";

const operatorKey = `operator-key-${canary}-0123456789`;

/** The real app, as a fetch reaches it, and the orders that its account took. */
async function deployed(): Promise<{ world: Partial<World>; taken: Order[] }> {
  const taken: Order[] = [];
  const { app } = await run({ ...createBusyEnv(), OPERATOR_KEY: operatorKey }, {
    account: {
      ...accountOf({}),
      order: (order) => {
        taken.push(order);
        return Promise.resolve({ accepted: true, message: "It is done" });
      },
    },
  });
  const world: Partial<World> = {
    env: { OPERATOR_KEY: operatorKey, HEROTATE_URL: "https://herotate.example.workers.dev/" },
    fetch: async (input, init) => await app.fetch(new Request(input, init)),
  };
  return { world, taken };
}

Deno.test("herotate rotate, pause, resume and sweep give orders, and say what was answered", async () => {
  const { world, taken } = await deployed();
  for (
    const [kind, name] of [
      ["rotate", "ci-deploy"],
      ["pause", "ci-deploy"],
      ["resume", "ci-deploy"],
      ["sweep", "heroku"],
    ]
  ) {
    const { code, stdout, stderr } = await herotate([kind, name, "--reason", "it leaked"], world);
    assertEquals({ code, stdout, stderr }, {
      code: 0,
      stdout: `${name}: It is done\n`,
      stderr: "",
    });
  }
  assertEquals(taken.map(({ kind, reason }) => [kind, reason]), [
    ["rotate", "it leaked"],
    ["pause", "it leaked"],
    ["resume", "it leaked"],
    ["sweep", "it leaked"],
  ]);
});

Deno.test("herotate rotate says why an order was not taken, and exits with 2", async () => {
  const { world, taken } = await deployed();
  const unknown = await herotate(["rotate", "nope"], world);
  assertEquals([unknown.code, unknown.stdout], [2, ""]);
  assertStringIncludes(unknown.stderr, "Cannot rotate 'nope': No credential is called 'nope'");
  const keyless = await herotate(["rotate", "ci-deploy"], {
    ...world,
    env: { ...world.env, OPERATOR_KEY: "" },
  });
  assertEquals(keyless.code, 2);
  assertStringIncludes(
    keyless.stderr.replaceAll(/\s+/g, " "),
    "put it into the environment as OPERATOR_KEY",
  );
  const wrong = await herotate(["rotate", "ci-deploy"], {
    ...world,
    env: { ...world.env, OPERATOR_KEY: "wrong" },
  });
  assertEquals(wrong.code, 2);
  assertStringIncludes(wrong.stderr.replaceAll(/\s+/g, " "), "refused the key in OPERATOR_KEY");
  assertEquals(taken, []);
});
