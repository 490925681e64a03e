/**
 * Which service made a token, by its look: so that none is sent to another one by mistake.
 *
 * @module
 */

/** A service that marks its tokens: its name in the types of targets, for people, and the mark. */
interface Maker {
  readonly service: string;
  readonly name: string;
  readonly mark: RegExp;
}

const MAKERS: readonly Maker[] = [
  { service: "heroku", name: "Heroku", mark: /^HRKU-/ },
  { service: "github", name: "GitHub", mark: /^(gh[oprsu]_|github_pat_)/ },
  { service: "gitlab", name: "GitLab", mark: /^gl[a-z]{2,6}-/ },
  { service: "circleci", name: "CircleCI", mark: /^CCI(PAT|PRJ)_/ },
  { service: "doppler", name: "Doppler", mark: /^dp\.[a-z]+\./ },
  { service: "vault", name: "Vault", mark: /^hv[sbr]\./ },
  { service: "aws", name: "AWS", mark: /^A[KS]IA[A-Z0-9]{16}$/ },
];

/** A token of theirs inside a text: the mark, and what follows it. */
const TOKENS = new RegExp(
  `\\b(?:(?:${
    [
      "HRKU-",
      "gh[oprsu]_",
      "github_pat_",
      "gl(?:pat|dt|rt|rtr|cbt|ptt|ft|soat|agent|imt|ffct|oas)-",
      "CCI(?:PAT|PRJ)_",
      "dp\\.(?:st|pt|ct|sa|said|scim|audit)\\.",
      "hv[sbr]\\.",
    ].join("|")
  })[\\w-]{16,}|A[KS]IA[A-Z0-9]{16}\\b)`,
  "g",
);

/** Whether a text looks like a token of a service that marks its tokens. */
export function isToken(text: string): boolean {
  return MAKERS.some(({ mark }) => mark.test(text));
}

/** Takes what looks like a token out of a text, as it may have been written in a wrong place. */
export function concealTokens(text: string): string {
  return text.replaceAll(TOKENS, "[redacted]");
}

/** Where no token of another service belongs; the last two are the Worker's own. */
const PARTICULAR = new Set([
  ...MAKERS.map(({ service }) => service),
  "cloudflare",
  "page",
  "reader",
]);

/**
 * The name of the service that made a token, if its look says so and it is another one than the
 * token is to be sent to. Of services that Herotate doesn't know, none is said to be wrong.
 *
 * @param service Where it is to be sent, such as `github`.
 */
export function findOtherMaker(value: string, service: string): string | undefined {
  if (!PARTICULAR.has(service)) return undefined;
  return MAKERS.find((maker) => maker.service !== service && maker.mark.test(value))?.name;
}
