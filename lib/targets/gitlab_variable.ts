/**
 * A CI/CD variable of a GitLab project or group.
 *
 * @module
 */
import * as v from "valibot";
import { unlessAbsent } from "./absence.ts";
import { configuration, endpoint, integer, secretName, serviceUrl, text } from "./members.ts";
import { EVERYWHERE, otherScope, PLACEHOLDER } from "./gitlab_scope.ts";
import { missing, proveExact } from "./proof.ts";
import { type Answer, createRequester } from "./request.ts";
import { serverName } from "./server.ts";
import {
  type Delivery,
  type Target,
  type TargetContext,
  type TargetDefinition,
  type TargetEnvironment,
  TargetError,
} from "./target.ts";

/** The configuration of a {@linkcode gitlabVariable}. */
export interface GitLabVariableConfig {
  /** The project's path or id, such as `acme/web`; or else a group. */
  readonly project?: string | number | undefined;
  /** The group's path or id, such as `acme`; or else a project. */
  readonly group?: string | number | undefined;
  /** The variable's key, such as `HEROKU_API_KEY`. */
  readonly name: string;
  /**
   * Which of several variables with that key: its environment scope.
   * @default {`*`}
   */
  readonly environment_scope: string;
  /**
   * Whether job logs mask a variable that does not exist yet.
   * @default {true}
   */
  readonly masked: boolean;
  /**
   * Whether only protected branches and tags see a variable that does not exist yet.
   * @default {false}
   */
  readonly protected: boolean;
  /**
   * The Worker secret with the token for GitLab.
   * @default {`GITLAB_TOKEN`}
   */
  readonly token_secret: string;
  /**
   * Where GitLab is.
   * @default {`https://gitlab.com`}
   */
  readonly base_url: string;
}

/** What a secondary site, or one in maintenance, says to a write. */
const READ_ONLY = /read-only/i;

/** What GitLab says where the project or the group is missing, or not for this token to see. */
const OWNER_MISSING = /'404 (?:Project|Group) Not Found'/i;

const FORMS = {
  project: "Must be a project's path or id, such as 'acme/web'",
  group: "Must be a group's path or id, such as 'acme'",
  masked: "Must be true or false: whether job logs mask the variable when it is made",
  protected: "Must be true or false: whether the variable is protected when it is made",
};

const PATH = /^(?!\.{1,2}(?:\/|$))[\w.-]{1,255}(?:\/(?!\.{1,2}(?:\/|$))[\w.-]{1,255})*$/;

