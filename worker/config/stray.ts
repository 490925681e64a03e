/**
 * What is written in the wrong place, where nothing reads it.
 *
 * @module
 */
import { measureDistance, type Mistake } from "./mistakes.ts";
import type { Source } from "./sources.ts";

/** What the names of all variables with credentials begin with. */
const CREDENTIALS = "CREDENTIALS";

/** The variables that the Worker reads; of credentials there may be several. */
const VARIABLES = [
  CREDENTIALS,
  "ACCOUNTS",
  "ALERTS",
  "FUSE",
  "HEROKU_URL",
  "HEROKU_ACCOUNT",
  "HEARTBEAT_SECRET",
  "OBSERVE",
  "PAGE_URL",
] as const;

/** The Worker's own secrets: they are neither an account's token nor anything that a target is given. */
export const RESERVED_SECRETS: readonly string[] = [
  "SEALING_KEY",
  "SEALING_KEY_PREVIOUS",
  "PAGE_KEY",
  "METRICS_KEY",
  "OPERATOR_KEY",
];

/** The bindings that the Worker works with. */
const BINDINGS = ["ACCOUNT", "ROTATION"] as const;

const NAMES: readonly string[] = [
  ...VARIABLES,
  "HEROKU_API_TOKEN",
  ...RESERVED_SECRETS,
  ...BINDINGS,
];

/** Members of a credential that no target has; `account` has another meaning in few. */
const OF_CREDENTIAL = [
  "account",
  "expires_in",
  "renew_before",
  "max_age",
  "grace",
  "paused",
  "observe",
  "on_drift",
  "keep_token",
  "targets",
];

/** Members of targets that no credential has. */
const OF_TARGET = [
  "type",
  "required",
  "reader_key_secret",
  "token_secret",
  "signing_secret",
  "repository",
  "app",
  "url",
  "reader_key",
  "token",
  "secret",
];

/** What Heroku's own tools and others call the token. */
const OTHER_NAMES = ["HEROKU_API_KEY", "HEROKU_TOKEN", "HEROKU_KEY"];

/** How many characters a name may differ by and still be taken for another one misspelt. */
const NEAR = 2;

/** Whether a name is that of a variable with credentials. */
export function isCredentials(name: string): boolean {
  return name.startsWith(CREDENTIALS);
}

/** Whether a name is that of a variable or a binding, which is no secret. */
export function isVariable(name: string): boolean {
  return isCredentials(name) || [...VARIABLES, ...BINDINGS].some((each) => each === name);
}

/**
 * Says where a member belongs that is not known where it is written; undefined for one that belongs
 * nowhere.
 *
 * @param where What is written there: a credential, or one of its targets.
 */
export function describeMisplaced(
  name: string,
  where: "credential" | "target",
  source: Source,
): string | undefined {
  if (isCredentials(name) || VARIABLES.some((each) => each === name)) {
    return `Is a variable of its own, and no part of a ${where}: ${source.amongVariables}`;
  }
  if (NAMES.includes(name)) {
    return `Is no part of a ${where}: remove it, and run \`wrangler secret put ${name}\` instead if it is a secret`;
  }
  if (where === "target" && OF_CREDENTIAL.includes(name)) {
    return `Is a member of the credential: ${source.amongCredential}`;
  }
  if (where === "credential" && OF_TARGET.includes(name)) {
    return `Is a member of a target: ${source.amongTarget}`;
  }
  return undefined;
}

/** Finds variables whose names are near to one that is read, or that belong to a credential. */
export function findStray(
  env: Readonly<Record<string, unknown>>,
  used: readonly string[],
): Mistake[] {
  const isRead = (name: string) =>
    isCredentials(name) || NAMES.includes(name) || used.includes(name);
  return Object.keys(env).filter((name) => !isRead(name))
    .flatMap((name): Mistake[] => {
      if (OF_CREDENTIAL.includes(name) || ["name", "scope"].includes(name)) {
        return [{
          path: name,
          message: name === "targets"
            ? "Is not read here: write [[vars.CREDENTIALS.targets]], below the credential's own members"
            : "Is not read here: write it below [[vars.CREDENTIALS]]",
        }];
      }
      const meant = /^CREDENTIAL/i.test(name)
        ? CREDENTIALS
        : OTHER_NAMES.includes(name)
        ? "HEROKU_API_TOKEN"
        : findNear(name, NAMES);
      return meant === undefined
        ? []
        : [{ path: name, message: `Is not read (did you mean '${meant}'?): rename or remove it` }];
    });
}

/** The name that another one is a misspelling of, if it looks like that. */
export function findNear(name: string, candidates: readonly string[]): string | undefined {
  const upper = name.toUpperCase();
  return candidates.filter((candidate) => candidate !== name).find((candidate) => {
    const distance = measureDistance(upper, candidate.toUpperCase());
    return distance === 0 || (distance <= NEAR && candidate.length > 2 * NEAR);
  });
}
