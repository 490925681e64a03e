/**
 * A secret in AWS Secrets Manager.
 *
 * @module
 */
import { AwsV4Signer } from "aws4fetch";
import * as v from "valibot";
import { configuration, secretName, serviceUrl, text } from "./fields.ts";
import { fingerprint } from "./fingerprint.ts";
import { refuseOlder, STAMP, stampOf } from "./order.ts";
import { proveExact } from "./proof.ts";
import { type Answer, createRequester } from "./request.ts";
import {
  type Delivery,
  type Target,
  type TargetContext,
  type TargetDefinition,
  type TargetEnvironment,
  TargetError,
  type TargetErrorCode,
} from "./target.ts";

/** The configuration of an {@linkcode awsSecretsManager}. */
export interface AwsSecretsManagerConfig {
  /** The region, such as `eu-central-1`. */
  readonly region: string;
  /** The secret's name or ARN. It has to exist. */
  readonly secret: string;
  /** The member to set in a secret that holds a JSON object; default the whole secret. */
  readonly key?: string | undefined;
  /** The Worker secret with the access key's id; default `AWS_ACCESS_KEY_ID`. */
  readonly access_key_id: string;
  /** The Worker secret with the secret access key; default `AWS_SECRET_ACCESS_KEY`. */
  readonly secret_access_key: string;
  /** Secrets Manager's address; default the region's own. */
  readonly base_url?: string | undefined;
}

/** What the ids of our versions start with; an id has 32 to 64 characters. */
const VERSION = new RegExp(`^herotate-${STAMP.source}-g`);

const schema = configuration({
  region: text("Must be a region, such as 'eu-central-1'", /^[a-z]{2,4}(?:-[a-z]+)+-\d{1,2}$/),
  secret: text(
    "Must be a secret's name or ARN, such as 'ci/heroku'",
    /^[A-Za-z0-9/_+=.@:-]{1,2048}$/,
  ),
  key: v.optional(
    text("Must be a member of the secret's JSON, such as 'HEROKU_API_KEY'", /^\S{1,255}$/),
  ),
  access_key_id: v.optional(secretName("the access key's id"), "AWS_ACCESS_KEY_ID"),
  secret_access_key: v.optional(secretName("the secret access key"), "AWS_SECRET_ACCESS_KEY"),
  base_url: v.optional(
    serviceUrl("Must be the https URL of Secrets Manager, such as that of a VPC endpoint"),
  ),
});

const secretValue = v.object({ VersionId: v.string(), SecretString: v.optional(v.string()) });
const written = v.object({ VersionId: v.string() });
const failure = v.object({ __type: v.string() });

/**
 * Delivers to a secret in AWS Secrets Manager, as its version `AWSCURRENT`.
 *
 * - **Proof**: exact; the current version is read back.
 * - **Permission**: a long-lived access key whose policy allows `secretsmanager:GetSecretValue` and
 *   `secretsmanager:PutSecretValue` on that secret's ARN alone (and `kms:Decrypt` and
 *   `kms:GenerateDataKey` on its key, where it has one of your own).
 * - **Limits**: 64 KB a value. The secret has to exist, with or without a value, as its encryption
 *   and its policy are yours to choose. With `key`, all other members stay, unless somebody
 *   else changes them between our reading and our writing. The version's id holds the token's age: a
 *   repeated delivery does nothing, and a late one of an older token is refused.
 *
 * @see https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_PutSecretValue.html
 */
export const awsSecretsManager: TargetDefinition<AwsSecretsManagerConfig> = {
  type: "aws-secrets-manager",
  proof: "exact",
  schema,
  place: ({ region, secret, key }) =>
    `aws-secrets-manager:${region}/${secret}${key === undefined ? "" : `#${key}`}`,
  secrets: ({ access_key_id, secret_access_key }) => [access_key_id, secret_access_key],
  signingSecrets: ({ secret_access_key }) => [secret_access_key],
  create,
};

