import { assert, assertEquals, assertExists } from "@std/assert";
import { startWorker, until } from "./harness.ts";

const root = new URL("../../", import.meta.url);
const folder = new URL("dist/own_target/", root);

/** Makes a project of a user's own out of the README's example. */
async function writeExample(): Promise<URL> {
  const readme = await Deno.readTextFile(new URL("README.md", root));
  const section = readme.split("## A target of your own")[1];
  const example = /```ts\n(.*?)```/s.exec(section)?.[1];
  assertExists(example, "the README has an example");
  await Deno.mkdir(folder, { recursive: true });
  await Deno.writeTextFile(new URL("worker.ts", folder), example);
  const toml = await Deno.readTextFile(new URL("wrangler.toml", root));
  const configPath = new URL("wrangler.toml", folder);
  await Deno.writeTextFile(
    configPath,
    toml
      .replace(
        "dist/worker.js worker/main.ts",
        "dist/own_target/worker.js dist/own_target/worker.ts",
      )
      .replace('main = "dist/worker.js"', 'main = "worker.js"')
      // What does not compile is not built.
      .replace("deno bundle", "deno bundle --check")
      .replace("[build]\n", `[build]\ncwd = "${root.pathname}"\n`)
      .replace("worker/migrations", "../../worker/migrations"),
  );
  return configPath;
}

Deno.test({
  name: "the README's target of one's own compiles, and is delivered to and confirmed in workerd",
  sanitizeOps: false,
  sanitizeResources: false,
  async fn() {
    const configPath = await writeExample();
    let held = "";
    const safe = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen() {} }, async (request) => {
      if (request.headers.get("authorization") !== "Bearer safe-key-for-tests") {
        return new Response("Who are you?", { status: 401 });
      }
      if (request.method === "PUT") held = await request.text();
      return new Response(held);
    });
    const target = {
      type: "acme-safe",
      url: `http://127.0.0.1:${safe.addr.port}/`,
      key_secret: "SAFE",
    };
    await using worker = await startWorker({
      configPath,
      secrets: { SAFE: "safe-key-for-tests" },
      credentials: () => [{ name: "ci", scope: ["read"], targets: [target] }],
    });
    // An empty list is believed when it comes for the third time.
    for (let sweep = 0; sweep < 3; sweep++) await worker.cron();
    await until("the safe holds the token", () => held !== "");
    assert(worker.heroku.accepts(held));
    assertEquals(worker.heroku.live().map(({ token }) => token), [held]);
    await safe.shutdown();
  },
});
