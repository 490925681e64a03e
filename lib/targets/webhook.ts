/**
 * A webhook of the operator's own: any place that this project does not know.
 *
 * @module
 */
import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex } from "@noble/hashes/utils.js";
import * as v from "valibot";
import { spellAddress } from "./address.ts";
import { configuration, secretName, serviceUrl } from "./members.ts";
import { fingerprint } from "../fingerprint.ts";
import { type Answer, createRequester } from "./request.ts";
import {
  type Delivery,
  type Receipt,
  type Target,
  type TargetContext,
  type TargetDefinition,
  type TargetEnvironment,
  TargetError,
  type TargetErrorCode,
} from "./target.ts";
import { SIGNATURE_HEADER, signWebhook, type WebhookDelivery } from "../webhook.ts";

/** The configuration of a {@linkcode webhook}. */
export interface WebhookConfig {
  /** Where to POST: https, or http to a loopback address. */
  readonly url: string;
  /** The Worker secret that signs the requests; the receiver knows it, too. */
  readonly signing_secret: string;
}

const schema = configuration({
  url: serviceUrl(
    "Must be an https URL (http only for a loopback address) without a user or a fragment, such as 'https://example.com/tokens'",
  ),
  signing_secret: secretName("the key that signs the requests"),
});

const KEY_AT_WORK = /idempoten|outstanding|in[- ]progress/i;
const KEY_USED = /idempotency[-_ ]key is already used|idempotency_error|idempotent requests can/i;

/** How long a key is kept for retries, in milliseconds: longer than they go on, shorter than a backoff. */
const KEY_LIFETIME = 10 * 60_000;

/** How many bytes of a query's hash tell two apart in the name of a place. */
const QUERY_BYTES = 8;

const receipt = v.object({
  fingerprint: v.pipe(
    v.string(),
    v.transform((text) => text.trim().toLowerCase().replace(/^sha-?256[:=]/, "")),
  ),
});
const echo = v.object({ token: v.string(), fingerprint: v.string() });

/**
 * Delivers by a signed POST of a {@linkcode WebhookDelivery}. See `verifyWebhook` for what the
 * receiver has to do.
 *
 * - **Proof**: receipt; the answer repeats the SHA-256 of the token. An answer of 2xx without it is a
 *   `mismatch`, as nothing shows that the receiver read the token.
 * - **Permission**: the signing secret is all; the receiver should take requests that it signed and
 *   no others.
 * - **Limits**: newer tokens win only if the receiver compares `created_at`; its 409 means that
 *   it has a newer one. What the receiver does with the token afterwards stays unseen, also that
 *   somebody puts an older one back. No redirect is followed.
 * - **Repetition**: `Idempotency-Key` stays the same only while no answer has come, so that a receiver
 *   that answers a known key from memory does no harm.
 */
export const webhook: TargetDefinition<WebhookConfig> = {
  type: "webhook",
  proof: "receipt",
  schema,
  place: ({ url }) => placeOf(spellAddress(url)),
  secrets: ({ signing_secret }) => [signing_secret],
  signingSecrets: ({ signing_secret }) => [signing_secret],
  create,
};

