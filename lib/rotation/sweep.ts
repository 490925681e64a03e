/**
 * The sweep: one pass of the cron. It looks at everything, decides, starts what is due, and removes
 * the leftovers of crashed attempts.
 *
 * @module
 */
import { fingerprint } from "../fingerprint.ts";
import { type AccountNames, checkAccount, type HerokuAccount } from "./account.ts";
import { lookForDrift } from "./drift.ts";
import type { Decision, Doubt, Notice, Removal, Unmanaged } from "./decision.ts";
import type { Fuse } from "./fuse.ts";
import type { CredentialLedger, Entry, Lease, SweepLedger } from "./ledger.ts";
import { LONGEST_LAG } from "./doubt.ts";
import { recalledFrom } from "./findings.ts";
import type { View } from "./view.ts";
import { lookAround, type LookWorld } from "./look.ts";
import { deleteAuthorization } from "./authorizations.ts";
import { type Plan, plan, planAdoption, planRecall } from "./plan.ts";
import { LEASE_DURATION } from "./schedule.ts";
import { MOST_REMOVALS, takeTurn } from "./turn.ts";
import type { RotationRun } from "./attempt.ts";
import { findUnopenable, noteSpentKey, reseal, withoutLost } from "./seals.ts";

/** What a sweep works with. */
export interface SweepWorld extends LookWorld {
  /** Asks Heroku whose token it is. */
  readonly identify: () => Promise<HerokuAccount>;
  /**
   * The id or e-mail address of the Heroku account that the operator confirmed.
   * @default {none}
   */
  readonly confirmedAccount?: string;
  /**
   * What the operator calls the account's settings.
   * @default {the usual names}
   */
  readonly names?: AccountNames;
  /**
   * Claims a Heroku account for this ledger: see `AccountCheck`.
   * @default {there is no other}
   */
  readonly claimAccount?: (id: string) => Promise<string | undefined>;
  /** The ledger. */
  readonly ledger: SweepLedger;
  /** The most that one sweep may do. */
  readonly fuse: Fuse;
  /** Starts a durable run for each; an id that has been started before is passed over. */
  readonly start: (runs: readonly StartedRun[]) => Promise<void>;
  /**
   * Whether a run may have delivered what it made, as far as its engine says. Without it no one is
   * asked, and what a run had sent without an answer is a leftover once its lease has run out.
   */
  readonly mayHaveDelivered?: (runId: string) => Promise<boolean>;
  /** The current time, in milliseconds since the epoch. */
  readonly now: () => number;
}

/** A run to start. */
export interface StartedRun {
  /** The same for the same attempt, so that nothing is started twice. */
  readonly id: string;
  /** What to run. */
  readonly run: RotationRun;
}

/** What a sweep saw and did. It is plain JSON and holds no token. */
export interface SweepReport {
  /** When it began, in milliseconds since the epoch. */
  readonly at: number;
  /** What was decided for each credential. */
  readonly decisions: readonly Decision[];
  /** The names of the credentials whose rotation was started. */
  readonly started: readonly string[];
  /** The ids of the leftovers that were removed. */
  readonly removed: readonly string[];
  /** What would have been removed as well if it were not only observed, in words. */
  readonly withheld: readonly string[];
  /** What no one claims: the first of it, where there is much. */
  readonly unmanaged: readonly Unmanaged[];
  /** How many authorizations no one claims. */
  readonly unmanagedCount: number;
  /** Why nothing was started or removed, when the fuse had blown. */
  readonly blown: string | null;
  /** Why Heroku's list cannot be relied on, in words; null when it can. */
  readonly unreliable: string | null;
  /** Answers of Heroku's that are not believed yet. */
  readonly doubts: readonly Doubt[];
  /** What the operator should know, though nothing is wrong. */
  readonly notices: readonly Notice[];
  /** The generations that were deleted before and that Heroku still lists, in words. */
  readonly undead: readonly string[];
  /** What went wrong, in words; the rest of the sweep went on. */
  readonly problems: readonly string[];
  /**
   * The names of the credentials whose token in use was sealed with a key that is not there any more.
   * @default {not known}
   */
  readonly unopenable?: readonly string[];
  /**
   * How many requests Heroku said in the end were left for the account.
   * @default {not known}
   */
  readonly rateLimitRemaining?: number;
}

