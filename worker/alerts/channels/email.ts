/**
 * E-mail, by the `send_email` binding of Cloudflare.
 *
 * @module
 */
import { SECOND } from "@std/datetime/constants";
import { describeAlert, describeAlerts } from "../../../lib/alert.ts";
import { configuration, text } from "../../../lib/targets/members.ts";
import type { ChannelDefinition } from "../channel.ts";

/** The members of an e-mail address. */
interface EmailConfig {
  readonly binding: string;
  readonly from: string;
  readonly to: string;
}

/** What the binding can do. */
interface SendEmail {
  send(
    email: {
      readonly from: string;
      readonly to: string;
      readonly subject: string;
      readonly text: string;
    },
  ): Promise<unknown>;
}

/** How long sending may take, in milliseconds. */
const TIMEOUT = 10 * SECOND;

const ADDRESS = /^[^\s@<>"'(),;:]{1,64}@[^\s@<>"'(),;:]+\.[^\s@<>"'(),;:]+$/;

/** @see https://developers.cloudflare.com/email-service/api/send-emails/workers-api/ */
export const email: ChannelDefinition<EmailConfig> = {
  type: "email",
  schema: configuration({
    binding: text(
      "Must be the name of a [[send_email]] binding of wrangler.toml, such as 'EMAIL'",
      /^[A-Z_][A-Z0-9_]{0,63}$/,
    ),
    from: text(
      "Must be an e-mail address of a domain that Cloudflare sends for, such as 'herotate@example.com'",
      ADDRESS,
    ),
    to: text("Must be an e-mail address, such as 'ops@example.com'", ADDRESS),
  }),
  secrets: [],
  findBindingMistake: ({ binding: name }, binding) =>
    isSendEmail(binding)
      ? undefined
      : `Must name a binding that sends e-mail: write [[send_email]] with name = "${name}" into wrangler.toml, and deploy again`,
  create({ binding, from, to }, { binding: find }) {
    async function write(title: string, text: string): Promise<void> {
      const sender = find(binding);
      if (!isSendEmail(sender)) throw new Error(`There is no [[send_email]] binding '${binding}'`);
      const subject = `[Herotate] ${title}`.replaceAll(/[\r\n]+/g, " ");
      await withinTime(sender.send({ from, to, subject, text: `${text}\n` }));
    }
    return {
      send: (alert) => write(alert.title, describeAlert(alert)),
      async sendMany(alerts) {
        const { title, text } = describeAlerts(alerts);
        await write(title, text);
      },
    };
  },
};

function isSendEmail(binding: unknown): binding is SendEmail {
  return typeof binding === "object" && binding !== null &&
    typeof Reflect.get(binding, "send") === "function";
}

/** What was answered is not repeated, but for its code. */
async function withinTime(sending: Promise<unknown>): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    const message = "Cloudflare did not take the e-mail within 10 seconds";
    timer = setTimeout(() => reject(new Error(message)), TIMEOUT);
  });
  try {
    await Promise.race([sending.catch(refuse), late]);
  } finally {
    clearTimeout(timer);
  }
}

function refuse(error: unknown): never {
  const given = typeof error === "object" && error !== null ? Reflect.get(error, "code") : "";
  const code = typeof given === "string" && /^\w{1,64}$/.test(given) ? ` (${given})` : "";
  throw new Error(
    `Cloudflare did not take the e-mail${code}: check that its domain is set up for sending, and that the binding allows the recipient`,
  );
}
