/**
 * GitHub, as far as secrets and Apps go. It opens what it is sent with libsodium itself, and holds
 * every request, and every answer of its own, against GitHub's published description.
 *
 * @module
 */
import Ajv, { type ValidateFunction } from "ajv";
import addFormats from "ajv-formats";
import { importSPKI, jwtVerify } from "jose";
import sodium from "libsodium-wrappers";
import description from "./github_openapi.json" with { type: "json" };
import { isJson, member, type Service, type ServiceRequest, startService } from "./service.ts";

/** A secret at GitHub. */
export interface GitHubSecret {
  /** What it holds, opened. */
  readonly value: string;
  /** When it was first written (ISO 8601). */
  readonly createdAt: string;
  /** When it was last written (ISO 8601). */
  readonly updatedAt: string;
  /** Of an organization's: who may see it. */
  readonly visibility?: string;
  /** Of an organization's: the ids of the selected repositories. */
  readonly selected?: readonly number[];
}

/** A running stand-in for GitHub. */
export interface GitHubService extends Service {
  /** A token that may write all secrets. */
  readonly token: string;
  /** A token that may not. */
  readonly narrowToken: string;
  /** Secrets by path, such as `/repos/acme/web/actions/secrets/NAME`; may be changed. */
  readonly secrets: Map<string, GitHubSecret>;
  /** Repositories (`owner/name`) and organizations that exist; may be changed. */
  readonly owners: Set<string>;
  /** The App: its id, its private key as GitHub hands it out, and what it was granted. */
  readonly app: {
    /** The client id. */
    readonly id: string;
    /** PKCS#1. */
    readonly privateKey: string;
    /** PKCS#8. */
    readonly privateKeyPkcs8: string;
    /** The installation's id. */
    readonly installation: number;
    /** The permissions that were granted; may be changed. */
    readonly permissions: Map<string, string>;
  };
  /** Where requests or answers strayed from GitHub's description; should stay empty. */
  readonly violations: readonly string[];
}

/** The smallest key GitHub hands out. */
const RSA_BITS = 2048;
const JSON_POINTER: Readonly<Record<string, string>> = { "~": "~0", "/": "~1" };

// Making an RSA key, and reading the description, takes long enough to do it once.
let appKey: ReturnType<typeof makeAppKey> | undefined;
let contract: ReturnType<typeof createContract> | undefined;

