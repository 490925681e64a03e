/**
 * What a token may do by its scope.
 *
 * Source: https://devcenter.heroku.com/articles/oauth#scopes. That article does not say what a narrow
 * scope may do at the authorizations; here it may do nothing there.
 *
 * @module
 */

/**
 * Something that a token may be allowed to do:
 * - `"authorizations"`: anything at `/oauth/authorizations`
 * - `"account"`: read `/account`
 * - `"rate-limits"`: read `/account/rate-limits`
 * - `"read-config"` and `"write-config"`: read and change an app's config vars
 */
export type Permission =
  | "authorizations"
  | "account"
  | "rate-limits"
  | "read-config"
  | "write-config";

const GRANTED: Readonly<Record<string, readonly Permission[]>> = {
  "global": ["authorizations", "account", "rate-limits", "read-config", "write-config"],
  "identity": ["account"],
  "read": [],
  "write": [],
  "read-protected": ["read-config"],
  "write-protected": ["read-config", "write-config"],
};

/**
 * The scopes that allow something, as `Oauth-Scope-Accepted` names them.
 *
 * @param permission what a token wants to do
 */
export function accepted(permission: Permission): string {
  return Object.keys(GRANTED)
    .filter((name) => allows([name], permission))
    .join(" ");
}

/**
 * Whether a scope allows something. `global` allows everything, `identity` to read the account,
 * `read-protected` to read config vars, `write-protected` to read and change them; `read`, `write` and
 * finer scopes allow nothing of what this server has. Every token may read its rate limit.
 *
 * @param scope the token's scope
 * @param permission what it wants to do
 */
export function allows(scope: readonly string[], permission: Permission): boolean {
  if (permission === "rate-limits") return true;
  return scope.some((name) => Object.hasOwn(GRANTED, name) && GRANTED[name].includes(permission));
}
