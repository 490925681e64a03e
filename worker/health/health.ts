/**
 * Health: whether anybody has to look, and why. Pure.
 *
 * @module
 */
import type { Credential } from "../../lib/rotation/credential.ts";
import type { HealthRecord } from "../account/sweep_log.ts";
import { type ConfigurationResult, findAccount } from "../config/configuration.ts";
import { findCredentialFaults } from "./credential_faults.ts";
import { type Fault, type HealthReasonKind, ofAccount, type Situation } from "./fault.ts";
import { findSweepFaults } from "./sweep_faults.ts";

/** One reason not to be well. */
export interface HealthReason {
  /** What is wrong. */
  readonly kind: HealthReasonKind;
  /** How often: of mistakes, problems or credentials. */
  readonly count: number;
  /** The same in words, for who may know names. */
  readonly details: readonly string[];
}

/** Finds everything that is wrong with an account; nothing at all when all is well. */
export function findFaults(
  { configured, account, records, unreadable, now }: Situation,
): readonly Fault[] {
  return [
    ...ofAccount(
      "configuration_invalid",
      configured.ok ? [] : configured.mistakes.map(({ path, message }) => `${path}: ${message}`),
    ),
    ...records
      ? [
        ...findSweepFaults(records, now),
        ...findCredentialFaults(credentialsOf(configured, account), records, now),
        ...records.broken.map(({ name, error }): Fault => ({
          kind: "channel_broken",
          credential: null,
          channel: name,
          message:
            `The channel '${name}' of ALERTS has taken no alert for more than an hour. ${error}`,
        })),
      ]
      : ofAccount("ledger_unreadable", lacksAccount(configured) ? [] : [unreadable ?? ""]),
  ];
}

/** The same, the faults of one kind as one reason. */
export function assessHealth(situation: Situation): readonly HealthReason[] {
  return group(findFaults(situation));
}

function group(faults: readonly Fault[]): readonly HealthReason[] {
  return [...Map.groupBy(faults, ({ kind }) => kind)].map(([kind, same]) =>
    reason(kind, same.map(describeFault))
  );
}

function describeFault({ credential, message }: Fault): string {
  return credential === null ? message : `${credential}: ${message}`;
}

/** The credentials of an account; none where the configuration is invalid. */
export function credentialsOf(
  configured: ConfigurationResult,
  account: string,
): readonly Credential[] {
  return findAccount(configured, account)?.credentials ?? [];
}

/**
 * Says everything that is wrong with any of the accounts, each detail with the account that it is
 * about where there are several. What is wrong with the configuration is said once.
 */
export function assessAll(situations: readonly Situation[]): readonly HealthReason[] {
  const several = situations.length > 1;
  const all = situations.flatMap((situation, at) =>
    assessHealth(situation)
      .filter(({ kind }) => kind !== "configuration_invalid" || at === 0)
      .map(({ kind, details }) => ({
        kind,
        details: several && kind !== "configuration_invalid"
          ? details.map((detail) => `${situation.account}: ${detail}`)
          : details,
      }))
  );
  return [...Map.groupBy(all, ({ kind }) => kind)].map(([kind, reasons]) =>
    reason(kind, reasons.flatMap(({ details }) => details))
  );
}

/** What a monitor sees: of one kind of reason, how often there is one. */
export type HealthCount = Pick<HealthReason, "kind" | "count">;

/** Counts faults, by their kinds. */
export function countFaults(faults: readonly Fault[]): readonly HealthCount[] {
  return group(faults).map(({ kind, count }) => ({ kind, count }));
}

/**
 * Says what is wrong by what the newest sweep wrote down, which takes one row however many credentials
 * there are, and by what has changed since: the configuration and the time.
 *
 * @param record What it wrote down; undefined before the first sweep.
 * @param unreadable Why that could not be read; null when it could.
 */
export function countHealth(
  { configured, account, unreadable, now }: Omit<Situation, "records">,
  record: HealthRecord | undefined,
): readonly HealthCount[] {
  const last = record === undefined
    ? undefined
    : { ...record, error: null, halt: null, report: null };
  const records = { ledger: new Map(), last, lastClean: last?.at, broken: [] };
  const present = assessHealth({
    configured,
    account,
    records: unreadable === null ? records : undefined,
    unreadable,
    now,
  });
  return [...present.map(({ kind, count }) => ({ kind, count })), ...record?.reasons ?? []];
}

/** Whether there is no binding to the account, which is a mistake of the configuration already. */
function lacksAccount(configured: ConfigurationResult): boolean {
  return !configured.ok && configured.mistakes.some(({ path }) => path === "ACCOUNT");
}

function reason(kind: HealthReasonKind, details: readonly string[]): HealthReason {
  return { kind, count: details.length, details };
}
