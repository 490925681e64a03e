/**
 * Decisions: what a sweep may find to be done, each with its reason.
 *
 * @module
 */
import type { Entry } from "./ledger.ts";

/** What may be decided: see the decision of each kind. */
export type DecisionKind =
  | "wait"
  | "running"
  | "back_off"
  | "blocked"
  | "held"
  | "observed"
  | "braked"
  | "rotate";

/** Why a rotation is started. */
export type Cause =
  | "expiry"
  | "max_age"
  | "configuration"
  | "unknown_end"
  | "missing"
  | "regenerated"
  | "new_target"
  | "competitor"
  | "ordered"
  | "unfinished";

/** What all decisions have. */
interface DecisionBase {
  /** The credential's name. */
  readonly credential: string;
  /** Why, in words. */
  readonly reason: string;
  /**
   * The next moment at which the decision would change by itself, in milliseconds since the epoch;
   * null for none.
   */
  readonly until: number | null;
}

/** Nothing is due. */
export interface WaitDecision extends DecisionBase {
  /** What to do. */
  readonly kind: "wait";
}

/** An attempt is at work. */
export interface RunningDecision extends DecisionBase {
  /** What to do. */
  readonly kind: "running";
}

/** What decisions have for which a rotation is due. */
interface DueDecisionBase extends DecisionBase {
  /** What made it due. */
  readonly cause: Cause;
}

/** A rotation is due, but the last one failed a short while ago. */
export interface BackOffDecision extends DueDecisionBase {
  /** What to do. */
  readonly kind: "back_off";
}

/** A rotation is due, but the operator must act first. */
export interface BlockedDecision extends DueDecisionBase {
  /** What to do. */
  readonly kind: "blocked";
}

/** A rotation is due, but the fuse has blown. */
export interface HeldDecision extends DueDecisionBase {
  /** What to do. */
  readonly kind: "held";
}

/** A rotation is due, and would be started if the credential were not only observed. */
export interface ObservedDecision extends DueDecisionBase {
  /** What to do. */
  readonly kind: "observed";
}

/** A rotation is due, but the credential has had as many authorizations made as its schedule explains. */
export interface BrakedDecision extends DueDecisionBase {
  /** What to do. */
  readonly kind: "braked";
}

/** A rotation is due and is to be started. */
export interface RotateDecision extends DueDecisionBase {
  /** What to do. */
  readonly kind: "rotate";
  /** The number of the attempt to start. */
  readonly attempt: number;
  /** The lease as it is, for the claim. */
  readonly seenLease: number | null;
  /** Whether it will create an authorization. */
  readonly creates: boolean;
  /** The mark of the newest authorization made so far: a newer one is this attempt's own. */
  readonly beyond: string | null;
  /** Whether the targets' token is about to end, or has ended. */
  readonly urgent: boolean;
  /** How many authorizations it will delete in the end. */
  readonly deletes: number;
}

/** What is to be done about one credential. */
export type Decision =
  | WaitDecision
  | RunningDecision
  | BackOffDecision
  | BlockedDecision
  | HeldDecision
  | ObservedDecision
  | BrakedDecision
  | RotateDecision;

/**
 * An authorization to be deleted by the sweep: the leftover of a crashed attempt, which was never
 * delivered, or one that was deleted before and that Heroku still lists.
 */
export interface Removal {
  /** The ledger's entry for it. */
  readonly entry: Entry;
  /** Whether it was deleted before. */
  readonly again: boolean;
  /** The authorization's id. */
  readonly authorization: string;
  /** Why, in words. */
  readonly reason: string;
}

/** An authorization that no configured credential claims: it is shown and left alone. */
export interface Unmanaged {
  /** The authorization's id. */
  readonly id: string;
  /** Its description. */
  readonly description: string;
  /** When it expires, in milliseconds since the epoch; null for never. */
  readonly expiresAt: number | null;
  /** Whether it never expires: one of which Heroku does not say it may end at any time. */
  readonly neverExpires: boolean;
  /** Why it is no one's, in words. */
  readonly reason: string;
}

/** An answer of Heroku's that is not believed yet: the ledger is, for the time being. */
export interface Doubt {
  /** The credential's name. */
  readonly credential: string;
  /** Until when, in milliseconds since the epoch; null as long as the list cannot be relied on. */
  readonly until: number | null;
  /** Since when Heroku has said otherwise, in milliseconds since the epoch. */
  readonly since: number;
  /** What is doubted, in words. */
  readonly reason: string;
}

/** Something that an operator should know, though nothing is wrong. */
export interface Notice {
  /** The credential's name; null for the whole account. */
  readonly credential: string | null;
  /** What it is about. */
  readonly kind:
    | "granted_less"
    | "grace_shortened"
    | "own_authorization"
    | "unreadable"
    | "mistyped"
    | "unasked"
    | "cron_silent"
    | "former_key_spent";
  /** The same in words. */
  readonly message: string;
}
