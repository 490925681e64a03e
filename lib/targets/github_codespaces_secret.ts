/**
 * A Codespaces secret of a repository or an organization.
 *
 * @module
 */
import type { GitHubSecretConfig } from "./github_config.ts";
import { defineGitHubSecret } from "./github_secret.ts";
import type { TargetDefinition } from "./target.ts";

/**
 * Delivers to a secret of Codespaces.
 *
 * - **Configuration**: see {@linkcode GitHubSecretConfig}; it has no `environment`.
 * - **Proof**: timestamp; GitHub never gives a value back, but says when it was last written.
 * - **Permission**: of a fine-grained token or a GitHub App, only for that repository,
 *   `codespaces_secrets: write`; for an organization `organization_codespaces_secrets: write`.
 * - **Limits**: 48 KB a value; a running codespace sees the new one after its next start, so let `grace`
 *   be longer than a codespace runs. GitHub keeps nothing beside a value, so a late write of an older
 *   token goes unnoticed. An organization's secret keeps its visibility and its selected repositories;
 *   organizations have Codespaces secrets in the Team and Enterprise plans only, and Enterprise Server
 *   has none.
 *
 * @see https://docs.github.com/en/rest/codespaces/repository-secrets
 */
export const githubCodespacesSecret: TargetDefinition<GitHubSecretConfig> = defineGitHubSecret({
  type: "github-codespaces-secret",
  store: "codespaces",
  title: "Codespaces",
  absent: "Enterprise Server has no Codespaces, and organizations take a Team or Enterprise plan",
  permissions: {
    repository: "codespaces_secrets",
    organization: "organization_codespaces_secrets",
  },
});
