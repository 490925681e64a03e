/**
 * The first step of a rotation: which replacement to go on with, or what a new one is to be.
 *
 * @module
 */
import type { Attempt } from "./attempt.ts";
import { deleteAuthorization, listAuthorizations } from "./authorizations.ts";
import { findBrake } from "./brake.ts";
import type { Credential } from "./credential.ts";
import type { CredentialLedger, Entry, EntryState } from "./ledger.ts";
import { leftoversOf } from "./findings.ts";
import { askedOf, isContested, predecessorOf } from "./line.ts";
import { createView } from "./view.ts";
import { createMark } from "./marker.ts";
import { ageOf, newestMinted } from "./line.ts";
import { AttemptError, type Fresh } from "./perform.ts";
import { DEFAULT_LIFETIME, due } from "./schedule.ts";
import { canOpen } from "./sealing.ts";

/** The replacement that an attempt goes on with. */
export interface Minted {
  /** The mark of its ledger entry. */
  readonly mark: string;
  /** Its generation. */
  readonly generation: number;
  /** Whether this attempt is to make it, and so it is at no target yet. */
  readonly fresh: boolean;
}

/**
 * Gives the replacement to deliver: the one that an earlier attempt, or an earlier try of this one,
 * minted and recorded, if it does not near its own expiry, or else a new one, which is intended here
 * and created in a step of its own. Heroku has no idempotency key, so before a new one is intended,
 * whatever an earlier try made with a lost answer is found by its mark and deleted: its token cannot be
 * read back.
 *
 * One that another Worker may have adopted is passed over, as that Worker will delete it in time.
 * Whatever was minted before may be at a target, dead or alive: it is left to be retired.
 */
export async function mint(attempt: Attempt, fresh: Fresh): Promise<Minted> {
  const { run, sealing, now } = attempt;
  const { known, credential } = fresh;
  const newest = newestMinted(known.entries);
  const unfinished = newest && (newest.mark !== run.beyond || !run.creates);
  if (
    unfinished && !isContested(newest, known) && lasts(newest, credential, now()) &&
    await canOpen(newest, sealing)
  ) {
    return { mark: newest.mark, generation: newest.generation, fresh: false };
  }
  return await intendAnother(attempt, fresh);
}

/** Whether an entry's token lives for long enough that it may be delivered. */
function lasts(entry: Entry, credential: Credential, now: number): boolean {
  return now < due(credential, ageOf(entry)).expiringAt;
}

/** States that use up no generation. */
const UNBORN: ReadonlySet<EntryState> = new Set(["intended", "refused", "discarded", "foreign"]);

/**
 * No shorter life is handed down, in milliseconds: an hour. A list that once said so, in error or of what
 * was about to end, would have every successor made as short. Only the configuration asks for less.
 */
const SHORTEST_INHERITED = 60 * 60_000;

/** Intends a new replacement, whatever there is, within what the brake allows. */
export async function intendAnother(attempt: Attempt, fresh: Fresh): Promise<Minted> {
  const { credential, known, note } = fresh;
  await removeLeftovers(attempt, fresh);
  const now = attempt.now();
  const brake = findBrake(credential, known, now);
  if (brake !== undefined) throw new AttemptError(brake.reason);

  const entry = intend(credential, known, note.lineage, now);
  await attempt.write({ kind: "intend", entry });
  return { mark: entry.mark, generation: entry.generation, fresh: true };
}

function intend(
  credential: Credential,
  known: CredentialLedger,
  lineage: string,
  now: number,
): Entry {
  const { scope, lifetime } = attributesOf(credential, known);
  const earlier = known.entries.filter(({ state }) => !UNBORN.has(state));
  return {
    credential: credential.name,
    generation: 1 + Math.max(0, ...earlier.map(({ generation }) => generation)),
    mark: createMark(lineage),
    state: "intended",
    authorization: null,
    accessToken: null,
    sealedToken: null,
    fingerprint: null,
    description: null,
    scope,
    lifetime,
    asked: lifetime,
    made: true,
    sender: null,
    notedAt: now,
    // A clock that is behind makes it no older than what it replaces.
    createdAt: Math.max(now, ...earlier.map(({ createdAt }) => createdAt)),
    expiresAt: null,
    provenAt: null,
    listedEnd: null,
    seenAt: null,
    doubtedSince: null,
    endedAt: null,
    goneAt: null,
  };
}

function attributesOf(
  credential: Credential,
  known: CredentialLedger,
): { scope: readonly string[]; lifetime: number | null } {
  const predecessor = predecessorOf(known.entries);
  const scope = credential.scope ?? predecessor?.scope;
  if (!scope) {
    throw new AttemptError(
      `Cannot make a token for '${credential.name}' because no earlier authorization says which scope it needs: set 'scope'`,
    );
  }
  const { lifetime = inheritedFrom(predecessor) } = credential;
  return { scope, lifetime };
}

/** The lifetime that a predecessor hands down. */
function inheritedFrom(predecessor: Entry | undefined): number | null {
  const asked = predecessor ? askedOf(predecessor) : DEFAULT_LIFETIME;
  return asked === null || asked >= SHORTEST_INHERITED ? asked : DEFAULT_LIFETIME;
}

/** Deletes what earlier tries made with lost answers: no one can read their tokens back. */
async function removeLeftovers(
  { run, account: { authorizations }, now }: Attempt,
  { known, note }: Fresh,
): Promise<void> {
  const undelivered = known.entries.filter(({ state }) =>
    state === "discarded" || state === "refused"
  );
  if (undelivered.every(({ goneAt }) => goneAt !== null)) return;
  const listing = await listAuthorizations(authorizations);
  const own = new Set(note.own === null ? [] : [note.own]);
  const view = createView(listing.authorizations, now(), { own });
  for (const entry of undelivered) {
    for (const { id } of leftoversOf(entry, view)) {
      await deleteAuthorization(authorizations, id);
    }
  }
  const isLost = undelivered.some(({ authorization, goneAt }) =>
    authorization === null && goneAt === null
  );
  const isReadable = listing.broken === null && listing.unreadable.length <= note.unreadable;
  if (isLost && !isReadable && !run.urgent) {
    throw new AttemptError(
      `Cannot make a token for '${run.credential}' because an earlier answer was lost, and Heroku's list ${
        listing.broken === null ? "holds records that cannot be read" : "is not complete"
      }: what the lost answer was about may be in it. The next attempt looks again`,
    );
  }
}
