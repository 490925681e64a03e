/**
 * What can go wrong between a caller and Heroku: one class for each thing a caller does next.
 *
 * No form of these errors (message, members, cause, stack) holds a token: whoever makes one passes
 * text that has been redacted.
 *
 * @module
 */

/**
 * Whether a failed request may have taken effect at Heroku all the same.
 *
 * - `none`: it did not: it was a read, it was refused (4xx), or it was never sent;
 * - `unknown`: it was a write, and its answer was lost, unreadable or a failure of the server.
 */
export type Effect = "none" | "unknown";

/** The literal codes of the errors, for a `switch`. */
export type HerokuErrorCode =
  | "network"
  | "timeout"
  | "malformed_response"
  | "unauthorized"
  | "two_factor"
  | "forbidden"
  | "not_found"
  | "invalid_request"
  | "rate_limited"
  | "server_error"
  | "unexpected_status"
  | "paging";

/** What is known of a failure besides its message. */
export interface HerokuErrorDetails {
  /** The HTTP status. Missing when no answer came. */
  readonly status?: number;
  /** Heroku's name for the error, such as `not_found`. Missing when the answer named none. */
  readonly id?: string;
  /** The page on which Heroku documents the error. Missing when the answer gave none. */
  readonly url?: string;
  /** The answer's `Request-Id`, which Heroku's support asks for. Missing when it had none. */
  readonly requestId?: string;
  /** How long the answer's `Retry-After` asks to wait, in milliseconds. Missing when it had none. */
  readonly retryAfter?: number;
  /** How many requests the account has left (`RateLimit-Remaining`). Missing when Heroku did not say. */
  readonly rateLimitRemaining?: number;
  /**
   * Whether the request may have taken effect all the same.
   * @default {`none`}
   */
  readonly effect?: Effect;
  /** What caused the failure, without any secret. */
  readonly cause?: unknown;
}

/** The base of all errors that a call of Heroku ends with. Catch it to catch them all. */
export abstract class HerokuError extends Error {
  static {
    this.prototype.name = "HerokuError";
  }

  /** What went wrong, as a literal that each subclass narrows. */
  abstract readonly code: HerokuErrorCode;
  /** The HTTP status. Missing when no answer came. */
  declare readonly status?: number;
  /** Heroku's name for the error, such as `not_found`. Missing when the answer named none. */
  declare readonly id?: string;
  /** The page on which Heroku documents the error. Missing when the answer gave none. */
  declare readonly url?: string;
  /** The answer's `Request-Id`, which Heroku's support asks for. Missing when it had none. */
  declare readonly requestId?: string;
  /** How long the answer's `Retry-After` asks to wait, in milliseconds. Missing when it had none. */
  declare readonly retryAfter?: number;
  /** How many requests the account has left (`RateLimit-Remaining`). Missing when Heroku did not say. */
  declare readonly rateLimitRemaining?: number;
  /**
   * Whether the request may have taken effect all the same. It counts every attempt: a delete whose
   * first answer was lost and whose second was a 404 is a {@linkcode NotFoundError} of effect
   * `unknown`.
   */
  readonly effect: Effect;

  /**
   * Makes an error.
   *
   * @param message What went wrong, without any secret.
   * @param details What else is known; a detail that is undefined becomes no member.
   */
  constructor(message: string, details: HerokuErrorDetails = {}) {
    const { cause, effect = "none", ...rest } = details;
    super(message, cause === undefined ? undefined : { cause });
    this.effect = effect;
    for (const [name, value] of Object.entries(rest)) {
      if (value !== undefined) {
        Object.defineProperty(this, name, { value, enumerable: true, configurable: true });
      }
    }
  }
}

/** No answer came: the connection failed. Try again; after a write, first look what it did. */
export class NetworkError extends HerokuError {
  static {
    this.prototype.name = "NetworkError";
  }
  /** Always `network`. */
  override readonly code: "network" = "network";
}

/** An attempt ran past its timeout. Try again; after a write, first look what it did. */
export class TimeoutError extends HerokuError {
  static {
    this.prototype.name = "TimeoutError";
  }
  /** Always `timeout`. */
  override readonly code: "timeout" = "timeout";
}

