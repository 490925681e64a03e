/**
 * Heroku's OAuth authorization, as its API gives it: the records, and the check that a value from
 * outside is one.
 *
 * The facts come from Heroku's JSON schema (https://devcenter.heroku.com/articles/platform-api-reference#oauth-authorization)
 * and from real answers, which leave members out. So all but the id may be missing. Where Heroku
 * knows no null but sends one, the member is given as missing.
 *
 * @module
 */

/** The access token of an authorization. */
export interface AccessToken {
  /** The access token's own id (a uuid). */
  readonly id?: string;
  /**
   * The token. Only `create` and `regenerate` answer with the whole of it; `list` and `info` give a
   * visible prefix, ten `*`, and sometimes a visible suffix. Its form is Heroku's own affair.
   */
  readonly token?: string;
  /**
   * How many **seconds** were left at the moment of the answer: not the whole lifetime, and no point
   * in time. Zero or less: expired. Null: it never expires.
   */
  readonly expires_in?: number | null;
  /** The version of the token's form. Sent sometimes. */
  readonly version?: number;
  /** Members that this module doesn't know. */
  readonly [member: string]: unknown;
}

/** The OAuth client that an authorization was made for. */
export interface OAuthClient {
  /** The client's id (a uuid). */
  readonly id?: string;
  /** The client's name. */
  readonly name?: string;
  /** Where the client's web flow returns to (a URL). */
  readonly redirect_uri?: string;
  /** Members that this module doesn't know. */
  readonly [member: string]: unknown;
}

/** The grant that an authorization came from. */
export interface OAuthGrant {
  /** The grant's id (a uuid). */
  readonly id?: string;
  /** The code to exchange for a token. A secret. */
  readonly code?: string;
  /** How many seconds were left at the moment of the answer. Older documentation shows a date. */
  readonly expires_in?: number | string | null;
  /** Members that this module doesn't know. */
  readonly [member: string]: unknown;
}

/** The refresh token of an authorization. */
export interface RefreshToken {
  /** The refresh token's own id (a uuid). */
  readonly id?: string;
  /** The token. A secret. */
  readonly token?: string;
  /** How many seconds were left at the moment of the answer. Null: it never expires. */
  readonly expires_in?: number | null;
  /** Members that this module doesn't know. */
  readonly [member: string]: unknown;
}

/** The session that an authorization belongs to. */
export interface OAuthSession {
  /** The session's id (a uuid). */
  readonly id?: string;
  /** Members that this module doesn't know. */
  readonly [member: string]: unknown;
}

/** The account that an authorization speaks for. */
export interface AuthorizationUser {
  /** The account's id (a uuid). */
  readonly id?: string;
  /** The account's e-mail address. */
  readonly email?: string;
  /** The name of the account's owner. Null: none was given. */
  readonly full_name?: string | null;
  /** Members that this module doesn't know. */
  readonly [member: string]: unknown;
}

/** An authorization: Heroku's record of a token, with Heroku's own names. */
export interface Authorization {
  /** The authorization's id: a uuid as a rule, never empty. */
  readonly id: string;
  /** What the operator calls it. Several authorizations may have the same description. */
  readonly description?: string;
  /**
   * What the token may do: `global`, `identity`, `read`, `write`, `read-protected`,
   * `write-protected`, and finer ones that hold an id. The list is open.
   */
  readonly scope?: readonly string[];
  /** The access token. Null: there is none. */
  readonly access_token?: AccessToken | null;
  /** The refresh token. Null: there is none. */
  readonly refresh_token?: RefreshToken | null;
  /** The OAuth client it was made for. Null: it was made for none. */
  readonly client?: OAuthClient | null;
  /** The grant it came from. Null: it came from none. */
  readonly grant?: OAuthGrant | null;
  /** The session it belongs to. Null: it belongs to none. */
  readonly session?: OAuthSession | null;
  /** The account it speaks for. */
  readonly user?: AuthorizationUser;
  /** When it was made (ISO 8601, UTC). */
  readonly created_at?: string;
  /** When it was last changed (ISO 8601, UTC). */
  readonly updated_at?: string;
  /** Members that this module doesn't know. */
  readonly [member: string]: unknown;
}

/** An authorization whose token is there and whole, as `create` and `regenerate` answer with. */
export interface IssuedAuthorization extends Authorization {
  /** The access token, with the whole token. */
  readonly access_token: AccessToken & { readonly token: string };
}

