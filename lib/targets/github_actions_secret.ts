/**
 * A GitHub Actions secret: of a repository, an environment or an organization.
 *
 * @module
 */
import type { GitHubSecretConfig } from "./github_config.ts";
import { defineGitHubSecret } from "./github_secret.ts";
import type { TargetDefinition } from "./target.ts";

/**
 * Delivers to a secret of GitHub Actions.
 *
 * - **Configuration**: see {@linkcode GitHubSecretConfig}.
 * - **Proof**: timestamp; GitHub never gives a value back, but says when it was last written.
 * - **Permission**: of a fine-grained token or a GitHub App, only for that repository,
 *   `secrets: write`; for an environment `environments: write`; for an organization
 *   `organization_secrets: write`. With an app, each delivery uses a token of its own that can do no
 *   more than that.
 * - **Limits**: 48 KB a value; 100 secrets for a repository or an environment, 1,000 for an
 *   organization. GitHub keeps nothing beside a value, so a late write of an older token goes
 *   unnoticed. An organization's secret keeps its visibility and its selected repositories. A
 *   workflow reads secrets when its run is queued, those of an environment when the job starts: let
 *   `grace` be longer than a run waits and works.
 *
 * @see https://docs.github.com/en/rest/actions/secrets
 */
export const githubActionsSecret: TargetDefinition<GitHubSecretConfig> = defineGitHubSecret({
  type: "github-actions-secret",
  store: "actions",
  title: "Actions",
  permissions: {
    repository: "secrets",
    environment: "environments",
    organization: "organization_secrets",
  },
});
