/**
 * The status: all that the page and scripts show. It is JSON and holds no token, sealed or not.
 * Members are in snake_case and times ISO 8601 in UTC, as in Heroku's API.
 *
 * @module
 */
import { type Credential, type CredentialTarget, isPaused } from "../lib/rotation/credential.ts";
import type { CredentialLedger, Entry } from "../lib/rotation/ledger.ts";
import type { Decision, DecisionKind } from "../lib/rotation/decision.ts";
import { isExpected } from "../lib/rotation/line.ts";
import { graceFor } from "../lib/rotation/schedule.ts";
import type { ProofKind } from "../lib/targets/target.ts";
import { findHolders, hasPassed, TOO_MANY_FAILURES } from "./health/credential_faults.ts";
import type { Situation } from "./health/fault.ts";
import { assessAll, assessHealth, credentialsOf, type HealthReason } from "./health/health.ts";
import type { Mistake } from "./config/mistakes.ts";
import type { SweepRecord } from "./account/sweep_log.ts";

/** The whole status. */
export interface Status {
  /** When it was read. */
  readonly at: string;
  /** Whether anybody has to look. */
  readonly status: "ok" | "failing";
  /** Why. */
  readonly reasons: readonly HealthReason[];
  /** What is wrong with the configuration. */
  readonly mistakes: readonly Mistake[];
  /** What in the configuration may not be meant as it is written. */
  readonly warnings: readonly Mistake[];
  /** The accounts, each by itself, in the configuration's order. */
  readonly accounts: readonly AccountStatus[];
  /** The configured credentials, in the configuration's order. */
  readonly credentials: readonly CredentialStatus[];
  /** The accounts that have left the configuration, with what remains of them. */
  readonly former_accounts: readonly FormerAccountStatus[];
  /** The authorizations in Heroku that no credential claims: the first hundred of each account. */
  readonly unmanaged: readonly UnmanagedStatus[];
}

/** An account. */
export interface AccountStatus {
  /** Its name. */
  readonly name: string;
  /** Whether anybody has to look. */
  readonly status: "ok" | "failing";
  /** Why; what is wrong with the configuration is said above. */
  readonly reasons: readonly HealthReason[];
  /** The newest sweep; null before the first. */
  readonly last_sweep: SweepStatus | null;
  /** When the newest sweep without a problem began; null when there was none. */
  readonly last_clean_sweep_at: string | null;
  /** How many authorizations no credential claims. */
  readonly unmanaged_count: number;
  /** How many requests Heroku had left for it when the last sweep ended; null where it did not say. */
  readonly rate_limit_remaining: number | null;
}

/** An account that has left the configuration. */
export interface FormerAccountStatus {
  /** Its name. */
  readonly name: string;
  /** What lived in Heroku when it was last looked at, and has not expired since. */
  readonly remaining: readonly RemainingStatus[];
}

/** An authorization of an account that has left the configuration. */
export interface RemainingStatus {
  /** The credential that it is for. */
  readonly credential: string;
  /** Its generation. */
  readonly generation: number;
  /** Its id in Heroku. */
  readonly authorization: string | null;
  /** When it expires by itself; null for never, or when Heroku does not say. */
  readonly expires_at: string | null;
}

/** What is known of an account that has left the configuration. */
export interface FormerAccount {
  /** Its name. */
  readonly name: string;
  /** What its ledger knows, by the name of each credential. */
  readonly ledger: ReadonlyMap<string, CredentialLedger>;
}

/** A sweep. */
export interface SweepStatus {
  /** When it began. */
  readonly at: string;
  /** Why nothing was done; null for a sweep that went through. */
  readonly error: string | null;
  /** What went wrong on the way. */
  readonly problems: readonly string[];
  /** What the operator should know, though nothing is wrong. */
  readonly notices: readonly string[];
  /** The names of the credentials whose rotation was started. */
  readonly started: readonly string[];
  /** The ids of the leftovers that were removed. */
  readonly removed: readonly string[];
  /** What would have been removed as well if it were not only observed, in words. */
  readonly withheld: readonly string[];
}

/**
 * The state of a credential:
 *
 * - `current`: its token is good and nothing is due;
 * - `rotating`: an attempt is at work;
 * - `grace`: the replacement is proven everywhere, and the stale authorization still lives;
 * - `due`: a replacement is due and about to be made;
 * - `retrying`: the last attempt failed, and another follows;
 * - `failing`: three or more attempts in a row have failed;
 * - `blocked`: the operator must act first;
 * - `held`: the fuse holds it back;
 * - `braked`: as many authorizations were made for it as its schedule explains, and no more are;
 * - `missing`: no live authorization is known;
 * - `paused`: the configuration says so;
 * - `observed`: the configuration says so: the decision is shown, and nothing is done;
 * - `unseen`: no sweep has seen it yet.
 */
export type CredentialState =
  | "current"
  | "rotating"
  | "grace"
  | "due"
  | "retrying"
  | "failing"
  | "blocked"
  | "held"
  | "braked"
  | "missing"
  | "paused"
  | "observed"
  | "unseen";

