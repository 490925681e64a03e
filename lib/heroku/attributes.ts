/**
 * What an authorization is created with and updated to, and the check of it before it is sent.
 *
 * @module
 */

/** What to create an authorization with. */
export interface CreateAttributes {
  /**
   * What the token may do.
   * @default {Heroku's own, `["global"]`, which is everything: give the least that will do}
   */
  readonly scope?: readonly string[];
  /**
   * What to call it.
   * @default {Heroku's own}
   */
  readonly description?: string;
  /**
   * How long it lives, in **seconds**; null: it never expires.
   * @default {Heroku's own}
   */
  readonly expires_in?: number | null;
  /**
   * The id (a uuid) of the OAuth client to make it for.
   * @default {none}
   */
  readonly client?: string;
}

/** What to change of an authorization. Its scope and its lifetime cannot be changed. */
export interface UpdateAttributes {
  /** What to call it from now on. */
  readonly description?: string;
  /** The OAuth client to move it to. */
  readonly client?: {
    /** The client's id (a uuid). */
    readonly id?: string;
    /** The client's secret. */
    readonly secret?: string;
  };
}

type Check = (name: string, value: unknown) => string | undefined;

function object(value: unknown, cannot: string, what: string): Record<string, unknown> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new TypeError(`${cannot} ${what} must be an object`);
  }
  return { ...value };
}

/** Copies the known members that are set, so that nothing changes them between check and use. */
function pick(
  value: unknown,
  checks: Readonly<Record<string, Check>>,
  cannot: string,
  what: string,
): Record<string, unknown> {
  const members = Object.entries(object(value, cannot, what)).filter(([, member]) =>
    member !== undefined
  );
  for (const [name, member] of members) {
    if (!Object.hasOwn(checks, name)) {
      const known = Object.keys(checks).map((one) => `'${one}'`).join(", ");
      throw new TypeError(`${cannot} ${what} must have no '${name}': give only ${known}`);
    }
    const problem = checks[name](name, member);
    if (problem !== undefined) throw new TypeError(`${cannot} ${problem}`);
  }
  return Object.fromEntries(members);
}

const text: Check = (name, value) =>
  typeof value === "string" ? undefined : `'${name}' must be a string`;

const filledText: Check = (name, value) =>
  typeof value === "string" && value.trim() !== ""
    ? undefined
    : `'${name}' must be a string that is not empty`;

const scopes: Check = (name, value) =>
  Array.isArray(value) && value.length > 0 &&
    value.every((scope) => typeof scope === "string" && scope.trim() !== "")
    ? undefined
    : `'${name}' must be an array of strings, at least one and none of them empty`;

const seconds: Check = (name, value) =>
  value === null || typeof value === "number"
    ? undefined
    : `'${name}' must be a number of seconds, or null`;

/**
 * Checks what to create an authorization with.
 *
 * @param attributes What the caller gave.
 * @returns A copy to send.
 * @throws {TypeError} When a member is unknown or has the wrong type.
 * @throws {RangeError} When `expires_in` is no positive whole number.
 */
export function checkCreateAttributes(attributes: CreateAttributes): CreateAttributes {
  const cannot = "Cannot create an authorization because";
  const checks = { scope: scopes, description: text, expires_in: seconds, client: filledText };
  const copy = pick(attributes, checks, cannot, "its attributes");
  const { expires_in } = copy;
  if (typeof expires_in === "number" && !(Number.isSafeInteger(expires_in) && expires_in > 0)) {
    throw new RangeError(
      `${cannot} 'expires_in' must be a positive whole number of seconds, or null: current value ` +
        `is ${expires_in}`,
    );
  }
  return Array.isArray(copy.scope) ? { ...copy, scope: [...copy.scope] } : copy;
}

/**
 * Checks what to change of an authorization.
 *
 * @param attributes What the caller gave.
 * @returns A copy to send.
 * @throws {TypeError} When a member is unknown or has the wrong type, or nothing is to be changed.
 */
export function checkUpdateAttributes(attributes: UpdateAttributes): UpdateAttributes {
  const cannot = "Cannot update the authorization because";
  const copy = pick(
    attributes,
    { description: text, client: () => undefined },
    cannot,
    "its attributes",
  );
  if (Object.keys(copy).length === 0) {
    throw new TypeError(`${cannot} there is nothing to change: give 'description' or 'client'`);
  }
  if (copy.client === undefined) return copy;
  const checks = { id: filledText, secret: filledText };
  return { ...copy, client: pick(copy.client, checks, cannot, "its 'client'") };
}
