/**
 * The authorization that Herotate itself works with. Heroku has no call that names it, so it is known
 * by its token: of what Herotate made by the fingerprint, of anything else by what Heroku shows of it.
 *
 * @module
 */
import type { Authorization } from "../heroku/authorization.ts";
import { fingerprint } from "../fingerprint.ts";
import type { Entry } from "./ledger.ts";

/** The token that Herotate works with, without giving it away. */
export interface OwnToken {
  /** The Worker secret that holds it. */
  readonly secret: string;
  /** Its fingerprint. */
  readonly fingerprint: string;
  /**
   * How well an authorization's visible token fits it: `strong` when what is visible is its own,
   * `weak` when nothing speaks against it, `none` when it is another one.
   */
  compare(authorization: Authorization): "strong" | "weak" | "none";
}

/** So many visible characters beyond what all tokens begin with are no accident. */
const LEAST_VISIBLE = 4;

/** What tokens of one form begin with, such as `HRKU-AA`. */
const SHARED_PREFIX = /^(?:HRKU-(?:AA)?)?/;

/**
 * Makes what is known of a token.
 *
 * @param secret The Worker secret that holds it.
 */
export async function createOwnToken(
  token: string,
  secret: string = "HEROKU_API_TOKEN",
): Promise<OwnToken> {
  const own = await fingerprint(token);
  return {
    secret,
    fingerprint: own,
    compare({ access_token, scope }) {
      if (access_token === null) return "none";
      const visible = access_token?.token;
      if (visible === token) return "strong";
      // Only a token of the scope `global` may manage authorizations.
      if (scope !== undefined && scope.length > 0 && !scope.includes("global")) return "none";
      if (visible === undefined) return "weak";
      const parts = /^([^*]*)\*{3,}([^*]*)$/.exec(visible);
      if (!parts) return "none";
      const [, prefix, suffix] = parts;
      if (!token.startsWith(prefix) || !token.endsWith(suffix)) return "none";
      const seen = prefix.replace(SHARED_PREFIX, "").length + suffix.length;
      return seen >= LEAST_VISIBLE ? "strong" : "weak";
    },
  };
}

/**
 * Finds, among all that Heroku lists, the ids of what may be the authorization of the own token: the
 * one that shows it, or else each one that may have it.
 */
export function findOwn(
  listed: readonly Authorization[],
  made: ReadonlyMap<string, Entry>,
  own: OwnToken,
): ReadonlySet<string> {
  const fits = listed.map((authorization) => {
    const known = made.get(authorization.id)?.fingerprint ?? null;
    const fit = known === null
      ? own.compare(authorization)
      : known === own.fingerprint
      ? "strong"
      : "none";
    return { id: authorization.id, fit };
  });
  const strong = fits.filter(({ fit }) => fit === "strong");
  const candidates = strong.length > 0 ? strong : fits.filter(({ fit }) => fit === "weak");
  return new Set(candidates.map(({ id }) => id));
}
