/**
 * Cloudflare's API, as far as the secrets of Workers and the Secrets Store go.
 *
 * @module
 */
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

/** A running stand-in for Cloudflare's API; its URL ends in `/client/v4`. */
export interface CloudflareService extends Service {
  /** A token that may write. */
  readonly token: string;
  /** A token that may not. */
  readonly narrowToken: string;
  /** The secrets of each Worker, by `account/script`; may be changed. */
  readonly workers: Map<string, Map<string, string>>;
  /** The secrets of each store by name, by `account/store`; may be changed. */
  readonly stores: Map<string, Map<string, StoreSecret>>;
}

/** Starts a stand-in for Cloudflare's API. */
export function startCloudflare(): CloudflareService {
  const token = crypto.randomUUID().replaceAll("-", "") + "Abcd_-12";
  const narrowToken = crypto.randomUUID().replaceAll("-", "") + "Efgh_-34";
  const workers = new Map<string, Map<string, string>>();
  const stores = new Map<string, Map<string, StoreSecret>>();

  function handleWorker(request: ServiceRequest, key: string, name?: string): Response {
    const { method, json } = request;
    const held = workers.get(key);
    if (!held) return failure(404, 10007, "This Worker does not exist on your account.");
    if (method === "GET" && name === undefined) {
      return result([...held.keys()].map((name) => ({ name, type: "secret_text" })));
    }
    if (method !== "PUT" || name !== undefined) return failure(405, 10405, "Method not allowed");
    const added = textOf(json, "name");
    const text = textOf(json, "text");
    if (!added || text === undefined || textOf(json, "type") !== "secret_text") {
      return failure(400, 10021, "Invalid secret");
    }
    if (text.length > 5 * 1024) return failure(400, 10057, "The secret is larger than 5 KB");
    held.set(added, text);
    return result({ name: added, type: "secret_text" });
  }

  function handleStore(request: ServiceRequest, key: string, now: number, id?: string): Response {
    const { method, json, query } = request;
    const held = stores.get(key);
    if (!held) return failure(404, 1002, "store_not_found");
    const stamp = new Date(now).toISOString();
    if (id === undefined && method === "GET") {
      const found = [...held].filter(([name]) => name.includes(query.get("search") ?? ""));
      const size = Number(query.get("per_page") ?? 20);
      const start = (Number(query.get("page") ?? 1) - 1) * size;
      return result(found.slice(start, start + size).map(([name, secret]) => shown(name, secret)));
    }
    if (id === undefined && method === "POST") {
      if (!Array.isArray(json) || json.length !== 1) return failure(400, 1001, "Send an array");
      const [given] = json;
      const name = textOf(given, "name");
      const value = textOf(given, "value");
      const scopes = member(given, "scopes");
      if (!name || value === undefined || !Array.isArray(scopes)) {
        return failure(400, 1003, "Needs name, value and scopes");
      }
      if (held.has(name)) return failure(409, 1004, "secret_name_already_exists");
      const made = {
        id: crypto.randomUUID().replaceAll("-", ""),
        value,
        comment: textOf(given, "comment") ?? "",
        scopes: scopes.map(String),
        status: "active",
        created: stamp,
        modified: stamp,
      };
      held.set(name, made);
      return result([shown(name, made)]);
    }
    const [name, secret] = [...held].find(([, secret]) => secret.id === id) ?? [];
    if (!name || !secret) return failure(404, 1005, "secret_not_found");
    if (method === "GET") return result(shown(name, secret));
    if (method !== "PATCH") return failure(405, 10405, "Method not allowed");
    const value = textOf(json, "value") ?? secret.value;
    if (value.length > 65_536) return failure(400, 1006, "The value is too large");
    const scopes = member(json, "scopes");
    const changed = {
      ...secret,
      value,
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
      const [accounts, account, product, collection, id, secrets, name, ...more] = segments;
      if (accounts !== "accounts" || secrets !== "secrets" || more.length > 0) {
        return failure(404, 7003, "Could not route to that path");
      }
      const key = `${account}/${id}`;
      if (product === "workers" && collection === "scripts") {
        return handleWorker(request, key, name);
      }
      if (product === "secrets_store" && collection === "stores") {
        return handleStore(request, key, now, name);
      }
      return failure(404, 7003, "Could not route to that path");
    },
  });
  return { ...service, token, narrowToken, workers, stores };
}

function shown(name: string, { value: _, scopes: __, ...secret }: StoreSecret) {
  return { ...secret, name, store_id: "store" };
}

function result(result: unknown): Response {
  return Response.json({ success: true, errors: [], messages: [], result });
}

function failure(
  status: number,
  code: number,
  message: string,
  headers: Record<string, string> = {},
): Response {
  const body = { success: false, errors: [{ code, message }], messages: [], result: null };
  return Response.json(body, { status, headers });
}
