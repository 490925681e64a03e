/**
 * A secret in Cloudflare's Secrets Store.
 *
 * @module
 */
import * as v from "valibot";
import {
  classifyCloudflare,
  CLOUDFLARE_API,
  CLOUDFLARE_BLOCK,
  CLOUDFLARE_ID,
  CLOUDFLARE_TOKEN,
} from "./cloudflare_api.ts";
import { configuration, endpoint, secretName, serviceUrl, text } from "./members.ts";
import { refuseOlder, STAMP, stampOf } from "./stamp.ts";
import { mismatch, missing, proveWritten, writtenBetween } from "./proof.ts";
import { type Answer, bearer, createRequester, type Session } from "./request.ts";
import type { Delivery, Target, TargetDefinition, TargetEnvironment } from "./target.ts";

/** The configuration of a {@linkcode cloudflareSecretsStore}. */
export interface CloudflareSecretsStoreConfig {
  /** The account's id. */
  readonly account: string;
  /** The store's id. */
  readonly store: string;
  /** The secret's name, such as `HEROKU_API_KEY`. */
  readonly name: string;
  /**
   * The Worker secret with the token for Cloudflare.
   * @default {`CLOUDFLARE_API_TOKEN`}
   */
  readonly token_secret: string;
  /**
   * Cloudflare's API.
   * @default {`https://api.cloudflare.com/client/v4`}
   */
  readonly base_url: string;
}

/** The most secrets that the API lists on a page, and far more pages than a store has. */
const PAGE = 100;
const PAGES = 100;

/** What the comments of our secrets end in. */
const MARK = new RegExp(` ?\\[herotate g\\d+ ${STAMP.source}\\]$`);

const schema = configuration({
  account: text("Must be the id of the account: 32 hexadecimal digits", CLOUDFLARE_ID),
  store: text("Must be the id of the store: 32 hexadecimal digits", CLOUDFLARE_ID),
  name: text(
    "Must be a secret's name without spaces, such as 'HEROKU_API_KEY'",
    /^[A-Za-z0-9_-]{1,255}$/,
  ),
  token_secret: v.optional(secretName("the token for Cloudflare's API"), CLOUDFLARE_TOKEN),
  base_url: v.optional(
    serviceUrl("Must be the https URL of Cloudflare's API, such as that of a proxy before it"),
    CLOUDFLARE_API,
  ),
});

const stored = v.object({
  id: v.string(),
  name: v.string(),
  status: v.string(),
  modified: v.string(),
  comment: v.nullish(v.string()),
});
const list = v.object({
  result: v.nullable(v.array(stored)),
  result_info: v.nullish(v.object({ total_count: v.nullish(v.number()) })),
});
const single = v.object({ result: stored });

/**
 * Delivers to a secret in Cloudflare's Secrets Store.
 *
 * - **Proof**: timestamp; the store never gives a value back, but says when the secret was last
 *   modified, and its comment ends in the generation. A secret that is still `pending` is no proof.
 * - **Permission**: an API token with `Secrets Store: Edit` for that account only. It must not be
 *   bound to addresses, as a Worker's own ones change.
 * - **Limits**: 64 KB a value, and in the open beta 100 secrets and one store for each account. A
 *   secret that exists keeps its scopes, and its comment but for the
 *   `[herotate g7 20261224T120000Z]` at its end; a new one gets the scope `workers`. A late write of
 *   an older token is refused by that comment, unless both are under way at the same moment.
 *
 * @see https://developers.cloudflare.com/api/resources/secrets_store/
 */
export const cloudflareSecretsStore: TargetDefinition<CloudflareSecretsStoreConfig> = {
  type: "cloudflare-secrets-store",
  proof: "timestamp",
  schema,
  place: ({ account, store, name }) =>
    `cloudflare-secrets-store:${account.toLowerCase()}/${store.toLowerCase()}/${name}`,
  secrets: ({ token_secret }) => [token_secret],
  create,
};

function create(config: CloudflareSecretsStoreConfig, environment: TargetEnvironment): Target {
  const { account, store, name } = config;
  const place = `secret '${name}' in the Secrets Store '${store}'`;
  const secret = `the Worker secret '${config.token_secret}'`;
  const request = createRequester(environment, {
    place,
    secret: { name: config.token_secret, headers: bearer },
    advice: {
      unauthorized: `set ${secret} to an API token that Cloudflare accepts`,
      forbidden:
        `set ${secret} to a live API token with the permission 'Secrets Store: Edit' for the account, and without a limit on client addresses`,
      not_found: "check 'account' and 'store'",
      invalid_value: "check 'name', and that the store has room for another secret",
    },
    classify: classifyCloudflare,
    rateLimitWait: CLOUDFLARE_BLOCK,
  });
  const path = ["accounts", account, "secrets_store", "stores", store, "secrets"];

  async function find(
    session: Session,
  ): Promise<{ answer: Answer; present?: v.InferOutput<typeof stored> }> {
    const url = endpoint(config.base_url, path);
    url.searchParams.set("per_page", String(PAGE));
    url.searchParams.set("search", name);
    let first: string | undefined;
    for (let page = 1, seen = 0;; page++) {
      url.searchParams.set("page", String(page));
      const answer = await request(session, { method: "GET", url, expected: [200] });
      const { result, result_info } = answer.read(list, "the store's secrets");
      const secrets = result ?? [];
      const present = secrets.find((held) => held.name === name && held.status !== "deleted");
      seen += secrets.length;
      // A page may be shorter than asked for, and only the count says that it is the last.
      const isLast = secrets.length === 0 || secrets[0].id === first ||
        seen >= (result_info?.total_count ?? Infinity) || page === PAGES;
      if (present || isLast) return { answer, present };
      first = secrets[0].id;
    }
  }

  return {
    async deliver(delivery, context) {
      const session = { delivery, context };
      const { answer: before, present } = await find(session);
      const kept = present?.comment ?? "";
      refuseOlder(place, MARK.exec(kept)?.[0], delivery);
      const comment = `${kept.replace(MARK, "")} ${markOf(delivery)}`.trimStart();
      const value = delivery.token;
      const after = await request(session, {
        method: present ? "PATCH" : "POST",
        url: endpoint(config.base_url, present ? [...path, present.id] : path),
        body: JSON.stringify(
          present ? { value, comment } : [{ name, value, scopes: ["workers"], comment }],
        ),
        expected: [200, 201],
      });
      const id = present
        ? after.read(single, "the changed secret").result.id
        : after.read(list, "the new secret").result?.find((made) => made.name === name)?.id ?? null;
      return { id, ...writtenBetween(before, after, environment.now()) };
    },
    async confirm(delivery, receipt, context) {
      const { present } = await find({ delivery, context });
      if (present === undefined) throw missing(place);
      if (!present.comment?.endsWith(markOf(delivery))) {
        throw mismatch(place, "has another generation in its comment");
      }
      if (present.status !== "active") {
        throw mismatch(place, `is '${present.status}' and not yet 'active'`);
      }
      return proveWritten(place, present.modified, receipt);
    },
  };
}

/** What a comment ends in: the generation, and when its authorization was created. */
function markOf(delivery: Delivery): string {
  return `[herotate g${delivery.generation} ${stampOf(delivery)}]`;
}
