/**
 * What can be wrong with an account.
 *
 * @module
 */
import { HOUR } from "@std/datetime/constants";
import type { CredentialLedger } from "../../lib/rotation/ledger.ts";
import type { SweepRecord } from "../account/sweep_log.ts";
import type { ConfigurationResult } from "../config/configuration.ts";

/**
 * What is wrong:
 *
 * - `configuration_invalid`: nothing is done until every mistake is gone; counts the mistakes;
 * - `ledger_unreadable`: the account's object does not answer, or cannot be used;
 * - `no_sweep`: there was no sweep yet. A fresh deployment is failing until its first one, or one
 *   whose cron never fires would seem well for ever;
 * - `sweep_overdue`: the newest sweep began more than an hour ago;
 * - `sweep_failed`: the newest sweep did nothing, and the newest clean one began more than an hour ago;
 * - `account_changed`: `HEROKU_API_TOKEN` is not known to be the account's that everything is in;
 *   nothing is done until the operator settles it;
 * - `list_unreliable`: Heroku's list is not complete, or holds records that no one can read; nothing
 *   counts as gone;
 * - `list_doubted`: Heroku has contradicted the ledger for more than an hour; counts the
 *   authorizations;
 * - `sweep_unclean`: the newest sweep had problems, and the newest clean one began more than an hour
 *   ago; counts the problems;
 * - `delete_undone`: Heroku still lists what it said it had deleted; counts the authorizations;
 * - `fuse_blown`: more is due than one sweep may do; counts the rotations that are held back;
 * - `credential_braked`: as many authorizations as its schedule explains were made for it, and no more
 *   are;
 * - `credential_failing`: three or more attempts in a row have failed;
 * - `credential_blocked`: the operator must act before it can be rotated;
 * - `credential_missing`: Heroku has no live authorization for it;
 * - `credential_late`: less than a tenth of the token's lifetime is left, and its replacement is overdue;
 * - `credential_urgent`: less than a twentieth of the token's lifetime is left;
 * - `token_unreadable`: no key opens its token in the ledger;
 * - `target_drifted`: a target no longer holds what was delivered to it; counts the targets;
 * - `another_worker`: another Worker manages it, too;
 * - `channel_broken`: a channel has taken no alert for more than an hour; counts the channels.
 */
export type HealthReasonKind =
  | "configuration_invalid"
  | "ledger_unreadable"
  | "no_sweep"
  | "sweep_overdue"
  | "sweep_failed"
  | "sweep_unclean"
  | "account_changed"
  | "list_unreliable"
  | "list_doubted"
  | "delete_undone"
  | "fuse_blown"
  | "credential_braked"
  | "credential_failing"
  | "credential_blocked"
  | "credential_missing"
  | "credential_late"
  | "credential_urgent"
  | "token_unreadable"
  | "target_drifted"
  | "another_worker"
  | "channel_broken";

/** One thing that is wrong. */
export interface Fault {
  /** What is wrong. */
  readonly kind: HealthReasonKind;
  /** The credential that it is about; null for the whole account. */
  readonly credential: string | null;
  /** The channel that it is about, where it is one. */
  readonly channel?: string;
  /** The same in words, with what to do. */
  readonly message: string;
}

/** What the Worker knows of an account at one moment. */
export interface Situation {
  /** The configuration, or what is wrong with it. */
  readonly configured: ConfigurationResult;
  /** The account's name. */
  readonly account: string;
  /** What the account's object says; undefined when it could not be read. */
  readonly records: Records | undefined;
  /** Why it could not be read, in words; null when it could. */
  readonly unreadable: string | null;
  /** The current time, in milliseconds since the epoch. */
  readonly now: number;
}

/** What an account's object says. */
export interface Records {
  /** What the ledger knows, by name. */
  readonly ledger: ReadonlyMap<string, CredentialLedger>;
  /** The newest sweep; undefined before the first. */
  readonly last: SweepRecord | undefined;
  /** When the newest clean sweep began, in milliseconds since the epoch. */
  readonly lastClean: number | undefined;
  /** The channels of alerts that have failed for more than an hour. */
  readonly broken: readonly BrokenChannel[];
}

/** A channel of alerts that does not take them. */
export interface BrokenChannel {
  /** Its name. */
  readonly name: string;
  /** Since when, in milliseconds since the epoch. */
  readonly since: number;
  /** Why, in words. */
  readonly error: string;
}

/** How long the cron may be silent or its sweeps unclean, in milliseconds: 1 hour. */
export const TOLERATED_FOR: number = HOUR;

/** Makes a fault of the whole account for each of these words. */
export function ofAccount(kind: HealthReasonKind, messages: readonly string[]): Fault[] {
  return messages.map((message) => ({ kind, credential: null, message }));
}
