/**
 * The answers that Heroku gives, before they become responses.
 *
 * @module
 */

/** An answer that a fault can still spoil. */
export interface Answer {
  /** The HTTP status. */
  readonly status: number;
  /** The body's text; null for an answer that has none. */
  readonly body: string | null;
  /** The headers, besides those that every answer has. */
  readonly headers: Readonly<Record<string, string>>;
}

/** Whether and with what a request asks to be answered only when something changed. */
export interface Revalidation {
  /** The tag of what would be answered, without quotes. */
  readonly tag: string;
  /** The request's `If-None-Match`. */
  readonly ifNoneMatch: string | null;
}

const JSON_HEADERS = { "Content-Type": "application/json" };

/**
 * An answer in JSON.
 *
 * @param status the HTTP status
 * @param value what to answer
 * @param headers more headers
 */
export function jsonAnswer(
  status: number,
  value: unknown,
  headers: Readonly<Record<string, string>> = {},
): Answer {
  return { status, body: JSON.stringify(value), headers: { ...JSON_HEADERS, ...headers } };
}

/**
 * An error in Heroku's form, see https://devcenter.heroku.com/articles/platform-api-reference#errors
 *
 * @param status the HTTP status
 * @param id Heroku's id of the error
 * @param message what went wrong
 * @param more more members of the body
 */
export function errorAnswer(
  status: number,
  id: string,
  message: string,
  more: Readonly<Record<string, unknown>> = {},
): Answer {
  return jsonAnswer(status, { id, message, ...more });
}

const NAMES = {
  app: "app",
  authorization: "OAuth authorization",
  session: "OAuth session",
};

/** 404 for one record. `resource` is Heroku's name for its kind. */
export function notFound(resource: keyof typeof NAMES): Answer {
  return errorAnswer(404, "not_found", `Couldn't find that ${NAMES[resource]}.`, { resource });
}

/** 400 for a body that is no JSON object. */
export function badRequest(): Answer {
  return errorAnswer(400, "bad_request", "Invalid JSON in the body of the request.");
}

/** 422 for members that are missing or wrong. */
export function invalidParams(message: string): Answer {
  return errorAnswer(422, "invalid_params", message);
}

/** 429 for an account whose pool is empty, or a fault that says so. */
export function rateLimited(headers: Readonly<Record<string, string>> = {}): Answer {
  const message = "Your account reached the API rate limit. " +
    "Please wait a few minutes before making new requests.";
  return jsonAnswer(429, { id: "rate_limit", message }, headers);
}

/** 500 for a request that broke something. */
export function internalError(message = "Internal server error."): Answer {
  return errorAnswer(500, "internal_server_error", message);
}

/**
 * Answers 304 when the request already has what would be answered, else in JSON with an `ETag`.
 *
 * @param revalidation the tag, and what the request sent
 * @param status the HTTP status when it is answered in full
 * @param text gives the body then, in JSON
 * @param headers more headers
 */
export function taggedAnswer(
  revalidation: Revalidation,
  status: number,
  text: () => string,
  headers: Readonly<Record<string, string>> = {},
): Answer {
  const etag = `"${revalidation.tag}"`;
  const known = revalidation.ifNoneMatch?.split(",").some((tag) => tag.trim() === etag) ?? false;
  if (known) return { status: 304, body: null, headers: { ETag: etag } };
  return { status, body: text(), headers: { ...JSON_HEADERS, ETag: etag, ...headers } };
}
