/**
 * A member that is a duration: the right value is said with the mistake.
 *
 * @module
 */
import { DAY, MINUTE, SECOND } from "@std/datetime/constants";
import * as v from "valibot";
import { DURATION_FORM, formatDuration, guessDuration, parseDuration } from "./duration.ts";
import { shorten } from "./mistakes.ts";

/** How short and how long a duration may be, in milliseconds. */
export interface DurationLimits {
  /** The shortest. */
  readonly least: number;
  /** The longest. */
  readonly most: number;
}

/** A duration within limits, read as milliseconds. */
export function length(limits: DurationLimits): v.GenericSchema<unknown, number> {
  return v.pipe(
    v.unknown(),
    v.rawTransform(({ dataset: { value }, addIssue, NEVER }) => {
      const milliseconds = typeof value === "string" ? parseDuration(value) : undefined;
      if (milliseconds !== undefined && clamp(milliseconds, limits) === milliseconds) {
        return milliseconds;
      }
      addIssue({ message: `${formOf(limits)}${hint(value, limits)}` });
      return NEVER;
    }),
  );
}

/** A duration within limits as milliseconds, or `never` as null. */
export function lengthOrNever(limits: DurationLimits): v.GenericSchema<unknown, number | null> {
  const form = `${formOf(limits)}, or 'never'`;
  const never = v.pipe(v.literal("never"), v.transform(() => null));
  return v.union(
    [never, length(limits)],
    ({ input }) =>
      input === null || (typeof input === "string" && /^\s*(never|none|infinite)\s*$/i.test(input))
        ? `${form}: write 'never'`
        : `${form}${hint(input, limits)}`,
  );
}

function formOf({ least, most }: DurationLimits): string {
  const from = least === 0 ? "or '0s', up to" : `from '${formatDuration(least)}' to`;
  return `Must be ${DURATION_FORM}, ${from} '${formatDuration(most)}'`;
}

function hint(given: unknown, limits: DurationLimits): string {
  if (typeof given === "number") return hintForNumber(given, limits);
  if (typeof given !== "string" || given === "") return "";
  if (/^\s*\d+(\.\d+)?\s*$/.test(given)) return hintForNumber(Number(given), limits);
  const meant = guessDuration(given);
  const right = meant === undefined ? undefined : clamp(meant, limits);
  return right === undefined
    ? ""
    : `: write '${formatDuration(right)}' instead of '${shorten(given)}'`;
}

/** Heroku's own `expires_in` is in seconds, but who writes 30 means days. */
function hintForNumber(count: number, limits: DurationLimits): string {
  if (!Number.isSafeInteger(count) || count < 0) return "";
  const [unit, words] = count === 0
    ? [SECOND, "no time at all"]
    : count < 10 * MINUTE / SECOND
    ? [DAY, "days"]
    : [SECOND, "seconds"];
  const right = formatDuration(clamp(count * unit, limits));
  return `: ${count} has no unit. If it means ${words}, write '${right}'`;
}

function clamp(milliseconds: number, { least, most }: DurationLimits): number {
  return Math.min(Math.max(milliseconds, least), most);
}
