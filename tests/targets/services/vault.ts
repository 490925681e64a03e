/**
 * Vault's KV engines: version 2, and version 1 where a mount is one.
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
  /** What all versions have beside them. */
  readonly customMetadata: Readonly<Record<string, string>>;
  /** When the newest version will be deleted by itself (ISO 8601). */
  readonly deletionTime?: string;
}

/** How a Vault is set up, and what becomes of it; may be changed. */
export interface VaultMood {
  /** Whether a write must name the version that it replaces. */
  casRequired: boolean;
  /** Whether a write of metadata must name the version of those (OpenBao). */
  metadataCasRequired: boolean;
  /** How long versions live, in milliseconds. */
  deleteVersionAfter?: number;
  /** Whether it is getting its engines ready, as after each start. */
  upgrading: boolean;
  /** Whether reads wait for the approval of a control group. */
  controlled: boolean;
  /** What it can PATCH: data from Vault 1.9 on, metadata from 1.10 on. */
  patches: "all" | "data" | "nothing";
}

/** A running stand-in for Vault. */
export interface VaultService extends Service {
  /** A token with the documented policy. */
  readonly token: string;
  /** A token without it. */
  readonly narrowToken: string;
  /** The secrets by namespace, mount and path, with slashes between; may be changed. */
  readonly secrets: Map<string, VaultSecret>;
  /** The mounts of version 2, with their namespaces; may be changed. */
  readonly mounts: Set<string>;
  /** The mounts of version 1, and what they hold by path; may be changed. */
  readonly plainMounts: Map<string, Map<string, unknown>>;
  /** How it is set up. */
  readonly mood: VaultMood;
  /** Lets the next reads show what was there before the last write, as a standby does. */
  setStaleReads(reads: number): void;
}

/** The limits of custom metadata. */
const MOST_KEYS = 64;
const LONGEST_KEY = 128;

