/**
 * The configuration that all of GitHub's stores of secrets share.
 *
 * @module
 */
import * as v from "valibot";
import { configuration, integer, secretName, serviceUrl, text } from "./members.ts";
import type { GitHubApp } from "./github_app.ts";
import type { Schema } from "./target.ts";

/** Who may see an organization's secret. */
export const VISIBILITIES = ["all", "private", "selected"] as const;

/** The configuration of a secret at GitHub. */
export interface GitHubSecretConfig {
  /** The repository, as `owner/name`; or else an organization. */
  readonly repository?: string | undefined;
  /** The repository's environment, for an Actions secret of only that environment. */
  readonly environment?: string | undefined;
  /** The organization; or else a repository. */
  readonly organization?: string | undefined;
  /** The secret's name, such as `HEROKU_API_KEY`. */
  readonly name: string;
  /**
   * Who may see an organization's secret when it is made: `all` repositories, the `private` ones
   * (the default), or `selected` ones. One that exists keeps what it has.
   */
  readonly visibility?: "all" | "private" | "selected" | undefined;
  /**
   * The Worker secret with a token for GitHub. Not together with an app.
   * @default {`GITHUB_TOKEN`}
   */
  readonly token_secret?: string | undefined;
  /** The GitHub App to use instead of a token. */
  readonly app?: GitHubApp | undefined;
  /**
   * GitHub's API.
   * @default {`https://api.github.com`} Enterprise Server has `https://…/api/v3`
   */
  readonly base_url: string;
}

/** What is different from store to store. */
export interface GitHubStore {
  /** The target's type. */
  readonly type: string;
  /** The store's name in paths. */
  readonly store: "actions" | "dependabot" | "codespaces";
  /** The store's name in messages. */
  readonly title: string;
  /** Where there is no such store, as the end of a sentence. */
  readonly absent?: string;
  /** The permissions that writing takes, by GitHub's names for them. */
  readonly permissions: {
    /** For a secret of a repository. */
    readonly repository: string;
    /** For a secret of an environment, where the store has such. */
    readonly environment?: string;
    /** For a secret of an organization. */
    readonly organization: string;
  };
}

/** What the configuration of a secret in one of GitHub's stores has to look like. */
export function gitHubSecretSchema(store: GitHubStore): Schema<GitHubSecretConfig> {
  // Managed users end in their company's short code, as in `octocat_acme`.
  const name = "[A-Za-z0-9_-]{1,39}";
  const forms = {
    visibility: "Must be 'all', 'private' or 'selected', and goes only with 'organization'",
    app: "Must be a table with the members id, private_key_secret and, if you like, installation",
    id: "Must be the client id or the app id of the GitHub App, such as 'Iv23liAbCdEf'",
    installation: "Must be the number in the address of the installation's settings page",
    address: "Must be the https URL of GitHub's API, such as 'https://github.example.com/api/v3'",
    owner: "Must have either 'repository' or 'organization'",
    authentication: "Must have either 'token_secret' or 'app'",
  };
  const environment = store.permissions.environment === undefined
    ? text(`Must not be given: ${store.title} has no secrets of an environment`, /(?!)/)
    : text(
      "Must be the name of the repository's environment, such as 'production'",
      /^(?!\.{1,2}$).{1,255}$/u,
    );
  return v.pipe(
    configuration({
      repository: v.optional(text(
        "Must be a repository as 'owner/name', without '.git', such as 'acme/web'",
        new RegExp(`^${name}/(?!\\.{1,2}$)(?!.*\\.git$)[A-Za-z0-9._-]{1,100}$`, "i"),
      )),
      environment: v.optional(environment),
      organization: v.optional(
        text("Must be an organization's name, such as 'acme'", new RegExp(`^${name}$`)),
      ),
      name: text(
        "Must be a secret's name: letters, digits and underscores, not starting with a digit or 'GITHUB_', such as 'HEROKU_API_KEY'",
        /^(?!github_)[a-z_][a-z0-9_]{0,254}$/i,
      ),
      visibility: v.optional(v.picklist(VISIBILITIES, forms.visibility)),
      token_secret: v.optional(secretName("the token for GitHub's API")),
      app: v.optional(
        configuration({
          id: v.union([text(forms.id, /^[\w.-]{1,100}$/), integer(forms.id)], forms.id),
          private_key_secret: secretName("the private key of the GitHub App"),
          installation: v.optional(integer(forms.installation)),
        }),
      ),
      base_url: v.optional(
        v.pipe(serviceUrl(forms.address), v.regex(/^[^?]*$/, forms.address)),
        "https://api.github.com",
      ),
    }),
    v.check(
      (config) => (config.repository === undefined) !== (config.organization === undefined),
      forms.owner,
    ),
    v.check(
      (config) => config.environment === undefined || config.repository !== undefined,
      "Must have 'repository' beside 'environment'",
    ),
    v.check(
      (config) => config.visibility === undefined || config.organization !== undefined,
      forms.visibility,
    ),
    v.check(
      (config) => config.token_secret === undefined || config.app === undefined,
      forms.authentication,
    ),
  );
}
