/**
 * GitHub, as far as secrets and Apps go. It opens what it is sent with libsodium itself, and holds
 * every request, and every answer of its own, against GitHub's published description.
 *
 * @module
 */
import sodium from "libsodium-wrappers";
import description from "./github_openapi.json" with { type: "json" };
import { createContract } from "./github_contract.ts";
import { createInstallations, type GitHubApp } from "./github_installations.ts";
import { failure } from "./github_refusals.ts";
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
  /** The App. */
  readonly app: GitHubApp;
  /** Where requests or answers strayed from GitHub's description; should stay empty. */
  readonly violations: readonly string[];
  /** What this GitHub does besides; may be changed. */
  readonly ways: GitHubWays;
  /** Makes another key for every store, as GitHub does now and then. */
  replaceKeys(): void;
  /** Somebody gives another audience to an organization's secret, which counts as an update. */
  select(path: string, repositories: readonly number[]): void;
}

/** What GitHub does in some versions, plans or moments. */
export interface GitHubWays {
  /** The present names of repositories that were renamed or transferred, by their former ones. */
  readonly renamed: Map<string, string>;
  /** The stores that are not there, such as `/repos/acme/web/environments/prod`. */
  readonly gone: Set<string>;
  /** The ids of repositories that the caller may not see, and so does not see listed. */
  readonly hidden: Set<number>;
  /** Whether a hidden repository counts in `total_count` all the same. */
  countsHidden: boolean;
  /** How many requests with a new installation token find no such token. */
  unknownTokens: number;
  /** How many requests after those find a token without its permission. */
  unknownPermissions: number;
  /** How long a read shows what was there before the last write, in milliseconds. */
  readLag: number;
  /** Whether the key changes after each read of it. */
  changesKeys: boolean;
  /** Whether a store takes the ids of repositories as texts only, as Dependabot's did for a while. */
  wantsIdsAsText: boolean;
  /** Whether a write ignores the ids of repositories, and so takes the secret from all of them. */
  ignoresIds: boolean;
  /** How the answer to a write is: as documented, or 200 with an empty body. */
  writesAnswer200: boolean;
  /** When the token expires, as `github-authentication-token-expiration` says it. */
  tokenExpiration: string | undefined;
  /** What the public key is, where it is none. */
  publicKey: string | undefined;
}

/** GitHub's number of a repository that was renamed. */
const RENAMED_ID = 1296269;

// Reading the description takes long enough to do it once.
let contract: ReturnType<typeof createContract> | undefined;

