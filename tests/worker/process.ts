/**
 * The real Worker in a process of its own that can be killed at any moment and started again on the
 * same storage.
 *
 * @module
 */
import { DatabaseSync } from "node:sqlite";
import type { Status } from "../../worker/status.ts";
import { keys, until } from "./harness.ts";
import { splitCredentials } from "./split_credentials.ts";

/** What the process is told. */
export interface ProcessSettings {
  /** The path of `wrangler.toml`. */
  readonly config: string;
  /** The path of the bundled Worker. */
  readonly script: string;
  /** The folder with everything that outlives the process. */
  readonly storage: string;
  /** The vars. */
  readonly vars: Readonly<Record<string, unknown>>;
  /** The secrets. */
  readonly secrets: Readonly<Record<string, string>>;
  /** What comes before the Worker's address on the line that says it is ready. */
  readonly readyMark: string;
}

/** How the Worker is set up. */
export interface ProcessOptions {
  /** What `CREDENTIALS` holds, as in `wrangler.toml`, split where it is too large. */
  readonly credentials: unknown;
  /** Heroku's address. */
  readonly herokuUrl: string;
  /** The token for Heroku. */
  readonly herokuToken: string;
  /** Further secrets. */
  readonly secrets?: Readonly<Record<string, string>>;
}

/** A Worker that can be killed. */
export interface WorkerProcess extends AsyncDisposable {
  /** The folder with everything that outlives the process. */
  readonly storage: string;
  /** Starts it, on the storage that is there. */
  start(changes?: Partial<ProcessOptions>): Promise<void>;
  /** `kill -9`, workerd and all. */
  kill(): Promise<void>;
  /** Sends a request to it. */
  fetch(path: string, init?: RequestInit): Promise<Response>;
  /** Fires the cron, and waits for the sweep. */
  cron(): Promise<void>;
  /** What it and its predecessors wrote to standard output and standard error. */
  output(): string;
  /** What it shows on its page, to whoever has the key. */
  status(): Promise<Status>;
  /** What its store hands out for a credential; undefined while there is nothing. */
  stored(credential: string): Promise<string | undefined>;
  /** Opens the ledger's database behind the Worker's back. */
  withLedger<T>(use: (database: DatabaseSync) => T): T;
  /**
   * Lets time pass, in milliseconds. The Worker's clock is the real one, so whatever its ledger is
   * waiting for is moved back instead: leases, the waits after failures, and graces.
   */
  elapse(duration: number): void;
}

/** The `SEALING_KEY`. Its bytes are random, as those of the other tests, in a row, are in many files. */
export const sealingKey = "tTkq7livVuvoxWdScgL0r6oeApdxHdgle6SE4eV1vjw=";

const readyMark = "The Worker listens on ";
const root = new URL("../../", import.meta.url);
let bundled: Promise<string> | undefined;