/** A credential. */
export interface CredentialStatus {
  /** Its name. */
  readonly name: string;
  /** The name of the account that it is in. */
  readonly account: string;
  /** Its state. */
  readonly state: CredentialState;
  /** The generation that the targets hold: 0 for one that was adopted; null when there is none. */
  readonly generation: number | null;
  /** The id of its authorization in Heroku; null when there is none. */
  readonly authorization: string | null;
  /** When the token expires; null for never, when Heroku does not say, or when there is none. */
  readonly expires_at: string | null;
  /** Whether the token never expires. */
  readonly never_expires: boolean;
  /**
   * What the newest sweep decided; null when it did not see the credential, or an attempt has ended
   * since.
   */
  readonly decision: DecisionStatus | null;
  /** How many attempts in a row have failed. */
  readonly failures: number;
  /** Why the last one failed; null when it did not. */
  readonly error: string | null;
  /** The places that use it. */
  readonly targets: readonly TargetStatus[];
  /** What lives on beside the authorization above. */
  readonly stale: readonly StaleStatus[];
}

/** A decision of the newest sweep. */
export interface DecisionStatus {
  /** What is to be done. */
  readonly kind: DecisionKind;
  /** Why, in words. */
  readonly reason: string;
  /** The next moment at which it would change by itself; null for none. */
  readonly until: string | null;
}

/** A target. */
export interface TargetStatus {
  /** Its kind. */
  readonly type: string;
  /** The place it writes. */
  readonly place: string;
  /** Whether the stale authorization lives on until it is proven. */
  readonly required: boolean;
  /** The generation that was last delivered or proven there; null for none by this Worker. */
  readonly generation: number | null;
  /** When it was delivered; null for never. */
  readonly delivered_at: string | null;
  /** The evidence that it holds that generation's token; null for none. */
  readonly proof: ProofStatus | null;
}

/** A proof. */
export interface ProofStatus {
  /** How strong it is. */
  readonly kind: ProofKind;
  /** What was seen, in words. */
  readonly detail: string;
  /** When it was seen. */
  readonly proven_at: string | null;
}

/** An authorization that lives on beside the one that the targets hold. */
export interface StaleStatus {
  /** Its generation. */
  readonly generation: number;
  /** Its id in Heroku. */
  readonly authorization: string | null;
  /** When it expires by itself; null for never. */
  readonly expires_at: string | null;
  /** When its grace ends; null as long as no replacement is proven. */
  readonly grace_until: string | null;
}

/** An authorization that no credential claims. */
export interface UnmanagedStatus {
  /** The name of the account that it is in. */
  readonly account: string;
  /** Its id in Heroku. */
  readonly id: string;
  /** Its description. */
  readonly description: string;
  /** When it expires; null for never, or when Heroku does not say. */
  readonly expires_at: string | null;
  /** Whether it never expires. */
  readonly never_expires: boolean;
  /** Why it is no one's, in words. */
  readonly reason: string;
}

/** In milliseconds since the epoch: a date later than this is invalid. */
const LAST_MOMENT = 8.64e15;

/**
 * Describes the situations of all accounts, one at least, at one moment.
 *
 * @param former The accounts that have left the configuration.
 */
export function createStatus(
  situations: readonly Situation[],
  former: readonly FormerAccount[] = [],
): Status {
  const [{ configured, now }] = situations;
  const reasons = assessAll(situations);
  return {
    at: toTime(now),
    status: reasons.length === 0 ? "ok" : "failing",
    reasons,
    mistakes: configured.ok ? [] : configured.mistakes,
    warnings: configured.warnings,
    accounts: situations.map(describeAccount),
    former_accounts: former.map((each) => describeFormer(each, now))
      .filter(({ remaining }) => remaining.length > 0),
    credentials: situations.flatMap(describeCredentials),
    unmanaged: situations.flatMap(describeUnmanaged),
  };
}

function describeAccount(situation: Situation): AccountStatus {
  const { account, records } = situation;
  const report = records?.last?.report;
  const reasons = assessHealth(situation).filter(({ kind }) => kind !== "configuration_invalid");
  return {
    name: account,
    status: reasons.length === 0 ? "ok" : "failing",
    reasons,
    last_sweep: records?.last
      ? {
        at: toTime(records.last.at),
        error: records.last.error,
        problems: report?.problems ?? [],
        notices: (report?.notices ?? []).map(({ message }) => message),
        started: report?.started ?? [],
        removed: report?.removed ?? [],
        withheld: report?.withheld ?? [],
      }
      : null,
    last_clean_sweep_at: toTimeOrNull(records?.lastClean),
    unmanaged_count: report?.unmanagedCount ?? 0,
    rate_limit_remaining: report?.rateLimitRemaining ?? null,
  };
}