/** Starts a stand-in for Vault. */
export function startVault(): VaultService {
  const token = `hvs.${crypto.randomUUID().replaceAll("-", "")}`;
  const narrowToken = `hvs.${crypto.randomUUID().replaceAll("-", "")}`;
  const secrets = new Map<string, VaultSecret>();
  const previous = new Map<string, VaultSecret | undefined>();
  const metadataVersions = new Map<string, number>();
  const mounts = new Set<string>();
  const plainMounts = new Map<string, Map<string, unknown>>();
  let staleReads = 0;
  const mood: VaultMood = {
    casRequired: false,
    metadataCasRequired: false,
    upgrading: false,
    controlled: false,
    patches: "all",
  };

  function metadata(secret: VaultSecret) {
    return {
      version: secret.version,
      custom_metadata: Object.keys(secret.customMetadata).length ? secret.customMetadata : null,
      destroyed: false,
      deletion_time: secret.data ? secret.deletionTime ?? "" : "2026-01-01T00:00:00Z",
    };
  }

  function handleData(request: ServiceRequest, key: string, now: number): Response {
    const { method, headers, json } = request;
    const held = method === "GET" && staleReads-- > 0 ? previous.get(key) : secrets.get(key);
    if (method === "GET") {
      if (!held || held.version === 0) return failure(404);
      if (mood.controlled) {
        return Response.json({ data: null, wrap_info: { token: "hvs.wrapping", ttl: 86_400 } });
      }
      const body = { data: { data: held.data ?? null, metadata: metadata(held) } };
      return Response.json(body, { status: held.data ? 200 : 404 });
    }
    const merge = headers.get("content-type") === "application/merge-patch+json";
    if (method !== (merge ? "PATCH" : "POST") || (merge && mood.patches === "nothing")) {
      return unsupported();
    }
    if (member(json, "data") === undefined) return failure(400, "no data provided");
    if (merge && !held) return failure(404);
    const cas = member(member(json, "options"), "cas");
    if (cas === undefined && mood.casRequired) {
      return failure(400, "check-and-set parameter required for this call");
    }
    if (cas !== undefined && cas !== (held?.version ?? 0)) {
      return failure(400, "check-and-set parameter did not match the current version");
    }
    if (merge && !held?.data) return failure(404);
    const fields: Record<string, unknown> = { ...(merge ? held?.data : {}) };
    for (const [name, value] of Object.entries(member(json, "data") ?? {})) fields[name] = value;
    const next = {
      version: (held?.version ?? 0) + 1,
      data: fields,
      customMetadata: held?.customMetadata ?? {},
      ...(mood.deleteVersionAfter === undefined
        ? {}
        : { deletionTime: new Date(now + mood.deleteVersionAfter).toISOString() }),
    };
    previous.set(key, held);
    secrets.set(key, next);
    return Response.json({ data: metadata(next) });
  }

  function handleMetadata({ method, headers, json }: ServiceRequest, key: string): Response {
    const held = secrets.get(key);
    const version = metadataVersions.get(key) ?? 0;
    if (method === "GET") {
      if (!held) return failure(404);
      return Response.json({
        data: {
          current_version: held.version,
          current_metadata_version: version,
          custom_metadata: held.customMetadata,
        },
      });
    }
    const merge = headers.get("content-type") === "application/merge-patch+json";
    if (method !== "PATCH" || !merge || mood.patches !== "all") return unsupported();
    if (!held) return failure(404);
    const given = Object.entries(member(json, "custom_metadata") ?? {});
    const problem = problemWithMetadata(given);
    if (problem) return failure(400, `custom_metadata validation failed: ${problem}`);
    const cas = member(json, "metadata_cas");
    if (cas === undefined && mood.metadataCasRequired) {
      return failure(400, "metadata check-and-set parameter required for this call");
    }
    if (cas !== undefined && cas !== version) {
      return failure(400, "metadata check-and-set parameter does not match the current version");
    }
    const customMetadata = { ...held.customMetadata };
    for (const [name, value] of given) customMetadata[name] = String(value);
    if (Object.keys(customMetadata).length > MOST_KEYS) {
      return failure(400, `custom_metadata validation failed: at most ${MOST_KEYS} keys`);
    }
    secrets.set(key, { ...held, customMetadata });
    metadataVersions.set(key, version + 1);
    return new Response(null, { status: 204 });
  }

  function handlePlain(request: ServiceRequest, held: Map<string, unknown>, path: string) {
    const { method, json } = request;
    if (method === "POST" || method === "PUT") {
      held.set(path, json);
      return new Response(null, { status: 204 });
    }
    if (method !== "GET") return unsupported();
    return held.has(path)
      ? Response.json({ lease_duration: 2_764_800, data: held.get(path) })
      : failure(404);
  }

  const service = startService({
    rateLimited: () => {
      const answer = failure(429, 'request path "secret/data": rate limit quota exceeded');
      answer.headers.set("retry-after", "3");
      return answer;
    },
    handle(request, now) {
      const { segments, headers } = request;
      const given = headers.get("x-vault-token");
      if (given === null) return failure(400, "missing client token");
      if (given !== token && given !== narrowToken) {
        return failure(403, "2 errors occurred:\n\t* permission denied\n\t* invalid token\n\n");
      }
      if (given === narrowToken) {
        return failure(403, "1 error occurred:\n\t* permission denied\n\n");
      }
      const [version, ...rest] = segments;
      const namespace = headers.get("x-vault-namespace")?.replace(/\/$/, "");
      const route = [...(namespace ? [namespace] : []), ...rest].join("/");
      const plain = [...plainMounts.keys()].find((mount) => route.startsWith(`${mount}/`));
      if (plain !== undefined) {
        const held = plainMounts.get(plain) ?? new Map();
        return handlePlain(request, held, route.slice(plain.length + 1));
      }
      const mount = [...mounts].find((mount) => route.startsWith(`${mount}/`));
      if (version !== "v1" || mount === undefined) {
        return failure(404, `no handler for route "${route}". route entry not found.`);
      }
      if (mood.upgrading) {
        return failure(
          400,
          "Upgrading from non-versioned to versioned data. This backend will be unavailable for a brief period and will resume service shortly.",
        );
      }
      const [kind, ...path] = route.slice(mount.length + 1).split("/");
      const key = `${mount}/${path.join("/")}`;
      if (kind === "data") return handleData(request, key, now);
      return kind === "metadata" ? handleMetadata(request, key) : failure(404);
    },
  });
  return {
    ...service,
    token,
    narrowToken,
    secrets,
    mounts,
    plainMounts,
    mood,
    setStaleReads: (reads) => void (staleReads = reads),
  };
}

function problemWithMetadata(given: readonly (readonly [string, unknown])[]): string | undefined {
  for (const [name] of given) {
    const length = new TextEncoder().encode(name).byteLength;
    if (length === 0 || length > LONGEST_KEY) {
      return `length of key "${name}" is ${length} but must be 0 < len(key) <= ${LONGEST_KEY}`;
    }
    if (/[^\p{L}\p{M}\p{N}\p{P}\p{S} ]/u.test(name)) return "key contains unprintable characters";
  }
  return undefined;
}

function unsupported(): Response {
  return failure(405, "1 error occurred:\n\t* unsupported operation\n\n");
}

function failure(status: number, ...errors: string[]): Response {
  return Response.json({ errors }, { status });
}
