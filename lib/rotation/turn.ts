/**
 * Turns: which of too many things one sweep sees to, so that each has its turn. Pure.
 *
 * @module
 */

/**
 * How many authorizations that a list lacks one sweep asks about: each takes a look-up, and up to two
 * requests with its token. The others have their turn at a later sweep.
 *
 * Cloudflare's free plan ends an invocation after 50 requests. A sweep of 10,000 authorizations makes 1
 * for the account, 10 for the list, 1 for the default API key, and 24, 6 and 6 within these bounds: 48.
 */
export const MOST_ABSENT = 8;

/** How many authorizations that a list contradicts one sweep asks about, with up to two requests each. */
export const MOST_CONTRADICTED = 3;

/** How many leftovers one sweep removes, with a request each. */
export const MOST_REMOVALS = 6;

/** The golden section's fraction of a whole. */
const GOLDEN_SECTION = (Math.sqrt(5) - 1) / 2;

const MINUTE = 60_000;

/**
 * Gives what has its turn at a moment: all of it, or so many in a row.
 *
 * With each minute the row begins further on by the golden section of the whole. A row that moved on by
 * its own length would come back to the same few places where sweeps are rarer than usual; this one never
 * does. So each has its turn however often there is a sweep, and no one has to remember whose turn it
 * was. At the usual 15 minutes that takes up to twice as many sweeps as it would in strict order.
 *
 * @param all Everything, in an order that stays the same.
 * @param most How many have their turn.
 * @param at The moment, in milliseconds since the epoch.
 */
export function takeTurn<T>(all: readonly T[], most: number, at: number): readonly T[] {
  if (all.length <= most) return all;
  const position = (Math.floor(at / MINUTE) * GOLDEN_SECTION) % 1;
  const first = Math.floor(Math.abs(position) * all.length);
  return [...all.slice(first), ...all.slice(0, first)].slice(0, most);
}