function create(config: WebhookConfig, environment: TargetEnvironment): Target {
  const url = new URL(config.url);
  const place = `webhook '${url.origin}${url.pathname}'`;
  /** The keys of deliveries that no answer has come to: to send one of these again is a mere retry. */
  const unanswered = new Map<string, { readonly key: string; readonly since: number }>();
  const request = createRequester(environment, {
    place,
    advice: {
      unauthorized:
        `make the receiver check the signature with what the Worker secret '${config.signing_secret}' holds, and check both clocks`,
      forbidden: "let the receiver accept requests that are signed by Herotate",
      not_found: `check 'url', and that the receiver is deployed there${neighbourFlag(url)}`,
      invalid_value: "read the receiver's log, and make it take the documented JSON",
    },
    classify,
    advise: ({ status }) =>
      status >= 300 && status < 400
        ? "put its final address into 'url', and let signed requests past any login"
        : status === 405
        ? "make the receiver take POST requests at this address"
        : undefined,
  });

  async function post(delivery: Delivery, body: string, context: TargetContext): Promise<Answer> {
    const secret = environment.secret(config.signing_secret);
    const { idempotencyKey } = delivery;
    const now = environment.now();
    for (const [key, { since }] of unanswered) {
      if (now - since >= KEY_LIFETIME) unanswered.delete(key);
    }
    const sent = unanswered.get(idempotencyKey) ??
      { key: `${idempotencyKey}-${crypto.randomUUID()}`, since: now };
    unanswered.set(idempotencyKey, sent);
    try {
      const answer = await request({ delivery, context, secrets: [secret] }, {
        method: "POST",
        url,
        headers: {
          [SIGNATURE_HEADER]: await signWebhook(body, secret, now),
          "idempotency-key": sent.key,
        },
        body,
        expected: [200, 201, 202, 204],
      });
      unanswered.delete(idempotencyKey);
      return answer;
    } catch (error) {
      if (error instanceof TargetError && isAnswered(error)) unanswered.delete(idempotencyKey);
      throw error;
    }
  }

  return {
    async deliver(delivery, context) {
      const expected = await fingerprint(delivery.token);
      const body = JSON.stringify(payload(delivery, expected));
      const answer = await post(delivery, body, context);
      const problem = await problemWith(answer, expected, delivery);
      if (problem !== undefined) {
        throw new TargetError(
          "mismatch",
          `The ${place} answered ${answer.status} ${problem}: make the receiver store the token and answer {"fingerprint": "<SHA-256 of the stored token in hexadecimal>"}`,
          { status: answer.status },
        );
      }
      return { fingerprint: expected };
    },
    async confirm(delivery, receipt: Receipt) {
      if (receipt.fingerprint !== await fingerprint(delivery.token)) {
        throw new TargetError(
          "mismatch",
          `The ${place} has no receipt for this generation's token: deliver it again`,
        );
      }
      return { kind: "receipt", detail: "The receiver answered with the token's fingerprint" };
    },
  };
}

/** The query may hold a key, and places are shown: only its hash goes into the name. */
function placeOf({ origin, pathname, search }: URL): string {
  const query = sha256(new TextEncoder().encode(search)).subarray(0, QUERY_BYTES);
  return `webhook:${origin}${pathname}${search && `?${bytesToHex(query)}`}`;
}

/**
 * Servers that know `Idempotency-Key` use 409 for one that is at work, and 400 or 422 for one that was
 * used otherwise: the next try has another.
 */
function classify({ status, body }: Answer): TargetErrorCode | undefined {
  const words = JSON.stringify(body) ?? "";
  if (status === 409) return KEY_AT_WORK.test(words) ? "unavailable" : "superseded";
  return (status === 400 || status === 422) && KEY_USED.test(words) ? "unavailable" : undefined;
}

/**
 * Whether the receiver itself has answered, so that it may answer the same for ever, be it by 409 for a
 * request that died at work. What lies before it, and a limit, leave open what became of the request.
 */
function isAnswered({ code, status }: TargetError): boolean {
  if (status === undefined || status >= 502 || code === "rate_limited") return false;
  return status !== 408 && status !== 425;
}

function neighbourFlag({ hostname }: URL): string {
  return /\.workers\.dev\.?$/.test(hostname)
    ? "; to call a Worker of the same Cloudflare account, set the compatibility flag 'global_fetch_strictly_public'"
    : "";
}

/** Why an answer is no receipt; undefined when it is one. */
async function problemWith(
  { body }: Answer,
  expected: string,
  { token }: Delivery,
): Promise<string | undefined> {
  // Mocks, logs of requests and the like send back what they get, and store nothing.
  const echoed = v.safeParse(echo, body);
  if (echoed.success && echoed.output.token === token) return "with the request itself";
  const result = v.safeParse(receipt, body);
  if (!result.success) return "without a fingerprint";
  const { fingerprint: found } = result.output;
  if (found === expected) return undefined;
  return found === await fingerprint(`${token}\n`)
    ? "with the fingerprint of the token and a line break"
    : "with the fingerprint of another token";
}

function payload(delivery: Delivery, expected: string): WebhookDelivery {
  const { credential, generation, authorization, token, createdAt, expiresAt } = delivery;
  return {
    credential,
    generation,
    authorization,
    token,
    created_at: createdAt,
    expires_at: expiresAt,
    fingerprint: expected,
  };
}
