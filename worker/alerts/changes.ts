/**
 * What changed in the health of an account: the problems that were open before, and those there are now,
 * make the alerts between them. Pure.
 *
 * @module
 */
import type { HealthReasonKind } from "../health/fault.ts";
import type { AlertChange } from "../../lib/alert.ts";
import type { Problem } from "./problems.ts";

/** A problem that was reported, and is not over. */
export interface OpenProblem extends Problem {
  /** When it was first seen, in milliseconds since the epoch. */
  readonly since: number;
  /** All kinds that were reported since then: none is reported twice. */
  readonly reported: readonly HealthReasonKind[];
  /** The names of the channels that were told: they are told of the end, too. */
  readonly told: readonly string[];
}

/** A change to report. */
export interface Change {
  /** What changed. */
  readonly change: Exclude<AlertChange, "test">;
  /** The problem, as it is now or was last. */
  readonly problem: OpenProblem;
}

/** What a sweep could see. */
export interface Sight {
  /** When it began, in milliseconds since the epoch. */
  readonly at: number;
  /** Whether it saw all of Heroku's list: one that did not cannot say that something is over. */
  readonly sawAll: boolean;
}

/** Kinds that a sweep which saw nothing can say are over. */
const SEEN_ANYWAY: readonly HealthReasonKind[] = [
  "configuration_invalid",
  "account_changed",
  "ledger_unreadable",
  "channel_broken",
];

/**
 * Compares.
 *
 * @returns What changed, and the problems that are open after it.
 */
export function compareProblems(
  before: readonly OpenProblem[],
  problems: readonly Problem[],
  { at, sawAll }: Sight,
): { readonly changes: readonly Change[]; readonly open: readonly OpenProblem[] } {
  const now = problems.map((problem): { change?: "started" | "worse"; problem: OpenProblem } => {
    const earlier = before.find(({ key }) => key === problem.key);
    const { kinds: reported } = problem;
    if (!earlier) {
      return { change: "started", problem: { ...problem, since: at, reported, told: [] } };
    }
    // How serious a problem is follows from its kinds: it gets worse by none that is known.
    const isWorse = reported.some((kind) => !earlier.reported.includes(kind));
    return {
      ...(isWorse ? { change: "worse" as const } : {}),
      problem: {
        ...problem,
        since: earlier.since,
        reported: [...new Set([...earlier.reported, ...reported])],
        told: earlier.told,
      },
    };
  });
  const away = before.filter(({ key }) => !problems.some((problem) => problem.key === key));
  const isOver = ({ kinds }: OpenProblem) =>
    sawAll || kinds.every((kind) => SEEN_ANYWAY.includes(kind));
  return {
    changes: [
      ...now.flatMap(({ change, problem }) => change === undefined ? [] : [{ change, problem }]),
      ...away.filter(isOver).map((problem) => ({ change: "over" as const, problem })),
    ],
    open: [...now.map(({ problem }) => problem), ...away.filter((each) => !isOver(each))],
  };
}
