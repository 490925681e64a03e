/**
 * The one caller of fetch: headers, timeout, retries, and errors without secrets.
 *
 * @module
 */
import { checkClientOptions, type CheckedOptions, type ClientOptions } from "./client_options.ts";
import {
  createStatusError,
  type Effect,
  type HerokuError,
  type HerokuErrorDetails,
  MalformedResponseError,
  NetworkError,
  TimeoutError,
} from "./errors.ts";
import { createRedact, isSecretName, type Redact, redactJson, redactThrown } from "./redact.ts";
import { abortable, chooseWait, parseRetryAfter } from "./retry.ts";

export type { ClientOptions, HerokuError, MalformedResponseError };

/** One call of Heroku's API. */
export interface RequestCall {
  /**
   * What the call is for, to end the words "Cannot …" in messages. It must hold no secret. Default:
   * `complete the request`.
   */
  readonly action?: string;
  /** The HTTP method. */
  readonly method: "GET" | "POST" | "PATCH" | "DELETE";
  /** The path from a slash on, its segments URL-encoded. */
  readonly path: string;
  /** The `Range` header: which page of a list to give. Default: Heroku's own. */
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
   * unreadable body as well. Only for calls that may be repeated to no further effect.
   */
  readonly retry: boolean;
}

/** A success. */
export interface HerokuResponse {
  /** The HTTP status, one of those expected. */
  readonly status: number;
  /** The answer's headers. */
  readonly headers: Headers;
  /** The JSON of the body, of whatever shape. */
  readonly body: unknown;
  /**
   * Makes the error to throw when the body has the wrong shape.
   *
   * @param reason What is wrong, to follow "but". It must quote nothing from the body.
   */
  malformed(reason: string): MalformedResponseError;
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
const LONGEST_TEXT = 1000;

const bodies = new WeakMap<HerokuError, unknown>();

/**
 * Gives the JSON body of the answer that an error was made from, with its secrets taken out. It is
 * no member of the error, so that no log prints it.
 *
 * @param error The error of a {@linkcode Requester}.
 * @returns The body, or undefined when it was no JSON or there was none.
 */
export function errorBody(error: HerokuError): unknown {
  return bodies.get(error);
}

function buildHeaders({ headers, body, range }: RequestCall, { token, userAgent }: CheckedOptions) {
  let all: Headers;
  try {
    all = new Headers(headers);
  } catch {
    // The runtime's own message quotes the value, which may be a code or a password.
    throw new TypeError(
      "Cannot send the request as 'headers' has a name or value HTTP can't carry",
    );
  }
  if (all.has("Authorization")) {
    throw new TypeError(
      "Cannot send the request as 'headers' must not have 'Authorization': give 'token' to the client",
    );
  }
  if (all.has("Range")) {
    throw new TypeError(
      "Cannot send the request as 'headers' must not have 'Range': it is set where a list is paged",
    );
  }
  if (range !== undefined) all.set("Range", range);
  if (!all.has("Accept")) all.set("Accept", ACCEPT);
  if (!all.has("User-Agent")) all.set("User-Agent", userAgent);
  if (body === undefined) all.delete("Content-Type");
  else all.set("Content-Type", "application/json");
  const secrets = [...all].filter(([name]) => isSecretName(name)).map(([, value]) => value);
  all.set("Authorization", `Bearer ${token}`);
  return { headers: all, secrets };
}

/** An attempt's outcome, before it is judged. `text` is missing when the body broke off. */
type Outcome =
  | { readonly kind: "answer"; readonly response: Response; readonly text?: string }
  | { readonly kind: "timeout" }
  | { readonly kind: "network"; readonly thrown: unknown };

async function send(
  url: string,
  init: RequestInit,
  { fetch, timeout }: CheckedOptions,
  signal: AbortSignal | undefined,
): Promise<Outcome> {
  const controller = new AbortController();
  const stop = () => controller.abort();
  const timer = setTimeout(stop, timeout);
  signal?.addEventListener("abort", stop);
  let response: Response | undefined;
  try {
    const answered = fetch(url, { ...init, signal: controller.signal });
    response = await abortable(answered, controller.signal);
    const text = await abortable(response.text(), controller.signal);
    return { kind: "answer", response, text };
  } catch (thrown) {
    if (signal?.aborted) throw signal.reason;
    if (controller.signal.aborted) return { kind: "timeout" };
    return response === undefined ? { kind: "network", thrown } : { kind: "answer", response };
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", stop);
  }
}

function parseJson(text: string): { readonly value: unknown } | undefined {
  try {
    return { value: JSON.parse(text) };
  } catch {
    // The error is dropped as its message quotes the text.
    return undefined;
  }
}

function describeUnreadable(text: string | undefined): string {
  if (text === undefined) return "its body broke off";
  if (text.trim() === "") return "its body is empty";
  if (/^\s*</.test(text)) return "its body is HTML";
  return "its body is no JSON, or was cut off";
}

function memberText(body: unknown, name: string, redact: Redact): string | undefined {
  if (typeof body !== "object" || body === null || !Object.hasOwn(body, name)) return undefined;
  const text: unknown = Object.getOwnPropertyDescriptor(body, name)?.value;
  if (typeof text !== "string" || text === "") return undefined;
  return redact(text).replace(/\p{Cc}+/gu, " ").slice(0, LONGEST_TEXT);
}

function readDetails(headers: Headers, redact: Redact): HerokuErrorDetails {
  const remaining = headers.get("RateLimit-Remaining") ?? "";
  const requestId = headers.get("Request-Id");
  return {
    requestId: requestId === null
      ? undefined
      : redact(requestId, { keepUuids: true }).slice(0, LONGEST_TEXT),
    retryAfter: parseRetryAfter(headers),
    rateLimitRemaining: /^\d+$/.test(remaining) ? Number(remaining) : undefined,
  };
}

/** Turns outcomes of one call into its result: a response, or the error to throw. */
function createJudge(call: RequestCall, { baseUrl, timeout }: CheckedOptions, redact: Redact) {
  const cannot = `Cannot ${call.action ?? "complete the request"} as`;
  const maybe = call.method === "GET" ? "" : "; it may have taken effect all the same";

  function judgeAnswer(response: Response, text: string | undefined, effects: Effects) {
    const { status, headers } = response;
    const readStatus = () => ({ ...readDetails(headers, redact), status });
    const malformed = (reason: string) =>
      new MalformedResponseError(`${cannot} Heroku answered ${status}, but ${reason}${maybe}`, {
        ...readStatus(),
        effect: effects.lost,
      });
    const json = text === undefined ? undefined : parseJson(text);
    if (call.expected.includes(status)) {
      return json === undefined
        ? malformed(describeUnreadable(text))
        : { status, headers, body: json.value, malformed };
    }
    const refused = status >= 400 && status < 500;
    const failed = refused || status >= 500;
    const error = createStatusError(
      status,
      (failed ? memberText(json?.value, "message", redact) : undefined) ??
        `${cannot} Heroku answered ${status}${failed ? "" : ", which is no answer to it"}${
          refused ? "" : maybe
        }`,
      {
        ...readStatus(),
        id: failed ? memberText(json?.value, "id", redact) : undefined,
        url: failed ? memberText(json?.value, "url", redact) : undefined,
        effect: refused ? effects.refused : effects.lost,
      },
    );
    if (failed && json !== undefined) bodies.set(error, redactJson(json.value, redact));
    return error;
  }

  return (outcome: Outcome, effects: Effects): HerokuResponse | HerokuError => {
    const effect = effects.lost;
    switch (outcome.kind) {
      case "answer":
        return judgeAnswer(outcome.response, outcome.text, effects);
      case "timeout":
        return new TimeoutError(
          `${cannot} '${new URL(baseUrl).host}' took more than ${timeout} ms${maybe}`,
          {
            effect,
          },
        );
      case "network":
        return new NetworkError(
          `${cannot} no answer came from '${new URL(baseUrl).host}'${maybe}`,
          {
            effect,
            cause: redactThrown(outcome.thrown, redact),
          },
        );
    }
  };
}

/** The effect to report: of a refusal, and of an answer that is lost or unreadable. */
interface Effects {
  readonly refused: Effect;
  readonly lost: Effect;
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
