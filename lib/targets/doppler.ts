/**
 * A secret in Doppler.
 *
 * @module
 */
import * as v from "valibot";
import { unlessAbsent } from "./absence.ts";
import { configuration, endpoint, secretName, serviceUrl, text } from "./members.ts";
import { missing, proveExact } from "./proof.ts";
import { type Answer, bearer, createRequester } from "./request.ts";
import { serverName } from "./server.ts";
import {
  type Delivery,
  type Target,
  type TargetContext,
  type TargetDefinition,
  type TargetEnvironment,
  TargetError,
  type TargetErrorCode,
} from "./target.ts";

/** The configuration of a {@linkcode doppler}. */
export interface DopplerConfig {
  /** The project, such as `web`. */
  readonly project: string;
  /** The config in the project, such as `prd`. */
  readonly config: string;
  /** The secret's name, such as `HEROKU_API_KEY`. */
  readonly name: string;
  /**
   * The Worker secret with the token for Doppler.
   * @default {`DOPPLER_TOKEN`}
   */
  readonly token_secret: string;
  /**
   * Doppler's API.
   * @default {`https://api.doppler.com`}
   */
  readonly base_url: string;
}

const SLUG = /^[A-Za-z0-9_-]{1,100}$/;

const schema = configuration({
  project: text("Must be a project's name, such as 'web'", SLUG),
  config: text("Must be a config's name, such as 'prd'", SLUG),
  name: text(
    "Must be a secret's name: capital letters, digits and underscores, such as 'HEROKU_API_KEY'",
    // Doppler sets these three itself.
    /^(?!DOPPLER_(?:PROJECT|CONFIG|ENVIRONMENT)$)[A-Z_][A-Z0-9_]{0,199}$/,
  ),
  token_secret: v.optional(secretName("the token for Doppler's API"), "DOPPLER_TOKEN"),
  base_url: v.optional(
    serviceUrl("Must be the https URL of Doppler's API, such as that of a proxy before it"),
    "https://api.doppler.com",
  ),
});

const optional = v.fallback(v.nullish(v.string()), undefined);
const secret = v.object({
  value: v.object({
    raw: v.nullable(v.string()),
    computed: optional,
    rawVisibility: optional,
    computedVisibility: optional,
  }),
});
const retryable = v.object({ data: v.object({ isRetryable: v.literal(true) }) });
const retryableLater = v.object({ data: v.object({ isRetryableAfterSec: v.number() }) });

/** A 404 for anything but the secret: the project or the config is missing. */
const CONFIG_MISSING = /answered 404(?! '[^']*secret)/i;

/** What a config holds under a name: nothing, a value that is not shown, or a value. */
type Held =
  | { readonly kind: "nothing" }
  | { readonly kind: "hidden" }
  | { readonly kind: "value"; readonly raw: string; readonly computed: string };

/**
 * Delivers to a secret of a Doppler config.
 *
 * - **Proof**: exact; the value is read back. A restricted secret, which a user's token cannot read,
 *   gives no more than that it is there: existence. Service tokens read it.
 * - **Permission**: a service token with read and write access to that config only.
 * - **Limits**: a change is synced to wherever the config is synced to, so a value that is already
 *   there is not written again. Other secrets, and the secret's note and visibility, stay. A config that
 *   inherits the secret gets one of its own. Names are those of Doppler's classic naming. Doppler
 *   keeps nothing of ours beside a value, so a late write of an older token is not noticed.
 *
 * @see https://docs.doppler.com/reference/secrets-update
 */
export const doppler: TargetDefinition<DopplerConfig> = {
  type: "doppler",
  proof: "exact",
  schema,
  place: ({ base_url, project, config, name }) =>
    `doppler:${serverName(base_url)}/${project.toLowerCase()}/${config.toLowerCase()}/${name}`,
  secrets: ({ token_secret }) => [token_secret],
  create,
};

function create(settings: DopplerConfig, environment: TargetEnvironment): Target {
  const { name, base_url } = settings;
  // Doppler has them in small letters only.
  const project = settings.project.toLowerCase();
  const config = settings.config.toLowerCase();
  const place = `secret '${name}' of '${project}/${config}' in Doppler`;
  const worker = `the Worker secret '${settings.token_secret}'`;
  const request = createRequester(environment, {
    place,
    secret: { name: settings.token_secret, headers: bearer },
    advice: {
      unauthorized: `set ${worker} to a service token that Doppler accepts`,
      forbidden: `set ${worker} to a service token that may read and write '${project}/${config}'`,
      not_found: "check 'project' and 'config'",
      invalid_value:
        "check 'project', 'config' and 'name', the secret's value type, and whether changes of the config need an approval",
    },
    classify,
  });

  async function read(delivery: Delivery, context: TargetContext): Promise<Held> {
    const url = endpoint(base_url, ["v3", "configs", "config", "secret"]);
    url.search = new URLSearchParams({ project, config, name }).toString();
    const answer = await unlessAbsent(
      request({ delivery, context }, { method: "GET", url, expected: [200] }),
      CONFIG_MISSING,
    );
    if (answer === undefined) return { kind: "nothing" };
    const { raw, computed, ...visibility } = answer.read(secret, "the secret").value;
    const shown = raw ?? computed;
    if (typeof shown === "string") {
      return { kind: "value", raw: shown, computed: computed ?? shown };
    }
    // Of a secret that is not there, Doppler answers 200 and gives no visibility either.
    const isThere = visibility.rawVisibility || visibility.computedVisibility;
    return { kind: isThere ? "hidden" : "nothing" };
  }

  return {
    async deliver(delivery, context) {
      const held = await read(delivery, context);
      const changed = held.kind !== "value" || held.raw !== delivery.token;
      if (changed) {
        await request({ delivery, context }, {
          method: "POST",
          url: endpoint(base_url, ["v3", "configs", "config", "secrets"]),
          body: JSON.stringify({ project, config, secrets: { [name]: delivery.token } }),
          expected: [200],
        });
      }
      return { changed };
    },
    async confirm(delivery, _receipt, context) {
      const held = await read(delivery, context);
      if (held.kind === "nothing") throw missing(place);
      if (held.kind === "hidden") {
        return { kind: "existence", detail: "The secret is there; its value is restricted" };
      }
      const proof = proveExact(place, held.raw, delivery.token);
      if (held.computed === held.raw) return proof;
      throw new TargetError(
        "invalid_value",
        `Cannot use the ${place} because Doppler takes a part of the token for a reference to another secret: choose another target for this token`,
      );
    },
  };
}

function classify({ status, body }: Answer): TargetErrorCode | undefined {
  if (v.is(retryable, body) || v.is(retryableLater, body)) return "unavailable";
  // Doppler refuses what a token has no access to with 400.
  return status === 400 && /\baccess\b|\bpermission/i.test(JSON.stringify(body))
    ? "forbidden"
    : undefined;
}
