/**
 * An environment variable of a CircleCI context.
 *
 * @module
 */
import * as v from "valibot";
import { configuration, endpoint, secretName, serviceUrl, text } from "./members.ts";
import { mismatch, missing, proveWritten } from "./proof.ts";
import { createRequester, type Session } from "./request.ts";
import { serverName } from "./server.ts";
import {
  type Delivery,
  type Target,
  type TargetDefinition,
  type TargetEnvironment,
  TargetError,
} from "./target.ts";

/** The configuration of a {@linkcode circleciContextVariable}. */
export interface CircleCIContextVariableConfig {
  /** The context's id, a uuid. */
  readonly context: string;
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

/** As many pages as a context can have: it holds 100 variables. */
const PAGES = 100;

const schema = configuration({
  context: text(
    "Must be a context's id, such as 'a5ab0a3b-3ea5-4a0e-a0f5-0b4f4c2f7a11'",
    /^[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$/,
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

// It goes into the receipt, so nothing else may pass for a time.
const time = v.pipe(v.string(), v.isoTimestamp());
const written = v.object({
  updated_at: time,
  // The last characters of the value; not every CircleCI gives them.
  truncated_value: v.fallback(v.optional(v.string()), undefined),
});
type Written = v.InferOutput<typeof written>;

const variables = v.object({
  items: v.array(
    v.object({ variable: v.string(), ...written.entries, updated_at: v.fallback(time, "") }),
  ),
  next_page_token: v.nullish(v.string()),
});

/**
 * Delivers to an environment variable of a CircleCI context.
 *
 * - **Proof**: timestamp; CircleCI never gives the value back, but reports when it was last written,
 *   and newer versions its last characters, which Herotate then compares as well.
 * - **Permission**: a personal API token of a user of the organization that may use the context, best
 *   one made only for this.
 * - **Limits**: 32,768 characters a value, 100 variables a context. The context's restrictions stay;
 *   where one is for groups, the user must be in a group. CircleCI keeps nothing beside a value, so a
 *   late write of an older token is not noticed.
 *
 * @see https://circleci.com/docs/api/v2/#tag/Context
 */
export const circleciContextVariable: TargetDefinition<CircleCIContextVariableConfig> = {
  type: "circleci-context-variable",
  proof: "timestamp",
  schema,
  place: ({ base_url, context, name }) =>
    `circleci-context-variable:${serverName(base_url)}/${context.toLowerCase()}/${name}`,
  secrets: ({ token_secret }) => [token_secret],
  create,
};

function create(config: CircleCIContextVariableConfig, environment: TargetEnvironment): Target {
  const { name, base_url } = config;
  const place = `environment variable '${name}' of the CircleCI context '${config.context}'`;
  const secret = `the Worker secret '${config.token_secret}'`;
  const request = createRequester(environment, {
    place,
    secret: { name: config.token_secret, headers: (value) => ({ "circle-token": value }) },
    advice: {
      unauthorized: `set ${secret} to a personal API token that CircleCI accepts`,
      forbidden:
        `let the user of the token in ${secret} use the context, which its groups may restrict`,
      not_found: `check 'context', and that the user of the token in ${secret} may see it`,
      invalid_value: "check 'name', and that the context has room for another variable",
    },
  });
  const path = ["api", "v2", "context", config.context, "environment-variable"];

  async function find(session: Session): Promise<Written | undefined> {
    const url = endpoint(base_url, path);
    for (let page = 0; page < PAGES; page++) {
      const answer = await request(session, { method: "GET", url, expected: [200] });
      const { items, next_page_token: next } = answer.read(variables, "the context's variables");
      const found = items.find(({ variable }) => variable === name);
      if (found || !next) return found;
      if (next === url.searchParams.get("page-token")) break;
      url.searchParams.set("page-token", next);
    }
    throw new TargetError(
      "unavailable",
      `Cannot read the ${place} because CircleCI's list of variables has no end: try again, and check CircleCI's status page if it goes on`,
    );
  }

  return {
    async deliver(delivery, context) {
      const answer = await request({ delivery, context }, {
        method: "PUT",
        url: endpoint(base_url, [...path, name]),
        body: JSON.stringify({ value: delivery.token }),
        expected: [200],
      });
      const { updated_at, truncated_value } = answer.read(written, "the time of the change");
      const receipt = { not_before: updated_at, not_after: updated_at };
      return isEnd(truncated_value, delivery) ? { ...receipt, shows: "end" } : receipt;
    },
    async confirm(delivery, receipt, context) {
      const found = await find({ delivery, context });
      if (found === undefined) throw missing(place);
      const { updated_at, truncated_value } = found;
      const shown = receipt.shows === "end" ? truncated_value : undefined;
      if (shown && !isEnd(shown, delivery)) {
        throw mismatch(place, "ends in other characters than the token");
      }
      return proveWritten(place, updated_at, receipt);
    },
  };
}

/** Whether what CircleCI shows of a value, after its mask if there is one, is the token's end. */
function isEnd(shown: string | undefined, { token }: Delivery): boolean {
  const end = shown?.replace(/^[x*]+/, "");
  return Boolean(end) && token.endsWith(end ?? "");
}
