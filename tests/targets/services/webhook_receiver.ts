/**
 * A receiver of webhooks that does what the documentation asks for, with its own check of the
 * signature.
 *
 * @module
 */
import { createHash, createHmac, timingSafeEqual } from "node:crypto";
import { member, type Service, startService, textOf } from "./service.ts";

/** A running receiver. */
export interface WebhookReceiver extends Service {
  /** The key that requests have to be signed with. */
  readonly secret: string;
  /** The token of each credential, and its authorization's time; may be changed. */
  readonly tokens: Map<string, { readonly token: string; readonly createdAt: string }>;
  /** What this receiver does besides; may be changed. */
  readonly ways: WebhookWays;
  /** How often a delivery took effect. */
  readonly effects: () => number;
  /** Puts other words into the answers to deliveries, or stops that. */
  setAnswer(answer: ((fingerprint: string) => Response) | undefined): void;
}

/** What receivers, and what is in front of them, do with deliveries. */
export interface WebhookWays {
  /** Whether it answers a key that it has seen as it did the first time, and does nothing. */
  remembersKeys: boolean;
  /** Whether another request with the same key is still being worked on. */
  isAtWork: boolean;
  /** Whether it sends back what it gets, and stores nothing. */
  echoes: boolean;
}

/** What the receiver remembers of a key. */
interface Remembered {
  readonly text: string;
  readonly answer: Response;
}

/** Starts a receiver of webhooks. */
export function startWebhookReceiver(): WebhookReceiver {
  const secret = `whsec_${crypto.randomUUID()}`;
  const tokens = new Map<string, { token: string; createdAt: string }>();
  const remembered = new Map<string, Remembered>();
  const ways: WebhookWays = { remembersKeys: false, isAtWork: false, echoes: false };
  let effects = 0;
  let answer = (fingerprint: string): Response => Response.json({ fingerprint });

  // https://datatracker.ietf.org/doc/draft-ietf-httpapi-idempotency-key-header/, section 2.7
  function problem(status: number, title: string): Response {
    const headers = { "content-type": "application/problem+json" };
    return Response.json({ type: "about:blank", title, status }, { status, headers });
  }

  const service = startService({
    rateLimited: (now) =>
      Response.json({ error: "slow down" }, {
        status: 429,
        headers: { "retry-after": new Date(now + 30_000).toUTCString() },
      }),
    handle({ method, path, headers, text, json }, now) {
      if (path !== "/tokens") return new Response("No such page", { status: 404 });
      if (method !== "POST") return new Response("POST only", { status: 405 });
      const signature = /^t=(\d+),v1=([0-9a-f]{64})$/.exec(
        headers.get("herotate-signature") ?? "",
      );
      if (!signature) return new Response("Not signed", { status: 401 });
      const [, time, given] = signature;
      const expected = createHmac("sha256", secret).update(`${time}.${text}`).digest();
      if (!timingSafeEqual(expected, Uint8Array.fromHex(given))) {
        return new Response("Bad signature", { status: 401 });
      }
      if (Math.abs(now / 1000 - Number(time)) > 300) return new Response("Old", { status: 401 });
      const credential = textOf(json, "credential");
      const token = textOf(json, "token");
      const createdAt = textOf(json, "created_at");
      const isTimed = typeof textOf(json, "expires_at") === "string" ||
        member(json, "expires_at") === null;
      if (
        !credential || !token || !createdAt || !textOf(json, "authorization") || !isTimed ||
        !Number.isInteger(member(json, "generation"))
      ) {
        return new Response("Incomplete", { status: 422 });
      }
      const key = headers.get("idempotency-key");
      if (!key) return new Response("No key", { status: 400 });
      if (ways.echoes) return Response.json(json);
      if (ways.isAtWork) return problem(409, "A request is outstanding for this Idempotency-Key");
      const known = ways.remembersKeys ? remembered.get(key) : undefined;
      if (known && known.text !== text) return problem(422, "Idempotency-Key is already used");
      if (known) return known.answer.clone();
      if ((tokens.get(credential)?.createdAt ?? "") > createdAt) {
        return Response.json({ error: "There is a newer token" }, { status: 409 });
      }
      const said = answer(createHash("sha256").update(token).digest("hex"));
      remembered.set(key, { text, answer: said.clone() });
      if (said.status >= 500) return said;
      tokens.set(credential, { token, createdAt });
      effects++;
      return said;
    },
  });
  return {
    ...service,
    secret,
    tokens,
    ways,
    effects: () => effects,
    setAnswer: (value) =>
      void (answer = value ?? ((fingerprint) => Response.json({ fingerprint }))),
  };
}
