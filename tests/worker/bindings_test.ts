import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { targets as definitions } from "../../lib/targets/registry.ts";
import { createAlertBook } from "../../worker/account/alert_book.ts";
import { createConfigurationLog } from "../../worker/account/configuration_log.ts";
import { createEventLog } from "../../worker/account/event_log.ts";
import { createLedger } from "../../worker/account/ledger.ts";
import { runSweep } from "../../worker/account/run_sweep.ts";
import { createSweepLog, type SweepLog } from "../../worker/account/sweep_log.ts";
import { createContextReader, type Environment } from "../../worker/context.ts";
import { createServer } from "../../worker/serve_requests.ts";
import { createEnv, createTable, type Env, keys } from "./sample.ts";
import { createDatabase } from "./sqlite.ts";
import { listenToConsole } from "./console.ts";

const read = createContextReader({ definitions });

/** What a Worker is given in an environment of wrangler.toml that names no bindings. */
function deploy(changes: Env = {}): Environment {
  const env: Env = createEnv({
    CREDENTIALS: [
      createTable("ci", { targets: [{ type: "store", reader_key_secret: "READER_KEY" }] }),
    ],
    ...changes,
  });
  delete env.ACCOUNT;
  delete env.ROTATION;
  // Wrangler types what the file names; what is deployed may lack it.
  return env as Environment;
}

/** Runs with the log's lines kept. */
async function listen(run: () => Promise<void>): Promise<string[]> {
  const lines: string[] = [];
  await listenToConsole((line) => lines.push(line), run);
  return lines;
}

async function get(path: string, environment: Environment, key = keys.page): Promise<Response> {
  const headers = { authorization: `Bearer ${key}` };
  let response: Response | undefined;
  await listen(async () => {
    response = await createServer(read)(
      new Request(`https://worker.example${path}`, { headers }),
      environment,
    );
  });
  assert(response);
  return response;
}

Deno.test("Without its bindings the Worker answers, and says which are missing", async () => {
  const page = await get("/", deploy());
  assertEquals(page.status, 200);
  const text = await page.text();
  for (
    const part of [
      "ACCOUNT",
      "[[env.NAME.durable_objects.bindings]]",
      "ROTATION",
      "[[env.NAME.workflows]]",
      "inherits no bindings",
    ]
  ) assertStringIncludes(text, part);
  assert(!text.includes("cannot be read"), "There is nothing to read");
  const status = await (await get("/status", deploy())).text();
  assertStringIncludes(status, "ACCOUNT");
  assert(!status.includes("cannot be read"));
  const health = await get("/healthz", deploy());
  assertEquals(health.status, 503);
  assertEquals(JSON.parse(await health.text()).reasons, [{
    kind: "configuration_invalid",
    count: 2,
  }]);
  assertEquals((await get("/credentials/ci/token", deploy(), keys.reader)).status, 503);
});

/** Runs a sweep, and gives the lines of its log and what it wrote down. */
async function sweep(environment: Environment): Promise<[lines: string[], sweeps: SweepLog]> {
  const database = createDatabase();
  const sweeps = createSweepLog(database);
  const ledger = createLedger(database);
  const lines = await listen(async () => {
    await runSweep({
      context: read(environment),
      environment,
      name: "heroku",
      ledger,
      sweeps,
      events: createEventLog(database),
      alerts: createAlertBook(database, createEventLog(database)),
      configurations: createConfigurationLog(database, createEventLog(database)),
      now: Date.now,
      isCronSilent: false,
    });
  });
  return [lines, sweeps];
}

Deno.test("Without its bindings a sweep ends, and its log and record say which are missing", async () => {
  const [lines, sweeps] = await sweep(deploy());
  assertEquals(lines.map((line) => JSON.parse(line).event), ["sweep_failed"]);
  for (const said of [lines[0], sweeps.last()?.error ?? ""]) {
    assertStringIncludes(said, "nothing was done");
    assertStringIncludes(said, "ACCOUNT: Is missing");
    assertStringIncludes(said, "ROTATION: Is missing");
  }
});

Deno.test("A sweep's log holds what may not be meant in the configuration", async () => {
  const env = deploy({ CREDENTIALS: [createTable("ci", { scope: ["writ-protected"] })] });
  const [lines] = await sweep(env);
  const [{ event, level, warnings: [warning] }] = lines.map((line) => JSON.parse(line));
  assertEquals([event, level, warning.path], [
    "configuration_doubted",
    "warn",
    "CREDENTIALS[0] (ci).scope[0]",
  ]);
});
