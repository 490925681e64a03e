import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { targets as definitions } from "../../lib/targets/registry.ts";
import { createFakeHeroku, type FakeHeroku } from "../../lib/testing/mod.ts";
import { createContextReader, type Environment } from "../../worker/environment.ts";
import type { Database } from "../../worker/ledger.ts";
import { runSweep } from "../../worker/sweep.ts";
import { createSweepLog, type SweepRecord } from "../../worker/sweep_log.ts";
import { createEnv, createTable, type Env } from "./sample.ts";
import { createDatabase } from "./sqlite.ts";

interface Swept {
  readonly last: SweepRecord | undefined;
  readonly started: unknown[];
  readonly events: string[];
}

/** Runs one sweep, with changes to its environment, and a word on which batches fail. */
async function sweepOnce(
  changes: (heroku: FakeHeroku) => Env,
  fail: (sql: readonly string[], at: number) => string | undefined = () => undefined,
): Promise<Swept> {
  // As at Heroku, the list shows the authorization that asks.
  const ownAuthorization = { description: "herotate", scope: ["global"] };
  const heroku = createFakeHeroku({ faults: false, ownAuthorization });
  await using server = Deno.serve(
    { port: 0, hostname: "127.0.0.1", onListen() {} },
    heroku.handler,
  );
  const database = createDatabase();
  const started: unknown[] = [];
  const prepared: string[] = [];
  let calls = 0;
  const LEDGER: Database = {
    prepare(sql) {
      prepared.push(sql);
      return database.prepare(sql);
    },
    async batch<Row>(statements: Parameters<Database["batch"]>[0]) {
      const message = fail(prepared.splice(0), calls++);
      if (message !== undefined) throw new Error(message);
      return await database.batch<Row>(statements);
    },
  };
  const env = createEnv({
    CREDENTIALS: [createTable("ci", { scope: ["write"] })],
    HEROKU_API_TOKEN: heroku.token,
    HEROKU_URL: `http://127.0.0.1:${server.addr.port}`,
    LEDGER,
    ROTATION: {
      createBatch(batch: unknown[]) {
        started.push(...batch);
        return Promise.resolve([]);
      },
    },
    ...changes(heroku),
  });
  const events: string[] = [];
  const { log } = console;
  console.log = (line: string) => events.push(JSON.parse(line).event);
  try {
    // What the sweep uses of Cloudflare's types is there.
    await runSweep(env as Environment, createContextReader({ definitions }));
  } finally {
    console.log = log;
  }
  return { last: await createSweepLog(database).last(), started, events };
}

Deno.test("runSweep() starts what is due and records the sweep", async () => {
  const { last, started, events } = await sweepOnce(() => ({}));
  assertEquals([last?.error, last?.report?.problems, started.length], [null, [], 1]);
  assertEquals(events, ["sweep"]);
});

Deno.test("runSweep() names the secret and the remedy for a wrong token and a narrow one", async () => {
  const narrow = (heroku: FakeHeroku) => heroku.issue({ description: "narrow", scope: ["read"] });
  const table: readonly (readonly [(heroku: FakeHeroku) => Env, string])[] = [
    [() => ({ HEROKU_API_TOKEN: "wrong-token-0123456789" }), "Heroku refused the token"],
    [(heroku) => ({ HEROKU_API_TOKEN: narrow(heroku).token }), "takes the scope 'global'"],
  ];
  for (const [changes, says] of table) {
    const { last, started } = await sweepOnce(changes);
    assertStringIncludes(last?.error ?? "", says);
    assertStringIncludes(last?.error ?? "", "the Worker secret HEROKU_API_TOKEN");
    assertStringIncludes(last?.error ?? "", "`heroku authorizations:create -d herotate`");
    assertStringIncludes(last?.error ?? "", "`wrangler secret put HEROKU_API_TOKEN`");
    assertEquals(started, []);
  }
});

Deno.test("runSweep() goes on after any one read of the database that is lost", async () => {
  const isRead = (sql: readonly string[]) => sql.every((text) => text.startsWith("SELECT"));
  const whole: number[] = [];
  await sweepOnce(() => ({}), (sql, at) => {
    if (isRead(sql)) whole.push(at);
    return undefined;
  });
  assert(whole.length >= 2, `The sweep reads ${whole.length} times`);
  for (const lost of whole) {
    const { last, started } = await sweepOnce(
      () => ({}),
      (_sql, at) => at === lost ? "D1_ERROR: Network connection lost." : undefined,
    );
    assertEquals([last?.error, last?.report?.problems, started.length], [null, [], 1]);
  }
});

Deno.test("runSweep() logs a sweep that cannot be recorded, and ends", async () => {
  const { last, started, events } = await sweepOnce(
    () => ({}),
    (sql) => sql.some((text) => text.includes("INTO sweeps")) ? "D1_ERROR: full" : undefined,
  );
  assertEquals([last, started.length, events], [undefined, 1, ["sweep", "sweep_unrecorded"]]);
});
