/**
 * A Heroku that misbehaves: the authorizations, the account and the config vars of Heroku's Platform
 * API, on a clock that a test moves, with everything that goes wrong on a real network.
 *
 * @module
 */

import { type AccountState, createUsers } from "./account.ts";
import type { Answer } from "./answers.ts";
import { createAuthorizationEndpoints } from "./authorization_endpoints.ts";
import { createAuthorizationStore } from "./authorization_store.ts";
import { createClock } from "../clock.ts";
import { createApps } from "./config_vars.ts";
import { type RequestChange, spoil } from "./spoil.ts";
import type { FakeHeroku, FakeHerokuOptions } from "./fake_heroku_interface.ts";
import { createFaultScript, type DetailedFault, type Fault } from "./faults.ts";
import { createJournal } from "./journal.ts";
import { createOperator } from "./operator.ts";
import { createRandom, drawAt } from "../random.ts";
import { createRateLimitPool, RATE_LIMIT_POOL } from "./rate_limit.ts";
import { makeRequestId, makeResponse } from "./response.ts";
import { createServer, readToken } from "./server.ts";
import { createSessionEndpoints } from "./sessions.ts";
import { createTokenMaker } from "./token_maker.ts";
import type { FakeWorld } from "./world.ts";

/** The age of the authorization that the admin token belongs to, in milliseconds. */
const DAY = 24 * 60 * 60 * 1000;

/** Above what Deno (400 KiB), Node and browsers read of a response's head. */
const UNREADABLE_HEAD = 512 * 1024;

function sleepForReal(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    function abort(): void {
      clearTimeout(timer);
      reject(signal.reason);
    }
    const timer = setTimeout(() => {
      signal.removeEventListener("abort", abort);
      resolve();
    }, ms);
    signal.addEventListener("abort", abort, { once: true });
  });
}

function toDetailed(fault: Fault): DetailedFault {
  return typeof fault === "string" ? { kind: fault } : fault;
}

