/**
 * What surrounds a Worker, on real HTTP: the fake Heroku and a receiver of webhooks, one consumer at
 * each for every credential. A test can hold any request before or after it takes effect, or answer it
 * itself, and after each one it is checked that every consumer still holds a token that Heroku takes.
 *
 * @module
 */
import { DAY } from "@std/datetime/constants";
import {
  createFakeHeroku,
  type FakeHeroku,
  type FakeHerokuOptions,
} from "../../lib/testing/mod.ts";
import { parseMarker } from "../../lib/rotation/marker.ts";
import { canary } from "./harness.ts";

/** The config var that every consumer in Heroku reads. */
export const configVar = "HEROKU_API_KEY";

/** A request that a Worker made. */
export interface Outbound {
  /** Who was asked. */
  readonly to: "heroku" | "hook";
  /** The HTTP method. */
  readonly method: string;
  /** The whole address. */
  readonly url: URL;
  /** The headers. */
  readonly headers: Headers;
  /** The body, empty for none. */
  readonly body: string;
  /** The credential that it is about; undefined when nothing in it says so. */
  readonly credential: string | undefined;
}

/** Whether a request is about to take effect, or has, its answer not yet on the way. */
export type Moment = "before" | "after";

/** Fake Heroku, receiver, and the watch over both. */
export interface Surroundings extends AsyncDisposable {
  /** Heroku. */
  readonly heroku: FakeHeroku;
  /** Heroku's address. */
  readonly herokuUrl: string;
  /** What the receiver holds, by path: the credential's name. */
  readonly hooks: Map<string, string>;
  /** The receiver's address. */
  readonly hookUrl: string;
  /** Every request so far. */
  readonly outbound: Outbound[];
  /** What was wrong at any moment: must stay empty. */
  readonly violations: string[];
  /**
   * Whether a request is to be held for ever at this moment.
   * @default {never}
   */
  hold: (request: Outbound, moment: Moment) => boolean;
  /**
   * Is awaited at each moment of a request.
   * @default {nothing}
   */
  gate: (request: Outbound, moment: Moment) => Promise<void> | undefined;
  /**
   * Answers a request in the server's place.
   * @default {never}
   */
  answer: (request: Outbound) => Response | undefined;
  /** Lets go of what is held, once no one waits for it any more. */
  release(): void;
  /** What the two consumers of a credential hold. */
  held(name: string): readonly (string | undefined)[];
  /** The live authorizations of a credential. */
  line(name: string): readonly { readonly description: string; readonly token: string }[];
}

/** The credentials at the beginning. */
export interface Beginning {
  /** Those with an authorization that the operator made, which is due and which their consumers hold. */
  readonly adopted: readonly string[];
  /** Those without any. */
  readonly fresh?: readonly string[];
}

/** Starts the surroundings of these credentials. */
export function startSurroundings(
  { adopted, fresh = [] }: Beginning,
  options: FakeHerokuOptions = {},
): Surroundings {
  const names = [...adopted, ...fresh];
  const heroku = createFakeHeroku({ faults: false, live: true, tokenPrefix: canary, ...options });
  const hooks = new Map<string, string>();
  const outbound: Outbound[] = [];
  const violations: string[] = [];
  const owners = new Map<string, string>();
  const waiting = new Set<() => void>();
  const closing = new AbortController();
  let checked = 0;
  for (const name of adopted) {
    const created_at = heroku.now() - 25 * DAY;
    const { token } = heroku.issue({
      description: name,
      scope: ["write"],
      created_at,
      expires_in: 30 * DAY / 1000,
    });
    heroku.createApp(name, { [configVar]: token });
    hooks.set(name, token);
  }
  for (const name of fresh) heroku.createApp(name);

  function ownerOf(to: Outbound["to"], { pathname }: URL, headers: Headers, body: string) {
    for (const { id, token, description } of heroku.live()) {
      const { name } = parseMarker(description);
      owners.set(id, name).set(`Bearer ${token}`, name);
    }
    if (to === "hook") return pathname.slice(1);
    const [, app] = /^\/apps\/([^/]+)/.exec(pathname) ?? [];
    if (app) return app;
    const [, id] = /^\/oauth\/authorizations\/([^/]+)$/.exec(pathname) ?? [];
    if (id) return owners.get(id);
    if (pathname === "/account") return owners.get(headers.get("Authorization") ?? "");
    return body === "" ? undefined : parseMarker(JSON.parse(body).description).name;
  }

  async function pass(
    to: Outbound["to"],
    request: Request,
    serve: (request: Request) => Promise<Response>,
  ): Promise<Response> {
    const { method, headers } = request;
    const url = new URL(request.url);
    const body = await request.text();
    const credential = ownerOf(to, url, headers, body);
    const seen: Outbound = { to, method, url, headers, body, credential };
    outbound.push(seen);
    const ready = surroundings.answer(seen);
    if (ready) return ready;
    if (surroundings.hold(seen, "before")) return await never();
    await surroundings.gate(seen, "before");
    const response = await serve(
      new Request(url, { method, headers, ...(body === "" ? {} : { body }) }),
    );
    look(`${method} ${url.pathname}`);
    await surroundings.gate(seen, "after");
    return surroundings.hold(seen, "after") ? await never() : response;
  }

  async function never(): Promise<Response> {
    await new Promise<void>((resolve) => waiting.add(resolve));
    return new Response(null, { status: 503 });
  }

  function accuse(violation: string): void {
    if (!violations.includes(violation)) violations.push(violation);
  }

  function look(after: string): void {
    for (const name of names) {
      for (const token of surroundings.held(name)) {
        if (token !== undefined && !heroku.accepts(token)) {
          accuse(`A consumer of '${name}' holds a dead token after ${after}`);
        }
      }
    }
    for (; checked < heroku.deletions.length; checked++) {
      const { description } = heroku.deletions[checked];
      if (!names.includes(parseMarker(description).name)) {
        accuse(`'${description}' was deleted, which nothing claims, by ${after}`);
      }
    }
  }

  const receive = async (request: Request): Promise<Response> => {
    const { token, fingerprint } = await request.json() as Record<string, string>;
    hooks.set(new URL(request.url).pathname.slice(1), token);
    return Response.json({ fingerprint });
  };
  const serverOptions = {
    port: 0,
    hostname: "127.0.0.1",
    signal: closing.signal,
    onListen() {},
  };
  const herokuServer = Deno.serve(
    serverOptions,
    (request) => pass("heroku", request, heroku.handler),
  );
  const hookServer = Deno.serve(serverOptions, (request) => pass("hook", request, receive));

  const surroundings: Surroundings = {
    heroku,
    hooks,
    outbound,
    violations,
    herokuUrl: `http://127.0.0.1:${herokuServer.addr.port}`,
    hookUrl: `http://127.0.0.1:${hookServer.addr.port}`,
    hold: () => false,
    gate: () => undefined,
    answer: () => undefined,

    release() {
      for (const resolve of waiting) resolve();
      waiting.clear();
    },

    held: (name) => [heroku.configVars(name)[configVar], hooks.get(name)],

    line: (name) =>
      heroku.live().filter(({ description }) => parseMarker(description).name === name),

    async [Symbol.asyncDispose]() {
      surroundings.release();
      closing.abort();
      await Promise.allSettled([herokuServer.finished, hookServer.finished]);
    },
  };
  return surroundings;
}
