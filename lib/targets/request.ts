/**
 * The one caller of fetch for targets. It turns every way in which a service can fail into a
 * {@linkcode TargetError} that says what to do next and holds no secret.
 *
 * @module
 */
import { type Conceal, createConceal } from "../conceal.ts";
import { retryAfter } from "./retry_after.ts";
import {
  type Delivery,
  type Schema,
  type TargetContext,
  type TargetEnvironment,
  TargetError,
  type TargetErrorCode,
} from "./target.ts";

/** How long one request may take unless told otherwise, in milliseconds. */
export const DEFAULT_TIMEOUT = 30_000;

/** How much of what a service said is read, and how much goes into an error, in characters. */
const HEARD = 2_000;
const SAID = 200;

/** The failures that need an operator, and so a word on what to change. */
export type Refusal = "unauthorized" | "forbidden" | "not_found" | "invalid_value";

/** What is the same for every request of one target. */
export interface RequesterOptions {
  /** The place in words, such as `config var 'HEROKU_API_KEY' of app 'acme-web'`. */
  readonly place: string;
  /** What the operator has to change after a refusal, as the end of a sentence. */
  readonly advice: Readonly<Record<Refusal, string>>;
  /** Overrides the code that the status stands for, where a service uses statuses its own way. */
  readonly classify?: (answer: Answer) => TargetErrorCode | undefined;
  /** What to change after an answer that shows it; for any other, `advice` counts. */
  readonly advise?: (answer: Answer) => string | undefined;
  /** How long to wait after a rate limit that names no time, in milliseconds. */
  readonly rateLimitWait?: number;
  /** How long one request may take, in milliseconds; default {@linkcode DEFAULT_TIMEOUT}. */
  readonly timeout?: number;
}

