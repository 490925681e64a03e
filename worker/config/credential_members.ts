/**
 * One credential's table without its targets.
 *
 * @module
 */
import { DAY, MINUTE, SECOND } from "@std/datetime/constants";
import * as v from "valibot";
import { earliestDue } from "../../lib/rotation/schedule.ts";
import { length, lengthOrNever } from "./duration_member.ts";
import { findNameMistake, MISSING_NAME } from "./name.ts";
import { findMemberMistake, findScopeDoubt, findScopeMistake } from "./scope.ts";
import type { Source } from "./sources.ts";
import { describeMisplaced } from "./stray.ts";
import { formatDuration, roundDuration } from "./duration.ts";
import { findUnknown, isTable, joinPath, type Mistake } from "./mistakes.ts";

/** What a table says about its credential. Durations are milliseconds. */
export interface CredentialMembers {
  /** Its name. */
  readonly name: string;
  /** The scope of replacements. */
  readonly scope?: readonly string[] | undefined;
  /** The lifetime of replacements; null for `"never"`. */
  readonly expires_in?: number | null | undefined;
  /** How long before the expiry a replacement is due. */
  readonly renew_before?: number | undefined;
  /** The age at which a replacement is due whatever the expiry. */
  readonly max_age?: number | undefined;
  /**
   * The overlap.
   * @default {1} hour
   */
  readonly grace: number;
  /**
   * Whether nothing is to be done for it.
   * @default {false}
   */
  readonly paused: boolean;
  /**
   * Whether sweeps only show what they would do for it.
   * @default {false}
   */
  readonly observe: boolean;
  /** What is done when a target no longer holds what was delivered to it; undefined for the default. */
  readonly on_drift?: "deliver" | "alert" | undefined;
  /**
   * Whether the sealed token is kept for as long as it is current.
   * @default {true}
   */
  readonly keep_token: boolean;
  /** The name of the account that it is in; undefined where there is only one. */
  readonly account?: string | undefined;
}

/** The outcome: the members when they are right, and all mistakes when they are not. */
export interface CredentialMembersResult {
  /** Undefined when there is a mistake. */
  readonly members: CredentialMembers | undefined;
  /** All that is wrong. */
  readonly mistakes: readonly Mistake[];
  /** What may not be meant as it is written. */
  readonly warnings: readonly Mistake[];
}

/** Shorter than this, a token could expire between two sweeps. */
const LIFE = { least: 10 * MINUTE, most: 3650 * DAY };

/**
 * The longest sleep of a Workflow.
 *
 * @see https://developers.cloudflare.com/workflows/reference/limits/
 */
const OVERLAP = { least: 0, most: 365 * DAY };

/** The description that the README makes the Worker's own authorization with. */
const OWN_NAME = "herotate";

const DURATIONS = {
  expires_in: v.optional(lengthOrNever(LIFE)),
  renew_before: v.optional(length(LIFE)),
  max_age: v.optional(length(LIFE)),
  grace: v.optional(length(OVERLAP), "1h"),
};

const durationsSchema = v.object(DURATIONS);

type Durations = v.InferOutput<typeof durationsSchema>;

const schema = v.object({
  name: right(v.string(({ input }) => findNameMistake(input) ?? ""), findNameMistake),
  scope: v.optional(right(
    v.array(
      right(v.string(({ input }) => findMemberMistake(input) ?? ""), findMemberMistake),
      ({ input }) => findScopeMistake(input) ?? "",
    ),
    findScopeMistake,
  )),
  ...DURATIONS,
  paused: yesOrNo(),
  observe: yesOrNo(),
  on_drift: v.optional(v.picklist(["deliver", "alert"], "Must be 'deliver' or 'alert'")),
  keep_token: yesOrNo(true),
  account: v.optional(v.string("Must be the name of an account, such as 'acme'")),
}, MISSING_NAME);

/** The members of a table, for who gets one wrong. */
const KNOWN = [...Object.keys(schema.entries), "targets"];

/** Reads a table. */
export function parseCredentialMembers(
  value: unknown,
  path: string,
  source: Source,
): CredentialMembersResult {
  if (!isTable(value)) {
    const message = `Must be a table: ${source.credential}`;
    return { members: undefined, mistakes: [{ path, message }], warnings: [] };
  }
  const result = v.safeParse(schema, value);
  const together = v.safeParse(durationsSchema, value);
  const mistakes = [
    ...(result.issues ?? []).map((issue): Mistake => ({
      path: joinPath(path, issue.path?.map(({ key }) => key) ?? []),
      message: issue.message,
    })),
    ...(together.success
      ? findContradictions(together.output, value.grace !== undefined, path)
      : []),
    ...findUnknown(value, KNOWN, path, (name) => describeMisplaced(name, "credential", source)),
  ];
  return {
    members: result.success && mistakes.length === 0 ? result.output : undefined,
    mistakes,
    warnings: result.success ? findDoubts(result.output, path) : [],
  };
}

