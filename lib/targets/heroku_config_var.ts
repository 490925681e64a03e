/**
 * A config var of a Heroku app.
 *
 * @module
 */
import * as v from "valibot";
import { configuration, endpoint, secretName, text } from "./fields.ts";
import { proveExact } from "./proof.ts";
import { createRequester } from "./request.ts";
import type {
  Delivery,
  Target,
  TargetContext,
  TargetDefinition,
  TargetEnvironment,
} from "./target.ts";

/** The configuration of a {@linkcode herokuConfigVar}. */
export interface HerokuConfigVarConfig {
  /** The app's name, or its id. */
  readonly app: string;
  /** The config var's name, such as `HEROKU_API_KEY`. */
  readonly name: string;
  /** The Worker secret with the token for Heroku's API; default `HEROKU_API_TOKEN`. */
  readonly token: string;
}

const schema = configuration({
  app: text(
    "Must be the name of a Heroku app, such as 'acme-web'",
    /^[a-z0-9][a-z0-9-]{1,35}$/,
  ),
  name: text(
    "Must be the name of a config var, such as 'HEROKU_API_KEY'",
    /^[A-Za-z_][A-Za-z0-9_]{0,254}$/,
  ),
  token: v.optional(secretName("the token for Heroku's API"), "HEROKU_API_TOKEN"),
});

const configVars = v.record(v.string(), v.string());

/**
 * Delivers to a config var of a Heroku app.
 *
 * - **Proof**: exact; the value is read back.
 * - **Permission**: an authorization with the scope `write-protected`, of an account that may deploy
 *   to the app. It cannot be narrowed to one app.
 * - **Limits**: a change makes a release and restarts the app's dynos, so a value that is already
 *   there is left alone. Heroku keeps nothing beside a value, so a late write of an older token
 *   cannot be told. All config vars of an app may have 64 KB together.
 *
 * @see https://devcenter.heroku.com/articles/platform-api-reference#config-vars
 */
export const herokuConfigVar: TargetDefinition<HerokuConfigVarConfig> = {
  type: "heroku-config-var",
  proof: "exact",
  schema,
  place: ({ app, name }) => `heroku-config-var:${app}/${name}`,
  secrets: ({ token }) => [token],
  create,
};

function create(config: HerokuConfigVarConfig, environment: TargetEnvironment): Target {
  const { app, name } = config;
  const { herokuBaseUrl = "https://api.heroku.com" } = environment;
  const place = `config var '${name}' of the app '${app}'`;
  const secret = `the Worker secret '${config.token}'`;
  const request = createRequester(environment, {
    place,
    advice: {
      unauthorized: `set ${secret} to a live token for Heroku`,
      forbidden:
        `give the token in ${secret} the scope 'write-protected', and its account access to '${app}'`,
      not_found: `check 'app', and that the account of the token in ${secret} may see '${app}'`,
      invalid_value: "check 'name', and that the app's config vars stay below 64 KB",
    },
  });
  const url = endpoint(herokuBaseUrl, ["apps", app, "config-vars"]);

  async function call(
    delivery: Delivery,
    context: TargetContext,
    patch?: Readonly<Record<string, string>>,
  ): Promise<string | undefined> {
    const credential = environment.secret(config.token);
    const answer = await request({ delivery, context, secrets: [credential] }, {
      method: patch ? "PATCH" : "GET",
      url,
      headers: {
        accept: "application/vnd.heroku+json; version=3",
        authorization: `Bearer ${credential}`,
      },
      body: patch && JSON.stringify(patch),
      expected: [200],
    });
    return answer.read(configVars, "the app's config vars")[name];
  }

  return {
    async deliver(delivery, context) {
      const { token } = delivery;
      const changed = await call(delivery, context) !== token;
      if (changed) proveExact(place, await call(delivery, context, { [name]: token }), token);
      return { changed };
    },
    async confirm(delivery, _receipt, context) {
      return proveExact(place, await call(delivery, context), delivery.token);
    },
  };
}
