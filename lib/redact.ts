/**
 * Takes secrets out of text that we didn't write, before it gets into an error or a log.
 *
 * @module
 */

import { createConceal } from "./conceal.ts";

const REDACTED = "[redacted]";

/** A shorter secret is found in plain words too often, and no token is that short. */
const SHORTEST_SECRET = 6;

const MAX_DEPTH = 8;

/** What is a token whoever it belongs to. */
const TOKENS: readonly RegExp[] = [/HRKU-[\w*-]*/gi, /\b(?:Bearer|Basic)\s+[\w.~+/=-]{16,}/gi];

/** Heroku's older tokens are bare uuids. So are its ids, and nothing tells the two apart. */
const UUID = /[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}/gi;

const SECRET_NAME = /token|secret|password|authorization|cookie|two-factor-code/i;

/** How a {@linkcode Redact} is to treat one text. */
export interface RedactOptions {
  /**
   * Whether bare uuids stay, for a text that has good reason to hold one.
   * @default {false}
   */
  readonly keepUuids?: boolean;
}

/** Takes secrets out of a text. */
export type Redact = (text: string, options?: RedactOptions) => string;

/**
 * Tells whether the value under this name (of a header or a member) is to be kept secret.
 *
 * @param name The name.
 */
export function isSecretName(name: string): boolean {
  return SECRET_NAME.test(name);
}

/**
 * Makes a function that replaces in a text, by `[redacted]`, these secrets and any longer part of
 * them in all ways they are commonly written, and everything that looks like a token of Heroku.
 *
 * It prepares itself at the first text, so that what is made and not used costs nothing.
 *
 * @param secrets The secrets; those shorter than six characters are passed over.
 */
export function createRedact(secrets: readonly string[]): Redact {
  const long = secrets.filter((secret) => secret.length >= SHORTEST_SECRET);
  const conceal = createConceal(long);
  let patterns: readonly RegExp[] | undefined;
  return (text, { keepUuids = false } = {}) => {
    patterns ??= [...matchWritten(long), ...TOKENS];
    const used = keepUuids ? patterns : [...patterns, UUID];
    return conceal(used.reduce((rest, pattern) => rest.replace(pattern, REDACTED), text));
  };
}

function matchWritten(secrets: readonly string[]): RegExp[] {
  const written = secrets.flatMap((secret) => [
    secret,
    JSON.stringify(secret).slice(1, -1),
    encodeURIComponent(secret.toWellFormed()),
  ]);
  // A secret that begins with another one must be tried first, or its end would stay.
  const alternatives = [...new Set(written)]
    .sort((a, b) => b.length - a.length)
    .map((form) => form.replace(/[\\^$.*+?()[\]{}|/-]/g, "\\$&"));
  return alternatives.length === 0 ? [] : [new RegExp(alternatives.join("|"), "gi")];
}

/**
 * Copies a JSON value with every secret replaced: in its strings and its members' names, and
 * whatever is a string or a number under a secret's name. Levels beyond the eighth are left
 * out.
 *
 * @param value The value.
 * @param redact Takes the secrets out of a text.
 * @param depth How many levels are above this value already.
 */
export function redactJson(value: unknown, redact: Redact, depth: number = 0): unknown {
  if (typeof value === "string") return redact(value);
  if (typeof value !== "object" || value === null) return value;
  if (depth >= MAX_DEPTH) return REDACTED;
  if (Array.isArray(value)) return value.map((item) => redactJson(item, redact, depth + 1));
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => [
      redact(name),
      isSecretName(name) && (typeof member === "string" || typeof member === "number")
        ? REDACTED
        : redactJson(member, redact, depth + 1),
    ]),
  );
}

/**
 * Copies what was thrown with every secret taken out: name, message, `code` and the causes below it.
 * Other members are left behind, as they may hold the request and with it the token.
 *
 * @param thrown What was thrown.
 * @param redact Takes the secrets out of a text.
 * @param depth How many causes are above this one already.
 */
export function redactThrown(thrown: unknown, redact: Redact, depth: number = 0): Error {
  if (!(thrown instanceof Error)) {
    return new Error(typeof thrown === "string" ? redact(thrown) : `Thrown: ${typeof thrown}`);
  }
  const message = redact(thrown.message);
  const copy = thrown.cause === undefined || depth >= MAX_DEPTH
    ? new Error(message)
    : new Error(message, { cause: redactThrown(thrown.cause, redact, depth + 1) });
  copy.name = redact(thrown.name);
  copy.stack = `${copy.name}: ${message}`;
  if ("code" in thrown && typeof thrown.code === "string") {
    Object.defineProperty(copy, "code", { value: redact(thrown.code), enumerable: true });
  }
  return copy;
}
