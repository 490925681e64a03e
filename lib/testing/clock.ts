/**
 * The clock of a fake server: it stands still until a test moves it.
 *
 * @module
 */

/** A clock that a test moves. */
export interface Clock {
  /** The time, in milliseconds since the epoch. */
  now(): number;
  /**
   * Moves the clock forward.
   *
   * @param ms how far, in milliseconds
   * @throws {TypeError} when `ms` is negative or no finite number
   */
  advance(ms: number): void;
}

/**
 * Makes a clock.
 *
 * @param start the time it begins at, in milliseconds since the epoch
 * @param live whether it also runs along with real time
 * @throws {TypeError} when `start` is no finite number
 */
export function createClock(start: number, live: boolean): Clock {
  if (!Number.isFinite(start)) {
    throw new TypeError(
      `Cannot start the clock because 'now' must be finite: current value is ${start}`,
    );
  }
  const startedAt = Date.now();
  let moved = 0;
  return {
    now: () => start + moved + (live ? Date.now() - startedAt : 0),
    advance(ms) {
      if (!(ms >= 0 && Number.isFinite(ms))) {
        throw new TypeError(
          `Cannot advance the clock because 'ms' must be finite and not negative: current value is ${ms}`,
        );
      }
      moved += ms;
    },
  };
}

/**
 * Writes a time as Heroku does: ISO 8601 in UTC, to the second.
 *
 * @param at milliseconds since the epoch
 */
export function formatTime(at: number): string {
  return new Date(at).toISOString().slice(0, 19) + "Z";
}
