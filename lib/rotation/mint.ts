/**
 * The first steps of a rotation: one live replacement whose sealed token is in the ledger.
 *
 * @module
 */
import type { IssuedAuthorization } from "../heroku/authorization.ts";
import { HerokuError } from "../heroku/errors.ts";
import { fingerprint } from "../fingerprint.ts";
import { findBrake } from "./brake.ts";
import type { Credential } from "./credential.ts";
import {
  type Change,
  type CredentialLedger,
  type Entry,
  type EntryState,
  type Lease,
  type LedgerNote,
  type Snapshot,
  SupersededError,
} from "./ledger.ts";
import {
  askedOf,
  createView,
  creationOf,
  isContested,
  LARGEST_SKEW,
  leftoversOf,
  predecessorOf,
} from "./line.ts";
import { deleteAuthorization, listAuthorizations } from "./authorizations.ts";
import { createMark, formatMarker } from "./marker.ts";
import { ageOf, newestMinted } from "./need.ts";
import { AttemptError, isFinal, RefusedError } from "./perform.ts";
import { DEFAULT_LIFETIME, due, LEASE_DURATION } from "./schedule.ts";
import { canOpen, entryOf, type RotationRun, type RotationWorld } from "./world.ts";

/** The replacement that an attempt goes on with. */
export interface Minted {
  /** The mark of its ledger entry. */
  readonly mark: string;
  /** Its generation. */
  readonly generation: number;
  /** Whether this attempt is to make it, and so it stands nowhere yet. */
  readonly fresh: boolean;
}

/** What is written down before an attempt decides on its replacement. */
export function beforeMint({ now }: Pick<RotationWorld, "now">): readonly Change[] {
  return [{ kind: "abandon", at: now() }];
}

/**
 * Gives the replacement to deliver: the one that an earlier attempt, or an earlier try of this one,
 * minted and recorded, if it does not near its own expiry, or else a new one, which is intended here
 * and created in a step of its own. Heroku has no idempotency key, so before a new one is intended,
 * whatever an earlier try made with a lost answer is found by its mark and deleted: its token cannot be
 * read back.
 *
 * One that another Worker may have adopted is passed over, as that Worker will delete it in time.
 * Whatever was minted before may stand at a target, dead or alive: it is left to be retired.
 */
export async function mint(
  run: RotationRun,
  credential: Credential,
  world: RotationWorld,
  snapshot: Snapshot,
): Promise<Minted> {
  const { known } = snapshot;
  const newest = newestMinted(known.entries);
  const unfinished = newest && (newest.mark !== run.beyond || !run.creates);
  if (
    unfinished && !isContested(newest, known) && lasts(newest, credential, world.now()) &&
    await canOpen(newest, world.sealing)
  ) {
    return { mark: newest.mark, generation: newest.generation, fresh: false };
  }
  return await intendAnother(run, credential, world, snapshot);
}

/** Whether an entry's token lives for long enough that it may be delivered. */
function lasts(entry: Entry, credential: Credential, now: number): boolean {
  return now < due(credential, ageOf(entry)).expiringAt;
}

/** States that use up no generation. */
const UNBORN: ReadonlySet<EntryState> = new Set(["intended", "refused", "discarded", "foreign"]);

/** No authorization is made to live shorter, in milliseconds: a minute. */
const SHORTEST_LIFE = 60_000;

/**
 * No shorter life is handed down, in milliseconds: an hour. A list that once said so, in error or of what
 * was about to end, would have every successor made as short. Only the configuration asks for less.
 */
const SHORTEST_INHERITED = 60 * 60_000;

/** Intends a new replacement, whatever there is, within what the brake allows. */
export async function intendAnother(
  run: RotationRun,
  credential: Credential,
  world: RotationWorld,
  { known, note }: Snapshot,
): Promise<Minted> {
  await removeLeftovers(run, known, world, note);
  const now = world.now();
  const brake = findBrake(credential, known, now);
  if (brake !== undefined) throw new AttemptError(brake.reason);

  const entry = intend(credential, known, note.lineage, now);
  await world.ledger.write(run, [{ kind: "intend", entry }]);
  return { mark: entry.mark, generation: entry.generation, fresh: true };
}

