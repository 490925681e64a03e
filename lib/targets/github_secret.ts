/**
 * What the three stores of secrets at GitHub have in common: Actions, Dependabot and Codespaces.
 *
 * @module
 */
import * as v from "valibot";
import { endpoint } from "./fields.ts";
import { fetchInstallationToken, GITHUB_HEADERS } from "./github_app.ts";
import {
  type GitHubSecretConfig,
  gitHubSecretSchema,
  type GitHubStore,
  VISIBILITIES,
} from "./github_config.ts";
import { missing, proveWritten, writtenBetween } from "./proof.ts";
import { type Answer, createRequester, type TargetCall } from "./request.ts";
import { seal } from "./sealed_box.ts";
import type {
  Delivery,
  Target,
  TargetContext,
  TargetDefinition,
  TargetEnvironment,
} from "./target.ts";

const DEFAULT_TOKEN = "GITHUB_TOKEN";

/** How long to wait after a rate limit that names no time; GitHub's own recommendation. */
const RATE_LIMIT_WAIT = 60_000;

/** The most repositories that GitHub lists on a page. */
const PAGE = 100;

const publicKey = v.object({ key_id: v.string(), key: v.pipe(v.string(), v.base64()) });
const secret = v.object({ updated_at: v.string() });
const organizationSecret = v.object({ visibility: v.picklist(VISIBILITIES) });
const repositories = v.object({
  total_count: v.number(),
  repositories: v.array(v.object({ id: v.number() })),
});

/** Defines the target that delivers to one of GitHub's stores. */
export function defineGitHubSecret(store: GitHubStore): TargetDefinition<GitHubSecretConfig> {
  return {
    type: store.type,
    proof: "timestamp",
    schema: gitHubSecretSchema(store),
    place: (config) =>
      `${store.type}:${new URL(config.base_url).host}/${
        pathOf(store, config).join("/").toLowerCase()
      }/${config.name.toUpperCase()}`,
    secrets: ({ token, app }) => [app ? app.private_key : token ?? DEFAULT_TOKEN],
    signingSecrets: ({ app }) => app ? [app.private_key] : [],
    create: (config, environment) => create(store, config, environment),
  };
}

function pathOf({ store }: GitHubStore, config: GitHubSecretConfig): string[] {
  const { repository, environment, organization = "" } = config;
  if (repository === undefined) return ["orgs", organization, store, "secrets"];
  const base = ["repos", ...repository.split("/")];
  return environment === undefined
    ? [...base, store, "secrets"]
    : [...base, "environments", environment, "secrets"];
}

function create(
  store: GitHubStore,
  config: GitHubSecretConfig,
  environment: TargetEnvironment,
): Target {
  const { repository, organization = "", name, app, token = DEFAULT_TOKEN } = config;
  const owner = repository ?? organization;
  const inside = config.environment === undefined ? "" : ` (environment '${config.environment}')`;
  const place = `${store.title} secret '${name}' of '${owner}'${inside}`;
  const permission = repository === undefined
    ? store.permissions.organization
    : config.environment === undefined
    ? store.permissions.repository
    : store.permissions.environment ?? store.permissions.repository;
  const path = pathOf(store, config);
  const request = createRequester(environment, {
    place,
    advice: {
      unauthorized: app
        ? "check the clock, and that the app is still installed"
        : `set the Worker secret '${token}' to a token that GitHub takes`,
      forbidden: app
        ? `grant the app the permission '${permission}: write'`
        : `give the token in the Worker secret '${token}' the permission '${permission}: write' for '${owner}'`,
      not_found: `check that '${owner}'${inside} exists under that name, and that the ${
        app ? "app" : `token in the Worker secret '${token}'`
      } has access to it`,
      invalid_value: "check 'name', and that the store has room for another secret",
    },
    classify: ({ status, body }) =>
      status === 403 && /rate limit|abuse/i.test(JSON.stringify(body) ?? "")
        ? "rate_limited"
        : undefined,
    rateLimitWait: RATE_LIMIT_WAIT,
  });

  type Call = Pick<TargetCall, "method" | "body" | "expected"> & {
    readonly path: readonly string[];
    readonly page?: number;
  };
  type Send = (call: Call) => Promise<Answer>;

  async function authorize(delivery: Delivery, context: TargetContext): Promise<Send> {
    const scope = {
      owner: repository === undefined ? { organization } : { repository },
      permission,
    };
    const credential = app
      ? await fetchInstallationToken(app, scope, config.base_url, environment, delivery, context)
      : environment.secret(token);
    const session = {
      delivery,
      context,
      secrets: [credential],
      headers: { ...GITHUB_HEADERS, authorization: `Bearer ${credential}` },
    };
    return ({ path: segments, page, ...call }) => {
      const url = endpoint(config.base_url, segments);
      if (page !== undefined) {
        url.searchParams.set("per_page", String(PAGE));
        url.searchParams.set("page", String(page));
      }
      return request(session, { ...call, url });
    };
  }

  /** An organization's secret is overwritten with its audience, so what it has is sent back. */
  async function audience(send: Send): Promise<Readonly<Record<string, unknown>>> {
    if (repository !== undefined) return {};
    const present = await send({ method: "GET", path: [...path, name], expected: [200, 404] });
    const keeps = present.status === 200
      ? present.read(organizationSecret, "the secret's visibility").visibility
      : config.visibility ?? "private";
    if (keeps !== "selected") return { visibility: keeps };
    const selected: number[] = [];
    for (let page = 1, total = present.status === 200 ? 1 : 0; selected.length < total; page++) {
      const answer = await send({
        method: "GET",
        path: [...path, name, "repositories"],
        page,
        expected: [200],
      });
      const listed = answer.read(repositories, "the secret's repositories");
      if (listed.repositories.length === 0) break;
      selected.push(...listed.repositories.map(({ id }) => id));
      total = listed.total_count;
    }
    return { visibility: keeps, selected_repository_ids: selected };
  }

  return {
    async deliver(delivery, context) {
      const send = await authorize(delivery, context);
      const audienceKept = await audience(send);
      const before = await send({
        method: "GET",
        path: [...path, "public-key"],
        expected: [200],
      });
      const { key, key_id } = before.read(publicKey, "a public key");
      const sealed = await seal(delivery.token, Uint8Array.fromBase64(key));
      const after = await send({
        method: "PUT",
        path: [...path, name],
        body: JSON.stringify({ encrypted_value: sealed.toBase64(), key_id, ...audienceKept }),
        expected: [201, 204],
      });
      return writtenBetween(before, after, environment.now());
    },
    async confirm(delivery, receipt, context) {
      const send = await authorize(delivery, context);
      const answer = await send({ method: "GET", path: [...path, name], expected: [200, 404] });
      if (answer.status === 404) throw missing(place);
      return proveWritten(place, answer.read(secret, "the secret").updated_at, receipt);
    },
  };
}
