/**
 * What all accounts say of themselves to whoever looks from outside, also where one says nothing.
 *
 * @module
 */
import type { ConfigurationResult } from "../config/configuration.ts";
import type { Situation } from "../health/fault.ts";
import { countHealth, type HealthCount } from "../health/health.ts";
import type { Log } from "../log.ts";
import type { FormerAccount } from "../status.ts";
import { describeAccountFailure } from "./account_failure.ts";
import type { RemoteAccount } from "./remote.ts";

/** What reading takes. */
export interface ReadingDependencies {
  /** The configuration, or what is wrong with it. */
  readonly configured: ConfigurationResult;
  /** Gives an account, to be read. */
  readonly account: (name: string) => Pick<RemoteAccount, "look" | "health">;
  /** Knows which accounts were configured once. */
  readonly allAccounts: Pick<RemoteAccount, "remember">;
  /** Takes why an account cannot be read. */
  readonly log: Log;
  /** The current time, in milliseconds since the epoch. */
  readonly now: () => number;
}

/** Reads the accounts. None of its methods fails because one of them does not answer. */
export interface Readings {
  /** Everything that the configured accounts say, in the configuration's order. */
  look(): Promise<readonly Situation[]>;
  /** What accounts that have left the configuration still have, as far as that can be read. */
  lookBack(): Promise<readonly FormerAccount[]>;
  /** What is wrong with each configured account, in the configuration's order. */
  countHealth(): Promise<readonly (readonly HealthCount[])[]>;
}

/** Makes what reads the accounts of a configuration. */
export function createReadings(
  { configured, account, allAccounts, log, now }: ReadingDependencies,
): Readings {
  // Where none is right, one that is called so shows what is wrong with them.
  const names = configured.accountNames.length > 0 ? configured.accountNames : ["heroku"];

  /** What an account says, or why it says nothing. */
  async function ask<T>(
    name: string,
    call: (from: ReturnType<typeof account>) => Promise<T>,
  ): Promise<[said: T | undefined, why: string | null]> {
    try {
      return [await call(account(name)), null];
    } catch (error) {
      log.error("account_unreadable", { ...names.length > 1 ? { account: name } : {}, error });
      return [undefined, `The account cannot be read. ${describeAccountFailure(error)}`];
    }
  }

  return {
    async look() {
      const at = now();
      return await Promise.all(names.map(async (name) => {
        const [records, unreadable] = await ask(name, (from) => from.look());
        return { configured, account: name, records, unreadable, now: at };
      }));
    },

    async lookBack() {
      if (!configured.ok) return [];
      try {
        const former = await allAccounts.remember(names);
        return await Promise.all(former.map(async (name) => {
          const [records] = await ask(name, (from) => from.look());
          return { name, ledger: records?.ledger ?? new Map() };
        }));
      } catch (error) {
        log.error("account_unreadable", { error });
        return [];
      }
    },

    async countHealth() {
      const at = now();
      return await Promise.all(names.map(async (name) => {
        const [record, unreadable] = await ask(name, (from) => from.health());
        return countHealth({ configured, account: name, unreadable, now: at }, record);
      }));
    },
  };
}
