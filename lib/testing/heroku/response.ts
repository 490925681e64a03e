/**
 * What every answer carries, besides what its endpoint says: the headers of recorded answers.
 *
 * @module
 */

import type { Answer } from "./answers.ts";
import { createRandom } from "../random.ts";

const UUID = /[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}/i;

/** What a response needs to know. */
export interface ResponseSettings {
  /** The server's time, in milliseconds since the epoch. */
  readonly at: number;
  /** How many requests the account has left. */
  readonly remaining: number;
  /** The `Request-Id`. */
  readonly requestId: string;
  /** The `Warning-Message` of every answer of the API, if any. */
  readonly warningMessage: string | undefined;
  /** Whether errors are worded `{"id", "error"}`, as older services of Heroku's do. */
  readonly olderErrors: boolean;
}

/**
 * Makes a `Request-Id`: one id of each service that the request passed, and the caller's own among them.
 *
 * @param seed decides the ids
 * @param headers the request's headers
 */
export function makeRequestId(seed: number, headers: Headers): string {
  const random = createRandom(seed);
  const own = UUID.exec(headers.get("Request-Id") ?? headers.get("X-Request-Id") ?? "")?.[0];
  const made = [random.uuid(), random.uuid(), random.uuid()];
  return (own === undefined ? made : [made[0], own, ...made.slice(1)]).join(",");
}

/** A tag that depends on the text only (FNV-1a). */
function tagOf(text: string): string {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index++) {
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  }
  return `"${(hash >>> 0).toString(16).padStart(8, "0")}"`;
}

/** The same error in the older wording; null and what is no error stays as it is. */
function rewordError(status: number, body: string | null): string | null {
  if (status < 400 || body === null) return body;
  try {
    const { message, ...rest } = JSON.parse(body);
    return JSON.stringify({ ...rest, error: message });
  } catch {
    return body;
  }
}

/**
 * Makes the response of an answer.
 *
 * @param answer the answer
 * @param settings what else it depends on
 */
export function makeResponse(answer: Answer, settings: ResponseSettings): Response {
  const { status, headers } = answer;
  const sent = new Headers(headers);
  sent.set("Request-Id", settings.requestId);
  // Pages of HTML come from the router in front of the API, which knows nothing of the account.
  if (headers["Content-Type"]?.startsWith("text/html")) {
    return new Response(answer.body, { status, headers: sent });
  }
  const body = settings.olderErrors ? rewordError(status, answer.body) : answer.body;
  sent.set("Cache-Control", "private, no-cache");
  sent.set("Last-Modified", new Date(settings.at).toUTCString());
  sent.set("Vary", "Authorization,Accept-Encoding");
  sent.set("X-Content-Type-Options", "nosniff");
  if (!sent.has("ETag")) sent.set("ETag", tagOf(body ?? ""));
  if (settings.warningMessage !== undefined) sent.set("Warning-Message", settings.warningMessage);
  // Who sends no valid token has no account, and so no limit.
  if (status !== 401) {
    sent.set("RateLimit-Multiplier", "1");
    sent.set("RateLimit-Remaining", String(settings.remaining));
  }
  return new Response(body, { status, headers: sent });
}
