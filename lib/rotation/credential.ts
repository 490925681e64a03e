/**
 * Credentials: what the operator wants kept alive, and where it is used.
 *
 * @module
 */
import type { Target } from "../targets/target.ts";
import type { CredentialRecord } from "./ledger.ts";

/** A place that a credential's token is delivered to. */
export interface CredentialTarget {
  /** The kind of target, such as `webhook`. */
  readonly type: string;
  /** The place it writes: the same for two targets that write the same place. */
  readonly place: string;
  /** Whether the stale token must live on until this target is proven. */
  readonly required: boolean;
  /** Whether the place may already hold a token that Herotate did not make. */
  readonly mayHoldAdopted: boolean;
  /** Whether the ledger must keep the sealed token for as long as it is current. */
  readonly retainsToken: boolean;
  /** Delivers and confirms. */
  readonly target: Target;
}

/** A named thing the operator keeps alive. All durations are in milliseconds. */
export interface Credential {
  /** Its name, and the description of its authorization in Heroku. */
  readonly name: string;
  /**
   * The scope of replacements.
   * @default {the predecessor's}
   */
  readonly scope?: readonly string[];
  /**
   * The lifetime of replacements, null for one without end.
   * @default {the predecessor's}
   */
  readonly lifetime?: number | null;
  /**
   * How long before the expiry a replacement is due.
   * @default {a third of the lifetime}
   */
  readonly renewBefore?: number;
  /** The age at which a replacement is due whatever the expiry. */
  readonly maxAge?: number;
  /** The overlap: how long the stale authorization lives on after the last proof. */
  readonly grace: number;
  /** Whether nothing at all is to be done for it. */
  readonly paused: boolean;
  /**
   * Whether sweeps only decide and show what they would do for it, and do nothing.
   * @default {false}
   */
  readonly observe?: boolean;
  /**
   * What is done when a target no longer holds what was delivered to it: the same token is delivered
   * again, or it is only reported.
   * @default {`deliver`}
   */
  readonly onDrift?: "deliver" | "alert";
  /**
   * Whether the ledger keeps the sealed token for as long as it is current. Without it no target is
   * looked at between rotations, and what lacks the token gets one of a new generation.
   * @default {true}
   */
  readonly keepToken?: boolean;
  /** The places that use it. */
  readonly targets: readonly CredentialTarget[];
}

/** Why nothing is done for a credential, and what to do about it; undefined where all is done. */
export function findRest({ paused, observe = false }: Credential): string | undefined {
  if (paused) return "it is paused: remove 'paused'";
  return observe ? "it is only observed: remove 'observe'" : undefined;
}

/** Whether nothing is to be done for a credential, by its configuration or by an operator's order. */
export function isPaused(
  { paused }: Pick<Credential, "paused">,
  { pausedAt = null }: Pick<CredentialRecord, "pausedAt">,
): boolean {
  return paused || pausedAt !== null;
}

/** Whether any of these is delivered to a place; the store aside, which each has for itself. */
export function isDeliveredTo(credentials: readonly Credential[], place: string): boolean {
  return credentials.some(({ targets }) =>
    targets.some((target) => target.place === place && !target.retainsToken)
  );
}
