/**
 * Which Heroku account a token is meant to be of: `HEROKU_ACCOUNT`, or `heroku_account` of an account.
 *
 * @module
 */
import type { Mistake } from "./mistakes.ts";

const FORM =
  "Must be the id (a uuid) or the e-mail address of the Heroku account that the token is of, such as 'anna@example.com'";
const ADVICE = "`heroku auth:whoami` shows it";

/** The outcome: the account in lower case, if one is given, and what is wrong. */
export interface AccountResult {
  /** Undefined when none is given, or a wrong one. */
  readonly account: string | undefined;
  /** One at most. */
  readonly mistakes: readonly Mistake[];
}

/** Reads it at a path. */
export function parseAccount(given: unknown, path: string): AccountResult {
  if (given === undefined) return { account: undefined, mistakes: [] };
  const refuse = (message: string): AccountResult => ({
    account: undefined,
    mistakes: [{ path, message }],
  });
  if (typeof given !== "string") return refuse(`${FORM}: ${ADVICE}`);
  if (given.trim() === "") return refuse(`${FORM}, or be left out: ${ADVICE}`);
  if (/HRKU-/i.test(given)) {
    return refuse(`${FORM}, and not a token: revoke that, as it has been written into a file`);
  }
  if (isAccount(given)) return { account: given.toLowerCase(), mistakes: [] };
  const [inside = ""] = /[^\s<>"'(),;:]+@[^\s<>"'(),;:]+|[0-9a-f-]{36}/i.exec(given) ?? [];
  return refuse(`${FORM}: ${isAccount(inside) ? `write '${inside}'` : ADVICE}`);
}

function isAccount(text: string): boolean {
  return /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/i.test(text) ||
    (/^[^\s@<>"'(),;:]+@[^\s@<>"'(),;:]+\.[^\s@<>"'(),;:]+$/.test(text) && text.length <= 254);
}
