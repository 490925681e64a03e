import { assert, assertEquals } from "@std/assert";
import { readExample, writeProject } from "./example_project.ts";
import { startWorker, until } from "./harness.ts";

Deno.test({
  name: "the documented target of one's own compiles, and is delivered to and confirmed in workerd",
  sanitizeOps: false,
  sanitizeResources: false,
  async fn() {
    const configPath = await writeProject(
      "own_target",
      await readExample("lib/targets/README.md", "## A target of your own"),
    );
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
