/**
 * What a rotation works with.
 *
 * @module
 */
import type { AuthorizationsClient } from "../heroku/client.ts";
import type { Accepts } from "./acceptance.ts";
import type { Credential } from "./credential.ts";
import type { AttemptLedger, CredentialLedger, Entry, Lease } from "./ledger.ts";
import type { OwnToken } from "./own_token.ts";
import { AttemptError } from "./perform.ts";
import { type Sealing, SealingError } from "./sealing.ts";

/** What a rotation works with. */
export interface RotationWorld {
  /** Heroku's authorizations. */
  readonly authorizations: AuthorizationsClient;
  /** Whether Heroku knows a token: see {@linkcode createAcceptance}. */
  readonly accepts: Accepts;
  /** The token that Herotate itself works with. */
  readonly own: OwnToken;
  /** The ledger. */
  readonly ledger: AttemptLedger;
  /** Seals and opens tokens. */
  readonly sealing: Sealing;
  /** The configuration of a credential as it is now; undefined when it has been dropped. */
  readonly credential: (name: string) => Credential | undefined;
  /** Whether a place is a target of any configured credential; the store, which each has for itself, is none. */
  readonly isDeliveredTo: (place: string) => boolean;
  /** The current time, in milliseconds since the epoch. */
  readonly now: () => number;
}

/** Which attempt to run. */
export interface RotationRun extends Lease {
  /** Whether it is to make a new generation, rather than finish the newest one. */
  readonly creates: boolean;
  /** The mark of the newest authorization when it was started: a newer one is its own. */
  readonly beyond: string | null;
  /** Whether the targets' token is about to end, or has ended. */
  readonly urgent: boolean;
}

/** The configuration of the credential that an attempt is for, if it still is to be rotated. */
export function configured({ credential }: RotationWorld, lease: Lease): Credential {
  const found = credential(lease.credential);
  if (!found) {
    throw new AttemptError(
      `Cannot go on with '${lease.credential}' as the configuration no longer has it: nothing was deleted`,
    );
  }
  if (found.paused) {
    throw new AttemptError(
      `Cannot go on with '${lease.credential}' as it is paused: remove 'paused' to go on`,
    );
  }
  return found;
}

/** The entry of a mark. */
export function entryOf(known: CredentialLedger, mark: string): Entry {
  const entry = known.entries.find((candidate) => candidate.mark === mark);
  if (!entry) {
    throw new AttemptError(
      `Cannot go on with '${known.record.name}' as the ledger no longer knows its replacement: the next sweep starts another attempt`,
    );
  }
  return entry;
}

/** Whether an entry's token is kept and the present key opens it. */
export async function canOpen(entry: Entry, sealing: Sealing): Promise<boolean> {
  if (entry.sealedToken === null) return false;
  try {
    await sealing.open(entry.sealedToken, entry);
    return true;
  } catch (error) {
    if (error instanceof SealingError) return false;
    throw error;
  }
}
