/**
 * What the first sweep of a new Worker would do with an account. It only asks Heroku.
 *
 * @module
 */
import { createAccount, type HerokuAccount } from "../../lib/rotation/account.ts";
import type { Credential } from "../../lib/rotation/credential.ts";
import type { Entry } from "../../lib/rotation/ledger.ts";
import type { Fuse } from "../../lib/rotation/fuse.ts";
import { createSealing } from "../../lib/rotation/sealing.ts";
import { sweep, type SweepReport } from "../../lib/rotation/sweep.ts";
import { createEmptyLedger } from "./empty_ledger.ts";

/** What it is foreseen from. */
export interface ForeseenAccount {
  /** The token that manages the authorizations, and the secret that holds it. */
  readonly token: { readonly value: string; readonly secret: string };
  /** Heroku's API; undefined for the usual one. */
  readonly baseUrl: string | undefined;
  /** The fetch to call. */
  readonly fetch: typeof fetch;
  /** The id or e-mail address that the account must have; undefined for any. */
  readonly confirmed: string | undefined;
  /** The configured credentials. */
  readonly credentials: readonly Credential[];
  /** The most that one sweep may do. */
  readonly fuse: Fuse;
  /** The current time, in milliseconds since the epoch. */
  readonly now: () => number;
}

/** What a sweep would do. */
export interface Foresight {
  /** The sweep's report. What it would start is `observed` in it. */
  readonly report: SweepReport;
  /** What each credential would begin with, by its name. */
  readonly adopted: ReadonlyMap<string, readonly Entry[]>;
  /** The account's id and e-mail address, as far as Heroku gives them. */
  readonly identity: HerokuAccount;
}

/**
 * Foresees it.
 *
 * @throws What `sweep()` throws.
 */
export async function foresee(
  { token, baseUrl, fetch, confirmed, credentials, fuse, now }: ForeseenAccount,
): Promise<Foresight> {
  const ledger = createEmptyLedger();
  const account = await createAccount({ token: token.value, baseUrl, fetch }, token.secret);
  const identity = await account.identify();
  const report = await sweep({
    ...account,
    identify: () => Promise.resolve(identity),
    ...(confirmed === undefined ? {} : { confirmedAccount: confirmed }),
    ledger,
    // It seals nothing: any key will do.
    sealing: await createSealing(btoa("0".repeat(32))),
    credentials: credentials.map((credential) => ({ ...credential, observe: true })),
    fuse,
    now,
    start: () => Promise.reject(new Error("Cannot start anything: this only looks")),
  });
  const known = await ledger.read();
  return {
    report,
    adopted: new Map([...known].map(([name, { entries }]) => [name, entries])),
    identity,
  };
}
