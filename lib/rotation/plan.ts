/**
 * The plan: what a sweep is to do, and why. Pure: the same listing, configuration, ledger and time
 * give the same decisions.
 *
 * @module
 */
import type { Credential, CredentialTarget } from "./credential.ts";
import type { CredentialLedger, Entry } from "./ledger.ts";
import {
  adoptionOf,
  expiryOf,
  foreignersOf,
  isContested,
  leftoversOf,
  type Member,
  membersOf,
  predecessorOf,
  type View,
} from "./line.ts";
import {
  backoff,
  type Due,
  due,
  emergencyBackoff,
  leaseDuration,
  strangersOverlap,
} from "./policy.ts";

/** Why a rotation is started. */
export type Cause =
  | "expiry"
  | "max_age"
  | "missing"
  | "regenerated"
  | "new_target"
  | "competitor"
  | "unfinished";

/** What all decisions have. */
interface DecisionBase {
  /** The credential's name. */
  readonly credential: string;
  /** Why, in words. */
  readonly reason: string;
  /**
   * The next moment at which the decision would change by itself, in milliseconds since the epoch;
   * null for none.
   */
  readonly until: number | null;
}

/** Nothing is due. */
export interface WaitDecision extends DecisionBase {
  /** What to do. */
  readonly kind: "wait";
}

/** An attempt is at work. */
export interface RunningDecision extends DecisionBase {
  /** What to do. */
  readonly kind: "running";
}

/** What decisions have for which a rotation is due. */
interface DueDecisionBase extends DecisionBase {
  /** What made it due. */
  readonly cause: Cause;
}

/** A rotation is due, but the last one failed a short while ago. */
export interface BackOffDecision extends DueDecisionBase {
  /** What to do. */
  readonly kind: "back_off";
}

/** A rotation is due, but the operator must act first. */
export interface BlockedDecision extends DueDecisionBase {
  /** What to do. */
  readonly kind: "blocked";
}

/** A rotation is due, but the fuse has blown. */
export interface HeldDecision extends DueDecisionBase {
  /** What to do. */
  readonly kind: "held";
}

/** A rotation is due and is to be started. */
export interface RotateDecision extends DueDecisionBase {
  /** What to do. */
  readonly kind: "rotate";
  /** The number of the attempt to start. */
  readonly attempt: number;
  /** The lease as it stands, for the claim. */
  readonly seenLease: number | null;
  /** Whether it will create an authorization. */
  readonly creates: boolean;
  /** How many authorizations it will delete in the end. */
  readonly deletes: number;
}

/** What is to be done about one credential. */
export type Decision =
  | WaitDecision
  | RunningDecision
  | BackOffDecision
  | BlockedDecision
  | HeldDecision
  | RotateDecision;

/** A leftover of a crashed attempt: an authorization that was never delivered. */
export interface Removal {
  /** The ledger's entry for it. */
  readonly entry: Entry;
  /** The authorization's id. */
  readonly authorization: string;
  /** Why, in words. */
  readonly reason: string;
}

/** An authorization that no configured credential claims: it is shown and left alone. */
export interface Unmanaged {
  /** The authorization's id. */
  readonly id: string;
  /** Its description. */
  readonly description: string;
  /** When it expires, in milliseconds since the epoch; null for never. */
  readonly expiresAt: number | null;
  /** Why it is nobody's, in words. */
  readonly reason: string;
}

/** The most creates and deletes that one sweep may start. */
export interface Fuse {
  /** Authorizations created. */
  readonly creates: number;
  /** Authorizations deleted. */
  readonly deletes: number;
}

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
    const of = ledger.get(credential.name);
    return of ? [{ credential, of }] : [];
  });
  const taken = findTaken(ledger);
  const decisions = known.map(({ credential, of }) => decide(credential, of, taken, view, now));
  const removals = known.flatMap(({ credential, of }) =>
    credential.paused ? [] : findLeftovers(of, view, now)
  );
  const foreign = known.flatMap(({ credential, of }) => foreignersOf(credential.name, of, view));
  const blown = findExcess(decisions, removals, fuse);
  return {
    decisions: blown ? decisions.map((decision) => hold(decision, blown)) : decisions,
    removals: blown ? [] : removals,
    unmanaged: findUnmanaged(
      [...known.flatMap(({ of }) => of.entries), ...foreign],
      credentials,
      view,
    ),
    foreign,
    blown,
  };
}

