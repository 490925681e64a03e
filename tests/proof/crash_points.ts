/**
 * Every call of a rotation × everything that may become of it, singly and in pairs.
 *
 * @module
 */
import {
  type Call,
  createSimulation,
  type Fate,
  hour,
  minute,
  misfortunes,
  type Simulation,
} from "../simulation/simulation.ts";
import { explain, isConverged } from "../simulation/convergence.ts";
import { settleOrHang } from "../simulation/prompt_runtime.ts";
import type { Scenario } from "./scenarios.ts";

/**
 * How the cron fires: once, twice in parallel, or with a second sweep while the first one, or what it
 * has started, is held up before one of its calls.
 */
export type Firing = "once" | "twice" | { readonly secondBefore: number };

/** What becomes of which call, counted from the firing on. */
export type Faults = ReadonlyMap<number, Fate>;

/** One run of a scenario. */
export interface Trial {
  readonly scenario: Scenario;
  readonly firing: Firing;
  readonly faults: Faults;
  /** Whether the engine goes on with runs whose process died, as Cloudflare's does. */
  readonly resumes: boolean;
}

/** What one run of a scenario showed. */
export interface Verdict {
  /** Each call from the firing to the last one of the recovery. */
  readonly calls: readonly Call[];
  /** How many of them were made before the recovery began. */
  readonly fired: number;
  readonly violations: readonly string[];
}

/** The most sweeps that a recovery may take. */
const recoverySweeps = 10;

/** A statement either takes effect or does not, and fails in one way. */
const ledgerFates: readonly Fate[] = ["not sent", "lost", "dies before", "dies after"];

/** What may be untrue in what a call is answered. */
const untrueOf: readonly (readonly [name: RegExp, fates: readonly Fate[]])[] = [
  [/^GET \/oauth\/authorizations$/, ["mistyped", "shifting", "empty-list"]],
  [/^GET \/oauth\/authorizations\//, ["mistyped", "shifting", "blind"]],
  [/^POST \/oauth\/authorizations$/, ["mistyped", "shifting"]],
  [/^DELETE /, ["mistyped", "deaf"]],
];

/** What may become of a call. */
export function fatesOf({ kind, name }: Pick<Call, "kind" | "name">): readonly Fate[] {
  if (kind === "ledger") return ledgerFates;
  return [...misfortunes, ...untrueOf.find(([pattern]) => pattern.test(name))?.[1] ?? []];
}

/** Runs a scenario with faults at given calls, recovers by ordinary sweeps, and judges. */
export async function run(trial: Trial): Promise<Verdict> {
  const sim = createSimulation(trial.scenario.options);
  const calls: Call[] = [];
  let fired = 0;
  const verdict = await settleOrHang(attempt(trial, sim, calls, () => fired = calls.length));
  const violations = [
    ...sim.violations.map(({ call, message }) => `${message}, after ${call}`),
    ...verdict ?? ["It hangs"],
  ];
  return { calls, fired, violations };
}

async function attempt(
  { scenario, firing, faults, resumes }: Trial,
  sim: Simulation,
  calls: Call[],
  onFired: () => void,
): Promise<string[]> {
  await scenario.prepare(sim);
  let recovering = false;
  sim.fate = (call) => {
    const own = recovering ? undefined : scenario.during?.(sim, call);
    return faults.get(calls.push(call) - 1) ?? own ?? "sent";
  };
  await fire(sim, scenario, firing);
  onFired();
  await sim.advance(10 * minute);
  recovering = true;
  scenario.heal?.(sim);

  let sweeps = 0;
  const judge = () => scenario.judge?.(sim) ?? listUnmade(sim);
  const isDone = () => sweeps > 0 && isConverged(sim) && judge().length === 0;
  for (; sweeps < recoverySweeps && !isDone(); sweeps++) {
    if (resumes) sim.workflows.runs.forEach(({ id }) => sim.workflows.resume(id));
    await sim.cron();
    await sim.advance(scenario.interval ?? 30 * minute);
  }
  sim.fate = () => "sent";
  await sim.cron();
  await sim.advance(2 * hour);
  await sim.look("the end");
  const unfinished = [...judge(), ...explain(sim)];
  sim.close();
  return unfinished;
}

/** The credentials that should have been rotated or provisioned, and were not. */
function listUnmade(sim: Simulation): string[] {
  const made = sim.observer.made();
  return sim.configured().filter(({ name }) => !made.has(name))
    .map(({ name }) => `'${name}' ends without a token of its own`);
}

async function fire(sim: Simulation, scenario: Scenario, firing: Firing): Promise<void> {
  scenario.wake?.(sim);
  const asleep = sim.workflows.settle();
  if (firing === "once") {
    await sim.sweep();
  } else if (firing === "twice") {
    await Promise.all([sim.sweep(), sim.sweep()]);
  } else {
    await sweepWithin(sim, firing.secondBefore);
  }
  await asleep;
  await sim.workflows.settle();
}

/** Everything is held up before one of its calls, until another sweep is through. */
async function sweepWithin(sim: Simulation, heldUpBefore: number): Promise<void> {
  const reached = Promise.withResolvers<void>();
  const through = Promise.withResolvers<void>();
  let calls = 0;
  sim.gate = () => {
    if (calls++ !== heldUpBefore) return;
    reached.resolve();
    return through.promise;
  };
  const first = sim.cron().finally(reached.resolve);
  await reached.promise;
  sim.gate = () => undefined;
  await sim.sweep();
  through.resolve();
  await first;
}
