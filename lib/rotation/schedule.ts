/**
 * When a replacement is due, and how long to wait after a failure. All times are milliseconds since
 * the epoch, all durations milliseconds.
 *
 * @module
 */
import type { Credential } from "./credential.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** The lifetime of a replacement when neither the policy nor a predecessor gives one: 30 days. */
export const DEFAULT_LIFETIME: number = 30 * DAY;

/** What of an authorization decides when its replacement is due. */
export interface Age {
  /** When it was created. */
  readonly createdAt: number;
  /** When it expires; null when no end is known. */
  readonly expiresAt: number | null;
  /** How long it lives in all; null for ever. */
  readonly lifetime: number | null;
  /**
   * How long its creator asked for; null for ever.
   * @default {`lifetime`}
   */
  readonly asked?: number | null;
  /**
   * When it was first noted: what is due by its age only is spread from here on.
   * @default {`createdAt`}
   */
  readonly notedAt?: number;
  /** Its scope, if known. */
  readonly scope?: readonly string[] | null;
}

/** Why a replacement becomes due. */
export type DueBy = "expiry" | "max_age" | "too_long" | "too_wide" | "unknown_end" | "never";

/** The moments at which a replacement becomes due, and why. */
export interface Due {
  /** When a replacement is due; Infinity for never. */
  readonly at: number;
  /** When its expiry makes one due by itself, whatever its age; Infinity for never. */
  readonly expiringAt: number;
  /** When nothing may hold it back any longer; Infinity for never. */
  readonly emergencyAt: number;
  /**
   * Why it is due then: `too_long` and `too_wide` are authorizations that do not keep to the
   * configuration, `unknown_end` one whose end Heroku does not say.
   */
  readonly by: DueBy;
}

/**
 * Says when an authorization's replacement is due: `renewBefore` (default a third of the lifetime)
 * before the expiry, moved earlier by up to a tenth of that by the name's {@linkcode jitter}; at
 * `maxAge`; and never later than the emergency window, a twentieth of the lifetime.
 *
 * The lifetime is the one that Heroku granted. One that lives longer than it should, or has a wider
 * scope, is due as if it kept to the configuration, but not before a part of the window that the
 * jitter chooses has passed since it was noted: so a configuration that is changed for many
 * credentials rotates them one after the other. One whose end no one says is due within a day.
 */
export function due(credential: Credential, age: Age): Due {
  const spread = 1 + jitter(credential.name) / 10;
  const byExpiry = dueByExpiry(credential, age, spread);
  const moments: [DueBy, number][] = [
    ["expiry", byExpiry.expiringAt],
    [
      "max_age",
      credential.maxAge === undefined
        ? Infinity
        : age.createdAt + Math.round(credential.maxAge * (2 - spread)),
    ],
    ["too_long", dueByLength(credential, age, spread)],
    [
      "too_wide",
      isTooWide(credential, age)
        ? spreadFrom(age, windowOf(age.lifetime ?? DEFAULT_LIFETIME, spread, credential), spread)
        : Infinity,
    ],
    ["unknown_end", dueByGuess(age, spread)],
  ];
  const [by, at] = moments.reduce((first, next) => next[1] < first[1] ? next : first);
  return { ...byExpiry, at, by: at === Infinity ? "never" : by };
}

function dueByExpiry(
  credential: Credential,
  { expiresAt, lifetime, createdAt, asked }: Age,
  spread: number,
): { readonly expiringAt: number; readonly emergencyAt: number } {
  if (expiresAt === null) return { expiringAt: Infinity, emergencyAt: Infinity };
  const life = lifetime ?? Math.max(expiresAt - createdAt, 0);
  const emergencyAt = expiresAt - Math.round(life / 20);
  return {
    emergencyAt,
    expiringAt: Math.min(
      expiresAt - windowOf(life, spread, credential, asked ?? life),
      emergencyAt,
    ),
  };
}

/** When one that lives longer than it should is due by its age. */
function dueByLength(credential: Credential, age: Age, spread: number): number {
  const allowed = credential.lifetime !== undefined ? credential.lifetime : age.asked;
  if (allowed === null || allowed === undefined) return Infinity;
  // Heroku gives seconds left, so a lifetime is known only as well as two clocks agree.
  const tolerance = Math.max(2 * MINUTE, allowed / 100);
  if (age.lifetime !== null && age.lifetime <= allowed + tolerance) return Infinity;
  const window = windowOf(allowed, spread, credential);
  return Math.max(age.createdAt + allowed - window, spreadFrom(age, window, spread));
}

