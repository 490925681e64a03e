/**
 * When a replacement is due, and how long to wait after a failure. All times are milliseconds since
 * the epoch, all durations milliseconds.
 *
 * @module
 */
import type { Credential } from "./credential.ts";

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;

/** The lifetime of a replacement when neither the policy nor a predecessor gives one: 30 days. */
export const defaultLifetime: number = 30 * day;

/** What of an authorization decides when its replacement is due. */
export interface Age {
  /** When it was created. */
  readonly createdAt: number;
  /** When it expires; null for never, undefined when nobody says. */
  readonly expiresAt: number | null | undefined;
  /** How long it lives in all; null for ever, undefined when nobody says. */
  readonly lifetime: number | null | undefined;
}

/** The moments at which a replacement becomes due, and why. */
export interface Due {
  /** When a replacement is due; Infinity for never. */
  readonly at: number;
  /** When its expiry alone makes one due, whatever its age; Infinity for never. */
  readonly expiringAt: number;
  /** When nothing may hold it back any longer; Infinity for never. */
  readonly emergencyAt: number;
  /** Why it is due then. */
  readonly by: "expiry" | "max_age" | "never";
}

/**
 * Says when an authorization's replacement is due: `renewBefore` (default a third of the lifetime)
 * before the expiry, moved earlier by up to a tenth of that by the name's {@linkcode jitter}; at
 * `maxAge`; and never later than the emergency window, a twentieth of the lifetime.
 */
export function due(credential: Credential, age: Age): Due {
  const spread = 1 + jitter(credential.name) / 10;
  const byAge = credential.maxAge === undefined
    ? Infinity
    : age.createdAt + Math.round(credential.maxAge * (2 - spread));
  if (age.expiresAt === null || age.expiresAt === undefined) {
    const by = byAge === Infinity ? "never" : "max_age";
    return { at: byAge, expiringAt: Infinity, emergencyAt: Infinity, by };
  }
  const lifetime = age.lifetime ?? Math.max(age.expiresAt - age.createdAt, 0);
  const window = windowOf(lifetime, spread, credential.renewBefore);
  const emergencyAt = age.expiresAt - Math.round(lifetime / 20);
  const expiringAt = Math.min(age.expiresAt - window, emergencyAt);
  return byAge < expiringAt
    ? { at: byAge, expiringAt, emergencyAt, by: "max_age" }
    : { at: expiringAt, expiringAt, emergencyAt, by: "expiry" };
}

/** How long after its creation a replacement is {@linkcode due} at the earliest, whatever its name. */
export function earliestDue(lifetime: number, renewBefore?: number): number {
  return lifetime - Math.max(windowOf(lifetime, 1.1, renewBefore), Math.round(lifetime / 20));
}

/** How long before its expiry a replacement is due, the emergency window aside. */
function windowOf(lifetime: number, spread: number, renewBefore: number = lifetime / 3): number {
  return Math.round(Math.min(renewBefore * spread, lifetime * 0.9));
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

/** The wait after so many failures in a row: 5 minutes, doubling, at most 12 hours. */
export function backoff(failures: number): number {
  return failures <= 0 ? 0 : Math.min(5 * minute * 2 ** (failures - 1), 12 * hour);
}

/** The longest wait after a failure inside the emergency window: 15 minutes. */
export const emergencyBackoff: number = 15 * minute;

/**
 * How long an attempt may be silent before another takes over: 15 minutes, longer than any step with
 * all its retries.
 */
export const leaseDuration: number = 15 * minute;

/**
 * How long what this ledger adopted with another's mark lives on at least: 2 hours, so that another
 * Worker, if it made it and still uses it, sees the successor and makes one of its own.
 */
export const strangersOverlap: number = 2 * hour;
