/**
 * A request to a monitor, or to a channel of alerts.
 *
 * @module
 */
import { SECOND } from "@std/datetime/constants";

/** How long an answer may take, in milliseconds. */
const TIMEOUT = 10 * SECOND;

/** A request was not taken. */
export class PostError extends Error {
  static {
    this.prototype.name = "PostError";
  }

  /** What was answered; undefined when nothing was. */
  readonly status: number | undefined;

  /** Its words never hold an address, or anything that was answered. */
  constructor(message: string, status?: number) {
    super(message);
    this.status = status;
  }
}

/** What to send. */
export interface Post {
  /** The address, which may be a secret. */
  readonly url: string;
  /** The body. */
  readonly body: string;
  /** Headers beside those that are always sent. */
  readonly headers: Readonly<Record<string, string>>;
}

/**
 * Sends it.
 *
 * @param who Who is asked, to begin a sentence with.
 * @throws {PostError} When it was not taken.
 */
export async function post(
  who: string,
  { url, body, headers }: Post,
  fetch: typeof globalThis.fetch,
): Promise<void> {
  const answer = await send(who, url, {
    method: "POST",
    body,
    headers,
    // A redirect may lead away from who is meant.
    redirect: "manual",
    signal: AbortSignal.timeout(TIMEOUT),
  }, fetch);
  if (!answer.ok) throw new PostError(`${who} answered ${answer.status}`, answer.status);
}

async function send(
  who: string,
  url: string,
  init: RequestInit,
  fetch: typeof globalThis.fetch,
): Promise<Response> {
  try {
    const answer = await fetch(url, init);
    await answer.body?.cancel();
    return answer;
  } catch (error) {
    const isLate = error instanceof Error && error.name === "TimeoutError";
    throw new PostError(
      isLate ? `${who} did not answer within 10 seconds` : `${who} cannot be reached`,
    );
  }
}
