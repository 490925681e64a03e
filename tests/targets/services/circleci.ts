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

/** How this CircleCI differs from the one of today. */
export interface CircleCITraits {
  /** How much of a project's values it shows: the last four characters, or nothing. */
  shows: "suffix" | "nothing";
  /** Whether the variables of a context come with `truncated_value`: since 2026. */
  truncates: boolean;
  /** How the last page of a list says that it is the last one. */
  lastPage: null | "" | "missing";
  /** Whether a list gives the same page for ever. */
  repeatsPages: boolean;
}

/** A running stand-in for CircleCI. */
export interface CircleCIService extends Service {
  /** How it differs from the one of today; may be changed. */
  readonly traits: CircleCITraits;
  /** The contexts that only the members of a group may change. */
  readonly restricted: Set<string>;
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

/** https://circleci.com/docs/guides/security/contexts/#contexts-and-environment-variable-constraints */
const LONGEST = 32_768;
const MOST = 100;

/** The version control systems under their short names. */
const SYSTEMS: Readonly<Record<string, string>> = { github: "gh", bitbucket: "bb" };

/** Starts a stand-in for CircleCI. */
export function startCircleCI(): CircleCIService {
  const token = `CCIPAT_${crypto.randomUUID().replaceAll("-", "")}`;
  const narrowToken = `CCIPAT_${crypto.randomUUID().replaceAll("-", "")}`;
  const projects = new Map<string, Map<string, string>>();
  const contexts = new Map<string, Map<string, ContextVariable>>();
  const restricted = new Set<string>();
  const traits: CircleCITraits = {
    shows: "suffix",
    truncates: false,
    lastPage: null,
    repeatsPages: false,
  };
  const masked = (value: string) =>
    // A short value is not shown at all: https://circleci.com/docs/api/v1/#environment-variables
    `xxxx${traits.shows === "suffix" && value.length > 4 ? value.slice(-4) : ""}`;
  const shown = (context_id: string, variable: string, held: ContextVariable) => ({
    variable,
    context_id,
    created_at: held.createdAt,
    updated_at: held.updatedAt,
    ...(traits.truncates ? { truncated_value: held.value.slice(-4) } : {}),
  });

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
        const [system, ...names] = rest.slice(0, 3);
        const held = projects.get([SYSTEMS[system] ?? system, ...names].join("/"));
        if (!held) return failure(404, "Project not found");
        if (given === narrowToken) return failure(403, "Permission denied");
        if (method === "POST" && rest.length === 4) {
          const name = textOf(json, "name");
          const value = textOf(json, "value");
          if (!name || value === undefined) return failure(400, "Needs a name and a value");
          if (value.length > LONGEST) return failure(400, "The value is too long");
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
        if (restricted.has(id)) return failure(403, "You are not in a group of this context");
        if (value.length > LONGEST) return failure(400, "The value is too long");
        if (!held.has(name) && held.size >= MOST) return failure(400, "Too many variables");
        const updatedAt = new Date(now).toISOString();
        const made = { value, updatedAt, createdAt: held.get(name)?.createdAt ?? updatedAt };
        held.set(name, made);
        return Response.json(shown(id, name, made));
      }
      if (method !== "GET" || name !== undefined) return failure(404, "Not found");
      const start = Number(query.get("page-token") ?? 0);
      const all = [...held].map(([variable, value]) => shown(id, variable, value));
      const items = all.slice(start, start + PAGE);
      if (traits.repeatsPages) return Response.json({ items, next_page_token: String(start) });
      const { lastPage } = traits;
      if (start + PAGE < all.length) {
        return Response.json({ items, next_page_token: String(start + PAGE) });
      }
      return Response.json(
        lastPage === "missing" ? { items } : { items, next_page_token: lastPage },
      );
    },
  });
  return { ...service, token, narrowToken, projects, contexts, restricted, traits };
}

function failure(status: number, message: string): Response {
  return Response.json({ message }, { status });
}
