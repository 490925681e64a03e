/**
 * GitLab, as far as CI/CD variables go.
 *
 * @module
 */
import { isJson, member, type Service, startService, textOf } from "./service.ts";

/** A variable at GitLab. */
export interface GitLabVariable {
  /** Its key. */
  readonly key: string;
  /** Its value. */
  readonly value: string;
  /** Which environments it is for. */
  readonly environment_scope: string;
  /** `env_var` or `file`. */
  readonly variable_type: string;
  /** Whether only protected branches see it. */
  readonly protected: boolean;
  /** Whether job logs mask it. */
  readonly masked: boolean;
  /** Whether its value is never given back. */
  readonly hidden: boolean;
  /** Whether `$` stays as it is. */
  readonly raw: boolean;
  /** What the operator wrote about it. */
  readonly description: string | null;
}

/** How this GitLab differs from the newest one with a paid plan. */
export interface GitLabTraits {
  /**
   * What becomes of `filter[environment_scope]`: `known`, or in older versions `ignored`, so that the
   * first variable with the key is taken, or `refused` with 409 where several have it. Groups know it
   * from 16.9 on: https://docs.gitlab.com/api/group_level_variables/#the-filter-parameter
   */
  filter: "known" | "ignored" | "refused";
  /** Whether it takes `environment_scope`: groups of the Free plan make every variable for `*`. */
  scopes: boolean;
  /** Whether answers have `environment_scope`: old versions without the feature lack it. */
  showsScope: boolean;
  /** Whether it takes no writes for now, as a secondary site or one in maintenance. */
  readOnly: boolean;
  /** How many variables an owner may have. */
  most: number;
}

/** A running stand-in for GitLab. */
export interface GitLabService extends Service {
  /** How it differs from the newest one; may be changed. */
  readonly traits: GitLabTraits;
  /** Where owners that were renamed are now, such as `projects/acme/old` at `projects/17`. */
  readonly moved: Map<string, string>;
  /** A token of a Maintainer. */
  readonly token: string;
  /** A token of a Developer. */
  readonly narrowToken: string;
  /** The variables of each `projects/acme/web` or `groups/acme`; may be changed. */
  readonly variables: Map<string, GitLabVariable[]>;
}

/** What GitLab can mask: https://docs.gitlab.com/ci/variables/#mask-a-cicd-variable */
const MASKABLE = /^[A-Za-z0-9+/=@:.~_-]{8,}$/;
const MASKABLE_RAW = /^\S{8,}$/;

/** Starts a stand-in for GitLab. */
export function startGitLab(): GitLabService {
  const token = `glpat-${crypto.randomUUID().slice(0, 20)}`;
  const narrowToken = `glpat-${crypto.randomUUID().slice(0, 20)}`;
  const variables = new Map<string, GitLabVariable[]>();
  const moved = new Map<string, string>();
  const traits: GitLabTraits = {
    filter: "known",
    scopes: true,
    showsScope: true,
    readOnly: false,
    most: 8_000,
  };

  const service = startService({
    rateLimited: (now) =>
      new Response("Retry later\n", {
        status: 429,
        headers: {
          "content-type": "text/plain",
          "ratelimit-remaining": "0",
          "ratelimit-reset": String(Math.ceil(now / 1000) + 45),
        },
      }),
    handle(request) {
      const { method, segments, headers, query, json } = request;
      const given = headers.get("private-token");
      if (given !== token && given !== narrowToken) return failure(401, "401 Unauthorized");
      const [api, version, kind, id, collection, key] = segments;
      const owner = `${kind}/${id}`;
      const now = moved.get(owner);
      if (now !== undefined) {
        const location = `${service.url}/api/v4/${now}/${
          [collection, key].filter(Boolean).join("/")
        }`;
        return method === "GET"
          ? new Response(null, { status: 302, headers: { location } })
          : failure(405, "Non GET methods are not allowed for moved projects");
      }
      const held = variables.get(owner);
      if (api !== "api" || version !== "v4" || collection !== "variables" || !held) {
        return failure(404, `404 ${kind === "groups" ? "Group" : "Project"} Not Found`);
      }
      if (given === narrowToken) return failure(403, "403 Forbidden");
      if (traits.readOnly && method !== "GET") {
        return failure(403, "You cannot perform write operations on a read-only instance");
      }
      if (method !== "GET" && !isJson(request)) return failure(400, "Send JSON");
      const value = textOf(json, "value") ?? "";

      if (method === "POST" && key === undefined) {
        const made: GitLabVariable = {
          key: textOf(json, "key") ?? "",
          value,
          environment_scope: (traits.scopes ? textOf(json, "environment_scope") : null) ?? "*",
          variable_type: textOf(json, "variable_type") ?? "env_var",
          protected: member(json, "protected") === true,
          masked: member(json, "masked") === true,
          hidden: false,
          raw: member(json, "raw") === true,
          description: null,
        };
        const taken = held.some((other) =>
          other.key === made.key && other.environment_scope === made.environment_scope
        );
        if (taken) return failure(400, { key: [`(${made.key}) has already been taken`] });
        if (held.length >= traits.most) {
          const words = `Maximum number of ${kind} variables (${traits.most}) exceeded`;
          return failure(400, { base: [words] });
        }
        const problem = problemWith(made);
        if (problem) return failure(400, problem);
        variables.set(owner, [...held, made]);
        return shown(made, 201, traits);
      }

      const scope = traits.filter === "known" ? query.get("filter[environment_scope]") : null;
      const found = held.filter((variable) =>
        variable.key === key && (scope === null || variable.environment_scope === scope)
      );
      if (found.length > 1 && traits.filter !== "ignored") {
        return failure(
          409,
          "There are multiple variables with provided parameters. Please use 'filter[environment_scope]'",
        );
      }
      if (found.length === 0) {
        return failure(404, `404 ${kind === "groups" ? "GroupVariable" : "Variable"} Not Found`);
      }
      if (method === "GET") return shown(found[0], 200, traits);
      if (method !== "PUT") return failure(405, "405 Method Not Allowed");
      const flag = (name: "masked" | "protected" | "raw"): boolean => {
        const given = member(json, name);
        return typeof given === "boolean" ? given : found[0][name];
      };
      const changed: GitLabVariable = {
        ...found[0],
        value,
        variable_type: textOf(json, "variable_type") ?? found[0].variable_type,
        description: textOf(json, "description") ?? found[0].description,
        masked: flag("masked"),
        protected: flag("protected"),
        raw: flag("raw"),
      };
      const problem = problemWith(changed);
      if (problem) return failure(400, problem);
      variables.set(owner, held.map((other) => other === found[0] ? changed : other));
      return shown(changed, 200, traits);
    },
  });
  return { ...service, token, narrowToken, variables, traits, moved };
}

function problemWith(variable: GitLabVariable): Record<string, string[]> | undefined {
  const { key, value, masked, raw } = variable;
  if (!/^\w{1,255}$/.test(key)) return { key: ["can contain only letters, digits and '_'."] };
  if (value.length > 10_000) return { value: ["is too long (maximum is 10000 characters)"] };
  return masked && !(raw ? MASKABLE_RAW : MASKABLE).test(value)
    ? { value: ["is invalid"] }
    : undefined;
}

function shown(variable: GitLabVariable, status: number, { showsScope }: GitLabTraits): Response {
  const { environment_scope, hidden, ...rest } = variable;
  const scope = showsScope ? { environment_scope } : {};
  return Response.json(
    { ...rest, ...scope, hidden, value: hidden ? null : variable.value },
    { status },
  );
}

function failure(status: number, message: unknown): Response {
  return Response.json({ message }, { status });
}
