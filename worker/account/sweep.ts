/**
 * The sweep of an account: begun, recorded and logged.
 *
 * @module
 */
import { AccountError } from "../../lib/rotation/account.ts";
import type { Unmanaged } from "../../lib/rotation/decision.ts";
import type { Ledger } from "../../lib/rotation/ledger.ts";
import { parseMarker } from "../../lib/rotation/marker.ts";
import { endedUndelivered } from "../../lib/rotation/rotate.ts";
import { type StartedRun, sweep, type SweepReport } from "../../lib/rotation/sweep.ts";
import type { Context, Environment } from "../environment.ts";
import { assessHealth } from "../health.ts";
import type { Log } from "../log.ts";
import { describeSweepFailure } from "./sweep_failure.ts";
import type { SweepLog, SweepRecord } from "./sweep_log.ts";

/** As many instances as `createBatch` takes at once. */
const largestBatch = 100;

/** How many unmanaged authorizations and problems are kept of a sweep. */
const mostKept = 100;

/** What a sweep of an account works with. */
export interface AccountSweep {
  /** The configuration, and what the Worker works with. */
  readonly context: Context;
  /** The bindings. */
  readonly environment: Environment;
  /** The account's ledger. */
  readonly ledger: Ledger;
  /** The account's log of sweeps. */
  readonly sweeps: SweepLog;
  /** Whether no cron has come for long, and the account's own alarm has begun it. */
  readonly isCronSilent: boolean;
}

/** Runs a sweep. Whatever goes wrong is recorded and logged, so that the next one starts afresh. */
export async function runSweep(account: AccountSweep): Promise<void> {
  const { context: { configured, log }, ledger, sweeps } = account;
  const { warnings } = configured;
  const at = Date.now();
  if (warnings.length > 0) log.warn("configuration", { warnings });
  try {
    sweeps.begin(at);
    const record = await runOnce(account, at);
    sweeps.complete(record, Date.now());
    const records = { ledger: await ledger.read(), last: record, lastClean: sweeps.lastClean() };
    const reasons = assessHealth({ configured, records, unreadable: null, now: Date.now() })
      .filter(({ kind }) => kind !== "configuration_invalid")
      .map(({ kind, count }) => ({ kind, count }));
    sweeps.writeHealth({ at, reasons });
  } catch (error) {
    log.error("sweep_unrecorded", { error });
  }
}

async function runOnce(account: AccountSweep, at: number): Promise<SweepRecord> {
  const { log } = account.context;
  try {
    const report = await sweepConfigured(account);
    logReport(log, report);
    return { at, error: null, halt: null, report: toKept(report) };
  } catch (error) {
    const message = describeSweepFailure(error);
    log.error("sweep", { error: message });
    const halt = error instanceof AccountError ? "account" : null;
    return { at, error: message, halt, report: null };
  }
}

async function sweepConfigured(
  { context: { configured, createSweepWorld }, environment, ledger, isCronSilent }: AccountSweep,
): Promise<SweepReport> {
  if (!configured.ok) {
    throw new Error(
      `Cannot sweep with an invalid configuration: nothing was done. ${
        configured.mistakes.map(({ path, message }) => `${path}: ${message}`).join("; ")
      }`,
    );
  }
  const { configuration } = configured;
  const report = await sweep({
    ...await createSweepWorld(configuration),
    ledger,
    credentials: configuration.credentials,
    fuse: configuration.fuse,
    ...(configuration.account === undefined ? {} : { confirmedAccount: configuration.account }),
    mayHaveDelivered: (runId) => mayHaveDelivered(environment, runId),
    start: (runs) => start(environment, runs),
  });
  if (!isCronSilent) return report;
  return {
    ...report,
    notices: [...report.notices, {
      credential: null,
      kind: "cron_silent",
      message:
        "No cron has come for an hour, so the account's own alarm began this sweep, and begins one every hour: check that wrangler.toml has [triggers] crons = [\"*/15 * * * *\"], and look at the cron's runs in Cloudflare's dashboard",
    }],
  };
}

/** A report of bounded size, as an account may hold a hundred thousand authorizations. */
function toKept(report: SweepReport): SweepReport {
  const { problems, unmanaged } = report;
  const more = problems.length - mostKept;
  const rest = `There ${more === 1 ? "is" : "are"} ${more} more: see the Worker's log`;
  return {
    ...report,
    // Another Worker's are told apart by their marks, and must not be lost among the others.
    unmanaged: unmanaged.toSorted((a, b) => Number(isMarked(b)) - Number(isMarked(a)))
      .slice(0, mostKept),
    unmanagedCount: unmanaged.length,
    problems: more > 0 ? [...problems.slice(0, mostKept), rest] : problems,
  };
}

function isMarked({ description }: Unmanaged): boolean {
  return parseMarker(description).mark !== undefined;
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

/** What is no longer kept of a run, or cannot be asked, does not show that it delivered nothing. */
async function mayHaveDelivered({ ROTATION }: Environment, runId: string): Promise<boolean> {
  try {
    const { status, output } = await (await ROTATION.get(runId)).status();
    return status !== "terminated" && !endedUndelivered(output);
  } catch {
    return true;
  }
}

async function start({ ROTATION }: Environment, runs: readonly StartedRun[]): Promise<void> {
  for (let from = 0; from < runs.length; from += largestBatch) {
    await ROTATION.createBatch(
      runs.slice(from, from + largestBatch).map(({ id, run }) => ({ id, params: run })),
    );
  }
}
