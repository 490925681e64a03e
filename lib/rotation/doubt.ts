/**
 * Doubt: when Heroku's answers contradict the ledger, and how long the ledger is believed. A list may
 * lag, miss records or come from elsewhere, and each replacement made in error is a token too many.
 *
 * @module
 */
import { LEASE_DURATION } from "./schedule.ts";
import type { CredentialLedger, Entry } from "./ledger.ts";

const MINUTE = 60_000;

/** How long what was just created may be missing from lists and look-ups, in milliseconds: 2 hours. */
export const LONGEST_LAG: number = 120 * MINUTE;

/** How long a contradiction must last at least, in milliseconds: 10 minutes, so two sweeps see it. */
export const SHORTEST_DOUBT: number = 10 * MINUTE;

/** How much longer each create of the last day makes it. */
const DOUBT_FACTOR = 4;

/** The time in which creates are counted, in milliseconds: a day. */
const DAY = 24 * 60 * MINUTE;

/** How far two clocks may differ before a moment is taken for wrong, in milliseconds. */
const CLOCK_TOLERANCE = 15 * MINUTE;

/** What is known of a list as a whole. */
export interface Credibility {
  /** When it was listed, in milliseconds since the epoch. */
  readonly at: number;
  /** Whether it broke off, or holds more records that no one can read than before. */
  readonly doubtful: boolean;
  /** Whether it lacks all that the ledger knows. */
  readonly sparse: boolean;
  /**
   * Whether Heroku took the tokens of authorizations that it does not list, by their ids: where the
   * ledger keeps a token, that says more than any list.
   */
  readonly accepted: ReadonlyMap<string, boolean>;
  /**
   * The ids of those that the list lacks or contradicts and that Heroku was not asked about, as their
   * turn comes at another sweep: of them nothing is known.
   */
  readonly unasked: ReadonlySet<string>;
}

/**
 * How long a create counts as one of the last day's, in milliseconds. It is noted before it is sent, and
 * Heroku may make it as late as the lease allows: by Heroku's clock it must be a day old, too.
 */
export const COUNTED_FOR: number = DAY + LEASE_DURATION;

/**
 * The creates of the last 24 hours, by the Worker's own clock. Of those dated later, as by a clock that
 * ran ahead, the last day's count, too; all of them would hold a credential until that day comes.
 */
export function createsOfTheDay(
  { entries }: Pick<CredentialLedger, "entries">,
  now: number,
): Entry[] {
  const made = entries.filter((entry) => entry.made);
  const latest = Math.max(now, ...made.map(({ notedAt }) => notedAt));
  return made.filter(({ notedAt }) => notedAt > (notedAt > now ? latest : now) - COUNTED_FOR);
}

/**
 * When it is believed that Heroku no longer has an authorization which it does not list, in
 * milliseconds since the epoch; Infinity while the list cannot be relied on, or no one has asked.
 */
export function goneFrom(entry: Entry, ledger: CredentialLedger, list: Credibility): number {
  const id = entry.authorization ?? "";
  const accepted = list.accepted.get(id);
  if (accepted !== undefined) return accepted ? Infinity : -Infinity;
  if (list.doubtful || list.unasked.has(id)) return Infinity;
  const isFresh = entry.made && entry.notedAt <= list.at + CLOCK_TOLERANCE;
  return Math.max(
    contradictedFrom(entry, ledger, list),
    isFresh ? entry.notedAt + LONGEST_LAG : -Infinity,
  );
}

/** When an absence has lasted for long enough. */
function contradictedFrom(
  entry: Entry,
  ledger: CredentialLedger,
  list: Credibility,
): number {
  const since = Math.min(entry.doubtedSince ?? list.at, list.at);
  const doubt = SHORTEST_DOUBT * DOUBT_FACTOR ** createsOfTheDay(ledger, list.at).length;
  return since + (list.sparse ? Math.max(doubt, LONGEST_LAG) : doubt);
}
