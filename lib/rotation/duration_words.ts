/**
 * Durations in words.
 *
 * @module
 */

/** A duration in words, such as `3 d` or `5 min`. */
export function inWords(milliseconds: number): string {
  const units: [number, string][] = [[86_400_000, "d"], [3_600_000, "h"], [60_000, "min"]];
  for (const [unit, name] of units) {
    if (Math.abs(milliseconds) >= 2 * unit) return `${Math.floor(milliseconds / unit)} ${name}`;
  }
  return `${Math.floor(milliseconds / 1000)} s`;
}
