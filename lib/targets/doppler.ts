/**
 * A secret in Doppler.
 *
 * @module
 */
import * as v from "valibot";
import { configuration, endpoint, secretName, serviceUrl, text } from "./fields.ts";
import { proveExact } from "./proof.ts";
import { createRequester } from "./request.ts";
import type {
  Delivery,
  Target,
  TargetContext,
  TargetDefinition,
  TargetEnvironment,
} from "./target.ts";

/** The configuration of a {@linkcode doppler}. */
export interface DopplerConfig {
  /** The project, such as `web`. */
  readonly project: string;
  /** The config in the project, such as `prd`. */
  readonly config: string;
  /** The secret's name, such as `HEROKU_API_KEY`. */
  readonly name: string;
  /** The Worker secret with the token for Doppler; default `DOPPLER_TOKEN`. */
  readonly token: string;
  /** Doppler's API; default `https://api.doppler.com`. */
  readonly base_url: string;
}

const slug = /^[A-Za-z0-9_-]{1,100}$/;

const schema = configuration({
  project: text("Must be a project's name, such as 'web'", slug),
  config: text("Must be a config's name, such as 'prd'", slug),
  name: text(
    "Must be a secret's name: capital letters, digits and underscores, such as 'HEROKU_API_KEY'",
    /^[A-Z_][A-Z0-9_]{0,199}$/,
  ),
  token: v.optional(secretName("the token for Doppler's API"), "DOPPLER_TOKEN"),
  base_url: v.optional(
    serviceUrl("Must be the https URL of Doppler's API, such as that of a proxy before it"),
    "https://api.doppler.com",
  ),
});

const secret = v.object({ value: v.object({ raw: v.nullable(v.string()) }) });

/**
 * Delivers to a secret of a Doppler config.
 *
 * - **Proof**: exact; the raw value is read back.
 * - **Permission**: a service token with read and write access to that config alone.
 * - **Limits**: a change is synced to wherever the config is synced to, so a value that is already
 *   there is left alone. Other secrets, and the secret's note and visibility, stay. Doppler keeps
 *   nothing of ours beside a value, so a late write of an older token cannot be told.
 *
 * @see https://docs.doppler.com/reference/secrets-update
 */
export const doppler: TargetDefinition<DopplerConfig> = {
  type: "doppler",
  proof: "exact",
  schema,
  place: ({ project, config, name }) => `doppler:${project}/${config}/${name}`,
  secrets: ({ token }) => [token],
  create,
};

function create(settings: DopplerConfig, environment: TargetEnvironment): Target {
  const { project, config, name, base_url } = settings;
  const place = `secret '${name}' of '${project}/${config}' in Doppler`;
  const worker = `the Worker secret '${settings.token}'`;
  const request = createRequester(environment, {
    place,
    advice: {
      unauthorized: `set ${worker} to a service token that Doppler takes`,
      forbidden: `set ${worker} to a service token that may read and write '${project}/${config}'`,
      not_found: "check 'project' and 'config'",
      invalid_value: "check 'name'",
    },
  });

  function open(delivery: Delivery, context: TargetContext) {
    const credential = environment.secret(settings.token);
    return {
      delivery,
      context,
      secrets: [credential],
      headers: { authorization: `Bearer ${credential}` },
    };
  }

  async function read(delivery: Delivery, context: TargetContext): Promise<string | undefined> {
    const url = endpoint(base_url, ["v3", "configs", "config", "secret"]);
    url.search = new URLSearchParams({ project, config, name }).toString();
    const answer = await request(open(delivery, context), {
      method: "GET",
      url,
      expected: [200, 404],
    });
    return answer.status === 404 ? undefined : answer.read(secret, "the secret").value.raw ?? "";
  }

  return {
    async deliver(delivery, context) {
      const changed = await read(delivery, context) !== delivery.token;
      if (changed) {
        await request(open(delivery, context), {
          method: "POST",
          url: endpoint(base_url, ["v3", "configs", "config", "secrets"]),
          body: JSON.stringify({ project, config, secrets: { [name]: delivery.token } }),
          expected: [200],
        });
      }
      return { changed };
    },
    async confirm(delivery, _receipt, context) {
      return proveExact(place, await read(delivery, context), delivery.token);
    },
  };
}
