/**
 * The kinds of channels there are.
 *
 * @module
 */
import type { ChannelDefinition } from "./channel.ts";
import { email } from "./channels/email.ts";
import { pagerduty } from "./channels/pagerduty.ts";
import { slack } from "./channels/slack.ts";
import { webhook } from "./channels/webhook.ts";

/** All of them. */
export const CHANNELS: readonly ChannelDefinition<unknown>[] = [slack, webhook, pagerduty, email];
