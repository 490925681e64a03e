/**
 * Speaks to GitHub for one secret: with a token or as an app, and with what GitHub's refusals mean.
 *
 * @module
 */
import * as v from "valibot";
import { createConceal } from "../conceal.ts";
import { endpoint } from "./members.ts";
import { fetchInstallationToken, GITHUB_HEADERS } from "./github_app.ts";
import type { GitHubSecretConfig, GitHubStore } from "./github_config.ts";
import { adviseOnRefusal, classifyRefusal, numberedAddress } from "./github_refusals.ts";
import { type Answer, createRequester, type Session, type TargetCall } from "./request.ts";
import {
  type Delivery,
  type TargetContext,
  type TargetEnvironment,
  TargetError,
} from "./target.ts";

/** The Worker secret with the token, unless the configuration names another. */
export const DEFAULT_TOKEN = "GITHUB_TOKEN";

/** How long to wait after a rate limit that names no time; GitHub's own recommendation. */
const RATE_LIMIT_WAIT = 60_000;

/** GitHub learns of a new installation token within seconds, its permissions last: milliseconds. */
const REPLICATION_WAITS: readonly number[] = [1_000, 2_000];

/** The most repositories that GitHub lists on a page. */
const PAGE = 100;

const repository = v.object({
  full_name: v.pipe(v.string(), v.regex(/^[\w-]{1,39}\/[\w.-]{1,100}$/)),
});

/** One request below the API's address. */
export type GitHubCall = Pick<TargetCall, "method" | "body" | "expected"> & {
  /** The path's segments. */
  readonly path: readonly string[];
  /** Which page of a list, from 1 on. */
  readonly page?: number;
};

/** Sends a request of one delivery. */
export type GitHubSend = (call: GitHubCall) => Promise<Answer>;

/** Speaks to GitHub for one secret. */
export interface GitHubClient {
  /** The secret in words. */
  readonly place: string;
  /** Makes what sends the requests of one delivery. */
  authorize(delivery: Delivery, context: TargetContext): Promise<GitHubSend>;
}

/** Makes the client for a secret. */
export function createGitHubClient(
  store: GitHubStore,
  config: GitHubSecretConfig,
  environment: TargetEnvironment,
): GitHubClient {
  const { organization = "", name, app, token_secret: token = DEFAULT_TOKEN, base_url: baseUrl } =
    config;
  const owner = config.repository ?? organization;
  const inside = config.environment === undefined ? "" : ` (environment '${config.environment}')`;
  const place = `${store.title} secret '${name}' of '${owner}'${inside}`;
  const permission = permissionOf(store, config);
  const caller = app ? "the app" : `the token in the Worker secret '${token}'`;
  const request = createRequester(environment, {
    place,
    advice: {
      unauthorized: app
        ? "check the clock, and that the app is still installed"
        : `set the Worker secret '${token}' to a token that GitHub accepts`,
      forbidden: app
        ? `grant the app the permission '${permission}: write'`
        : `give the token in the Worker secret '${token}' the permission '${permission}: write' for '${owner}'`,
      not_found:
        `check that '${owner}'${inside} exists under that name, and that ${caller} has access to it with the permission '${permission}: write'${
          store.absent === undefined ? "" : ` (${store.absent})`
        }`,
      invalid_value: "check 'name', and that the store has room for another secret",
    },
    classify: classifyRefusal,
    advise: (answer) => adviseOnRefusal(answer, { owner, caller, baseUrl }),
    rateLimitWait: RATE_LIMIT_WAIT,
  });

  /** What GitHub calls a repository that it redirects for. */
  async function findPresentName(session: Session): Promise<string | undefined> {
    const url = endpoint(baseUrl, ["repos", ...owner.split("/")]);
    try {
      const moved = await request(session, { method: "GET", url, expected: [301, 302, 307, 308] });
      const numbered = numberedAddress(moved, baseUrl);
      if (numbered === undefined) return undefined;
      const found = await request(session, { method: "GET", url: numbered, expected: [200] });
      return found.read(repository, "a repository").full_name;
    } catch {
      return undefined;
    }
  }

  async function withPresentName(error: unknown, session: Session): Promise<unknown> {
    if (!(error instanceof TargetError) || !isRedirect(error) || !config.repository) return error;
    const found = await findPresentName(session);
    if (found === undefined) return error;
    const conceal = createConceal([session.delivery.token, ...session.secrets ?? []]);
    return new TargetError(error.code, `${error.message} (GitHub says '${conceal(found)}')`, error);
  }

  return {
    place,
    async authorize(delivery, context) {
      const scope = {
        owner: config.repository === undefined
          ? { organization }
          : { repository: config.repository },
        permission,
      };
      const credential = app
        ? await fetchInstallationToken(app, scope, baseUrl, environment, delivery, context)
        : environment.secret(token);
      const session = {
        delivery,
        context,
        secrets: [credential],
        headers: { ...GITHUB_HEADERS, authorization: `Bearer ${credential}` },
      };
      let waits = app ? REPLICATION_WAITS : [];

      return async function send({ path, page, ...call }) {
        const url = endpoint(baseUrl, path);
        if (page !== undefined) {
          url.searchParams.set("per_page", String(PAGE));
          url.searchParams.set("page", String(page));
        }
        for (;;) {
          try {
            const answer = await request(session, { ...call, url });
            waits = [];
            return answer;
          } catch (error) {
            const [wait, ...later] = waits;
            if (wait === undefined || !isUnknownYet(error)) {
              throw await withPresentName(error, session);
            }
            waits = later;
            await pause(wait, context.signal);
          }
        }
      };
    },
  };
}

function permissionOf({ permissions }: GitHubStore, config: GitHubSecretConfig): string {
  if (config.repository === undefined) return permissions.organization;
  return config.environment === undefined
    ? permissions.repository
    : permissions.environment ?? permissions.repository;
}

function isRedirect({ status = 0 }: TargetError): boolean {
  return status >= 300 && status < 400;
}

/** Whether GitHub says of a new token that it does not know it, or not what it may. */
function isUnknownYet(error: unknown): boolean {
  return error instanceof TargetError &&
    (error.code === "unauthorized" || error.code === "forbidden");
}

async function pause(milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
  signal?.throwIfAborted();
  await new Promise<void>((resolve) => {
    const end = () => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", end);
      resolve();
    };
    const timer = setTimeout(end, milliseconds);
    signal?.addEventListener("abort", end);
  });
  signal?.throwIfAborted();
}