function parseBody(text: string): unknown {
  if (text === "") return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function changeHeaders(headers: Headers, { range }: RequestChange): Headers {
  if (range === undefined) return headers;
  const changed = new Headers(headers);
  changed.set("Range", range);
  return changed;
}

function checkRemaining(remaining: number): void {
  if (!(remaining >= 0 && remaining <= RATE_LIMIT_POOL)) {
    throw new TypeError(
      `Cannot set the rate limit because 'remaining' must be from 0 to ${RATE_LIMIT_POOL}: ` +
        `current value is ${remaining}`,
    );
  }
}

/**
 * Makes a fake Heroku. It misbehaves by default, about once in seven calls, and the same way every time
 * for the same seed; `faults: false` makes it behave.
 *
 * @example In-process
 * ```ts
 * import { createFakeHeroku } from "@herotate/herotate/testing";
 *
 * const heroku = createFakeHeroku({ faults: false });
 * const response = await heroku.fetch("https://api.heroku.com/oauth/authorizations", {
 *   headers: {
 *     Accept: "application/vnd.heroku+json; version=3",
 *     Authorization: `Bearer ${heroku.token}`,
 *   },
 * });
 * console.assert(response.status === 200);
 * ```
 *
 * @example Over HTTP, losing the answer of the second call
 * ```ts no-assert
 * import { createFakeHeroku } from "@herotate/herotate/testing";
 *
 * const heroku = createFakeHeroku({
 *   faults: ({ number }) => number === 2 ? "lose" : undefined,
 * });
 * const server = Deno.serve({ port: 0 }, heroku.handler);
 * await server.shutdown();
 * ```
 *
 * @param options how it is set up
 * @throws {TypeError} when an option is impossible
 */
export function createFakeHeroku(options: FakeHerokuOptions = {}): FakeHeroku {
  const {
    seed = 1,
    faults = true,
    redact = true,
    redaction = "strong",
    olderErrors = false,
    clients = [],
    record = true,
    slowest = 20,
    sleep = sleepForReal,
  } = options;
  const clock = createClock(options.now ?? Date.now(), options.live ?? false);
  const random = createRandom(~seed);
  const mintToken = createTokenMaker(
    random,
    options.tokenForm ?? "long",
    options.tokenPrefix ?? "",
  );
  const token = options.token ?? mintToken();
  const tokens: string[] = [token];
  const store = createAuthorizationStore();
  const apps = createApps();
  const pool = createRateLimitPool(clock.now());
  const limit = typeof record === "number" ? record : record ? Infinity : 0;
  const journal = createJournal(limit);
  const users = createUsers(random.uuid(), seed);
  let script = createFaultScript(faults, seed);
  let account: AccountState = {};
  let world: FakeWorld = {};
  let calls = 0;

  function makeToken(): string {
    const made = mintToken();
    tokens.push(made);
    return made;
  }

  function setWorld(changed: FakeWorld): void {
    world = changed;
    store.setConditions({ lag: world.lag ?? 0, acceptedAfter: world.acceptedAfter ?? 0 });
  }
  setWorld(options.world ?? {});

  const user = () => account.ofSomebodyElse === true ? users.stranger : users.operator;
  const makeId = random.uuid;
  const operator = createOperator({ store, clients, now: clock.now, makeId, makeToken });
  const defaultKey = options.defaultKey === true
    ? operator.issue({ token, description: "Heroku API key" })
    : undefined;
  const own = options.ownAuthorization === undefined
    ? defaultKey
    : operator.issue({ created_at: clock.now() - DAY, ...options.ownAuthorization, token });
  const authorizations = createAuthorizationEndpoints({
    store,
    user,
    clients,
    hide: redact ? redaction : "none",
    regenerateStatus: options.regenerateStatus ?? 200,
    defaultKeyId: defaultKey?.id,
    world: () => world,
    makeId,
    makeToken,
  });
  const serve = createServer({
    store,
    authorizations,
    sessions: createSessionEndpoints(store),
    apps,
    pool,
    user,
    adminToken: own === undefined ? token : undefined,
    openAccount: options.openAccount ?? false,
    account: () => account,
  });

  function accepts(candidate: string): boolean {
    store.expire(clock.now());
    if (store.findByToken(candidate, clock.now()) !== undefined) return true;
    return candidate === token && own === undefined && account.adminRevoked !== true;
  }

  function respond(answer: Answer, at: number, requestId: string): Response {
    const { warningMessage } = options;
    const remaining = pool.remaining(at);
    return makeResponse(answer, { at, remaining, requestId, warningMessage, olderErrors });
  }

  /** Answers a request; undefined when a fault keeps the answer away. */
  async function exchange(request: Request, signal: AbortSignal): Promise<Response | undefined> {
    const { method, headers } = request;
    signal.throwIfAborted();
    const number = ++calls;
    const body = request.body === null ? undefined : parseBody(await request.text());
    const at = clock.now();
    const { pathname: path, search: query } = new URL(request.url);
    const carried = readToken(headers.get("Authorization"));
    const call = { number, at, method, path, query, token: carried, body };
    const requestId = makeRequestId(drawAt(~seed, -number) * 2 ** 32, headers);
    const decided = script(call);
    const faults = [decided ?? [], world.always ?? []].flat().map(toDetailed);

    let served = false;
    function take(change: RequestChange = {}): Answer {
      served = true;
      const changed = changeHeaders(headers, change);
      const asked = change.method ?? method;
      return serve({ at, method: asked, path, headers: changed, token: carried, body });
    }

    const drawn = drawAt(seed, -number);
    const spoilt = { method, path, headers, token: carried, drawn };
    const answer = faults.reduceRight<(change?: RequestChange) => Answer | undefined>(
      (next, each) => (change) => spoil(each, spoilt, (more) => next({ ...change, ...more })),
      take,
    )();
    const slow = faults.find(({ kind }) => kind === "slow");
    let status: number | "lost" | "dropped" = answer?.status ?? (served ? "lost" : "dropped");
    try {
      if (slow !== undefined) {
        await sleep(slow.delay ?? Math.ceil(drawn * slowest), signal);
        signal.throwIfAborted();
      }
    } catch (reason) {
      status = "lost";
      throw reason;
    } finally {
      const fault = decided === undefined ? undefined : toDetailed(decided).kind;
      journal.add({ ...call, headers, status, fault, requestId });
    }
    return answer === undefined ? undefined : respond(answer, at, requestId);
  }

  return {
    token,
    fetch: async (input, init) => {
      const request = new Request(input, init);
      const response = await exchange(request, request.signal);
      if (response === undefined) {
        throw new TypeError("Cannot fetch because the connection closed before an answer arrived");
      }
      return response;
    },
    handler: async (request) => {
      // Looking at the signal of a served request makes Deno warn of its legacy behaviour.
      const response = await exchange(request, new AbortController().signal);
      return response ??
        new Response(null, { headers: { "X-Lost": "-".repeat(UNREADABLE_HEAD) } });
    },
    now: clock.now,
    advance: clock.advance,
    issue: (attributes = {}) => {
      const issued = operator.issue(attributes);
      if (attributes.token !== undefined) tokens.push(attributes.token);
      return issued;
    },
    insert: operator.insert,
    edit: operator.edit,
    revoke: operator.revoke,
    live: operator.live,
    accepts,
    tokens: () => tokens,
    get requests() {
      return journal.requests;
    },
    get deletions() {
      store.expire(clock.now());
      return store.deletions;
    },
    get creations() {
      return store.creations;
    },
    get calls() {
      return calls;
    },
    setFaults(changed) {
      script = createFaultScript(changed, seed);
    },
    setWorld,
    setAccount(state) {
      account = { ...account, ...state };
    },
    setRateLimitRemaining(remaining) {
      checkRemaining(remaining);
      pool.set(remaining, clock.now());
    },
    createApp: (name, vars = {}) => apps.create(name, vars),
    setReleasePhase: apps.setReleasePhase,
    configVars: apps.vars,
    releases: apps.releases,
  };
}
