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

/** Of more than these, one message is made for who reads them. */
const MANY = 3;

/** How many messages a channel gets after one sweep, which has 50 requests in all on Cloudflare's free plan. */
const MOST = 10;

/**
 * Sends what waits for each of these channels, in order. A channel that fails is left alone until the
 * next sweep, and keeps no other from its own.
 */
export async function sendAlerts(
  channels: readonly Pick<Channel, "name" | "send" | "sendMany">[],
  dependencies: SendingDependencies,
): Promise<void> {
  await Promise.all(channels.map((channel) => sendTo(channel, dependencies)));
}

async function sendTo(
  { name, send, sendMany }: Pick<Channel, "name" | "send" | "sendMany">,
  { book, log, now }: SendingDependencies,
): Promise<void> {
  const waiting = book.readWaiting(name);
  const messages = sendMany && waiting.length > MANY
    ? [{ letters: waiting, work: () => sendMany(waiting.map(({ alert }) => alert)) }]
    : waiting.slice(0, MOST).map((letter) => ({
      letters: [letter],
      work: () => send(letter.alert),
    }));
  for (const { letters, work } of messages) {
    try {
      await work();
    } catch (error) {
      const message = error instanceof Error ? error.message : "It failed";
      book.markFailed(name, now(), message);
      log.warn("alert_failed", { channel: name, error: message });
      return;
    }
    book.markSent(name, letters);
  }
}
