/**
 * Answers in which GitHub refuses for a reason of its own, in its own words.
 *
 * @module
 */

/** One such answer. */
export interface GitHubRefusal {
  /** The HTTP status. */
  readonly status: number;
  /** What GitHub says. */
  readonly message: string;
  /** The headers that matter. */
  readonly headers?: Readonly<Record<string, string>>;
}

const BUDGET_LEFT = {
  "x-ratelimit-limit": "5000",
  "x-ratelimit-remaining": "4871",
  "x-ratelimit-reset": String(Math.floor(Date.now() / 1000) + 3_000),
};

/** The answers, by what is the matter. */
export const GITHUB_REFUSALS = {
  singleSignOn: {
    status: 403,
    message:
      "Resource protected by organization SAML enforcement. You must grant your Personal Access token access to this organization.",
    headers: {
      "x-github-sso":
        "required; url=https://github.com/orgs/acme/sso?authorization_request=sso-Yb7cN2wLq",
    },
  },
  addressNotAllowed: {
    status: 403,
    message:
      "Although you appear to have the correct authorization credentials, the `acme` organization has an IP allow list enabled, and your IP address is not permitted to access this resource.",
  },
  archived: { status: 403, message: "Repository was archived so is read-only." },
  kindOfToken: {
    status: 403,
    message:
      "`acme` forbids access via a personal access token (classic). Please use a GitHub App, OAuth App, or a personal access token with fine-grained permissions.",
  },
  lifetimeOfToken: {
    status: 403,
    message:
      "The 'acme' organization forbids access via a fine-grained personal access tokens if the token's lifetime is greater than 366 days. Please adjust your token's lifetime",
  },
  plan: {
    status: 403,
    message: "Upgrade to GitHub Pro or make this repository public to enable this feature.",
  },
  blocked: { status: 451, message: "Repository access blocked" },
  suspendedAccount: { status: 403, message: "Sorry. Your account was suspended." },
  suspendedInstallation: { status: 403, message: "This installation has been suspended" },
  notAccessible: {
    status: 403,
    message: "Resource not accessible by personal access token",
    headers: { "x-accepted-github-permissions": "secrets=write" },
  },
  unsupportedVersion: {
    status: 400,
    message:
      "Unsupported 'X-GitHub-Api-Version' header value: '2022-11-28'. Supported versions are: 2026-03-10.",
  },
  secondaryLimit: {
    status: 403,
    message:
      "You have exceeded a secondary rate limit. Please wait a few minutes before you try again.",
    headers: BUDGET_LEFT,
  },
  secondaryLimit429: {
    status: 429,
    message:
      "You have exceeded a secondary rate limit. Please wait a few minutes before you try again.",
    headers: BUDGET_LEFT,
  },
  secondaryLimitWithWait: {
    status: 403,
    message: "You have exceeded a secondary rate limit and have been temporarily blocked.",
    headers: { ...BUDGET_LEFT, "retry-after": "30" },
  },
  storeDown: { status: 503, message: "Secrets service unavailable", headers: BUDGET_LEFT },
  conflict: { status: 409, message: "Conflict" },
} as const satisfies Readonly<Record<string, GitHubRefusal>>;

/** The answer itself. */
export function refusalOf(kind: keyof typeof GITHUB_REFUSALS): Response {
  const { status, message, headers }: GitHubRefusal = GITHUB_REFUSALS[kind];
  const documentation_url = "https://docs.github.com/rest";
  return Response.json({ message, documentation_url, status: String(status) }, { status, headers });
}

/** A refusal in a few words. */
export function failure(status: number, message: string): Response {
  return Response.json({ message, documentation_url: "https://docs.github.com/rest" }, { status });
}
