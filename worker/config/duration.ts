/**
 * Durations as the configuration writes them.
 *
 * @module
 */
import { DAY, HOUR, MINUTE, SECOND, WEEK } from "@std/datetime/constants";

/** The form of a duration, in words for the operator. */
export const DURATION_FORM = "a duration such as '90s', '15m', '2h', '30d' or '4w'";

const UNITS: Readonly<Record<string, number>> = { s: SECOND, m: MINUTE, h: HOUR, d: DAY, w: WEEK };

/** The units that a duration is written in, the largest first. */
const WRITTEN = ["d", "h", "m", "s"] as const;

/** What people write for a unit, by what it begins with; `mo` has to come before `m`. */
const SPOKEN: readonly (readonly [RegExp, number])[] = [
  [/^s(ec(ond)?s?)?$/, SECOND],
  [/^m(in(ute)?s?)?$/, MINUTE],
  [/^h((ou)?rs?)?$/, HOUR],
  [/^d(ays?)?$/, DAY],
  [/^w((ee)?ks?)?$/, WEEK],
  [/^mo(nths?)?$/, 30 * DAY],
  [/^y((ea)?rs?)?$/, 365 * DAY],
];

/** How many of a unit make a duration that is near enough to be called round. */
const FEWEST = 10;

/**
 * Reads a duration: a whole number and one unit, `s`, `m`, `h`, `d` or `w`, with nothing around or
 * between them.
 *
 * @returns Milliseconds; undefined for anything else, a number without a unit included.
 */
export function parseDuration(text: string): number | undefined {
  const groups = /^(?<count>0|[1-9]\d{0,8})(?<unit>[smhdw])$/.exec(text)?.groups;
  return groups && Number(groups.count) * UNITS[groups.unit];
}

/** Writes a duration in the largest unit that holds it, in whole seconds: `30d`, `90s`. */
export function formatDuration(milliseconds: number): string {
  const seconds = Math.floor(milliseconds / SECOND) * SECOND;
  const unit = seconds === 0 ? "s" : WRITTEN.find((each) => seconds % UNITS[each] === 0) ?? "s";
  return `${seconds / UNITS[unit]}${unit}`;
}

/** The longest round duration that isn't longer: `18d` for 18 days and 23 hours. */
export function roundDuration(milliseconds: number): string {
  const unit = WRITTEN.find((each) => milliseconds >= FEWEST * UNITS[each]) ?? "s";
  return formatDuration(Math.floor(milliseconds / UNITS[unit]) * UNITS[unit]);
}

/**
 * Guesses which duration was meant by what is none, such as `30 days`, `1h30m`, `1.5h` or `P30D`.
 *
 * @returns Milliseconds; undefined where there is nothing to guess from, as in a number without a
 * unit.
 */
export function guessDuration(text: string): number | undefined {
  const parts = text.trim().toLowerCase().replace(/^pt?(?=\d)/, "").replaceAll(
    /[\s,_]+|t(?=\d)/g,
    "",
  );
  if (!/^(\d{1,9}(\.\d{1,3})?[a-z]+)+$/.test(parts)) return undefined;
  let sum = 0;
  for (const [, count, word] of parts.matchAll(/([\d.]+)([a-z]+)/g)) {
    const unit = SPOKEN.find(([form]) => form.test(word))?.[1];
    if (unit === undefined) return undefined;
    sum += Number(count) * unit;
  }
  return Math.round(sum / SECOND) * SECOND;
}