/** Starts a stand-in for GitHub. */
export async function startGitHub(): Promise<GitHubService> {
  await sodium.ready;
  const token = `github_pat_${crypto.randomUUID().replaceAll("-", "")}`;
  const narrowToken = `github_pat_${crypto.randomUUID().replaceAll("-", "")}`;
  const secrets = new Map<string, GitHubSecret>();
  const owners = new Set<string>();
  const { app, tokens: installationTokens, handle: handleApp } = await createInstallations(owners);
  const keys = new Map<string, { publicKey: Uint8Array; privateKey: Uint8Array; id: string }>();
  const violations: string[] = [];
  const former = new Map<string, { secret: GitHubSecret | undefined; until: number }>();
  let generationOfKeys = 0;
  const ways: GitHubWays = {
    renamed: new Map(),
    gone: new Set(),
    hidden: new Set(),
    countsHidden: false,
    unknownTokens: 0,
    unknownPermissions: 0,
    readLag: 0,
    changesKeys: false,
    wantsIdsAsText: false,
    ignoresIds: false,
    writesAnswer200: false,
    tokenExpiration: undefined,
    publicKey: undefined,
  };
  contract ??= createContract();
  const { find, problemWithRequest, problemWithAnswer } = contract;

  function keyOf(store: string) {
    const key = keys.get(store) ??
      {
        ...sodium.crypto_box_keypair(),
        id: String(568250167242549743n + BigInt(keys.size + 100 * generationOfKeys)),
      };
    keys.set(store, key);
    return key;
  }

  function replaceKeys(): void {
    generationOfKeys++;
    keys.clear();
  }

  /** GitHub answers with its own number for the repository, whatever it is called. */
  function redirect({ method, path }: ServiceRequest): Response | undefined {
    const [, owner, name, rest] = /^\/repos\/([^/]+)\/([^/]+)(.*)$/.exec(path) ?? [];
    if (!ways.renamed.has(`${owner}/${name}`)) return undefined;
    const url = `${service.url}/repositories/${RENAMED_ID}${rest}`;
    return Response.json({ message: "Moved Permanently", url }, {
      status: method === "GET" ? 301 : 307,
      headers: { location: url },
    });
  }

  function handleNumber({ method, path, headers }: ServiceRequest): Response {
    const [full_name] = ways.renamed.values();
    const bearer = headers.get("authorization")?.replace(/^Bearer /, "") ?? "";
    const known = bearer === token || installationTokens.has(bearer);
    return method === "GET" && path === `/repositories/${RENAMED_ID}` && known
      ? Response.json({ id: RENAMED_ID, full_name, private: true })
      : failure(404, "Not Found");
  }

  /** What is not replicated yet. */
  function lag(bearer: string): Response | undefined {
    if (!installationTokens.has(bearer)) return undefined;
    if (ways.unknownTokens > 0) {
      ways.unknownTokens--;
      return failure(401, "Bad credentials");
    }
    if (ways.unknownPermissions === 0) return undefined;
    ways.unknownPermissions--;
    return failure(403, "Resource not accessible by integration");
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
    const lagging = lag(bearer);
    if (lagging) return lagging;
    const [kind] = segments;
    const owner = segments.slice(1, kind === "orgs" ? 2 : 3).join("/");
    const [store, rest] = path.split(/\/secrets\//);
    if (!owners.has(owner) || ways.gone.has(store)) return failure(404, "Not Found");
    if (!mayWrite(bearer, store, owner)) {
      return failure(403, "Resource not accessible by personal access token");
    }
    const { publicKey, privateKey, id } = keyOf(store);
    if (rest === "public-key") {
      if (ways.changesKeys) replaceKeys();
      return Response.json({ key_id: id, key: ways.publicKey ?? publicKey.toBase64() });
    }
    const [name, sub] = rest.split("/");
    const key = `${store}/secrets/${name.toUpperCase()}`;
    const before = former.get(key);
    const held = method === "GET" && before && before.until > now
      ? before.secret
      : secrets.get(key);
    if (method === "GET" && sub === "repositories") {
      if (!held) return failure(404, "Not Found");
      const size = Number(query.get("per_page") ?? 30);
      const start = (Number(query.get("page") ?? 1) - 1) * size;
      const all = held.selected ?? [];
      const selected = all.filter((id) => !ways.hidden.has(id));
      const total_count = ways.countsHidden ? all.length : selected.length;
      const [example] = description.components.examples["public-repository-paginated"].value
        .repositories;
      const repositories = selected.slice(start, start + size).map((id) => ({ ...example, id }));
      return Response.json({ total_count, repositories });
    }
    if (method === "GET") {
      if (!held) return failure(404, "Not Found");
      const { createdAt: created_at, updatedAt: updated_at, visibility } = held;
      return Response.json({ name: name.toUpperCase(), created_at, updated_at, visibility });
    }
    const given = member(json, "selected_repository_ids");
    if (sub === "repositories") {
      if (!held) return failure(404, "Not Found");
      select(key, Array.isArray(given) ? given.map(Number) : []);
      return new Response(null, { status: 204 });
    }
    const wrong = Array.isArray(given) && ways.wantsIdsAsText
      ? given.findIndex((id) => typeof id !== "string")
      : -1;
    if (wrong >= 0 && Array.isArray(given)) {
      return failure(
        422,
        `Invalid request.\n\nInvalid property /selected_repository_ids/${wrong}: \`${
          given[wrong]
        }\` is not of type \`string\`.`,
      );
    }
    if (member(json, "key_id") !== id) return failure(422, "The key_id is not valid");
    const value = open(member(json, "encrypted_value"), publicKey, privateKey);
    if (value === undefined) {
      return failure(
        422,
        "Bad request - validation failed due to an improperly encrypted secret",
      );
    }
    if (value.length > 48 * 1024) return failure(422, "The secret's value is too large");
    const updatedAt = `${new Date(now).toISOString().slice(0, 19)}Z`;
    const visibility = member(json, "visibility");
    const selected = member(json, "selected_repository_ids");
    if (ways.readLag > 0) former.set(key, { secret: held, until: now + ways.readLag });
    secrets.set(key, {
      value,
      createdAt: held?.createdAt ?? updatedAt,
      updatedAt,
      ...(kind === "orgs" ? { visibility: String(visibility) } : {}),
      ...(Array.isArray(selected) && !ways.ignoresIds ? { selected: selected.map(Number) } : {}),
    });
    if (ways.writesAnswer200) return new Response("", { status: 200 });
    return held ? new Response(null, { status: 204 }) : Response.json({}, { status: 201 });
  }

  /** Every answer says how much of the hour's budget is left, also one that has nothing to do with it. */
  function withHeaders(answer: Response, now: number): Response {
    answer.headers.set("x-ratelimit-limit", "5000");
    answer.headers.set("x-ratelimit-remaining", "4871");
    answer.headers.set("x-ratelimit-reset", String(Math.floor(now / 1000) + 3_000));
    answer.headers.set("x-github-api-version-selected", "2022-11-28");
    if (ways.tokenExpiration !== undefined) {
      answer.headers.set("github-authentication-token-expiration", ways.tokenExpiration);
    }
    return answer;
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
      const moved = redirect(request);
      if (moved) return moved;
      if (path.startsWith("/repositories/")) return handleNumber(request);
      const operation = find(request);
      if (!operation) return failure(404, "Not Found");
      if (request.text !== "" && !isJson(request)) return failure(400, "Problems parsing JSON");
      violations.push(...problemWithRequest(operation, request));
      const answer = /\/(installation|access_tokens)$/.test(path)
        ? await handleApp(request, now)
        : handleSecret(request, now);
      if (!ways.writesAnswer200) {
        violations.push(...await problemWithAnswer(operation, answer.clone()));
      }
      return withHeaders(answer, now);
    },
  });

  function select(path: string, repositories: readonly number[]): void {
    const secret = secrets.get(path);
    if (!secret) return;
    const updatedAt = `${new Date(service.now()).toISOString().slice(0, 19)}Z`;
    secrets.set(path, { ...secret, visibility: "selected", selected: repositories, updatedAt });
  }

  return {
    ...service,
    token,
    narrowToken,
    secrets,
    owners,
    app,
    violations,
    ways,
    replaceKeys,
    select,
  };
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
