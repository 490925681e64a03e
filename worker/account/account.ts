/**
 * One Heroku account: its ledger, its lock, and the place where its sweep runs.
 *
 * The object is called from the cron, from rotations and from requests. Errors lose their class on the
 * way, so an attempt that was superseded is answered with null.
 *
 * @module
 */
import { HOUR, MINUTE } from "@std/datetime/constants";
import {
  type Change,
  type CredentialLedger,
  type Entry,
  type Lease,
  type Ledger,
  type Snapshot,
  SupersededError,
} from "../../lib/rotation/ledger.ts";
import type { Records } from "../health/fault.ts";
import type { TokenTrial } from "../served_token.ts";
import type { Event } from "../event.ts";
import { type AlertBook, createAlertBook } from "./alert_book.ts";
import { type ConfigurationLog, createConfigurationLog } from "./configuration_log.ts";
import { createEventLog, type EventLog, type EventPage, type EventQuery } from "./event_log.ts";
import { createLedger } from "./ledger.ts";
import { createOrders, type Order, type OrderAnswer } from "./orders.ts";
import type { Sql } from "./sql.ts";
import { createSweepLog, type HealthRecord, type SweepLog } from "./sweep_log.ts";
import { upgrade } from "./tables.ts";

/** How long after a sweep the object begins one by itself, in milliseconds: an hour. */
const SILENCE = HOUR;

/** A cron this late still is one, in milliseconds. */
const LATE_CRON = 15 * MINUTE;

/** What can be asked of an account from elsewhere. */
export interface AccountCalls {
  /** The cron: has a sweep of the account of this name begin at once, unless one is running. */
  wake(name: string): Promise<void>;
  /**
   * Asked of the object that stands for a Heroku user: whose that user is. It goes to the first account
   * that asks, until that one is none of the configured ones any more. Gives the name of whose it is.
   */
  own(name: string, configured: readonly string[]): Promise<string>;
  /**
   * Asked of the object that stands for all accounts: remembers the configured ones, and gives those that
   * were configured once and are no more.
   */
  remember(configured: readonly string[]): Promise<readonly string[]>;
  /** See `AttemptLedger`: null when the attempt was superseded. */
  begin(lease: Lease, leaseUntil: number, changes: readonly Change[]): Promise<Snapshot | null>;
  /** See `AttemptLedger`: null when the attempt was superseded. */
  write(lease: Lease, changes: readonly Change[]): Promise<CredentialLedger | null>;
  /** See `StoreLedger`. */
  serve(credential: string, mark: string): Promise<boolean>;
  /** See `StoreLedger`. */
  readCredential(name: string): Promise<CredentialLedger | undefined>;
  /** The id of the Heroku account that it is for; null as long as no sweep has seen one. */
  herokuAccount(): Promise<string | null>;
  /**
   * The entry whose token the built-in store hands out; null for none, or one whose token Heroku refuses,
   * as an older copy of the ledger may serve it. Heroku is asked once in the life of the object.
   */
  readServed(credential: string): Promise<Entry | null>;
  /** Everything that the page shows. */
  look(): Promise<Records>;
  /** What a monitor sees: one row. */
  health(): Promise<HealthRecord | undefined>;
  /** What happened, from the oldest on. */
  readEvents(query: EventQuery): Promise<EventPage>;
  /** Takes an order; of one that is accepted a sweep begins at once. */
  order(order: Order): Promise<OrderAnswer>;
}

/** An account's object. */
export interface Account extends AccountCalls {
  /** What the object's alarm does. */
  alarm(): Promise<void>;
}

/** What the object gives to its sweep. */
export interface SweptAccount {
  /** The account's name. */
  readonly name: string;
  /** Its ledger. */
  readonly ledger: Ledger;
  /** Its log of sweeps. */
  readonly sweeps: SweepLog;
  /** Its events. */
  readonly events: Pick<EventLog, "read">;
  /** Its alerts. */
  readonly alerts: AlertBook;
  /** What it knows of its configuration. */
  readonly configurations: ConfigurationLog;
  /** The current time, in milliseconds since the epoch. */
  readonly now: () => number;
  /** Whether no cron has come for long, and the object's own alarm has begun it. */
  readonly isCronSilent: boolean;
}

/** What an account is made with. */
export interface AccountDependencies {
  /** The object's tables. */
  readonly sql: Sql;
  /** Sets the object's alarm, in milliseconds since the epoch. */
  readonly setAlarm: (at: number) => Promise<void>;
  /**
   * Runs a sweep to its end; it never throws. False when the configuration has no such account any
   * more: then the object sleeps until a cron wakes it.
   */
  readonly sweep: (swept: SweptAccount) => Promise<boolean>;
  /** Asks Heroku about the token of an entry. */
  readonly tryToken: (entry: Entry) => Promise<TokenTrial>;
  /** The current time, in milliseconds since the epoch. */
  readonly now: () => number;
  /**
   * Takes each event.
   * @default {no one does}
   */
  readonly tell?: (event: Event) => void;
}

