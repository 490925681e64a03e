/**
 * A Dependabot secret of a repository or an organization.
 *
 * @module
 */
import type { GitHubSecretConfig } from "./github_config.ts";
import { defineGitHubSecret } from "./github_secret.ts";
import type { TargetDefinition } from "./target.ts";

/**
 * Delivers to a secret of Dependabot: workflows that Dependabot starts see these in place of the
 * secrets of Actions.
 *
 * - **Configuration**: see {@linkcode GitHubSecretConfig}; it has no `environment`.
 * - **Proof**: timestamp; GitHub never gives a value back, but says when it was last written.
 * - **Permission**: of a fine-grained token or a GitHub App, only for that repository,
 *   `dependabot_secrets: write`; for an organization `organization_dependabot_secrets: write`.
 * - **Limits**: 48 KB a value. GitHub keeps nothing beside a value, so a late write of an older
 *   token goes unnoticed. An organization's secret keeps its visibility and its selected
 *   repositories.
 *
 * @see https://docs.github.com/en/rest/dependabot/secrets
 */
export const githubDependabotSecret: TargetDefinition<GitHubSecretConfig> = defineGitHubSecret({
  type: "github-dependabot-secret",
  store: "dependabot",
  title: "Dependabot",
  permissions: {
    repository: "dependabot_secrets",
    organization: "organization_dependabot_secrets",
  },
});
