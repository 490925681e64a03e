/**
 * `GET /events`: what happened in an account, from the oldest event on, a line of JSON for each.
 *
 * @module
 */
import type { Context, MiddlewareHandler } from "hono";
import { Hono } from "hono/tiny";
import { describeAccountFailure } from "../account/account_failure.ts";
import type { RemoteAccount } from "../account/remote.ts";
import type { ConfigurationResult } from "../config/configuration.ts";
import type { Log } from "../log.ts";

/** What the route works with. */
export interface EventsDependencies {
  /** The configuration, or what is wrong with it. */
  readonly configured: ConfigurationResult;
  /** Gives an account, to be read. */
  readonly account: (name: string) => Pick<RemoteAccount, "readEvents">;
  /** Takes why events cannot be read. */
  readonly log: Log;
}

/** The header that says how far the chain of events reaches: `NUMBER:HASH` of the newest, or `0`. */
export const HEAD_HEADER = "Herotate-Events-Head";

/** How many events one answer has at most. */
const MOST = 1_000;

/** Makes the route. */
export function createEventsRoute(
  { configured, account, log }: EventsDependencies,
  requirePageKey: MiddlewareHandler,
): Hono {
  return new Hono().get("/", requirePageKey, async (context) => {
    const { after = "0", account: asked, credential, kind } = context.req.query();
    if (!/^\d{1,15}$/.test(after)) {
      return refuse(context, "'after' must be the number of an event, such as 0 for all");
    }
    const names = configured.accountNames;
    const name = asked ?? (names.length === 1 ? names[0] : undefined);
    if (name === undefined || !names.includes(name)) {
      return refuse(context, `'account' must be one of ${names.join(", ")}`);
    }
    try {
      const { lines, head } = await account(name).readEvents({
        after: Number(after),
        limit: MOST,
        credential,
        kind,
      });
      return context.body(lines.map((line) => `${line}\n`).join(""), 200, {
        "Content-Type": "application/x-ndjson; charset=utf-8",
        [HEAD_HEADER]: head.hash === null ? "0" : `${head.number}:${head.hash}`,
      });
    } catch (error) {
      log.error("account_unreadable", { error });
      return context.json({
        error: `The account cannot be read. ${describeAccountFailure(error)}`,
      }, 503);
    }
  });
}

function refuse(context: Context, why: string): Response {
  return context.json({ error: `Cannot give events: ${why}` }, 400);
}
