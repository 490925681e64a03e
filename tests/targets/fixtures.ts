/**
 * Each target with the service that it delivers to: what the shared tests need to know about it.
 *
 * @module
 */
import type { ProofKind } from "../../lib/targets/target.ts";
import { startAws } from "./services/aws.ts";
import { startCircleCI } from "./services/circleci.ts";
import { startCloudflare } from "./services/cloudflare.ts";
import { type DopplerSecret, startDoppler } from "./services/doppler.ts";
import { type GitHubService, startGitHub } from "./services/github.ts";
import { startGitLab } from "./services/gitlab.ts";
import { startHeroku } from "./services/heroku.ts";
import type { Service } from "./services/service.ts";
import { startVault, type VaultSecret } from "./services/vault.ts";
import { startWebhookReceiver } from "./services/webhook_receiver.ts";

/** A target and how to start its service. */
export interface Fixture {
  /** What is tested, for the tests' names. */
  readonly name: string;
  /** The type of the target. */
  readonly type: string;
  /** The proof that a delivery to it ends with. */
  readonly proof: ProofKind;
  /** Whether it refuses a late delivery of an older generation. */
  readonly supersedes: boolean;
  /** How long its rate limit asks to wait, in seconds; undefined where it names no time. */
  readonly rateLimitWait: number | undefined;
  /** The longest value that it takes, in characters. */
  readonly longest: number;
  /** The length of a value that it refuses, in characters; undefined where no one says. */
  readonly tooLong: number | undefined;
  /** Starts the service, with a place for the token and things beside it. */
  start(): Started | Promise<Started>;
}

/** A running service and how to look into it. */
export interface Started {
  /** The service. */
  readonly service: Service;
  /** The target's configuration. */
  readonly config: Readonly<Record<string, unknown>>;
  /** The Worker secrets that it takes. */
  readonly secrets: Readonly<Record<string, string>>;
  /** The same with credentials that may not write; undefined where there are no such. */
  readonly narrow?: Readonly<Record<string, string>>;
  /** A configuration that points to nothing. */
  readonly nowhere: Readonly<Record<string, unknown>>;
  /** Heroku's address, for targets at Heroku. */
  readonly herokuBaseUrl?: string;
  /** The value that the place holds. */
  held(): string | undefined;
  /** Puts a value there behind the target's back, or takes it away. */
  put(value: string | undefined): void;
  /** What is beside the value and has to stay; an object for comparison. */
  beside(): unknown;
}

const NAME = "HEROKU_API_KEY";

