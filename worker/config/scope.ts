/**
 * Scopes: what Heroku knows, and what it may not.
 *
 * @module
 */
import { suggest } from "./mistakes.ts";

/**
 * The scopes that Heroku documents.
 *
 * @see https://devcenter.heroku.com/articles/oauth#scopes
 */
const KNOWN_SCOPES: readonly string[] = [
  "global",
  "identity",
  "read",
  "write",
  "read-protected",
  "write-protected",
];

const FORM = "Must be an array of one or more of Heroku's scopes, such as ['write-protected']";

/** What a single scope may look like: Heroku's are open strings. */
const PATTERN = /^[A-Za-z][A-Za-z0-9:._/*+-]{0,99}$/;

/** Finer scopes have the id of what they are for inside. */
const ID = /[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}/i;

/** Says what is wrong with a scope as a whole, and what would be right; undefined for a right one. */
export function findScopeMistake(scope: unknown): string | undefined {
  if (typeof scope === "string") {
    const parts = scope.split(/[\s,]+/).filter(isScope);
    return parts.length === 0 ? FORM : `${FORM}: write ${list(parts)}`;
  }
  if (!Array.isArray(scope) || scope.length === 0) return FORM;
  const once = [...new Set(scope)];
  if (once.length < scope.length && once.every(isScope)) {
    return `Must name each scope once: write ${list(once)}`;
  }
  return undefined;
}

/** Says what is wrong with one of a scope's members; undefined for a right one. */
export function findMemberMistake(member: unknown): string | undefined {
  if (isScope(member)) return undefined;
  const parts = typeof member === "string" ? member.split(/[\s,]+/).filter(isScope) : [];
  return parts.length === 0 ? FORM : `${FORM}: write ${list(parts)}`;
}

/** Says that Heroku may not know a scope; undefined for one that it does. */
export function findScopeDoubt(scope: string): string | undefined {
  if (KNOWN_SCOPES.includes(scope) || ID.test(scope)) return undefined;
  return `'${scope}' is none of the scopes that Heroku documents${
    suggest(scope, KNOWN_SCOPES)
  }: they are ${KNOWN_SCOPES.join(", ")}. It is sent as it is written`;
}

function isScope(member: unknown): member is string {
  // A token in a scope's place is no scope, and not to be repeated.
  return typeof member === "string" && PATTERN.test(member) && !/HRKU-/i.test(member);
}

function list(scopes: readonly string[]): string {
  return `[${scopes.map((scope) => `'${scope}'`).join(", ")}]`;
}