/** What is the same for every request of one delivery. */
export interface Session {
  /** What is being delivered or confirmed: no error shows its token in any encoding. */
  readonly delivery: Delivery;
  /** What may end the requests. */
  readonly context: TargetContext;
  /** The credentials in use, which no error may show either. */
  readonly secrets: readonly string[];
  /** Headers beside those that every request has. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** One request to a service. */
export interface TargetCall {
  /** The HTTP method. */
  readonly method: "GET" | "POST" | "PUT" | "PATCH";
  /** Where to; its query never shows in an error. */
  readonly url: URL;
  /** Headers beside the session's. */
  readonly headers?: Readonly<Record<string, string>>;
  /** What to send, as JSON unless the headers say otherwise. */
  readonly body?: string;
  /** The statuses that the caller goes on with; every other one is an error. */
  readonly expected: readonly number[];
}

/** What a service answered. */
export interface Answer {
  /** The HTTP status. */
  readonly status: number;
  /** The headers. */
  readonly headers: Headers;
  /** The parsed JSON, or undefined when the body was empty or something else. */
  readonly body: unknown;
  /**
   * The body in the shape that the service documents.
   *
   * @param schema The shape.
   * @param expected The shape in words, for the message.
   * @throws {TargetError} With code `unavailable` when the body is anything else.
   */
  read<Output>(schema: Schema<Output>, expected: string): Output;
}

/**
 * Sends a request.
 *
 * @throws {TargetError} When there is no answer in time, or one that was not expected.
 * @throws The reason of the context's signal, untouched, when that ended the request.
 */
export type Requester = (session: Session, call: TargetCall) => Promise<Answer>;

/** Makes the {@linkcode Requester} of one target. */
export function createRequester(
  environment: TargetEnvironment,
  options: RequesterOptions,
): Requester {
  // A detached fetch that is called as a method throws "Illegal invocation" in workerd.
  const { fetch } = environment;
  const { place, advice, classify, advise, rateLimitWait, timeout = DEFAULT_TIMEOUT } = options;

  return async function request(session: Session, call: TargetCall): Promise<Answer> {
    const { method, url, body } = call;
    const { signal } = session.context;
    const secrets = [session.delivery.token, ...session.secrets];
    const conceal = createConceal(secrets);
    const concealHeard = createConceal([...secrets, url.search]);
    const action = `${method} ${url.origin}${url.pathname}`;
    const doing = method === "GET" ? "read" : "deliver to";
    const failure = (code: TargetErrorCode, what: string, details = {}) =>
      new TargetError(code, conceal(`Cannot ${doing} the ${place} as ${action} ${what}`), details);

    signal?.throwIfAborted();
    const expiry = new AbortController();
    const timer = setTimeout(() => expiry.abort(), timeout);
    let response: Response;
    let text: string;
    try {
      response = await fetch(url, {
        method,
        headers: {
          accept: "application/json",
          "user-agent": "herotate",
          ...(body === undefined ? {} : { "content-type": "application/json" }),
          ...session.headers,
          ...call.headers,
        },
        body,
        redirect: "manual",
        signal: signal ? AbortSignal.any([signal, expiry.signal]) : expiry.signal,
      });
      text = await response.text();
    } catch (error) {
      signal?.throwIfAborted();
      const why = expiry.signal.aborted
        ? `did not answer within ${timeout} ms`
        : `got no answer (${said(networkProblem(error), concealHeard)})`;
      throw failure("unavailable", `${why}: check that ${url.host} is up and reachable`);
    } finally {
      clearTimeout(timer);
    }

    const { status, headers } = response;
    const json = parse(text);
    const answer: Answer = {
      status,
      headers,
      body: json,
      read(schema, expected) {
        const result = schema["~standard"].validate(json);
        if (!(result instanceof Promise) && !result.issues) return result.value;
        throw failure(
          "unavailable",
          `answered ${status} without ${expected}: check that ${url.host} is the service itself`,
          { status },
        );
      },
    };
    if (call.expected.includes(status)) return answer;

    const code = classify?.(answer) ?? codeOf(status, headers);
    const words = said(messageOf(json, text, headers), concealHeard);
    const answered = `answered ${status}${words && ` '${words}'`}`;
    if (status === 0 || (status >= 300 && status < 400)) {
      const moved = `${answered}, a redirect${destination(headers, url, conceal)}`;
      throw failure(
        code,
        `${moved}, and none is followed: ${advise?.(answer) ?? advice.not_found}`,
        { status },
      );
    }
    const wait = code === "rate_limited"
      ? retryAfter(headers, environment.now()) ?? rateLimitWait
      : code === "unavailable"
      ? retryAfter(headers, environment.now())
      : undefined;
    const next = isRefusal(code) && advise?.(answer) || nextStep(code, wait, advice);
    throw failure(code, `${answered}: ${next}`, {
      status,
      retryAfter: wait,
    });
  };
}

function codeOf(status: number, headers: Headers): TargetErrorCode {
  switch (status) {
    case 401:
      return "unauthorized";
    case 402:
      return "forbidden";
    case 403:
      // https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api
      return headers.has("retry-after") || headers.get("x-ratelimit-remaining") === "0"
        ? "rate_limited"
        : "forbidden";
    case 404:
    case 410:
      return "not_found";
    case 408:
    case 425:
      return "unavailable";
    case 429:
      return "rate_limited";
    default:
      if (status === 0 || (status >= 300 && status < 400)) return "not_found";
      return status >= 400 && status < 500 ? "invalid_value" : "unavailable";
  }
}

function nextStep(
  code: TargetErrorCode,
  wait: number | undefined,
  advice: RequesterOptions["advice"],
): string {
  switch (code) {
    case "unauthorized":
    case "forbidden":
    case "not_found":
    case "invalid_value":
      return advice[code];
    case "rate_limited":
      return wait === undefined
        ? "try again later"
        : `try again in ${Math.ceil(wait / 1000)} seconds`;
    case "superseded":
      return "a newer generation is in place, so leave it";
    case "unavailable":
    case "mismatch":
      return "try again, and check the service's status page if it goes on";
  }
}

function isRefusal(code: TargetErrorCode): code is Refusal {
  return code === "unauthorized" || code === "forbidden" || code === "not_found" ||
    code === "invalid_value";
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The member of an error's body that services put their words in, under any of its usual names. */
function messageOf(json: unknown, text: string, headers: Headers): string {
  if (json === undefined) {
    return headers.get("content-type")?.includes("html") ? "an HTML page" : text;
  }
  if (typeof json !== "object" || json === null) return String(json);
  const members = new Map<string, unknown>(Object.entries(json));
  for (const name of ["message", "Message", "errors", "messages", "error", "detail"]) {
    const value = members.get(name);
    if (typeof value === "string" && value !== "") return value;
    if (Array.isArray(value) ? value.length > 0 : typeof value === "object" && value !== null) {
      return JSON.stringify(value);
    }
  }
  return "";
}

/** Concealed before it is cut to its length: half a secret is one, too. */
function said(words: string, conceal: Conceal): string {
  const line = conceal(words.slice(0, HEARD)).replace(/[\s\p{Cc}]+/gu, " ").trim();
  return line.length > SAID ? `${line.slice(0, SAID)}…` : line;
}

function networkProblem(error: unknown): string {
  return error instanceof Error ? error.message : "network failure";
}

function destination(headers: Headers, from: URL, conceal: Conceal): string {
  const location = headers.get("location");
  const to = location !== null ? URL.parse(location, from) : null;
  return to === null ? "" : ` to ${said(`${to.origin}${to.pathname}`, conceal)}`;
}
