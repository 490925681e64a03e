/**
 * PagerDuty, by its Events API v2: a problem triggers an incident, and its end resolves it.
 *
 * @module
 */
import * as v from "valibot";
import { type Alert, describeAlert } from "../../../lib/alert.ts";
import { configuration, secretName, serviceUrl } from "../../../lib/targets/members.ts";
import type { ChannelDefinition } from "../channel.ts";
import { post, PostError } from "../post.ts";

/** The members of a PagerDuty service. */
interface PagerdutyConfig {
  readonly routing_key_secret: string;
  readonly base_url: string;
}

/** PagerDuty's limits, in characters. */
const LONGEST = { summary: 1_024, key: 255 };

/** @see https://developer.pagerduty.com/docs/events-api-v2-overview */
export const pagerduty: ChannelDefinition<PagerdutyConfig> = {
  type: "pagerduty",
  schema: configuration({
    routing_key_secret: secretName("the integration key of the service"),
    base_url: v.optional(
      serviceUrl(
        "Must be the https address of PagerDuty's events, such as 'https://events.eu.pagerduty.com'",
      ),
      "https://events.pagerduty.com",
    ),
  }),
  secrets: [{
    member: "routing_key_secret",
    form: {
      form: "Must be an integration key of PagerDuty: 32 letters and digits",
      make: "copy it from an 'Events API V2' integration of the service",
      fits: (value) => /^[A-Za-z0-9]{32}$/.test(value.trim()),
      sent: false,
    },
  }],
  create: ({ routing_key_secret, base_url }, { fetch, secret }) => ({
    async send(alert) {
      const isOver = alert.change === "over";
      if (!isOver) await enqueue(trigger(alert));
      if (isOver || alert.change === "test") await enqueue({ event_action: "resolve" });

      async function enqueue(event: Readonly<Record<string, unknown>>): Promise<void> {
        const routing_key = secret(routing_key_secret).trim();
        try {
          await post("PagerDuty", {
            url: new URL("v2/enqueue", `${base_url.replace(/\/+$/, "")}/`).href,
            body: JSON.stringify({ routing_key, dedup_key: keyOf(alert), ...event }),
            headers: { "Content-Type": "application/json" },
          }, fetch);
        } catch (error) {
          if (!(error instanceof PostError) || error.status !== 400) throw error;
          throw new PostError(
            `${error.message}: check that the integration key is one of 'Events API V2', and run \`wrangler secret put ${routing_key_secret}\``,
          );
        }
      }
    },
  }),
};

function keyOf({ account, problem }: Alert): string {
  return `herotate ${account} ${problem}`.slice(0, LONGEST.key);
}

function trigger(alert: Alert): Readonly<Record<string, unknown>> {
  const { title, severity, account, credential, kinds, at, page } = alert;
  return {
    event_action: "trigger",
    client: "Herotate",
    ...(page === null ? {} : { client_url: page, links: [{ href: page, text: "The page" }] }),
    payload: {
      summary: title.slice(0, LONGEST.summary),
      source: account,
      severity,
      timestamp: at,
      ...(credential === null ? {} : { component: credential }),
      class: kinds.join(", "),
      custom_details: { text: describeAlert(alert), step: alert.step, places: alert.places },
    },
  };
}
