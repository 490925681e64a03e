/**
 * How long a service asks not to be called.
 *
 * @module
 */

import { parseRetryAfter, readTime } from "../retry_after.ts";

/** Numbers from here on are points in time, as seconds since the epoch; smaller ones are spans. */
const EPOCH_SECONDS = 1_000_000_000;

/**
 * The wait that an answer asks for, in milliseconds, or undefined where it names none. `Retry-After`
 * (seconds, or a date) wins over the time at which the rate limit is reset, under the names GitHub
 * (`x-ratelimit-reset`), GitLab (`ratelimit-reset`) and Cloudflare (`ratelimit`) have for it. Many services
 * name that time in every answer: it counts only where nothing remains until then.
 *
 * @param now Our own time in milliseconds since the epoch, for an answer without a `Date`.
 */
export function retryAfter(headers: Headers, now: number): number | undefined {
  const asked = parseRetryAfter(headers, now);
  if (asked !== undefined) return asked;
  const since = readTime(headers, now);
  for (const name of ["x-ratelimit", "ratelimit"]) {
    const reset = headers.get(`${name}-reset`)?.trim() ?? "";
    const remaining = Number(headers.get(`${name}-remaining`) ?? 0);
    if (!/^\d+(\.\d+)?$/.test(reset) || remaining > 0) continue;
    const seconds = Number(reset);
    return seconds < EPOCH_SECONDS
      ? Math.ceil(seconds * 1000)
      : Math.max(0, Math.ceil(seconds * 1000 - since));
  }
  return windowLeft(headers.get("ratelimit"));
}

/** What is left of the longest window that is used up, as in `"default";r=0;t=30` (Cloudflare). */
function windowLeft(limits: string | null): number | undefined {
  const waits = (limits ?? "").split(",").flatMap((limit) => {
    const left = /;\s*t=(\d+)/.exec(limit);
    return left && /;\s*r=0\s*(?:;|$)/.test(limit) ? [Number(left[1]) * 1000] : [];
  });
  return waits.length === 0 ? undefined : Math.max(...waits);
}
