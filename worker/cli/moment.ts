/**
 * Moments in words.
 *
 * @module
 */
import { inWords } from "../../lib/rotation/duration_words.ts";

/** A moment in UTC, with its distance: `2026-11-27 12:00 UTC (in 3 d)`. */
export function formatMoment(iso: string, now: number): string {
  const distance = Date.parse(iso) - now;
  const words = inWords(Math.abs(distance));
  return `${iso.slice(0, 16).replace("T", " ")} UTC (${
    distance < 0 ? `${words} ago` : `in ${words}`
  })`;
}
