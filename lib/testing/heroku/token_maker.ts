/**
 * Made-up tokens in the forms that Heroku's have, and the way Heroku hides them.
 *
 * @module
 */

import type { Random } from "../random.ts";

/**
 * The form of a made-up token. Heroku has used all three:
 * - `"long"`: `HRKU-AA` and 58 characters
 * - `"prefixed-uuid"`: `HRKU-` and a UUID
 * - `"uuid"`: a bare UUID
 */
export type TokenForm = "long" | "prefixed-uuid" | "uuid";

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-";
const VISIBLE_PREFIX = "HRKU-AA";
/** Enough for five thousand tokens to differ, and fewer than would give a token away. */
const VISIBLE_SUFFIX = 6;
const RANDOM_LENGTH = 58;
const LONGEST_CANARY = 32;

/**
 * Prepares to make tokens.
 *
 * @param random the sequence that the tokens are taken from
 * @param form the form of every token
 * @param canary a text that is in every token, right after `HRKU-AA`; only for the form `"long"`
 * @returns a function that makes one token after another
 * @throws {TypeError} when `canary` has other characters than letters, digits, `_` and `-`, is longer
 *   than 32, or is given for another form
 */
export function createTokenMaker(random: Random, form: TokenForm, canary: string): () => string {
  if (canary !== "" && form !== "long") {
    throw new TypeError(
      `Cannot make tokens because 'tokenPrefix' needs the token form 'long': current form is '${form}'`,
    );
  }
  if (!/^[\w-]*$/.test(canary) || canary.length > LONGEST_CANARY) {
    throw new TypeError(
      `Cannot make tokens because 'tokenPrefix' must be at most ${LONGEST_CANARY} letters, digits, ` +
        `'_' and '-': current value is '${canary}'`,
    );
  }
  return () => {
    if (form === "uuid") return random.uuid();
    if (form === "prefixed-uuid") return `HRKU-${random.uuid()}`;
    return VISIBLE_PREFIX + canary + random.text(RANDOM_LENGTH - canary.length, ALPHABET);
  };
}

/**
 * What of a hidden token shows:
 * - `"strong"`: a prefix, ten `*` and the last six characters, so that it differs from token to token
 *   and the CLI's `logout` finds the one that it uses
 * - `"weak"`: a prefix and ten `*`, the same for all tokens of one form
 */
export type Redaction = "strong" | "weak";

/**
 * Hides a token the way Heroku does in what it lists. A canary never shows.
 *
 * @param token the whole token
 * @param redaction what of it shows
 */
export function redactToken(token: string, redaction: Redaction): string {
  const prefix = token.startsWith("HRKU-") ? VISIBLE_PREFIX.length : 4;
  const suffix = redaction === "strong" ? token.slice(-VISIBLE_SUFFIX) : "";
  return `${token.slice(0, prefix)}**********${suffix}`;
}
