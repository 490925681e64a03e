/**
 * A config var of a Heroku app.
 *
 * @module
 */
import * as v from "valibot";
import { configuration, endpoint, secretName, text } from "./members.ts";
import {
  NEWEST_RELEASE,
  type NewestRelease,
  notShownYet,
  releaseFailed,
  stillReleasing,
  toNewestRelease,
} from "./heroku_release.ts";
import { proveExact } from "./proof.ts";
import { type Answer, bearer, createRequester } from "./request.ts";
import {
  type Delivery,
  type Receipt,
  type Target,
  type TargetContext,
  type TargetDefinition,
  type TargetEnvironment,
  TargetError,
  type TargetErrorCode,
} from "./target.ts";

/** The configuration of a {@linkcode herokuConfigVar}. */
export interface HerokuConfigVarConfig {
  /** The app's name, or its id. */
  readonly app: string;
  /** The config var's name, such as `HEROKU_API_KEY`. */
  readonly name: string;
  /**
   * The Worker secret with the token for Heroku's API.
   * @default {`HEROKU_API_TOKEN`}
   */
  readonly token_secret: string;
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
  token_secret: v.optional(secretName("the token for Heroku's API"), "HEROKU_API_TOKEN"),
});

/** What Heroku warns of in its answer to a change that shows only later. */
const RELEASING = /release command/i;

/** What it says where it takes no change because of another one. */
const BUSY = /\brelease\b.*\b(?:running|progress|pending)\b/i;

/**
 * How long a release command may take, in milliseconds.
 *
 * @see https://devcenter.heroku.com/articles/release-phase
 */
const LONGEST_RELEASE = 3_600_000;

/** Only ours need be a string. */
const configVars = v.record(v.string(), v.unknown());
type ConfigVars = v.InferOutput<typeof configVars>;

/**
 * Delivers to a config var of a Heroku app.
 *
 * - **Proof**: exact; the value is read back.
 * - **Permission**: an authorization with the scope `write-protected`, of an account that may deploy
 *   to the app. It cannot be narrowed to one app.
 * - **Limits**: a change makes a release and restarts the app's dynos, so a value that is already
 *   there is not written again. An app with a release phase has the token when its release command is
 *   over, and keeps the old value for ever when that fails; Herotate waits, and makes no second release
 *   while one is under way. A config var that an add-on owns cannot be written. Heroku keeps nothing
 *   beside a value, so a late write of an older token is not noticed. All config vars of an app may
 *   have 64 KB together. An app's name and its id name the same place, which Herotate cannot know: use
 *   the same one everywhere.
 *
 * @see https://devcenter.heroku.com/articles/platform-api-reference#config-vars
 */
export const herokuConfigVar: TargetDefinition<HerokuConfigVarConfig> = {
  type: "heroku-config-var",
  proof: "exact",
  schema,
  place: ({ app, name }) => `heroku-config-var:${app}/${name}`,
  secrets: ({ token_secret }) => [token_secret],
  create,
};

function create(config: HerokuConfigVarConfig, environment: TargetEnvironment): Target {
  const { app, name } = config;
  const { herokuBaseUrl = "https://api.heroku.com" } = environment;
  const place = `config var '${name}' of the app '${app}'`;
  const secret = `the Worker secret '${config.token_secret}'`;
  const request = createRequester(environment, {
    place,
    secret: { name: config.token_secret, headers: bearer },
    advice: {
      unauthorized: `set ${secret} to a live token for Heroku`,
      forbidden:
        `give the token in ${secret} the scope 'write-protected', and its account access to '${app}'`,
      not_found: `check 'app', and that the account of the token in ${secret} may see '${app}'`,
      invalid_value:
        "check 'name', that no add-on owns the config var, and that the app's config vars stay below 64 KB",
    },
    classify,
  });
  const url = endpoint(herokuBaseUrl, ["apps", app, "config-vars"]);

  function at(delivery: Delivery, context: TargetContext) {
    const headers = { accept: "application/vnd.heroku+json; version=3" };
    const session = { delivery, context, headers };
    const read = (answer: Answer): ConfigVars => answer.read(configVars, "the app's config vars");

    return {
      async vars(): Promise<ConfigVars> {
        return read(await request(session, { method: "GET", url, expected: [200] }));
      },
      async change(): Promise<{ vars: ConfigVars; isWarned: boolean }> {
        const body = JSON.stringify({ [name]: delivery.token });
        const answer = await request(session, { method: "PATCH", url, body, expected: [200] });
        const isWarned = RELEASING.test(answer.headers.get("warning-message") ?? "");
        return { vars: read(answer), isWarned };
      },
      async newestRelease(): Promise<NewestRelease> {
        const releases = endpoint(herokuBaseUrl, ["apps", app, "releases"]);
        const headers = { range: NEWEST_RELEASE };
        const expected = [200, 206];
        try {
          const call = { method: "GET", url: releases, headers, expected } as const;
          return toNewestRelease((await request(session, call)).body);
        } catch (error) {
          // The config vars are what counts: who may not see the releases delivers all the same.
          if (error instanceof TargetError && !error.retryable) return toNewestRelease(undefined);
          throw error;
        }
      },
      /** Whether a release that is under way is the one that brings this token. */
      async brings(release: NewestRelease): Promise<boolean> {
        const answer = await request(session, {
          method: "GET",
          url: endpoint(herokuBaseUrl, ["apps", app, "releases", release.id, "config-vars"]),
          expected: [200, 403, 404],
        });
        return v.is(configVars, answer.body) && answer.body[name] === delivery.token;
      },
    };
  }

  // What was asked for last, to make no second release of it where the releases cannot be read.
  let asked: { readonly key: string; readonly at: number } | undefined;

  return {
    async deliver(delivery, context): Promise<Receipt> {
      const { token, idempotencyKey: key } = delivery;
      const heroku = at(delivery, context);
      if ((await heroku.vars())[name] === token) return { changed: false };

      const running = await heroku.newestRelease();
      if (running.status === "pending") {
        if (await heroku.brings(running)) return { changed: true, release: running.name };
        throw stillReleasing(place, running);
      }
      const isAsked = asked?.key === key && environment.now() - asked.at < LONGEST_RELEASE;
      if (running.status === "unknown" && isAsked) return { changed: true, release: null };
      const { vars: answered, isWarned } = await heroku.change();
      if (answered[name] === token) return { changed: true };

      const made = await heroku.newestRelease();
      if (made.status === "pending") return { changed: true, release: made.name };
      if (made.status === "failed") throw releaseFailed(place, app, made);
      const isHidden = made.status === "unknown" && Object.keys(answered).length > 0;
      if (isWarned || isHidden) {
        asked = { key, at: environment.now() };
        return { changed: true, release: null };
      }
      proveExact(place, (await heroku.vars())[name], token);
      return { changed: true };
    },
    async confirm(delivery, receipt, context) {
      const { token } = delivery;
      const heroku = at(delivery, context);
      const held = (await heroku.vars())[name];
      if (held !== token) {
        const release = await heroku.newestRelease();
        if (release.status === "pending") throw stillReleasing(place, release);
        if (release.status === "failed") throw releaseFailed(place, app, release);
        if (receipt.release === null) throw notShownYet(place);
      }
      return proveExact(place, held, token);
    },
  };
}

/** What Heroku refuses only for as long as another change is under way. */
function classify({ status, body }: Answer): TargetErrorCode | undefined {
  const isBusy = status === 409 || (status === 422 && BUSY.test(JSON.stringify(body)));
  return isBusy ? "unavailable" : undefined;
}
