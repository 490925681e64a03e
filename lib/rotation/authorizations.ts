/**
 * What Heroku has: a missing authorization is an answer, not an error, and a list says how far it can
 * be relied on.
 *
 * @module
 */
import type { Authorization } from "../heroku/authorization.ts";
import type { AuthorizationsClient, MalformedRecord, MistypedMember } from "../heroku/client.ts";
import { NotFoundError, PagingError } from "../heroku/errors.ts";
import type { Entry } from "./ledger.ts";
import { isClaimed } from "./findings.ts";
import type { OwnToken } from "./own_token.ts";
import { AttemptError } from "./perform.ts";

/** A list, as far as it could be read. */
export interface Listing {
  /** What could be read. */
  readonly authorizations: readonly Authorization[];
  /** The records that could not. */
  readonly unreadable: readonly MalformedRecord[];
  /** The members of another type than Heroku documents, which were left out. */
  readonly mistyped: readonly MistypedMember[];
  /** Why the list broke off before its end, in words; null for a whole one. */
  readonly broken: string | null;
}

/** Lists all authorizations. One that breaks off is given as far as it went, and says so. */
export async function listAuthorizations(authorizations: AuthorizationsClient): Promise<Listing> {
  const listed: Authorization[] = [];
  const unreadable: MalformedRecord[] = [];
  const mistyped: MistypedMember[] = [];
  let broken: string | null = null;
  try {
    const all = authorizations.iterate({
      onMalformed: (record) => unreadable.push(record),
      onMistyped: (member) => mistyped.push(member),
    });
    for await (const authorization of all) listed.push(authorization);
  } catch (error) {
    if (!(error instanceof PagingError)) throw error;
    broken = error.message;
  }
  return { authorizations: listed, unreadable, mistyped, broken };
}

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

/** Deletes an authorization, and says whether it was there; one that is already gone is success. */
export async function deleteAuthorization(
  authorizations: AuthorizationsClient,
  id: string,
): Promise<"deleted" | "gone"> {
  try {
    await authorizations.delete(id);
    return "deleted";
  } catch (error) {
    if (error instanceof NotFoundError) return "gone";
    throw error;
  }
}

/**
 * What became of an authorization that was to be deleted: `renamed` was changed by hand and is left
 * alone, as is `untouchable`, the account's default API key; `own` is the one that Herotate works with.
 */
export type Deletion = "deleted" | "gone" | "renamed" | "untouchable" | "own";

/** What deleting takes. */
export interface DeletionWorld {
  /** Heroku's authorizations. */
  readonly authorizations: AuthorizationsClient;
  /** The token that Herotate works with. */
  readonly own: OwnToken;
}

/**
 * Deletes a credential's authorization, if it still is what the ledger knows.
 *
 * @param entry The ledger's entry for it.
 * @param ownId The id of the authorization that Herotate works with; null when it is not known.
 */
export async function deleteClaimed(
  { authorizations, own }: DeletionWorld,
  entry: Entry,
  ownId: string | null,
): Promise<Deletion> {
  if (entry.authorization === null) return "gone";
  const found = await findAuthorization(authorizations, entry.authorization);
  if (!found) return "gone";
  if (found.description === undefined) {
    throw new AttemptError(
      `Cannot delete generation ${entry.generation} of '${entry.credential}' because Heroku does not say its description, so someone may have renamed it: it is tried again`,
    );
  }
  if (!isClaimed(found, entry)) return "renamed";
  const isOwn = entry.fingerprint !== null
    ? entry.fingerprint === own.fingerprint
    : ownId !== null
    ? ownId === found.id
    : own.compare(found) !== "none";
  if (isOwn) return "own";
  const untouchable = await findAuthorization(authorizations, "~");
  if (found.id === untouchable?.id) return "untouchable";
  return await deleteAuthorization(authorizations, found.id);
}
