/**
 * A secret in AWS Secrets Manager.
 *
 * @module
 */
import { AwsV4Signer } from "aws4fetch";
import * as v from "valibot";
import { awsEndpoint, classifyAws, isAwsAddress } from "./aws_api.ts";
import { parseAwsSecretId } from "./aws_secret_id.ts";
import { configuration, secretName, serviceUrl, text } from "./members.ts";
import { fingerprint } from "../fingerprint.ts";
import { isHeaderValue } from "./header_value.ts";
import { isJsonObject, parseMembers } from "./json_members.ts";
import { refuseOlder, STAMP, stampOf } from "./stamp.ts";
import { mismatch, proveExact } from "./proof.ts";
import { type Answer, createRequester } from "./request.ts";
import { serverName } from "./server.ts";
import {
  type Delivery,
  type Target,
  type TargetContext,
  type TargetDefinition,
  type TargetEnvironment,
  TargetError,
} from "./target.ts";

/** The configuration of an {@linkcode awsSecretsManager}. */
export interface AwsSecretsManagerConfig {
  /** The region, such as `eu-central-1`. */
  readonly region: string;
  /** The secret's name or ARN. It has to exist. */
  readonly secret: string;
  /**
   * The member to set in a secret that holds a JSON object.
   * @default {the whole secret}
   */
  readonly key?: string | undefined;
  /**
   * The Worker secret with the access key's id.
   * @default {`AWS_ACCESS_KEY_ID`}
   */
  readonly access_key_id_secret: string;
  /**
   * The Worker secret with the secret access key.
   * @default {`AWS_SECRET_ACCESS_KEY`}
   */
  readonly secret_access_key_secret: string;
  /**
   * Secrets Manager's address.
   * @default {the region's own}
   */
  readonly base_url?: string | undefined;
}

/** What the ids of our versions are; an id has 32 to 64 characters. */
const VERSION = new RegExp(`^herotate-(${STAMP.source})-g\\d+-([0-9a-f]{6})`);

/** How often to look for an id that no version has yet, and how many of the tries are foreseeable. */
const TRIES = 6;
const FORESEEABLE = 4;

const schema = v.pipe(
  configuration({
    region: text("Must be a region, such as 'eu-central-1'", /^[a-z]{2,4}(?:-[a-z]+)+-\d{1,2}$/),
    secret: text(
      "Must be a secret's name or ARN, such as 'ci/heroku'",
      /^[A-Za-z0-9/_+=.@:-]{1,2048}$/,
    ),
    key: v.optional(
      text("Must be a member of the secret's JSON, such as 'HEROKU_API_KEY'", /^\S{1,255}$/),
    ),
    access_key_id_secret: v.optional(secretName("the access key's id"), "AWS_ACCESS_KEY_ID"),
    secret_access_key_secret: v.optional(
      secretName("the secret access key"),
      "AWS_SECRET_ACCESS_KEY",
    ),
    base_url: v.optional(
      serviceUrl("Must be the https URL of Secrets Manager, such as that of a VPC endpoint"),
    ),
  }),
  v.forward(
    v.partialCheck(
      [["region"], ["secret"]],
      ({ region, secret }) => (parseAwsSecretId(secret).region ?? region) === region,
      "Must be in the region that 'region' names",
    ),
    ["secret"],
  ),
);

const secretValue = v.object({ VersionId: v.string(), SecretString: v.optional(v.string()) });
const written = v.object({
  VersionId: v.string(),
  VersionStages: v.nullish(v.array(v.string())),
});

