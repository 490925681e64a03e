/**
 * Durations as the configuration writes them.
 *
 * @module
 */
import { DAY, HOUR, MINUTE, SECOND, WEEK } from "@std/datetime/constants";

/** The form of a duration, in words for the operator. */
export const durationForm = "a duration such as '90s', '15m', '2h', '30d' or '4w'";

const units: Readonly<Record<string, number>> = { s: SECOND, m: MINUTE, h: HOUR, d: DAY, w: WEEK };

/**
 * Reads a duration: a whole number and one unit, `s`, `m`, `h`, `d` or `w`, with nothing around or
 * between them.
 *
 * @returns Milliseconds; undefined for anything else, a number without a unit included.
 */
export function parseDuration(text: string): number | undefined {
  const groups = /^(?<count>0|[1-9]\d{0,8})(?<unit>[smhdw])$/.exec(text)?.groups;
  return groups && Number(groups.count) * units[groups.unit];
}
