/**
 * The proof cut into pieces that can be tried side by side.
 *
 * @module
 */
import fc from "fast-check";
import { type AnswersOptions, liveOnAnswers } from "./answers.ts";
import type { Call, Fate, Simulation } from "../simulation/simulation.ts";
import { fatesOf, type Faults, type Firing, run } from "./crash_points.ts";
import { createPeaks, type Peaks, raise } from "../simulation/bounds.ts";
import { type Scenario, scenarios } from "./scenarios.ts";
import { live, restorations, schedules } from "./schedules.ts";
import { liveBeside, rivalries } from "./two_workers.ts";
import { liveIn, worlds } from "./worlds.ts";
import { liveThroughYear, type YearOptions } from "./year.ts";

/** All faults at one call of a scenario, singly and, if asked for, with another one after each. */
export interface CrashTask {
  readonly kind: "crash";
  /** The scenario's place in the list. */
  readonly scenario: number;
  readonly firing: Firing;
  readonly resumes: boolean;
  /** The call at which the first fault is. */
  readonly at: number;
  /** Which faults are tried after each: every one, one that is drawn at random, or none. */
  readonly seconds: "all" | "drawn" | "none";
  /** Where drawing begins. */
  readonly seed: number;
}

/** Random schedules from one seed. */
export interface RandomTask {
  readonly kind: "schedules" | "restorations" | "rivalries";
  readonly seed: number;
  readonly runs: number;
}

/** A long time with many credentials. */
export interface YearTask extends YearOptions {
  readonly kind: "year";
}

/** A long life in one of the worlds. */
export interface WorldTask {
  readonly kind: "world";
  /** The world's place in the list. */
  readonly world: number;
}

/** Rotations on answers that were changed at random. */
export interface AnswersTask extends AnswersOptions {
  readonly kind: "answers";
}

/** A piece of the proof. */
export type Task = CrashTask | RandomTask | YearTask | WorldTask | AnswersTask;

/** How many of each were tried. */
export interface Counts {
  /** Single faults where the cron fires once or twice in parallel. */
  readonly singles: number;
  /** Second sweeps in the midst of everything, with and without a fault. */
  readonly interleaved: number;
  /** Every fault at every call after another one. */
  readonly pairs: number;
  /** Faults after another one that were drawn at random, where all would be too many. */
  readonly drawn: number;
  readonly schedules: number;
  /** Random schedules in which older copies of the ledger are restored. */
  readonly restorations: number;
  readonly rivalries: number;
  /** Days of credentials, the rotations in them and the calls that went wrong. */
  readonly days: number;
  readonly rotations: number;
  readonly mishaps: number;
  /** Alerts that were sent in them, and in a year in which nothing goes wrong. */
  readonly alerts: number;
  readonly needless: number;
  readonly worlds: number;
  /** Rotations on changed answers, and how many answers were. */
  readonly answered: number;
  readonly mutated: number;
}

/** What a piece showed. */
export interface Outcome {
  readonly counts: Partial<Counts>;
  /** The most that was seen of one credential. */
  readonly peaks?: Peaks;
  /** What was violated and how to see it again. */
  readonly violations: readonly string[];
}

/** How many of the crash points are tried. */
export type Thoroughness = "once" | "quick" | "full";

/**
 * Lists the crash points of all scenarios: where the cron fires `once`; `quick`ly with two sweeps as
 * well, with runs that are resumed and with a second sweep at every call; or in `full`, with faults
 * beside that second sweep, with every pair of faults where the cron fires once, and with one drawn
 * from `seed` after each fault where it fires more often.
 */
export async function listCrashTasks(
  thoroughness: Thoroughness,
  seed = 0,
): Promise<CrashTask[]> {
  const lists = await Promise.all(
    scenarios.map((scenario, index) => listOf(scenario, index, thoroughness)),
  );
  return lists.flat().map((task, index) => ({ ...task, seed: seed + index }));
}

async function listOf(
  scenario: Scenario,
  index: number,
  thoroughness: Thoroughness,
): Promise<Omit<CrashTask, "seed">[]> {
  const full = thoroughness === "full" && !scenario.singly;
  const list = async (firing: Firing, resumes: boolean) => {
    const { calls } = await run({ scenario, firing, resumes, faults: new Map() });
    // With two sweeps there are four times as many pairs.
    const all = full && firing === "once" && !resumes;
    const seconds = all ? "all" : full ? "drawn" : "none";
    const shared = { kind: "crash", scenario: index, firing, resumes, seconds } as const;
    return [...calls.keys()].map((at) => ({ ...shared, at }));
  };
  const once = await list("once", false);
  if (thoroughness === "once") return once;

  const others = await Promise.all([list("once", true), list("twice", false), list("twice", true)]);
  const { fired } = await run({ scenario, firing: "once", resumes: false, faults: new Map() });
  const interleaved = Array.from({ length: fired }, async (_, secondBefore) => {
    const tasks = await list({ secondBefore }, false);
    return full || secondBefore === 1 || secondBefore === 3 ? tasks : tasks.slice(-1);
  });
  return [...once, ...others.flat(), ...(await Promise.all(interleaved)).flat()];
}

