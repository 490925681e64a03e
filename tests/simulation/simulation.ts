/**
 * Everything but Cloudflare, in memory and on one virtual clock: the fake Heroku, the real ledger on
 * SQLite, the real targets, the real sweep and rotation, and an observer that is none of them.
 *
 * Every outbound call and every ledger write of a process passes one place, where a test may make it
 * fail or make the process die.
 *
 * @module
 */
import type { Alert } from "../../lib/alert.ts";
import { AccountError, createAccount } from "../../lib/rotation/account.ts";
import type { Credential, CredentialTarget } from "../../lib/rotation/credential.ts";
import type { Fuse } from "../../lib/rotation/fuse.ts";
import { endedUndelivered, rotate } from "../../lib/rotation/rotate.ts";
import type { Step } from "../../lib/rotation/step.ts";
import { createSealing } from "../../lib/rotation/sealing.ts";
import { createTokenStore } from "../../lib/rotation/token_store.ts";
import { type StartedRun, sweep, type SweepReport } from "../../lib/rotation/sweep.ts";
import type { RotationRun } from "../../lib/rotation/attempt.ts";
import { fingerprint } from "../../lib/fingerprint.ts";
import { herokuConfigVar } from "../../lib/targets/heroku_config_var.ts";
import { store } from "../../lib/targets/store.ts";
import type { TargetDefinition, TargetEnvironment } from "../../lib/targets/target.ts";
import { webhook } from "../../lib/targets/webhook.ts";
import {
  createFakeHeroku,
  type FakeHeroku,
  type FakeWorld,
  type FaultKind,
} from "../../lib/testing/mod.ts";
import { createMemoryWorkflows, type MemoryWorkflows } from "../../lib/testing/memory_workflows.ts";
import type { Ledger } from "../../lib/rotation/ledger.ts";
import { createAlertBook } from "../../worker/account/alert_book.ts";
import { concludeSweep } from "../../worker/account/conclude_sweep.ts";
import { createConfigurationLog } from "../../worker/account/configuration_log.ts";
import { createEventLog } from "../../worker/account/event_log.ts";
import { createLedger } from "../../worker/account/ledger.ts";
import { createOrders, type OrderAnswer, type OrderKind } from "../../worker/account/orders.ts";
import { createSweepLog } from "../../worker/account/sweep_log.ts";
import type { ConfigurationResult } from "../../worker/config/configuration.ts";
import { createLog } from "../../worker/log.ts";
import { type AlertWatch, createAlertWatch } from "./alert_watch.ts";
import { canary, everyFormOf } from "./canary.ts";
import {
  createObserver,
  type Observer,
  type Violation,
  type Watched,
  type WatchedWorker,
} from "./observer.ts";
import { beginRandomAt, newestTimer } from "./prompt_runtime.ts";
import { readSealed } from "./unseal.ts";
import {
  createDatabase,
  type DatabaseCopy,
  type Row,
  type TestDatabase,
} from "../worker/sqlite.ts";

export { canary, type Violation };

/** One second, minute, hour and day in milliseconds. */
export const second = 1000;
export const minute = 60 * second;
export const hour = 60 * minute;
export const day = 24 * hour;

/** What may become of a call. */
export type Fate =
  | "sent"
  | "not sent"
  | "lost"
  | "429"
  | "500"
  | "503"
  | "timeout"
  | "cut off"
  | "401"
  | "500 after"
  | "dies before"
  | "dies after"
  | Untruth;

/** Everything that may be wrong with what an answer of Heroku says. */
export const untruths = [
  "mistyped",
  "shifting",
  "reordered",
  "moved",
  "deaf",
  "blind",
  "empty-list",
] as const satisfies readonly FaultKind[];

/** What may be wrong with what an answer of Heroku says. */
export type Untruth = typeof untruths[number];

/** What hides from a Worker what there is. */
const hiding: ReadonlySet<Fate> = new Set(["blind", "empty-list", "moved", "mistyped"]);

/** Everything that may become of a call but that it is sent and answered. */
export const misfortunes: readonly Fate[] = [
  "not sent",
  "lost",
  "429",
  "500",
  "500 after",
  "503",
  "timeout",
  "cut off",
  "401",
  "dies before",
  "dies after",
];