/** All targets but the store. */
export const fixtures: readonly Fixture[] = [
  {
    name: "heroku-config-var",
    type: "heroku-config-var",
    proof: "exact",
    supersedes: false,
    rateLimitWait: 7,
    longest: 60_000,
    tooLong: 70_000,
    start() {
      const service = startHeroku();
      const app = "acme-web";
      service.apps.set(app, { RAILS_ENV: "production" });
      const vars = () => service.apps.get(app) ?? {};
      return {
        service,
        herokuBaseUrl: service.url,
        config: { app, name: NAME },
        secrets: { HEROKU_API_TOKEN: service.token },
        narrow: { HEROKU_API_TOKEN: service.narrowToken },
        nowhere: { app: "acme-gone", name: NAME },
        held: () => vars()[NAME],
        put(value) {
          const { [NAME]: _, ...rest } = vars();
          service.apps.set(app, value === undefined ? rest : { ...rest, [NAME]: value });
        },
        beside() {
          const { [NAME]: _, ...rest } = vars();
          return rest;
        },
      };
    },
  },
  {
    name: "webhook",
    type: "webhook",
    proof: "receipt",
    supersedes: true,
    rateLimitWait: 30,
    longest: 60_000,
    tooLong: undefined,
    start() {
      const service = startWebhookReceiver();
      service.tokens.set("other", { token: "other-token", createdAt: "2026-01-01T00:00:00Z" });
      return {
        service,
        config: { url: `${service.url}/tokens?key=query-secret`, signing_secret: "WEBHOOK_SECRET" },
        secrets: { WEBHOOK_SECRET: service.secret },
        nowhere: { url: `${service.url}/nothing`, signing_secret: "WEBHOOK_SECRET" },
        held: () => service.tokens.get("ci-deploy")?.token,
        put(value) {
          if (value === undefined) service.tokens.delete("ci-deploy");
          else service.tokens.set("ci-deploy", { token: value, createdAt: "2026-01-01T00:00:00Z" });
        },
        beside: () => service.tokens.get("other"),
      };
    },
  },
  github("github-actions-secret", "repository acme/web", "/repos/acme/web/actions", {
    repository: "acme/web",
  }),
  github(
    "github-actions-secret",
    "environment",
    "/repos/acme/web/environments/blue%2Fgreen%20%C3%A9",
    {
      repository: "acme/web",
      environment: "blue/green é",
    },
  ),
  github("github-actions-secret", "organization", "/orgs/acme/actions", { organization: "acme" }),
  github("github-dependabot-secret", "repository", "/repos/acme/web/dependabot", {
    repository: "acme/web",
  }),
  github("github-dependabot-secret", "organization", "/orgs/acme/dependabot", {
    organization: "acme",
  }),
  github("github-codespaces-secret", "repository", "/repos/acme/web/codespaces", {
    repository: "acme/web",
  }),
  github("github-codespaces-secret", "organization", "/orgs/acme/codespaces", {
    organization: "acme",
  }),
  githubApp("repository", "/repos/acme/web/actions", "secrets", { repository: "acme/web" }),
  githubApp("environment", "/repos/acme/web/environments/prod", "environments", {
    repository: "acme/web",
    environment: "prod",
  }),
  githubApp("organization", "/orgs/acme/actions", "organization_secrets", {
    organization: "acme",
  }),
  gitlab("project", "projects/acme/web", { project: "acme/web" }, { project: "acme/gone" }),
  gitlab("group", "groups/17", { group: 17 }, { group: 18 }),
  {
    name: "circleci-project-variable",
    type: "circleci-project-variable",
    proof: "suffix",
    supersedes: false,
    rateLimitWait: 11,
    longest: 32_000,
    tooLong: 32_769,
    start() {
      const service = startCircleCI();
      const variables = new Map([["NODE_ENV", "test"]]);
      service.projects.set("gh/acme/web", variables);
      return {
        service,
        config: { project: "gh/acme/web", name: NAME, base_url: service.url },
        secrets: { CIRCLECI_TOKEN: service.token },
        narrow: { CIRCLECI_TOKEN: service.narrowToken },
        nowhere: { project: "gh/acme/gone", name: NAME, base_url: service.url },
        held: () => variables.get(NAME),
        put(value) {
          if (value === undefined) variables.delete(NAME);
          else variables.set(NAME, value);
        },
        beside: () => variables.get("NODE_ENV"),
      };
    },
  },
  {
    name: "circleci-context-variable",
    type: "circleci-context-variable",
    proof: "timestamp",
    supersedes: false,
    rateLimitWait: 11,
    longest: 32_000,
    tooLong: 32_769,
    start() {
      const service = startCircleCI();
      const context = "a5ab0a3b-3ea5-4a0e-a0f5-0b4f4c2f7a11";
      const old = {
        value: "1",
        createdAt: "2026-01-01T00:00:00.000Z",
        updatedAt: "2026-01-01T00:00:00.000Z",
      };
      const variables = new Map(["A", "B", "C"].map((name) => [name, old]));
      service.contexts.set(context, variables);
      return {
        service,
        config: { context, name: NAME, base_url: service.url },
        secrets: { CIRCLECI_TOKEN: service.token },
        narrow: { CIRCLECI_TOKEN: service.narrowToken },
        nowhere: { context: context.replace("a5", "b5"), name: NAME, base_url: service.url },
        held: () => variables.get(NAME)?.value,
        put(value) {
          if (value === undefined) variables.delete(NAME);
          else variables.set(NAME, { ...old, value });
        },
        beside: () => [...variables].filter(([name]) => name !== NAME),
      };
    },
  },
  {
    name: "cloudflare-worker-secret",
    type: "cloudflare-worker-secret",
    proof: "existence",
    supersedes: false,
    rateLimitWait: 13,
    longest: 5 * 1024,
    tooLong: 5 * 1024 + 1,
    start() {
      const service = startCloudflare();
      const account = "0123456789abcdef0123456789abcdef";
      const secrets = new Map([["OTHER", "other"]]);
      service.workers.set(`${account}/acme-web`, secrets);
      const config = { account, script: "acme-web", name: NAME, base_url: service.url };
      return {
        service,
        config,
        secrets: { CLOUDFLARE_API_TOKEN: service.token },
        narrow: { CLOUDFLARE_API_TOKEN: service.narrowToken },
        nowhere: { ...config, script: "acme-gone" },
        held: () => secrets.get(NAME),
        put(value) {
          if (value === undefined) secrets.delete(NAME);
          else secrets.set(NAME, value);
        },
        beside: () => secrets.get("OTHER"),
      };
    },
  },
  {
    name: "cloudflare-secrets-store",
    type: "cloudflare-secrets-store",
    proof: "timestamp",
    supersedes: true,
    rateLimitWait: 13,
    longest: 65_536,
    tooLong: 65_537,
    start() {
      const service = startCloudflare();
      const account = "0123456789abcdef0123456789abcdef";
      const store = "fedcba9876543210fedcba9876543210";
      const old = {
        id: "aaaabbbbccccddddaaaabbbbccccdddd",
        value: "other",
        comment: "Ask Ada",
        scopes: ["workers", "ai_gateway"],
        status: "active",
        created: "2026-01-01T00:00:00.000Z",
        modified: "2026-01-01T00:00:00.000Z",
      };
      const many = Array.from({ length: 120 }, (_, at) => `${NAME}_${at}`);
      const secrets = new Map(
        many.map((name, at) => [name, { ...old, id: String(at).padStart(32, "0") }]),
      );
      service.stores.set(`${account}/${store}`, secrets);
      const config = { account, store, name: NAME, base_url: service.url };
      return {
        service,
        config,
        secrets: { CLOUDFLARE_API_TOKEN: service.token },
        narrow: { CLOUDFLARE_API_TOKEN: service.narrowToken },
        nowhere: { ...config, store: account },
        held: () => secrets.get(NAME)?.value,
        put(value) {
          if (value === undefined) secrets.delete(NAME);
          else secrets.set(NAME, { ...old, value });
        },
        beside: () => ({
          others: many.map((name) => secrets.get(name)),
          scopes: secrets.get(NAME)?.scopes,
          comment: secrets.get(NAME)?.comment.replace(/ \[herotate .+\]$/, ""),
        }),
      };
    },
  },
  {
    name: "vault-kv2",
    type: "vault-kv2",
    proof: "exact",
    supersedes: true,
    rateLimitWait: 3,
    longest: 60_000,
    tooLong: undefined,
    start() {
      const service = startVault();
      service.mounts.add("secret");
      const key = "secret/ci/heroku";
      const customMetadata = { owner: "ada" };
      service.secrets.set(key, { version: 3, data: { other: { deep: [1] } }, customMetadata });
      const held = (): VaultSecret => service.secrets.get(key) ?? { version: 0, customMetadata };
      const config = { base_url: service.url, path: "ci/heroku", key: NAME };
      return {
        service,
        config,
        secrets: { VAULT_TOKEN: service.token },
        narrow: { VAULT_TOKEN: service.narrowToken },
        nowhere: { ...config, mount: "gone" },
        held() {
          const value = held().data?.[NAME];
          return value === undefined ? undefined : String(value);
        },
        put(value) {
          const { [NAME]: _, ...rest } = held().data ?? {};
          const data = value === undefined ? rest : { ...rest, [NAME]: value };
          service.secrets.set(key, { version: held().version + 1, data, customMetadata });
        },
        beside() {
          const { [NAME]: _, ...rest } = held().data ?? {};
          return { rest, owner: held().customMetadata.owner };
        },
      };
    },
  },
  aws("whole", {}),
  aws("member", { key: NAME }),
  {
    name: "doppler",
    type: "doppler",
    proof: "exact",
    supersedes: false,
    rateLimitWait: 17,
    longest: 50_000,
    tooLong: 50_001,
    start() {
      const service = startDoppler();
      const secrets: Record<string, DopplerSecret> = {
        OTHER: { value: "other", note: "keep" },
      };
      service.configs.set("web/prd", secrets);
      const config = { project: "web", config: "prd", name: NAME, base_url: service.url };
      return {
        service,
        config,
        secrets: { DOPPLER_TOKEN: service.token },
        narrow: { DOPPLER_TOKEN: service.narrowToken },
        nowhere: { ...config, config: "gone" },
        held: () => secrets[NAME]?.value,
        put(value) {
          if (value === undefined) delete secrets[NAME];
          else secrets[NAME] = { value, note: "operator's" };
        },
        beside: () => ({ other: secrets.OTHER, note: secrets[NAME]?.note }),
      };
    },
  },
];

