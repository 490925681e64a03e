/**
 * The plan: what a sweep is to do, and why. Pure: the same listing, configuration, ledger and time
 * give the same decisions.
 *
 * @module
 */
import { findBrake, paceOf } from "./brake.ts";
import { type Credential, isPaused } from "./credential.ts";
import type { Decision, Doubt, Notice, Removal, Unmanaged } from "./decision.ts";
import { LONGEST_LAG } from "./doubt.ts";
import { type Fuse, type LetThrough, letThrough } from "./fuse.ts";
import type { CredentialLedger, Entry } from "./ledger.ts";
import { adoptionOf, foreignersOf, forgottenOf, leftoversOf } from "./findings.ts";
import { deliveryOf, predecessorOf } from "./line.ts";
import type { View } from "./view.ts";
import { inspect, type Line } from "./line.ts";
import { findNeed, findTaken, isExpiring, isOrdered, type Need, type Taken } from "./need.ts";
import { findDoubts, findNotices } from "./notices.ts";
import {
  backoff,
  EMERGENCY_BACKOFF,
  FOREIGN_OVERLAP,
  LEASE_DURATION,
  LONGEST_BACKOFF,
  REFUSED_FOR_LONG,
} from "./schedule.ts";
import { hasExpired } from "./sightings.ts";
import { findUnmanaged } from "./unmanaged.ts";

/** How long some attempts take that die, each until the next one takes over, in milliseconds: 1 hour. */
const TIME_TO_DELIVER = 4 * LEASE_DURATION;

/** What a sweep is to do. There is one decision for each configured credential, in their order. */
export interface Plan extends LetThrough {
  /** What no one claims. */
  readonly unmanaged: readonly Unmanaged[];
  /** Authorizations of another Worker seen for the first time, to be noted in the ledger. */
  readonly foreign: readonly Entry[];
  /** Answers of Heroku's that are not believed yet. */
  readonly doubts: readonly Doubt[];
  /** What the operator should know, though nothing is wrong. */
  readonly notices: readonly Notice[];
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
  /** What the ledger's own marks end with: see {@linkcode createLineage}. */
  readonly lineage: string;
}

/**
 * The entries with which each credential that the ledger does not know yet is to become known. They
 * are written before the plan is made. A credential for which nothing was found or begun so far takes
 * what is found with a marker later: a list may have shown its description wrongly.
 */
export function planAdoption(
  { view, credentials, ledger }: Pick<PlanInput, "view" | "credentials" | "ledger">,
): ReadonlyMap<string, readonly Entry[]> {
  const taken = new Set(
    credentials.flatMap(({ name }) =>
      (ledger.get(name)?.entries ?? [])
        .filter(({ state }) => state !== "foreign")
        .flatMap((entry) => entry.authorization ?? [])
    ),
  );
  return new Map(
    credentials
      .map(({ name }) => ({ name, known: ledger.get(name) }))
      .filter(({ known }) => !known || isPristine(known))
      .map(({ name, known }) => ({
        name,
        isNew: !known,
        entries: adoptionOf(name, view, taken).filter((entry) => !known || entry.generation > 0),
      }))
      .filter(({ isNew, entries }) => isNew || entries.length > 0)
      .map(({ name, entries }) => [name, entries]),
  );
}

/**
 * The entries of what the ledger has forgotten, as it is an older copy of itself: see
 * {@linkcode forgottenOf}. They are written before the plan is made.
 */
export function planRecall(
  { view, credentials, ledger, lineage }: Omit<PlanInput, "fuse" | "now">,
): readonly Entry[] {
  const known = [...ledger.values()].flatMap(({ entries }) => entries);
  return credentials.filter(({ name }) => ledger.has(name))
    .flatMap(({ name }) => forgottenOf(name, known, view, lineage));
}

/** Whether nothing of a credential was ever found or begun. */
function isPristine({ record, entries }: CredentialLedger): boolean {
  return record.attempt === 0 && entries.every(({ state }) => state === "foreign");
}

