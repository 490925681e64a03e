/**
 * Heroku's OAuth authorization, as its API gives it: the records.
 *
 * The facts come from Heroku's JSON schema (https://devcenter.heroku.com/articles/platform-api-reference#oauth-authorization)
 * and from real answers, which leave members out and give some another type. So all but the id may
 * be missing: a member of another type is as good as missing, and so is a null where Heroku knows
 * none.
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
   * in time. Zero or less: expired. Null: it never expires. Missing: not known, as it is where Heroku
   * answers more than twenty years.
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

/**
 * An authorization: Heroku's record of a token, with Heroku's own names.
 *
 * Each member that is here has the type that is written here. One that Heroku gave another type is
 * missing, and `onMistyped` says so.
 */
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
 * One whose `expires_in` is null never expires; one without `expires_in` isn't known to have.
 *
 * @param authorization The authorization.
 */
export function isExpired(authorization: Authorization): boolean {
  const left = authorization.access_token?.expires_in;
  return typeof left === "number" && left <= 0;
}
