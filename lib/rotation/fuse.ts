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

/** What was decided for all credentials together. */
export interface Decided {
  /** A decision for each. */
  readonly decisions: readonly Decision[];
  /** Leftovers to remove. */
  readonly removals: readonly Removal[];
  /** The names of the credentials that are only observed. */
  readonly observed: ReadonlySet<string>;
  /** The most that one sweep may do. */
  readonly fuse: Fuse;
}

/** What is to be done of it. */
export interface LetThrough {
  /** The decisions, in the same order. */
  readonly decisions: readonly Decision[];
  /** Leftovers to remove. */
  readonly removals: readonly Removal[];
  /** What would be removed if it were not that of a credential that is only observed. */
  readonly observed: readonly Removal[];
  /** Why nothing is started or removed, when the fuse has blown. */
  readonly blown: string | null;
}

/**
 * Lets through what the fuse allows, and nothing of what is only observed: that does not count for the
 * others, and is shown as it would be if nothing were only observed.
 */
export function letThrough({ decisions, removals, observed, fuse }: Decided): LetThrough {
  const acting = fuseAll(
    decisions.filter(({ credential }) => !observed.has(credential)),
    removals.filter(({ entry }) => !observed.has(entry.credential)),
    fuse,
  );
  const asIf = observed.size === 0 ? acting : fuseAll(decisions, removals, fuse);
  return {
    decisions: decisions.flatMap(({ credential }) =>
      observed.has(credential)
        ? observe(asIf.decisions.get(credential))
        : acting.decisions.get(credential) ?? []
    ),
    removals: acting.removals,
    observed: asIf.removals.filter(({ entry }) => observed.has(entry.credential)),
    blown: acting.blown,
  };
}

/** What the fuse lets through of decisions and removals that come together. */
interface Fused {
  readonly decisions: ReadonlyMap<string, Decision>;
  readonly removals: readonly Removal[];
  readonly blown: string | null;
}

function fuseAll(found: readonly Decision[], removals: readonly Removal[], fuse: Fuse): Fused {
  const staggered = stagger(found, removals, fuse);
  const blown = findExcess(staggered, removals, fuse);
  const decisions = blown ? staggered.map((decision) => hold(decision, blown)) : staggered;
  return {
    decisions: new Map(decisions.map((decision) => [decision.credential, decision])),
    removals: blown ? [] : removals,
    blown,
  };
}

/** What is shown of a decision that only an observed credential keeps from being carried out. */
function observe(decision: Decision | undefined): Decision[] {
  if (decision === undefined) return [];
  if (decision.kind !== "rotate" && decision.kind !== "held") return [decision];
  const { cause, credential, reason } = decision;
  return [{
    kind: "observed",
    cause,
    credential,
    reason:
      `${reason}. Nothing was done because it is only observed: remove 'observe' to have it done`,
    until: null,
  }];
}

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
function hold(decision: Decision, blown: string): Decision {
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
