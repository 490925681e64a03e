/**
 * `GET /` and `GET /status`: the page, and the same as JSON.
 *
 * @module
 */
import type { MiddlewareHandler } from "hono";
import type { SecureHeadersVariables } from "hono/secure-headers";
import { Hono } from "hono/tiny";
import type { Readings } from "../account/readings.ts";
import { createStatus, type Status } from "../status.ts";
import { renderPage } from "../views/page.ts";

/** What Hono keeps for one request: what the middleware for headers leaves behind. */
export interface PageEnvironment {
  /** Its values, by name. */
  Variables: SecureHeadersVariables;
}

/** Makes both routes, which pass only who shows a key. */
export function createPageRoutes(
  { look, lookBack }: Pick<Readings, "look" | "lookBack">,
  requirePageKey: MiddlewareHandler,
): Hono<PageEnvironment> {
  async function describe(): Promise<Status> {
    const [situations, former] = await Promise.all([look(), lookBack()]);
    return createStatus(situations, former);
  }

  return new Hono<PageEnvironment>()
    .get(
      "/",
      requirePageKey,
      async (context) =>
        context.html(renderPage(await describe(), context.get("secureHeadersNonce") ?? "")),
    )
    .get("/status", requirePageKey, async (context) => context.json(await describe()));
}
