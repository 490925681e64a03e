/**
 * The rotation: the durable run that takes one credential from one generation to the next.
 *
 * Each step does one thing, may be repeated, and begins by showing that no newer attempt has taken
 * over. What a step gives is stored by the engine, so it never holds a token.
 *
 * @module
 */
import { fingerprint } from "../fingerprint.ts";
import { type Delivery, TargetError } from "../targets/target.ts";
import type { Credential, CredentialTarget } from "./credential.ts";
import {
  type Change,
  type CredentialLedger,
  type Entry,
  type Lease,
  type Snapshot,
  SupersededError,
} from "./ledger.ts";
import { deliveryOf } from "./line.ts";
import { deleteClaimed, type Deletion } from "./authorizations.ts";
import { createWord } from "./marker.ts";
import { beforeMint, create, intendAnother, mint, type Minted } from "./mint.ts";
import {
  AttemptError,
  createPerform,
  type Perform,
  RefusedError,
  STEP_OPTIONS,
} from "./perform.ts";
import { FOREIGN_OVERLAP, graceFor, LEASE_DURATION } from "./schedule.ts";
import type { Step } from "./step.ts";
import { configured, entryOf, type RotationRun, type RotationWorld } from "./world.ts";

/** How a rotation ended. */
export type RotationResult =
  | {
    readonly outcome: "success";
    /** The generation that is current now. */
    readonly generation: number;
    /** How many stale authorizations were deleted. */
    readonly deleted: number;
    /** How many were gone already. */
    readonly gone: number;
    /** How many were left alone, as someone renamed them or the account uses them as its default. */
    readonly skipped: number;
    /** Why optional targets do not hold its token, in words. */
    readonly missed: readonly string[];
  }
  | {
    readonly outcome: "failure";
    readonly error: string;
    /** Whether it got as far as delivering, and so a target may hold what it made. */
    readonly delivers: boolean;
  }
  | {
    readonly outcome: "superseded";
    /** Whether it got as far as delivering, and so a target may hold what it made. */
    readonly delivers: boolean;
  };

/** Whether a run's output shows that it delivered nothing. What an older Herotate left shows nothing. */
export function endedUndelivered(output: unknown): boolean {
  return typeof output === "object" && output !== null && "delivers" in output &&
    output.delivers === false;
}

/**
 * The waits between looks at a new token that Heroku refuses, in milliseconds: it has been seen to take
 * minutes. A token that is still refused after the last one counts as refused.
 */
const REFUSAL_PAUSES = [10_000, 60_000, 300_000];

/** Runs one attempt. It ends in the ledger, whatever happens, unless a newer one has taken over. */
export async function rotate(
  step: Step,
  run: RotationRun,
  world: RotationWorld,
): Promise<RotationResult> {
  const { creates: _creates, beyond: _beyond, urgent: _urgent, ...lease } = run;
  const perform = createPerform(step, lease, world);
  let delivers = false;
  try {
    const { mark, generation } = await mintAndProve(step, perform, run, world);
    delivers = true;
    const missed = await deliverAll(perform, lease, mark, world);
    const stale = await promoteAndWait(step, perform, lease, mark, world);
    const ends = await retireAll(perform, lease, mark, stale, world);
    await perform("record", () => record(lease, world));
    return { outcome: "success", generation, ...countEnds(ends), missed };
  } catch (error) {
    if (error instanceof SupersededError) return { outcome: "superseded", delivers };
    const message = error instanceof Error ? error.message : "An unknown error";
    const refused = error instanceof RefusedError;
    const isEnded = await step.do(
      "end in failure",
      STEP_OPTIONS,
      () => fail(lease, message, refused, world),
    );
    return isEnded
      ? { outcome: "failure", error: message, delivers }
      : { outcome: "superseded", delivers };
  }
}

function countEnds(ends: readonly Deletion[]): { deleted: number; gone: number; skipped: number } {
  const deleted = ends.filter((end) => end === "deleted").length;
  const gone = ends.filter((end) => end === "gone").length;
  return { deleted, gone, skipped: ends.length - deleted - gone };
}

/** Ends the attempt in the ledger: false when another one has taken over. */
async function fail(
  lease: Lease,
  error: string,
  refused: boolean,
  world: RotationWorld,
): Promise<boolean> {
  try {
    const end = { outcome: "failure", error, refused } as const;
    await world.ledger.write(lease, [{ kind: "end", end, at: world.now() }]);
    return true;
  } catch (thrown) {
    if (thrown instanceof SupersededError) return false;
    throw thrown;
  }
}

