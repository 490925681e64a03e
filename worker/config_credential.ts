/**
 * One `[[vars.CREDENTIALS]]` table without its targets.
 *
 * @module
 */
import { DAY, MINUTE } from "@std/datetime/constants";
import * as v from "valibot";
import { parseMarker } from "../lib/rotation/marker.ts";
import { earliestDue } from "../lib/rotation/policy.ts";
import { durationForm, parseDuration } from "./duration.ts";
import { findUnknown, isTable, joinPath, type Mistake } from "./mistake.ts";

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
  /** The overlap; default 1 hour. */
  readonly grace: number;
  /** Whether nothing is to be done for it; default false. */
  readonly paused: boolean;
}

/** The outcome: the members when they are right, and all mistakes when they are not. */
export interface CredentialMembersResult {
  /** Undefined when there is a mistake. */
  readonly members: CredentialMembers | undefined;
  /** All that is wrong. */
  readonly mistakes: readonly Mistake[];
}

/** Shorter than this, a token could expire between two sweeps. */
const shortestLife = 10 * MINUTE;
const longestLife = 3650 * DAY;

/**
 * The longest sleep of a Workflow.
 *
 * @see https://developers.cloudflare.com/workflows/reference/limits/
 */
const longestGrace = 365 * DAY;

const nameForm =
  "Must be the description of the authorization in Heroku: 1 to 100 characters, none of them a control character, without spaces at either end";

const nameSchema = v.pipe(
  v.string(nameForm),
  v.check((name) => isPlainText(name), nameForm),
  v.check(
    (name) => parseMarker(name).mark === undefined,
    "Must not end in a marker such as '[g7 4k2m9x0qpz1c]': replacements get theirs by themselves",
  ),
  v.check((name) => name !== "." && name !== "..", "Must not be a step in a URL's path"),
);

const lifeForm = `${durationForm}, from '10m' to '3650d'`;
const graceForm = `Must be ${durationForm}, or '0s', up to '365d'`;
const scopeForm = "Must be an array of one or more of Heroku's scopes, such as ['write-protected']";

const schema = v.pipe(
  v.object({
    name: nameSchema,
    scope: v.optional(v.pipe(
      v.array(
        v.pipe(v.string(scopeForm), v.regex(/^[a-z][a-z0-9:._-]{0,99}$/, scopeForm)),
        scopeForm,
      ),
      v.minLength(1, scopeForm),
      v.check((scope) => new Set(scope).size === scope.length, "Must name each scope once"),
    )),
    expires_in: v.optional(v.union([
      v.pipe(v.literal("never"), v.transform(() => null)),
      duration(`Must be ${lifeForm}, or 'never'`, shortestLife, longestLife),
    ], `Must be ${lifeForm}, or 'never'`)),
    renew_before: v.optional(duration(`Must be ${lifeForm}`, shortestLife, longestLife)),
    max_age: v.optional(duration(`Must be ${lifeForm}`, shortestLife, longestLife)),
    grace: v.optional(duration(graceForm, 0, longestGrace), "1h"),
    paused: v.optional(v.boolean("Must be true or false"), false),
  }, `Is missing: ${nameForm.charAt(0).toLowerCase()}${nameForm.slice(1)}`),
  v.forward(
    v.partialCheck(
      [["expires_in"], ["renew_before"]],
      ({ expires_in, renew_before }) => expires_in !== null || renew_before === undefined,
      "Must not stand beside expires_in = 'never', which leaves nothing to renew before: set 'max_age' instead",
    ),
    ["renew_before"],
  ),
  v.forward(
    v.partialCheck(
      [["expires_in"], ["renew_before"]],
      ({ expires_in, renew_before }) => isShorter(renew_before, expires_in),
      "Must be shorter than 'expires_in'",
    ),
    ["renew_before"],
  ),
  v.forward(
    v.partialCheck(
      [["expires_in"], ["renew_before"], ["grace"]],
      endsBeforeDue,
      "Must be over before the replacement is itself due: shorter than 'expires_in' less 'renew_before' and a tenth of that (without them, 'grace' is '1h' and 'renew_before' a third of 'expires_in')",
    ),
    ["grace"],
  ),
);

/** The members of a table, for who gets one wrong. */
const known = [
  "name",
  "scope",
  "expires_in",
  "renew_before",
  "max_age",
  "grace",
  "paused",
  "targets",
];

/** Reads a table. */
export function parseCredentialMembers(value: unknown, path: string): CredentialMembersResult {
  if (!isTable(value)) {
    return { members: undefined, mistakes: [{ path, message: "Must be a table" }] };
  }
  const result = v.safeParse(schema, value);
  const mistakes = [
    ...(result.issues ?? []).map((issue): Mistake => ({
      path: joinPath(path, issue.path?.map(({ key }) => key) ?? []),
      message: issue.message,
    })),
    ...findUnknown(value, known, path),
  ];
  return {
    members: result.success && mistakes.length === 0 ? result.output : undefined,
    mistakes,
  };
}

/** The name of a table if it has one that can be shown. */
export function readName(value: unknown): string | undefined {
  const result = isTable(value) ? v.safeParse(nameSchema, value.name) : undefined;
  return result?.success ? result.output : undefined;
}

function duration(
  form: string,
  least: number,
  most: number,
): v.GenericSchema<string, number> {
  return v.pipe(
    v.string(form),
    v.rawTransform(({ dataset, addIssue, NEVER }) => {
      const milliseconds = parseDuration(dataset.value);
      if (milliseconds !== undefined && milliseconds >= least && milliseconds <= most) {
        return milliseconds;
      }
      addIssue({ message: form });
      return NEVER;
    }),
  );
}

function isPlainText(text: string): boolean {
  return text === text.trim() && text.length >= 1 && text.length <= 100 &&
    !/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u.test(text);
}

/**
 * Whether an overlap ends before the replacement is due itself: a predecessor whose overlap begins
 * anew with each generation is never retired.
 */
function endsBeforeDue({ expires_in, renew_before, grace }: {
  readonly expires_in?: number | null;
  readonly renew_before?: number;
  readonly grace: number;
}): boolean {
  return typeof expires_in !== "number" || grace < earliestDue(expires_in, renew_before);
}

function isShorter(one: number | undefined, other: number | null | undefined): boolean {
  return one === undefined || other === null || other === undefined || one < other;
}
