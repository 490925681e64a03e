/**
 * A secret of a Cloudflare Worker.
 *
 * @module
 */
import * as v from "valibot";
import {
  classifyCloudflare,
  CLOUDFLARE_API,
  CLOUDFLARE_ID,
  CLOUDFLARE_TOKEN,
} from "./cloudflare_api.ts";
import { configuration, endpoint, secretName, serviceUrl, text } from "./fields.ts";
import { missing } from "./proof.ts";
import { createRequester, type Session } from "./request.ts";
import type {
  Delivery,
  Target,
  TargetContext,
  TargetDefinition,
  TargetEnvironment,
} from "./target.ts";

/** The configuration of a {@linkcode cloudflareWorkerSecret}. */
export interface CloudflareWorkerSecretConfig {
  /** The account's id. */
  readonly account: string;
  /** The Worker's name. */
  readonly script: string;
  /** The secret's name, such as `HEROKU_API_KEY`. */
  readonly name: string;
  /** The Worker secret with the token for Cloudflare; default `CLOUDFLARE_API_TOKEN`. */
  readonly token: string;
  /** Cloudflare's API; default `https://api.cloudflare.com/client/v4`. */
  readonly base_url: string;
}

const schema = configuration({
  account: text("Must be the id of the account: 32 hexadecimal digits", CLOUDFLARE_ID),
  script: text(
    "Must be a Worker's name, such as 'acme-web'",
    /^[A-Za-z0-9_][A-Za-z0-9_-]{0,254}$/,
  ),
  name: text(
    "Must be a secret's name: letters, digits and underscores, such as 'HEROKU_API_KEY'",
    /^[A-Za-z_$][A-Za-z0-9_$]{0,254}$/,
  ),
  token: v.optional(secretName("the token for Cloudflare's API"), CLOUDFLARE_TOKEN),
  base_url: v.optional(
    serviceUrl("Must be the https URL of Cloudflare's API, such as that of a proxy before it"),
    CLOUDFLARE_API,
  ),
});

const secrets = v.object({ result: v.array(v.object({ name: v.string(), type: v.string() })) });
const written = v.object({ success: v.literal(true), result: v.object({ name: v.string() }) });

/**
 * Delivers to a secret of a Worker.
 *
 * - **Proof**: existence; Cloudflare tells no more than that a secret of that name is there, so the
 *   write itself is all the evidence. Prefer `cloudflare-secrets-store` where you can.
 * - **Permission**: an API token with `Workers Scripts: Edit` for that account alone. It cannot be
 *   narrowed to one Worker.
 * - **Limits**: 5 KB a value. A change deploys a new version of the Worker at once, and is refused
 *   while the newest version is not the deployed one. Other secrets stay. Cloudflare keeps nothing
 *   beside a value, so a late write of an older token cannot be told.
 *
 * @see https://developers.cloudflare.com/api/resources/workers/subresources/scripts/subresources/secrets/
 */
export const cloudflareWorkerSecret: TargetDefinition<CloudflareWorkerSecretConfig> = {
  type: "cloudflare-worker-secret",
  proof: "existence",
  schema,
  place: ({ account, script, name }) =>
    `cloudflare-worker-secret:${account.toLowerCase()}/${script}/${name}`,
  secrets: ({ token }) => [token],
  create,
};

function create(config: CloudflareWorkerSecretConfig, environment: TargetEnvironment): Target {
  const { account, script, name } = config;
  const place = `secret '${name}' of the Worker '${script}'`;
  const secret = `the Worker secret '${config.token}'`;
  const request = createRequester(environment, {
    place,
    advice: {
      unauthorized: `set ${secret} to an API token that Cloudflare takes`,
      forbidden:
        `set ${secret} to a live API token with the permission 'Workers Scripts: Edit' for the account`,
      not_found: "check 'account' and 'script', and that the Worker has been deployed",
      invalid_value:
        "check 'name', that no plain variable has that name, and that the Worker's newest version is deployed",
    },
    classify: classifyCloudflare,
  });
  const url = endpoint(config.base_url, [
    "accounts",
    account,
    "workers",
    "scripts",
    script,
    "secrets",
  ]);

  function open(delivery: Delivery, context: TargetContext): Session {
    const credential = environment.secret(config.token);
    return {
      delivery,
      context,
      secrets: [credential],
      headers: { authorization: `Bearer ${credential}` },
    };
  }

  return {
    async deliver(delivery, context) {
      const answer = await request(open(delivery, context), {
        method: "PUT",
        url,
        body: JSON.stringify({ name, text: delivery.token, type: "secret_text" }),
        expected: [200, 201],
      });
      answer.read(written, "the secret's name");
      return {};
    },
    async confirm(delivery, _receipt, context) {
      const answer = await request(open(delivery, context), {
        method: "GET",
        url,
        expected: [200],
      });
      const { result } = answer.read(secrets, "the Worker's secrets");
      if (!result.some((held) => held.name === name && held.type === "secret_text")) {
        throw missing(place);
      }
      return { kind: "existence", detail: `A secret of that name is there` };
    },
  };
}
