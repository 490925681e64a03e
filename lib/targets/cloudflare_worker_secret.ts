/**
 * A secret of a Cloudflare Worker.
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
import { mismatch, missing } from "./proof.ts";
import { bearer, createRequester, type Session } from "./request.ts";
import {
  type Target,
  type TargetDefinition,
  type TargetEnvironment,
  TargetError,
} from "./target.ts";

/** The configuration of a {@linkcode cloudflareWorkerSecret}. */
export interface CloudflareWorkerSecretConfig {
  /** The account's id. */
  readonly account: string;
  /** The Worker's name. */
  readonly script: string;
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
  token_secret: v.optional(secretName("the token for Cloudflare's API"), CLOUDFLARE_TOKEN),
  base_url: v.optional(
    serviceUrl("Must be the https URL of Cloudflare's API, such as that of a proxy before it"),
    CLOUDFLARE_API,
  ),
});

const secrets = v.object({ result: v.array(v.object({ name: v.string(), type: v.string() })) });
const written = v.object({ success: v.literal(true), result: v.object({ name: v.string() }) });
const deployments = v.object({
  result: v.object({
    deployments: v.array(
      v.object({ versions: v.array(v.object({ version_id: v.string() })) }),
    ),
  }),
});
const version = v.object({ result: v.object({ number: v.number() }) });

/**
 * Delivers to a secret of a Worker.
 *
 * - **Proof**: existence; Cloudflare says no more than that a secret of that name is there, so the
 *   write itself is all the evidence. Where it shows the Worker's versions, none that serves is older
 *   than the one that the write made: a rollback brings the older secret back. Prefer
 *   `cloudflare-secrets-store` where you can.
 * - **Permission**: an API token with `Workers Scripts: Edit` for that account only. It cannot be
 *   narrowed to one Worker. It must not be bound to addresses, as a Worker's own ones change.
 * - **Limits**: 5 KB a value. A change deploys a new version of the Worker at once, and is refused
 *   while the newest version is not the only one deployed, as after each preview that Workers Builds
 *   makes. Other secrets stay. Workers for Platforms and Pages keep their secrets elsewhere.
 *   Cloudflare keeps nothing beside a value, so a late write of an older token cannot be seen.
 *
 * @see https://developers.cloudflare.com/api/resources/workers/subresources/scripts/subresources/secrets/
 */
export const cloudflareWorkerSecret: TargetDefinition<CloudflareWorkerSecretConfig> = {
  type: "cloudflare-worker-secret",
  proof: "existence",
  schema,
  place: ({ account, script, name }) =>
    `cloudflare-worker-secret:${account.toLowerCase()}/${script}/${name}`,
  secrets: ({ token_secret }) => [token_secret],
  create,
};

function create(config: CloudflareWorkerSecretConfig, environment: TargetEnvironment): Target {
  const { account, script, name } = config;
  const place = `secret '${name}' of the Worker '${script}'`;
  const secret = `the Worker secret '${config.token_secret}'`;
  const request = createRequester(environment, {
    place,
    secret: { name: config.token_secret, headers: bearer },
    advice: {
      unauthorized: `set ${secret} to an API token that Cloudflare accepts`,
      forbidden:
        `set ${secret} to a live API token with the permission 'Workers Scripts: Edit' for the account, and without a limit on client addresses`,
      not_found: "check 'account' and 'script', and that the Worker has been deployed",
      invalid_value:
        "check 'name', that no plain variable in [vars] or other binding has that name, and that the Worker's newest version serves all requests (see `wrangler versions deploy`)",
    },
    classify: classifyCloudflare,
    rateLimitWait: CLOUDFLARE_BLOCK,
  });
  const urlOf = (...rest: readonly string[]) =>
    endpoint(config.base_url, ["accounts", account, "workers", "scripts", script, ...rest]);
  const url = urlOf("secrets");

  /** The versions that serve, as far as Cloudflare shows them. */
  async function findServing(session: Session): Promise<readonly string[]> {
    const answer = await request(session, {
      method: "GET",
      url: urlOf("deployments"),
      expected: [200],
    });
    const [newest] = answer.read(deployments, "the Worker's deployments").result.deployments;
    return newest?.versions.map(({ version_id }) => version_id) ?? [];
  }

  async function numberOf(session: Session, id: string): Promise<number> {
    const answer = await request(session, {
      method: "GET",
      url: urlOf("versions", id),
      expected: [200],
    });
    return answer.read(version, "the version's number").result.number;
  }

  async function servesOlder(session: Session, written: string): Promise<boolean> {
    const others = (await findServing(session)).filter((id) => id !== written);
    if (others.length === 0) return false;
    const own = await numberOf(session, written);
    for (const id of others) {
      if (await numberOf(session, id) < own) return true;
    }
    return false;
  }

  return {
    async deliver(delivery, context) {
      const session = { delivery, context };
      const answer = await request(session, {
        method: "PUT",
        url,
        body: JSON.stringify({ name, text: delivery.token, type: "secret_text" }),
        expected: [200, 201],
      });
      answer.read(written, "the secret's name");
      const serving = await ifShown(findServing(session), []);
      return { version: serving.length === 1 ? serving[0] : null };
    },
    async confirm(delivery, receipt, context) {
      const session = { delivery, context };
      const answer = await request(session, {
        method: "GET",
        url,
        expected: [200],
      });
      const { result } = answer.read(secrets, "the Worker's secrets");
      if (!result.some((held) => held.name === name && held.type === "secret_text")) {
        throw missing(place);
      }
      const { version } = receipt;
      if (typeof version === "string" && await ifShown(servesOlder(session, version), false)) {
        throw mismatch(
          place,
          "has its older value again, as an older version of the Worker is deployed",
        );
      }
      return { kind: "existence", detail: "A secret of that name is there" };
    },
  };
}

/** What more Cloudflare shows is of use, but nothing depends on it. */
async function ifShown<T>(asked: Promise<T>, otherwise: T): Promise<T> {
  try {
    return await asked;
  } catch (error) {
    if (error instanceof TargetError) return otherwise;
    throw error;
  }
}
