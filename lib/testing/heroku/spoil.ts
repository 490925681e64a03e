/**
 * The way an answer takes to the client: untouched, spoilt by a fault, or never.
 *
 * @module
 */

import { type Answer, internalError, jsonAnswer, notFound, rateLimited } from "./answers.ts";
import type { DetailedFault, FaultKind } from "./faults.ts";
import { mistype, reorder, shiftIds } from "./record_faults.ts";

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

/** What a fault changes in a request before the server gets it. */
export interface RequestChange {
  /** Another method. */
  readonly method?: string;
  /** Another `Range` header. */
  readonly range?: string;
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

function isLookUp({ method, path }: SpoiltCall): boolean {
  return method === "GET" && /^\/oauth\/authorizations\/[^/]+$/.test(path);
}

/**
 * The list may change after this page: the next one begins a record later, or gives the last one again.
 * Two times in three something does.
 */
function moveNextRange(
  answer: Answer,
  drawn: number,
  serve: (change: RequestChange) => Answer | undefined,
): Answer {
  const next = answer.headers["Next-Range"];
  if (next === undefined || drawn >= 2 / 3) return answer;
  const passedOver = serve({ range: next.replace(/max=\d+/, "max=1") })?.headers["Content-Range"];
  const key = /^id (.+?)\.\./.exec(passedOver ?? "")?.[1];
  const moved = drawn < 1 / 3 && key !== undefined
    ? next.replace(/^id \].*?\.\./, `id ]${key}..`)
    : next.replace("]", "");
  return { ...answer, headers: { ...answer.headers, "Next-Range": moved } };
}

/**
 * Spoils an answer. The server is asked only if the request reaches it.
 *
 * @param fault what goes wrong
 * @param call the call
 * @param serve lets the request take effect and gives the proper answer; undefined when another fault
 *   keeps it away
 * @returns what arrives; undefined when nothing does
 */
export function spoil(
  fault: DetailedFault,
  call: SpoiltCall,
  serve: (change?: RequestChange) => Answer | undefined,
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
  const isDeaf = fault.kind === "deaf" && call.method === "DELETE";
  const answer = serve(isDeaf ? { method: "GET" } : undefined);
  if (answer === undefined) return undefined;
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
    case "mistyped":
    case "shifting":
    case "reordered":
      return call.path.startsWith(LIST_PATH) ? spoilRecords(fault, call.drawn, answer) : answer;
    case "moved":
      return isList(call) ? moveNextRange(answer, call.drawn, serve) : answer;
    case "blind":
      return isLookUp(call) && answer.status === 200 ? notFound("authorization") : answer;
    case "empty-list":
      return isList(call) && answer.status < 300 ? jsonAnswer(200, []) : answer;
    default:
      return answer;
  }
}

function spoilRecords(fault: DetailedFault, drawn: number, answer: Answer): Answer {
  const { kind, member, value } = fault;
  if (kind === "shifting") return shiftIds(answer, drawn);
  if (kind === "reordered") return reorder(answer);
  return mistype(answer, drawn, member === undefined ? undefined : { member, value });
}
