/**
 * The create: Heroku makes what was intended, and the ledger keeps its token, sealed.
 *
 * @module
 */
import type { IssuedAuthorization } from "../heroku/authorization.ts";
import { HerokuError } from "../heroku/errors.ts";
import { fingerprint } from "../fingerprint.ts";
import { type Attempt, entryOf, leaseOf } from "./attempt.ts";
import { deleteAuthorization } from "./authorizations.ts";
import { type Entry, SupersededError } from "./ledger.ts";
import { creationOf, LARGEST_SKEW } from "./view.ts";
import { formatMarker } from "./marker.ts";
import { AttemptError, type Fresh, isFinal, RefusedError } from "./perform.ts";
import { LEASE_DURATION } from "./schedule.ts";

/** No authorization is made to live shorter, in milliseconds: a minute. */
const SHORTEST_LIFE = 60_000;

/** Has Heroku create what was intended. Only the try that is noted as its sender sends it. */
export async function create(
  attempt: Attempt,
  mark: string,
  sender: string,
  { known }: Fresh,
): Promise<null> {
  const { run, account, now } = attempt;
  const intended = entryOf(known, mark);
  if (intended.state === "minted") return null;
  // An older copy of the ledger has forgotten who sent it: what was intended long ago may have been sent.
  const isOld = now() > intended.notedAt + LEASE_DURATION;
  if (isOld || intended.state !== "intended" || intended.sender !== sender) {
    throw new AttemptError(
      `Cannot know whether Heroku made a token for '${run.credential}' because an earlier try was cut off. The next attempt looks for it first`,
    );
  }
  const made = await send(attempt, intended);
  if (await recordMinted(attempt, await toMinted(attempt, intended, made))) return null;
  await deleteAuthorization(account.authorizations, made.id);
  throw new SupersededError(leaseOf(run));
}

async function send(
  { account: { authorizations }, write, now }: Attempt,
  intended: Entry,
): Promise<IssuedAuthorization> {
  try {
    return await authorizations.create({
      scope: intended.scope ?? [],
      description: formatMarker({ ...intended, name: intended.credential }),
      expires_in: intended.asked === null ? null : Math.round(intended.asked / 1000),
    });
  } catch (error) {
    if (!(error instanceof HerokuError)) throw error;
    if (error.effect !== "none") {
      // Trying again at once would only find a list that does not show yet what was made.
      throw new AttemptError(
        `Cannot know whether Heroku made a token for '${intended.credential}': ${error.message}. The next attempt looks for it first`,
      );
    }
    // An answer may be wrong: what was refused all the same is looked for, as after a lost answer.
    await write({ kind: "refuse", mark: intended.mark, at: now() });
    throw isFinal(error)
      ? new RefusedError(
        `Cannot make a token for '${intended.credential}' because Heroku refuses it: ${error.message}. Check 'scope', 'expires_in' and how many authorizations the account may have; the next attempt tries again`,
      )
      // Each try counts as a create, so the next one comes after a wait.
      : new AttemptError(
        `Cannot make a token for '${intended.credential}' at the moment: ${error.message}. The next attempt tries again`,
      );
  }
}

/** False for one that no one will ever deliver, as its attempt has been given up. */
async function recordMinted({ write }: Attempt, entry: Entry): Promise<boolean> {
  try {
    const { entries } = await write({ kind: "mint", entry });
    return entries.some(({ mark, state, authorization }) =>
      mark === entry.mark && state === "minted" && authorization === entry.authorization
    );
  } catch (error) {
    if (error instanceof SupersededError) return false;
    throw error;
  }
}

/** The entry with what Heroku answered. What was granted counts, not what was asked for. */
async function toMinted(
  { sealing, now }: Attempt,
  intended: Entry,
  { id, access_token, description, created_at, ...more }: IssuedAuthorization,
): Promise<Entry> {
  const lifetime = grantOf(access_token.expires_in, intended.asked);
  return {
    ...intended,
    authorization: id,
    accessToken: access_token.id ?? null,
    sealedToken: await sealing.seal(access_token.token, intended),
    fingerprint: await fingerprint(access_token.token),
    description: description ?? null,
    lifetime,
    createdAt: believedCreation(
      creationOf(
        { id, ...more, ...(created_at === undefined ? {} : { created_at }) },
        intended.createdAt,
      ),
      intended.createdAt,
    ),
    expiresAt: lifetime === null ? null : now() + lifetime,
  };
}

/** Targets go by this date which token is newer: one that lies far ahead would outdo all that follow. */
function believedCreation(createdAt: number, intendedAt: number): number {
  return createdAt > intendedAt + LARGEST_SKEW ? intendedAt : createdAt;
}

/** How long a new authorization lives: as Heroku answered, if it did and it makes sense. */
function grantOf(seconds: number | null | undefined, asked: number | null): number | null {
  if (seconds === null) return null;
  if (seconds === undefined || seconds * 1000 < SHORTEST_LIFE) return asked;
  return asked === null ? seconds * 1000 : Math.min(seconds * 1000, asked);
}
