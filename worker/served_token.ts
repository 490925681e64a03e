/**
 * The token that the built-in store hands out, with what is known of it.
 *
 * @module
 */
import { HerokuError } from "../lib/heroku/errors.ts";
import { createAcceptance } from "../lib/rotation/acceptance.ts";
import type { Entry } from "../lib/rotation/ledger.ts";
import { createSealing, SealingError } from "../lib/rotation/sealing.ts";
import type { RemoteAccount } from "./account/remote.ts";
import type { Configuration } from "./config/configuration.ts";
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

/** The present key, and the one before it. */
export type SealingKeys = Pick<Configuration, "sealingKey" | "previousKey">;

/** What reading takes. */
export interface ServedTokenDependencies {
  /** The account. */
  readonly account: Pick<RemoteAccount, "readServed">;
  /** The keys that tokens are sealed with. */
  readonly keys: SealingKeys;
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
  { account, keys, log, now }: ServedTokenDependencies,
  credential: string,
): Promise<ServedToken | undefined> {
  try {
    const entry = await account.readServed(credential);
    if (!entry?.sealedToken) return undefined;
    const { sealedToken, generation, expiresAt } = entry;
    if (expiresAt !== null && expiresAt <= now()) return undefined;
    const sealing = await createSealing(keys.sealingKey, keys.previousKey);
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

/** What Heroku said of a token: nothing when it did not answer, or the token cannot be opened. */
export type TokenTrial = "accepted" | "refused" | "nothing";

/** How long a reader waits for Heroku's word, in milliseconds: 5 seconds. */
const LONGEST_TRIAL = 5000;

/** Asks Heroku about the token of an entry, and once more where it refuses it. */
export async function tryToken(
  { sealingKey, previousKey, herokuUrl }: SealingKeys & Pick<Configuration, "herokuUrl">,
  entry: Entry,
  fetch: typeof globalThis.fetch,
): Promise<TokenTrial> {
  const accepts = createAcceptance({
    fetch,
    baseUrl: herokuUrl,
    retries: 0,
    timeout: LONGEST_TRIAL,
  });
  try {
    const sealing = await createSealing(sealingKey, previousKey);
    const token = await sealing.open(entry.sealedToken ?? "", entry);
    const isAccepted = await accepts(token, entry.scope) || await accepts(token, entry.scope);
    return isAccepted ? "accepted" : "refused";
  } catch (error) {
    if (error instanceof HerokuError || error instanceof SealingError) return "nothing";
    throw error;
  }
}
