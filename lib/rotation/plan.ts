/**
 * The plan: what a sweep is to do, and why. Pure: the same listing, configuration, ledger and time
 * give the same decisions.
 *
 * @module
 */
import type { Credential } from "./credential.ts";
import type { Decision, Fuse, Removal, Unmanaged } from "./decision.ts";
import type { CredentialLedger, Entry } from "./ledger.ts";
import {
  adoptionOf,
  expiryOf,
  foreignersOf,
  leftoversOf,
  predecessorOf,
  type View,
} from "./line.ts";
import { findNeed, findTaken, inspect, isExpiring, type Line, type Taken } from "./need.ts";
import { backoff, emergencyBackoff, leaseDuration, strangersOverlap } from "./policy.ts";

/** What a sweep is to do. */
export interface Plan {
  /** One decision for each configured credential, in the configuration's order. */
  readonly decisions: readonly Decision[];
  /** Leftovers to remove. */
  readonly removals: readonly Removal[];
  /** What nobody claims. */
  readonly unmanaged: readonly Unmanaged[];
  /** Authorizations of another Worker seen for the first time, to be noted in the ledger. */
  readonly foreign: readonly Entry[];
  /** Why nothing is started or removed, when the fuse has blown. */
  readonly blown: string | null;
}

/** What a plan is made from. */
export interface PlanInput {
  /** What Heroku lists. */
  readonly view: View;
  /** The configured credentials. */
  readonly credentials: readonly Credential[];
  /** What the ledger knows, by name. */
  readonly ledger: ReadonlyMap<string, CredentialLedger>;
  /** The current time, in milliseconds since the epoch. */
  readonly now: number;
  /** The most that may be done. */
  readonly fuse: Fuse;
}

/**
 * The entries with which each credential that the ledger does not know yet is to become known. They
 * are written before the plan is made.
 */
export function planAdoption(
  { view, credentials, ledger }: Omit<PlanInput, "fuse" | "now">,
): ReadonlyMap<string, readonly Entry[]> {
  const taken = new Set(
    credentials.flatMap(({ name }) =>
      ledger.get(name)?.entries.flatMap((entry) => entry.authorization ?? []) ?? []
    ),
  );
  return new Map(
    credentials
      .filter(({ name }) => !ledger.has(name))
      .map(({ name }) => [name, adoptionOf(name, view, taken)]),
  );
}

/** Decides what a sweep is to do. Every configured credential must be known to the ledger. */
export function plan({ view, credentials, ledger, now, fuse }: PlanInput): Plan {
  const known = credentials.flatMap((credential) => {
    const found = ledger.get(credential.name);
    if (!found) return [];
    const foreign = foreignersOf(credential.name, found, view);
    return [{ credential, foreign, of: { ...found, entries: [...found.entries, ...foreign] } }];
  });
  const taken = findTaken(ledger);
  const decisions = known.map(({ credential, of }) => decide(credential, of, taken, view, now));
  const removals = known.flatMap(({ credential, of }) =>
    credential.paused ? [] : findLeftovers(of, view, now)
  );
  const blown = findExcess(decisions, removals, fuse);
  return {
    decisions: blown ? decisions.map((decision) => hold(decision, blown)) : decisions,
    removals: blown ? [] : removals,
    unmanaged: findUnmanaged(known.flatMap(({ of }) => of.entries), credentials, view),
    foreign: known.flatMap(({ foreign }) => foreign),
    blown,
  };
}

function decide(
  credential: Credential,
  ledger: CredentialLedger,
  taken: Taken,
  view: View,
  now: number,
): Decision {
  const { name } = credential;
  const { record } = ledger;
  const line = inspect(ledger, view);
  const wait = (reason: string, until: number | null): Decision => ({
    kind: "wait",
    credential: name,
    reason,
    until,
  });
  if (credential.paused) return wait("It is paused: remove 'paused' to go on", null);

  if (isLeased(ledger, credential, now) && !isOverdue(line, ledger, credential, now)) {
    return {
      kind: "running",
      credential: name,
      reason: `Attempt ${record.attempt} is at work`,
      until: record.leaseUntil,
    };
  }

  const need = findNeed(credential, ledger, line, taken, now);
  if (!need.cause) return wait(need.reason, need.until);
  const { cause, reason } = need;

  const resumeAt = retryAt(ledger, need, now);
  if (now < resumeAt) {
    return {
      kind: "back_off",
      cause,
      credential: name,
      reason: `${reason}. The last attempt failed: ${record.error ?? "no reason given"}`,
      until: resumeAt,
    };
  }
  const creates = cause !== "unfinished" || !(line.minted ?? line.current);
  if (creates && !credential.scope && !predecessorOf(ledger.entries)) {
    return {
      kind: "blocked",
      cause,
      credential: name,
      reason: `${reason}. No predecessor says which scope it needs: set 'scope'`,
      until: null,
    };
  }
  return {
    kind: "rotate",
    credential: name,
    reason,
    until: null,
    cause,
    attempt: record.attempt + 1,
    seenLease: record.leaseUntil,
    creates,
    deletes: creates ? line.alive.length : line.alive.length - 1,
  };
}

