/**
 * Targets: the places a token is delivered to, and what it takes to add one of your own.
 *
 * @module
 */
export { fingerprint } from "../fingerprint.ts";
export { targets } from "./registry.ts";
export type { AwsSecretsManagerConfig } from "./aws_secrets_manager.ts";
export type { CircleCIContextVariableConfig } from "./circleci_context_variable.ts";
export type { CircleCIProjectVariableConfig } from "./circleci_project_variable.ts";
export type { CloudflareSecretsStoreConfig } from "./cloudflare_secrets_store.ts";
export type { CloudflareWorkerSecretConfig } from "./cloudflare_worker_secret.ts";
export type { DopplerConfig } from "./doppler.ts";
export type { GitHubApp } from "./github_app.ts";
export type { GitHubSecretConfig } from "./github_config.ts";
export type { GitLabVariableConfig } from "./gitlab_variable.ts";
export type { HerokuConfigVarConfig } from "./heroku_config_var.ts";
export type { StoreConfig } from "./store.ts";
export type { BuiltInTargetTable, DefaultedMember, TableOf, TargetTable } from "./tables.ts";
export type { VaultKv2Config } from "./vault_kv2.ts";
export type { WebhookConfig } from "./webhook.ts";
export {
  type Delivery,
  type Proof,
  type ProofKind,
  type Receipt,
  type Schema,
  type SchemaIssue,
  type SchemaResult,
  type Target,
  type TargetContext,
  type TargetDefinition,
  type TargetEnvironment,
  TargetError,
  type TargetErrorCode,
  type TokenStore,
} from "./target.ts";
