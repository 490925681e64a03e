/**
 * An environment variable of a CircleCI project.
 *
 * @module
 */
import * as v from "valibot";
import { unlessAbsent } from "./absence.ts";
import { configuration, endpoint, secretName, serviceUrl, text } from "./members.ts";
import { mismatch, missing } from "./proof.ts";
import { createRequester } from "./request.ts";
import { serverName } from "./server.ts";
import type { Receipt, Target, TargetDefinition, TargetEnvironment } from "./target.ts";

/** The configuration of a {@linkcode circleciProjectVariable}. */
export interface CircleCIProjectVariableConfig {
  /** The project's slug, such as `gh/acme/web` or `circleci/<organization id>/<project id>`. */
  readonly project: string;
  /** The variable's name, such as `HEROKU_API_KEY`. */
  readonly name: string;
  /**
   * The Worker secret with the token for CircleCI.
   * @default {`CIRCLECI_TOKEN`}
   */
  readonly token_secret: string;
  /**
   * Where CircleCI is.
   * @default {`https://circleci.com`}
   */
  readonly base_url: string;
}

/** What CircleCI gives back in place of a value, before the last characters of it. */
const MASK = "xxxx";

/** How many of the last characters CircleCI gives back, if any. */
const SUFFIX = 4;

/** The version control systems that have two names in slugs. */
const SYSTEMS = new Map([["github", "gh"], ["bitbucket", "bb"]]);

/** What CircleCI says where the project is missing, or not for this token to see. */
const PROJECT_MISSING = /'Project not found/i;

const UUID = /^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/i;

const schema = configuration({
  project: text(
    "Must be a project's slug, such as 'gh/acme/web'",
    /^[a-z]{2,20}(?:\/(?!\.{1,2}(?:\/|$))[\w.-]{1,100}){2}$/,
  ),
  name: text(
    "Must be a variable's name: letters, digits and underscores, such as 'HEROKU_API_KEY'",
    /^[A-Za-z_][A-Za-z0-9_]{0,299}$/,
  ),
  token_secret: v.optional(secretName("the token for CircleCI's API"), "CIRCLECI_TOKEN"),
  base_url: v.optional(
    serviceUrl("Must be the https URL of CircleCI, such as 'https://circleci.example.com'"),
    "https://circleci.com",
  ),
});

const variable = v.object({ value: v.string() });

/**
 * Delivers to an environment variable of a CircleCI project.
 *
 * - **Proof**: suffix; CircleCI gives back `xxxx` and the last four characters. A CircleCI that gives
 *   back nothing of the token proves no more than that there is a value: existence.
 * - **Permission**: a personal API token (API v2 takes no project tokens) of a user that may write to
 *   the project, best one made only for this.
 * - **Limits**: 32,768 characters a value. One token in some 65,000 has the last four characters of its
 *   predecessor, which the proof then cannot tell apart. CircleCI keeps nothing beside a value, so a
 *   late write of an older token is not noticed. `gh/acme/web` and `github/acme/web` are one
 *   place; a project's slug of ids and its slug of names, or its short ids and its uuids, can be one,
 *   too, which Herotate cannot know: use the same one everywhere.
 *
 * @see https://circleci.com/docs/api/v2/#tag/Project
 */
export const circleciProjectVariable: TargetDefinition<CircleCIProjectVariableConfig> = {
  type: "circleci-project-variable",
  proof: "suffix",
  schema,
  place: ({ base_url, project, name }) =>
    `circleci-project-variable:${serverName(base_url)}/${canonical(project)}/${name}`,
  secrets: ({ token_secret }) => [token_secret],
  create,
};

/** GitHub and Bitbucket take names in any case; CircleCI's own short ids differ by it. */
function canonical(project: string): string {
  const [system, ...names] = project.split("/");
  const isOwn = system === "circleci";
  return [
    SYSTEMS.get(system) ?? system,
    ...names.map((name) => isOwn && !UUID.test(name) ? name : name.toLowerCase()),
  ].join("/");
}

function create(config: CircleCIProjectVariableConfig, environment: TargetEnvironment): Target {
  const { project, name, base_url } = config;
  const place = `environment variable '${name}' of the CircleCI project '${project}'`;
  const secret = `the Worker secret '${config.token_secret}'`;
  const request = createRequester(environment, {
    place,
    secret: { name: config.token_secret, headers: (value) => ({ "circle-token": value }) },
    advice: {
      unauthorized: `set ${secret} to a personal API token that CircleCI accepts`,
      forbidden: `let the user of the token in ${secret} write to the project`,
      not_found: `check 'project', and that the user of the token in ${secret} may see it`,
      invalid_value: "check 'name'",
    },
  });
  const path = ["api", "v2", "project", ...project.split("/"), "envvar"];

  return {
    async deliver(delivery, context) {
      const answer = await request({ delivery, context }, {
        method: "POST",
        url: endpoint(base_url, path),
        body: JSON.stringify({ name, value: delivery.token }),
        expected: [200, 201],
      });
      const { value } = answer.read(variable, "the variable");
      // What shows nothing of the token now shows nothing later: that is no sign of another value.
      const receipt: Receipt = value === MASK ? { shows: "nothing" } : {};
      return receipt;
    },
    async confirm(delivery, receipt, context) {
      const answer = await unlessAbsent(
        request({ delivery, context }, {
          method: "GET",
          url: endpoint(base_url, [...path, name]),
          expected: [200],
        }),
        PROJECT_MISSING,
      );
      if (answer === undefined) throw missing(place);
      const { value } = answer.read(variable, "the variable");
      if (value === MASK && receipt.shows === "nothing") {
        return { kind: "existence", detail: "There is a value, of which CircleCI shows nothing" };
      }
      if (value !== `${MASK}${delivery.token.slice(-SUFFIX)}`) {
        throw mismatch(place, "ends in other characters than the token");
      }
      return { kind: "suffix", detail: "The last four characters were read back" };
    },
  };
}
