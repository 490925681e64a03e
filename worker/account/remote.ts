/**
 * An account as the rest of the Worker sees it: its object, which may be elsewhere.
 *
 * @module
 */
import {
  type AttemptLedger,
  type StoreLedger,
  SupersededError,
} from "../../lib/rotation/ledger.ts";
import type { AccountCalls } from "./account.ts";

/** An account that is asked from elsewhere. */
export interface RemoteAccount extends
  AttemptLedger,
  StoreLedger,
  Pick<
    AccountCalls,
    | "wake"
    | "own"
    | "remember"
    | "herokuAccount"
    | "readServed"
    | "look"
    | "health"
    | "readEvents"
    | "order"
  > {}

/** How an account is asked. */
export interface RemoteOptions {
  /**
   * The waits before each further try, in milliseconds.
   * @default {200} and 1000
   */
  readonly waits?: readonly number[];
  /**
   * Waits for so many milliseconds.
   * @default {a timer}
   */
  readonly sleep?: (milliseconds: number) => Promise<void>;
}

/**
 * Makes what asks an account's object. Each of its calls may be repeated, so one whose answer is lost,
 * as when the object is moved or restarted, is asked again.
 *
 * @param find Finds the object; one that failed is not to be used again.
 * @see https://developers.cloudflare.com/durable-objects/best-practices/error-handling/
 */
export function createRemoteAccount(
  find: () => AccountCalls,
  { waits = [200, 1000], sleep = sleepByTimer }: RemoteOptions = {},
): RemoteAccount {
  async function ask<T>(call: (account: AccountCalls) => Promise<T>): Promise<T> {
    for (const wait of waits) {
      try {
        return await call(find());
      } catch (error) {
        if (!isRetryable(error)) throw error;
        await sleep(wait);
      }
    }
    return await call(find());
  }

  return {
    wake: (name) => ask((account) => account.wake(name)),
    own: (...given) => ask((account) => account.own(...given)),
    remember: (configured) => ask((account) => account.remember(configured)),
    herokuAccount: () => ask((account) => account.herokuAccount()),
    look: () => ask((account) => account.look()),
    health: () => ask((account) => account.health()),
    readEvents: (query) => ask((account) => account.readEvents(query)),
    order: (order) => ask((account) => account.order(order)),
    serve: (...given) => ask((account) => account.serve(...given)),
    readServed: (credential) => ask((account) => account.readServed(credential)),
    readCredential: (name) => ask((account) => account.readCredential(name)),

    async begin(lease, leaseUntil, changes = []) {
      const snapshot = await ask((account) => account.begin(lease, leaseUntil, changes));
      if (snapshot === null) throw new SupersededError(lease);
      return snapshot;
    },

    async write(lease, changes) {
      const known = await ask((account) => account.write(lease, changes));
      if (known === null) throw new SupersededError(lease);
      return known;
    },
  };
}

/** Whether asking again may help: an overloaded object is only made worse by it. */
function isRetryable(error: unknown): boolean {
  if (!(error instanceof Error) || Reflect.get(error, "overloaded") === true) return false;
  return Reflect.get(error, "retryable") === true ||
    /Network connection lost|caused object to be reset|is no longer|reset because/i
      .test(error.message);
}

function sleepByTimer(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
