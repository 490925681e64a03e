/**
 * Moments as the page shows them.
 *
 * @module
 */
import { html } from "hono/html";
import { inWords } from "../../lib/rotation/duration_words.ts";

/** HTML whose every value has been escaped. */
export type Html = ReturnType<typeof html>;

/** Shows a moment, such as `2026-10-03 14:05 UTC`. */
export function renderTime(iso: string): Html {
  return html`<time datetime="${iso}">${iso.slice(0, -8).replace("T", " ")} UTC</time>`;
}

/** Shows a moment and its distance from now, such as `2026-10-03 14:05 UTC in 18 d`. */
export function renderMoment(iso: string, now: string): Html {
  return html`<span class="moment">${renderTime(iso)} <small>${
    renderDistance(iso, now)
  }</small></span>`;
}

/** Shows only the distance of a moment from now, such as `4 min ago`. */
export function renderDistance(iso: string, now: string): Html {
  const distance = Date.parse(iso) - Date.parse(now);
  const words = distance > 0 ? `in ${inWords(distance)}` : `${inWords(-distance)} ago`;
  return html`<time datetime="${iso}" title="${iso}">${words}</time>`;
}

/** Shows when something expires, or why no moment can be shown. */
export function renderEnd(
  { expires_at, never_expires }: {
    readonly expires_at: string | null;
    readonly never_expires: boolean;
  },
  now: string,
): Html | string {
  if (expires_at !== null) return renderMoment(expires_at, now);
  return never_expires ? "never" : "not known";
}
