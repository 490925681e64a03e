/**
 * Mistakes in the configuration, in the operator's own terms.
 *
 * @module
 */

/** One mistake in the configuration. It never holds the value of a secret. */
export interface Mistake {
  /** Where, such as `CREDENTIALS[2] (ci-deploy).targets[0].repository`. */
  readonly path: string;
  /** What is wrong and what was expected, such as `Must be true or false`. */
  readonly message: string;
}

/** How much of a name that the operator wrote is repeated to them. */
const LONGEST = 60;

/** Appends members and indexes to a path. */
export function joinPath(path: string, keys: readonly unknown[]): string {
  return keys.reduce<string>((joined, key) => {
    if (typeof key === "number") return `${joined}[${key}]`;
    const name = shorten(String(key));
    return /^[\w-]+$/.test(name) ? `${joined}.${name}` : `${joined}[${JSON.stringify(name)}]`;
  }, path);
}

/** Reads a string of JSON; anything else stays as it is. */
export function fromJson(value: unknown): unknown {
  if (typeof value !== "string") return value;
  try {
    return JSON.parse(value);
  } catch {
    return value;
  }
}

/** Whether a value is a table, as TOML calls an object. */
export function isTable(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/**
 * Finds the members of a table that are not known there.
 *
 * @param describe Says where a member belongs.
 */
export function findUnknown(
  table: Readonly<Record<string, unknown>>,
  known: readonly string[],
  path: string,
  describe: (name: string) => string | undefined = () => undefined,
): Mistake[] {
  return Object.keys(table).filter((name) => !known.includes(name)).map((name) => ({
    path: joinPath(path, [name]),
    message: describe(name) ??
      `Is not known${suggest(name, known)}: the members are ${known.join(", ")}`,
  }));
}

/** Says ` (did you mean 'grace'?)`, or nothing when no known word is near. */
export function suggest(word: string, known: readonly string[]): string {
  const given = shorten(word).toLowerCase();
  const nearest = known
    .map((candidate) => ({ candidate, distance: measureDistance(given, candidate) }))
    .filter(({ candidate, distance }) => distance <= Math.max(given.length, candidate.length) / 2)
    .sort((a, b) => a.distance - b.distance)
    .at(0)?.candidate ?? known.find((candidate) => given !== "" && candidate.startsWith(given));
  return nearest === undefined ? "" : ` (did you mean '${nearest}'?)`;
}

/** Cuts what the operator wrote to a length that can be repeated to them. */
export function shorten(text: string): string {
  return text.length <= LONGEST ? text : `${text.slice(0, LONGEST).toWellFormed()}…`;
}

/** The number of characters to insert, delete or replace (Levenshtein's). */
export function measureDistance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, at) => at);
  for (let i = 1; i <= from.length; i++) {
    const next = [i];
    for (let j = 1; j <= to.length; j++) {
      const replaced = row[j - 1] + (from[i - 1] === to[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, row[j] + 1, next[j - 1] + 1));
    }
    row = next;
  }
  return row[to.length];
}
