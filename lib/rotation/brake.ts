/**
 * The brake: the most authorizations that one credential may have made, whatever Heroku, a target or
 * a clock says. It goes by the ledger's own entries, so no answer can loosen it.
 *
 * @module
 */
import type { Credential } from "./credential.ts";
import { COUNTED_FOR, createsOfTheDay } from "./doubt.ts";
import type { CredentialLedger, Entry } from "./ledger.ts";
import { shortestInterval } from "./schedule.ts";
import { endOfLost } from "./sightings.ts";

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

/** How many creates of a day are taken for accidents beyond twice the schedule. */
const SPARE_CREATES = 4;

/** How long the last create of a day waits, in milliseconds: 3 hours. */
const LAST_WAIT = 3 * HOUR;

/** How much longer each further create of a day waits. */
const PACE = 4;

/** How many live authorizations are taken for accidents beyond what schedule and grace explain. */
const SPARE_LIVES = 2;

/**
 * Heroku may grant less than was asked for, and the schedule then has to follow. No lifetime shorter
 * than this one speeds it up: it would be an answer gone wrong. An account with SSO gets 8 hours.
 */
const SHORTEST_GRANT = HOUR;

/** Why no more may be created. */
export interface Brake {
  /** The same in words. */
  readonly reason: string;
  /** When it lets go by itself, in milliseconds since the epoch; null for never. */
  readonly until: number | null;
}

/** Finds whether a credential has had all made that its schedule explains; undefined when it has not. */
export function findBrake(
  credential: Credential,
  ledger: Pick<CredentialLedger, "entries">,
  now: number,
): Brake | undefined {
  const { name, grace } = credential;
  const interval = intervalOf(credential, ledger);
  const mostCreates = mostCreatesAt(interval);
  const creates = createsOfTheDay(ledger, now);
  if (creates.length >= mostCreates) {
    return {
      reason:
        `${creates.length} authorizations were created for '${name}' in 24 hours, and its schedule explains at most ${mostCreates}: no more are created until the count is lower, and the tokens in use stay as they are. Find out why Heroku or a target does not keep what it is given`,
      until: fewerFrom(creates.map(({ notedAt }) => notedAt + COUNTED_FOR), mostCreates),
    };
  }
  const live = ledger.entries.filter((entry) => endOf(entry) > now);
  // What Heroku granted others explains none of these: an interval is that of what may be live itself.
  const shortest = Math.min(...live.map((entry) => intervalAfter(credential, lifetimeOf(entry))));
  const mostLive = 1 + Math.max(1, Math.ceil(grace / shortest)) + SPARE_LIVES;
  if (live.length >= mostLive) {
    return {
      reason:
        `${live.length} authorizations that were created for '${name}' may be live, and its schedule and grace explain at most ${mostLive}: no more are created until the count is lower, and the tokens in use stay as they are. Check in Heroku whether what Herotate deleted is really gone`,
      until: fewerFrom(live.map(endOf), mostLive),
    };
  }
}

/**
 * When the next one may be created, so that what the brake allows is not used up within the hour: a
 * second one at once, the last of a day after three hours, the one before it after a quarter of that,
 * and so on. Where the schedule is far from its brake, that is no wait at all.
 */
export function paceOf(
  credential: Credential,
  ledger: Pick<CredentialLedger, "entries">,
  now: number,
): number {
  const creates = createsOfTheDay(ledger, now).filter(({ notedAt }) => notedAt <= now);
  if (creates.length < 2) return -Infinity;
  const left = mostCreatesAt(intervalOf(credential, ledger)) - creates.length;
  return Math.max(...creates.map(({ notedAt }) => notedAt)) +
    Math.round(LAST_WAIT / PACE ** Math.max(left - 1, 0));
}

function intervalOf(
  credential: Credential,
  ledger: Pick<CredentialLedger, "entries">,
): number {
  return intervalAfter(credential, scheduledLifetime(credential, ledger));
}

/** How long after its creation what lives for so long is replaced at the earliest. */
function intervalAfter(credential: Credential, lifetime: number | null): number {
  return Math.max(shortestInterval(credential, lifetime), 1);
}

/** How long an authorization lives, as far as anyone knows: a wrong answer speeds nothing up. */
function lifetimeOf(entry: Entry): number | null {
  const lifetime = longestWord(entry);
  return lifetime === null ? null : Math.max(lifetime, shortestGrant(entry.asked));
}

/** The shortest lifetime that the schedule follows. */
function shortestGrant(asked: number | null): number {
  return Math.min(SHORTEST_GRANT, asked ?? SHORTEST_GRANT);
}

function mostCreatesAt(interval: number): number {
  return Math.floor(2 * DAY / interval) + SPARE_CREATES;
}

/** When so many of these moments have passed that fewer than `most` are left. */
function fewerFrom(moments: readonly number[], most: number): number | null {
  const at = moments.toSorted((a, b) => a - b)[moments.length - most];
  return at === Infinity ? null : at;
}

/** The lifetime that the schedule goes by: what was granted lately, at most what is asked for. */
function scheduledLifetime(
  { lifetime }: Credential,
  { entries }: Pick<CredentialLedger, "entries">,
): number | null {
  // What Heroku granted to one whose answer was lost, no one knows.
  const granted = entries.filter(({ made, authorization }) => made && authorization !== null)
    .slice(-3);
  const longest = longestOf(granted.map(longestWord));
  const newest = entries.at(-1)?.asked;
  const asked = lifetime === undefined ? newest : lifetime;
  if (asked === undefined) return longest ?? null;
  if (longest === undefined || longest === null || (asked !== null && longest >= asked)) {
    return asked;
  }
  return Math.max(longest, shortestGrant(asked));
}

/** Where the create's answer and the list differ, the schedule goes by whichever says more. */
function longestWord({ lifetime, listedEnd, notedAt }: Entry): number | null {
  return lifetime === null || listedEnd === null
    ? lifetime
    : Math.max(lifetime, listedEnd - notedAt);
}

function longestOf(lifetimes: readonly (number | null)[]): number | null | undefined {
  if (lifetimes.length === 0) return undefined;
  return lifetimes.includes(null) ? null : Math.max(...lifetimes.map((each) => each ?? 0));
}

/** Until when Heroku may have what was made, as far as is known; -Infinity for what is gone. */
function endOf(entry: Entry): number {
  const { made, state, goneAt, expiresAt, authorization, asked, notedAt } = entry;
  if (!made || goneAt !== null || state === "released" || state === "foreign") return -Infinity;
  if (expiresAt !== null) return expiresAt;
  return authorization === null ? endOfLost({ asked, notedAt }) : Infinity;
}
