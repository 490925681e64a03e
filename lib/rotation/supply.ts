/**
 * The supply: the replacement's token is delivered to each target, and each target is shown to hold it.
 *
 * @module
 */
import { fingerprint } from "../fingerprint.ts";
import { TargetError } from "../targets/target.ts";
import { type Attempt, entryOf, toDelivery } from "./attempt.ts";
import type { Credential, CredentialTarget } from "./credential.ts";
import { type Entry, SupersededError } from "./ledger.ts";
import { deliveryOf } from "./line.ts";
import { AttemptError, type Fresh } from "./perform.ts";

/** Delivers to every target, and goes on to the next when one fails. Gives why optional ones did. */
export async function deliverAll(attempt: Attempt, mark: string): Promise<string[]> {
  const failures: string[] = [];
  const missed: string[] = [];
  for (const target of attempt.credential().targets) {
    try {
      await supply(attempt, mark, target);
    } catch (error) {
      if (error instanceof SupersededError) throw error;
      const message = error instanceof Error ? error.message : target.place;
      (target.required ? failures : missed).push(message);
    }
  }
  if (failures.length > 0) throw new AttemptError(failures.join("; "));
  return missed;
}

/** Delivers to one target, and confirms that it holds the token. */
async function supply(attempt: Attempt, mark: string, target: CredentialTarget): Promise<void> {
  const { perform, now } = attempt;
  const title = await titleOf(target);
  await perform(
    `deliver to ${title}`,
    (fresh) => deliver(attempt, mark, target, fresh),
    (credential) => {
      // An attempt that dies after the delivery has noted what the place may hold.
      const { place, retainsToken } = findTarget(credential, target);
      return [{ kind: "deliver", mark, place, whose: retainsToken ? "own" : "all", at: now() }];
    },
  );
  await perform(`confirm ${title}`, (fresh) => confirm(attempt, mark, target, fresh));
}

async function deliver(
  { sealing, write, now }: Attempt,
  mark: string,
  wanted: CredentialTarget,
  { credential, known, signal }: Fresh,
): Promise<null> {
  const { target, place } = findTarget(credential, wanted);
  if (deliveryOf(known, mark, wanted)?.proof) return null;
  const delivery = await toDelivery(entryOf(known, mark), sealing);
  const receipt = await target.deliver(delivery, { signal });
  await write({ kind: "receive", mark, place, receipt, at: now() });
  return null;
}

async function confirm(
  { sealing, write, now }: Attempt,
  mark: string,
  wanted: CredentialTarget,
  { credential, known, signal }: Fresh,
): Promise<null> {
  const { target, place } = findTarget(credential, wanted);
  const record = deliveryOf(known, mark, wanted);
  if (!record) {
    throw new AttemptError(
      `Cannot confirm ${place} because the ledger shows no delivery to it: the next attempt delivers again`,
    );
  }
  if (record.proof) return null;
  const delivery = await toDelivery(entryOf(known, mark), sealing);
  const proof = await target.confirm(delivery, record.receipt, { signal });
  await write({ kind: "prove", mark, place, proof, at: now() });
  return null;
}

/** Looks once more, after the overlap, whether each required target still holds the token. */
export async function verifyAll(attempt: Attempt, mark: string): Promise<void> {
  for (const target of attempt.credential().targets.filter(({ required }) => required)) {
    const title = `verify ${await titleOf(target)}`;
    await attempt.perform(title, (fresh) => verify(attempt, mark, target, fresh));
  }
}

async function verify(
  { sealing, write, now }: Attempt,
  mark: string,
  wanted: CredentialTarget,
  { credential, known, signal }: Fresh,
): Promise<null> {
  const { place, target } = wanted;
  const record = deliveryOf(known, mark, wanted);
  if (!record?.proof) throw unproven(place, credential);
  const delivery = await toDelivery(entryOf(known, mark), sealing);
  try {
    await target.confirm(delivery, record.receipt, { signal });
  } catch (error) {
    if (!(error instanceof TargetError) || error.code !== "mismatch") throw error;
    await write({ kind: "prove", mark, place, proof: null, at: now() });
    throw new AttemptError(`${error.message}. The next attempt delivers again`);
  }
  return null;
}

/**
 * Refuses to go on unless every required target is proven for this very entry.
 *
 * @throws {AttemptError} When one is not.
 */
export function assertSupplied({ mark }: Entry, { credential, known }: Fresh): void {
  const missing = credential.targets.find((target) =>
    target.required && !deliveryOf(known, mark, target)?.proof
  );
  if (missing) throw unproven(missing.place, credential);
}

/** The target as the configuration has it now: nothing is written to a place that it has dropped. */
function findTarget({ name, targets }: Credential, { place }: CredentialTarget): CredentialTarget {
  const found = targets.find((target) => target.place === place);
  if (!found) {
    throw new AttemptError(
      `Cannot deliver '${name}' to ${place} because the configuration no longer has that target: there is nothing to do`,
    );
  }
  return found;
}

function unproven(place: string, { name }: Credential): AttemptError {
  return new AttemptError(
    `Cannot delete the older authorizations of '${name}' because ${place} is not proven to hold the new token: nothing was deleted, and the next attempt delivers there again`,
  );
}

/** A step's name for a target: Workflows takes 256 characters at most. */
async function titleOf({ type, place }: CredentialTarget): Promise<string> {
  return `${type} ${(await fingerprint(place)).slice(0, 16)}`;
}