function describeFormer({ name, ledger }: FormerAccount, now: number): FormerAccountStatus {
  const entries = [...ledger.values()].flatMap((known) => known.entries);
  return {
    name,
    remaining: entries
      .filter((entry) => isExpected(entry) && !hasPassed(entry.expiresAt, now))
      .map(({ credential, generation, authorization, expiresAt }) => ({
        credential,
        generation,
        authorization,
        expires_at: toTimeOrNull(expiresAt),
      })),
  };
}

function describeCredentials(
  { configured, account, records, now }: Situation,
): CredentialStatus[] {
  const decisions = new Map(
    records?.last?.report?.decisions.map((each) => [each.credential, each]),
  );
  return credentialsOf(configured, account).map((credential) => {
    const known = records?.ledger.get(credential.name);
    const decision = outdated(known, records?.last) ? undefined : decisions.get(credential.name);
    return describeCredential(credential, account, known, decision, now);
  });
}

function describeUnmanaged({ account, records }: Situation): UnmanagedStatus[] {
  return (records?.last?.report?.unmanaged ?? []).map((each) => ({
    account,
    id: each.id,
    description: each.description,
    expires_at: toTimeOrNull(each.expiresAt),
    never_expires: each.neverExpires,
    reason: each.reason,
  }));
}

function outdated(known: CredentialLedger | undefined, last: SweepRecord | undefined): boolean {
  return (known?.record.endedAt ?? -Infinity) > (last?.at ?? Infinity);
}

function describeCredential(
  credential: Credential,
  account: string,
  known: CredentialLedger | undefined,
  decision: Decision | undefined,
  now: number,
): CredentialStatus {
  const entries = known?.entries ?? [];
  const holder = findHolders(entries).at(-1);
  const stale = entries.filter((entry) => entry !== holder && isStale(entry, holder));
  return {
    name: credential.name,
    account,
    state: stateOf(credential, known, decision, stale, now),
    generation: holder?.generation ?? null,
    authorization: holder?.authorization ?? null,
    expires_at: toTimeOrNull(holder?.expiresAt),
    never_expires: holder !== undefined && holder.expiresAt === null && holder.lifetime === null,
    decision: decision
      ? { kind: decision.kind, reason: decision.reason, until: toTimeOrNull(decision.until) }
      : null,
    failures: known?.record.failures ?? 0,
    error: known?.record.error ?? null,
    targets: credential.targets.map((target) => describeTarget(target, known)),
    stale: stale.map(({ generation, authorization, expiresAt }) => ({
      generation,
      authorization,
      expires_at: toTimeOrNull(expiresAt),
      grace_until: holder?.state === "current" && holder.provenAt !== null
        ? toTime(holder.provenAt + graceFor(credential, holder.lifetime))
        : null,
    })),
  };
}

function stateOf(
  credential: Credential,
  known: CredentialLedger | undefined,
  decision: Decision | undefined,
  stale: readonly Entry[],
  now: number,
): CredentialState {
  if (isPaused(credential, known?.record ?? {})) return "paused";
  if (!known) return "unseen";
  if (credential.observe) return "observed";
  const { leaseUntil, failures } = known.record;
  if (leaseUntil !== null && leaseUntil > now) {
    const newest = known.entries.findLast(({ state }) =>
      state === "intended" || state === "minted" || state === "current"
    );
    return newest?.state === "current" && stale.length > 0 ? "grace" : "rotating";
  }
  if (decision?.kind === "blocked") return "blocked";
  if (failures >= TOO_MANY_FAILURES) return "failing";
  if (decision?.kind === "held" || decision?.kind === "braked") return decision.kind;
  if (failures > 0) return "retrying";
  if (findHolders(known.entries).every(({ expiresAt }) => hasPassed(expiresAt, now))) {
    return "missing";
  }
  return decision?.kind === "rotate" ? "due" : "current";
}

/** The newest proof for a place or, without one, the newest delivery. */
function describeTarget(
  { type, place, required }: CredentialTarget,
  known: CredentialLedger | undefined,
): TargetStatus {
  const deliveries = (known?.deliveries ?? [])
    .filter((delivery) => delivery.place === place)
    .toSorted((a, b) => a.deliveredAt - b.deliveredAt);
  const delivery = deliveries.findLast(({ proof }) => proof !== null) ?? deliveries.at(-1);
  const entry = known?.entries.find(({ mark }) => mark === delivery?.mark);
  return {
    type,
    place,
    required,
    generation: entry?.generation ?? null,
    delivered_at: toTimeOrNull(delivery?.deliveredAt),
    proof: delivery?.proof
      ? { ...delivery.proof, proven_at: toTimeOrNull(delivery.provenAt) }
      : null,
  };
}

function isStale({ state, generation }: Entry, holder: Entry | undefined): boolean {
  return (state === "adopted" || state === "minted" || state === "current") &&
    generation <= (holder?.generation ?? -1);
}

/** What lies beyond the last moment that a date can express is shown as that moment. */
function toTime(at: number): string {
  return new Date(Math.min(at, LAST_MOMENT)).toISOString();
}

function toTimeOrNull(at: number | null | undefined): string | null {
  return at === null || at === undefined ? null : toTime(at);
}
