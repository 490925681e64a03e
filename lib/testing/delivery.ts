/**
 * The way an answer takes to the client: untouched, spoilt by a fault, or never.
 *
 * @module
 */

import { type Answer, internalError, jsonAnswer, rateLimited } from "./answers.ts";
import type { DetailedFault, FaultKind } from "./faults.ts";

/** Faults that keep a request from reaching the server: it changes nothing. */
const UNREACHED: ReadonlySet<FaultKind> = new Set<FaultKind>([
  "drop",
  "429",
  "429-bare",
  "500",
  "503",
  "html",
  "html-200",
  "echo",
]);

const LIST_PATH = "/oauth/authorizations";

/** What a fault needs to know of the call that it spoils. */
export interface SpoiltCall {
  /** The HTTP method, in capitals. */
  readonly method: string;
  /** The path, without the query. */
  readonly path: string;
  /** The request's headers. */
  readonly headers: Headers;
  /** The token that the request carries, if any. */
  readonly token: string | undefined;
  /** A number from 0 to 1 that decides the details. */
  readonly drawn: number;
}

/** A page as the router in front of Heroku's API shows it. */
function htmlAnswer(status: number): Answer {
  return {
    status,
    body: "<!DOCTYPE html>\n<html><head><title>Application Error</title></head>" +
      "<body><h1>Application Error</h1><p>An error occurred.</p></body></html>\n",
    headers: { "Content-Type": "text/html; charset=utf-8" },
  };
}

function isList({ method, path }: SpoiltCall): boolean {
  return method === "GET" && path === LIST_PATH;
}

function withoutNextRange({ status, body, headers }: Answer): Answer {
  const { "Next-Range": _left, ...rest } = headers;
  return { status, body, headers: rest };
}

/**
 * Spoils an answer. The server is asked only if the request reaches it.
 *
 * @param fault what goes wrong
 * @param call the call
 * @param serve lets the request take effect and gives the proper answer
 * @returns what arrives; undefined when nothing does
 */
export function spoil(
  fault: DetailedFault,
  call: SpoiltCall,
  serve: () => Answer,
): Answer | undefined {
  const retryAfter = { "Retry-After": fault.retryAfter ?? (call.drawn < 0.5 ? "0" : "1") };
  if (UNREACHED.has(fault.kind)) {
    switch (fault.kind) {
      case "429":
        return rateLimited(retryAfter);
      case "429-bare":
        return rateLimited();
      case "500":
        return internalError();
      case "503":
        return jsonAnswer(
          503,
          { id: "service_unavailable", message: "Heroku API is temporarily unavailable." },
          retryAfter,
        );
      case "html":
        return htmlAnswer(503);
      case "html-200":
        return htmlAnswer(200);
      case "echo":
        return internalError(`Internal server error for the token ${call.token ?? "(none)"}.`);
      default:
        return undefined;
    }
  }
  const answer = serve();
  switch (fault.kind) {
    case "lose":
      return undefined;
    case "500-after":
      return internalError();
    case "truncated":
      return answer.body === null
        ? answer
        : { ...answer, body: answer.body.slice(0, Math.floor(call.drawn * answer.body.length)) };
    case "next-range-missing":
      return isList(call) ? withoutNextRange(answer) : answer;
    case "next-range-repeated": {
      if (!isList(call) || answer.status >= 300) return answer;
      const asked = call.headers.get("Range") ?? "id ..; max=200";
      return { ...answer, status: 206, headers: { ...answer.headers, "Next-Range": asked } };
    }
    default:
      return answer;
  }
}
