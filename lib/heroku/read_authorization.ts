/**
 * Reads an authorization out of a single answer.
 *
 * @module
 */
import { type Authorization, isIssued, type IssuedAuthorization } from "./authorization.ts";
import type { CallOptions, MistypedMember } from "./client_options.ts";
import type { HerokuResponse } from "./judge.ts";
import { type LeftOutMember, parseAuthorization } from "./parse_authorization.ts";

type OnMistyped = CallOptions["onMistyped"];

/**
 * Reports each member that was left out of a record.
 *
 * @param onMistyped What to call, if anything.
 * @param mistyped The members that were left out.
 * @param place The record's id, and in a list its place.
 */
export function reportMistyped(
  onMistyped: OnMistyped,
  mistyped: readonly LeftOutMember[],
  place: Pick<MistypedMember, "id" | "page" | "index">,
): void {
  for (const leftOut of mistyped) onMistyped?.({ ...leftOut, ...place });
}

/**
 * Reads an authorization from an answer.
 *
 * @param response The answer.
 * @param onMistyped Is called for each member that was left out.
 * @throws {MalformedResponseError} When the body is no authorization.
 */
export function readAuthorization(response: HerokuResponse, onMistyped: OnMistyped): Authorization {
  const parsed = parseAuthorization(response.body);
  if (!parsed.ok) throw response.malformed(`its body is no authorization: ${parsed.reason}`);
  const { authorization, mistyped } = parsed;
  reportMistyped(onMistyped, mistyped, { id: authorization.id });
  return authorization;
}

/**
 * Reads an authorization with its whole token from an answer. What is left out is reported before the
 * token is missed, so that the caller knows the id of what lives at Heroku now.
 *
 * @param response The answer.
 * @param onMistyped Is called for each member that was left out.
 * @throws {MalformedResponseError} When the body is no authorization, or without the whole token.
 */
export function readIssued(response: HerokuResponse, onMistyped: OnMistyped): IssuedAuthorization {
  const authorization = readAuthorization(response, onMistyped);
  if (!isIssued(authorization)) {
    throw response.malformed("its authorization is without a whole 'access_token.token'");
  }
  return authorization;
}