/** Tries a piece. */
export async function perform(task: Task): Promise<Outcome> {
  switch (task.kind) {
    case "crash":
      return await crash(task);
    case "year":
      return await spendYear(task);
    case "world":
      return await spendTimeIn(task);
    case "answers":
      return await answer(task);
    default:
      return await randomly(task);
  }
}

async function crash(task: CrashTask): Promise<Outcome> {
  const { firing, resumes, at } = task;
  const scenario = scenarios[task.scenario];
  const violations: string[] = [];
  const attempt = async (faults: Faults) => {
    const verdict = await run({ scenario, firing, resumes, faults });
    const how = `${scenario.name}, ${JSON.stringify(firing)}${resumes ? ", resumed" : ""}, ${
      JSON.stringify([...faults])
    }`;
    violations.push(...verdict.violations.map((violation) => `${how}: ${violation}`));
    return verdict.calls;
  };
  const undisturbed = await attempt(new Map());
  // Where two processes race, one run may need a call less than another.
  const call = undisturbed.at(at);
  const fates = call === undefined ? [] : fatesOf(call);
  const draws = fc.sample(fc.nat(), { seed: task.seed, numRuns: fates.length, unbiased: true });
  let seconds = 0;
  for (const [index, fate] of fates.entries()) {
    const calls = await attempt(new Map([[at, fate]]));
    for (const [second, next] of chooseSeconds(task, calls, draws[index])) {
      seconds++;
      await attempt(new Map([[at, fate], [second, next]]));
    }
  }
  return {
    counts: {
      [typeof firing === "string" ? "singles" : "interleaved"]: fates.length,
      [task.seconds === "all" ? "pairs" : "drawn"]: seconds,
    },
    violations,
  };
}

/** Chooses the second faults to try, given the calls that are made after the first one. */
function chooseSeconds(
  { at, seconds }: CrashTask,
  calls: readonly Call[],
  draw: number,
): (readonly [call: number, fate: Fate])[] {
  if (seconds === "none") return [];
  const all = calls.flatMap((next, call) =>
    call <= at ? [] : fatesOf(next).map((fate) => [call, fate] as const)
  );
  return seconds === "all" || all.length === 0 ? all : [all[draw % all.length]];
}

async function randomly({ kind, seed, runs }: RandomTask): Promise<Outcome> {
  const options = { seed, numRuns: runs };
  const peaks = createPeaks();
  const watch = ({ observer }: Simulation) => seen.add(observer.peaks);
  const seen = new Set<Peaks>();
  const details = kind === "rivalries"
    ? await fc.check(
      fc.asyncProperty(rivalries, async (each) => demand(await liveBeside(each, watch))),
      options,
    )
    : await fc.check(
      fc.asyncProperty(
        kind === "schedules" ? schedules : restorations,
        async (each) => demand(await live(each, watch)),
      ),
      options,
    );
  for (const each of seen) raise(peaks, each);
  const violations = details.failed
    ? [
      `${kind}, seed ${seed}: ${String(details.errorInstance)}: ${
        JSON.stringify(details.counterexample)
      }`,
    ]
    : [];
  return { counts: { [kind]: details.numRuns }, peaks, violations };
}

function demand(violations: readonly string[]): void {
  if (violations.length > 0) throw new Error([...new Set(violations)].join("; "));
}

async function spendYear(task: YearTask): Promise<Outcome> {
  const isQuiet = task.faults === 0 && task.strange === false;
  const { rotations, mishaps, alerts, violations, peaks } = await liveThroughYear(task);
  const how = `${task.credentials} credentials for ${task.days} days, seed ${task.seed}`;
  return {
    counts: {
      days: task.credentials * task.days,
      rotations,
      mishaps,
      ...(isQuiet ? { needless: alerts } : { alerts }),
    },
    peaks,
    violations: [
      ...violations,
      ...(isQuiet && alerts > 0 ? [`${alerts} alerts, and nothing is wrong`] : []),
    ].map((violation) => `${how}: ${violation}`),
  };
}

async function spendTimeIn({ world }: WorldTask): Promise<Outcome> {
  const { violations, peaks } = await liveIn(worlds[world]);
  return {
    counts: { worlds: 1 },
    peaks,
    violations: violations.map((violation) => `${worlds[world].name}: ${violation}`),
  };
}

async function answer(task: AnswersTask): Promise<Outcome> {
  const { rotations, mutated, violations, peaks } = await liveOnAnswers(task);
  const how = `answers, seed ${task.seed}, ${task.rotations} rotations, ${task.rate} changed`;
  return {
    counts: { answered: rotations, mutated },
    peaks,
    violations: violations.map((violation) => `${how}: ${violation}`),
  };
}