/** Has Heroku create what was intended. Only the try that is noted as its sender sends it. */
export async function create(
  run: RotationRun,
  { mark }: Minted,
  sender: string,
  world: RotationWorld,
  { known }: Snapshot,
): Promise<null> {
  const intended = entryOf(known, mark);
  if (intended.state === "minted") return null;
  // An older copy of the ledger has forgotten who sent it: what was intended long ago may have been sent.
  const isOld = world.now() > intended.notedAt + LEASE_DURATION;
  if (isOld || intended.state !== "intended" || intended.sender !== sender) {
    throw new AttemptError(
      `Cannot know whether Heroku made a token for '${run.credential}', as an earlier try was cut off. The next attempt looks for it first`,
    );
  }
  const made = await send(run, intended, world);
  if (await recordMinted(run, world, await toMinted(intended, made, world))) return null;
  await deleteAuthorization(world.authorizations, made.id);
  throw new SupersededError(run);
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

/** The entry with what Heroku answered. What was granted counts, not what was asked for. */
async function toMinted(
  intended: Entry,
  { id, access_token, description, created_at, ...more }: IssuedAuthorization,
  { sealing, now }: RotationWorld,
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

/** False for one that nobody will ever deliver, as its attempt has been given up. */
async function recordMinted(
  run: Lease,
  { ledger }: RotationWorld,
  entry: Entry,
): Promise<boolean> {
  try {
    const { entries } = await ledger.write(run, [{ kind: "mint", entry }]);
    return entries.some(({ mark, state, authorization }) =>
      mark === entry.mark && state === "minted" && authorization === entry.authorization
    );
  } catch (error) {
    if (error instanceof SupersededError) return false;
    throw error;
  }
}

async function send(
  run: Lease,
  intended: Entry,
  { authorizations, ledger, now }: RotationWorld,
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
    await ledger.write(run, [{ kind: "refuse", mark: intended.mark, at: now() }]);
    throw isFinal(error)
      ? new RefusedError(
        `Cannot make a token for '${intended.credential}' as Heroku refuses it: ${error.message}. Check 'scope', 'expires_in' and how many authorizations the account may have; the next attempt tries again`,
      )
      // Each try counts as a create, so the next one comes after a wait.
      : new AttemptError(
        `Cannot make a token for '${intended.credential}' at the moment: ${error.message}. The next attempt tries again`,
      );
  }
}

async function removeLeftovers(
  run: RotationRun,
  known: CredentialLedger,
  world: RotationWorld,
  note: LedgerNote,
): Promise<void> {
  const undelivered = known.entries.filter(({ state }) =>
    state === "discarded" || state === "refused"
  );
  if (undelivered.every(({ goneAt }) => goneAt !== null)) return;
  const listing = await listAuthorizations(world.authorizations);
  const own = new Set(note.own === null ? [] : [note.own]);
  const view = createView(listing.authorizations, world.now(), { own });
  for (const entry of undelivered) {
    for (const { id } of leftoversOf(entry, view)) {
      await deleteAuthorization(world.authorizations, id);
    }
  }
  const isLost = undelivered.some(({ authorization, goneAt }) =>
    authorization === null && goneAt === null
  );
  const isReadable = listing.broken === null && listing.unreadable.length <= note.unreadable;
  if (isLost && !isReadable && !run.urgent) {
    throw new AttemptError(
      `Cannot make a token for '${run.credential}' as an earlier answer was lost, and Heroku's list ${
        listing.broken === null ? "holds records that cannot be read" : "is not complete"
      }: what the lost answer was about may be in it. The next attempt looks again`,
    );
  }
}

function attributesOf(
  credential: Credential,
  known: CredentialLedger,
): { scope: readonly string[]; lifetime: number | null } {
  const predecessor = predecessorOf(known.entries);
  const scope = credential.scope ?? predecessor?.scope;
  if (!scope) {
    throw new AttemptError(
      `Cannot make a token for '${credential.name}' as no earlier authorization says which scope it needs: set 'scope'`,
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
