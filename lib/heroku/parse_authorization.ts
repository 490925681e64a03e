/**
 * The check that a value from outside is an authorization, and what of it can be believed.
 *
 * @module
 */
import type { Authorization } from "./authorization.ts";

/** A known member that had another type than it must have, and was left out. */
export interface LeftOutMember {
  /** Where it is in the record: `access_token.version`. */
  readonly member: string;
  /** What is wrong with it, quoting nothing of its value. */
  readonly reason: string;
}

/** What {@linkcode parseAuthorization} makes of a value. */
export type ParsedAuthorization =
  | {
    /** The value is an authorization. */
    readonly ok: true;
    /** The authorization. */
    readonly authorization: Authorization;
    /** Its known members that had another type, and were left out. */
    readonly mistyped: readonly LeftOutMember[];
  }
  | {
    /** The value is none. */
    readonly ok: false;
    /** What is wrong, naming the member and quoting nothing of the value. */
    readonly reason: string;
  };

/**
 * The most seconds that an `expires_in` can be believed to mean: twenty years. Heroku's own lifetimes
 * reach from hours to a year or none at all; what is beyond this bound is a number of milliseconds, a
 * point in time or an overflow, and says nothing about when the token ends.
 */
export const LONGEST_BELIEVED_LIFETIME = 20 * 365.25 * 24 * 60 * 60;

/** A string of digits is a number: Heroku's own stub of its API answers `"7200"`. */
const DIGITS = /^-?\d+$/;

type Type = "string" | "number" | "seconds" | "date" | "strings" | "object" | "null";
interface Member {
  readonly types: readonly Type[];
  /** The known members of an object. */
  readonly members?: Members;
}
interface Members {
  readonly [name: string]: Member;
}

const TEXT: Member = { types: ["string"] };
const SECONDS: Member = { types: ["seconds", "null"] };

function object(members: Members, ...types: Type[]): Member {
  return { types: ["object", ...types], members };
}

const MEMBERS: Members = {
  description: TEXT,
  scope: { types: ["strings"] },
  access_token: object(
    { id: TEXT, token: TEXT, expires_in: SECONDS, version: { types: ["number"] } },
    "null",
  ),
  refresh_token: object({ id: TEXT, token: TEXT, expires_in: SECONDS }, "null"),
  client: object({ id: TEXT, name: TEXT, redirect_uri: TEXT }, "null"),
  grant: object(
    { id: TEXT, code: TEXT, expires_in: { types: ["seconds", "date", "null"] } },
    "null",
  ),
  session: object({ id: TEXT }, "null"),
  user: object({ id: TEXT, email: TEXT, full_name: { types: ["string", "null"] } }),
  created_at: TEXT,
  updated_at: TEXT,
};

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function describe(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "an array";
  return typeof value === "object" ? "an object" : `a ${typeof value}`;
}

function readSeconds(value: unknown): number | undefined {
  const seconds = typeof value === "string" && DIGITS.test(value) ? Number(value) : value;
  return typeof seconds === "number" && seconds <= LONGEST_BELIEVED_LIFETIME && seconds > -Infinity
    ? seconds
    : undefined;
}

/** Reads a value as one type; undefined when it is of another. */
function readAs(type: Type, value: unknown): unknown {
  switch (type) {
    case "null":
      return value === null ? null : undefined;
    case "string":
      return typeof value === "string" ? value : undefined;
    case "number":
      return Number.isFinite(value) ? value : undefined;
    case "seconds":
      return readSeconds(value);
    case "date":
      return typeof value === "string" && !DIGITS.test(value) ? value : undefined;
    case "strings":
      return Array.isArray(value) && value.every((item) => typeof item === "string")
        ? value
        : undefined;
    case "object":
      return isObject(value) ? value : undefined;
  }
}

function readAsFirst(types: readonly Type[], value: unknown): unknown {
  for (const type of types) {
    const read = readAs(type, value);
    if (read !== undefined) return read;
  }
  return undefined;
}

const NAMES: Readonly<Record<Type, string>> = {
  string: "a string",
  number: "a number",
  seconds: "a number",
  date: "a date",
  strings: "an array of strings",
  object: "an object",
  null: "null",
};

