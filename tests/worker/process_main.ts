/**
 * The process that `process.ts` starts and kills: the real Worker in workerd, with its storage in a
 * folder. It ends when its standard input does, so that it never outlives the tests.
 *
 * @module
 */
import { unstable_startWorker } from "wrangler";
import type { ProcessSettings } from "./process.ts";

const settings: ProcessSettings = JSON.parse(Deno.env.get("WORKER_PROCESS") ?? "");
const worker = await unstable_startWorker({
  config: settings.config,
  entrypoint: settings.script,
  bindings: {
    ...Object.fromEntries(
      Object.entries(settings.vars).map(([name, value]) => [name, { type: "json", value }]),
    ),
    ...Object.fromEntries(
      Object.entries(settings.secrets).map((
        [name, value],
      ) => [name, { type: "secret_text", value }]),
    ),
  },
  // The script is there already: building it again at every start would take a while.
  build: { custom: { command: "" } },
  dev: {
    persist: settings.storage,
    server: { hostname: "127.0.0.1", port: 0 },
    inspector: false,
    watch: false,
    inferOriginFromRoutes: false,
  },
});
await worker.ready;
console.log(`${settings.readyMark}${await worker.url}`);
for await (const _ of Deno.stdin.readable);
await worker.dispose();
Deno.exit();
