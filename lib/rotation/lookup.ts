/**
 * Authorizations that may be gone: a missing one is an answer, not an error.
 *
 * @module
 */
import type { Authorization } from "../authorization.ts";
import type { AuthorizationsClient } from "../client.ts";
import { NotFoundError } from "../errors.ts";

/** Asks Heroku for an authorization; undefined when it is gone. */
export async function findAuthorization(
  authorizations: AuthorizationsClient,
  id: string,
): Promise<Authorization | undefined> {
  try {
    return await authorizations.info(id);
  } catch (error) {
    if (error instanceof NotFoundError) return undefined;
    throw error;
  }
}

/** Deletes an authorization; one that is already gone is success. */
export async function deleteAuthorization(
  authorizations: AuthorizationsClient,
  id: string,
): Promise<void> {
  try {
    await authorizations.delete(id);
  } catch (error) {
    if (!(error instanceof NotFoundError)) throw error;
  }
}
