/**
 * What the Worker writes to the console, taken by a test.
 *
 * @module
 */

/** Does some work, and gives each line that it writes to the console to `take`. */
export async function listenToConsole<T>(
  take: (line: string) => void,
  work: () => Promise<T>,
): Promise<T> {
  const { log, warn, error } = console;
  Object.assign(console, { log: take, warn: take, error: take });
  try {
    return await work();
  } finally {
    Object.assign(console, { log, warn, error });
  }
}