function github(
  type: string,
  where: string,
  store: string,
  config: Readonly<Record<string, unknown>>,
): Fixture {
  return {
    name: `${type} (${where})`,
    type,
    proof: "timestamp",
    supersedes: false,
    rateLimitWait: 90,
    longest: 48 * 1024,
    tooLong: 48 * 1024 + 1,
    async start() {
      const service = await startGitHub();
      return {
        ...lookInto(service, store, config),
        secrets: { GITHUB_TOKEN: service.token },
        narrow: { GITHUB_TOKEN: service.narrowToken },
      };
    },
  };
}

function githubApp(
  where: string,
  store: string,
  permission: string,
  config: Readonly<Record<string, unknown>>,
): Fixture {
  return {
    name: `github-actions-secret (${where}, as an App)`,
    type: "github-actions-secret",
    proof: "timestamp",
    supersedes: false,
    rateLimitWait: 90,
    longest: 48 * 1024,
    tooLong: 48 * 1024 + 1,
    async start() {
      const service = await startGitHub();
      service.app.permissions.set(permission, "write").set("metadata", "read");
      const app = { id: service.app.id, private_key_secret: "GITHUB_APP_KEY" };
      return {
        ...lookInto(service, store, { ...config, app }),
        secrets: { GITHUB_APP_KEY: service.app.privateKey },
      };
    },
  };
}

