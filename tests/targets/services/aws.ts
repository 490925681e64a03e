/**
 * AWS Secrets Manager. It checks each signature with a signer other than the one under test.
 *
 * @module
 */
import aws4 from "aws4";
import { type Service, type ServiceRequest, startService, textOf } from "./service.ts";

/** A version of a secret at AWS. */
export interface AwsVersion {
  /** Its id: the client request token that made it. */
  readonly id: string;
  /** What it holds; undefined for binary data. */
  readonly value?: string;
  /** Whether it has the label `AWSPENDING` only, as in a rotation that is under way. */
  readonly pending?: boolean;
}

/** What is special about a secret. */
export type AwsState =
  /** It is deleted within days. */
  | "scheduled for deletion"
  /** It is the copy of a secret in another region. */
  | "replica"
  /** Another of AWS's services manages it. */
  | "managed"
  /** The access key may not use its key at KMS. */
  | "key denied";

/** A running stand-in for AWS Secrets Manager. */
export interface AwsService extends Service {
  /** An access key that may write. */
  readonly accessKey: AwsAccessKey;
  /** An access key that may not. */
  readonly narrowAccessKey: AwsAccessKey;
  /** The region it is in. */
  readonly region: string;
  /** The account it is of. */
  readonly account: string;
  /** The versions of each secret by name, the current one last; may be changed. */
  readonly secrets: Map<string, AwsVersion[]>;
  /** What is special about each secret by name; may be changed. */
  readonly states: Map<string, AwsState>;
  /** How many versions a secret may have; may be changed. */
  readonly quota: { versions: number };
  /** Makes an older version the current one again, as `UpdateSecretVersionStage` does. */
  moveCurrent(name: string, id: string): void;
  /** Lets the next reads show what was current before the last write. */
  setStaleReads(reads: number): void;
}

/** What AWS appends to a secret's name in its ARN. */
const SUFFIX = "a1B2c3";

/** An access key. */
export interface AwsAccessKey {
  /** Its id. */
  readonly id: string;
  /** Its secret. */
  readonly secret: string;
}

