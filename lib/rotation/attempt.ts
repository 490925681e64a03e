/**
 * An attempt: what one durable run is, what it works with, and how it runs its steps.
 *
 * @module
 */
import type { Delivery } from "../targets/target.ts";
import type { Account } from "./account.ts";
import { type Credential, findRest } from "./credential.ts";
import type { AttemptLedger, Change, CredentialLedger, Entry, Lease } from "./ledger.ts";
import { AttemptError, createPerform, type Perform } from "./perform.ts";
import type { Sealing } from "./sealing.ts";
import type { Step } from "./step.ts";

/** Which attempt to run. */
export interface RotationRun extends Lease {
  /** Whether it is to make a new generation, rather than finish the newest one. */
  readonly creates: boolean;
  /** The mark of the newest authorization when it was started: a newer one is its own. */
  readonly beyond: string | null;
  /** Whether the targets' token is about to end, or has ended. */
  readonly urgent: boolean;
}

/** What a rotation works with. */
export interface RotationDependencies {
  /** The Heroku account, by the token that manages it. */
  readonly account: Account;
  /** The ledger. */
  readonly ledger: AttemptLedger;
  /** Seals and opens tokens. */
  readonly sealing: Sealing;
  /** The configuration of a credential at this moment; undefined when it has been dropped. */
  readonly credential: (name: string) => Credential | undefined;
  /** Whether a place is a target of any configured credential; the store, which each has for itself, is none. */
  readonly isDeliveredTo: (place: string) => boolean;
  /** The current time, in milliseconds since the epoch. */
  readonly now: () => number;
}

/** One attempt. */
export interface Attempt
  extends Pick<RotationDependencies, "account" | "sealing" | "isDeliveredTo" | "now"> {
  /** Which one it is. */
  readonly run: RotationRun;
  /** Runs a step, on fresh knowledge. */
  readonly perform: Perform;
  /** Waits, in milliseconds. */
  readonly sleep: Step["sleep"];
  /**
   * Writes down what came of a step, all of it or nothing, and gives what is known then.
   *
   * @throws {SupersededError} When another attempt has taken over: nothing was written.
   */
  readonly write: (...changes: readonly Change[]) => Promise<CredentialLedger>;
  /**
   * The credential as it is configured at this moment.
   *
   * @throws {AttemptError} When it is no longer to be rotated.
   */
  readonly credential: () => Credential;
}

/** Makes an attempt of a run. */
export function createAttempt(
  step: Step,
  run: RotationRun,
  dependencies: RotationDependencies,
): Attempt {
  const { account, ledger, sealing, isDeliveredTo, now } = dependencies;
  const lease = leaseOf(run);
  const credential = () => findConfigured(dependencies, run.credential);
  return {
    run,
    account,
    sealing,
    isDeliveredTo,
    now,
    credential,
    perform: createPerform(step, lease, { account, ledger, credential, now }),
    sleep: (name, duration) => step.sleep(name, duration),
    write: (...changes) => ledger.write(lease, changes),
  };
}

/** The right to write that a run has. */
export function leaseOf({ credential, attempt, claim }: Lease): Lease {
  return { credential, attempt, claim };
}

function findConfigured({ credential }: RotationDependencies, name: string): Credential {
  const found = credential(name);
  if (!found) {
    throw new AttemptError(
      `Cannot go on with '${name}' because the configuration no longer has it: nothing was deleted`,
    );
  }
  const rest = findRest(found);
  if (rest) throw new AttemptError(`Cannot go on with '${name}' because ${rest} to go on`);
  return found;
}

/**
 * The entry of a mark.
 *
 * @throws {AttemptError} When the ledger does not know it any more.
 */
export function entryOf(known: CredentialLedger, mark: string): Entry {
  const entry = known.entries.find((candidate) => candidate.mark === mark);
  if (!entry) {
    throw new AttemptError(
      `Cannot go on with '${known.record.name}' because the ledger no longer knows its replacement: the next sweep starts another attempt`,
    );
  }
  return entry;
}

/**
 * The token of an entry.
 *
 * @throws {AttemptError} When it is no longer kept.
 */
export async function openToken(entry: Entry, sealing: Pick<Sealing, "open">): Promise<string> {
  if (entry.sealedToken === null) {
    throw new AttemptError(
      `Cannot deliver '${entry.credential}' generation ${entry.generation} because its token is no longer kept: the next attempt makes another`,
    );
  }
  return await sealing.open(entry.sealedToken, entry);
}

/** Makes what a target is given of an entry. */
export async function toDelivery(entry: Entry, sealing: Sealing): Promise<Delivery> {
  return {
    credential: entry.credential,
    generation: entry.generation,
    authorization: entry.authorization ?? "",
    token: await openToken(entry, sealing),
    createdAt: new Date(entry.createdAt).toISOString(),
    expiresAt: entry.expiresAt === null ? null : new Date(entry.expiresAt).toISOString(),
    idempotencyKey: entry.mark,
  };
}