/** A call of a process, before anything happened. */
export interface Call {
  /** Which call of the simulation it is, from 0 on. */
  readonly number: number;
  /** The process: `sweep 3`, or a run's id. */
  readonly process: string;
  /** What is called. */
  readonly kind: "heroku" | "target" | "ledger";
  /** What it does, such as `POST /oauth/authorizations`. */
  readonly name: string;
}

/** A target as a test names it: `var:app/KEY`, `hook:path` or `store`. */
export type TargetName = string;

/** A credential as a test names it. */
export type CredentialSpec =
  & Partial<Omit<Credential, "targets">>
  & {
    readonly name: string;
    readonly targets: readonly (TargetName | { place: TargetName; required: boolean })[];
  };

/** How a simulation is set up. */
export interface SimulationOptions {
  readonly seed?: number;
  readonly credentials: readonly CredentialSpec[];
  readonly fuse?: Fuse;
  readonly now?: number;
  /** A second Worker of the same account has a simulation of its own on this one's Heroku and targets. */
  readonly beside?: Simulation;
  /**
   * Whether every call is followed by a look of the observer.
   * @default {true}
   */
  readonly observe?: boolean;
  /**
   * Whether the account has a default API key, which is in the list.
   * @default {false}
   */
  readonly defaultKey?: boolean;
  /**
   * The description of the authorization that the Worker works with.
   * @default {it is in no list}
   */
  readonly own?: string;
  /** What lasts at Heroku. */
  readonly world?: FakeWorld;
  /**
   * Whether each sweep is concluded as in production, and its alerts go to somebody who watches.
   * @default {false}
   */
  readonly alerts?: boolean;
}

/** The world of one Worker. */
export interface Simulation {
  readonly heroku: FakeHeroku;
  readonly database: TestDatabase;
  readonly workflows: MemoryWorkflows<RotationRun>;
  readonly observer: Observer;
  /** Who gets the alerts. */
  readonly alerts: AlertWatch;
  readonly violations: Violation[];
  /** The number of calls made by all processes so far. */
  readonly calls: number;
  /** What was said of late: reports and errors. All of it has been searched for tokens. */
  readonly said: string[];
  /** The configuration at this moment, as far as the observer goes by it. */
  configured(): readonly Watched[];
  /** What a place holds at this moment. */
  holds(place: TargetName, credential: string): string | undefined;
  /** What each place holds of a configuration: see {@linkcode TargetName}. */
  held(place: TargetName, credential?: string): Promise<string | undefined>;
  /** What the operator puts there by hand. */
  put(place: TargetName, token: string): Promise<void>;
  /** The operator regenerates a token by hand; gives the new one. */
  regenerate(id: string): Promise<string>;
  /** Goes back to an older copy of the ledger, as the platform's recovery does: its object begins again. */
  restore(copy: DatabaseCopy): void;
  /** Targets that are down. */
  readonly down: Set<TargetName>;
  /** The receiver's tokens by path; shared between Workers. */
  readonly hooks: Map<string, string>;
  /** Another account of Heroku. */
  readonly stranger: FakeHeroku;
  /** The token that the Worker works with. */
  readonly token: string;
  /** Gives the Worker another token, as a deployment does: every run goes on in a new process. */
  useToken(token: string): void;
  /**
   * Changes what any service answered.
   * @default {nothing}
   */
  mutate: ((response: Response, call: string) => Promise<Response>) | undefined;
  /**
   * Decides what becomes of each call.
   * @default {it is sent}
   */
  fate: (call: Call) => Fate;
  /** Is awaited before each call, so that a test may interleave processes. */
  gate: (call: Call) => Promise<void> | undefined;
  configure(credentials: readonly CredentialSpec[]): void;
  /** What an operator orders; no sweep follows by itself. */
  order(kind: OrderKind, credential: string): Promise<OrderAnswer>;
  /** One sweep, to its end or its death; the runs it starts go on in the background. */
  sweep(): Promise<SweepReport | undefined>;
  /** A sweep and everything it starts, until all is asleep. */
  cron(): Promise<SweepReport | undefined>;
  /** Moves the clock, and lets everything run that wakes on the way. */
  advance(duration: number): Promise<void>;
  /** Moves the clock on in steps of `interval`, with a cron at each. */
  live(duration: number, interval?: number): Promise<void>;
  /** Shifts the Worker's clock against Heroku's. */
  skew: number;
  /** What the observer thinks now. */
  look(after: string): Promise<void>;
  /** Searches what the engine and the ledger keep for tokens, and gives back the database. */
  close(): void;
  /** The current time of Heroku's clock. */
  now(): number;
}

