/**
 * What an answer of Heroku's, or the lack of one, means: a success, or an error without secrets.
 *
 * @module
 */
import type { CheckedOptions } from "./client_options.ts";
import {
  createStatusError,
  type Effect,
  type HerokuError,
  type HerokuErrorDetails,
  MalformedResponseError,
  NetworkError,
  TimeoutError,
} from "./errors.ts";
import { type Redact, redactJson, redactThrown } from "../redact.ts";
import { parseRetryAfter } from "../retry_after.ts";

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

/**
 * The most bytes of an answer that are read: 32 MB. The largest page, a thousand authorizations, is
 * well below one, so that what is larger is no answer of Heroku's.
 */
export const LARGEST_BODY = 32 * 1024 * 1024;

const LONGEST_TEXT = 1000;

/** A longer body of an error is not looked into: to take the secrets out of it would take too long. */
const LONGEST_ERROR = 64 * 1024;

const bodies = new WeakMap<HerokuError, unknown>();

/**
 * Gives the JSON body of the answer that an error was made from, with its secrets taken out. It is
 * no member of the error, so that no log prints it.
 *
 * @param error The error that a call ended with.
 * @returns The body, or undefined when it was no JSON or there was none.
 */
export function errorBody(error: HerokuError): unknown {
  return bodies.get(error);
}

/** An attempt's outcome, before it is judged. `text` is missing when the body broke off. */
export type Outcome =
  | { readonly kind: "answer"; readonly response: Response; readonly text?: string }
  | { readonly kind: "too large"; readonly response: Response }
  | { readonly kind: "timeout" }
  | { readonly kind: "network"; readonly thrown: unknown };

function parseJson(text: string | undefined): { readonly value: unknown } | undefined {
  if (text === undefined) return undefined;
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

/** The effect to report. */
export interface Effects {
  /** Of a refusal (4xx). */
  readonly refused: Effect;
  /** Of an answer that is lost or unreadable. */
  readonly lost: Effect;
}

/** What a message and an error need to know of a call. */
export interface JudgedCall {
  /** What the call is for, to end the words "Cannot …". */
  readonly action?: string;
  /** The HTTP method. */
  readonly method: string;
  /** The statuses that are a success. */
  readonly expected: readonly number[];
}

/**
 * Makes what turns the outcomes of one call into its result: a response, or the error to throw.
 *
 * @param call The call.
 * @param options The client's options.
 * @param redact Takes every secret of the call out of a text.
 */
export function createJudge(
  call: JudgedCall,
  { baseUrl, timeout }: CheckedOptions,
  redact: Redact,
): (outcome: Outcome, effects: Effects) => HerokuResponse | HerokuError {
  const cannot = `Cannot ${call.action ?? "complete the request"} because`;
  const maybe = call.method === "GET" ? "" : "; it may have taken effect all the same";

  function createMalformed({ status, headers }: Response, effects: Effects, reason: string) {
    const message = `${cannot} Heroku answered ${status}, but ${reason}${maybe}`;
    const details = { ...readDetails(headers, redact), status, effect: effects.lost };
    return new MalformedResponseError(message, details);
  }

  function judgeAnswer(response: Response, text: string | undefined, effects: Effects) {
    const { status, headers } = response;
    const malformed = (reason: string) => createMalformed(response, effects, reason);
    if (call.expected.includes(status)) {
      const json = parseJson(text);
      return json === undefined
        ? malformed(describeUnreadable(text))
        : { status, headers, body: json.value, malformed };
    }
    const json = parseJson((text?.length ?? 0) <= LONGEST_ERROR ? text : undefined);
    const refused = status >= 400 && status < 500;
    const failed = refused || status >= 500;
    // Older services of Heroku's word their errors `{"id", "error"}`.
    const said = memberText(json?.value, "message", redact) ??
      memberText(json?.value, "error", redact);
    const error = createStatusError(
      status,
      (failed ? said : undefined) ??
        `${cannot} Heroku answered ${status}${failed ? "" : ", which is no answer to it"}${
          refused ? "" : maybe
        }`,
      {
        ...readDetails(headers, redact),
        status,
        id: failed ? memberText(json?.value, "id", redact) : undefined,
        url: failed ? memberText(json?.value, "url", redact) : undefined,
        effect: refused ? effects.refused : effects.lost,
      },
    );
    if (failed && json !== undefined) bodies.set(error, redactJson(json.value, redact));
    return error;
  }

  return (outcome, effects) => {
    const effect = effects.lost;
    const host = () => `'${new URL(baseUrl).host}'`;
    switch (outcome.kind) {
      case "answer":
        return judgeAnswer(outcome.response, outcome.text, effects);
      case "too large": {
        // Of whatever status: what sends such a body is not Heroku, so its 404 shows nothing either.
        const reason =
          `its body is larger than ${LARGEST_BODY / 1024 ** 2} MB, which no answer of ` +
          "Heroku's is: check where 'baseUrl' leads";
        return createMalformed(outcome.response, effects, reason);
      }
      case "timeout":
        return new TimeoutError(`${cannot} ${host()} took more than ${timeout} ms${maybe}`, {
          effect,
        });
      case "network": {
        const cause = redactThrown(outcome.thrown, redact);
        return new NetworkError(`${cannot} no answer came from ${host()}${maybe}`, {
          effect,
          cause,
        });
      }
    }
  };
}
