/**
 * The first step of a rotation: one live replacement whose sealed token is in the ledger.
 *
 * @module
 */
import type { IssuedAuthorization } from "../authorization.ts";
import { HerokuError } from "../errors.ts";
import type { Credential } from "./credential.ts";
import { type CredentialLedger, type Entry, type Lease, SupersededError } from "./ledger.ts";
import {
  createView,
  creationOf,
  expiryOf,
  isContested,
  leftoversOf,
  membersOf,
  predecessorOf,
} from "./line.ts";
import { deleteAuthorization, findAuthorization } from "./lookup.ts";
import { createMark, formatMarker } from "./marker.ts";
import { AttemptError } from "./perform.ts";
import { isExpiring, newestMinted } from "./need.ts";
import { defaultLifetime } from "./policy.ts";
import { canOpen, readCredential, type RotationRun, type RotationWorld } from "./world.ts";

/** The replacement that an attempt goes on with. */
export interface Minted {
  /** The mark of its ledger entry. */
  readonly mark: string;
  /** Its generation. */
  readonly generation: number;
  /** Whether it has just been made, and so stands nowhere yet. */
  readonly fresh: boolean;
}

/**
 * Gives the replacement to deliver: the one that an earlier attempt minted and recorded, if it still
 * lives and does not near its own expiry, or else a new one. Heroku has no idempotency key, so before
 * a new one is made, whatever an earlier try made with a lost answer is found by its mark and deleted:
 * its token cannot be read back.
 *
 * One that another Worker may have adopted is passed over, as that Worker will delete it in time.
 * Whatever was minted before may stand at a target, dead or alive: it is left to be retired.
 */
export async function mint(
  run: RotationRun,
  credential: Credential,
  world: RotationWorld,
): Promise<Minted> {
  const known = await readCredential(world, run);
  const newest = newestMinted(known.entries);
  const unfinished = newest && (newest.state === "minted" || !run.creates);
  if (
    unfinished && !isContested(newest, known) && await lives(newest, known, credential, world) &&
    await canOpen(newest, world.sealing)
  ) {
    return { mark: newest.mark, generation: newest.generation, fresh: false };
  }
  return await mintAnother(run, credential, world);
}

/** Makes a new replacement, whatever there is. */
export async function mintAnother(
  run: Lease,
  credential: Credential,
  world: RotationWorld,
): Promise<Minted> {
  const known = await readCredential(world, run);
  await removeLeftovers(run, known, world);

  const mark = createMark();
  const generation = 1 + Math.max(
    0,
    ...known.entries
      .filter(({ state }) => state !== "intended" && state !== "discarded")
      .map((entry) => entry.generation),
  );
  const { scope, lifetime } = attributesOf(credential, known);
  const intended: Entry = {
    credential: credential.name,
    generation,
    mark,
    state: "intended",
    authorization: null,
    accessToken: null,
    sealedToken: null,
    scope,
    lifetime,
    createdAt: world.now(),
    expiresAt: null,
    provenAt: null,
  };
  await world.ledger.intend(run, intended);

  const made = await create(run, intended, world);
  const minted = await recordMinted(run, world, {
    ...intended,
    authorization: made.id,
    accessToken: made.access_token.id ?? null,
    sealedToken: await world.sealing.seal(made.access_token.token, intended),
    createdAt: creationOf(made, intended.createdAt),
    expiresAt: expiryOf(made, world.now()),
  });
  if (!minted) {
    await deleteAuthorization(world.authorizations, made.id);
    throw new SupersededError(run);
  }
  return { mark, generation, fresh: true };
}

/** False for one that nobody will ever deliver, as its attempt has been given up. */
async function recordMinted(
  run: Lease,
  { ledger }: RotationWorld,
  minted: Entry,
): Promise<boolean> {
  try {
    return await ledger.mint(run, minted);
  } catch (error) {
    if (error instanceof SupersededError) return false;
    throw error;
  }
}

async function create(
  run: Lease,
  intended: Entry,
  { authorizations, ledger }: RotationWorld,
): Promise<IssuedAuthorization> {
  try {
    return await authorizations.create({
      scope: intended.scope ?? [],
      description: formatMarker({ ...intended, name: intended.credential }),
      expires_in: intended.lifetime === null ? null : Math.round(intended.lifetime / 1000),
    });
  } catch (error) {
    if (error instanceof HerokuError && error.effect === "none") {
      await ledger.discard(run, intended.mark);
    }
    throw error;
  }
}

/** Whether Heroku still has the token of an entry, and for long enough that it may be delivered. */
async function lives(
  entry: Entry,
  known: CredentialLedger,
  credential: Credential,
  world: RotationWorld,
): Promise<boolean> {
  const found = await findAuthorization(world.authorizations, entry.authorization ?? "");
  const now = world.now();
  const [member] = membersOf(
    { ...known, entries: [entry] },
    createView(found ? [found] : [], now),
  );
  return member !== undefined && member.usable && !isExpiring(credential, member, now);
}

async function removeLeftovers(
  run: Lease,
  known: CredentialLedger,
  world: RotationWorld,
): Promise<void> {
  const undelivered = known.entries.filter(({ state }) =>
    state === "intended" || state === "discarded"
  );
  if (undelivered.length === 0) return;
  for (const { mark, state } of undelivered) {
    if (state === "intended") await world.ledger.discard(run, mark);
  }
  const view = createView(await world.authorizations.list(), world.now());
  for (const entry of undelivered) {
    for (const { id } of leftoversOf(entry, view)) {
      await deleteAuthorization(world.authorizations, id);
    }
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
      `Cannot make a token for '${credential.name}' as no predecessor says which scope it needs: set 'scope'`,
    );
  }
  const lifetime = credential.lifetime !== undefined
    ? credential.lifetime
    : predecessor
    ? predecessor.lifetime
    : defaultLifetime;
  return { scope, lifetime };
}
