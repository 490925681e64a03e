/**
 * All built-in targets that deliver somewhere else.
 *
 * @module
 */
import { awsSecretsManager } from "./aws_secrets_manager.ts";
import { circleciContextVariable } from "./circleci_context_variable.ts";
import { circleciProjectVariable } from "./circleci_project_variable.ts";
import { cloudflareSecretsStore } from "./cloudflare_secrets_store.ts";
import { cloudflareWorkerSecret } from "./cloudflare_worker_secret.ts";
import { doppler } from "./doppler.ts";
import { githubActionsSecret } from "./github_actions_secret.ts";
import { githubCodespacesSecret } from "./github_codespaces_secret.ts";
import { githubDependabotSecret } from "./github_dependabot_secret.ts";
import { gitlabVariable } from "./gitlab_variable.ts";
import { herokuConfigVar } from "./heroku_config_var.ts";
import type { TargetDefinition } from "./target.ts";
import { vaultKv2 } from "./vault_kv2.ts";
import { webhook } from "./webhook.ts";

/**
 * The definitions of the built-in targets. Adding one takes a file, and a line here. The built-in
 * store is not among them, as it needs the Worker's own ledger.
 */
export const targets: readonly TargetDefinition<unknown>[] = [
  awsSecretsManager,
  circleciContextVariable,
  circleciProjectVariable,
  cloudflareSecretsStore,
  cloudflareWorkerSecret,
  doppler,
  githubActionsSecret,
  githubCodespacesSecret,
  githubDependabotSecret,
  gitlabVariable,
  herokuConfigVar,
  vaultKv2,
  webhook,
];
