/**
 * Herotate inside a Worker that does more.
 */
import { assertEquals } from "@std/assert";
import { startWorker } from "./harness.ts";

const root = new URL("../../", import.meta.url);
const folder = new URL("dist/composed/", root);

const OWN = `
import { createWorker } from "../../worker/main.ts";
const { handlers, RotationWorkflow, Account } = createWorker();
export { Account, RotationWorkflow };
export default {
  async fetch(request, env) {
    const { pathname } = new URL(request.url);
    if (pathname.startsWith("/shop/")) return new Response("Mine");
    return await handlers.fetch(request, env);
  },
  scheduled: (controller, env) => handlers.scheduled(controller, env),
};
`;

Deno.test({
  name: "a Worker that does more answers for itself, and Herotate sweeps in it",
  sanitizeOps: false,
  sanitizeResources: false,
  async fn() {
    await Deno.mkdir(folder, { recursive: true });
    await Deno.writeTextFile(new URL("worker.ts", folder), OWN);
    const configPath = new URL("wrangler.toml", folder);
    const toml = await Deno.readTextFile(new URL("wrangler.toml", root));
    await Deno.writeTextFile(
      configPath,
      toml.replace('main = "dist/worker.js"', 'main = "worker.js"')
        .replace("--output=dist/worker.js worker/main.ts", "--output=worker.js worker.ts")
        .replace("[build]\n", `[build]\ncwd = ${JSON.stringify(folder.pathname)}\n`),
    );
    await using worker = await startWorker({
      configPath,
      credentials:
        () => [{ name: "ci", targets: [{ type: "store", reader_key_secret: "CI_READER_KEY" }] }],
    });
    const mine = await worker.fetch("/shop/cart");
    assertEquals(await mine.text(), "Mine");
    await worker.cron();
    const health = await worker.fetch("/healthz");
    assertEquals(health.status, 200, await health.text());
  },
});
