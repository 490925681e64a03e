/**
 * Sending what waits: each alert to each of its channels, once at least.
 *
 * @module
 */
import type { AlertBook } from "../account/alert_book.ts";
import type { Log } from "../log.ts";
import type { Channel } from "./channel.ts";

/** What it works with. */
export interface SendingDependencies {
  /** What waits. */
  readonly book: Pick<AlertBook, "readWaiting" | "markSent" | "markFailed">;
  /** Takes what fails. */
  readonly log: Pick<Log, "warn">;
  /** The current time, in milliseconds since the epoch. */
  readonly now: () => number;
}

/**
 * Sends what waits for each of these channels, in order. A channel that fails is left alone until the
 * next sweep, and keeps no other from its own.
 */
export async function sendAlerts(
  channels: readonly Pick<Channel, "name" | "send">[],
  dependencies: SendingDependencies,
): Promise<void> {
  await Promise.all(channels.map((channel) => sendTo(channel, dependencies)));
}

async function sendTo(
  { name, send }: Pick<Channel, "name" | "send">,
  { book, log, now }: SendingDependencies,
): Promise<void> {
  for (const letter of book.readWaiting(name)) {
    try {
      await send(letter.alert);
    } catch (error) {
      const message = error instanceof Error ? error.message : "It failed";
      book.markFailed(name, now(), message);
      log.warn("alert_failed", { channel: name, error: message });
      return;
    }
    book.markSent(letter);
  }
}
