/**
 * Requests: the app with this Worker's configuration and ledger.
 *
 * @module
 */
import { createApp } from "./app.ts";
import type { Environment, ReadContext } from "./context.ts";
import { oncePerKey } from "./once_per_key.ts";

/** Makes what answers requests. The app is made once for each environment. */
export function createServer(
  read: ReadContext,
): (request: Request, environment: Environment) => Promise<Response> {
  const appOf = oncePerKey((environment: Environment) => {
    const { configured, account, allAccounts, log } = read(environment);
    return createApp({ configured, account, allAccounts, log, now: Date.now });
  });
  return async (request, environment) => await appOf(environment).fetch(request);
}