/** How long ended entries are kept, in milliseconds: 30 days. */
const KEPT_FOR = 30 * 86_400_000;

/**
 * Runs one sweep.
 *
 * @throws {AccountError} When the token is not known to be the ledger's account's: nothing was done.
 * @throws When the authorizations could not be listed or the ledger not be read: nothing was done.
 */
export async function sweep(world: SweepWorld): Promise<SweepReport> {
  const { ledger, credentials, fuse, now, own } = world;
  const at = now();
  const problems: string[] = [];

  const confirmed = world.confirmedAccount;
  const note = await checkAccount(
    { ...world, confirmed, token: own.fingerprint },
    await ledger.note(),
  );
  const sealed = await ledger.read();
  const openable = await withoutLost(world, sealed);
  const look = await lookAround(world, openable, note, at);
  const { view, unreliable } = look;
  let { known } = look;
  if (unreliable !== null) problems.push(unreliable);
  problems.push(...look.problems);

  // What cannot be read may be the very authorization that a new credential is to begin with.
  const adoption = look.isSure
    ? planAdoption({ view, credentials, ledger: known })
    : new Map<string, readonly Entry[]>();
  if (adoption.size > 0) {
    await ledger.adopt(adoption);
    known = await readOpenable(world);
  }

  const { lineage } = note;
  const forgotten = planRecall({ view, credentials, ledger: known, lineage });
  if (forgotten.length > 0) {
    await ledger.noteFound(forgotten);
    known = await readOpenable(world);
  }

  let decided = plan({ view, credentials, ledger: known, now: at, fuse, lineage });
  if (await recallDelivered(world, decided, known, view)) {
    known = await readOpenable(world);
    decided = plan({ view, credentials, ledger: known, now: at, fuse, lineage });
  }
  if (decided.blown) problems.push(decided.blown);
  if (decided.foreign.length > 0) {
    await attempt(
      problems,
      "note another Worker's authorizations",
      () => ledger.noteFound(decided.foreign),
    );
  }
  for (const { credential, generation } of decided.foreign) {
    problems.push(
      `Another Worker made generation ${generation} of '${credential}': let only one Worker manage it`,
    );
  }

  const started = await start(world, decided.decisions, at, problems);
  const removed: string[] = [];
  for (const removal of takeTurn(decided.removals, MOST_REMOVALS, at)) {
    await attempt(problems, `remove leftover ${removal.authorization}`, async () => {
      if (await remove(world, removal, at)) removed.push(removal.authorization);
    });
  }
  await attempt(problems, "prune the ledger", () => prune(world, known, view));
  await attempt(problems, "seal tokens with the present key", () => reseal(world, openable));
  // Only a sweep that had little to ask has requests to spare for this.
  const isIdle = problems.length === 0 && started.length === 0 && decided.removals.length === 0 &&
    decided.doubts.length === 0;
  if (isIdle) {
    await attempt(
      problems,
      "look at the targets again",
      () => lookForDrift(world, known, decided.decisions),
    );
  }
  const undead = decided.removals
    .filter(({ entry }) => entry.state === "retired")
    .map(({ entry, reason }) => `${entry.credential}: ${reason}`);
  return {
    at,
    decisions: decided.decisions,
    started,
    removed,
    withheld: decided.observed.map(({ entry, authorization, reason }) =>
      `${entry.credential}: ${authorization}: ${reason}`
    ),
    unmanaged: decided.unmanaged,
    unmanagedCount: decided.unmanaged.length,
    blown: decided.blown,
    unreliable,
    doubts: decided.doubts,
    notices: [...decided.notices, ...look.notices, ...noteSpentKey(world, sealed)],
    undead,
    problems,
    unopenable: findUnopenable(world, sealed, openable),
  };
}

/** Reads the ledger, without the sealed tokens that no key opens: they are lost. */
async function readOpenable(world: SweepWorld): Promise<ReadonlyMap<string, CredentialLedger>> {
  return await withoutLost(world, await world.ledger.read());
}

/**
 * Takes back what is about to be given up as never delivered, where something shows that the ledger is an
 * older copy of itself, so that targets may hold it: Heroku lists what by the ledger was never sent, or
 * the run may have delivered what by the ledger has no answer. Says whether anything was taken back.
 */
