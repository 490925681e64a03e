/**
 * The configurations of the built-in targets as types, for who writes them in TypeScript.
 *
 * @module
 */
import type { AwsSecretsManagerConfig } from "./aws_secrets_manager.ts";
import type { CircleCIContextVariableConfig } from "./circleci_context_variable.ts";
import type { CircleCIProjectVariableConfig } from "./circleci_project_variable.ts";
import type { CloudflareSecretsStoreConfig } from "./cloudflare_secrets_store.ts";
import type { CloudflareWorkerSecretConfig } from "./cloudflare_worker_secret.ts";
import type { DopplerConfig } from "./doppler.ts";
import type { GitHubSecretConfig } from "./github_config.ts";
import type { GitLabVariableConfig } from "./gitlab_variable.ts";
import type { HerokuConfigVarConfig } from "./heroku_config_var.ts";
import type { StoreConfig } from "./store.ts";
import type { VaultKv2Config } from "./vault_kv2.ts";
import type { WebhookConfig } from "./webhook.ts";

/** What every target has. */
export interface TargetTable {
  /** Its kind, such as `heroku-config-var`. */
  readonly type: string;
  /**
   * Whether it must be proven before anything old is deleted.
   * @default {true}
   */
  readonly required?: boolean | undefined;
}

/** The members of built-in targets that have a default, and may be left out. */
export type DefaultedMember =
  | "access_key_id_secret"
  | "base_url"
  | "environment_scope"
  | "masked"
  | "mount"
  | "protected"
  | "secret_access_key_secret"
  | "token_secret";

/** A target of one kind, as it is written. */
export type TableOf<Type extends string, Config> =
  & { readonly type: Type }
  & Pick<TargetTable, "required">
  & Omit<Config, DefaultedMember>
  & Partial<Pick<Config, Extract<keyof Config, DefaultedMember>>>;

/** A target of any built-in kind, as it is written. */
export type BuiltInTargetTable =
  | TableOf<"store", StoreConfig>
  | TableOf<"aws-secrets-manager", AwsSecretsManagerConfig>
  | TableOf<"circleci-context-variable", CircleCIContextVariableConfig>
  | TableOf<"circleci-project-variable", CircleCIProjectVariableConfig>
  | TableOf<"cloudflare-secrets-store", CloudflareSecretsStoreConfig>
  | TableOf<"cloudflare-worker-secret", CloudflareWorkerSecretConfig>
  | TableOf<"doppler", DopplerConfig>
  | TableOf<"github-actions-secret", GitHubSecretConfig>
  | TableOf<"github-codespaces-secret", GitHubSecretConfig>
  | TableOf<"github-dependabot-secret", GitHubSecretConfig>
  | TableOf<"gitlab-variable", GitLabVariableConfig>
  | TableOf<"heroku-config-var", HerokuConfigVarConfig>
  | TableOf<"vault-kv2", VaultKv2Config>
  | TableOf<"webhook", WebhookConfig>;
