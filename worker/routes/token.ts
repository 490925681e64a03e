/**
 * `GET /credentials/:name/token`: the token that the built-in store hands out to who shows the
 * credential's reader key.
 *
 * @module
 */
import type { Context, MiddlewareHandler } from "hono";
import { Hono } from "hono/tiny";
import type { RemoteAccount } from "../account/remote.ts";
import type { ConfigurationResult } from "../config/configuration.ts";
import { accountNameOf } from "../context.ts";
import type { Log } from "../log.ts";
import { readServedToken } from "../served_token.ts";

/** What the route works with. */
export interface TokenDependencies {
  /** The configuration, or what is wrong with it. */
  readonly configured: ConfigurationResult;
  /** Gives an account, to be read. */
  readonly account: (name: string) => Pick<RemoteAccount, "readServed">;
  /** Takes why a token cannot be read. */
  readonly log: Log;
  /** The current time, in milliseconds since the epoch. */
  readonly now: () => number;
}

/** After how many seconds to ask again for a token that is not there. */
const RETRY_AFTER = "60";

/** Makes the route. Where the configuration is invalid, no key is looked at. */
export function createTokenRoute(
  { configured, account, log, now }: TokenDependencies,
  requireReaderKey: MiddlewareHandler,
): Hono {
  const route = new Hono();
  if (!configured.ok) {
    return route.get(
      "/:name/token",
      (context) => unavailable(context, "The configuration is invalid: see the page"),
    );
  }
  const keys = configured.configuration;
  return route.get("/:name/token", requireReaderKey, async (context) => {
    const name = context.req.param("name");
    const owner = account(accountNameOf(configured, name) ?? "");
    const served = await readServedToken({ account: owner, keys, log, now }, name);
    if (!served) return unavailable(context, "There is no live token at the moment: see the page");
    const wantsJson = context.req.header("Accept")?.startsWith("application/json");
    return wantsJson ? context.json(served) : context.text(served.token);
  });
}

function unavailable(context: Context, error: string): Response {
  return context.json({ error }, 503, { "Retry-After": RETRY_AFTER });
}
