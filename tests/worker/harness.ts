/**
 * The real Worker in real workerd, with the fake Heroku and a webhook receiver behind real HTTP.
 *
 * @module
 */
import { createTestHarness } from "wrangler";
import {
  createFakeHeroku,
  type FakeHeroku,
  type FakeHerokuOptions,
} from "../../lib/testing/mod.ts";
import type { AccountCalls } from "../../worker/account/account.ts";
import type { Environment } from "../../worker/context.ts";
import type { Records } from "../../worker/health/fault.ts";
import type { Row } from "./sqlite.ts";
import { splitCredentials } from "./split_credentials.ts";

Deno.env.set("WRANGLER_SEND_METRICS", "false");
Deno.env.set("CLOUDFLARE_CF_FETCH_ENABLED", "false");

/** The keys that the tests set. */
export const keys = {
  page: "page-key-for-tests-0123456789",
  reader: "reader-key-for-tests-0123456789",
  webhook: "webhook-key-for-tests-0123456789",
  sealing: "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=",
};

/** The word in every token that these tests make. */
export const canary = "CANARY7";

/** How a Worker is set up. */
export interface WorkerOptions {
  /** The configuration as `wrangler.toml` has it, given the receiver's address. */
  readonly credentials: (hookUrl: string) => unknown;
  /**
   * How the fake Heroku is.
   * @default {without faults}
   */
  readonly heroku?: FakeHerokuOptions;
  /**
   * Wrangler's configuration.
   * @default {the project's own}
   */
  readonly configPath?: URL;
  /** Further vars. */
  readonly vars?: Readonly<Record<string, unknown>>;
  /** Further secrets; an empty one is as good as none. */
  readonly secrets?: Readonly<Record<string, string>>;
  /**
   * The names of the accounts.
   * @default {the one that there is without any in the configuration}
   */
  readonly accounts?: readonly string[];
}

/** A running Worker and its surroundings. */
export interface TestWorker extends AsyncDisposable {
  /** The Worker's address. */
  readonly url: URL;
  /** Heroku. */
  readonly heroku: FakeHeroku;
  /** Heroku's address. */
  readonly herokuUrl: string;
  /** What the receiver holds, by path. */
  readonly hooks: Map<string, string>;
  /** The paths of the receiver that answer 503. */
  readonly down: Set<string>;
  /** The receiver's address. */
  readonly hookUrl: string;
  /** Sends a request to the Worker. */
  fetch(path: string, init?: RequestInit): Promise<Response>;
  /** Fires the cron, and waits for the sweep of each account. */
  cron(): Promise<void>;
  /** What the first account says of itself. */
  look(): Promise<Records>;
  /** Asks the tables of the first account behind the Worker's back. */
  query(sql: string, ...values: (string | number | null)[]): Promise<Row[]>;
  /** Drops the first account's object from memory; what it stores stays. */
  evict(): Promise<void>;
  /** Restarts with other vars or secrets; the storage stays. */
  reconfigure(changes: Partial<WorkerOptions>): Promise<void>;
  /** Skips sleeps and waits between retries, for runs that start from now on. */
  hurry(): Promise<void>;
  /** Everything the Worker logged. */
  logs(): string[];
}

/** Starts a Worker. */
export async function startWorker(options: WorkerOptions): Promise<TestWorker> {
  const heroku = createFakeHeroku({ faults: false, tokenPrefix: canary, ...options.heroku });
  const herokuServer = Deno.serve(
    { port: 0, hostname: "127.0.0.1", onListen() {} },
    heroku.handler,
  );
  const hooks = new Map<string, string>();
  const down = new Set<string>();
  const hookServer = Deno.serve(
    { port: 0, hostname: "127.0.0.1", onListen() {} },
    async (request) => {
      const path = new URL(request.url).pathname.slice(1);
      if (down.has(path)) return new Response("Down for maintenance", { status: 503 });
      const { token, fingerprint } = await request.json() as Record<string, string>;
      hooks.set(path, token);
      return Response.json({ fingerprint });
    },
  );
  const herokuUrl = `http://127.0.0.1:${herokuServer.addr.port}`;
  const hookUrl = `http://127.0.0.1:${hookServer.addr.port}`;

  let current = options;
  const inputs = () => ({
    workers: [{
      configPath: current.configPath ?? new URL("../../wrangler.toml", import.meta.url),
      vars: {
        ...splitCredentials(current.credentials(hookUrl)),
        HEROKU_URL: herokuUrl,
        ...current.vars,
      },
      secrets: {
        HEROKU_API_TOKEN: heroku.token,
        SEALING_KEY: keys.sealing,
        PAGE_KEY: keys.page,
        CI_READER_KEY: keys.reader,
        HOOK_KEY: keys.webhook,
        ...current.secrets,
      },
    }],
  });
  const harness = createTestHarness(inputs());
  const { url } = await harness.listen();
  const worker = harness.getWorker();
  const accounts = () => current.accounts ?? ["heroku"];
  const ask = async (name: string, sql: string, ...values: (string | number | null)[]) => {
    const storage = await worker.getDurableObjectStorage("ACCOUNT", { name });
    return await storage.exec(sql, ...values) as Row[];
  };
  /** When the newest sweep of each account of which everything is written down began. */
  const lastSweeps = () =>
    Promise.all(
      accounts().map(async (name) => {
        const tables = await ask(name, "SELECT name FROM sqlite_master WHERE name = 'health'");
        const [row] = tables.length > 0 ? await ask(name, "SELECT at FROM health") : [];
        return Number(row?.at ?? 0);
      }),
    );

  return {
    url,
    heroku,
    herokuUrl,
    hooks,
    down,
    hookUrl,
    fetch: (path, init) => worker.fetch(path, init as never) as unknown as Promise<Response>,
    query: (sql, ...values) => ask(accounts()[0], sql, ...values),
    async look() {
      const { ACCOUNT } = await worker.getEnv() as Environment;
      const object = ACCOUNT.get(ACCOUNT.idFromName(accounts()[0])) as unknown as AccountCalls;
      return await object.look();
    },
    async cron() {
      const before = await lastSweeps();
      await worker.scheduled({ cron: "*/15 * * * *" });
      await until(
        "the sweeps have ended",
        async () => (await lastSweeps()).every((at, index) => at > before[index]),
      );
    },
    async evict() {
      await worker.evictDurableObject("ACCOUNT", { name: accounts()[0] });
    },
    async reconfigure(changes) {
      current = { ...current, ...changes };
      await harness.update(inputs());
    },
    async hurry() {
      const introspector = await worker.introspectWorkflow("ROTATION");
      await introspector.modifyAll(async (modifier) => {
        await modifier.disableSleeps();
        await modifier.disableRetryDelays();
      });
    },
    logs: () => harness.getLogs().map((log) => JSON.stringify(log)),
    async [Symbol.asyncDispose]() {
      await harness.close();
      await herokuServer.shutdown();
      await hookServer.shutdown();
    },
  };
}

/** Waits until something holds. */
export async function until(
  what: string,
  holds: () => boolean | Promise<boolean>,
  timeout = 20_000,
): Promise<void> {
  const end = Date.now() + timeout;
  while (!await holds()) {
    if (Date.now() > end) throw new Error(`Waited ${timeout} ms in vain until ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