/** Gives a replacement whose token works: one that does not is never delivered. */
async function mintAndProve(
  step: Step,
  perform: Perform,
  run: RotationRun,
  world: RotationWorld,
): Promise<Minted> {
  const minted = await perform(
    "mint",
    (snapshot) => mint(run, configured(world, run), world, snapshot),
    () => beforeMint(world),
  );
  if (minted.fresh) await make("create", perform, run, minted, world);
  if (await prove("prove", step, perform, minted.mark, world)) return minted;
  if (minted.fresh) return await discard(perform, run, minted.mark, world);

  // A target may hold it from an earlier attempt: it is retired only after another one is there.
  const another = await perform(
    "mint another",
    (snapshot) => intendAnother(run, configured(world, run), world, snapshot),
    () => beforeMint(world),
  );
  await make("create another", perform, run, another, world);
  if (await prove("prove another", step, perform, another.mark, world)) return another;
  return await discard(perform, run, another.mark, world);
}

/** Creates what was intended. Only the first try that is told so sends it, known by its word. */
async function make(
  title: string,
  perform: Perform,
  run: RotationRun,
  minted: Minted,
  world: RotationWorld,
): Promise<void> {
  let sender = createWord(12);
  await perform(
    title,
    (snapshot) => {
      configured(world, run);
      const word = sender;
      // Whatever comes of it, no later try may send it again.
      sender = createWord(12);
      return create(run, minted, word, world, snapshot);
    },
    () => [{ kind: "send", mark: minted.mark, sender }],
  );
}

/** Calls Heroku with the new token. */
async function prove(
  title: string,
  step: Step,
  perform: Perform,
  mark: string,
  world: RotationWorld,
): Promise<boolean> {
  for (let look = 0;; look++) {
    const accepted = await perform(`${title} ${look + 1}`, async ({ known }) => {
      const entry = entryOf(known, mark);
      return await world.accepts(await openToken(entry, world), entry.scope);
    });
    if (accepted || look === REFUSAL_PAUSES.length) return accepted;
    await step.sleep(`${title} ${look + 1}: wait`, REFUSAL_PAUSES[look]);
  }
}

async function discard(
  perform: Perform,
  lease: Lease,
  mark: string,
  world: RotationWorld,
): Promise<never> {
  await perform("discard", async ({ known, note }) => {
    configured(world, lease);
    const entry = entryOf(known, mark);
    await world.ledger.write(lease, [{ kind: "discard", mark, at: world.now() }]);
    await deleteClaimed(world, entry, note.own);
    return null;
  });
  throw new AttemptError(
    `Cannot use the new token of '${lease.credential}' as Heroku still refused it after six minutes: the next attempt makes another`,
  );
}

/** Delivers to every target, and goes on to the next when one fails. Gives why optional ones did. */
async function deliverAll(
  perform: Perform,
  lease: Lease,
  mark: string,
  world: RotationWorld,
): Promise<string[]> {
  const failures: string[] = [];
  const missed: string[] = [];
  for (const target of configured(world, lease).targets) {
    const title = await titleOf(target);
    try {
      await perform(
        `deliver to ${title}`,
        (snapshot) => deliver(lease, mark, target, world, snapshot),
        () => beforeDelivery(lease, mark, target, world),
      );
      await perform(
        `confirm ${title}`,
        (snapshot) => confirm(lease, mark, target, world, snapshot),
      );
    } catch (error) {
      if (error instanceof SupersededError) throw error;
      const message = error instanceof Error ? error.message : target.place;
      (target.required ? failures : missed).push(message);
    }
  }
  if (failures.length > 0) throw new AttemptError(failures.join("; "));
  return missed;
}

/** An attempt that dies after the delivery has noted what the place may hold. */
function beforeDelivery(
  lease: Lease,
  mark: string,
  target: CredentialTarget,
  world: RotationWorld,
): readonly Change[] {
  const { place, retainsToken } = stillConfigured(target, lease, world);
  return [{ kind: "deliver", mark, place, whose: retainsToken ? "own" : "all", at: world.now() }];
}

async function deliver(
  lease: Lease,
  mark: string,
  target: CredentialTarget,
  world: RotationWorld,
  { known }: Snapshot,
): Promise<null> {
  const { target: current, place } = stillConfigured(target, lease, world);
  if (deliveryOf(known, mark, target)?.proof) return null;
  const delivery = await toDelivery(entryOf(known, mark), world);
  const receipt = await current.deliver(delivery, {});
  await world.ledger.write(lease, [{ kind: "receive", mark, place, receipt, at: world.now() }]);
  return null;
}

