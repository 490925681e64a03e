/**
 * The sweep of an account: begun, recorded and logged.
 *
 * @module
 */
import { AccountError } from "../../lib/rotation/account.ts";
import type { Unmanaged } from "../../lib/rotation/decision.ts";
import { parseMarker } from "../../lib/rotation/marker.ts";
import { endedUndelivered } from "../../lib/rotation/rotate.ts";
import { type StartedRun, sweep, type SweepReport } from "../../lib/rotation/sweep.ts";
import { findAccount } from "../config/configuration.ts";
import type { Environment, WorkerContext } from "../context.ts";
import type { Log } from "../log.ts";
import { describeSweepFailure } from "./sweep_failure.ts";
import type { SweptAccount } from "./account.ts";
import { concludeSweep, label } from "./conclude_sweep.ts";
import type { SweepRecord } from "./sweep_log.ts";

/** As many instances as `createBatch` takes at once. */
const LARGEST_BATCH = 100;

/** How many unmanaged authorizations and problems are kept of a sweep. */
const MOST_KEPT = 100;

/** What a sweep of an account works with. */
export interface AccountSweep extends SweptAccount {
  /** The configuration, and what the Worker works with. */
  readonly context: WorkerContext;
  /** The bindings. */
  readonly environment: Environment;
}

/**
 * Runs a sweep. Whatever goes wrong is recorded and logged, so that the next one starts afresh. False
 * when the configuration has no such account any more: nothing is done for it.
 */
export async function runSweep(account: AccountSweep): Promise<boolean> {
  const { context: { configured, log }, name, now, sweeps } = account;
  if (configured.ok && !configured.accountNames.includes(name)) return false;
  const { warnings } = configured;
  const at = now();
  if (warnings.length > 0) log.warn("configuration_doubted", { warnings });
  try {
    sweeps.begin(at);
    const record = await runOnce(account, at);
    await concludeSweep(account, record);
  } catch (error) {
    log.error("sweep_unrecorded", { ...label(account), error });
  }
  return true;
}

async function runOnce(account: AccountSweep, at: number): Promise<SweepRecord> {
  const { log } = account.context;
  try {
    const report = await sweepConfigured(account);
    logReport(log, report, label(account));
    return { at, error: null, halt: null, report: toKept(report) };
  } catch (error) {
    const message = describeSweepFailure(
      error,
      findAccount(account.context.configured, account.name)?.tokenSecret ?? "HEROKU_API_TOKEN",
    );
    log.error("sweep_failed", { ...label(account), error: message });
    const halt = error instanceof AccountError ? "account" : null;
    return { at, error: message, halt, report: null };
  }
}

async function sweepConfigured(account: AccountSweep): Promise<SweepReport> {
  const { context, environment, ledger, name, now } = account;
  const { configured } = context;
  const found = findAccount(configured, name);
  if (!configured.ok || !found) {
    throw new Error(
      `Cannot sweep with an invalid configuration: nothing was done. ${
        (configured.ok ? [] : configured.mistakes)
          .map(({ path, message }) => `${path}: ${message}`).join("; ")
      }`,
    );
  }
  const { confirmed, credentials, fuse, tokenSecret } = found;
  const several = configured.accountNames.length > 1;
  let limit: number | undefined;
  const seeLimit = (remaining: number) => {
    limit = remaining;
  };
  const seen = await sweep({
    ...await context.createAccount(configured.configuration, found, seeLimit),
    sealing: await context.createSealing(),
    now,
    ledger,
    credentials,
    fuse,
    ...(confirmed === undefined ? {} : { confirmedAccount: confirmed }),
    ...(several
      ? {
        names: { token: tokenSecret, confirmed: "heroku_account" },
        claimAccount: (id) => claimAccount(account, id),
      }
      : {}),
    mayHaveDelivered: (runId) => mayHaveDelivered(environment, runId),
    start: (runs) => start(environment, name, runs),
  });
  const report = { ...seen, ...(limit === undefined ? {} : { rateLimitRemaining: limit }) };
  if (!account.isCronSilent) return report;
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

/** Two accounts with the tokens of one Heroku user would both manage all that this user has. */
async function claimAccount(
  { context: { account, configured, userOf }, name }: AccountSweep,
  id: string,
): Promise<string | undefined> {
  const user = userOf(id);
  const all = configured.accountNames;
  let owner = await user.own(name, all);
  if (owner === name) return undefined;
  const held = await account(owner).herokuAccount();
  // An account that went over to another user no longer has this one.
  if (held !== null && held !== id) {
    owner = await user.own(
      name,
      all.filter((each) => each !== owner),
    );
  }
  return owner === name
    ? undefined
    : `The tokens of the accounts '${owner}' and '${name}' belong to one Heroku user (${id}): nothing was made, delivered or deleted for '${name}'. Give each account the token of a user of its own, or put the credentials of both into one account`;
}

/** A report of bounded size, as an account may hold a hundred thousand authorizations. */
function toKept(report: SweepReport): SweepReport {
  const { problems, unmanaged, withheld } = report;
  const more = problems.length - MOST_KEPT;
  const rest = `There ${more === 1 ? "is" : "are"} ${more} more: see the Worker's log`;
  return {
    ...report,
    // Another Worker's are told apart by their marks, and must not be lost among the others.
    unmanaged: unmanaged.toSorted((a, b) => Number(isMarked(b)) - Number(isMarked(a)))
      .slice(0, MOST_KEPT),
    unmanagedCount: unmanaged.length,
    withheld: withheld.slice(0, MOST_KEPT),
    problems: more > 0 ? [...problems.slice(0, MOST_KEPT), rest] : problems,
  };
}

function isMarked({ description }: Unmanaged): boolean {
  return parseMarker(description).mark !== undefined;
}

function logReport(
  log: Log,
  report: SweepReport,
  label: { readonly account?: string },
): void {
  const { started, removed, withheld, doubts, notices, undead, problems } = report;
  log[problems.length > 0 ? "warn" : "info"]("sweep_done", {
    ...label,
    started,
    removed,
    ...(withheld.length > 0 ? { withheld } : {}),
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

async function start(
  { ROTATION }: Environment,
  account: string,
  runs: readonly StartedRun[],
): Promise<void> {
  for (let from = 0; from < runs.length; from += LARGEST_BATCH) {
    await ROTATION.createBatch(
      runs.slice(from, from + LARGEST_BATCH).map(({ id, run }) => ({
        id,
        params: { ...run, account },
      })),
    );
  }
}
