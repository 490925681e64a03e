/**
 * The cron: one sweep, recorded and logged.
 *
 * @module
 */
import { AccountError } from "../lib/rotation/account.ts";
import { type StartedRun, sweep } from "../lib/rotation/sweep.ts";
import type { TargetDefinition } from "../lib/targets/target.ts";
import { createContext, type Environment } from "./environment.ts";
import { createSweepLog } from "./sweep_log.ts";

/** As many instances as `createBatch` takes at once. */
const largestBatch = 100;

/** Runs a sweep. Whatever goes wrong is recorded and logged, so that the next one starts afresh. */
export async function runSweep(
  environment: Environment,
  definitions: readonly TargetDefinition<unknown>[],
): Promise<void> {
  const { configured, ledger, createWorld, log } = await createContext(environment, definitions);
  const sweeps = createSweepLog(environment.LEDGER);
  const at = Date.now();
  try {
    if (!configured.ok) {
      throw new Error(
        `Cannot sweep with an invalid configuration: nothing was done. ${
          configured.mistakes.map(({ path, message }) => `${path}: ${message}`).join("; ")
        }`,
      );
    }
    const { configuration } = configured;
    const report = await sweep({
      ...await createWorld(configuration),
      ledger,
      credentials: configuration.credentials,
      fuse: configuration.fuse,
      start: (runs) => start(environment, runs),
    });
    log[report.problems.length > 0 ? "warn" : "info"]("sweep", {
      started: report.started,
      removed: report.removed,
      doubts: report.doubts.map(({ reason }) => reason),
      notices: report.notices.map(({ message }) => message),
      undead: report.undead,
      problems: report.problems,
    });
    await sweeps.record({ at, error: null, halt: null, report });
  } catch (error) {
    const message = error instanceof Error ? error.message : "Unknown error";
    log.error("sweep", { error: message });
    const halt = error instanceof AccountError ? "account" : null;
    await sweeps.record({ at, error: message, halt, report: null });
  }
}

async function start({ ROTATION }: Environment, runs: readonly StartedRun[]): Promise<void> {
  for (let from = 0; from < runs.length; from += largestBatch) {
    await ROTATION.createBatch(
      runs.slice(from, from + largestBatch).map(({ id, run }) => ({ id, params: run })),
    );
  }
}
