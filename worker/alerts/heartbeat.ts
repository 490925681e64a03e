/**
 * The heartbeat: a ping to a monitor after each sweep that found all well. When it stays away, the
 * monitor raises the alarm, also when nothing runs any more that could.
 *
 * @module
 */
import { SECOND } from "@std/datetime/constants";
import type { EventHead } from "../event.ts";

/** How long an answer may take, in milliseconds. */
const TIMEOUT = 10 * SECOND;

/**
 * Sends a heartbeat. Its body is the head of the account's events, so that the monitor's history shows
 * later whether any were changed. Gives why it failed, in words, without its address; it never throws.
 */
export async function sendHeartbeat(
  address: string,
  { number, hash }: EventHead,
  { fetch }: { readonly fetch: typeof globalThis.fetch },
): Promise<string | undefined> {
  try {
    const answer = await fetch(address, {
      method: "POST",
      body: hash === null ? "0" : `${number}:${hash}`,
      headers: { "Content-Type": "text/plain; charset=utf-8" },
      // A redirect may lead away from the monitor.
      redirect: "manual",
      signal: AbortSignal.timeout(TIMEOUT),
    });
    await answer.body?.cancel();
    return answer.ok ? undefined : `The monitor answered ${answer.status}`;
  } catch (error) {
    return error instanceof Error && error.name === "TimeoutError"
      ? "The monitor did not answer within 10 seconds"
      : "The monitor cannot be reached";
  }
}