/**
 * The status was a success, but the body was not what it should be: HTML, cut off, or JSON of
 * another shape. The message says which; the body itself is never quoted, as it may hold a token.
 */
export class MalformedResponseError extends HerokuError {
  static {
    this.prototype.name = "MalformedResponseError";
  }
  /** Always `malformed_response`. */
  override readonly code: "malformed_response" = "malformed_response";
}

/** Heroku doesn't know the token, or knows it no more (401). Use another one. */
export class UnauthorizedError extends HerokuError {
  static {
    this.prototype.name = "UnauthorizedError";
  }
  /** Always `unauthorized`. */
  override readonly code: "unauthorized" = "unauthorized";
}

/**
 * Heroku asks for a second factor (401 or 403 with the id `two_factor`). Send the code in the header
 * `Heroku-Two-Factor-Code`, or use the token of an account that needs none.
 */
export class TwoFactorError extends HerokuError {
  static {
    this.prototype.name = "TwoFactorError";
  }
  /** Always `two_factor`. */
  override readonly code: "two_factor" = "two_factor";
}

/**
 * Heroku knows the token, but refuses the request (402 or 403): its scope is too narrow, or the
 * account is suspended or has unpaid bills.
 */
export class ForbiddenError extends HerokuError {
  static {
    this.prototype.name = "ForbiddenError";
  }
  /** Always `forbidden`. */
  override readonly code: "forbidden" = "forbidden";
}

/** There is no such thing, or no more (404 or 410). */
export class NotFoundError extends HerokuError {
  static {
    this.prototype.name = "NotFoundError";
  }
  /** Always `not_found`. */
  override readonly code: "not_found" = "not_found";
}

/** Heroku refuses what was asked (any other 4xx). Trying again the same way will not help. */
export class InvalidRequestError extends HerokuError {
  static {
    this.prototype.name = "InvalidRequestError";
  }
  /** Always `invalid_request`. */
  override readonly code: "invalid_request" = "invalid_request";
}

/** The account's requests are used up (429). Wait, for `retryAfter` milliseconds when Heroku gives it. */
export class RateLimitError extends HerokuError {
  static {
    this.prototype.name = "RateLimitError";
  }
  /** Always `rate_limited`. */
  override readonly code: "rate_limited" = "rate_limited";
}

/** Heroku failed (5xx). Try again; after a write, first look what it did. */
export class ServerError extends HerokuError {
  static {
    this.prototype.name = "ServerError";
  }
  /** Always `server_error`. */
  override readonly code: "server_error" = "server_error";
}

/** A status that is no answer to this request, such as a redirect. Redirects are never followed. */
export class UnexpectedStatusError extends HerokuError {
  static {
    this.prototype.name = "UnexpectedStatusError";
  }
  /** Always `unexpected_status`. */
  override readonly code: "unexpected_status" = "unexpected_status";
}

/**
 * A list cannot be completed: its pages repeat themselves, stop early or never end. What was listed
 * until then must not be taken for the whole.
 */
export class PagingError extends HerokuError {
  static {
    this.prototype.name = "PagingError";
  }
  /** Always `paging`. */
  override readonly code: "paging" = "paging";
}

/**
 * Makes the error for a status that is no success.
 *
 * @param status The HTTP status.
 * @param message What went wrong, without any secret.
 * @param details What else is known.
 */
export function createStatusError(
  status: number,
  message: string,
  details: HerokuErrorDetails,
): HerokuError {
  const all = { ...details, status };
  if ((status === 401 || status === 403) && details.id === "two_factor") {
    return new TwoFactorError(message, all);
  }
  if (status === 401) return new UnauthorizedError(message, all);
  if (status === 402 || status === 403) return new ForbiddenError(message, all);
  if (status === 404 || status === 410) return new NotFoundError(message, all);
  if (status === 429) return new RateLimitError(message, all);
  if (status >= 400 && status < 500) return new InvalidRequestError(message, all);
  if (status >= 500 && status < 600) return new ServerError(message, all);
  return new UnexpectedStatusError(message, all);
}
