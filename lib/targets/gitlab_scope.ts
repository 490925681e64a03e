/**
 * The environment scopes of GitLab's variables: several variables with one key differ only by it, and
 * not every GitLab looks at the one that it is asked for.
 *
 * @module
 */
import { createConceal } from "../conceal.ts";
import { TargetError } from "./target.ts";

/** The scope of a variable that is for all environments. */
export const EVERYWHERE = "*";

/** What a variable holds until GitLab has shown that it is for the right environments. */
export const PLACEHOLDER = "set-by-herotate-in-a-moment";

/** How much of a scope goes into an error, in characters: GitLab allows as many. */
const LONGEST = 255;

/** What GitLab did to a variable of another scope than the one that was asked for. */
const DEEDS = {
  answered: { did: "answered with the one of", first: "" },
  changed: { did: "changed the one of", first: "give that one its value back, and " },
  made: { did: "made one for", first: "delete that one, and " },
};

/**
 * The error for a GitLab that took another scope.
 *
 * @param place The place in words, for the message.
 * @param deed What GitLab did to the other variable.
 * @param answered The scope that GitLab answered with.
 * @param secrets What no message may show, whatever GitLab answers.
 * @returns An error that an operator has to mend or, where GitLab only answered a confirmation, one
 *   that says that the place is not proven.
 */
export function otherScope(
  place: string,
  deed: "answered" | "changed" | "made",
  answered: string,
  secrets: readonly string[],
  code: "not_found" | "mismatch" = "not_found",
): TargetError {
  const { did, first } = DEEDS[deed];
  const scope = createConceal(secrets)(answered).slice(0, LONGEST);
  return new TargetError(
    code,
    `Cannot reach the ${place} because GitLab ${did} the environment scope '${scope}': ${first}update GitLab (groups need 16.9 and a plan with scopes), or set 'environment_scope' to '${scope}' if that is the one`,
  );
}
