/**
 * The real Worker in workerd, whose runs skip all sleeps and waits, and whose storage can be looked at.
 *
 * @module
 */
import { tmpdir } from "node:os";
import { DatabaseSync } from "node:sqlite";
import { createTestHarness } from "wrangler";
import type { AccountCalls } from "../../worker/account/account.ts";
import type { Environment } from "../../worker/context.ts";
import { keys, until } from "./harness.ts";
import { findLedger, sealingKey } from "./process.ts";
import type { Surroundings } from "./surroundings.ts";
import { splitCredentials } from "./split_credentials.ts";

/** What differs from one set-up to the next. */
export interface HurriedOptions {
  /** What `CREDENTIALS` holds, split where it is too large. */
  readonly credentials: unknown;
  /**
   * Wrangler's configuration.
   * @default {the project's own}
   */
  readonly configPath?: URL;
  /** Further vars. */
  readonly vars?: Readonly<Record<string, unknown>>;
  /** Further secrets. */
  readonly secrets?: Readonly<Record<string, string>>;
}

/** A Worker in a hurry. */
export interface HurriedWorker extends AsyncDisposable {
  /** The folder with all that workerd stores: objects and Workflows. */
  readonly storage: string;
  /** Sends a request. */
  fetch(path: string, init?: RequestInit): Promise<Response>;
  /** Fires the cron, and waits for the sweep. */
  cron(): Promise<void>;
  /** Runs SQL on the ledger. */
  query(sql: string): Promise<readonly Record<string, unknown>[]>;
  /** Fires the cron, and waits for nothing. */
  wake(): Promise<void>;
  /** Asks the account's object, which a test may have given more to be asked. */
  ask<Calls, Answer>(call: (account: AccountCalls & Calls) => Promise<Answer>): Promise<Answer>;
  /** Sets it up again; the storage stays. */
  reconfigure(options: HurriedOptions): Promise<void>;
  /** Everything that was logged since it was last set up. */
  logs(): string;
}

/** Starts one. */
export async function startHurriedWorker(
  around: Surroundings,
  options: HurriedOptions,
): Promise<HurriedWorker> {
  const inputs = ({ credentials, configPath, vars, secrets }: HurriedOptions) => ({
    workers: [{
      configPath: configPath ?? new URL("../../wrangler.toml", import.meta.url),
      vars: {
        ...splitCredentials(credentials),
        HEROKU_URL: around.herokuUrl,
        FUSE: { creates: 100, deletes: 200 },
        ...vars,
      },
      secrets: {
        HEROKU_API_TOKEN: around.heroku.token,
        SEALING_KEY: sealingKey,
        PAGE_KEY: keys.page,
        CI_READER_KEY: keys.reader,
        HOOK_KEY: keys.webhook,
        ...secrets,
      },
    }],
  });
  const harness = createTestHarness(inputs(options));
  await harness.listen();
  const worker = harness.getWorker();
  const introspector = await worker.introspectWorkflow("ROTATION");
  await introspector.modifyAll(async (modifier) => {
    await modifier.disableSleeps();
    await modifier.disableRetryDelays();
  });

  async function query(sql: string): Promise<readonly Record<string, unknown>[]> {
    const storage = await worker.getDurableObjectStorage("ACCOUNT", { name: "heroku" });
    return await storage.exec(sql) as Record<string, unknown>[];
  }

  /** When the newest sweep of which everything is written down began. */
  async function lastSweep(): Promise<number> {
    const [row] = await query("SELECT at FROM health");
    return Number(row?.at ?? 0);
  }

  // The first question to the account makes its tables.
  await (await worker.fetch("/healthz")).text();
  const sign = Math.floor(Math.random() * 1e12);
  await query(`INSERT INTO wakes (at, name) VALUES (-${sign}, 'heroku')`);
  return {
    storage: findStorage(sign),
    query,
    fetch: (path, init) => worker.fetch(path, init as never) as unknown as Promise<Response>,
    async cron() {
      const before = await lastSweep();
      await worker.scheduled({ cron: "*/15 * * * *" });
      await until("the sweep has ended", async () => await lastSweep() > before);
    },
    async wake() {
      await worker.scheduled({ cron: "*/15 * * * *" });
    },
    async ask<Calls, Answer>(call: (account: AccountCalls & Calls) => Promise<Answer>) {
      const { ACCOUNT } = await worker.getEnv() as Environment;
      const object: unknown = ACCOUNT.get(ACCOUNT.idFromName("heroku"));
      return await call(object as AccountCalls & Calls);
    },
    reconfigure: (changed) => harness.update(inputs(changed)),
    logs: () => harness.getLogs().map((log) => JSON.stringify(log)).join("\n"),
    async [Symbol.asyncDispose]() {
      await harness.close();
    },
  };
}

/** The folder that the harness made for itself: the one whose account has this sign. */
function findStorage(sign: number): string {
  for (const { name } of Deno.readDirSync(tmpdir())) {
    if (!name.startsWith("miniflare-")) continue;
    const folder = `${tmpdir()}/${name}`;
    try {
      using database = new DatabaseSync(findLedger(folder), { readOnly: true });
      if (database.prepare("SELECT at FROM wakes").get()?.at === -sign) return folder;
    } catch {
      // It belongs to another harness, which is just beginning or ending.
    }
  }
  throw new Error("Cannot find the storage of the Worker");
}