function yesOrNo(otherwise = false) {
  return v.optional(
    v.boolean(({ input }) =>
      `Must be true or false${typeof input === "string" ? ", without quotes" : ""}`
    ),
    otherwise,
  );
}

/** Demands what a function finds nothing wrong with. */
function right<const Schema extends v.GenericSchema>(
  schema: Schema,
  find: (value: unknown) => string | undefined,
) {
  return v.pipe(
    schema,
    v.check<v.InferOutput<Schema>, (issue: v.CheckIssue<v.InferOutput<Schema>>) => string>(
      (value) => find(value) === undefined,
      ({ input }) => find(input) ?? "",
    ),
  );
}

/**
 * Durations that are right each for itself, and not together.
 *
 * @param written Whether `grace` is.
 */
function findContradictions(
  { expires_in, renew_before, grace }: Durations,
  written: boolean,
  path: string,
): Mistake[] {
  if (expires_in === undefined) return [];
  if (expires_in === null) {
    return renew_before === undefined ? [] : [{
      path: joinPath(path, ["renew_before"]),
      message:
        "Must be left out beside expires_in = 'never', which leaves nothing to renew before: set 'max_age' instead",
    }];
  }
  const mistakes: Mistake[] = [];
  if (renew_before !== undefined && renew_before >= expires_in) {
    const largest = largestRenewal(expires_in, grace);
    mistakes.push({
      path: joinPath(path, ["renew_before"]),
      message: `Must be shorter than 'expires_in': ${
        largest === undefined ? "leave it out" : most(largest)
      }. Without it, a third of 'expires_in' is taken`,
    });
  }
  if (grace >= earliestDue(expires_in, renew_before)) {
    const longest = most(largestBelow(earliestDue(expires_in, renew_before)));
    const given = renew_before === undefined ? "without 'renew_before'" : "this 'renew_before'";
    mistakes.push({
      path: joinPath(path, ["grace"]),
      message:
        `Must be over before the replacement is itself due: ${longest}, with this 'expires_in' and ${given}${
          written ? "" : ". Where 'grace' is left out, it is '1h'"
        }`,
    });
  }
  return mistakes;
}

function most(milliseconds: number): string {
  const [exact, round] = [formatDuration(milliseconds), roundDuration(milliseconds)];
  return `at most '${exact}'${round === exact ? "" : `, such as '${round}'`}`;
}

/** The longest `renew_before`, and one that leaves room for the overlap if there is such. */
function largestRenewal(lifetime: number, grace: number): number | undefined {
  return [largestBelow((lifetime - grace) / 1.1), largestBelow(lifetime)]
    .filter((length) => length >= LIFE.least)
    .toSorted((a, b) =>
      Number(grace < earliestDue(lifetime, b)) - Number(grace < earliestDue(lifetime, a)) || b - a
    )
    .at(0);
}

/** Durations are written in whole seconds. */
function largestBelow(milliseconds: number): number {
  return Math.max(0, Math.ceil(milliseconds / SECOND) - 1) * SECOND;
}

function findDoubts(
  { name, scope = [], expires_in, max_age, grace }: CredentialMembers,
  path: string,
): Mistake[] {
  const doubts = scope.flatMap((each, at): Mistake[] => {
    const message = findScopeDoubt(each);
    return message === undefined ? [] : [{ path: joinPath(path, ["scope", at]), message }];
  });
  if (name.toLowerCase() === OWN_NAME) {
    doubts.push({
      path: joinPath(path, ["name"]),
      message:
        "Is what the README calls the Worker's own authorization, which is never adopted, replaced or deleted: choose another name, unless the Worker's own one has another description",
    });
  }
  if (max_age !== undefined && typeof expires_in === "number" && max_age >= expires_in) {
    doubts.push({
      path: joinPath(path, ["max_age"]),
      message:
        "Has no effect, as the token expires before that: write a shorter one than 'expires_in', or leave it out",
    });
  }
  if (max_age !== undefined && max_age <= grace) {
    doubts.push({
      path: joinPath(path, ["max_age"]),
      message:
        "Cannot be kept because each rotation first waits for 'grace': write one that is longer than 'grace'",
    });
  }
  return doubts;
}