/** Starts the Worker on an empty storage. */
export async function startProcess(options: ProcessOptions): Promise<WorkerProcess> {
  const script = await (bundled ??= bundle());
  const storage = await makeStorage();
  const written: string[] = [];
  let current = options;
  let child: Deno.ChildProcess | undefined;
  let reading: Promise<unknown> = Promise.resolve();
  let url = "";

  async function start(changes: Partial<ProcessOptions> = {}): Promise<void> {
    current = { ...current, ...changes };
    const settings: ProcessSettings = {
      config: new URL("wrangler.toml", root).pathname,
      script,
      storage,
      readyMark,
      vars: {
        ...splitCredentials(current.credentials),
        FUSE: { creates: 100, deletes: 200 },
        HEROKU_URL: current.herokuUrl,
      },
      secrets: {
        HEROKU_API_TOKEN: current.herokuToken,
        SEALING_KEY: sealingKey,
        PAGE_KEY: keys.page,
        CI_READER_KEY: keys.reader,
        HOOK_KEY: keys.webhook,
        ...current.secrets,
      },
    };
    child = new Deno.Command(Deno.execPath(), {
      args: ["run", "--allow-all", new URL("process_main.ts", import.meta.url).pathname],
      cwd: root,
      env: {
        WORKER_PROCESS: JSON.stringify(settings),
        WRANGLER_SEND_METRICS: "false",
        CLOUDFLARE_CF_FETCH_ENABLED: "false",
        NO_COLOR: "1",
      },
      stdin: "piped",
      stdout: "piped",
      stderr: "piped",
      detached: true,
    }).spawn();
    const ready = Promise.withResolvers<string>();
    const read = async (stream: ReadableStream<Uint8Array<ArrayBuffer>>) => {
      for await (const text of stream.pipeThrough(new TextDecoderStream())) {
        written.push(text);
        const [, address] = new RegExp(`${readyMark}(\\S+)\\n`).exec(written.slice(-2).join("")) ??
          [];
        if (address) ready.resolve(address);
      }
    };
    reading = Promise.all([read(child.stdout), read(child.stderr)]);
    const ended = child.status.then(({ code }) => {
      throw new Error(`The Worker's process ended with ${code}: ${written.slice(-20).join("")}`);
    });
    ended.catch(() => {});
    url = await Promise.race([ready.promise, ended]);
  }

  async function kill(): Promise<void> {
    if (!child) return;
    // The minus makes it the whole group: wrangler, and the processes of workerd.
    try {
      Deno.kill(-child.pid, "SIGKILL");
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
    await child.status;
    await reading;
    await child.stdin.close().catch(() => {});
    child = undefined;
  }

  const fetchFrom: WorkerProcess["fetch"] = (path, init) => fetch(new URL(path, url), init);

  function withLedger<T>(use: (database: DatabaseSync) => T): T {
    using database = new DatabaseSync(ledger, { timeout: 5_000 });
    return use(database);
  }

  /** When the newest sweep of which everything is written down began. */
  function lastSweep(): number {
    return withLedger((database) =>
      Number(database.prepare("SELECT at FROM health").get()?.at ?? 0)
    );
  }

  await start();
  // The first question to the account makes its tables, before there is any other object.
  await (await fetchFrom("/healthz")).body?.cancel();
  const ledger = findLedger(`${storage}/v3`);

  return {
    storage,
    start,
    kill,
    fetch: fetchFrom,
    withLedger,
    output: () => written.join(""),

    async cron() {
      const process = child;
      const before = lastSweep();
      const response = await fetchFrom("/cdn-cgi/handler/scheduled");
      await response.body?.cancel();
      // Whoever kills it ends the waiting as well.
      const isOver = () => child !== process || lastSweep() > before;
      await until("the sweep has ended", isOver, 60_000);
    },

    async status() {
      const headers = { Authorization: `Bearer ${keys.page}` };
      return await (await fetchFrom("/status", { headers })).json() as Status;
    },

    async stored(credential) {
      const headers = { Authorization: `Bearer ${keys.reader}` };
      const response = await fetchFrom(`/credentials/${credential}/token`, { headers });
      const text = await response.text();
      return response.ok ? text : undefined;
    },

    elapse(duration) {
      withLedger((database) => {
        database.exec(`BEGIN IMMEDIATE;
          UPDATE credentials SET lease_until = lease_until - ${duration}, ended_at = ended_at - ${duration};
          UPDATE entries SET proven_at = proven_at - ${duration}, noted_at = noted_at - ${duration},
            doubted_since = doubted_since - ${duration}, ended_at = ended_at - ${duration};
          UPDATE deliveries SET delivered_at = delivered_at - ${duration}, proven_at = proven_at - ${duration};
          UPDATE sweeps SET at = at - ${duration};
          UPDATE health SET at = at - ${duration};
          COMMIT`);
      });
    },

    async [Symbol.asyncDispose]() {
      await kill();
      await Deno.remove(storage, { recursive: true });
    },
  };
}

/** The path of the account's database in a folder of workerd's. */
export function findLedger(storage: string): string {
  const folder = `${storage}/do/herotate-Account`;
  const file = [...Deno.readDirSync(folder)].map(({ name }) => name)
    .find((name) => name.endsWith(".sqlite") && name !== "metadata.sqlite");
  if (!file) throw new Error(`Cannot find a database in ${folder}`);
  return `${folder}/${file}`;
}

/**
 * Makes a folder for what workerd stores, in memory where the system has a place for that: each step
 * of a run waits for the disk otherwise.
 */
async function makeStorage(): Promise<string> {
  const inMemory = [...Deno.readDirSync("/dev")].some(({ name }) => name === "shm");
  return await Deno.makeTempDir({
    prefix: "herotate-storage-",
    ...(inMemory ? { dir: "/dev/shm" } : {}),
  });
}

/** Bundles the Worker as `wrangler.toml` does, once for all tests of a process. */
async function bundle(): Promise<string> {
  const folder = await Deno.makeTempDir({ prefix: "herotate-bundle-" });
  const script = `${folder}/worker.js`;
  const { success, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      "bundle",
      "--quiet",
      "--platform=browser",
      "--external=cloudflare:*",
      `--output=${script}`,
      "worker/main.ts",
    ],
    cwd: root,
  }).output();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
  globalThis.addEventListener("unload", () => Deno.removeSync(folder, { recursive: true }));
  return script;
}
