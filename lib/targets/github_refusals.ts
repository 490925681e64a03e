/**
 * What GitHub's refusals mean: many reasons share a status, and only the words tell them apart.
 *
 * @module
 */
import { parseUrl } from "../parse_url.ts";
import type { Answer } from "./request.ts";
import type { TargetErrorCode } from "./target.ts";

/** What an advice is about. */
export interface RefusedCall {
  /** The repository (`owner/name`) or the organization. */
  readonly owner: string;
  /** Who asked, such as `the token in the Worker secret 'GITHUB_TOKEN'`. */
  readonly caller: string;
  /** GitHub's API, as configured. */
  readonly baseUrl: string;
}

/** The words of a refusal, and what helps. */
const ADVICE: readonly [words: RegExp, advise: (call: RefusedCall) => string][] = [
  [
    /SAML|single sign-on/i,
    ({ caller }) => `authorize ${caller} for the organization's single sign-on`,
  ],
  [
    /IP allow list/i,
    () => "let the organization's IP allow list admit the addresses that this Worker calls from",
  ],
  [/archived/i, ({ owner }) => `unarchive '${owner}', or remove this target`],
  [
    /installation .*suspended/i,
    ({ owner }) => `unsuspend the installation of the app at '${owner}'`,
  ],
  [/access blocked|account was suspended/i, () => "ask GitHub's support why"],
  [
    /forbids access via|personal access tokens? (\(classic\)|if the token's lifetime)/i,
    ({ owner }) => `use a token of a kind that '${owner}' allows, or a GitHub App`,
  ],
  [
    /upgrade to GitHub|make this repository public/i,
    ({ owner }) => `choose a plan of '${owner}' at GitHub that allows this, or remove this target`,
  ],
  [
    /X-GitHub-Api-Version|API version/i,
    () => "use a newer version of Herotate, as GitHub no longer supports this one's API version",
  ],
  [
    /repositor(y|ies) that does not exist or is not accessible/i,
    ({ owner }) => `let the installation of the app have access to '${owner}'`,
  ],
];

/** What helps against a refusal whose reason the answer shows; undefined for any other. */
export function adviseOnRefusal(answer: Answer, call: RefusedCall): string | undefined {
  if (isRenamed(answer, call)) {
    return `'${call.owner}' was renamed or moved, so give its present name in 'repository'`;
  }
  if (isElsewhere(answer)) {
    return "check that 'base_url' is GitHub's API, which Enterprise Server has at 'https://<its host>/api/v3'";
  }
  const words = wordsOf(answer);
  return ADVICE.find(([pattern]) => pattern.test(words))?.[1](call);
}

/** The code of an answer for which GitHub uses its status in a way of its own. */
export function classifyRefusal(answer: Answer): TargetErrorCode | undefined {
  const { status } = answer;
  if (status === 403 && /rate limit|abuse/i.test(wordsOf(answer))) return "rate_limited";
  // Two writes at once, and GitHub's storage being busy.
  if (status === 409) return "unavailable";
  return status === 451 ? "forbidden" : undefined;
}

/** Where GitHub has a repository by its number: that is how it answers for a former name. */
export function numberedAddress({ headers }: Answer, baseUrl: string): URL | undefined {
  const to = parseUrl(headers.get("location") ?? "", baseUrl);
  if (to?.origin !== new URL(baseUrl).origin) return undefined;
  const [path] = /^.*\/repositories\/\d+(?=\/|$)/.exec(to.pathname) ?? [];
  return path === undefined ? undefined : new URL(path, to.origin);
}

function isRenamed(answer: Answer, { baseUrl }: RefusedCall): boolean {
  const { status } = answer;
  return status >= 300 && status < 400 && numberedAddress(answer, baseUrl) !== undefined;
}

/** GitHub's API answers in JSON, and sends no one to a page. */
function isElsewhere({ status, headers, body }: Answer): boolean {
  const isPage = body === undefined && /html/.test(headers.get("content-type") ?? "");
  return (status >= 300 && status < 400) || (isPage && (status === 404 || status === 406));
}

function wordsOf({ headers, body }: Answer): string {
  const sso = headers.has("x-github-sso") ? "single sign-on " : "";
  return sso + (JSON.stringify(body) ?? "");
}
