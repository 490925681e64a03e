/**
 * A typed client for Heroku's OAuth authorizations (API tokens), that needs nothing but fetch: for
 * Deno, Cloudflare Workers, Node, Bun and browsers.
 *
 * Reads and deletes are tried again when Heroku stumbles; creating and regenerating never are, as a
 * lost answer may mean a live token. No error holds a token.
 *
 * @example Create, list, look up, rename and delete
 * ```ts
 * import { createClient } from "@herotate/herotate";
 *
 * export async function tour(token: string): Promise<void> {
 *   const authorizations = createClient({ token });
 *
 *   const made = await authorizations.create({
 *     scope: ["read"],
 *     description: "ci-deploy",
 *     expires_in: 30 * 24 * 60 * 60, // seconds
 *   });
 *   const secret: string = made.access_token.token; // Heroku never gives it again
 *   console.log(secret.length);
 *
 *   const all = await authorizations.list();
 *   console.log(all.map(({ description }) => description));
 *
 *   const { access_token } = await authorizations.info(made.id);
 *   console.log(access_token?.expires_in, "seconds left");
 *
 *   await authorizations.update(made.id, { description: "ci" });
 *   await authorizations.delete(made.id);
 * }
 * ```
 *
 * @example Tell failures apart
 * ```ts
 * import { type AuthorizationsClient, HerokuError, NotFoundError } from "@herotate/herotate";
 *
 * export async function deleteIfThere(client: AuthorizationsClient, id: string): Promise<void> {
 *   try {
 *     await client.delete(id);
 *   } catch (error) {
 *     if (error instanceof NotFoundError) return;
 *     if (error instanceof HerokuError) console.error(error.code, error.requestId);
 *     throw error;
 *   }
 * }
 * ```
 *
 * @module
 */
export { createClient } from "./lib/heroku/client.ts";
export type { AuthorizationsClient, ListOptions, MalformedRecord } from "./lib/heroku/client.ts";
export type { CallOptions, ClientOptions, MistypedMember } from "./lib/heroku/client_options.ts";
export type { CreateAttributes, UpdateAttributes } from "./lib/heroku/attributes.ts";
export { isExpired, isIssued } from "./lib/heroku/authorization.ts";
export type {
  AccessToken,
  Authorization,
  AuthorizationUser,
  IssuedAuthorization,
  OAuthClient,
  OAuthGrant,
  OAuthSession,
  RefreshToken,
} from "./lib/heroku/authorization.ts";
export {
  ForbiddenError,
  HerokuError,
  InvalidRequestError,
  MalformedResponseError,
  NetworkError,
  NotFoundError,
  PagingError,
  RateLimitError,
  ServerError,
  TimeoutError,
  TwoFactorError,
  UnauthorizedError,
  UnexpectedStatusError,
} from "./lib/heroku/errors.ts";
export type { Effect, HerokuErrorCode, HerokuErrorDetails } from "./lib/heroku/errors.ts";
