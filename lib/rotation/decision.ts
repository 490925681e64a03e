/**
 * Decisions: what a sweep may find to be done, each with its reason.
 *
 * @module
 */
import type { Entry } from "./ledger.ts";

/** Why a rotation is started. */
export type Cause =
  | "expiry"
  | "max_age"
  | "missing"
  | "regenerated"
  | "new_target"
  | "competitor"
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

/** A rotation is due and is to be started. */
export interface RotateDecision extends DueDecisionBase {
  /** What to do. */
  readonly kind: "rotate";
  /** The number of the attempt to start. */
  readonly attempt: number;
  /** The lease as it stands, for the claim. */
  readonly seenLease: number | null;
  /** Whether it will create an authorization. */
  readonly creates: boolean;
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
  | RotateDecision;

/** A leftover of a crashed attempt: an authorization that was never delivered. */
export interface Removal {
  /** The ledger's entry for it. */
  readonly entry: Entry;
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
  /** Why it is nobody's, in words. */
  readonly reason: string;
}

/** The most creates and deletes that one sweep may start. */
export interface Fuse {
  /** Authorizations created. */
  readonly creates: number;
  /** Authorizations deleted. */
  readonly deletes: number;
}
