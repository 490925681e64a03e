/**
 * Vault's KV engine, version 2.
 *
 * @module
 */
import { member, type Service, type ServiceRequest, startService } from "./service.ts";

/** A secret in Vault. */
export interface VaultSecret {
  /** The newest version's number. */
  readonly version: number;
  /** The newest version's fields; undefined when it is deleted. */
  readonly data?: Readonly<Record<string, unknown>>;
  /** What stands beside all versions. */
  readonly customMetadata: Readonly<Record<string, string>>;
}

/** A running stand-in for Vault. */
export interface VaultService extends Service {
  /** A token with the documented policy. */
  readonly token: string;
  /** A token without it. */
  readonly narrowToken: string;
  /** The secrets by `mount/path`; may be changed. */
  readonly secrets: Map<string, VaultSecret>;
  /** The mounts; may be changed. */
  readonly mounts: Set<string>;
}

/** Starts a stand-in for Vault. */
export function startVault(): VaultService {
  const token = `hvs.${crypto.randomUUID().replaceAll("-", "")}`;
  const narrowToken = `hvs.${crypto.randomUUID().replaceAll("-", "")}`;
  const secrets = new Map<string, VaultSecret>();
  const mounts = new Set<string>();

  function handleData({ method, headers, json }: ServiceRequest, key: string): Response {
    const held = secrets.get(key);
    const metadata = (secret: VaultSecret) => ({
      version: secret.version,
      custom_metadata: Object.keys(secret.customMetadata).length ? secret.customMetadata : null,
      destroyed: false,
      deletion_time: secret.data ? "" : "2026-01-01T00:00:00Z",
    });
    if (method === "GET") {
      if (!held) return failure(404);
      const body = { data: { data: held.data ?? null, metadata: metadata(held) } };
      return Response.json(body, { status: held.data ? 200 : 404 });
    }
    const merge = headers.get("content-type") === "application/merge-patch+json";
    if (method !== (merge ? "PATCH" : "POST")) return failure(405, "unsupported operation");
    if (merge && !held?.data) return failure(404);
    const cas = member(member(json, "options"), "cas");
    if (cas !== undefined && cas !== (held?.version ?? 0)) {
      return failure(400, "check-and-set parameter did not match the current version");
    }
    const fields: Record<string, unknown> = { ...(merge ? held?.data : {}) };
    for (const [name, value] of Object.entries(member(json, "data") ?? {})) fields[name] = value;
    const next = {
      version: (held?.version ?? 0) + 1,
      data: fields,
      customMetadata: held?.customMetadata ?? {},
    };
    secrets.set(key, next);
    return Response.json({ data: metadata(next) });
  }

  function handleMetadata({ method, headers, json }: ServiceRequest, key: string): Response {
    const held = secrets.get(key);
    if (method !== "PATCH" || headers.get("content-type") !== "application/merge-patch+json") {
      return failure(405, "unsupported operation");
    }
    if (!held) return failure(404);
    const given = Object.entries(member(json, "custom_metadata") ?? {});
    const customMetadata = { ...held.customMetadata };
    for (const [name, value] of given) customMetadata[name] = String(value);
    secrets.set(key, { ...held, customMetadata });
    return new Response(null, { status: 204 });
  }

  const service = startService({
    rateLimited: () => {
      const answer = failure(429, 'request path "secret/data": rate limit quota exceeded');
      answer.headers.set("retry-after", "3");
      return answer;
    },
    handle(request) {
      const { segments, headers } = request;
      const given = headers.get("x-vault-token");
      if (given === null) return failure(400, "missing client token");
      if (given !== token && given !== narrowToken) {
        return failure(403, "2 errors occurred:\n\t* permission denied\n\t* invalid token\n\n");
      }
      if (given === narrowToken) {
        return failure(403, "1 error occurred:\n\t* permission denied\n\n");
      }
      const [version, mount, kind, ...path] = segments;
      if (version !== "v1" || !mounts.has(mount)) {
        return failure(404, `no handler for route "${mount}/${kind}". route entry not found.`);
      }
      const key = `${mount}/${path.join("/")}`;
      if (kind === "data") return handleData(request, key);
      return kind === "metadata" ? handleMetadata(request, key) : failure(404);
    },
  });
  return { ...service, token, narrowToken, secrets, mounts };
}

function failure(status: number, ...errors: string[]): Response {
  return Response.json({ errors }, { status });
}