/** Decides what a sweep is to do. Every configured credential must be known to the ledger. */
export function plan({ view, credentials, ledger, now, fuse, lineage }: PlanInput): Plan {
  const known = credentials.flatMap((credential) => {
    const found = ledger.get(credential.name);
    if (!found) return [];
    const foreign = foreignersOf(credential.name, found, view, lineage);
    return [{ credential, foreign, of: { ...found, entries: [...found.entries, ...foreign] } }];
  });
  const taken = findTaken(ledger);
  const removals = known.flatMap(({ credential, of }) =>
    isPaused(credential, of.record) ? [] : findLeftovers(credential, of, view, now)
  );
  const found = known.map(({ credential, of }) => decide(credential, of, taken, view, now));
  const observed = new Set(credentials.filter(({ observe }) => observe).map(({ name }) => name));
  return {
    ...letThrough({ decisions: found, removals, observed, fuse }),
    unmanaged: findUnmanaged(known.flatMap(({ of }) => of.entries), credentials, view),
    foreign: known.flatMap(({ foreign }) => foreign),
    doubts: known.flatMap(({ credential, of }) => findDoubts(credential, of, view)),
    notices: known.flatMap(({ credential, of }) => findNotices(credential, of)),
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
  if (isPaused(credential, record)) {
    return wait(`An order paused it: \`herotate resume ${name}\` has it go on`, null);
  }
  const own = line.alive.find(({ entry }) => view.own.has(entry.authorization ?? ""));
  if (own) {
    return {
      kind: "blocked",
      cause: "configuration",
      credential: name,
      reason:
        `Generation ${own.entry.generation} may be the authorization that Herotate itself works with, so it is not touched: give Herotate one of its own with \`heroku authorizations:create -d herotate\` and put its token into the Worker secret of this account`,
      until: null,
    };
  }

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
  const creates = cause !== "unfinished" ||
    !(line.minted ?? (line.forgotten ? undefined : line.current));
  if (creates && !credential.scope && !predecessorOf(ledger.entries)) {
    return {
      kind: "blocked",
      cause,
      credential: name,
      reason: `${reason}. No earlier authorization says which scope it needs: set 'scope'${
        describeOwn(name, view)
      }`,
      until: null,
    };
  }
  // What the brake allows is not held back until too little time is left to deliver it.
  const latest = cause === "expiry" && line.current ? need.emergencyAt - TIME_TO_DELIVER : Infinity;
  const pace = creates ? Math.min(paceOf(credential, ledger, now), latest) : now;
  const brake = creates ? findBrake(credential, ledger, now) : undefined;
  if (brake === undefined && now < pace) {
    return {
      kind: "back_off",
      cause,
      credential: name,
      reason:
        `${reason}. The next create waits, as those of the last hours led to nothing that lasts`,
      until: pace,
    };
  }
  if (brake !== undefined) {
    return {
      kind: "braked",
      cause,
      credential: name,
      reason: `${reason}. ${brake.reason}`,
      until: brake.until,
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
    beyond: line.newest?.mark ?? null,
    urgent: isEnding(line, need, now),
    deletes: creates ? line.alive.length : line.alive.length - 1,
  };
}

/** Whether the token in use is about to end, or has ended, by its own lifetime. */
function isEnding({ newest, current }: Line, { cause, ...need }: Need, now: number): boolean {
  if (cause === null) return false;
  if (cause === "expiry" && "emergencyAt" in need) return now >= need.emergencyAt;
  return !current && newest !== undefined && hasExpired(newest, now);
}

/** Why what bears the name is no predecessor, where that is so. */
function describeOwn(name: string, { byName, own }: View): string {
  return byName.get(name)?.some(({ id }) => own.has(id))
    ? ". The one of its name may be the authorization that Herotate itself works with, so it is not touched"
    : "";
}

function isLeased(ledger: CredentialLedger, credential: Credential, now: number): boolean {
  const { leaseUntil } = ledger.record;
  // A lease that reaches further than any attempt asks for was taken by a clock that ran ahead.
  return leaseUntil !== null && leaseUntil > now &&
    leaseUntil <= now + Math.max(credential.grace, FOREIGN_OVERLAP) + 2 * LEASE_DURATION;
}

/**
 * Whether the promoted token needs a successor before its attempt ends: a dead one at once, unless that
 * attempt is at work on its successor, and one that expires, or whose successor was ordered, as soon as
 * nothing is left but to sleep.
 */
function isOverdue(
  { newest, current }: Line,
  { record, entries }: CredentialLedger,
  credential: Credential,
  now: number,
): boolean {
  if (newest?.state !== "current") return false;
  const isAsleep = record.leaseUntil !== null && record.leaseUntil > now + LEASE_DURATION;
  return current
    ? isAsleep && (isExpiring(credential, current, now) || isOrdered(record, current))
    : isAsleep || !entries.some(({ state }) => state === "intended");
}

function retryAt(
  { record }: CredentialLedger,
  { emergencyAt }: { readonly emergencyAt: number },
  now: number,
): number {
  if (record.leaseUntil !== null || record.failures === 0 || record.endedAt === null) return now;
  // A failure in the far future was dated by a clock that ran ahead.
  if (record.endedAt > now + LEASE_DURATION) return now;
  const endedAt = Math.min(record.endedAt, now);
  const { refusedSince } = record;
  if (refusedSince !== null && now - refusedSince >= REFUSED_FOR_LONG) {
    return endedAt + LONGEST_BACKOFF;
  }
  const wait = backoff(record.failures);
  return now >= emergencyAt
    ? endedAt + Math.min(wait, EMERGENCY_BACKOFF)
    : Math.min(endedAt + wait, emergencyAt);
}

/** Whether every required target is proven to hold the newest generation, so that none needs another. */
function isSupplied({ targets }: Credential, ledger: CredentialLedger): boolean {
  const current = ledger.entries.findLast(({ state }) => state === "current");
  return current !== undefined &&
    targets.every((target) =>
      !target.required || Boolean(deliveryOf(ledger, current.mark, target)?.proof)
    );
}

function findLeftovers(
  credential: Credential,
  ledger: CredentialLedger,
  view: View,
  now: number,
): Removal[] {
  const { leaseUntil } = ledger.record;
  const idle = leaseUntil === null || leaseUntil <= now;
  // A target that was added since may hold what was deleted and lives on.
  const isNeeded = !isSupplied(credential, ledger);
  return ledger.entries.flatMap((entry) => {
    const { state, generation } = entry;
    const again = (entry.endedAt ?? now) + LONGEST_LAG <= now;
    const isDue = state === "discarded" || state === "refused" || (state === "intended" && idle) ||
      (state === "retired" && again && !isNeeded);
    if (!isDue) return [];
    return leftoversOf(entry, view).map(({ id }) => ({
      entry,
      again,
      authorization: id,
      reason: state === "retired"
        ? `Generation ${generation} was deleted, and Heroku still lists it: each sweep deletes it again. If that goes on, ask Heroku's support`
        : `An attempt at generation ${generation} made it and never delivered it`,
    }));
  });
}