function lookInto(
  service: GitHubService,
  store: string,
  config: Readonly<Record<string, unknown>>,
): Omit<Started, "secrets"> {
  const isOrganization = store.startsWith("/orgs/");
  const old = {
    value: "other",
    createdAt: "2026-01-01T00:00:00Z",
    updatedAt: "2026-01-01T00:00:00Z",
    ...(isOrganization
      ? { visibility: "selected", selected: Array.from({ length: 130 }, (_, id) => id + 1) }
      : {}),
  };
  const path = `${store}/secrets/${NAME}`;
  service.owners.add("acme/web").add("acme");
  service.secrets.set(`${store}/secrets/OTHER`, old);
  const gone = isOrganization ? { organization: "gone" } : { repository: "acme/gone" };
  return {
    service,
    config: { ...config, name: NAME, base_url: service.url },
    nowhere: { ...config, ...gone, name: NAME, base_url: service.url },
    held: () => service.secrets.get(path)?.value,
    put(value) {
      if (value === undefined) service.secrets.delete(path);
      else service.secrets.set(path, { ...old, value });
    },
    beside() {
      const { visibility, selected } = service.secrets.get(path) ?? {};
      return {
        other: service.secrets.get(`${store}/secrets/OTHER`),
        visibility,
        selected,
        violations: service.violations,
      };
    },
  };
}