/** Starts a stand-in for GitHub. */
export async function startGitHub(): Promise<GitHubService> {
  await sodium.ready;
  const token = `github_pat_${crypto.randomUUID().replaceAll("-", "")}`;
  const narrowToken = `github_pat_${crypto.randomUUID().replaceAll("-", "")}`;
  appKey ??= makeAppKey();
  const app = { ...await appKey, permissions: new Map<string, string>() };
  const installationTokens = new Map<string, { repositories?: string[]; permission: string }>();
  const secrets = new Map<string, GitHubSecret>();
  const owners = new Set<string>();
  const keys = new Map<string, { publicKey: Uint8Array; privateKey: Uint8Array; id: string }>();
  const violations: string[] = [];
  contract ??= createContract();
  const { find, problemWithRequest, problemWithAnswer } = contract;

  function keyOf(store: string) {
    const key = keys.get(store) ??
      { ...sodium.crypto_box_keypair(), id: String(568250167242549743n + BigInt(keys.size)) };
    keys.set(store, key);
    return key;
  }

  async function handleApp(
    { method, segments, headers, json }: ServiceRequest,
    now: number,
  ): Promise<Response> {
    const jwt = headers.get("authorization")?.replace(/^Bearer /, "") ?? "";
    try {
      const { payload } = await jwtVerify(jwt, await importSPKI(app.publicKey, "RS256"), {
        algorithms: ["RS256"],
        currentDate: new Date(now),
        issuer: app.id,
        requiredClaims: ["iat", "exp"],
      });
      const { iat = 0, exp = 0 } = payload;
      if (exp - now / 1000 > 600) {
        return failure(401, "'Expiration time' claim is too far in the future");
      }
      if (iat > now / 1000) return failure(401, "'Issued at' claim is in the future");
    } catch {
      return failure(401, "A JSON web token could not be decoded");
    }
    if (segments.at(-1) === "installation") {
      const owner = segments.slice(1, -1).join("/");
      if (method !== "GET" || !owners.has(owner)) return failure(404, "Not Found");
      const example = description.components.examples.installation.value;
      return Response.json({ ...example, id: app.installation });
    }
    if (segments[2] !== String(app.installation)) return failure(404, "Not Found");
    const permissions: [string, unknown][] = Object.entries(member(json, "permissions") ?? {});
    const repositories = member(json, "repositories");
    const granted = permissions.every(([name, level]) => app.permissions.get(name) === level);
    if (!granted || permissions.length !== 1) {
      return failure(422, "The permissions requested are not granted to this installation.");
    }
    const made = `ghs_${crypto.randomUUID().replaceAll("-", "")}`;
    installationTokens.set(made, {
      permission: permissions[0][0],
      repositories: Array.isArray(repositories) ? repositories.map(String) : undefined,
    });
    const expires_at = new Date(now + 3_600_000).toISOString();
    return Response.json(
      { token: made, expires_at, permissions: Object.fromEntries(permissions) },
      {
        status: 201,
      },
    );
  }

  function mayWrite(bearer: string, store: string, owner: string): boolean {
    if (bearer === token) return true;
    const scope = installationTokens.get(bearer);
    if (!scope) return false;
    if (scope.repositories && !scope.repositories.includes(owner.split("/")[1])) return false;
    return scope.permission === permissionOf(store);
  }

  function handleSecret(request: ServiceRequest, now: number): Response {
    const { method, path, segments, headers, query, json } = request;
    const bearer = headers.get("authorization")?.replace(/^Bearer /, "") ?? "";
    if (bearer !== token && bearer !== narrowToken && !installationTokens.has(bearer)) {
      return failure(401, "Bad credentials");
    }
    const [kind] = segments;
    const owner = segments.slice(1, kind === "orgs" ? 2 : 3).join("/");
    const [store, rest] = path.split(/\/secrets\//);
    if (!owners.has(owner)) return failure(404, "Not Found");
    if (!mayWrite(bearer, store, owner)) {
      return failure(403, "Resource not accessible by personal access token");
    }
    const { publicKey, privateKey, id } = keyOf(store);
    if (rest === "public-key") {
      return Response.json({ key_id: id, key: publicKey.toBase64() });
    }
    const [name, sub] = rest.split("/");
    const held = secrets.get(`${store}/secrets/${name.toUpperCase()}`);
    if (method === "GET" && sub === "repositories") {
      if (!held) return failure(404, "Not Found");
      const size = Number(query.get("per_page") ?? 30);
      const start = (Number(query.get("page") ?? 1) - 1) * size;
      const selected = held.selected ?? [];
      const [example] = description.components.examples["public-repository-paginated"].value
        .repositories;
      const repositories = selected.slice(start, start + size).map((id) => ({ ...example, id }));
      return Response.json({ total_count: selected.length, repositories });
    }
    if (method === "GET") {
      if (!held) return failure(404, "Not Found");
      const { createdAt: created_at, updatedAt: updated_at, visibility } = held;
      return Response.json({ name, created_at, updated_at, visibility });
    }
    if (member(json, "key_id") !== id) return failure(422, "The key_id is not valid");
    const value = open(member(json, "encrypted_value"), publicKey, privateKey);
    if (value === undefined) return failure(422, "Bad encrypted value");
    if (value.length > 48 * 1024) return failure(422, "The secret's value is too large");
    const updatedAt = `${new Date(now).toISOString().slice(0, 19)}Z`;
    const visibility = member(json, "visibility");
    const selected = member(json, "selected_repository_ids");
    secrets.set(`${store}/secrets/${name.toUpperCase()}`, {
      value,
      createdAt: held?.createdAt ?? updatedAt,
      updatedAt,
      ...(kind === "orgs" ? { visibility: String(visibility) } : {}),
      ...(Array.isArray(selected) ? { selected: selected.map(Number) } : {}),
    });
    return held ? new Response(null, { status: 204 }) : Response.json({}, { status: 201 });
  }

  const service = startService({
    rateLimited: (now) =>
      Response.json({ message: "API rate limit exceeded for user ID 1." }, {
        status: 403,
        headers: {
          "x-ratelimit-remaining": "0",
          "x-ratelimit-reset": String(Math.ceil(now / 1000) + 90),
        },
      }),
    async handle(request, now) {
      const { headers, path } = request;
      if (headers.get("accept") !== "application/vnd.github+json") {
        return failure(415, "Send 'Accept: application/vnd.github+json'");
      }
      if (headers.get("x-github-api-version") !== "2022-11-28" || !headers.get("user-agent")) {
        return failure(400, "Send the API's version and a user agent");
      }
      const operation = find(request);
      if (!operation) return failure(404, "Not Found");
      if (request.text !== "" && !isJson(request)) return failure(400, "Problems parsing JSON");
      violations.push(...problemWithRequest(operation, request));
      const answer = /\/(installation|access_tokens)$/.test(path)
        ? await handleApp(request, now)
        : handleSecret(request, now);
      violations.push(...await problemWithAnswer(operation, answer.clone()));
      return answer;
    },
  });
  return { ...service, token, narrowToken, secrets, owners, app, violations };
}

interface Operation {
  readonly name: string;
  readonly body?: ValidateFunction;
  readonly answers: ReadonlyMap<string, ValidateFunction | undefined>;
}

function createContract() {
  const ajv = new Ajv.default({ strict: false });
  addFormats.default(ajv);
  ajv.addSchema({ $id: "github", ...withNull(description) });
  const compile = (...pointer: string[]) =>
    ajv.compile({
      $ref: `github#/${
        pointer.map((part) => encodeURIComponent(part.replace(/[~/]/g, (c) => JSON_POINTER[c])))
          .join("/")
      }`,
    });

  const operations = Object.entries(description.paths).flatMap(([template, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({
      method: method.toUpperCase(),
      pattern: new RegExp(`^${template.replace(/\{\w+\}/g, "[^/]+")}$`),
      literal: !template.endsWith("{secret_name}"),
      operation: {
        name: `${method} ${template}`,
        body: member(operation, "requestBody") === undefined ? undefined : compile(
          "paths",
          template,
          method,
          "requestBody",
          "content",
          "application/json",
          "schema",
        ),
        answers: new Map(
          Object.entries(operation.responses).map(([status, response]) => [
            status,
            member(member(response, "content"), "application/json") === undefined
              ? undefined
              : compile(
                "paths",
                template,
                method,
                "responses",
                status,
                "content",
                "application/json",
                "schema",
              ),
          ]),
        ),
      },
    }))
  ).sort((a, b) => Number(b.literal) - Number(a.literal));

  return {
    find: ({ method, path }: ServiceRequest): Operation | undefined =>
      operations.find((known) => known.method === method && known.pattern.test(path))?.operation,
    problemWithRequest({ name, body }: Operation, { json, text }: ServiceRequest): string[] {
      const fits = body ? body(json) : text === "";
      return fits ? [] : [`Request ${name}: ${ajv.errorsText(body?.errors)}`];
    },
    async problemWithAnswer({ name, answers }: Operation, answer: Response): Promise<string[]> {
      if (!answer.ok) return [];
      const text = await answer.text();
      const schema = answers.get(String(answer.status));
      const fits = answers.has(String(answer.status)) &&
        (schema ? schema(JSON.parse(text)) : text === "");
      return fits ? [] : [`Answer to ${name}: ${ajv.errorsText(schema?.errors)}`];
    },
  };
}

/** OpenAPI 3.0 says `nullable` where JSON Schema says `null`. */
function withNull(value: unknown): Record<string, unknown> {
  const convert = (inner: unknown): unknown => {
    if (Array.isArray(inner)) return inner.map(convert);
    return typeof inner === "object" && inner !== null ? withNull(inner) : inner;
  };
  const converted = Object.fromEntries(
    Object.entries(value ?? {}).map(([name, inner]) => [name, convert(inner)]),
  );
  if (converted.nullable !== true) return converted;
  const { nullable: _, ...schema } = converted;
  return { anyOf: [schema, { type: "null" }] };
}

function permissionOf(store: string): string {
  if (store.includes("/environments/")) return "environments";
  const name = store.endsWith("/actions") ? "secrets" : `${store.split("/").at(-1)}_secrets`;
  return store.startsWith("/orgs/") ? `organization_${name}` : name;
}

function open(
  sealed: unknown,
  publicKey: Uint8Array,
  privateKey: Uint8Array,
): string | undefined {
  try {
    const box = Uint8Array.fromBase64(String(sealed));
    return new TextDecoder().decode(sodium.crypto_box_seal_open(box, publicKey, privateKey));
  } catch {
    return undefined;
  }
}

async function makeAppKey() {
  const { generateKeyPairSync } = await import("node:crypto");
  const { privateKey, publicKey } = generateKeyPairSync("rsa", { modulusLength: RSA_BITS });
  return {
    id: "Iv23liTestTestTest12",
    installation: 4711,
    privateKey: String(privateKey.export({ type: "pkcs1", format: "pem" })),
    privateKeyPkcs8: String(privateKey.export({ type: "pkcs8", format: "pem" })),
    publicKey: String(publicKey.export({ type: "spki", format: "pem" })),
  };
}

function failure(status: number, message: string): Response {
  return Response.json({ message, documentation_url: "https://docs.github.com/rest" }, { status });
}
