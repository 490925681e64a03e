/**
 * Tokens in arguments: they stay in the shell's history and show in lists of processes, so none is
 * taken, and none is repeated.
 *
 * @module
 */
import { createRedact, isSecretName, type Redact } from "../../lib/redact.ts";
import { concealTokens } from "../config/token_maker.ts";
import { HEAD_PATTERN } from "../event.ts";
import type { World } from "./world.ts";

/** What is a key in all likelihood: it is long, and has letters and digits and nothing to read. */
const RANDOM = /[A-Za-z0-9+_]{40,}={0,2}/g;

/** The secrets that the environment holds, by their names. */
export function findSecrets(env: World["env"]): readonly string[] {
  return Object.entries(env)
    .filter(([name]) => isSecretName(name) || name.includes("KEY"))
    .flatMap(([, value]) => value !== undefined && value.length >= 8 ? [value] : []);
}

/** Whether an argument looks like a token, or holds a secret that the environment has. */
export function holdsToken(argument: string, env: World["env"]): boolean {
  if (findSecrets(env).some((secret) => argument.includes(secret))) return true;
  // The head of a chain of events has the look of a key, and is none.
  if (HEAD_PATTERN.test(argument)) return false;
  return concealTokens(argument) !== argument || /HRKU-/i.test(argument) ||
    [...argument.matchAll(RANDOM)].some(([word]) => /\d/.test(word) && /[A-Za-z]/.test(word));
}

/** Makes what takes tokens, and every secret that the environment has, out of a text. */
export function createConceal(env: World["env"]): Redact {
  const redact = createRedact(findSecrets(env));
  return (text, options) => redact(concealTokens(text), options);
}
