/**
 * A webhook of the operator's own: any place that this project does not know.
 *
 * @module
 */
import * as v from "valibot";
import { configuration, secretName, serviceUrl } from "./fields.ts";
import { fingerprint } from "./fingerprint.ts";
import { createRequester } from "./request.ts";
import {
  type Delivery,
  type Receipt,
  type Target,
  type TargetDefinition,
  type TargetEnvironment,
  TargetError,
} from "./target.ts";
import { SIGNATURE_HEADER, signWebhook, type WebhookDelivery } from "./webhook_signature.ts";

/** The configuration of a {@linkcode webhook}. */
export interface WebhookConfig {
  /** Where to POST: https, or http to a loopback address. */
  readonly url: string;
  /** The Worker secret that signs the requests; the receiver knows it, too. */
  readonly secret: string;
}

const schema = configuration({
  url: serviceUrl(
    "Must be an https URL (http for a loopback address alone) without a user or a fragment, such as 'https://example.com/tokens'",
  ),
  secret: secretName("the key that signs the requests"),
});

const echo = v.object({ fingerprint: v.string() });

/**
 * Delivers by a signed POST of a {@linkcode WebhookDelivery}. See `verifyWebhook` for what the
 * receiver has to do.
 *
 * - **Proof**: receipt; the answer repeats the SHA-256 of the token. An answer of 2xx without it is a
 *   `mismatch`, as nothing shows that the receiver read the token.
 * - **Permission**: the signing secret is all; the receiver should take requests that it signed and
 *   no others.
 * - **Limits**: newer tokens win only if the receiver compares `created_at`; its 409 means that
 *   it has a newer one. What the receiver does with the token afterwards stays unseen.
 */
export const webhook: TargetDefinition<WebhookConfig> = {
  type: "webhook",
  proof: "receipt",
  schema,
  place: ({ url }) => `webhook:${new URL(url).href}`,
  secrets: ({ secret }) => [secret],
  signingSecrets: ({ secret }) => [secret],
  create,
};

function create(config: WebhookConfig, environment: TargetEnvironment): Target {
  const url = new URL(config.url);
  const place = `webhook '${url.origin}${url.pathname}'`;
  const request = createRequester(environment, {
    place,
    advice: {
      unauthorized:
        `make the receiver check the signature with what the Worker secret '${config.secret}' holds, and check both clocks`,
      forbidden: "let the receiver accept requests that are signed by Herotate",
      not_found: "check 'url', and that the receiver is deployed there",
      invalid_value: "read the receiver's log, and make it take the documented JSON",
    },
    classify: ({ status }) => status === 409 ? "superseded" : undefined,
  });

  return {
    async deliver(delivery, context) {
      const secret = environment.secret(config.secret);
      const expected = await fingerprint(delivery.token);
      const body = JSON.stringify(payload(delivery, expected));
      const answer = await request({ delivery, context, secrets: [secret] }, {
        method: "POST",
        url,
        headers: {
          [SIGNATURE_HEADER]: await signWebhook(body, secret, environment.now()),
          "idempotency-key": delivery.idempotencyKey,
        },
        body,
        expected: [200, 201, 202, 204],
      });
      const result = v.safeParse(echo, answer.body);
      if (!result.success || result.output.fingerprint.toLowerCase() !== expected) {
        throw new TargetError(
          "mismatch",
          `The ${place} answered ${answer.status} ${
            result.success ? "with the fingerprint of another token" : "without a fingerprint"
          }: make the receiver store the token and answer {"fingerprint": "<SHA-256 of the stored token in hexadecimal>"}`,
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