function gitlab(
  where: string,
  owner: string,
  config: Readonly<Record<string, unknown>>,
  gone: Readonly<Record<string, unknown>>,
): Fixture {
  return {
    name: `gitlab-variable (${where})`,
    type: "gitlab-variable",
    proof: "exact",
    supersedes: false,
    rateLimitWait: 45,
    longest: 10_000,
    tooLong: 10_001,
    start() {
      const service = startGitLab();
      const scope = "production";
      const old = {
        key: NAME,
        value: "other-value",
        environment_scope: "*",
        variable_type: "file",
        protected: true,
        masked: true,
        hidden: false,
        raw: false,
        description: "Ask Ada",
      };
      service.variables.set(owner, [old]);
      const all = () => service.variables.get(owner) ?? [];
      const ours = () => all().find(({ environment_scope }) => environment_scope === scope);
      const rest = { name: NAME, environment_scope: scope, base_url: service.url };
      return {
        service,
        config: { ...config, ...rest },
        secrets: { GITLAB_TOKEN: service.token },
        narrow: { GITLAB_TOKEN: service.narrowToken },
        nowhere: { ...gone, ...rest },
        held: () => ours()?.value,
        put(value) {
          const others = all().filter((variable) => variable !== ours());
          const put = value === undefined ? [] : [{ ...old, environment_scope: scope, value }];
          service.variables.set(owner, [...others, ...put]);
        },
        beside: () => ({
          others: all().filter((v) => v !== ours()),
          ours: { ...ours(), value: "" },
        }),
      };
    },
  };
}

function aws(where: string, more: Readonly<Record<string, unknown>>): Fixture {
  return {
    name: `aws-secrets-manager (${where})`,
    type: "aws-secrets-manager",
    proof: "exact",
    supersedes: true,
    rateLimitWait: undefined,
    longest: 65_000,
    tooLong: 70_000,
    start() {
      const service = startAws();
      const secret = "ci/heroku";
      const isMember = "key" in more;
      const rest = { port: 5432, nested: { list: [1, null, "x"] } };
      const versions = isMember ? [{ id: crypto.randomUUID(), value: JSON.stringify(rest) }] : [];
      service.secrets.set(secret, versions);
      const current = () => versions.at(-1)?.value;
      const parsed = (): Record<string, unknown> => JSON.parse(current() ?? "{}");
      const config = { region: service.region, secret, base_url: service.url, ...more };
      const { accessKey, narrowAccessKey } = service;
      return {
        service,
        config,
        secrets: { AWS_ACCESS_KEY_ID: accessKey.id, AWS_SECRET_ACCESS_KEY: accessKey.secret },
        narrow: {
          AWS_ACCESS_KEY_ID: narrowAccessKey.id,
          AWS_SECRET_ACCESS_KEY: narrowAccessKey.secret,
        },
        nowhere: { ...config, secret: "ci/gone" },
        held() {
          if (!isMember) return current();
          const value = parsed()[NAME];
          return value === undefined ? undefined : String(value);
        },
        put(value) {
          const { [NAME]: _, ...others } = isMember ? parsed() : {};
          if (!isMember && value === undefined) versions.length = 0;
          else {
            versions.push({
              id: crypto.randomUUID(),
              value: isMember ? JSON.stringify({ ...others, [NAME]: value }) : value ?? "",
            });
          }
        },
        beside() {
          if (!isMember) return undefined;
          const { [NAME]: _, ...others } = parsed();
          return others;
        },
      };
    },
  };
}
