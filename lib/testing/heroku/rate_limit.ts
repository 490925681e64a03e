/**
 * Heroku's rate limit: a pool of requests for each account that fills up again steadily.
 *
 * @module
 */

/** The requests that a full pool holds, see https://devcenter.heroku.com/articles/platform-api-reference#rate-limits */
export const RATE_LIMIT_POOL = 4500;

/** How many requests a minute flow back into the pool. */
export const RATE_LIMIT_REFILL = 75;

/** A pool of requests. */
export interface RateLimitPool {
  /**
   * How many whole requests are left.
   *
   * @param now milliseconds since the epoch
   */
  remaining(now: number): number;
  /**
   * Takes one request out, if there is one.
   *
   * @param now milliseconds since the epoch
   * @returns whether there was one
   */
  take(now: number): boolean;
  /**
   * Sets how many are left.
   *
   * @param remaining how many
   * @param now milliseconds since the epoch
   */
  set(remaining: number, now: number): void;
}

/**
 * Makes a full pool.
 *
 * @param start the time, in milliseconds since the epoch
 */
export function createRateLimitPool(start: number): RateLimitPool {
  let level = RATE_LIMIT_POOL;
  let filledAt = start;

  function fill(now: number): void {
    level = Math.min(RATE_LIMIT_POOL, level + (now - filledAt) * RATE_LIMIT_REFILL / 60_000);
    filledAt = now;
  }

  return {
    remaining(now) {
      fill(now);
      return Math.floor(level);
    },
    take(now) {
      fill(now);
      if (level < 1) return false;
      level -= 1;
      return true;
    },
    set(remaining, now) {
      fill(now);
      level = remaining;
    },
  };
}
