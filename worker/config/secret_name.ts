/**
 * Names of Worker secrets, and what only looks like one.
 *
 * @module
 */
import { isToken } from "./token_maker.ts";

/** As long as the shortest keys that are made by chance. */
const KEY_LENGTH = 16;

/**
 * Whether a text is written as names of secrets are, such as `GITHUB_TOKEN`. What is not may be a
 * secret in the place of its name, and is not repeated.
 */
export function isSecretName(text: string): boolean {
  const isName = /^[A-Z][A-Z0-9]*(_[A-Z0-9]+)*$/.test(text) && text.length <= 64;
  const isRandom = text.length >= KEY_LENGTH && !text.includes("_") && /\d/.test(text);
  return isName && !isRandom && !isToken(text);
}

/** Whether a text may be a secret that was written in a wrong place, and so is not repeated. */
export function mayBeSecret(text: string): boolean {
  return text.length >= KEY_LENGTH && !/[-_ ]/.test(text);
}