/** Which credentials' tokens were last seen at a place. */
type Taken = ReadonlyMap<string, ReadonlySet<string>>;

function findTaken(ledger: ReadonlyMap<string, CredentialLedger>): Taken {
  const taken = new Map<string, Set<string>>();
  for (const [name, { deliveries }] of ledger) {
    for (const { place, proof } of deliveries) {
      if (proof !== null) taken.set(place, (taken.get(place) ?? new Set()).add(name));
    }
  }
  return taken;
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

  // A promoted attempt writes to no target any more, so a dead token need not wait for its end.
  const promotedIsDead = line.newest?.state === "current" && !line.current;
  if (isLeased(ledger, credential, now) && !promotedIsDead) {
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
  const creates = cause === "competitor" ||
    !line.minted && !(cause === "unfinished" && line.current);
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

/** A credential's line as the plan sees it. */
interface Line {
  /** Everything listed that was or may have been delivered. */
  readonly alive: readonly Member[];
  /** The newest entry that was ever minted, listed or not. */
  readonly newest: Entry | undefined;
  /** The current authorization, if it is listed and its token is still the one delivered. */
  readonly current: Member | undefined;
  /** A usable replacement whose delivery is not proven yet. */
  readonly minted: Member | undefined;
}

function inspect(ledger: CredentialLedger, view: View): Line {
  const alive = membersOf(ledger, view).filter(({ entry }) =>
    entry.state === "adopted" || entry.state === "minted" || entry.state === "current"
  );
  const newest = newestMinted(ledger.entries);
  const member = alive.find(({ entry, usable }) => entry === newest && usable);
  return {
    alive,
    newest,
    current: newest?.state === "current" ? member : undefined,
    minted: newest?.state === "minted" ? member : undefined,
  };
}

/** The newest entry of a line that was made here, listed or not. */
export function newestMinted(entries: readonly Entry[]): Entry | undefined {
  return entries.findLast(({ state }) => state === "minted" || state === "current");
}

/** What makes a rotation due, or why nothing does. */
type Need =
  | { readonly cause: Cause; readonly reason: string; readonly emergencyAt: number }
  | { readonly cause: null; readonly reason: string; readonly until: number | null };

function findNeed(
  credential: Credential,
  ledger: CredentialLedger,
  line: Line,
  taken: Taken,
  now: number,
): Need {
  const { newest, current, minted, alive } = line;
  const urgent = (cause: Cause, reason: string): Need => ({ cause, reason, emergencyAt: now });
  const before = (members: readonly Member[], cause: Cause, reason: string): Need => ({
    cause,
    reason,
    emergencyAt: members.length === 0
      ? now
      : Math.min(...members.map((member) => dueOf(credential, member).emergencyAt)),
  });

  const rival = minted ?? current;
  if (rival && isContested(rival.entry, ledger)) {
    return before(
      [rival],
      "competitor",
      `Another Worker manages '${credential.name}' too and may remove generation ${rival.entry.generation}: let only one of them do it`,
    );
  }
  if (minted) {
    return before(
      holdersBefore(minted, ledger, alive),
      "unfinished",
      `Generation ${minted.entry.generation} is minted but not proven at every target`,
    );
  }
  if (newest && !current) {
    return alive.some(({ entry }) => entry === newest)
      ? urgent(
        "regenerated",
        `The token of generation ${newest.generation} was regenerated by hand`,
      )
      : urgent("missing", `Heroku no longer lists generation ${newest.generation}`);
  }
  const holders = current ? [current] : alive;
  if (holders.length === 0) return urgent("missing", "Heroku lists no authorization for it");
  // A marker without a record: a lost ledger, perhaps in the midst of a delivery.
  const lost = holders.find(({ entry }) => entry.state === "adopted" && entry.generation > 0);
  if (lost) {
    return before(
      holders,
      "unfinished",
      `The ledger does not say which targets hold generation ${lost.entry.generation}`,
    );
  }

  const unproven = credential.targets.find((target) =>
    target.required && !isSupplied(target, current, ledger, taken)
  );
  if (unproven && current?.entry.sealedToken) {
    return before(alive, "unfinished", `${unproven.place} is not proven to hold its token`);
  }
  if (unproven) {
    return before(holders, "new_target", `${unproven.place} is not known to hold its token`);
  }

  const [holder] = holders;
  const { generation } = holder.entry;
  const { at, by, emergencyAt } = dueOf(credential, holder);
  if (now >= at) {
    return by === "max_age"
      ? {
        cause: "max_age",
        reason: `Generation ${generation} has reached its greatest age`,
        emergencyAt,
      }
      : {
        cause: "expiry",
        reason: `Generation ${generation} expires in ${inWords((holder.expiresAt ?? now) - now)}`,
        emergencyAt,
      };
  }
  if (current && alive.length > 1) {
    return before(
      holders,
      "unfinished",
      `${alive.length - 1} stale of generation ${current.entry.generation} not retired yet`,
    );
  }
  return at === Infinity
    ? {
      cause: null,
      reason:
        `Generation ${generation} never expires: set 'max_age' to have it rotated all the same`,
      until: null,
    }
    : {
      cause: null,
      reason: `Generation ${generation} is due in ${inWords(at - now)}`,
      until: at,
    };
}

/** Whose tokens the targets hold that a replacement is not proven at: none when the last one proven is dead. */
function holdersBefore(
  minted: Member,
  ledger: CredentialLedger,
  alive: readonly Member[],
): Member[] {
  const proven = ledger.entries.findLast(({ state }) => state === "current");
  return alive.filter((member) =>
    member !== minted && (!proven || (member.entry === proven && member.usable))
  );
}

function dueOf(credential: Credential, { entry, expiresAt }: Member): Due {
  return due(credential, { createdAt: entry.createdAt, expiresAt, lifetime: entry.lifetime });
}

function isSupplied(
  { place, adoptable, keepsToken }: CredentialTarget,
  current: Member | undefined,
  ledger: CredentialLedger,
  taken: Taken,
): boolean {
  // A place that was moved here holds the token of the credential that it was moved from.
  if (!current) return adoptable && !taken.has(place);
  if (keepsToken && current.entry.sealedToken === null) return false;
  return ledger.deliveries.some((delivery) =>
    delivery.mark === current.entry.mark && delivery.place === place && delivery.proof !== null
  );
}

function isLeased(ledger: CredentialLedger, credential: Credential, now: number): boolean {
  const { leaseUntil } = ledger.record;
  // A lease that reaches further than any attempt asks for was taken by a clock that ran ahead.
  return leaseUntil !== null && leaseUntil > now &&
    leaseUntil <= now + Math.max(credential.grace, strangersOverlap) + 2 * leaseDuration;
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
    (entry.state === "foreign" ? foreign : managed).add(entry.authorization);
    if (entry.authorization === null) leftoversOf(entry, view).forEach(({ id }) => managed.add(id));
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

/** A duration in words, such as `3 d` or `5 min`. */
export function inWords(milliseconds: number): string {
  const units: [number, string][] = [[86_400_000, "d"], [3_600_000, "h"], [60_000, "min"]];
  for (const [unit, name] of units) {
    if (Math.abs(milliseconds) >= 2 * unit) return `${Math.floor(milliseconds / unit)} ${name}`;
  }
  return `${Math.floor(milliseconds / 1000)} s`;
}
