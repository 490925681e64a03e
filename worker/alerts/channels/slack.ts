/**
 * A chat that takes what Slack's incoming webhooks take, such as Mattermost, Rocket.Chat or Discord.
 *
 * @module
 */
import { describeAlert, describeAlerts } from "../../../lib/alert.ts";
import { configuration, secretName } from "../../../lib/targets/members.ts";
import { ADDRESS_FORM } from "../../config/secrets.ts";
import type { ChannelDefinition } from "../channel.ts";
import { post, PostError } from "../post.ts";

/** Longer texts are cut, in characters: chats take less than Slack does. */
const LONGEST = 1_900;

/** Answers that say that the webhook is gone. */
const GONE: readonly (number | undefined)[] = [400, 403, 404, 410];

/** @see https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks */
export const slack: ChannelDefinition<{ readonly url_secret: string }> = {
  type: "slack",
  schema: configuration({ url_secret: secretName("the webhook's address") }),
  secrets: [{ member: "url_secret", form: ADDRESS_FORM }],
  create({ url_secret }, { fetch, secret }) {
    async function say(title: string, text: string): Promise<void> {
      const body = JSON.stringify({ text: cut(`*${escape(title)}*\n${escape(text)}`) });
      const headers = { "Content-Type": "application/json" };
      try {
        await post("The chat", { url: secret(url_secret), body, headers }, fetch);
      } catch (error) {
        if (!(error instanceof PostError) || !GONE.includes(error.status)) throw error;
        throw new PostError(
          `${error.message}: make a new webhook there, and run \`wrangler secret put ${url_secret}\``,
        );
      }
    }
    return {
      send: (alert) => say(alert.title, describeAlert(alert)),
      async sendMany(alerts) {
        const { title, text } = describeAlerts(alerts);
        await say(title, text);
      },
    };
  },
};

/** Without this, a service's words could call everybody in a channel. */
function escape(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}

function cut(text: string): string {
  return text.length <= LONGEST ? text : `${text.slice(0, LONGEST).toWellFormed()}…`;
}
