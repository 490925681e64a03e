/**
 * What a webhook sends, how it is signed, and how its receiver checks that.
 *
 * @module
 */
import { bytesToHex, hexToBytes } from "@noble/hashes/utils.js";
import type { Alert } from "./alert.ts";

export type { Alert, AlertChange, AlertStep, Severity } from "./alert.ts";

/** The name of the header that carries the time and the signature. */
export const SIGNATURE_HEADER = "herotate-signature";

/** How old a signature may be by default, in milliseconds. */
const DEFAULT_TOLERANCE = 5 * 60_000;

/** The members of a delivery that are texts. */
const TEXTS = ["credential", "authorization", "token", "created_at", "fingerprint"];

/** The JSON that a webhook receives. */
export interface WebhookDelivery {
  /** The credential's name in the configuration. */
  readonly credential: string;
  /** The generation of the token. It may start again from 1. */
  readonly generation: number;
  /** The id of the Heroku authorization that the token belongs to. */
  readonly authorization: string;
  /** The token. */
  readonly token: string;
  /**
   * When Heroku created the authorization (ISO 8601, UTC): never replace the token of a later one
   * with that of an earlier one.
   */
  readonly created_at: string;
  /** When the token expires (ISO 8601, UTC), or null for one that never does. */
  readonly expires_at: string | null;
  /** The SHA-256 of the token in hexadecimal: what the answer has to repeat. */
  readonly fingerprint: string;
}

/** What may be set when a webhook is verified. */
export interface VerifyWebhookOptions {
  /**
   * How far the signature's time may be from now, in milliseconds.
   * @default {five minutes}
   */
  readonly tolerance?: number;
  /**
   * The current time in milliseconds since the epoch.
   * @default {the clock's}
   */
  readonly now?: number;
}

/** The outcome of {@linkcode verifyWebhook}: the delivery, or why it must not be believed. */
export type WebhookVerification =
  | {
    /** The signature is good. */
    readonly valid: true;
    /** What was delivered. */
    readonly delivery: WebhookDelivery;
  }
  | Refusal;

/** The request must be refused, with 401. */
export interface Refusal {
  /** Whether the signature is good. */
  readonly valid: false;
  /** Why not, in words; never a token or the secret. */
  readonly reason: string;
}

/**
 * Checks that a request comes from Herotate and was not kept back: its signature, in constant time,
 * and the signature's time. It reads the request's body.
 *
 * A receiver then has to
 * 1. answer 409 when it already has a token of this credential with a later `created_at`;
 * 2. store the token for good;
 * 3. answer 200 with `{"fingerprint": "<SHA-256 of the token as it is stored, in hexadecimal>"}`. It
 *    should be computed from what was stored: that is the proof that allows the old token to go.
 *
 * The same delivery may come more than once. While no answer has reached Herotate, it repeats the
 * `Idempotency-Key`; a delivery with another key has to take effect, even if one with the same token
 * did before, as somebody may have put an old token back in between.
 *
 * @example
 * ```ts
 * import { verifyWebhook } from "./webhook.ts";
 *
 * async function receive(request: Request, secret: string): Promise<Response> {
 *   const verification = await verifyWebhook(request, secret);
 *   if (!verification.valid) return new Response(verification.reason, { status: 401 });
 *   const { created_at, token, fingerprint } = verification.delivery;
 *   // Compare the times, store the token, read it back …
 *   return Response.json({ fingerprint });
 * }
 * ```
 *
 * @param request The request as it came in, its body unread.
 * @param secret What the Worker secret named in the target's configuration holds; while you change
 * it, the former and the next value together.
 * @throws {TypeError} When a secret is missing or empty, or the body has been read already.
 */
export async function verifyWebhook(
  request: Request,
  secret: string | readonly string[],
  options: VerifyWebhookOptions = {},
): Promise<WebhookVerification> {
  const verified = await verifySignature(request, secret, options);
  if (!verified.valid) return verified;
  const { content } = verified;
  return isDelivery(content)
    ? { valid: true, delivery: content }
    : refuse("The body is no delivery of Herotate");
}

/** The outcome of {@linkcode verifyAlert}: the alert, or why it must not be believed. */
export type AlertVerification =
  | {
    /** The signature is good. */
    readonly valid: true;
    /** What changed. */
    readonly alert: Alert;
  }
  | Refusal;

