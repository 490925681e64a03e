/**
 * The two kinds of 404: the place has no value yet, or what should hold the place is itself missing.
 *
 * @module
 */
import { TargetError } from "./target.ts";

/**
 * Waits for a request that reads one value.
 *
 * @param asking The request, for which 404 is not among the expected statuses.
 * @param holder What a service says in its 404 where the project (group, config, …) is missing and not
 *   the value.
 * @returns What the request gave, or undefined where there is no such value.
 * @throws {TargetError} With code `not_found` where what should hold the value is missing. A 404 in
 *   words that no one expected counts as a missing value: to write it shows what is wrong.
 */
export async function unlessAbsent<T>(asking: Promise<T>, holder: RegExp): Promise<T | undefined> {
  try {
    return await asking;
  } catch (error) {
    if (!(error instanceof TargetError) || error.status !== 404) throw error;
    if (holder.test(error.message)) throw error;
    return undefined;
  }
}
