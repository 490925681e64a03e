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
  /** Puts other words into the answers to deliveries, or stops that. */
  setAnswer(answer: ((fingerprint: string) => Response) | undefined): void;
}

/** Starts a receiver of webhooks. */
export function startWebhookReceiver(): WebhookReceiver {
  const secret = `whsec_${crypto.randomUUID()}`;
  const tokens = new Map<string, { token: string; createdAt: string }>();
  let answer = (fingerprint: string): Response => Response.json({ fingerprint });

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
      if (!headers.get("idempotency-key")) return new Response("No key", { status: 400 });
      if ((tokens.get(credential)?.createdAt ?? "") > createdAt) {
        return Response.json({ error: "There is a newer token" }, { status: 409 });
      }
      tokens.set(credential, { token, createdAt });
      return answer(createHash("sha256").update(token).digest("hex"));
    },
  });
  return {
    ...service,
    secret,
    tokens,
    setAnswer: (value) =>
      void (answer = value ?? ((fingerprint) => Response.json({ fingerprint }))),
  };
}