/** When one is due whose end no one says: soon, as that may come at any time. */
function dueByGuess({ expiresAt, lifetime, notedAt, createdAt }: Age, spread: number): number {
  if (expiresAt !== null || lifetime === null) return Infinity;
  return (notedAt ?? createdAt) + Math.round((0.25 + 7.5 * (spread - 1)) * DAY);
}

/** From the moment it was noted on, a part of the window that differs from name to name. */
function spreadFrom({ notedAt, createdAt }: Age, window: number, spread: number): number {
  return (notedAt ?? createdAt) + Math.round((spread - 1) * window);
}

function isTooWide({ scope: allowed }: Credential, { scope }: Age): boolean {
  if (!allowed || !scope) return false;
  const covered = new Set(allowed.flatMap((name) => [name, ...IMPLIED.get(name) ?? []]));
  return !covered.has("global") && scope.some((name) => !covered.has(name));
}

/**
 * What a scope of Heroku's includes.
 *
 * @see https://devcenter.heroku.com/articles/oauth#scopes
 */
const IMPLIED: ReadonlyMap<string, readonly string[]> = new Map([
  ["read-protected", ["read"]],
  ["write", ["read"]],
  ["write-protected", ["write", "read-protected", "read"]],
]);

/** How long after its creation a replacement is {@linkcode due} at the earliest, whatever its name. */
export function earliestDue(lifetime: number, renewBefore?: number): number {
  return lifetime - Math.max(
    windowOf(lifetime, 1.1, { lifetime, ...(renewBefore === undefined ? {} : { renewBefore }) }),
    Math.round(lifetime / 20),
  );
}

/**
 * How long a replacement with this lifetime lasts at the least until its own is due; Infinity for one
 * that nothing makes due.
 */
export function shortestInterval(credential: Credential, lifetime: number | null): number {
  const life = lifetime === null ? Infinity : lifetime -
    Math.max(windowOf(lifetime, 1.1, credential), Math.round(lifetime / 20));
  return Math.min(life, (credential.maxAge ?? Infinity) * 0.9);
}

/**
 * The overlap that a lifetime leaves room for: the configured one, or half of the time until the next
 * replacement is due where that comes first. A longer one would begin again with each generation, and
 * nothing would ever be deleted.
 */
export function graceFor(credential: Credential, lifetime: number | null): number {
  const interval = shortestInterval(credential, lifetime);
  return credential.grace < interval ? credential.grace : Math.round(interval / 2);
}

/**
 * How long before its expiry a replacement is due, the emergency window aside. `renewBefore` is meant
 * for the lifetime that is asked for: of one that lives less, by an earlier configuration or as less
 * was granted, it is less by the same share.
 */
function windowOf(
  lifetime: number,
  spread: number,
  { lifetime: configured, renewBefore }: Pick<Credential, "lifetime" | "renewBefore">,
  asked: number | null | undefined = configured,
): number {
  const meant = configured ?? asked;
  const share = typeof meant === "number" ? Math.min(1, lifetime / meant) : 1;
  const fits = renewBefore !== undefined &&
    (typeof configured === "number" || renewBefore < lifetime / 2);
  const window = fits ? renewBefore * share : lifetime / 3;
  return Math.round(Math.min(window * spread, lifetime * 0.9));
}

/** A number in [0, 1) that is always the same for the same name (32-bit FNV-1a, finished as murmur3 does). */
export function jitter(name: string): number {
  let hash = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(name)) {
    hash = Math.imul(hash ^ byte, 0x01000193);
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return ((hash ^ (hash >>> 16)) >>> 0) / 2 ** 32;
}

/** The longest wait after a failure: 12 hours. */
export const LONGEST_BACKOFF: number = 12 * HOUR;

/** The wait after so many failures in a row: 5 minutes, doubling, at most {@linkcode LONGEST_BACKOFF}. */
export function backoff(failures: number): number {
  return failures <= 0 ? 0 : Math.min(5 * MINUTE * 2 ** (failures - 1), LONGEST_BACKOFF);
}

/**
 * After Heroku has refused every create for so long, trying again soon will not help: the wait is
 * {@linkcode LONGEST_BACKOFF} then, even in an emergency. A day.
 */
export const REFUSED_FOR_LONG: number = DAY;

/** The longest wait after a failure inside the emergency window: 15 minutes. */
export const EMERGENCY_BACKOFF: number = 15 * MINUTE;

/**
 * How long an attempt may be silent before another takes over: 15 minutes, longer than any step with
 * all its retries.
 */
export const LEASE_DURATION: number = 15 * MINUTE;

/**
 * How long what this ledger adopted with another's mark lives on at least: 2 hours, so that another
 * Worker, if it made it and still uses it, sees the successor and makes one of its own.
 */
export const FOREIGN_OVERLAP: number = 2 * HOUR;