async function confirm(
  lease: Lease,
  mark: string,
  target: CredentialTarget,
  world: RotationWorld,
  { known }: Snapshot,
): Promise<null> {
  const { target: current, place } = stillConfigured(target, lease, world);
  const record = deliveryOf(known, mark, target);
  if (!record) {
    throw new AttemptError(
      `Cannot confirm ${place} as the ledger shows no delivery to it: the next attempt delivers again`,
    );
  }
  if (record.proof) return null;
  const delivery = await toDelivery(entryOf(known, mark), world);
  const proof = await current.confirm(delivery, record.receipt, {});
  await world.ledger.write(lease, [{ kind: "prove", mark, place, proof, at: world.now() }]);
  return null;
}

/** Makes the replacement current and waits out the overlap, also one that is made longer meanwhile. */
async function promoteAndWait(
  step: Step,
  perform: Perform,
  lease: Lease,
  mark: string,
  world: RotationWorld,
): Promise<string[]> {
  for (let round = 1;; round++) {
    const nth = round === 1 ? "" : ` ${round}`;
    const { stale, left } = await perform(
      `promote${nth}`,
      (snapshot) => promote(lease, mark, world, snapshot),
    );
    if (left === 0) return stale;
    await step.sleep(`grace${nth}`, left);
  }
}

/** Makes the replacement current, and says which authorizations are stale and how long they live on. */
async function promote(
  lease: Lease,
  mark: string,
  world: RotationWorld,
  { known }: Snapshot,
): Promise<{ stale: string[]; left: number }> {
  const credential = configured(world, lease);
  const entry = entryOf(known, mark);
  assertSupplied(credential, known, entry);
  const now = world.now();
  const promotedAt = entry.state === "current" ? entry.provenAt : null;
  // A date that a clock set while it ran ahead says nothing.
  const isPromoted = promotedAt !== null && promotedAt <= now;
  const proofs = known.deliveries.flatMap((delivery) =>
    delivery.mark === mark && delivery.provenAt !== null && delivery.provenAt <= now
      ? [delivery.provenAt]
      : []
  );
  const since = isPromoted ? Math.max(promotedAt, ...proofs) : now;

  const stale = known.entries
    .filter(({ state, generation }) =>
      (state === "adopted" || state === "minted" || state === "current") &&
      generation < entry.generation
    );
  const overlap = graceFor(credential, entry.lifetime);
  const left = stale.length === 0 ? 0 : Math.max(
    clamp(since + overlap - now, 0, overlap),
    stale.some(isStrangers) ? strangersLeft(known, since, now) : 0,
  );
  await world.ledger.write(lease, [
    ...isPromoted ? [] : [{ kind: "promote", mark, at: now } as const],
    { kind: "renew", until: now + left + LEASE_DURATION },
  ]);
  return { stale: stale.map((older) => older.mark), left };
}

/** Whether an entry was adopted with another ledger's mark. */
function isStrangers({ state, generation, made }: Entry): boolean {
  return state === "adopted" && generation > 0 && !made;
}

/**
 * How long what another ledger made lives on: from the first successor on, not from the newest, or what
 * is rotated more often than that would never be rid of it.
 */
function strangersLeft({ entries }: CredentialLedger, since: number, now: number): number {
  const proofs = entries.flatMap(({ made, provenAt }) =>
    made && provenAt !== null && provenAt <= now ? [provenAt] : []
  );
  return clamp(Math.min(since, ...proofs) + FOREIGN_OVERLAP - now, 0, FOREIGN_OVERLAP);
}

/** Deletes the stale authorizations, one a step, once every required target is seen to hold the new token. */
async function retireAll(
  perform: Perform,
  lease: Lease,
  mark: string,
  stale: readonly string[],
  world: RotationWorld,
): Promise<Deletion[]> {
  if (stale.length === 0) return [];
  for (const target of configured(world, lease).targets.filter(({ required }) => required)) {
    await perform(
      `verify ${await titleOf(target)}`,
      (snapshot) => verify(lease, mark, target, world, snapshot),
    );
  }
  const ends: Deletion[] = [];
  for (const older of stale) {
    ends.push(
      await perform(
        `retire ${older}`,
        (snapshot) => retire(lease, mark, older, world, snapshot),
      ),
    );
  }
  return ends;
}

/** Looks once more, after the overlap, whether a target still holds the token. */
async function verify(
  lease: Lease,
  mark: string,
  target: CredentialTarget,
  world: RotationWorld,
  { known }: Snapshot,
): Promise<null> {
  const { place } = target;
  const record = deliveryOf(known, mark, target);
  if (!record?.proof) throw unproven(place, lease.credential);
  const delivery = await toDelivery(entryOf(known, mark), world);
  try {
    await target.target.confirm(delivery, record.receipt, {});
  } catch (error) {
    if (!(error instanceof TargetError) || error.code !== "mismatch") throw error;
    const at = world.now();
    await world.ledger.write(lease, [{ kind: "prove", mark, place, proof: null, at }]);
    throw new AttemptError(`${error.message}. The next attempt delivers again`);
  }
  return null;
}

