/**
 * The proof cut into pieces that can be tried side by side.
 *
 * @module
 */
import fc from "fast-check";
import { fatesOf, type Faults, type Firing, run } from "./crash_points.ts";
import { scenarios } from "./scenarios.ts";
import { live, schedules } from "./schedules.ts";
import { liveBeside, rivalries } from "./two_workers.ts";

/** All faults at one call of a scenario, alone and, if asked for, with every other one behind it. */
export interface CrashTask {
  readonly kind: "crash";
  /** The scenario's place in the list. */
  readonly scenario: number;
  readonly firing: Firing;
  readonly resumes: boolean;
  /** The call at which the first fault is. */
  readonly at: number;
  readonly pairs: boolean;
}

/** Random schedules from one seed. */
export interface RandomTask {
  readonly kind: "schedules" | "rivalries";
  readonly seed: number;
  readonly runs: number;
}

/** A piece of the proof. */
export type Task = CrashTask | RandomTask;

/** What a piece showed. */
export interface Outcome {
  readonly singles: number;
  readonly pairs: number;
  readonly schedules: number;
  readonly rivalries: number;
  /** What was violated and how to see it again. */
  readonly violations: readonly string[];
}

/** How the cron may fire. */
export const firings: readonly Firing[] = [
  "once",
  "twice",
  { secondBefore: 1 },
  { secondBefore: 3 },
];

/** Lists the crash points of all scenarios. */
export async function listCrashTasks(pairs: boolean): Promise<CrashTask[]> {
  const tasks: CrashTask[] = [];
  for (const [scenario, each] of scenarios.entries()) {
    for (const firing of firings) {
      for (const resumes of [false, true]) {
        const { calls } = await run({ scenario: each, firing, resumes, faults: new Map() });
        for (const at of calls.keys()) {
          // Pairs are tried where the cron fires once: with two sweeps there are four times as many.
          const common = { kind: "crash", scenario, firing, resumes, at } as const;
          tasks.push({ ...common, pairs: pairs && firing === "once" && !resumes });
        }
      }
    }
  }
  return tasks;
}

/** Tries a piece. */
export async function perform(task: Task): Promise<Outcome> {
  return task.kind === "crash" ? await crash(task) : await randomly(task);
}

async function crash(task: CrashTask): Promise<Outcome> {
  const { firing, resumes, at } = task;
  const scenario = scenarios[task.scenario];
  const violations: string[] = [];
  let [singles, pairs] = [0, 0];
  const attempt = async (faults: Faults) => {
    const verdict = await run({ scenario, firing, resumes, faults });
    const how = `${scenario.name}, ${JSON.stringify(firing)}${resumes ? ", resumed" : ""}, ${
      JSON.stringify([...faults])
    }`;
    violations.push(...verdict.violations.map((violation) => `${how}: ${violation}`));
    return verdict.calls;
  };
  const undisturbed = await attempt(new Map());
  for (const fate of fatesOf(undisturbed[at])) {
    singles++;
    const calls = await attempt(new Map([[at, fate]]));
    if (!task.pairs) continue;
    for (let second = at + 1; second < calls.length; second++) {
      for (const next of fatesOf(calls[second])) {
        pairs++;
        await attempt(new Map([[at, fate], [second, next]]));
      }
    }
  }
  return { singles, pairs, schedules: 0, rivalries: 0, violations };
}

async function randomly({ kind, seed, runs }: RandomTask): Promise<Outcome> {
  const options = { seed, numRuns: runs };
  const details = kind === "schedules"
    ? await fc.check(fc.asyncProperty(schedules, async (each) => demand(await live(each))), options)
    : await fc.check(
      fc.asyncProperty(rivalries, async (each) => demand(await liveBeside(each))),
      options,
    );
  const violations = details.failed
    ? [
      `${kind}, seed ${seed}: ${String(details.errorInstance)}: ${
        JSON.stringify(details.counterexample)
      }`,
    ]
    : [];
  return { singles: 0, pairs: 0, schedules: 0, rivalries: 0, violations, [kind]: details.numRuns };
}

function demand(violations: readonly string[]): void {
  if (violations.length > 0) throw new Error([...new Set(violations)].join("; "));
}
