/**
 * Where in GitHub a secret is, and the one name that its place has.
 *
 * @module
 */
import { spellAddress } from "./address.ts";
import type { GitHubSecretConfig, GitHubStore } from "./github_config.ts";
import { serverName } from "./server.ts";

/** The segments of the path to a store's secrets. */
export function gitHubPath({ store }: GitHubStore, config: GitHubSecretConfig): string[] {
  const { repository, environment, organization = "" } = config;
  if (repository === undefined) return ["orgs", organization, store, "secrets"];
  const base = ["repos", ...repository.split("/")];
  return environment === undefined
    ? [...base, store, "secrets"]
    : [...base, "environments", environment, "secrets"];
}

/**
 * The name of a secret's place. GitHub takes owners, repositories, environments and secrets in any
 * case. Every Enterprise Server has its API at `/api/v3`, so that only another path makes two servers.
 */
export function gitHubPlace(store: GitHubStore, config: GitHubSecretConfig): string {
  const address = spellAddress(config.base_url);
  address.pathname = address.pathname.replace(/\/{2,}/g, "/");
  const server = serverName(address.href).replace(/^([^/]+)\/api\/v3$/, "$1");
  const path = gitHubPath(store, config).join("/").normalize("NFC").toLowerCase();
  return `${store.type}:${server}/${path}/${config.name.toUpperCase()}`;
}
