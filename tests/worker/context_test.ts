import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import * as v from "valibot";
import type { TargetDefinition } from "../../lib/targets/target.ts";
import { createAlertBook } from "../../worker/account/alert_book.ts";
import { createConfigurationLog } from "../../worker/account/configuration_log.ts";
import { createEventLog } from "../../worker/account/event_log.ts";
import { createLedger } from "../../worker/account/ledger.ts";
import { runSweep } from "../../worker/account/run_sweep.ts";
import { createSweepLog } from "../../worker/account/sweep_log.ts";
import { createContextReader, type Environment } from "../../worker/context.ts";
import { createServer } from "../../worker/serve_requests.ts";
import type { Status } from "../../worker/status.ts";
import {
  bindAccount,
  createEnv,
  createIdleAccount,
  createTable,
  type Env,
  keys,
} from "./sample.ts";
import { createDatabase } from "./sqlite.ts";
import { listenToConsole } from "./console.ts";

/** A kind of target that counts how often a table of its is checked, and made a target of. */
function createCounter() {
  const counted = { checked: 0, made: 0 };
  const definition: TargetDefinition<{ at: number }> = {
    type: "counter",
    proof: "existence",
    schema: v.pipe(
      v.object({ at: v.number() }),
      v.check(() => counted.checked++ >= 0),
    ),
    place: ({ at }) => `counter:${at}`,
    secrets: () => [],
    create() {
      counted.made++;
      return {
        deliver: () => Promise.resolve({}),
        confirm: () => Promise.resolve({ kind: "existence", detail: "Counted" }),
      };
    },
  };
  return { counted, definition };
}

function deploy(changes: Env = {}): Environment {
  const env: Env = createEnv({
    CREDENTIALS: [createTable("ci", { targets: [{ type: "counter", at: 1 }] })],
    ACCOUNT: bindAccount(createIdleAccount(createDatabase())),
    // Nothing answers there: a sweep ends at once.
    HEROKU_URL: "http://127.0.0.1:1",
    ...changes,
  });
  // The bindings are of another type than Cloudflare's, and do the same.
  return env as Environment;
}

async function quietly(run: () => Promise<unknown>): Promise<void> {
  await listenToConsole(() => {}, run);
}

const headers = { authorization: `Bearer ${keys.page}` };
const request = (path: string) => new Request(`https://worker.example${path}`, { headers });

Deno.test("the configuration is parsed once for each environment, whatever the calls", async () => {
  const { counted, definition } = createCounter();
  const read = createContextReader({ definitions: [definition] });
  const serve = createServer(read);
  const environment = deploy();
  for (const path of ["/", "/status", "/healthz", "/nothing", "/credentials/ci/token"]) {
    await (await serve(request(path), environment)).text();
  }
  const database = createDatabase();
  await quietly(() =>
    runSweep({
      context: read(environment),
      environment,
      name: "heroku",
      ledger: createLedger(database),
      sweeps: createSweepLog(database),
      events: createEventLog(database),
      alerts: createAlertBook(database, createEventLog(database)),
      configurations: createConfigurationLog(database, createEventLog(database)),
      now: Date.now,
      isCronSilent: false,
    })
  );
  await Promise.all(Array.from({ length: 5 }, () => serve(request("/"), environment)));
  assertEquals(counted, { checked: 1, made: 1 });
  await serve(request("/"), deploy());
  assertEquals(counted, { checked: 2, made: 2 });
});

Deno.test("the app is made once for each environment", () => {
  const { definition } = createCounter();
  const read = createContextReader({ definitions: [definition] });
  const environment = deploy();
  let reads = 0;
  const serve = createServer((given) => {
    reads++;
    return read(given);
  });
  return Promise.all(Array.from({ length: 4 }, () => serve(request("/healthz"), environment)))
    .then(() => assertEquals(reads, 1));
});

Deno.test("each environment has its own configuration, account and keys", async () => {
  const { definition } = createCounter();
  const serve = createServer(createContextReader({ definitions: [definition] }));
  const [one, other] = [
    deploy(),
    deploy({
      CREDENTIALS: [createTable("other", { targets: [{ type: "counter", at: 1 }] })],
      PAGE_KEY: keys.other,
      ACCOUNT: undefined,
    }),
  ];
  assertStringIncludes(await (await serve(request("/status"), one)).text(), '"ci"');
  assertEquals((await serve(request("/status"), other)).status, 401);
  const authorization = `Bearer ${keys.other}`;
  const asked = new Request("https://worker.example/status", { headers: { authorization } });
  const text = await (await serve(asked, other)).text();
  assertStringIncludes(text, "ACCOUNT");
  assert(!text.includes('"ci"'));
});

Deno.test("credentials from code are served beside those of variables", async () => {
  const { definition } = createCounter();
  const credentials = [createTable("coded", { targets: [{ type: "counter", at: 2 }] })];
  const serve = createServer(
    createContextReader({ definitions: [definition], coded: { credentials } }),
  );
  const status = await (await serve(request("/status"), deploy())).text();
  const { credentials: shown }: Status = JSON.parse(status);
  assertEquals(shown.map(({ name }) => name), ["ci", "coded"]);
  const wrong = createServer(
    createContextReader({ definitions: [definition], coded: { credentials: [createTable("ci")] } }),
  );
  const text = await (await wrong(request("/"), deploy())).text();
  assertStringIncludes(text, "credentials[0] (ci)");
});
