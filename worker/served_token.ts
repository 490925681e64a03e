/**
 * The token that the built-in store hands out, with what is known of it.
 *
 * @module
 */
import type { StoreLedger } from "../lib/rotation/ledger.ts";
import { createSealing } from "../lib/rotation/sealing.ts";
import type { Log } from "./log.ts";

/** A token for a reader, as JSON. */
export interface ServedToken {
  /** The token. */
  readonly token: string;
  /** Its generation. */
  readonly generation: number;
  /** When it expires (ISO 8601, UTC), or null for one that never does. */
  readonly expires_at: string | null;
}

/** What reading takes. */
export interface ServedTokenDependencies {
  /** The ledger. */
  readonly ledger: Pick<StoreLedger, "readCredential">;
  /** The value of `SEALING_KEY`. */
  readonly sealingKey: string;
  /** Takes why a token cannot be opened. */
  readonly log: Log;
  /** The current time, in milliseconds since the epoch. */
  readonly now: () => number;
}

/**
 * Reads the token that a credential's store hands out: undefined when there is no live one, or none
 * that can be read, which is logged.
 */
export async function readServedToken(
  { ledger, sealingKey, log, now }: ServedTokenDependencies,
  credential: string,
): Promise<ServedToken | undefined> {
  try {
    const known = await ledger.readCredential(credential);
    const entry = known?.entries.find(({ mark }) => mark === known.record.served);
    if (!entry?.sealedToken) return undefined;
    const { sealedToken, generation, expiresAt } = entry;
    if (expiresAt !== null && expiresAt <= now()) return undefined;
    const sealing = await createSealing(sealingKey);
    return {
      token: await sealing.open(sealedToken, entry),
      generation,
      expires_at: expiresAt === null ? null : new Date(expiresAt).toISOString(),
    };
  } catch (error) {
    log.error("token_unreadable", { credential, error });
    return undefined;
  }
}