function create(config: AwsSecretsManagerConfig, environment: TargetEnvironment): Target {
  const { region, secret, key } = config;
  const place = `secret '${secret}'${key === undefined ? "" : ` (member '${key}')`} in ${region}`;
  const worker = `the Worker secrets '${config.access_key_id}' and '${config.secret_access_key}'`;
  const request = createRequester(environment, {
    place,
    advice: {
      unauthorized: `set ${worker} to a live access key`,
      forbidden:
        `allow the access key in ${worker} to call secretsmanager:GetSecretValue and secretsmanager:PutSecretValue on the secret`,
      not_found: "check 'region' and 'secret', or create the secret",
      invalid_value: "check the secret, its key at KMS, and that it is not scheduled for deletion",
    },
    classify,
  });
  // The regions in China have a domain of their own.
  const domain = region.startsWith("cn-") ? "amazonaws.com.cn" : "amazonaws.com";
  const url = new URL(config.base_url ?? `https://secretsmanager.${region}.${domain}`);

  async function call(
    delivery: Delivery,
    context: TargetContext,
    action: "GetSecretValue" | "PutSecretValue",
    parameters: Readonly<Record<string, unknown>>,
    secrets: readonly string[] = [],
  ): Promise<Answer> {
    const accessKeyId = environment.secret(config.access_key_id);
    const secretAccessKey = environment.secret(config.secret_access_key);
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
    const parsed = parseJson(secretString);
    if (!isObject(parsed)) {
      throw new TargetError(
        "invalid_value",
        `The ${place} holds no JSON object: correct it, or leave out 'key'`,
      );
    }
    if (/\d{16}/.test(secretString.replaceAll(/"(?:\\.|[^"\\])*"/g, '""'))) {
      throw new TargetError(
        "invalid_value",
        `The ${place} holds a number of more than 15 digits, which would not be kept: write that number as a string`,
      );
    }
    return parsed;
  }

  return {
    async deliver(delivery, context) {
      const current = await read(delivery, context);
      refuseOlder(place, VERSION.exec(current?.VersionId ?? "")?.[0], delivery);
      if (current && current.SecretString === undefined) {
        throw new TargetError(
          "invalid_value",
          `The ${place} holds binary data: deliver to another secret`,
        );
      }
      const present = current?.SecretString;
      const kept = key === undefined || present === undefined ? {} : parse(present);
      const value = key === undefined
        ? delivery.token
        : kept[key] === delivery.token && present !== undefined
        ? present
        : JSON.stringify({ ...kept, [key]: delivery.token });
      if (value === present) return { version: current?.VersionId ?? null, changed: false };
      const content = await fingerprint(`${delivery.idempotencyKey}\n${value}`);
      const answer = await call(
        delivery,
        context,
        "PutSecretValue",
        {
          SecretString: value,
          ClientRequestToken: `herotate-${stampOf(delivery)}-g${delivery.generation}-${
            content.slice(0, 24)
          }`,
        },
        [value, present ?? ""],
      );
      return { version: answer.read(written, "the new version").VersionId, changed: true };
    },
    async confirm(delivery, _receipt, context) {
      const held = (await read(delivery, context))?.SecretString;
      const value = key === undefined || held === undefined ? held : parse(held)[key];
      return proveExact(place, value, delivery.token);
    },
  };
}

/** AWS answers nearly every failure with 400, and tells them apart by a type. */
function classify({ status, body }: Answer): TargetErrorCode | undefined {
  const result = v.safeParse(failure, body);
  if (!result.success || status >= 500) return undefined;
  switch (result.output.__type.replace(/^.*#/, "")) {
    case "UnrecognizedClientException":
    case "InvalidClientTokenId":
    case "InvalidSignatureException":
    case "SignatureDoesNotMatch":
    case "IncompleteSignature":
    case "MissingAuthenticationToken":
    case "MissingAuthenticationTokenException":
    case "ExpiredToken":
    case "ExpiredTokenException":
    case "RequestExpired":
      return "unauthorized";
    case "AccessDeniedException":
    case "AccessDenied":
    case "NotAuthorized":
    case "OptInRequired":
    case "DecryptionFailure":
    case "DecryptionFailureException":
      return "forbidden";
    case "ResourceNotFoundException":
      return "not_found";
    case "Throttling":
    case "ThrottlingException":
    case "TooManyRequestsException":
      return "rate_limited";
    case "ServiceUnavailable":
    case "InternalFailure":
    case "InternalServiceError":
      return "unavailable";
    default:
      return undefined;
  }
}

// Not valibot's record, which leaves out members by the names of `__proto__` and `constructor`.
function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
