/**
 * An account whose sweeps are run by the tests: everything of the Worker's but Cloudflare.
 *
 * @module
 */
import type { Ledger } from "../../../lib/rotation/ledger.ts";
import { targets as definitions } from "../../../lib/targets/registry.ts";
import { createFakeHeroku, type FakeHeroku } from "../../../lib/testing/mod.ts";
import { type AlertBook, createAlertBook } from "../../../worker/account/alert_book.ts";
import {
  type ConfigurationLog,
  createConfigurationLog,
} from "../../../worker/account/configuration_log.ts";
import { createEventLog, type EventLog } from "../../../worker/account/event_log.ts";
import { createLedger } from "../../../worker/account/ledger.ts";
import type { Sql, SqlValue } from "../../../worker/account/sql.ts";
import { runSweep } from "../../../worker/account/run_sweep.ts";
import { createSweepLog, type SweepLog } from "../../../worker/account/sweep_log.ts";
import { type AccountRun, createContextReader, type Environment } from "../../../worker/context.ts";
import { createEnv, createTable, type Env } from "../sample.ts";
import { listenToConsole } from "../console.ts";
import { createDatabase } from "../sqlite.ts";

/** An account at a Heroku of its own, with the one credential `ci`. */
export interface TestAccount extends AsyncDisposable {
  readonly heroku: FakeHeroku;
  readonly ledger: Ledger;
  readonly events: EventLog;
  readonly sweeps: SweepLog;
  readonly alerts: AlertBook;
  readonly configurations: ConfigurationLog;
  /** The runs that were started, batch by batch. */
  readonly started: AccountRun[][];
  /** What was asked of the tables so far. */
  readonly counts: { transactions: number; statements: number };
  /** What the log says, line by line. */
  readonly lines: { readonly event: string; readonly [detail: string]: unknown }[];
  /** Why a statement fails, given its values; undefined for one that does not. */
  fail: (statement: string, values: readonly SqlValue[]) => string | undefined;
  /** Runs one sweep, with changes to its environment. Whether the account goes on. */
  sweep(changes?: Env, options?: { isCronSilent?: boolean; name?: string }): Promise<boolean>;
}

/** A Heroku whose list shows the authorization that asks, as at the real one. */
function createHeroku(): FakeHeroku {
  const ownAuthorization = { description: "herotate", scope: ["global"] };
  return createFakeHeroku({ faults: false, ownAuthorization });
}

/** Starts it. */
export function createTestAccount(heroku: FakeHeroku = createHeroku()): TestAccount {
  const server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen() {} }, heroku.handler);
  const database = createDatabase();
  const sql: Sql = {
    ...database,
    transaction(work) {
      account.counts.transactions++;
      return database.transaction(work);
    },
    run(statement, ...values) {
      account.counts.statements++;
      const message = account.fail(statement, values);
      if (message !== undefined) throw new Error(message);
      return database.run(statement, ...values);
    },
  };
  const read = createContextReader({ definitions });
  const events = createEventLog(sql);
  const account: TestAccount = {
    heroku,
    events,
    ledger: createLedger(sql, events),
    sweeps: createSweepLog(sql),
    alerts: createAlertBook(sql, events),
    configurations: createConfigurationLog(sql, events),
    started: [],
    counts: { transactions: 0, statements: 0 },
    lines: [],
    fail: () => undefined,

    async sweep(changes = {}, { isCronSilent = false, name = "heroku" } = {}) {
      const env = createEnv({
        CREDENTIALS: [createTable("ci", { scope: ["write"] })],
        HEROKU_API_TOKEN: heroku.token,
        HEROKU_URL: `http://127.0.0.1:${server.addr.port}`,
        ROTATION: {
          createBatch(batch: { params: AccountRun }[]) {
            account.started.push(batch.map(({ params }) => params));
            return Promise.resolve([]);
          },
        },
        ...changes,
      });
      // What the sweep uses of Cloudflare's types is there.
      const environment = env as Environment;
      const { ledger, sweeps, alerts, configurations } = account;
      const context = read(environment);
      return await listenToConsole((line) => account.lines.push(JSON.parse(line)), () =>
        runSweep({
          context,
          environment,
          name,
          ledger,
          sweeps,
          events,
          alerts,
          configurations,
          now: heroku.now,
          isCronSilent,
        }));
    },

    async [Symbol.asyncDispose]() {
      await server.shutdown();
    },
  };
  return account;
}
