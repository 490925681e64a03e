/**
 * The one caller of fetch: headers, timeout, retries, and errors without secrets.
 *
 * @module
 */
import { checkClientOptions, type CheckedOptions, type ClientOptions } from "./client_options.ts";
import type { Effect, HerokuError } from "./errors.ts";
import { createJudge, type HerokuResponse, LARGEST_BODY, type Outcome } from "./judge.ts";
import { readBody } from "../read_body.ts";
import { createRedact, isSecretName } from "../redact.ts";
import { abortable, chooseWait } from "./retry.ts";

export type { ClientOptions, HerokuError, HerokuResponse };

/** One call of Heroku's API. */
export interface RequestCall {
  /**
   * What the call is for, to end the words "Cannot …" in messages. It must hold no secret.
   * @default {`complete the request`}
   */
  readonly action?: string;
  /** The HTTP method. */
  readonly method: "GET" | "POST" | "PATCH" | "DELETE";
  /** The path from a slash on, its segments URL-encoded. */
  readonly path: string;
  /**
   * The `Range` header: which page of a list to give.
   * @default {Heroku's own}
   */
  readonly range?: string;
  /** What to send as JSON. Without it no body is sent. */
  readonly body?: unknown;
  /** Secrets in the body, to be taken out of whatever text Heroku answers with. */
  readonly secrets?: readonly string[];
  /** The statuses that are a success. */
  readonly expected: readonly number[];
  /** Headers to send along. They must not have `Authorization` or `Range`. */
  readonly headers?: HeadersInit;
  /** Ends the call when aborted; its reason is thrown as it is, whatever it is. */
  readonly signal?: AbortSignal;
  /**
   * Whether to try again after a network failure, a timeout, a 429 or a 5xx, and for a GET after an
   * unreadable body as well (but none that is too large). Only for calls that may be repeated to no
   * further effect.
   */
  readonly retry: boolean;
}

/** Calls Heroku's API. */
export interface Requester {
  /**
   * Sends one request, and reads its answer.
   *
   * @param call What to ask.
   * @throws {TypeError} When a header is not allowed, before anything is sent.
   * @throws {HerokuError} When the call fails. With `retry`, after the last attempt.
   */
  request(call: RequestCall): Promise<HerokuResponse>;
}

const ACCEPT = "application/vnd.heroku+json; version=3";

interface BuiltHeaders {
  readonly headers: HeadersInit;
  /** The values in them that are secrets, the token apart. */
  readonly secrets: readonly string[];
}

function buildHeaders(call: RequestCall, { token, userAgent }: CheckedOptions): BuiltHeaders {
  const { headers, body, range } = call;
  const own = {
    Accept: ACCEPT,
    "User-Agent": userAgent,
    ...(range === undefined ? {} : { Range: range }),
    ...(body === undefined ? {} : { "Content-Type": "application/json" }),
    Authorization: `Bearer ${token}`,
  };
  // A Headers object would double what a call costs before it is sent.
  return headers === undefined ? { headers: own, secrets: [] } : addHeaders(headers, own);
}

/** Adds the client's own headers to the caller's, who may have an `Accept` and a `User-Agent`. */
function addHeaders(given: HeadersInit, own: Readonly<Record<string, string>>): BuiltHeaders {
  let all: Headers;
  try {
    all = new Headers(given);
  } catch {
    // The runtime's own message quotes the value, which may be a code or a password.
    throw new TypeError(
      "Cannot send the request because 'headers' has a name or value HTTP can't carry",
    );
  }
  if (all.has("Authorization")) {
    throw new TypeError(
      "Cannot send the request because 'headers' must not have 'Authorization': give 'token' to the client",
    );
  }
  if (all.has("Range")) {
    throw new TypeError(
      "Cannot send the request because 'headers' must not have 'Range': it is set where a list is paged",
    );
  }
  all.delete("Content-Type");
  const secrets = [...all].filter(([name]) => isSecretName(name)).map(([, value]) => value);
  for (const [name, value] of Object.entries(own)) {
    const isTheirs = (name === "Accept" || name === "User-Agent") && all.has(name);
    if (!isTheirs) all.set(name, value);
  }
  return { headers: all, secrets };
}

/** Sends a request, and reads its answer, within the time-out and as long as no one aborts it. */
function send(
  url: string,
  init: RequestInit,
  { fetch, timeout }: CheckedOptions,
  signal: AbortSignal | undefined,
): Promise<Outcome> {
  const controller = new AbortController();
  let response: Response | undefined;
  async function answer(): Promise<Outcome> {
    response = await fetch(url, { ...init, signal: controller.signal });
    const text = await readBody(response, LARGEST_BODY, controller.signal);
    return text === undefined
      ? { kind: "too large", response }
      : { kind: "answer", response, text };
  }
  // One promise, as a race would cost more: it settles in time even if `fetch` ignores its signal.
  return new Promise((resolve, reject) => {
    const end = () => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", abort);
    };
    const stop = () => {
      end();
      controller.abort();
    };
    const abort = () => {
      stop();
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      stop();
      resolve({ kind: "timeout" });
    }, timeout);
    signal?.addEventListener("abort", abort);
    answer().then((outcome) => {
      end();
      resolve(outcome);
    }, (thrown) => {
      end();
      resolve(response === undefined ? { kind: "network", thrown } : { kind: "answer", response });
    });
  });
}

function isWorthRetrying({ code }: HerokuError, { method, retry }: RequestCall): boolean {
  if (!retry) return false;
  if (code === "malformed_response") return method === "GET";
  return code === "network" || code === "timeout" || code === "rate_limited" ||
    code === "server_error";
}

/**
 * Makes what calls Heroku's API.
 *
 * Redirects are not followed, as the token would go with them. Text from Heroku is quoted only after
 * every secret of the call, and all that looks like a token, has been taken out of it.
 *
 * @param options The token, and what else differs from the defaults.
 * @throws {TypeError} When an option has the wrong type or form.
 * @throws {RangeError} When a number is out of range.
 */
export function createRequester(options: ClientOptions): Requester {
  const checked = checkClientOptions(options);
  const { token, baseUrl, retries, sleep } = checked;
  const redactToken = createRedact([token]);
  return {
    async request(call) {
      const { method, path, body, signal } = call;
      const { headers, secrets } = buildHeaders(call, checked);
      const init: RequestInit = { method, headers, redirect: "manual" };
      if (body !== undefined) init.body = JSON.stringify(body);
      const more = [...secrets, ...call.secrets ?? []];
      const redact = more.length === 0 ? redactToken : createRedact([token, ...more]);
      const judge = createJudge(call, checked, redact);
      const lost: Effect = method === "GET" ? "none" : "unknown";
      let refused: Effect = "none";
      for (let attempt = 0;; attempt++) {
        signal?.throwIfAborted();
        const outcome = await send(`${baseUrl}${path}`, init, checked, signal);
        const result = judge(outcome, { refused, lost });
        if (!(result instanceof Error)) return result;
        // A body past its bound is no stumble, and each further one would cost as much.
        if (outcome.kind === "too large") throw result;
        if (attempt >= retries || !isWorthRetrying(result, call)) throw result;
        const wait = chooseWait(attempt, result.retryAfter);
        if (wait === undefined) throw result;
        refused = result.effect;
        const waited = sleep(wait, signal);
        await (signal === undefined ? waited : abortable(waited, signal));
      }
    },
  };
}
