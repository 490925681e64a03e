/**
 * Which secrets are needed, and what each opens.
 *
 * @module
 */
import { store } from "../../lib/targets/store.ts";
import { webhook } from "../../lib/targets/webhook.ts";
import { type AccountDraft, DEFAULT_SECRET } from "./accounts.ts";
import type { CredentialDraft } from "./credentials.ts";
import { joinPath } from "./mistakes.ts";
import {
  ADDRESS_FORM,
  HEROKU_TOKEN_FORM,
  KEY_FORM,
  readSecret,
  SEALING_KEY_FORM,
  type SecretNeed,
  SIGNING_FORM,
  TOKEN_FORM,
} from "./secrets.ts";

/** The Worker's own secrets, and the tokens of the accounts. */
export function ownNeeds(accounts: readonly AccountDraft[]): SecretNeed[] {
  return [
    ...accounts.map(({ path, name, tokenSecret }): SecretNeed => ({
      name: tokenSecret,
      form: HEROKU_TOKEN_FORM,
      door: accounts.length > 1 ? `heroku ${name}` : "heroku",
      use: accounts.length > 1
        ? `manages the Heroku account '${name}'`
        : "manages the Heroku account",
      ...(path === tokenSecret ? {} : { path: joinPath(path, ["token_secret"]) }),
    })),
    ...accounts.flatMap(({ path, name, heartbeatSecret }): SecretNeed[] =>
      heartbeatSecret === undefined ? [] : [{
        name: heartbeatSecret,
        form: ADDRESS_FORM,
        door: `heartbeat ${name}`,
        use: accounts.length > 1
          ? `is where the heartbeat of the account '${name}' goes`
          : "is where the heartbeat goes",
        path: path === DEFAULT_SECRET ? "HEARTBEAT_SECRET" : joinPath(path, ["heartbeat_secret"]),
      }]
    ),
    {
      name: "SEALING_KEY",
      form: SEALING_KEY_FORM,
      door: "ledger",
      use: "opens the tokens in the ledger",
    },
    { name: "PAGE_KEY", form: KEY_FORM, door: "page", use: "opens the page" },
  ];
}

/** The Worker secret that opens the metrics. */
export const METRICS_KEY = "METRICS_KEY";

/** The Worker secret that gives orders. */
export const OPERATOR_KEY = "OPERATOR_KEY";

/** The Worker secret with the sealing key before the present one. */
export const PREVIOUS_KEY = "SEALING_KEY_PREVIOUS";

/** The Worker's own secrets that need not be set: once they are, they must be right. */
export function optionalNeeds(env: Readonly<Record<string, unknown>>): SecretNeed[] {
  const needs: readonly SecretNeed[] = [
    { name: METRICS_KEY, form: KEY_FORM, door: "metrics", use: "opens the metrics" },
    { name: OPERATOR_KEY, form: KEY_FORM, door: "orders", use: "gives orders" },
    {
      name: PREVIOUS_KEY,
      form: SEALING_KEY_FORM,
      door: "former ledger",
      use: "opens what the former key has sealed",
    },
  ];
  return needs.filter(({ name }) => readSecret(env, name) !== undefined);
}

/** What the targets of a credential need. A door is a service: the first word of a target's type. */
export function needsOf({ path, name, targets }: CredentialDraft): SecretNeed[] {
  return targets.flatMap((target) =>
    target.secrets.map(({ name: secret, path: member }, at): SecretNeed => {
      if (target.type === store.type) {
        const use = `lets readers have the token of '${name ?? path}'`;
        return { name: secret, path: member, form: KEY_FORM, door: `reader ${path}`, use };
      }
      const form = target.signing.includes(secret) ? SIGNING_FORM : TOKEN_FORM;
      const [service] = target.type.split("-");
      const door = target.type === webhook.type ? target.place : `${service}${at > 0 ? at : ""}`;
      return { name: secret, path: member, form, door, use: `is used by ${target.path}` };
    })
  );
}
