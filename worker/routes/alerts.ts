/**
 * `POST /alerts/test`: sends a test to each channel of alerts, and says which took it.
 *
 * @module
 */
import type { MiddlewareHandler } from "hono";
import { csrf } from "hono/csrf";
import { Hono } from "hono/tiny";
import { composeTest } from "../alerts/compose.ts";
import type { ConfigurationResult } from "../config/configuration.ts";

/** What became of a test. */
export interface ChannelTest {
  /** The name of the channel. */
  readonly name: string;
  /** Why it did not take the test; null when it did. */
  readonly error: string | null;
}

/** Makes the route. */
export function createAlertsRoute(
  { channels, pageUrl, accountNames }: Pick<
    ConfigurationResult,
    "channels" | "pageUrl" | "accountNames"
  >,
  requirePageKey: MiddlewareHandler,
): Hono {
  // A browser keeps the page's key, and would show it for another site's form.
  return new Hono().post("/test", csrf(), requirePageKey, async (context) => {
    const alert = composeTest(accountNames.at(0) ?? "heroku", { pageUrl, at: Date.now() });
    const tests = await Promise.all(channels.map(async ({ name, send }): Promise<ChannelTest> => {
      try {
        await send(alert);
        return { name, error: null };
      } catch (error) {
        return { name, error: error instanceof Error ? error.message : "It failed" };
      }
    }));
    return context.json({ channels: tests });
  });
}
