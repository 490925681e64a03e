/**
 * A webhook of the operator's own, signed as deliveries are.
 *
 * @module
 */
import { configuration, secretName, serviceUrl } from "../../../lib/targets/members.ts";
import { SIGNATURE_HEADER, signWebhook } from "../../../lib/webhook.ts";
import { SIGNING_FORM } from "../../config/secrets.ts";
import type { ChannelDefinition } from "../channel.ts";
import { post } from "../post.ts";

/** The members of a webhook. */
interface WebhookConfig {
  readonly url: string;
  readonly signing_secret: string;
}

/** See `verifyAlert` for what its receiver does. */
export const webhook: ChannelDefinition<WebhookConfig> = {
  type: "webhook",
  schema: configuration({
    url: serviceUrl(
      "Must be an https URL (http only for a loopback address) without a user or a fragment, such as 'https://example.com/alerts'",
    ),
    signing_secret: secretName("the key that signs the alerts"),
  }),
  secrets: [{ member: "signing_secret", form: SIGNING_FORM }],
  create: ({ url, signing_secret }, { fetch, now, secret }) => ({
    async send(alert) {
      const body = JSON.stringify(alert);
      await post("The webhook", {
        url,
        body,
        headers: {
          "Content-Type": "application/json",
          "Idempotency-Key": alert.id,
          [SIGNATURE_HEADER]: await signWebhook(body, secret(signing_secret), now()),
        },
      }, fetch);
    },
  }),
};
