/**
 * The end of the older ones: a stale authorization is deleted once every required target is seen to
 * hold the new token.
 *
 * @module
 */
import type { Attempt } from "./attempt.ts";
import { entryOf, openToken } from "./attempt.ts";
import { deleteClaimed, type Deletion } from "./authorizations.ts";
import { AttemptError, type Fresh } from "./perform.ts";
import { assertSupplied, verifyAll } from "./supply.ts";

/** Deletes the stale authorizations, one a step. */
export async function retireAll(
  attempt: Attempt,
  mark: string,
  stale: readonly string[],
): Promise<Deletion[]> {
  if (stale.length === 0) return [];
  await verifyAll(attempt, mark);
  const ends: Deletion[] = [];
  for (const older of stale) {
    const title = `retire ${older}`;
    ends.push(await attempt.perform(title, (fresh) => retire(attempt, mark, older, fresh)));
  }
  return ends;
}

async function retire(
  attempt: Attempt,
  mark: string,
  stale: string,
  fresh: Fresh,
): Promise<Deletion> {
  const { account, sealing, write, now } = attempt;
  const { known, note, credential } = fresh;
  const entry = entryOf(known, mark);
  assertSupplied(entry, fresh);
  if (!await account.accepts(await openToken(entry, sealing), entry.scope)) {
    throw new AttemptError(
      `Cannot delete the older authorizations of '${credential.name}' because Heroku refuses the token of generation ${entry.generation}: nothing was deleted, and the next attempt looks again`,
    );
  }
  const older = entryOf(known, stale);
  const holder = findHolder(attempt, stale, fresh);
  if (holder) {
    throw new AttemptError(
      `Cannot delete the older authorizations of '${credential.name}' because ${holder} may still hold the token of one, and belongs to another credential now: the next attempt after that credential is proven there deletes them`,
    );
  }
  const end = await deleteClaimed(account, older, note.own);
  if (end === "own") {
    throw new AttemptError(
      `Cannot delete generation ${older.generation} of '${credential.name}' because it may be the authorization that Herotate itself works with: give Herotate one of its own with \`heroku authorizations:create -d herotate\` and \`wrangler secret put ${account.own.secret}\``,
    );
  }
  const isLeft = end === "renamed" || end === "untouchable";
  await write({ kind: "retire", mark: stale, state: isLeft ? "released" : "retired", at: now() });
  return end;
}

/** A place that this credential has dropped and another one has not been proven at yet. */
function findHolder(
  { isDeliveredTo }: Attempt,
  stale: string,
  { known: { deliveries }, takenOver, credential: { targets } }: Fresh,
): string | undefined {
  const isElsewhere = (place: string) =>
    takenOver.includes(place) ||
    deliveries.some((each) => each.place === place && each.mark !== stale && each.proof !== null);
  return deliveries.find(({ mark, place }) =>
    mark === stale && isDeliveredTo(place) && !targets.some((target) => target.place === place) &&
    !isElsewhere(place)
  )?.place;
}