async function recallDelivered(
  { ledger, mayHaveDelivered = () => Promise.resolve(false) }: SweepWorld,
  { decisions, removals }: Plan,
  known: ReadonlyMap<string, CredentialLedger>,
  view: View,
): Promise<boolean> {
  const due = decisions.filter(({ kind }) => kind === "rotate");
  const names = [...due, ...removals.map(({ entry }) => entry)].map(({ credential }) => credential);
  let recalled = false;
  for (const credential of new Set(names)) {
    const { record: { attempt, claim } = {}, entries = [] } = known.get(credential) ?? {};
    const intended = entries.filter(({ state }) => state === "intended");
    if (attempt === undefined || !claim || intended.length === 0) continue;
    const runId = await createRunId({ credential, attempt, claim });
    for (const entry of intended) {
      const found = recalledFrom(entry, view);
      if (entry.sender === null ? found === null : !await mayHaveDelivered(runId)) continue;
      await ledger.recall(entry, claim, found);
      recalled = true;
    }
  }
  return recalled;
}

/** Drops what no one asks for any more. */
async function prune(
  { ledger }: SweepWorld,
  known: ReadonlyMap<string, CredentialLedger>,
  view: View,
): Promise<void> {
  await ledger.prune(view.at - KEPT_FOR, view.at - LONGEST_LAG);
  if (view.doubtful || view.patchy) return;
  const unlisted = [...known.values()].flatMap(({ entries }) => {
    // The oldest shows since when another Worker has been at it: see `isContested()`.
    const [, ...later] = entries
      .filter(({ state }) => state === "foreign")
      .toSorted((a, b) => a.createdAt - b.createdAt);
    return later.filter(({ authorization }) => !view.byId.has(authorization ?? ""));
  });
  if (unlisted.length > 0) await ledger.forgetForeign(unlisted);
}

/** Claims what is due, and starts it. Gives the names of what was started. */
async function start(
  world: SweepWorld,
  decisions: readonly Decision[],
  at: number,
  problems: string[],
): Promise<string[]> {
  const due = new Map(
    decisions.flatMap((each) => each.kind === "rotate" ? [[each.credential, each]] : []),
  );
  if (due.size === 0) return [];
  let leases: readonly Lease[] = [];
  await attempt(problems, "claim the rotations that are due", async () => {
    leases = await world.ledger.claim([...due.values()], at + LEASE_DURATION);
  });
  const runs: StartedRun[] = [];
  for (const lease of leases) {
    const decision = due.get(lease.credential);
    if (!decision) continue;
    const { creates, beyond, urgent } = decision;
    runs.push({ id: await createRunId(lease), run: { ...lease, creates, beyond, urgent } });
  }
  if (runs.length === 0) return [];
  const startAll = () => world.start(runs);
  if (await attempt(problems, "start the rotations that are due", startAll)) {
    return runs.map(({ run }) => run.credential);
  }
  // What may have been started all the same finds its lease gone, and stops.
  await attempt(problems, "give back what was claimed", () => world.ledger.release(leases));
  return [];
}

async function remove(world: SweepWorld, removal: Removal, at: number): Promise<boolean> {
  const { credential, mark, state } = removal.entry;
  const isOpen = state === "intended" || state === "refused";
  if (isOpen && !await world.ledger.discardAbandoned(credential, mark, at)) return false;
  await deleteAuthorization(world.authorizations, removal.authorization);
  return true;
}

/**
 * Names a durable run: `ci-deploy-a3-1f2e3d4c`. The last word is the claim's own, as a ledger that was
 * lost, or is an older copy of itself, counts attempts again: an id that was used before would start
 * nothing. A name that an id cannot hold (letters, digits, `-` and `_`, 100 in all) is hashed, never
 * cut.
 */
export async function createRunId({ credential, attempt, claim }: Lease): Promise<string> {
  const rest = `a${attempt}-${claim}`;
  const id = `${credential}-${rest}`;
  if (/^[a-zA-Z0-9_][a-zA-Z0-9_-]{0,99}$/.test(id)) return id;
  return `${await fingerprint(credential)}-${rest}`;
}

async function attempt(
  problems: string[],
  action: string,
  run: () => Promise<unknown>,
): Promise<boolean> {
  try {
    await run();
    return true;
  } catch (error) {
    problems.push(`Cannot ${action}: ${error instanceof Error ? error.message : "unknown error"}`);
    return false;
  }
}
