/**
 * Keys: what a request shows, and what it opens.
 *
 * A key is shown as `Authorization: Bearer <key>`, or as the password of Basic with any user, which
 * is what a browser asks for. Without the right key the answer is the same 401 whatever the path and
 * whether or not there is something behind it.
 *
 * @module
 */
import type { MiddlewareHandler } from "hono";
import { auth } from "hono/utils/basic-auth";
import { timingSafeEqual } from "hono/utils/buffer";
import type { ConfigurationResult } from "../config/configuration.ts";

/** What lets only those requests pass that show a key. */
export interface KeyRequirements {
  /** The page's key, `PAGE_KEY`. */
  readonly page: MiddlewareHandler;
  /** The key of the metrics, `METRICS_KEY`. */
  readonly metrics: MiddlewareHandler;
  /** The operator's key, `OPERATOR_KEY`. */
  readonly operator: MiddlewareHandler;
  /** The reader key of the credential that the path calls `:name`. */
  readonly reader: MiddlewareHandler;
}

const SHOW_KEY =
  "Show the right key in an Authorization header: as 'Bearer KEY', or by Basic as the password with any user name";
const NO_PAGE_KEY =
  "No key opens this, as PAGE_KEY is not set or cannot be used: make one with `openssl rand -hex 32`, and run `wrangler secret put PAGE_KEY`";

/** Makes what requires the keys of a configuration. */
export function createKeyRequirements(configured: ConfigurationResult): KeyRequirements {
  const pageKey = configured.ok ? configured.configuration.pageKey : configured.pageKey;
  const readerKeys = configured.ok ? configured.configuration.readerKeys : undefined;
  const { metricsKey } = configured.ok ? configured.configuration : configured;
  const operatorKey = configured.ok ? configured.configuration.operatorKey : undefined;
  const advice = pageKey === undefined ? NO_PAGE_KEY : SHOW_KEY;
  return {
    page: requireKey(() => [pageKey], advice),
    metrics: requireKey(() => [metricsKey], advice),
    operator: requireKey(() => [operatorKey], advice),
    reader: requireKey((name) => readerKeys?.get(name) ?? [], advice),
  };
}

/** Requires one of the keys that belong to what the path calls `:name`. */
function requireKey(
  keysOf: (name: string) => readonly (string | undefined)[],
  advice: string,
): MiddlewareHandler {
  return async (context, next) => {
    const given = readKey(context.req.raw);
    const keys = keysOf(context.req.param("name") ?? "");
    if (given !== undefined && await matches(keys, given)) return await next();
    return context.json({ error: advice }, 401, { "WWW-Authenticate": 'Basic realm="Herotate"' });
  };
}

/** The key that a request shows: a Bearer token, or the password of Basic. */
function readKey(request: Request): string | undefined {
  const bearer = /^ *Bearer +(\S+) *$/i.exec(request.headers.get("Authorization") ?? "");
  return bearer?.[1] ?? auth(request)?.password;
}

/** Compares with each in constant time, and takes as long when there are none, or only one. */
async function matches(keys: readonly (string | undefined)[], given: string): Promise<boolean> {
  const [first, second] = keys;
  const results = await Promise.all(
    [first, second].map((key) => timingSafeEqual(key ?? crypto.randomUUID(), given)),
  );
  return results.includes(true);
}