async function retire(
  lease: Lease,
  mark: string,
  stale: string,
  world: RotationWorld,
  { known, note, takenOver }: Snapshot,
): Promise<Deletion> {
  const credential = configured(world, lease);
  const entry = entryOf(known, mark);
  assertSupplied(credential, known, entry);
  if (!await world.accepts(await openToken(entry, world), entry.scope)) {
    throw new AttemptError(
      `Cannot delete the older authorizations of '${lease.credential}' as Heroku refuses the token of generation ${entry.generation}: nothing was deleted, and the next attempt looks again`,
    );
  }
  const older = entryOf(known, stale);
  const holder = findHolder(known, stale, takenOver, credential, world);
  if (holder) {
    throw new AttemptError(
      `Cannot delete the older authorizations of '${lease.credential}' as ${holder} may still hold the token of one, and belongs to another credential now: the next attempt after that credential is proven there deletes them`,
    );
  }
  const end = await deleteClaimed(world, older, note.own);
  if (end === "own") {
    throw new AttemptError(
      `Cannot delete generation ${older.generation} of '${lease.credential}' as it may be the authorization that Herotate itself works with: give Herotate one of its own with \`heroku authorizations:create -d herotate\` and \`wrangler secret put ${world.own.secret}\``,
    );
  }
  const isLeft = end === "renamed" || end === "untouchable";
  const state = isLeft ? "released" : "retired";
  await world.ledger.write(lease, [{ kind: "retire", mark: stale, state, at: world.now() }]);
  return end;
}

/** A place that this credential has dropped and another one has not been proven at yet. */
function findHolder(
  { deliveries }: CredentialLedger,
  stale: string,
  takenOver: readonly string[],
  { targets }: Credential,
  { isDeliveredTo }: RotationWorld,
): string | undefined {
  const isElsewhere = (place: string) =>
    takenOver.includes(place) ||
    deliveries.some((each) => each.place === place && each.mark !== stale && each.proof !== null);
  return deliveries.find(({ mark, place }) =>
    mark === stale && isDeliveredTo(place) && !targets.some((target) => target.place === place) &&
    !isElsewhere(place)
  )?.place;
}

async function record(lease: Lease, world: RotationWorld): Promise<null> {
  configured(world, lease);
  const end = { outcome: "success" } as const;
  await world.ledger.write(lease, [{ kind: "end", end, at: world.now() }]);
  return null;
}

/** Refuses to go on unless every required target is proven for this very entry. */
function assertSupplied(credential: Credential, known: CredentialLedger, entry: Entry): void {
  const missing = credential.targets.find((target) =>
    target.required && !deliveryOf(known, entry.mark, target)?.proof
  );
  if (missing) throw unproven(missing.place, credential.name);
}

/** The target as the configuration has it now: nothing is written to a place that it has dropped. */
function stillConfigured(
  { place }: CredentialTarget,
  lease: Lease,
  world: RotationWorld,
): CredentialTarget {
  const found = configured(world, lease).targets.find((target) => target.place === place);
  if (!found) {
    throw new AttemptError(
      `Cannot deliver '${lease.credential}' to ${place} as the configuration no longer has that target: there is nothing to do`,
    );
  }
  return found;
}

function unproven(place: string, credential: string): AttemptError {
  return new AttemptError(
    `Cannot delete the older authorizations of '${credential}' as ${place} is not proven to hold the new token: nothing was deleted, and the next attempt delivers there again`,
  );
}

async function toDelivery(entry: Entry, world: RotationWorld): Promise<Delivery> {
  return {
    credential: entry.credential,
    generation: entry.generation,
    authorization: entry.authorization ?? "",
    token: await openToken(entry, world),
    createdAt: new Date(entry.createdAt).toISOString(),
    expiresAt: entry.expiresAt === null ? null : new Date(entry.expiresAt).toISOString(),
    idempotencyKey: entry.mark,
  };
}

async function openToken(entry: Entry, { sealing }: RotationWorld): Promise<string> {
  if (entry.sealedToken === null) {
    throw new AttemptError(
      `Cannot deliver '${entry.credential}' generation ${entry.generation} as its token is no longer kept: the next attempt makes another`,
    );
  }
  return await sealing.open(entry.sealedToken, entry);
}

/** A step's name for a target: Workflows takes 256 characters at most. */
async function titleOf({ type, place }: CredentialTarget): Promise<string> {
  return `${type} ${(await fingerprint(place)).slice(0, 16)}`;
}

function clamp(value: number, low: number, high: number): number {
  return Math.min(Math.max(value, low), high);
}
