/**
 * Servers that alerts are sent to.
 *
 * @module
 */
import type { Env } from "../sample.ts";

/** What a receiver was sent. */
export interface Received {
  readonly path: string;
  readonly headers: Headers;
  readonly text: string;
  // deno-lint-ignore no-explicit-any
  readonly body: any;
}

/** A server that takes alerts. */
export interface Receiver extends AsyncDisposable {
  /** Its address. */
  readonly url: string;
  /** What it was sent, whether it took it or not. */
  readonly received: Received[];
  /** What it answers; never, for one that hangs. */
  answer: (received: Received) => Response | Promise<Response>;
}

/** Starts one that takes all. */
export function startReceiver(): Receiver {
  const ending = new AbortController();
  const server = Deno.serve(
    { port: 0, hostname: "127.0.0.1", onListen() {}, signal: ending.signal },
    async (request) => {
      const text = await request.text();
      const { pathname } = new URL(request.url);
      const received = {
        path: pathname,
        headers: request.headers,
        text,
        body: JSON.parse(text) as unknown,
      };
      receiver.received.push(received);
      return await receiver.answer(received);
    },
  );
  const receiver: Receiver = {
    url: `http://127.0.0.1:${server.addr.port}`,
    received: [],
    answer: () => new Response("ok"),
    async [Symbol.asyncDispose]() {
      ending.abort();
      await server.finished;
    },
  };
  return receiver;
}

/** The key that signs alerts in these tests. */
export const ALERTS_KEY = "alerts-key-of-the-tests-0123456789";

/** A Worker whose alerts go to a chat. */
export function configureSlack({ url }: Pick<Receiver, "url">, members: Env = {}): Env {
  return {
    ALERTS: [{ type: "slack", url_secret: "SLACK_URL", ...members }],
    SLACK_URL: `${url}/services/secret-of-mine`,
  };
}

/** A Worker whose alerts go to a webhook. */
export function configureWebhook({ url }: Pick<Receiver, "url">, members: Env = {}): Env {
  return {
    ALERTS: [{ type: "webhook", url, signing_secret: "ALERTS_KEY", ...members }],
    ALERTS_KEY,
  };
}