/** Makes an account. Its tables are made or upgraded when it is first asked for something. */
export function createAccount(
  { sql, setAlarm, sweep, tryToken, now, tell }: AccountDependencies,
): Account {
  const events = createEventLog(sql, now, tell);
  const ledger = createLedger(sql, events);
  const sweeps = createSweepLog(sql);
  const alerts = createAlertBook(sql, events);
  const configurations = createConfigurationLog(sql, events);
  const takeOrder = createOrders(sql, events, now);
  let isUpToDate = false;
  let isSweeping = false;
  /** Whether an order has come that the sweep at work may have missed. */
  let isSweepDue = false;
  // Restoring a copy begins another life of the object, and so empties this.
  const accepted = new Set<string>();

  function prepare(): void {
    if (!isUpToDate) upgrade(sql);
    isUpToDate = true;
  }

  function lastWake(): { readonly at: number; readonly name: string } | undefined {
    const [row] = sql.run<{ at: number; name: string }>("SELECT at, name FROM wakes");
    return row;
  }

  return {
    async wake(name) {
      prepare();
      sql.transaction(() => {
        sql.run("DELETE FROM wakes");
        sql.run("INSERT INTO wakes (at, name) VALUES (?, ?)", now(), name);
      });
      if (!isSweeping) await setAlarm(now());
    },

    async alarm() {
      prepare();
      const wake = lastWake();
      if (!wake) return;
      isSweeping = true;
      isSweepDue = false;
      let goesOn = true;
      try {
        const isCronSilent = now() - wake.at > SILENCE - LATE_CRON;
        goesOn = await sweep({
          name: wake.name,
          ledger,
          sweeps,
          events,
          alerts,
          configurations,
          now,
          isCronSilent,
        });
      } finally {
        isSweeping = false;
        if (goesOn) await setAlarm(isSweepDue ? now() : now() + SILENCE);
      }
    },

    async own(name, configured) {
      prepare();
      return await Promise.resolve(sql.transaction(() => {
        const [owner] = sql.run<{ name: string }>("SELECT name FROM owner");
        if (owner && configured.includes(owner.name)) return owner.name;
        sql.run("DELETE FROM owner");
        sql.run("INSERT INTO owner (name) VALUES (?)", name);
        return name;
      }));
    },

    async remember(configured) {
      prepare();
      return await Promise.resolve(sql.transaction(() => {
        const known = sql.run<{ name: string }>("SELECT name FROM accounts").map(({ name }) =>
          name
        );
        for (const name of configured.filter((each) => !known.includes(each))) {
          sql.run("INSERT INTO accounts (name) VALUES (?)", name);
        }
        return known.filter((name) => !configured.includes(name));
      }));
    },

    async begin(...given) {
      prepare();
      return await unlessSuperseded(ledger.begin(...given));
    },

    async write(...given) {
      prepare();
      return await unlessSuperseded(ledger.write(...given));
    },

    async serve(...given) {
      prepare();
      return await ledger.serve(...given);
    },

    async readCredential(name) {
      prepare();
      return await ledger.readCredential(name);
    },

    async herokuAccount() {
      prepare();
      return (await ledger.note()).account?.id ?? null;
    },

    async readServed(credential) {
      prepare();
      const known = await ledger.readCredential(credential);
      const entry = known?.entries.find(({ mark }) => mark === known.record.served);
      if (!entry?.sealedToken) return null;
      if (accepted.has(entry.sealedToken)) return entry;
      const trial = await tryToken(entry);
      if (trial === "accepted") accepted.add(entry.sealedToken);
      return trial === "refused" ? null : entry;
    },

    async look() {
      prepare();
      return {
        ledger: await ledger.read(),
        last: sweeps.last(),
        lastClean: sweeps.lastClean(),
        broken: alerts.readBroken(now()),
      };
    },

    async health() {
      prepare();
      return await Promise.resolve(sweeps.health());
    },

    async readEvents(query) {
      prepare();
      return await Promise.resolve(events.read(query));
    },

    async order(order) {
      prepare();
      const answer = await takeOrder(order);
      if (!answer.accepted) return answer;
      // An order is no cron: it must not hide that none comes.
      if (!lastWake()) sql.run("INSERT INTO wakes (at, name) VALUES (?, ?)", now(), order.account);
      isSweepDue = true;
      if (!isSweeping) await setAlarm(now());
      return answer;
    },
  };
}

async function unlessSuperseded<T>(work: Promise<T>): Promise<T | null> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof SupersededError) return null;
    throw error;
  }
}