function describeMismatch(types: readonly Type[], value: unknown): string {
  const isNumber = typeof value === "number" || typeof value === "string" && DIGITS.test(value);
  if (types.includes("seconds") && isNumber) return "it must be at most twenty years, in seconds";
  return `it must be ${types.map((type) => NAMES[type]).join(" or ")}, not ${describe(value)}`;
}

/** Keeps what has its type. A copy is made only where something is left out or read as a number. */
function conform(
  value: Record<string, unknown>,
  members: Members,
  path: string,
  mistyped: LeftOutMember[],
): Record<string, unknown> {
  let conformed = value;
  for (const name in members) {
    if (!Object.hasOwn(value, name)) continue;
    const given = value[name];
    const { types, members: inner } = members[name];
    let kept = readAsFirst(types, given);
    if (kept === undefined && given !== null) {
      mistyped.push({ member: `${path}${name}`, reason: describeMismatch(types, given) });
    }
    if (inner !== undefined && isObject(kept)) {
      kept = conform(kept, inner, `${path}${name}.`, mistyped);
    }
    if (kept === given) continue;
    if (conformed === value) conformed = { ...value };
    if (kept === undefined) delete conformed[name];
    else conformed[name] = kept;
  }
  return conformed;
}

const NOTHING_LEFT_OUT: readonly LeftOutMember[] = [];

type Unknown = Readonly<Record<string, unknown>>;

function isText(value: unknown): boolean {
  return value === undefined || typeof value === "string";
}

function isSeconds(value: unknown): boolean {
  return value === undefined || value === null ||
    typeof value === "number" && value <= LONGEST_BELIEVED_LIFETIME && value > -Infinity;
}

function isAbsent(value: unknown): value is undefined | null {
  return value === undefined || value === null;
}

function isToken(value: unknown): boolean {
  if (isAbsent(value)) return true;
  if (!isObject(value)) return false;
  const { id, token, expires_in, version }: Unknown = value;
  return isText(id) && isText(token) && isSeconds(expires_in) &&
    (version === undefined || Number.isFinite(version));
}

function isRefreshToken(value: unknown): boolean {
  if (isAbsent(value)) return true;
  if (!isObject(value)) return false;
  const { id, token, expires_in }: Unknown = value;
  return isText(id) && isText(token) && isSeconds(expires_in);
}

function isUser(value: unknown): boolean {
  if (value === undefined) return true;
  if (!isObject(value)) return false;
  const { id, email, full_name }: Unknown = value;
  return isText(id) && isText(email) && (full_name === null || isText(full_name));
}

function isScope(value: unknown): boolean {
  if (value === undefined) return true;
  if (!Array.isArray(value)) return false;
  for (const item of value) if (typeof item !== "string") return false;
  return true;
}

/**
 * Whether a record is as Heroku documents it, so that there is nothing to leave out. It says no of what
 * is rare (a client, a grant, a session) as well: {@linkcode conform} looks closer, at ten times the cost.
 */
function isPlain(value: Unknown): value is Authorization {
  const { description, scope, access_token, refresh_token, client, grant, session, user }: Unknown =
    value;
  return isText(description) && isScope(scope) && isToken(access_token) &&
    isRefreshToken(refresh_token) && isAbsent(client) && isAbsent(grant) && isAbsent(session) &&
    isUser(user) && isText(value.created_at) && isText(value.updated_at);
}

/**
 * Checks that a value from outside is an authorization: an object with an id. Its known members that
 * have another type than {@linkcode Authorization} promises are left out, as if they were missing:
 * one wrong member must not hide a token that lives. Unknown members are kept.
 *
 * @param value The value, from JSON.
 */
export function parseAuthorization(value: unknown): ParsedAuthorization {
  if (!isObject(value)) {
    return { ok: false, reason: `it must be an object, not ${describe(value)}` };
  }
  const id: unknown = Object.hasOwn(value, "id") ? value.id : undefined;
  if (id === undefined) return { ok: false, reason: "its 'id' is missing" };
  if (typeof id !== "string" || id === "") {
    return { ok: false, reason: "its 'id' must be a string that is not empty" };
  }
  if (isPlain(value)) return { ok: true, authorization: value, mistyped: NOTHING_LEFT_OUT };
  // A null where Heroku knows none says no more than a missing member does, so it is not reported.
  const mistyped: LeftOutMember[] = [];
  const conformed = conform(value, MEMBERS, "", mistyped);
  return { ok: true, authorization: { ...conformed, id }, mistyped };
}
