/**
 * CircleCI, as far as the variables of projects and contexts go.
 *
 * @module
 */
import { isJson, type Service, startService, textOf } from "./service.ts";

/** A variable of a context. */
export interface ContextVariable {
  /** What it holds. */
  readonly value: string;
  /** When it was first written (ISO 8601). */
  readonly createdAt: string;
  /** When it was last written (ISO 8601). */
  readonly updatedAt: string;
}

/** A running stand-in for CircleCI. */
export interface CircleCIService extends Service {
  /** A token of a user that may write. */
  readonly token: string;
  /** A token of a user that may not. */
  readonly narrowToken: string;
  /** The variables of each project, by slug; may be changed. */
  readonly projects: Map<string, Map<string, string>>;
  /** The variables of each context, by id; may be changed. */
  readonly contexts: Map<string, Map<string, ContextVariable>>;
}

/** Small, so that more than one page is common. */
const PAGE = 2;

/** Starts a stand-in for CircleCI. */
export function startCircleCI(): CircleCIService {
  const token = `CCIPAT_${crypto.randomUUID().replaceAll("-", "")}`;
  const narrowToken = `CCIPAT_${crypto.randomUUID().replaceAll("-", "")}`;
  const projects = new Map<string, Map<string, string>>();
  const contexts = new Map<string, Map<string, ContextVariable>>();

  const service = startService({
    rateLimited: () =>
      Response.json({ message: "Rate limit exceeded" }, {
        status: 429,
        headers: { "retry-after": "11" },
      }),
    handle(request, now) {
      const { method, segments, headers, query, json } = request;
      const given = headers.get("circle-token");
      if (given !== token && given !== narrowToken) return failure(401, "You must log in first.");
      if (method !== "GET" && !isJson(request)) return failure(400, "Unexpected body");
      const [api, version, kind, ...rest] = segments;
      if (api !== "api" || version !== "v2") return failure(404, "Not found");

      if (kind === "project" && rest[3] === "envvar") {
        const held = projects.get(rest.slice(0, 3).join("/"));
        if (!held) return failure(404, "Project not found");
        if (given === narrowToken) return failure(403, "Permission denied");
        if (method === "POST" && rest.length === 4) {
          const name = textOf(json, "name");
          const value = textOf(json, "value");
          if (!name || value === undefined) return failure(400, "Needs a name and a value");
          held.set(name, value);
          return Response.json({ name, value: masked(value) }, { status: 201 });
        }
        const value = held.get(rest[4]);
        if (method !== "GET" || value === undefined) {
          return failure(404, "Environment variable not found.");
        }
        return Response.json({ name: rest[4], value: masked(value), created_at: null });
      }

      const [id, collection, name] = rest;
      const held = contexts.get(id);
      if (kind !== "context" || collection !== "environment-variable" || !held) {
        return failure(404, "Context not found.");
      }
      if (given === narrowToken) return failure(403, "Forbidden");
      if (method === "PUT" && name !== undefined) {
        const value = textOf(json, "value");
        if (value === undefined) return failure(400, "Needs a value");
        const updatedAt = new Date(now).toISOString();
        const made = { value, updatedAt, createdAt: held.get(name)?.createdAt ?? updatedAt };
        held.set(name, made);
        return Response.json(shown(id, name, made));
      }
      if (method !== "GET" || name !== undefined) return failure(404, "Not found");
      const start = Number(query.get("page-token") ?? 0);
      const all = [...held].map(([variable, value]) => shown(id, variable, value));
      const next_page_token = start + PAGE < all.length ? String(start + PAGE) : null;
      return Response.json({ items: all.slice(start, start + PAGE), next_page_token });
    },
  });
  return { ...service, token, narrowToken, projects, contexts };
}

function masked(value: string): string {
  return `xxxx${value.slice(-4)}`;
}

function shown(context_id: string, variable: string, held: ContextVariable) {
  return { variable, context_id, created_at: held.createdAt, updated_at: held.updatedAt };
}

function failure(status: number, message: string): Response {
  return Response.json({ message }, { status });
}
