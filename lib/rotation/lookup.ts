/**
 * Authorizations that may be gone: a missing one is an answer, not an error.
 *
 * @module
 */
import type { Authorization } from "../authorization.ts";
import type { AuthorizationsClient } from "../client.ts";
import { NotFoundError } from "../errors.ts";
import { isClaimed } from "./line.ts";

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

/**
 * Deletes a credential's authorization, unless it was renamed by hand or is the account's default API
 * key. One that is already gone is success.
 */
export async function deleteClaimed(
  authorizations: AuthorizationsClient,
  id: string,
  credential: string,
): Promise<void> {
  const found = await findAuthorization(authorizations, id);
  const untouchable = await findAuthorization(authorizations, "~");
  if (found && isClaimed(found, credential) && found.id !== untouchable?.id) {
    await deleteAuthorization(authorizations, found.id);
  }
}