/**
 * Delivers to a secret in AWS Secrets Manager, as its version `AWSCURRENT`.
 *
 * - **Proof**: exact; the current version is read back.
 * - **Permission**: a long-lived access key whose policy allows `secretsmanager:GetSecretValue` and
 *   `secretsmanager:PutSecretValue` on that secret's ARN only (and `kms:Decrypt` and
 *   `kms:GenerateDataKey` on its key, where it has one of your own).
 * - **Limits**: 64 KB a value. The secret has to exist, with or without a value, as its encryption
 *   and its policy are yours to choose; it must be in its primary region, and no other service of
 *   AWS's may manage it. With `key`, all other members stay, unless somebody else changes them
 *   between our reading and our writing. Without `key`, a JSON object is never written over. The
 *   version's id holds the token's age: a repeated delivery does nothing, a value that somebody put
 *   back is replaced again, and a late delivery of an older token is refused (of a member: unless
 *   another member was delivered since).
 *
 * @see https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_PutSecretValue.html
 */
export const awsSecretsManager: TargetDefinition<AwsSecretsManagerConfig> = {
  type: "aws-secrets-manager",
  proof: "exact",
  schema,
  place: ({ region, secret, key, base_url }) => {
    const server = base_url === undefined || isAwsAddress(base_url) ? "" : serverName(base_url);
    const { account, name } = parseAwsSecretId(secret);
    const where = `${server && `${server}/`}${region}/${
      account === undefined ? "" : `${account}:`
    }`;
    return `aws-secrets-manager:${where}${name}${key === undefined ? "" : `#${key}`}`;
  },
  overlaps,
  secrets: (
    { access_key_id_secret, secret_access_key_secret },
  ) => [access_key_id_secret, secret_access_key_secret],
  signingSecrets: ({ secret_access_key_secret }) => [secret_access_key_secret],
  create,
};

/** A whole secret and a member of it overlap, and so may a name and an ARN with an account. */
function overlaps(one: AwsSecretsManagerConfig, other: AwsSecretsManagerConfig): boolean {
  if (one.key !== undefined && other.key !== undefined && one.key !== other.key) return false;
  const [first, second] = [one, other].map(({ secret }) => parseAwsSecretId(secret));
  const apart = first.account !== undefined && second.account !== undefined &&
    first.account !== second.account;
  const whole = (config: AwsSecretsManagerConfig, { name }: { name: string }) =>
    awsSecretsManager.place({ ...config, secret: name, key: undefined });
  return !apart && whole(one, first) === whole(other, second);
}