/** What {@linkcode parseAuthorization} makes of a value. */
export type ParsedAuthorization =
  | {
    /** The value is an authorization. */
    readonly ok: true;
    /** The authorization. */
    readonly authorization: Authorization;
  }
  | {
    /** The value is none. */
    readonly ok: false;
    /** What is wrong, naming the member and quoting nothing of the value. */
    readonly reason: string;
  };

type Type = "string" | "number" | "strings" | "null" | Shape;
interface Shape {
  readonly [member: string]: readonly Type[];
}

const NESTED_ID: readonly Type[] = ["string"];
const SHAPE: Shape = {
  description: ["string"],
  scope: ["strings"],
  access_token: [
    { id: NESTED_ID, token: ["string"], expires_in: ["number", "null"], version: ["number"] },
    "null",
  ],
  refresh_token: [{ id: NESTED_ID, token: ["string"], expires_in: ["number", "null"] }, "null"],
  client: [{ id: NESTED_ID, name: ["string"], redirect_uri: ["string"] }, "null"],
  grant: [{ id: NESTED_ID, code: ["string"], expires_in: ["number", "string", "null"] }, "null"],
  session: [{ id: NESTED_ID }, "null"],
  user: [{ id: NESTED_ID, email: ["string"], full_name: ["string", "null"] }],
  created_at: ["string"],
  updated_at: ["string"],
};

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function describeType(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "an array";
  return typeof value === "object" ? "an object" : `a ${typeof value}`;
}

function isOf(type: Type, value: unknown): boolean {
  if (type === "null") return value === null;
  if (type === "number") return typeof value === "number" && Number.isFinite(value);
  if (type === "string") return typeof value === "string";
  if (type === "strings") {
    return Array.isArray(value) && value.every((item) => typeof item === "string");
  }
  return isObject(value);
}

function describeAllowed(types: readonly Type[]): string {
  return types
    .map((type) => {
      if (typeof type === "object") return "an object";
      if (type === "strings") return "an array of strings";
      return type === "null" ? "null" : `a ${type}`;
    })
    .join(" or ");
}

/** Checks the known members. A copy is made only where a null is left out that Heroku doesn't know. */
function conform(
  value: Record<string, unknown>,
  shape: Shape,
  path: string,
): { readonly conformed: Record<string, unknown> } | { readonly reason: string } {
  let conformed = value;
  const replace = (name: string, member?: unknown) => {
    if (conformed === value) conformed = { ...value };
    if (member === undefined) delete conformed[name];
    else conformed[name] = member;
  };
  for (const name in shape) {
    if (!Object.hasOwn(value, name)) continue;
    const types = shape[name];
    const member = value[name];
    if (member === null && !types.includes("null")) {
      replace(name);
      continue;
    }
    const type = types.find((type) => isOf(type, member));
    if (type === undefined) {
      const allowed = describeAllowed(types);
      return { reason: `its '${path}${name}' must be ${allowed}, not ${describeType(member)}` };
    }
    if (typeof type === "object" && isObject(member)) {
      const inner = conform(member, type, `${path}${name}.`);
      if ("reason" in inner) return inner;
      if (inner.conformed !== member) replace(name, inner.conformed);
    }
  }
  return { conformed };
}

/**
 * Checks that a value from outside is an authorization: an object with an id, whose known members
 * have the types that {@linkcode Authorization} promises. Unknown members are kept, missing ones are
 * fine.
 *
 * @param value The value, from JSON.
 */
export function parseAuthorization(value: unknown): ParsedAuthorization {
  if (!isObject(value)) {
    return { ok: false, reason: `it must be an object, not ${describeType(value)}` };
  }
  const { id } = value;
  if (id === undefined) return { ok: false, reason: "its 'id' is missing" };
  if (typeof id !== "string" || id === "") {
    return { ok: false, reason: "its 'id' must be a string that is not empty" };
  }
  const result = conform(value, SHAPE, "");
  if ("reason" in result) return { ok: false, reason: result.reason };
  return { ok: true, authorization: { ...result.conformed, id } };
}

/**
 * Tells whether an authorization has its whole token, rather than none or one whose middle is
 * replaced by ten `*`.
 *
 * @param authorization The authorization.
 */
export function isIssued(authorization: Authorization): authorization is IssuedAuthorization {
  const token = authorization.access_token?.token;
  return token !== undefined && /^[\x21-\x7e]+$/.test(token) && !token.includes("**********");
}

/**
 * Tells whether an authorization had expired at the moment Heroku gave it.
 *
 * One whose `expires_in` is null never expires; one that tells no `expires_in` isn't known to have.
 *
 * @param authorization The authorization.
 */
export function isExpired(authorization: Authorization): boolean {
  const left = authorization.access_token?.expires_in;
  return typeof left === "number" && left <= 0;
}
