/**
 * The fuse: the most that one sweep may start. Pure.
 *
 * @module
 */
import type { Cause, Decision, Removal } from "./decision.ts";

/** The most creates and deletes that one sweep may start. */
export interface Fuse {
  /** Authorizations created. */
  readonly creates: number;
  /** Authorizations deleted. */
  readonly deletes: number;
}

/** What may come to many credentials at once, and is not urgent for any. */
const CAN_WAIT: ReadonlySet<Cause> = new Set<Cause>([
  "configuration",
  "max_age",
  "new_target",
  "unknown_end",
]);

/** Keeps those rotations that can wait within the fuse: the rest of them waits for the next sweep. */
export function stagger(
  decisions: readonly Decision[],
  removals: readonly Removal[],
  fuse: Fuse,
): Decision[] {
  const others = decisions.filter((decision) =>
    decision.kind === "rotate" && !CAN_WAIT.has(decision.cause)
  );
  let { creates, deletes } = countWork(others, removals);
  return decisions.map((decision) => {
    if (decision.kind !== "rotate" || !CAN_WAIT.has(decision.cause)) return decision;
    // What no sweep could ever start would wait in silence.
    if (fuse.creates < 1 || decision.deletes > fuse.deletes) return decision;
    if (creates + 1 <= fuse.creates && deletes + decision.deletes <= fuse.deletes) {
      creates++;
      deletes += decision.deletes;
      return decision;
    }
    const { credential, reason } = decision;
    return {
      kind: "wait",
      credential,
      reason:
        `${reason}. It waits for a later sweep, as this one already starts as much as the fuse allows`,
      until: null,
    };
  });
}

/** A decision that the blown fuse holds back. */
export function hold(decision: Decision, blown: string): Decision {
  if (decision.kind !== "rotate") return decision;
  const { cause, credential, reason } = decision;
  return { kind: "held", cause, credential, reason: `${reason}. ${blown}`, until: null };
}

/** Says what is beyond the fuse, and so why nothing is done; null when all is within it. */
export function findExcess(
  decisions: readonly Decision[],
  removals: readonly Removal[],
  fuse: Fuse,
): string | null {
  const { creates, deletes } = countWork(decisions, removals);
  if (creates <= fuse.creates && deletes <= fuse.deletes) return null;
  return `Nothing was started or removed as one sweep would create ${creates} and delete ${deletes} authorizations, and the fuse allows ${fuse.creates} and ${fuse.deletes}: if that is right, raise 'FUSE'`;
}

/** What decisions and removals create and delete; what was counted when it was deleted first is not. */
function countWork(
  decisions: readonly Decision[],
  removals: readonly Removal[],
): { creates: number; deletes: number } {
  const rotations = decisions.filter((decision) => decision.kind === "rotate");
  return {
    creates: rotations.filter((decision) => decision.creates).length,
    deletes: rotations.reduce(
      (sum, decision) => sum + decision.deletes,
      removals.filter(({ again }) => !again).length,
    ),
  };
}