function create(config: AwsSecretsManagerConfig, environment: TargetEnvironment): Target {
  const { region, secret, key } = config;
  const place = `secret '${secret}'${key === undefined ? "" : ` (member '${key}')`} in ${region}`;
  const worker =
    `the Worker secrets '${config.access_key_id_secret}' and '${config.secret_access_key_secret}'`;
  const advice = {
    unauthorized:
      `set ${worker} to a live access key, and check that the account has the region enabled`,
    forbidden:
      `allow the access key in ${worker} to call secretsmanager:GetSecretValue and secretsmanager:PutSecretValue on the secret, and kms:Decrypt and kms:GenerateDataKey on its key at KMS if that is your own`,
    not_found: "check 'region' and 'secret', or create the secret",
    invalid_value:
      "check that the secret is not scheduled for deletion, that 'region' is its primary region, that it is not managed by another service, and that its key at KMS is enabled",
  };
  const request = createRequester(environment, { place, advice, classify: classifyAws });
  const url = new URL(config.base_url ?? awsEndpoint("secretsmanager", region));

  function readAccessKey(): { readonly accessKeyId: string; readonly secretAccessKey: string } {
    const accessKeyId = environment.secret(config.access_key_id_secret).trim();
    const secretAccessKey = environment.secret(config.secret_access_key_secret).trim();
    const problem = !isHeaderValue(accessKeyId)
      ? "has a character that HTTP cannot carry"
      : accessKeyId.startsWith("ASIA")
      ? "is a temporary one, which ends with its session"
      : undefined;
    if (problem === undefined) return { accessKeyId, secretAccessKey };
    throw new TargetError(
      "unauthorized",
      `Cannot use the access key for the ${place} because its id ${problem}: ${advice.unauthorized}`,
    );
  }

  async function call(
    delivery: Delivery,
    context: TargetContext,
    action: "GetSecretValue" | "PutSecretValue",
    parameters: Readonly<Record<string, unknown>>,
    secrets: readonly string[] = [],
  ): Promise<Answer> {
    const { accessKeyId, secretAccessKey } = readAccessKey();
    const body = JSON.stringify({ SecretId: secret, ...parameters });
    const signed = await new AwsV4Signer({
      method: "POST",
      url: url.href,
      headers: {
        "content-type": "application/x-amz-json-1.1",
        "x-amz-target": `secretsmanager.${action}`,
      },
      body,
      accessKeyId,
      secretAccessKey,
      service: "secretsmanager",
      region,
      datetime: new Date(environment.now()).toISOString().replace(/[:-]|\.\d{3}/g, ""),
    }).sign();
    return await request(
      { delivery, context, secrets: [accessKeyId, secretAccessKey, ...secrets] },
      {
        method: "POST",
        url,
        headers: Object.fromEntries(signed.headers),
        body,
        expected: [200],
      },
    );
  }

  /** The current version; undefined for a secret that has no value yet, or does not exist. */
  async function read(
    delivery: Delivery,
    context: TargetContext,
  ): Promise<v.InferOutput<typeof secretValue> | undefined> {
    try {
      const answer = await call(delivery, context, "GetSecretValue", {});
      return answer.read(secretValue, "the secret's value");
    } catch (error) {
      if (error instanceof TargetError && error.code === "not_found") return undefined;
      throw error;
    }
  }

  function parse(secretString: string): Record<string, unknown> {
    const { members, problem } = parseMembers(secretString);
    if (members) return members;
    throw new TargetError("invalid_value", `The ${place} ${problem}`);
  }

  /** What the secret has to hold, which is what it holds already where the token is in it. */
  function valueOf(token: string, present: string | undefined): string {
    if (key === undefined) {
      if (present !== undefined && isJsonObject(present)) {
        throw new TargetError(
          "invalid_value",
          `The ${place} holds a JSON object, which the token would replace: name the member in 'key', or deliver to another secret`,
        );
      }
      return token;
    }
    const kept = present === undefined ? {} : parse(present);
    return kept[key] === token && present !== undefined
      ? present
      : JSON.stringify({ ...kept, [key]: token });
  }

  return {
    async deliver(delivery, context) {
      const current = await read(delivery, context);
      const tag = (await fingerprint(key ?? "")).slice(0, 6);
      const [, stamp, owner] = VERSION.exec(current?.VersionId ?? "") ?? [];
      refuseOlder(place, owner === tag ? stamp : undefined, delivery);
      if (current && current.SecretString === undefined) {
        throw new TargetError(
          "invalid_value",
          `The ${place} holds binary data: deliver to another secret`,
        );
      }
      const present = current?.SecretString;
      const value = valueOf(delivery.token, present);
      if (value === present) return { version: current?.VersionId ?? null, changed: false };
      for (let turn = 0; turn < TRIES; turn++) {
        const salt = turn < FORESEEABLE ? turn : crypto.randomUUID();
        const content = await fingerprint(
          [delivery.idempotencyKey, value, current?.VersionId, salt].join("\n"),
        );
        const ClientRequestToken = `herotate-${stampOf(delivery)}-g${delivery.generation}-${tag}${
          content.slice(0, 18)
        }`;
        const parameters = { SecretString: value, ClientRequestToken };
        const secrets = [value, present ?? ""];
        const answer = await call(delivery, context, "PutSecretValue", parameters, secrets);
        const { VersionId, VersionStages } = answer.read(written, "the new version");
        // AWS ignores an id that a version has already, even if that version is no longer current.
        const isCurrent = VersionStages
          ? VersionStages.includes("AWSCURRENT")
          : (await read(delivery, context))?.VersionId === VersionId;
        if (isCurrent) return { version: VersionId, changed: true };
      }
      throw mismatch(place, "does not make the new version its current one");
    },
    async confirm(delivery, _receipt, context) {
      const held = (await read(delivery, context))?.SecretString;
      const value = key === undefined || held === undefined ? held : parse(held)[key];
      return proveExact(place, value, delivery.token);
    },
  };
}
