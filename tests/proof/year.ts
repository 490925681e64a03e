/**
 * A year of many credentials in a world where every twentieth call goes wrong.
 *
 * @module
 */
import {
  createSimulation,
  type CredentialSpec,
  day,
  hour,
  minute,
  misfortunes,
  type Simulation,
  untruths,
} from "../simulation/simulation.ts";
import { createRandom } from "../../lib/testing/random.ts";
import { type Condition, lastingConditions, passingConditions } from "./conditions.ts";
import { explainIdle } from "../simulation/convergence.ts";
import type { Peaks } from "../simulation/bounds.ts";
import { settleOrHang } from "../simulation/prompt_runtime.ts";

/** How long, with how many, and how bad. */
export interface YearOptions {
  readonly credentials: number;
  readonly days: number;
  /** The share of all calls that go wrong. */
  readonly faults: number;
  /** How often the cron fires, in milliseconds. */
  readonly interval: number;
  readonly seed: number;
  /**
   * Whether the world is another one for half a day of each week.
   * @default {true}
   */
  readonly strange?: boolean;
}

/** What came of it. */
export interface YearResult {
  /** How many calls went wrong. */
  readonly mishaps: number;
  /** The rotations that replaced a token. */
  readonly rotations: number;
  readonly violations: readonly string[];
  readonly peaks: Peaks;
  /** How many alerts were sent. */
  readonly alerts: number;
}

const lifetimes = [8 * day, 30 * day, 90 * day, 365 * day];

/** How long nothing goes wrong in the end. */
const quietDays = 2;

/** How many violations are enough. */
const mostViolations = 20;

/** In each week the world is another one for this long, which no token may fail to survive. */
const strangeTime = 12 * hour;

/** The conditions that may come and go: others decide for good how descriptions are stored. */
const conditions: readonly Condition[] = [
  ...passingConditions,
  ...lastingConditions.filter(({ world }) => world.renamed === undefined),
];

/** Lives through it. No one ever comes to help. */
export async function liveThroughYear(options: YearOptions): Promise<YearResult> {
  const { next } = createRandom(options.seed);
  const pick = <T>(from: readonly T[]) => from[Math.floor(next() * from.length)];
  const sim = createSimulation({
    credentials: Array.from({ length: options.credentials }, (_, index) => toSpec(index)),
    alerts: true,
  });
  // No bad luck excuses a token that expires.
  sim.observer.fairTime = -Infinity;
  for (const { name, places } of sim.configured()) {
    const expires = pick(lifetimes);
    const { token } = sim.heroku.issue({
      description: name,
      scope: ["write"],
      expires_in: expires / 1000,
      created_at: sim.heroku.now() - Math.floor(next() * 0.5 * expires),
    });
    for (const { place } of places) if (place !== "store") await sim.put(place, token);
  }

  let mishaps = 0;
  sim.fate = () => {
    if (next() >= options.faults) return "sent";
    mishaps++;
    return pick(kinds);
  };
  const kinds = [...misfortunes, ...untruths];
  const hangs = await pass(options.days) === undefined;
  sim.fate = () => "sent";
  const unfinished = hangs || await pass(quietDays) === undefined
    ? ["It hangs"]
    : explainIdle(sim).filter((each) => each.includes("leftovers"));
  await sim.look("the end");
  sim.close();
  return {
    mishaps,
    rotations:
      sim.workflows.runs.filter(({ output }) => output?.includes(`"outcome":"success"`)).length,
    violations: [
      ...sim.violations.slice(0, mostViolations).map(({ call, message }) =>
        `${message}, after ${call}`
      ),
      ...unfinished,
    ],
    peaks: sim.observer.peaks,
    alerts: sim.alerts.alerts,
  };

  /** Lets days pass; undefined once it turns out to hang. */
  async function pass(days: number): Promise<true | undefined> {
    const end = sim.heroku.now() + days * day;
    let condition: Condition = { world: {} };
    let [from, until, hurriedUntil] = [sim.heroku.now() + 7 * next() * day, 0, 0];
    while (sim.heroku.now() < end) {
      if (options.strange !== false && sim.heroku.now() >= from && days !== quietDays) {
        condition = pick(conditions);
        sim.heroku.setWorld(condition.world);
        [from, until] = [from + 7 * day, sim.heroku.now() + strangeTime];
        if (condition.world.capped !== undefined) hurriedUntil = sim.heroku.now() + day;
      }
      if (sim.heroku.now() >= until) sim.heroku.setWorld({});
      else if (condition.patience !== undefined) sim.observer.hide(condition.patience);
      // A day is all microtasks: only a hang ever gives the rest of the runtime its turn.
      // What lives for hours needs the cron as often as it comes in production.
      const isHurried = sim.heroku.now() < hurriedUntil;
      const interval = isHurried ? Math.min(options.interval, 15 * minute) : options.interval;
      if (!await settleOrHang(liveOn(sim, interval))) return undefined;
      sim.heroku.setRateLimitRemaining(4500);
    }
    return true;
  }
}

async function liveOn(sim: Simulation, interval: number): Promise<true> {
  await sim.sweep();
  await sim.advance(interval);
  return true;
}

function toSpec(index: number): CredentialSpec {
  const targets: string[][] = [
    [`hook:${index}`],
    [`var:app-${index}/KEY`],
    [`hook:${index}-a`, `var:app-${index}/KEY`],
    [`hook:${index}`, "store"],
  ];
  return {
    name: `credential-${index}`,
    grace: (index % 3) * hour,
    targets: targets[index % targets.length],
  };
}