const schema = v.pipe(
  configuration({
    project: v.optional(
      v.union([text(FORMS.project, PATH), integer(FORMS.project)], FORMS.project),
    ),
    group: v.optional(v.union([text(FORMS.group, PATH), integer(FORMS.group)], FORMS.group)),
    name: text(
      "Must be a variable's key: letters, digits and underscores, such as 'HEROKU_API_KEY'",
      /^\w{1,255}$/,
    ),
    environment_scope: v.optional(
      text("Must be an environment scope, such as '*' or 'production'", /^[\w\-/${}.* ]{1,255}$/),
      EVERYWHERE,
    ),
    masked: v.optional(v.boolean(FORMS.masked), true),
    protected: v.optional(v.boolean(FORMS.protected), false),
    token_secret: v.optional(secretName("the token for GitLab's API"), "GITLAB_TOKEN"),
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

const flag = v.fallback(v.optional(v.boolean()), undefined);
const variable = v.object({
  value: v.nullable(v.string()),
  // Answers of old versions without the feature lack it, and each variable is for all environments.
  environment_scope: v.optional(v.string(), EVERYWHERE),
  hidden: flag,
  raw: flag,
});
type Variable = v.InferOutput<typeof variable>;

/**
 * Delivers to a CI/CD variable of a project or a group.
 *
 * - **Proof**: exact; the value is read back. A variable whose value is hidden gives no more than
 *   that it is there: existence.
 * - **Permission**: a project or group access token with the scope `api` and the role Maintainer (of
 *   a group: Owner), for that project or group only.
 * - **Limits**: 10,000 characters a value; a masked one has at least 8, in one line, without spaces.
 *   Scope, masking, protection, type and description of a variable that exists stay as they are.
 *   GitLab keeps nothing of ours beside a value, so a late write of an older token is not noticed.
 *   Where GitLab knows no environment scopes (groups of the Free plan, groups before 16.9), only `*`
 *   works; Herotate checks the scope that GitLab answers with before it writes a token. A project's
 *   path and its id name the same place, which Herotate cannot know: use the same one everywhere.
 *
 * @see https://docs.gitlab.com/api/project_level_variables/
 */
export const gitlabVariable: TargetDefinition<GitLabVariableConfig> = {
  type: "gitlab-variable",
  proof: "exact",
  schema,
  place: (config) =>
    `gitlab-variable:${serverName(config.base_url)}/${
      ownerOf(config).join("/").toLowerCase()
    }/${config.environment_scope}/${config.name}`,
  secrets: ({ token_secret }) => [token_secret],
  create,
};

function ownerOf({ project, group = "" }: GitLabVariableConfig): [kind: string, id: string] {
  return project === undefined ? ["groups", String(group)] : ["projects", String(project)];
}

function create(config: GitLabVariableConfig, environment: TargetEnvironment): Target {
  const { name, environment_scope, base_url } = config;
  const owner = ownerOf(config);
  const place = `CI/CD variable '${name}' of '${owner[1]}'${
    environment_scope === EVERYWHERE ? "" : ` (environment scope '${environment_scope}')`
  }`;
  const secret = `the Worker secret '${config.token_secret}'`;
  const request = createRequester(environment, {
    place,
    secret: { name: config.token_secret, headers: (value) => ({ "private-token": value }) },
    advice: {
      unauthorized: `set ${secret} to a token that GitLab accepts`,
      forbidden:
        `give the token in ${secret} the scope 'api' and the role Maintainer (of a group: Owner)`,
      not_found: `check '${
        owner[0] === "projects" ? "project" : "group"
      }' (its id where a proxy decodes paths), and that the token in ${secret} has access to it`,
      invalid_value:
        "check that the variable's masking and its other settings allow the token as a value, that there is room for another variable, and 'environment_scope', which must be '*' where GitLab's plan or version has no scopes",
    },
    classify: ({ status, body }) =>
      status === 403 && READ_ONLY.test(JSON.stringify(body)) ? "unavailable" : undefined,
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
    const url = method === "POST" ? variables : single;
    return request({ delivery, context }, {
      method,
      url,
      body: body === undefined ? undefined : JSON.stringify(body),
      expected,
    });
  }

  async function find(delivery: Delivery, context: TargetContext): Promise<Variable | undefined> {
    const answer = await unlessAbsent(call(delivery, context, "GET", [200]), OWNER_MISSING);
    return answer?.read(variable, "the variable");
  }

  async function write(
    delivery: Delivery,
    context: TargetContext,
    method: "PUT" | "POST",
    body: Readonly<Record<string, unknown>>,
  ): Promise<void> {
    const answer = await call(delivery, context, method, [method === "PUT" ? 200 : 201], body);
    const result = v.safeParse(variable, answer.body);
    const written = result.success ? result.output : await find(delivery, context);
    if (written === undefined) throw missing(place);
    const { environment_scope: scope } = written;
    if (scope === environment_scope) return;
    const secrets = [delivery.token, environment.secret(config.token_secret)];
    throw otherScope(place, method === "POST" ? "made" : "changed", scope, secrets);
  }

  return {
    async deliver(delivery, context) {
      const value = delivery.token;
      const present = await find(delivery, context);
      if (present === undefined) {
        const isForAll = environment_scope === EVERYWHERE;
        await write(delivery, context, "POST", {
          key: name,
          value: isForAll ? value : PLACEHOLDER,
          environment_scope,
          masked: config.masked,
          protected: config.protected,
          raw: true,
        });
        if (!isForAll) await write(delivery, context, "PUT", { value });
        return { changed: true };
      }
      const { environment_scope: scope, raw } = present;
      if (scope !== environment_scope) {
        const secrets = [value, environment.secret(config.token_secret)];
        throw otherScope(place, "answered", scope, secrets);
      }
      if (raw === false && value.includes("$")) {
        throw new TargetError(
          "invalid_value",
          `Cannot deliver to the ${place} because it expands '$' and the token has one: turn off 'Expand variable reference' in its settings`,
        );
      }
      const changed = present.value !== value;
      if (changed) await write(delivery, context, "PUT", { value });
      return { changed };
    },
    async confirm(delivery, _receipt, context) {
      const present = await find(delivery, context);
      if (present === undefined) throw missing(place);
      const { value, hidden, environment_scope: scope } = present;
      if (scope !== environment_scope) {
        const secrets = [delivery.token, environment.secret(config.token_secret)];
        throw otherScope(place, "answered", scope, secrets, "mismatch");
      }
      return hidden && value === null
        ? { kind: "existence", detail: "The variable is there; its value is hidden" }
        : proveExact(place, value, delivery.token);
    },
  };
}
