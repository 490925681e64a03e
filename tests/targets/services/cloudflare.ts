/**
 * Cloudflare's API, as far as the secrets of Workers and the Secrets Store go.
 *
 * @module
 */
import { failure, noRoute, result } from "./cloudflare_answers.ts";
import { type CloudflareWorkers, createWorkers } from "./cloudflare_workers.ts";
import {
  isJson,
  member,
  type Service,
  type ServiceRequest,
  startService,
  textOf,
} from "./service.ts";

/** A secret in the Secrets Store. */
export interface StoreSecret {
  /** Its id. */
  readonly id: string;
  /** What it holds. */
  readonly value: string;
  /** What the operator, and others, wrote about it. */
  readonly comment: string;
  /** What may use it. */
  readonly scopes: readonly string[];
  /** `pending`, `active` or `deleted`. */
  readonly status: string;
  /** When it was made (ISO 8601). */
  readonly created: string;
  /** When it was last changed (ISO 8601). */
  readonly modified: string;
}

/** How the Secrets Store answers; may be changed. */
export interface StoreMood {
  /** How many secrets it takes. */
  quota: number;
  /** The most secrets on a page, whatever was asked for. */
  longestPage: number;
  /** Whether a list says how many secrets there are. */
  counts: boolean;
  /** Whether a write is `pending` at first. */
  pending: boolean;
  /** Whether a list lacks what was made since. */
  lags: boolean;
}

/** A running stand-in for Cloudflare's API; its URL ends in `/client/v4`. */
export interface CloudflareService extends Service, CloudflareWorkers {
  /** A token that may write. */
  readonly token: string;
  /** A token that may not. */
  readonly narrowToken: string;
  /** How the Secrets Store answers. */
  readonly mood: StoreMood;
  /** The secrets of each store by name, by `account/store`; may be changed. */
  readonly stores: Map<string, Map<string, StoreSecret>>;
}

/** Starts a stand-in for Cloudflare's API. */
export function startCloudflare(): CloudflareService {
  const token = crypto.randomUUID().replaceAll("-", "") + "Abcd_-12";
  const narrowToken = crypto.randomUUID().replaceAll("-", "") + "Efgh_-34";
  const { all, handleWorker, handleVersions } = createWorkers();
  const stores = new Map<string, Map<string, StoreSecret>>();
  const listed = new Map<string, readonly (readonly [string, StoreSecret])[]>();
  const mood: StoreMood = {
    quota: Infinity,
    longestPage: 100,
    counts: true,
    pending: false,
    lags: false,
  };

  function handleStore(request: ServiceRequest, key: string, now: number, id?: string): Response {
    const { method, json, query } = request;
    const held = stores.get(key);
    if (!held) return failure(404, 1001, "store_not_found");
    const stamp = new Date(now).toISOString();
    const status = mood.pending ? "pending" : "active";
    if (id === undefined && method === "GET") {
      const all = mood.lags ? listed.get(key) ?? [] : [...held];
      const found = all.filter(([name]) => name.includes(query.get("search") ?? ""));
      const size = Math.min(Number(query.get("per_page") ?? 20), mood.longestPage);
      const page = Number(query.get("page") ?? 1);
      const on = found.slice((page - 1) * size, page * size);
      const counts = { page, per_page: size, count: on.length, total_count: found.length };
      return result(
        on.map(([name, secret]) => shown(name, secret)),
        mood.counts ? { result_info: counts } : {},
      );
    }
    listed.set(key, [...held]);
    if (id === undefined && method === "POST") {
      if (!Array.isArray(json) || json.length !== 1) {
        return failure(400, 1001, "invalid_json_body");
      }
      const [given] = json;
      const name = textOf(given, "name");
      const value = textOf(given, "value");
      const scopes = member(given, "scopes");
      if (!name) return failure(400, 1001, "secret_name_empty");
      if (value === undefined || !Array.isArray(scopes)) {
        return failure(400, 1001, "secret_scopes_empty");
      }
      if (held.has(name)) return failure(409, 1003, `secret_name_already_exists: ${name}`);
      if (held.size >= mood.quota) {
        return failure(400, 1003, `maximum_secrets_exceeded: max ${mood.quota}`);
      }
      const made = {
        id: crypto.randomUUID().replaceAll("-", ""),
        value,
        comment: textOf(given, "comment") ?? "",
        scopes: scopes.map(String),
        status,
        created: stamp,
        modified: stamp,
      };
      held.set(name, made);
      return result([shown(name, made)]);
    }
    const [name, secret] = [...held].find(([, secret]) => secret.id === id) ?? [];
    if (!name || !secret || secret.status === "deleted") {
      return failure(404, 1001, "secret_not_found");
    }
    if (method === "GET") return result(shown(name, secret));
    if (method !== "PATCH") return failure(405, 10405, "Method not allowed");
    const value = textOf(json, "value") ?? secret.value;
    if (value.length > 65_536) return failure(400, 1001, "secret_value_too_large");
    const scopes = member(json, "scopes");
    const changed = {
      ...secret,
      value,
      status,
      scopes: Array.isArray(scopes) ? scopes.map(String) : secret.scopes,
      comment: textOf(json, "comment") ?? secret.comment,
      modified: stamp,
    };
    held.set(name, changed);
    return result(shown(name, changed));
  }

  const service = startService({
    basePath: "/client/v4",
    rateLimited: () =>
      failure(429, 971, "Please wait and consider throttling your request speed", {
        "retry-after": "13",
      }),
    handle(request, now) {
      const { method, segments, headers } = request;
      const given = headers.get("authorization")?.replace(/^Bearer /, "");
      if (given !== token && given !== narrowToken) {
        return failure(403, 9109, "Invalid access token");
      }
      if (given === narrowToken) return failure(403, 10000, "Authentication error");
      if (method !== "GET" && !isJson(request)) return failure(400, 10001, "Send JSON");
      const [accounts, account, product, collection, id, kind, name, ...more] = segments;
      const key = `${account}/${id}`;
      if (accounts !== "accounts" || more.length > 0) return noRoute();
      if (product === "workers" && method === "GET" && kind !== "secrets") {
        return handleVersions(key, kind, name);
      }
      if (kind !== "secrets") return noRoute();
      if (product === "workers" && collection === "scripts") {
        return handleWorker(request, key, name);
      }
      if (product === "secrets_store" && collection === "stores") {
        return handleStore(request, key, now, name);
      }
      return noRoute();
    },
  });
  return { ...service, ...all, token, narrowToken, stores, mood };
}

function shown(name: string, { value: _, scopes: __, ...secret }: StoreSecret) {
  return { ...secret, name, store_id: "store" };
}