/**
 * Checks that an alert comes from Herotate and was not kept back, as {@linkcode verifyWebhook} does for a
 * delivery. The same alert may come more than once: it has the same `id` then.
 *
 * @param request The request as it came in, its body unread.
 * @param secret What the Worker secret named in `ALERTS` holds; while you change it, the former and the
 * next value together.
 * @throws {TypeError} When a secret is missing or empty, or the body has been read already.
 */
export async function verifyAlert(
  request: Request,
  secret: string | readonly string[],
  options: VerifyWebhookOptions = {},
): Promise<AlertVerification> {
  const verified = await verifySignature(request, secret, options);
  if (!verified.valid) return verified;
  const { content } = verified;
  return isAlert(content)
    ? { valid: true, alert: content }
    : refuse("The body is no alert of Herotate");
}

async function verifySignature(
  request: Request,
  secret: string | readonly string[],
  { tolerance = DEFAULT_TOLERANCE, now = Date.now() }: VerifyWebhookOptions,
): Promise<{ readonly valid: true; readonly content: unknown } | Refusal> {
  const secrets = typeof secret === "string" ? [secret] : secret ?? [];
  // Anyone can sign with an empty key, which is what a server's missing variable comes to.
  if (secrets.length === 0 || secrets.some((one) => !one)) {
    throw new TypeError(
      "Cannot verify a webhook because a secret is missing or empty: give what the Worker secret holds",
    );
  }
  if (request.bodyUsed) {
    throw new TypeError(
      "Cannot verify a webhook because the request's body has been read already: verify the request first",
    );
  }
  const header = request.headers.get(SIGNATURE_HEADER);
  if (header === null) return refuse("The request has no 'Herotate-Signature' header");
  const parts = header.split(",").map((part) => part.trim());
  const timestamp = parts.find((part) => /^t=\d{1,15}$/.test(part))?.slice(2);
  const signatures = parts.filter((part) => /^v1=[0-9a-f]{64}$/.test(part));
  if (timestamp === undefined || signatures.length === 0) {
    return refuse("The 'Herotate-Signature' header is not of the form 't=…,v1=…'");
  }
  const body = await request.text();
  const keys = await Promise.all(secrets.map(importKey));
  const signed = new TextEncoder().encode(`${timestamp}.${body}`);
  const verdicts = await Promise.all(
    signatures.flatMap((signature) =>
      keys.map((key) =>
        crypto.subtle.verify("HMAC", key, Uint8Array.from(hexToBytes(signature.slice(3))), signed)
      )
    ),
  );
  if (!verdicts.includes(true)) return refuse("The signature does not match: check the secret");
  if (Math.abs(now - Number(timestamp) * 1000) > tolerance) {
    return refuse("The signature's time is too far from now: check the clock");
  }
  return { valid: true, content: parse(body) };
}

/**
 * The value of the signature header for a body: `t=<seconds>,v1=<hexadecimal HMAC-SHA256 of
 * "<seconds>.<body>">`.
 *
 * @param now The current time in milliseconds since the epoch.
 */
export async function signWebhook(body: string, secret: string, now: number): Promise<string> {
  const timestamp = Math.floor(now / 1000);
  const signed = new TextEncoder().encode(`${timestamp}.${body}`);
  const signature = await crypto.subtle.sign("HMAC", await importKey(secret), signed);
  return `t=${timestamp},v1=${bytesToHex(new Uint8Array(signature))}`;
}

function importKey(secret: string): Promise<CryptoKey> {
  const bytes = new TextEncoder().encode(secret);
  return crypto.subtle.importKey("raw", bytes, { name: "HMAC", hash: "SHA-256" }, false, [
    "sign",
    "verify",
  ]);
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isDelivery(value: unknown): value is WebhookDelivery {
  if (typeof value !== "object" || value === null) return false;
  const members = new Map<string, unknown>(Object.entries(value));
  const expiresAt = members.get("expires_at");
  return TEXTS.every((name) => typeof members.get(name) === "string") &&
    typeof members.get("generation") === "number" &&
    (expiresAt === null || typeof expiresAt === "string");
}

/** What is looked at of an alert before it is believed to be one. */
function isAlert(value: unknown): value is Alert {
  if (typeof value !== "object" || value === null) return false;
  const members = new Map<string, unknown>(Object.entries(value));
  return ["id", "change", "problem", "account", "title", "since", "at"]
    .every((name) => typeof members.get(name) === "string") &&
    ["kinds", "places", "details"].every((name) => Array.isArray(members.get(name)));
}

function refuse(reason: string): Refusal {
  return { valid: false, reason };
}
