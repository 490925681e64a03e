/**
 * Requests: the app with this Worker's configuration and ledger.
 *
 * @module
 */
import type { TargetDefinition } from "../lib/targets/target.ts";
import { createApp } from "./app.ts";
import { createContext, type Environment } from "./environment.ts";
import { createSweepLog } from "./sweep_log.ts";

/** Answers a request. */
export async function serve(
  request: Request,
  environment: Environment,
  definitions: readonly TargetDefinition<unknown>[],
): Promise<Response> {
  const { configured, database, ledger, log } = await createContext(environment, definitions);
  const sweeps = createSweepLog(database);
  return await createApp({ configured, ledger, sweeps, log, now: Date.now }).fetch(request);
}
