/**
 * A CI/CD variable of a GitLab project or group.
 *
 * @module
 */
import * as v from "valibot";
import { configuration, endpoint, integer, secretName, serviceUrl, text } from "./fields.ts";
import { missing, proveExact } from "./proof.ts";
import { type Answer, createRequester } from "./request.ts";
import type {
  Delivery,
  Target,
  TargetContext,
  TargetDefinition,
  TargetEnvironment,
} from "./target.ts";

/** The configuration of a {@linkcode gitlabVariable}. */
export interface GitLabVariableConfig {
  /** The project's path or id, such as `acme/web`; or else a group. */
  readonly project?: string | number | undefined;
  /** The group's path or id, such as `acme`; or else a project. */
  readonly group?: string | number | undefined;
  /** The variable's key, such as `HEROKU_API_KEY`. */
  readonly name: string;
  /** Which of several variables with that key: its environment scope; default `*`. */
  readonly environment_scope: string;
  /** Whether job logs mask a variable that does not exist yet; default true. */
  readonly masked: boolean;
  /** Whether only protected branches and tags see a variable that does not exist yet; default false. */
  readonly protected: boolean;
  /** The Worker secret with the token for GitLab; default `GITLAB_TOKEN`. */
  readonly token: string;
  /** Where GitLab is; default `https://gitlab.com`. */
  readonly base_url: string;
}

const forms = {
  project: "Must be a project's path or id, such as 'acme/web'",
  group: "Must be a group's path or id, such as 'acme'",
  masked: "Must be true or false: whether job logs mask the variable when it is made",
  protected: "Must be true or false: whether the variable is protected when it is made",
};

const path = /^(?!\.)[\w.-]{1,255}(?:\/(?!\.)[\w.-]{1,255})*$/;

const schema = v.pipe(
  configuration({
    project: v.optional(
      v.union([text(forms.project, path), integer(forms.project)], forms.project),
    ),
    group: v.optional(v.union([text(forms.group, path), integer(forms.group)], forms.group)),
    name: text(
      "Must be a variable's key: letters, digits and underscores, such as 'HEROKU_API_KEY'",
      /^\w{1,255}$/,
    ),
    environment_scope: v.optional(
      text("Must be an environment scope, such as '*' or 'production'", /^[\w\-/${}.* ]{1,255}$/),
      "*",
    ),
    masked: v.optional(v.boolean(forms.masked), true),
    protected: v.optional(v.boolean(forms.protected), false),
    token: v.optional(secretName("the token for GitLab's API"), "GITLAB_TOKEN"),
    base_url: v.optional(
      serviceUrl("Must be the https URL of GitLab, such as 'https://gitlab.example.com'"),
      "https://gitlab.com",
    ),
  }),
  v.check(
    (config) => (config.project === undefined) !== (config.group === undefined),
    "Must have either 'project' or 'group'",
  ),
);

const variable = v.object({ value: v.nullable(v.string()), hidden: v.optional(v.boolean()) });

/**
 * Delivers to a CI/CD variable of a project or a group.
 *
 * - **Proof**: exact; the value is read back. A variable whose value is hidden gives no more than
 *   that it is there: existence.
 * - **Permission**: a project or group access token with the scope `api` and the role Maintainer (of
 *   a group: Owner), for that project or group alone.
 * - **Limits**: 10,000 characters a value; a masked one has at least 8, in one line, without spaces.
 *   Scope, masking, protection, type and description of a variable that exists stay as they are.
 *   GitLab keeps nothing of ours beside a value, so a late write of an older token cannot be told.
 *
 * @see https://docs.gitlab.com/api/project_level_variables/
 */
export const gitlabVariable: TargetDefinition<GitLabVariableConfig> = {
  type: "gitlab-variable",
  proof: "exact",
  schema,
  place: (config) =>
    `gitlab-variable:${new URL(config.base_url).host}/${
      ownerOf(config).join("/").toLowerCase()
    }/${config.environment_scope}/${config.name}`,
  secrets: ({ token }) => [token],
  create,
};

function ownerOf({ project, group = "" }: GitLabVariableConfig): [kind: string, id: string] {
  return project === undefined ? ["groups", String(group)] : ["projects", String(project)];
}

function create(config: GitLabVariableConfig, environment: TargetEnvironment): Target {
  const { name, environment_scope, base_url } = config;
  const owner = ownerOf(config);
  const place = `CI/CD variable '${name}' of '${owner[1]}'${
    environment_scope === "*" ? "" : ` (environment scope '${environment_scope}')`
  }`;
  const secret = `the Worker secret '${config.token}'`;
  const request = createRequester(environment, {
    place,
    advice: {
      unauthorized: `set ${secret} to a token that GitLab takes`,
      forbidden:
        `give the token in ${secret} the scope 'api' and the role Maintainer (of a group: Owner)`,
      not_found: `check '${
        owner[0] === "projects" ? "project" : "group"
      }', and that the token in ${secret} has access to it`,
      invalid_value:
        "check that the variable's masking and its other settings allow the token as a value",
    },
  });
  const variables = endpoint(base_url, ["api", "v4", ...owner, "variables"]);
  const single = endpoint(base_url, ["api", "v4", ...owner, "variables", name]);
  single.searchParams.set("filter[environment_scope]", environment_scope);

  function call(
    delivery: Delivery,
    context: TargetContext,
    method: "GET" | "PUT" | "POST",
    expected: readonly number[],
    body?: unknown,
  ): Promise<Answer> {
    const credential = environment.secret(config.token);
    const session = {
      delivery,
      context,
      secrets: [credential],
      headers: { "private-token": credential },
    };
    const url = method === "POST" ? variables : single;
    return request(session, {
      method,
      url,
      body: body === undefined ? undefined : JSON.stringify(body),
      expected,
    });
  }

  return {
    async deliver(delivery, context) {
      const value = delivery.token;
      const present = await call(delivery, context, "GET", [200, 404]);
      if (present.status === 404) {
        await call(delivery, context, "POST", [201], {
          key: name,
          value,
          environment_scope,
          masked: config.masked,
          protected: config.protected,
          raw: true,
        });
        return { changed: true };
      }
      const changed = present.read(variable, "the variable").value !== value;
      if (changed) await call(delivery, context, "PUT", [200], { value });
      return { changed };
    },
    async confirm(delivery, _receipt, context) {
      const answer = await call(delivery, context, "GET", [200, 404]);
      if (answer.status === 404) throw missing(place);
      const { value, hidden } = answer.read(variable, "the variable");
      return hidden && value === null
        ? { kind: "existence", detail: "The variable is there; its value is hidden" }
        : proveExact(place, value, delivery.token);
    },
  };
}