/** Starts a stand-in for AWS Secrets Manager. */
export function startAws(): AwsService {
  const accessKey = makeAccessKey();
  const narrowAccessKey = makeAccessKey();
  const region = "eu-central-1";
  const account = "123456789012";
  const secrets = new Map<string, AwsVersion[]>();
  const states = new Map<string, AwsState>();
  const quota = { versions: 100 };
  const previous = new Map<string, AwsVersion | undefined>();
  let staleReads = 0;

  const currentOf = (name: string) => secrets.get(name)?.findLast(({ pending }) => !pending);

  function nameOf(id: string): string {
    const prefix = `arn:aws:secretsmanager:${region}:${account}:secret:`;
    if (!id.startsWith(prefix)) return id;
    const name = id.slice(prefix.length);
    return name.endsWith(`-${SUFFIX}`) ? name.slice(0, -SUFFIX.length - 1) : name;
  }

  function refusal(state: AwsState | undefined, isWrite: boolean): Response | undefined {
    switch (state) {
      case "scheduled for deletion":
        return failure(
          400,
          "InvalidRequestException",
          "You can't perform this operation on the secret because it was marked for deletion.",
        );
      case "key denied":
        return failure(400, "AccessDeniedException", "Access to KMS is not allowed");
      case "replica":
        return isWrite
          ? failure(
            400,
            "InvalidParameterException",
            "Operation not permitted on a replica secret. Call must be made in primary secret's region.",
          )
          : undefined;
      case "managed":
        return isWrite
          ? failure(400, "InvalidRequestException", "The secret is managed by another service")
          : undefined;
      case undefined:
        return undefined;
    }
  }

  function problemWithSignature(request: ServiceRequest, key: AwsAccessKey, now: number) {
    const { headers, text } = request;
    const authorization = headers.get("authorization") ?? "";
    const names = /SignedHeaders=([^,]+)/.exec(authorization)?.[1].split(";") ?? [];
    const time = headers.get("x-amz-date") ?? "";
    const sentAt = Date.parse(
      time.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, "$1-$2-$3T$4:$5:$6Z"),
    );
    if (!(Math.abs(now - sentAt) < 300_000)) return "Signature expired";
    if (!names.includes("host") || !names.includes("x-amz-target")) return "Not all is signed";
    const signed = aws4.sign({
      service: "secretsmanager",
      region,
      method: request.method,
      host: headers.get("host") ?? "",
      path: "/",
      headers: Object.fromEntries(
        names.filter((name) => name !== "host").map((name) => [name, headers.get(name) ?? ""]),
      ),
      body: text,
      extraHeadersToIgnore: {
        "content-length": true,
        "content-type": !names.includes("content-type"),
      },
    }, { accessKeyId: key.id, secretAccessKey: key.secret });
    const expected = String(signed.headers?.Authorization ?? "");
    return signatureOf(expected) === signatureOf(authorization)
      ? undefined
      : "The request signature we calculated does not match the signature you provided.";
  }

  const service = startService({
    rateLimited: () => failure(400, "ThrottlingException", "Rate exceeded"),
    handle(request, now) {
      const { method, path, headers, json } = request;
      const target = headers.get("x-amz-target");
      if (method !== "POST" || path !== "/") return failure(404, "UnknownOperationException", "");
      if (headers.get("content-type") !== "application/x-amz-json-1.1") {
        return failure(400, "SerializationException", "Send application/x-amz-json-1.1");
      }
      const credential = /Credential=([^/]+)\/\d{8}\/([^/]+)\/secretsmanager\/aws4_request/
        .exec(headers.get("authorization") ?? "");
      if (!credential) return failure(400, "MissingAuthenticationTokenException", "Not signed");
      const key = [accessKey, narrowAccessKey].find(({ id }) => id === credential[1]);
      if (!key || credential[2] !== region) {
        const message = "The security token included in the request is invalid.";
        return failure(400, "UnrecognizedClientException", message);
      }
      const problem = problemWithSignature(request, key, now);
      if (problem) return failure(400, "InvalidSignatureException", problem);
      if (key === narrowAccessKey) {
        const message = `User is not authorized to perform: ${target}`;
        return failure(400, "AccessDeniedException", message);
      }
      const name = nameOf(textOf(json, "SecretId") ?? "");
      const versions = secrets.get(name);
      const notFound = "Secrets Manager can't find the specified secret.";
      if (!versions) return failure(400, "ResourceNotFoundException", notFound);
      const isWrite = target === "secretsmanager.PutSecretValue";
      const refused = refusal(states.get(name), isWrite);
      if (refused) return refused;
      const ARN = `arn:aws:secretsmanager:${region}:${account}:secret:${name}-${SUFFIX}`;
      if (target === "secretsmanager.GetSecretValue") {
        const shown = staleReads-- > 0 ? previous.get(name) : currentOf(name);
        return shown
          ? Response.json({
            ARN,
            Name: name,
            VersionId: shown.id,
            ...(shown.value === undefined
              ? { SecretBinary: "AAEC" }
              : { SecretString: shown.value }),
            VersionStages: ["AWSCURRENT"],
          })
          : failure(
            400,
            "ResourceNotFoundException",
            "Secrets Manager can't find the specified secret value for staging label: AWSCURRENT",
          );
      }
      if (!isWrite) return failure(400, "UnknownOperationException", "");
      const id = textOf(json, "ClientRequestToken") ?? "";
      const value = textOf(json, "SecretString");
      if (id.length < 32 || id.length > 64) {
        return failure(
          400,
          "InvalidParameterException",
          "ClientRequestToken has 32 to 64 characters",
        );
      }
      if (value === undefined || value.length > 65_536) {
        return failure(400, "ValidationException", "SecretString has up to 65536 characters");
      }
      const same = versions.find((version) => version.id === id);
      if (same && same.value !== value) {
        return failure(400, "ResourceExistsException", "There is a version with that id");
      }
      if (!same) {
        if (versions.length >= quota.versions) {
          return failure(400, "LimitExceededException", "The secret has too many versions");
        }
        previous.set(name, currentOf(name));
        versions.push({ id, value });
      }
      // A version that is there already is left where it is: the call succeeds and does nothing.
      const stages = currentOf(name)?.id === id ? ["AWSCURRENT"] : ["AWSPREVIOUS"];
      return Response.json({ ARN, Name: name, VersionId: id, VersionStages: stages });
    },
  });
  return {
    ...service,
    accessKey,
    narrowAccessKey,
    region,
    account,
    secrets,
    states,
    quota,
    moveCurrent(name, id) {
      const versions = secrets.get(name) ?? [];
      versions.push(...versions.splice(versions.findIndex((version) => version.id === id), 1));
    },
    setStaleReads: (reads) => void (staleReads = reads),
  };
}

function makeAccessKey(): AwsAccessKey {
  const random = (size: number) => crypto.getRandomValues(new Uint8Array(size));
  return {
    id: `AKIA${random(8).toHex().toUpperCase()}`,
    secret: random(30).toBase64(),
  };
}

function signatureOf(authorization: string): string {
  return /Signature=([0-9a-f]{64})$/.exec(authorization)?.[1] ?? authorization;
}

function failure(status: number, type: string, message: string): Response {
  return Response.json({ __type: type, Message: message }, {
    status,
    headers: { "content-type": "application/x-amz-json-1.1" },
  });
}
