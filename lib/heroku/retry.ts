/**
 * When to try again, and how long to wait before.
 *
 * @module
 */

/** The longest `Retry-After` that is waited out, in milliseconds. A longer one is an error at once. */
export const MAX_RETRY_AFTER = 60_000;

/** The wait before the first retry is at most this long, in milliseconds; each further one doubles it. */
const FIRST_WAIT = 500;

/** No wait that we choose ourselves is longer, in milliseconds. */
const MAX_WAIT = 10_000;

/**
 * Chooses how long to wait before a retry: as long as the server asks, else a random time up to a
 * bound that doubles from 500 ms to 10 s ("full jitter").
 *
 * @param attempt How many attempts have failed before the one that just did.
 * @param retryAfter How long the server asks to wait, in milliseconds, if it does.
 * @returns Milliseconds, or undefined when the server asks for more than {@linkcode MAX_RETRY_AFTER}.
 */
export function chooseWait(attempt: number, retryAfter: number | undefined): number | undefined {
  if (retryAfter !== undefined) return retryAfter <= MAX_RETRY_AFTER ? retryAfter : undefined;
  return Math.random() * Math.min(MAX_WAIT, FIRST_WAIT * 2 ** attempt);
}

/**
 * Settles as the work does, or rejects with the signal's reason as soon as it is aborted, whether or
 * not the work listens to the signal itself.
 *
 * @param work What to wait for.
 * @param signal Ends the wait.
 */
export async function abortable<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  let stop = () => {};
  const aborted = new Promise<never>((_, reject) => {
    stop = () => reject(signal.reason);
    if (signal.aborted) stop();
    signal.addEventListener("abort", stop);
  });
  try {
    return await Promise.race([aborted, work]);
  } finally {
    signal.removeEventListener("abort", stop);
  }
}
