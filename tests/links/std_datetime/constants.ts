/**
 * The constants of `@std/datetime` in milliseconds, for machines that do not reach JSR.
 *
 * @module
 */

/** A second, in milliseconds. */
export const SECOND = 1e3;
/** A minute, in milliseconds. */
export const MINUTE: number = SECOND * 60;
/** An hour, in milliseconds. */
export const HOUR: number = MINUTE * 60;
/** A day, in milliseconds. */
export const DAY: number = HOUR * 24;
/** A week, in milliseconds. */
export const WEEK: number = DAY * 7;
