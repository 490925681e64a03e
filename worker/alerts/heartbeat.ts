/**
 * The heartbeat: a ping to a monitor after each sweep that found all well. When it stays away, the
 * monitor raises the alarm, also when nothing runs any more that could.
 *
 * @module
 */
import type { EventHead } from "../event.ts";
import { post, PostError } from "./post.ts";

/**
 * Sends a heartbeat. Its body is the head of the account's events, so that the monitor's history shows
 * later whether any were changed. Gives why it failed, in words, without its address; it never throws.
 */
export async function sendHeartbeat(
  address: string,
  { number, hash }: EventHead,
  { fetch }: { readonly fetch: typeof globalThis.fetch },
): Promise<string | undefined> {
  const body = hash === null ? "0" : `${number}:${hash}`;
  const headers = { "Content-Type": "text/plain; charset=utf-8" };
  try {
    await post("The monitor", { url: address, body, headers }, fetch);
    return undefined;
  } catch (error) {
    if (error instanceof PostError) return error.message;
    throw error;
  }
}
