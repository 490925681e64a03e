/**
 * The one caller of fetch for targets. It turns every way in which a service can fail into a
 * {@linkcode TargetError} that says what to do next and holds no secret.
 *
 * @module
 */
import { type Conceal, createConceal } from "../conceal.ts";
import { parseUrl } from "../parse_url.ts";
import { readBody } from "../read_body.ts";
import { isHeaderValue } from "./header_value.ts";
import { type Advice, codeOf, isRefusal, nextStep } from "./refusal.ts";
import { retryAfter } from "./retry_after.ts";
import {
  type Delivery,
  type Schema,
  type TargetContext,
  type TargetEnvironment,
  TargetError,
  type TargetErrorCode,
} from "./target.ts";

/** How long one request may take by default, in milliseconds. */
export const DEFAULT_TIMEOUT = 30_000;

/** How many bytes of an answer are read, counted as they are after unpacking. */
export const LARGEST_ANSWER = 1_000_000;

/** How much of what a service said is read, and how much goes into an error, in characters. */
const HEARD = 2_000;
const SAID = 200;

/** How a target shows who it is. */
export interface ShownSecret {
  /** The name of the Worker secret. */
  readonly name: string;
  /** The headers that its value goes into. */
  readonly headers: (value: string) => Readonly<Record<string, string>>;
}

/** What is the same for every request of one target. */
export interface RequesterOptions {
  /** The place in words, such as `config var 'HEROKU_API_KEY' of app 'acme-web'`. */
  readonly place: string;
  /**
   * The secret that goes with each request.
   * @default {the session has what there is}
   */
  readonly secret?: ShownSecret;
  /** What the operator has to change after a refusal, as the end of a sentence. */
  readonly advice: Advice;
  /** Overrides the code that the status stands for, where a service uses statuses its own way. */
  readonly classify?: (answer: Answer) => TargetErrorCode | undefined;
  /** What to change after an answer that shows it; for any other, `advice` counts. */
  readonly advise?: (answer: Answer) => string | undefined;
  /** How long to wait after a rate limit that names no time, in milliseconds. */
  readonly rateLimitWait?: number;
  /**
   * How long one request may take, in milliseconds.
   * @default {`DEFAULT_TIMEOUT`}
   */
  readonly timeout?: number;
}

/** What is the same for every request of one delivery. */
export interface Session {
  /** What is being delivered or confirmed: no error shows its token in any encoding. */
  readonly delivery: Delivery;
  /** What may end the requests. */
  readonly context: TargetContext;
  /**
   * Credentials beside the target's own secret, which no error may show either.
   * @default {none}
   */
  readonly secrets?: readonly string[];
  /**
   * Headers beside those that every request has.
   * @default {none}
   */
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
  /** The error for this answer where the caller cannot go on with it after all. */
  refuse(): TargetError;
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
  const { place, secret, advice, classify, advise, rateLimitWait } = options;
  const { timeout = DEFAULT_TIMEOUT } = options;

  return async function request(session: Session, call: TargetCall): Promise<Answer> {
    const { method, url, body } = call;
    const { signal } = session.context;
    const shown = secret && environment.secret(secret.name);
    const credentials = [...session.secrets ?? [], ...shown === undefined ? [] : [shown]];
    const secrets = [session.delivery.token, ...credentials];
    const conceal = createConceal(secrets);
    const concealHeard = createConceal([...secrets, url.search]);
    const action = `${method} ${url.origin}${url.pathname}`;
    const doing = method === "GET" ? "read" : "deliver to";
    const failure = (code: TargetErrorCode, what: string, details = {}) =>
      new TargetError(
        code,
        conceal(`Cannot ${doing} the ${place} because ${action} ${what}`),
        details,
      );

    const headers = {
      ...headersOf(session, call),
      ...(shown === undefined ? {} : secret?.headers(shown)),
    };
    const unsendable = Object.keys(headers).find((name) => !isHeaderValue(headers[name]));
    if (unsendable !== undefined) {
      const value = headers[unsendable];
      const isSecret = credentials.some((each) => each !== "" && value.includes(each));
      const code = isSecret ? "unauthorized" : "invalid_value";
      const why =
        `its header '${unsendable}' would have a character that HTTP cannot carry, such as a line break or a curly quote`;
      throw failure(code, `cannot be sent: ${why}: ${advice[code]}`);
    }

    signal?.throwIfAborted();
    const expiry = new AbortController();
    const timer = setTimeout(() => expiry.abort(), timeout);
    const ending = signal ? AbortSignal.any([signal, expiry.signal]) : expiry.signal;
    let response: Response;
    let text: string | undefined;
    try {
      response = await fetch(url, { method, headers, body, redirect: "manual", signal: ending });
      text = await readBody(response, LARGEST_ANSWER, ending);
    } catch (error) {
      signal?.throwIfAborted();
      const why = expiry.signal.aborted
        ? `did not answer within ${timeout} ms`
        : `got no answer (${said(networkProblem(error), concealHeard)})`;
      throw failure("unavailable", `${why}: check that ${url.host} is up and reachable`);
    } finally {
      clearTimeout(timer);
    }

    const { status } = response;
    const odd = (what: string) =>
      failure(
        "unavailable",
        `answered ${status} ${what}: check that ${url.host} is the service itself`,
        { status },
      );
    if (text === undefined) throw odd(`with more than ${LARGEST_ANSWER} bytes`);
    const json = parse(text);
    const words = said(messageOf(json, text, response.headers), concealHeard);
    const answer: Answer = {
      status,
      headers: response.headers,
      body: json,
      read(schema, expected) {
        const result = schema["~standard"].validate(json);
        if (!(result instanceof Promise) && !result.issues) return result.value;
        throw odd(`without ${expected}`);
      },
      refuse() {
        const code = classify?.(answer) ?? codeOf(status, answer.headers);
        const answered = `answered ${status}${words && ` '${words}'`}`;
        if (status === 0 || (status >= 300 && status < 400)) {
          const moved = `${answered}, a redirect${destination(answer.headers, url, conceal)}`;
          const next = advise?.(answer) ?? advice.not_found;
          return failure(code, `${moved}, and none is followed: ${next}`, { status });
        }
        const asked = code === "rate_limited" || code === "unavailable"
          ? retryAfter(answer.headers, environment.now())
          : undefined;
        const wait = code === "rate_limited" ? asked ?? rateLimitWait : asked;
        const details = { status, retryAfter: wait };
        const next = isRefusal(code) && advise?.(answer) || nextStep(code, wait, advice);
        return failure(code, `${answered}: ${next}`, details);
      },
    };
    if (call.expected.includes(status)) return answer;
    throw answer.refuse();
  };
}

/** The header of those who take a token as OAuth does. */
export function bearer(value: string): Readonly<Record<string, string>> {
  return { authorization: `Bearer ${value}` };
}

function headersOf(session: Session, { headers, body }: TargetCall): Record<string, string> {
  return {
    accept: "application/json",
    "user-agent": "herotate",
    ...(body === undefined ? {} : { "content-type": "application/json" }),
    ...session.headers,
    ...headers,
  };
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
  const to = location === null ? undefined : parseUrl(location, from);
  return to === undefined ? "" : ` to ${said(`${to.origin}${to.pathname}`, conceal)}`;
}