function isLeased(ledger: CredentialLedger, credential: Credential, now: number): boolean {
  const { leaseUntil } = ledger.record;
  // A lease that reaches further than any attempt asks for was taken by a clock that ran ahead.
  return leaseUntil !== null && leaseUntil > now &&
    leaseUntil <= now + Math.max(credential.grace, strangersOverlap) + 2 * leaseDuration;
}

/**
 * Whether the promoted token needs a successor before its attempt ends: a dead one at once, as that
 * attempt writes to no target any more, and one that expires as soon as nothing is left but to sleep.
 */
function isOverdue(
  { newest, current }: Line,
  { record }: CredentialLedger,
  credential: Credential,
  now: number,
): boolean {
  if (newest?.state !== "current") return false;
  const isAsleep = record.leaseUntil !== null && record.leaseUntil > now + leaseDuration;
  return !current || (isAsleep && isExpiring(credential, current, now));
}

function retryAt(
  { record }: CredentialLedger,
  { emergencyAt }: { readonly emergencyAt: number },
  now: number,
): number {
  if (record.leaseUntil !== null || record.failures === 0 || record.endedAt === null) return now;
  // A failure in the far future was dated by a clock that ran ahead.
  if (record.endedAt > now + leaseDuration) return now;
  const endedAt = Math.min(record.endedAt, now);
  const wait = backoff(record.failures);
  return now >= emergencyAt
    ? endedAt + Math.min(wait, emergencyBackoff)
    : Math.min(endedAt + wait, emergencyAt);
}

function findLeftovers(ledger: CredentialLedger, view: View, now: number): Removal[] {
  const { leaseUntil } = ledger.record;
  const idle = leaseUntil === null || leaseUntil <= now;
  return ledger.entries
    .filter(({ state }) => state === "discarded" || (state === "intended" && idle))
    .flatMap((entry) =>
      leftoversOf(entry, view).map(({ id }) => ({
        entry,
        authorization: id,
        reason: `An attempt at generation ${entry.generation} made it and never delivered it`,
      }))
    );
}

function hold(decision: Decision, blown: string): Decision {
  if (decision.kind !== "rotate") return decision;
  const { cause, credential, reason } = decision;
  return { kind: "held", cause, credential, reason: `${reason}. ${blown}`, until: null };
}

function findExcess(
  decisions: readonly Decision[],
  removals: readonly Removal[],
  fuse: Fuse,
): string | null {
  const rotations = decisions.filter((decision) => decision.kind === "rotate");
  const creates = rotations.filter((decision) => decision.creates).length;
  const deletes = removals.length +
    rotations.reduce((sum, decision) => sum + decision.deletes, 0);
  if (creates <= fuse.creates && deletes <= fuse.deletes) return null;
  return `Nothing was started or removed as one sweep would create ${creates} and delete ${deletes} authorizations, and the fuse allows ${fuse.creates} and ${fuse.deletes}: if that is right, raise 'FUSE'`;
}

function findUnmanaged(
  entries: readonly Entry[],
  credentials: readonly Credential[],
  view: View,
): Unmanaged[] {
  const names = new Set(credentials.map(({ name }) => name));
  const foreign = new Set<string | null>();
  const managed = new Set<string | null>();
  for (const entry of entries) {
    // What was retired and is still listed was renamed by hand, and so left alone.
    if (entry.state === "retired") continue;
    if (entry.authorization === null || entry.state === "discarded") {
      leftoversOf(entry, view).forEach(({ id }) => managed.add(id));
    } else {
      (entry.state === "foreign" ? foreign : managed).add(entry.authorization);
    }
  }
  return view.authorizations.filter(({ id }) => !managed.has(id)).map((authorization) => ({
    id: authorization.id,
    description: authorization.description ?? "",
    expiresAt: expiryOf(authorization, view.at),
    reason: authorization.id === view.defaultId
      ? "It is the account's default API key"
      : foreign.has(authorization.id)
      ? "Another Worker made it"
      : names.has(authorization.description ?? "")
      ? "It has a credential's name, but was not there alone when that credential was adopted"
      : "No credential has its name",
  }));
}
