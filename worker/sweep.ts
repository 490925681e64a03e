/**
 * The cron: one sweep, recorded and logged.
 *
 * @module
 */
import { AccountError } from "../lib/rotation/account.ts";
import { type StartedRun, sweep, type SweepReport } from "../lib/rotation/sweep.ts";
import type { Context, Environment, ReadContext } from "./environment.ts";
import type { Log } from "./log.ts";
import { describeSweepFailure } from "./sweep_failure.ts";
import { createSweepLog, type SweepRecord } from "./sweep_log.ts";

/** As many instances as `createBatch` takes at once. */
const largestBatch = 100;

/** Runs a sweep. Whatever goes wrong is recorded and logged, so that the next one starts afresh. */
export async function runSweep(
  environment: Environment,
  read: ReadContext,
): Promise<void> {
  const context = read(environment);
  const { configured: { warnings }, database, log } = context;
  const at = Date.now();
  if (warnings.length > 0) log.warn("configuration", { warnings });
  const record = await runOnce(context, environment, at);
  try {
    await createSweepLog(database).record(record);
  } catch (error) {
    log.error("sweep_unrecorded", { error });
  }
}

async function runOnce(
  context: Context,
  environment: Environment,
  at: number,
): Promise<SweepRecord> {
  try {
    const report = await sweepConfigured(context, environment);
    logReport(context.log, report);
    return { at, error: null, halt: null, report };
  } catch (error) {
    const message = describeSweepFailure(error);
    context.log.error("sweep", { error: message });
    const halt = error instanceof AccountError ? "account" : null;
    return { at, error: message, halt, report: null };
  }
}

async function sweepConfigured(
  { configured, ledger, createWorld }: Context,
  environment: Environment,
): Promise<SweepReport> {
  if (!configured.ok) {
    throw new Error(
      `Cannot sweep with an invalid configuration: nothing was done. ${
        configured.mistakes.map(({ path, message }) => `${path}: ${message}`).join("; ")
      }`,
    );
  }
  const { configuration } = configured;
  return await sweep({
    ...await createWorld(configuration),
    ledger,
    credentials: configuration.credentials,
    fuse: configuration.fuse,
    ...(configuration.account === undefined ? {} : { confirmedAccount: configuration.account }),
    start: (runs) => start(environment, runs),
  });
}

function logReport(log: Log, report: SweepReport): void {
  const { started, removed, doubts, notices, undead, problems } = report;
  log[problems.length > 0 ? "warn" : "info"]("sweep", {
    started,
    removed,
    doubts: doubts.map(({ reason }) => reason),
    notices: notices.map(({ message }) => message),
    undead,
    problems,
  });
}

async function start({ ROTATION }: Environment, runs: readonly StartedRun[]): Promise<void> {
  for (let from = 0; from < runs.length; from += largestBatch) {
    await ROTATION.createBatch(
      runs.slice(from, from + largestBatch).map(({ id, run }) => ({ id, params: run })),
    );
  }
}