const sealingKey = btoa(String.fromCharCode(...new Uint8Array(32).map((_, i) => i)));
const sealing = await createSealing(sealingKey);

/** What becomes of a call that its caller cannot tell from one without effect. */
const tookEffect: ReadonlySet<Fate> = new Set(["lost", "timeout", "cut off", "500 after"]);

/** How long an authorization must be missing before it may count as gone: longer than one sweep. */
const patience = 10 * minute;

/** How much of what was said is kept. */
const saidOfLate = 1000;

const faults: Partial<Record<Fate, FaultKind>> = {
  "not sent": "drop",
  "lost": "lose",
  "429": "429",
  "500": "500",
  "503": "html",
  "cut off": "truncated",
  "500 after": "500-after",
  ...Object.fromEntries(untruths.map((untruth) => [untruth, untruth])),
};

/** Makes a world. */
export function createSimulation(options: SimulationOptions): Simulation {
  const { seed = 1, fuse = { creates: 1000, deletes: 1000 }, beside, observe = true } = options;
  if (!beside) beginRandomAt(seed);
  const heroku = beside?.heroku ?? createFakeHeroku({
    seed,
    faults: false,
    now: options.now ?? Date.UTC(2026, 0, 1),
    tokenPrefix: canary,
    record: false,
    defaultKey: options.defaultKey,
    ownAuthorization: options.own === undefined
      ? undefined
      : { description: options.own, scope: ["global"] },
    world: options.world,
  });
  const stranger = beside?.stranger ?? createFakeHeroku({
    seed: seed + 1,
    faults: false,
    now: heroku.now(),
    tokenPrefix: canary,
    record: false,
  });
  const observer = beside?.observer ?? createObserver(heroku);
  const database = createDatabase();
  const alerts = createAlertWatch(
    heroku,
    (call, message) => observer.violations.push({ call, message }),
  );
  const hooks = beside?.hooks ?? new Map<string, string>();
  const down = beside?.down ?? new Set<string>();
  const said: string[] = [];
  const dying = new Map<string, () => void>();
  const others: Simulation[] = beside ? [beside] : [];
  /** Which tokens of the store Heroku has taken in the life of the account's object. */
  const confirmed = new Set<string>();
  let token = heroku.token;
  let calls = 0;
  let sweeps = 0;
  let specs: readonly CredentialSpec[] = [];

  function say(text: string, where: string): void {
    observer.hear(text, where);
    if (said.push(text) > saidOfLate) said.splice(0, saidOfLate / 2);
  }

  /** A promise for ever: what a call of a dead process waits for. */
  function die(process: string): Promise<never> {
    dying.get(process)?.();
    workflows.kill(process);
    return new Promise(() => {});
  }

  async function pass<T>(
    process: string,
    kind: Call["kind"],
    name: string,
    perform: (fate: Fate) => Promise<T>,
    delivers = kind === "target",
  ): Promise<T> {
    const call: Call = { number: calls++, process, kind, name };
    const gate = simulation.gate(call);
    if (gate) await gate;
    const fate = simulation.fate(call);
    if (fate === "dies before") return await die(process);
    try {
      const given = await perform(fate);
      return fate === "dies after" ? await die(process) : given;
    } finally {
      if (observe) {
        observer.look({
          call: `${name} of ${process}${fate === "sent" ? "" : `, ${fate}`}`,
          delivers,
        });
      }
    }
  }

  function createFetch(process: string, isAstray: boolean): typeof fetch {
    return async (input, init = {}) => {
      const expire = newestTimer();
      const url = input instanceof URL ? input : new URL(String(input));
      const { hostname, pathname } = url;
      const method = init.method ?? "GET";
      const name = `${method} ${pathname}`;
      const toHeroku = hostname === "api.heroku.com";
      const kind = pathname.startsWith("/apps/") || !toHeroku ? "target" : "heroku";
      const body = typeof init.body === "string" ? init.body : undefined;
      listen(name, url, init.headers, kind === "heroku" ? body : undefined);
      let timedOut = false;
      const response = await pass(process, kind, name, async (fate) => {
        timedOut = fate === "timeout";
        if (fate === "401") return refusal();
        const { signal: _ours, ...sent } = init;
        const answered = toHeroku
          ? await askHeroku(process, isAstray, url, sent, body, fate)
          : await askHook(process, isAstray, pathname.slice(1), body ?? "", fate);
        const given = await simulation.mutate?.(answered, name) ?? answered;
        const tried = pathname === "/account" && [200, 401, 402, 403].includes(given.status);
        if (toHeroku && tried && await isProof(given)) {
          observer.proved(tokenIn(sent.headers));
        }
        return given;
      });
      if (!timedOut) return response;
      if (!expire) throw new DOMException("The signal has been aborted", "TimeoutError");
      expire();
      init.signal?.throwIfAborted();
      return await new Promise(() => {});
    };
  }

  /** Only `Authorization` and the body for a target may carry a token. */
  function listen(
    name: string,
    url: URL,
    headers: HeadersInit | undefined,
    body: string | undefined,
  ): void {
    observer.hear(decodeURIComponent(url.href), `the URL of ${name}`);
    observer.hear(body ?? "", `the body of ${name}`);
    for (const [header, value] of new Headers(headers)) {
      if (header !== "authorization") observer.hear(value, `the header ${header} of ${name}`);
    }
  }

  async function askHeroku(
    process: string,
    isAstray: boolean,
    url: URL,
    init: RequestInit,
    body: string | undefined,
    fate: Fate,
  ): Promise<Response> {
    const app = /^\/apps\/([^/]+)/.exec(url.pathname)?.[1];
    if (app && [...down].some((place) => place.startsWith(`var:${app}/`))) {
      return new Response("<h1>Application error</h1>", { status: 503 });
    }
    const call = `${init.method} ${url.pathname} of ${process}`;
    if (observe && body !== undefined) {
      if (url.pathname === "/oauth/authorizations") {
        observer.creating(watched, JSON.parse(body).description, call);
      }
      if (app) {
        for (const [key, token] of Object.entries<string>(JSON.parse(body))) {
          observer.delivering(watched, "", `var:${app}/${key}`, call, isAstray)(token);
        }
      }
    }
    if (observe && hiding.has(fate)) observer.hide(patience);
    // What was to be deleted lives on beside its successor.
    if (fate === "deaf") observer.doublesExcused = true;
    const asked = stranger.tokens().includes(tokenIn(init.headers)) ? stranger : heroku;
    asked.setFaults(() => faults[fate]);
    return await asked.fetch(url, init);
  }

  async function askHook(
    process: string,
    isAstray: boolean,
    path: string,
    body: string,
    fate: Fate,
  ): Promise<Response> {
    if (fate === "not sent" || down.has(`hook:${path}`)) throw new TypeError("Connection refused");
    if (fate === "429") return new Response("", { status: 429, headers: { "retry-after": "1" } });
    if (fate === "500") return Response.json({ error: `oops: ${body}` }, { status: 500 });
    if (fate === "503") return new Response(`<html>Sorry ${body}</html>`, { status: 503 });
    const { token, credential } = JSON.parse(body);
    if (observe) {
      const call = `POST of ${process}`;
      observer.delivering(watched, credential, `hook:${path}`, call, isAstray)(token);
    }
    hooks.set(path, token);
    if (fate === "lost" || fate === "timeout") throw new TypeError("Connection reset");
    if (fate === "500 after") return Response.json({ error: "oops" }, { status: 500 });
    const answer = JSON.stringify({ fingerprint: await fingerprint(token) });
    return new Response(fate === "cut off" ? answer.slice(0, 20) : answer);
  }

  /** The ledger, each of whose writes passes where a test may make it fail. */
  function createWatchedLedger(process: string): Ledger {
    const ledger = createLedger(database, createEventLog(database, now));
    const watch = <Arguments extends readonly unknown[], Result>(
      method: string,
      call: (...given: Arguments) => Promise<Result>,
    ) =>
    async (...given: Arguments): Promise<Result> => {
      if (observe) observer.hear(JSON.stringify(given.map(plain)), `what ${method} is given`);
      const name = [method, ...kindsIn(given)].join(" ");
      return await pass(process, "ledger", name, async (fate) => {
        const fails = fate !== "sent" && fate !== "dies after";
        if (fails && !tookEffect.has(fate)) throw new Error("The account does not answer");
        const before = database.changes();
        // The call is done at once; whoever waits for it gives others their turn.
        const called = call(...given);
        const isLeased = method === "begin" || method === "write";
        if (observe && isLeased && database.changes() > before) {
          observer.wrote(process, database.query("SELECT claim FROM credentials").map(claimIn));
        }
        const result = await called;
        if (fails) throw new Error("The account does not answer");
        return result;
      }, method === "serve");
    };
    return {
      ...ledger,
      begin: watch("begin", ledger.begin),
      write: watch("write", ledger.write),
      serve: watch("serve", ledger.serve),
      writeNote: watch("writeNote", ledger.writeNote),
      changeAccount: watch("changeAccount", ledger.changeAccount),
      adopt: watch("adopt", ledger.adopt),
      noteFound: watch("noteFound", ledger.noteFound),
      recall: watch("recall", ledger.recall),
      reseal: watch("reseal", ledger.reseal),
      noteLooks: watch("noteLooks", ledger.noteLooks),
      forgetForeign: watch("forgetForeign", ledger.forgetForeign),
      see: watch("see", ledger.see),
      claim: watch("claim", ledger.claim),
      release: watch("release", ledger.release),
      discardAbandoned: watch("discardAbandoned", ledger.discardAbandoned),
      prune: watch("prune", ledger.prune),
    };
  }

  /** What a sweep and a rotation work with, as one process sees it. */
  async function createWorld(process: string) {
    const { token } = simulation;
    const fetch = createFetch(process, stranger.tokens().includes(token));
    const ledger = createWatchedLedger(process);
    const client = { fetch, sleep: () => Promise.resolve(), retries: 1, timeout: 60_000 };
    const environment: TargetEnvironment = {
      fetch,
      now,
      secret: (name) => name === "HEROKU_API_TOKEN" ? token : "secret",
      store: createTokenStore(ledger, sealing),
    };
    return {
      ledger,
      sealing,
      now,
      account: await createAccount({ ...client, token }),
      credentials: specs.map((spec) => toCredential(spec, environment)),
      isDeliveredTo: (place: string) =>
        place !== "store" &&
        watchedCredentials.some(({ places }) => places.some((each) => each.place === place)),
      credential: (name: string) => {
        const spec = specs.find((each) => each.name === name);
        return spec && toCredential(spec, environment);
      },
    };
  }

  function now(): number {
    return heroku.now() + simulation.skew;
  }

  const workflows = createMemoryWorkflows<RotationRun>({
    now,
    run: async (step, run, id) => {
      const result = await rotate(listenTo(step, id), run, await createWorld(id));
      say(JSON.stringify(result), `the end of ${id}`);
      return result;
    },
  });

  /** What the engine says of a run: one that was killed counts as terminated. */
  function mayHaveDelivered(id: string): boolean {
    const { status, output = "null" } = workflows.runs.find((run) => run.id === id) ?? {};
    return status !== "killed" && !endedUndelivered(JSON.parse(output));
  }

  /** What a step throws goes into the engine's log, and what it gives into its storage. */
  function listenTo(step: Step, id: string): Step {
    return {
      sleep: (name, duration) => step.sleep(name, duration),
      do: (name, stepOptions, work) => {
        observer.hear(name, `a step's name of ${id}`);
        return step.do(name, stepOptions, async () => {
          try {
            const given = await work();
            if (observe) observer.hear(JSON.stringify(given) ?? "", `what ${name} of ${id} gave`);
            return given;
          } catch (error) {
            if (observe) say(everyFormOf(error), `what ${name} of ${id} threw`);
            throw error;
          }
        });
      },
    };
  }

  /** What follows a sweep in production: health, alerts, and the one who reads them. */
  async function conclude(
    credentials: readonly Credential[],
    { at, error, report }: { at: number; error: unknown; report: SweepReport | undefined },
  ): Promise<void> {
    const name = "heroku";
    const account = {
      name,
      tokenSecret: "HEROKU_API_TOKEN",
      herokuToken: token,
      credentials,
      fuse,
    };
    const channel = {
      name: "operator",
      takes: () => true,
      send(alert: Alert) {
        observer.hear(JSON.stringify(alert), "an alert");
        alerts.take(alert);
        return Promise.resolve();
      },
    };
    const configured: ConfigurationResult = {
      ok: true,
      accountNames: [name],
      secrets: [],
      warnings: [],
      channels: [channel],
      configuration: {
        accounts: [account],
        credentials,
        sealingKey,
        pageKey: "",
        readerKeys: new Map(),
      },
    };
    const events = createEventLog(database, now);
    await concludeSweep({
      context: { configured, log: createLog({ write: (line) => say(line, "the log") }) },
      name,
      now,
      events,
      ledger: createLedger(database, events),
      sweeps: createSweepLog(database),
      alerts: createAlertBook(database, events),
      configurations: createConfigurationLog(database, events),
    }, {
      at,
      error: error === undefined ? null : String(error),
      halt: error instanceof AccountError ? "account" : null,
      report: report ?? null,
    });
    // By two clocks that differ, no one can say how much of a lifetime is left.
    if (simulation.skew !== 0) alerts.excuse();
    alerts.check(
      watchedCredentials.flatMap(({ name, paused, places }) =>
        places.filter(({ required }) => required).map(({ place }) => ({
          place,
          credential: name,
          paused,
          token: place === "store" ? readSealed(database, sealingKey, name) : hold(place, name),
          counts: (id) =>
            database.query(
              "SELECT 1 FROM entries WHERE credential = ? AND authorization = ?" +
                " AND state IN ('adopted', 'minted', 'current')",
              name,
              id,
            ).length > 0,
          hasEnd: (id) =>
            database.query(
              "SELECT 1 FROM entries WHERE authorization = ? AND expires_at IS NOT NULL",
              id,
            ).length > 0,
        }))
      ),
    );
  }

  /** The store tries at Heroku what it hands out for the first time in its object's life. */
  function serve(credential: string): string | undefined {
    const token = readSealed(database, sealingKey, credential);
    if (token !== undefined && heroku.accepts(token)) confirmed.add(token);
    return token !== undefined && confirmed.has(token) ? token : undefined;
  }

  function hold(place: TargetName, credential?: string): string | undefined {
    if (place === "store") return serve(credential ?? "");
    const [kind, rest] = [place.slice(0, place.indexOf(":")), place.slice(place.indexOf(":") + 1)];
    if (kind === "hook") return hooks.get(rest);
    const [app, key] = rest.split("/");
    ensureApp(app);
    return heroku.configVars(app)[key];
  }

  const watched: WatchedWorker = {
    configured: () => watchedCredentials,
    held: hold,
    entryOf(mark) {
      const [row] = database.query("SELECT state, sealed_token FROM entries WHERE mark = ?", mark);
      return row && { state: String(row.state), sealed: row.sealed_token !== null };
    },
    counts: (authorization) =>
      database.query(
        "SELECT 1 FROM entries WHERE authorization = ? AND state IN ('adopted', 'minted', 'current')",
        authorization,
      ).length > 0,
    awaited(credential, mark) {
      const [row] = mark === null
        ? database.query(
          "SELECT authorization FROM entries WHERE credential = ? AND state = 'adopted'" +
            " ORDER BY generation DESC, created_at DESC LIMIT 1",
          credential,
        )
        : database.query("SELECT authorization FROM entries WHERE mark = ?", mark);
      return row && String(row.authorization);
    },
  };
  let watchedCredentials: readonly Watched[] = [];

  const simulation: Simulation = {
    heroku,
    database,
    workflows,
    observer,
    alerts,
    violations: observer.violations,
    hooks,
    down,
    said,
    stranger,
    get token() {
      return token;
    },
    useToken(next) {
      token = next;
      for (const { id, status } of workflows.runs) {
        if (status !== "asleep" && status !== "running") continue;
        workflows.kill(id);
        workflows.resume(id);
      }
    },
    mutate: undefined,
    skew: 0,
    get calls() {
      return calls;
    },
    fate: () => "sent",
    gate: () => undefined,
    configured: () => watchedCredentials,
    holds: hold,
    held: (place, credential) => Promise.resolve(hold(place, credential)),
    now: () => heroku.now(),

    async put(place, token) {
      if (place.startsWith("hook:")) {
        hooks.set(place.slice(5), token);
      } else {
        const [app, key] = place.slice(4).split("/");
        if (!ensureApp(app, { [key]: token })) {
          await ask("PATCH", `/apps/${app}/config-vars`, { [key]: token });
        }
      }
      observer.changedByHand();
    },

    restore(copy) {
      database.restore(copy);
      confirmed.clear();
      observer.overlook();
    },

    async regenerate(id) {
      await ask("POST", `/oauth/authorizations/${id}/actions/regenerate-tokens`);
      return heroku.live().find((each) => each.id === id)?.token ?? "";
    },

    async order(kind, credential) {
      const orders = createOrders(database, createEventLog(database, now), now);
      const id = crypto.randomUUID();
      const given = { id, kind, credential, account: "acme", by: "operator" };
      const answer = await orders({ ...given, reason: null, denial: null });
      observer.changedByHand();
      return answer;
    },

    configure(next) {
      specs = next;
      watchedCredentials = specs.map((
        { name, targets, grace = hour, paused = false, observe = false, maxAge, renewBefore },
      ) => ({
        name,
        grace,
        paused: paused || observe,
        maxAge,
        renewBefore,
        places: targets.map(named),
      }));
      for (const { place } of watchedCredentials.flatMap(({ places }) => places)) {
        const app = /^var:([^/]+)/.exec(place)?.[1];
        if (app) ensureApp(app);
      }
      observer.changedByHand();
    },

    async sweep() {
      const process = `sweep ${++sweeps}`;
      const known = new Set(database.query("SELECT credential FROM entries").map(nameIn));
      const death = Promise.withResolvers<undefined>();
      dying.set(process, () => death.resolve(undefined));
      const { account, ...world } = await createWorld(process);
      const at = now();
      let error: unknown;
      const work = sweep({
        ...account,
        ...world,
        fuse,
        mayHaveDelivered: (id: string) => Promise.resolve(mayHaveDelivered(id)),
        start: (runs: readonly StartedRun[]) => {
          workflows.start(runs.map(({ id, run }) => ({ id, params: run })));
          return Promise.resolve();
        },
      }).then((report) => {
        say(JSON.stringify(report), `the report of ${process}`);
        return report;
      }, (thrown) => {
        error = thrown;
        say(everyFormOf(thrown), `the error of ${process}`);
        return undefined;
      });
      const report = await Promise.race([work, death.promise]);
      dying.delete(process);
      const hasDied = report === undefined && error === undefined;
      if (options.alerts && !hasDied) {
        await conclude(world.credentials, { at, error, report });
      }
      for (const decision of report?.decisions ?? []) {
        // What a sweep never knew it cannot take for gone.
        const isMissing = decision.kind === "rotate" && decision.cause === "missing";
        if (isMissing && known.has(decision.credential) && observe) {
          observer.missed(
            watched,
            decision.credential,
            decision.beyond,
            `the report of ${process}`,
          );
        }
      }
      return report;
    },

    async cron() {
      const report = await simulation.sweep();
      await workflows.settle();
      return report;
    },

    async advance(duration) {
      const end = heroku.now() + duration;
      const all = [simulation, ...others];
      for (;;) {
        for (const each of all) await each.workflows.settle();
        const wakes = all.flatMap(({ workflows, skew }) => {
          const wake = workflows.nextWake();
          return wake === undefined ? [] : wake - skew;
        });
        const next = Math.min(end, ...wakes);
        const left = Math.max(next - heroku.now(), 0);
        heroku.advance(left);
        stranger.advance(left);
        for (const each of all) await each.workflows.settle();
        if (heroku.now() >= end) return;
      }
    },

    async live(duration, interval = 15 * minute) {
      const end = heroku.now() + duration;
      while (heroku.now() < end) {
        await simulation.cron();
        await simulation.advance(interval);
      }
    },

    look(after) {
      observer.look({ call: after, delivers: true });
      return Promise.resolve();
    },

    close() {
      for (const { stored, output = "", error = "" } of workflows.runs) {
        for (const text of stored.values()) observer.hear(text, "what the engine keeps of a step");
        observer.hear(output + error, "what the engine keeps of a run");
      }
      observer.hear(database.dump(), "the ledger");
      observer.audit(createEventLog(database).read({ after: 0, limit: 1_000_000 }).lines);
      database.release();
    },
  };

  /** The operator's own request: no fault meets it. */
  async function ask(method: string, path: string, body?: unknown): Promise<unknown> {
    heroku.setFaults(false);
    const response = await heroku.fetch(`https://api.heroku.com${path}`, {
      method,
      headers: {
        accept: "application/vnd.heroku+json; version=3",
        authorization: `Bearer ${heroku.token}`,
      },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    return await response.json();
  }

  /** Makes an app, unless there is one; says whether it did. */
  function ensureApp(app: string, vars: Record<string, string> = {}): boolean {
    try {
      heroku.configVars(app);
      return false;
    } catch {
      heroku.createApp(app, vars);
      return true;
    }
  }

  observer.watch(watched);
  if (!beside) observer.strange(stranger);
  simulation.configure(options.credentials);
  return simulation;
}

function tokenIn(headers: HeadersInit | undefined): string {
  return new Headers(headers).get("authorization")?.replace("Bearer ", "") ?? "";
}

/** Whether Heroku itself, and nothing before it, shows that it knows a token. */
async function isProof(response: Response): Promise<boolean> {
  if (response.status === 200) return true;
  try {
    const { id }: { readonly id?: unknown } = await response.clone().json();
    return response.status === 401 ? id === "two_factor" : typeof id === "string" && id !== "";
  } catch {
    return false;
  }
}

function refusal(): Response {
  return Response.json({ id: "unauthorized", message: "Invalid credentials provided." }, {
    status: 401,
  });
}

function named(target: CredentialSpec["targets"][number]): { place: string; required: boolean } {
  return typeof target === "string" ? { place: target, required: true } : target;
}

function toCredential(spec: CredentialSpec, environment: TargetEnvironment): Credential {
  return {
    grace: hour,
    paused: false,
    ...spec,
    targets: spec.targets.map(named).map((target) => toTarget(target, environment)),
  };
}

function toTarget(
  { place, required }: { place: string; required: boolean },
  environment: TargetEnvironment,
): CredentialTarget {
  function make<Config>(
    definition: TargetDefinition<Config>,
    config: Config,
  ): CredentialTarget {
    return {
      type: definition.type,
      place,
      required,
      mayHoldAdopted: definition.mayHoldAdopted ?? true,
      retainsToken: definition.retainsToken ?? false,
      target: definition.create(config, environment),
    };
  }
  if (place === "store") return make(store, { reader_key_secret: "READER_KEY" });
  if (place.startsWith("hook:")) {
    return make(webhook, {
      url: `https://hooks.example/${place.slice(5)}`,
      signing_secret: "HOOK",
    });
  }
  const [app, name] = place.slice(4).split("/");
  return make(herokuConfigVar, { app, name, token_secret: "HEROKU_API_TOKEN" });
}

function nameIn({ credential }: Row): unknown {
  return credential;
}

function claimIn({ claim }: Row): string {
  return String(claim);
}

/** The kinds of the changes that a method of the ledger is given. */
function kindsIn(given: readonly unknown[]): string[] {
  const changes = given.findLast(Array.isArray) as
    | readonly { readonly kind?: string }[]
    | undefined;
  return (changes ?? []).flatMap(({ kind }) => kind ?? []);
}

/** What JSON would show nothing of. */
function plain(value: unknown): unknown {
  return value instanceof Map ? [...value] : value;
}
