/**
 * What follows a sweep: what it found is written down, and alerts and a heartbeat are sent.
 *
 * @module
 */
import { compareProblems } from "../alerts/changes.ts";
import { composeAlerts } from "../alerts/compose.ts";
import { sendHeartbeat } from "../alerts/heartbeat.ts";
import { findProblems } from "../alerts/problems.ts";
import { sendAlerts } from "../alerts/send_alerts.ts";
import { createRedact } from "../../lib/redact.ts";
import { findAccount } from "../config/configuration.ts";
import type { WorkerContext } from "../context.ts";
import type { Fault, Situation } from "../health/fault.ts";
import { countFaults, credentialsOf, findFaults } from "../health/health.ts";
import type { SweptAccount } from "./account.ts";
import type { SweepRecord } from "./sweep_log.ts";

/** What a sweep is concluded with. */
export interface Conclusion extends Omit<SweptAccount, "isCronSilent"> {
  /** The configuration, and where the log goes. */
  readonly context: Pick<WorkerContext, "configured" | "log">;
}

/** Concludes a sweep. */
export async function concludeSweep(account: Conclusion, record: SweepRecord): Promise<void> {
  const { context: { configured, log }, ledger, name, sweeps, alerts } = account;
  const now = account.now();
  sweeps.complete(record, now);
  const { channels } = configured;
  if (configured.ok) {
    alerts.keepOnly(channels.map((channel) => channel.name));
    account.configurations.note(credentialsOf(configured, name));
  }
  const records = {
    ledger: await ledger.read(),
    last: record,
    lastClean: sweeps.lastClean(),
    broken: alerts.readBroken(now),
  };
  const situation = { configured, account: name, records, unreadable: null, now };
  const faults = findFaults(situation);
  const lasting = faults.filter(({ kind }) => kind !== "configuration_invalid");
  sweeps.writeHealth({ at: record.at, reasons: countFaults(lasting) });
  reportChanges(account, { ...situation, records }, faults, record);
  await sendAlerts(channels, { book: alerts, log, now: account.now });
  if (lasting.length === 0 && isClean(record)) await beat(account);
}

/** What a line of the log says of the account, where there is more than one. */
export function label(
  { context: { configured }, name }: Pick<Conclusion, "context" | "name">,
): { readonly account?: string } {
  return configured.accountNames.length > 1 ? { account: name } : {};
}

/** Whether a sweep saw everything, and had no problem. */
function isClean({ error, report }: SweepRecord): boolean {
  return error === null && report !== null && report.problems.length === 0;
}

/** Writes down what changed since the sweep before, to be sent. */
function reportChanges(
  { context: { configured }, name, alerts }: Conclusion,
  situation: Situation & { readonly records: NonNullable<Situation["records"]> },
  faults: readonly Fault[],
  { at, error, report }: SweepRecord,
): void {
  const { accountNames, channels, pageUrl, secrets } = configured;
  // With a wrong configuration no sweep goes through: only the first account reports that.
  const isFirst = (accountNames.at(0) ?? name) === name;
  const told = configured.ok
    ? faults
    : faults.filter(({ kind }) =>
      kind === "configuration_invalid" ? isFirst : kind !== "sweep_failed"
    );
  const problems = findProblems(told, situation.records.ledger, credentialsOf(configured, name));
  const sawAll = error === null && report !== null && report.unreliable === null;
  const { changes, open } = compareProblems(alerts.readOpen(), problems, { at, sawAll });
  const composed = composeAlerts(changes, open, {
    account: name,
    several: accountNames.length > 1,
    channels,
    pageUrl,
    at,
    redact: createRedact(secrets),
  });
  alerts.write(composed.open, composed.letters);
}

/** Says to a monitor that all is well, where one is configured. */
async function beat(account: Conclusion): Promise<void> {
  const { context: { configured, log }, events, name } = account;
  const address = findAccount(configured, name)?.heartbeat;
  if (address === undefined) return;
  const { head } = events.read({ after: 0, limit: 0 });
  const failure = await sendHeartbeat(address, head, { fetch: globalThis.fetch });
  if (failure !== undefined) log.warn("heartbeat_failed", { ...label(account), error: failure });
}
