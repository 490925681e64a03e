/**
 * The header `Retry-After`, for Heroku and for targets alike.
 *
 * @module
 */

/**
 * Reads a `Retry-After` header, given as seconds or as an HTTP date (RFC 9110, section 10.2.3). Some
 * services give fractions of seconds.
 *
 * @param headers The answer's headers. A date is measured from their `Date`, so that clocks that
 * differ don't matter, else from our own clock.
 * @param now Our own time, in milliseconds since the epoch.
 * @returns Milliseconds, 0 for a date in the past, or undefined when there is no valid header.
 */
export function parseRetryAfter(headers: Headers, now: number = Date.now()): number | undefined {
  const value = headers.get("Retry-After")?.trim() ?? "";
  if (/^\d+(?:\.\d+)?$/.test(value)) {
    return Math.min(Math.ceil(Number(value) * 1000), Number.MAX_SAFE_INTEGER);
  }
  const at = parseHttpDate(value);
  return at === undefined ? undefined : Math.max(0, at - readTime(headers, now));
}

/** The server's time where it gives it, else ours; both in milliseconds since the epoch. */
export function readTime(headers: Headers, now: number): number {
  return parseHttpDate(headers.get("Date") ?? "") ?? now;
}

function parseHttpDate(value: string): number | undefined {
  // Date.parse by itself takes "-5" and "soon 1" for dates.
  if (!/^[A-Z][a-z]+, .+ GMT$/.test(value)) return undefined;
  const time = Date.parse(value);
  return Number.isNaN(time) ? undefined : time;
}
