/**
 * Rotations to which no one gives a straight answer: neither Heroku nor the targets.
 *
 * @module
 */
import { createRandom } from "../../lib/testing/random.ts";
import {
  createSimulation,
  type CredentialSpec,
  day,
  type Fate,
  hour,
  minute,
  type Simulation,
} from "../simulation/simulation.ts";
import type { Peaks } from "../simulation/bounds.ts";
import { explainIdle } from "../simulation/convergence.ts";
import { mutate } from "./mutation.ts";
import { settleOrHang } from "../simulation/prompt_runtime.ts";

/** How many rotations, and how bad the answers are. */
export interface AnswersOptions {
  readonly seed: number;
  /** How many rotations are to be begun. */
  readonly rotations: number;
  /** The share of all answers that are changed. */
  readonly rate: number;
}

/** What came of it. */
export interface AnswersResult {
  /** How many rotations were begun. */
  readonly rotations: number;
  /** How many answers were changed. */
  readonly mutated: number;
  readonly violations: readonly string[];
  readonly peaks: Peaks;
}

const lifetimes = [8 * hour, 16 * hour, 2 * day];

/** What Heroku may also do instead of what it is asked. */
const lies: readonly Fate[] = ["deaf", "blind", "empty-list", "500 after", "401"];

/** Which answers may all be wrong in the same way for hours. */
const kindsOfCalls: readonly RegExp[] = [
  /^GET \/oauth\/authorizations$/,
  /^GET \/oauth\/authorizations\//,
  /^POST \/oauth\/authorizations$/,
  /^DELETE /,
  /^GET \/account$/,
  / \/apps\//,
  /^POST \/\d/,
];

/** How often that begins, as a share of all sweeps, and how long it lasts at most. */
const stuckShare = 0.03;
const longestStuck = 12 * hour;

/** How long it goes on at most, and how long the answers are true in the end. */
const mostDays = 300;
const trueDays = 4;

const interval = hour;

/** Lives on bad answers until so many rotations were begun, and on good ones for a few days. */
export async function liveOnAnswers(
  options: AnswersOptions,
  watch: (sim: Simulation) => void = () => {},
): Promise<AnswersResult> {
  const random = createRandom(options.seed);
  const sim = createSimulation({
    seed: options.seed,
    credentials: lifetimes.flatMap((lifetime, index) => [
      toSpec(2 * index, lifetime),
      toSpec(2 * index + 1, lifetime),
    ]),
  });
  watch(sim);
  // With answers like these a token may well expire.
  sim.observer.fairTime = Infinity;
  sim.observer.doublesExcused = true;
  let mutated = 0;
  let stuck = { calls: /^never$/, seed: 0, until: 0 };
  function getStuck(): void {
    if (sim.now() < stuck.until || random.next() >= stuckShare) return;
    stuck = {
      calls: kindsOfCalls[Math.floor(random.next() * kindsOfCalls.length)],
      seed: random.next() * 2 ** 32,
      until: sim.now() + random.next() * longestStuck,
    };
  }
  sim.mutate = async (response, call) => {
    const isStuck = sim.now() < stuck.until && stuck.calls.test(call);
    if (!isStuck && random.next() >= options.rate) return response;
    mutated++;
    if (call.startsWith("GET /oauth")) sim.observer.hide(10 * minute);
    return await mutate(response, isStuck ? createRandom(stuck.seed) : random);
  };
  sim.fate = ({ kind }) => {
    if (kind === "ledger" || random.next() >= options.rate / 4) return "sent";
    mutated++;
    return lies[Math.floor(random.next() * lies.length)];
  };
  const isDone = () => {
    getStuck();
    return sim.workflows.runs.length >= options.rotations;
  };
  const lived = await live(sim, mostDays, isDone);
  sim.mutate = undefined;
  sim.fate = () => "sent";
  const hangs = !lived || !await live(sim, trueDays, () => false);
  await sim.look("the end");
  const unfinished = hangs ? ["It hangs"] : explainIdle(sim);
  sim.close();
  return {
    rotations: sim.workflows.runs.length,
    mutated,
    violations: [
      ...sim.violations.slice(0, 3).map(({ call, message }) => `${message}, after ${call}`),
      ...unfinished,
    ],
    peaks: sim.observer.peaks,
  };
}

/** False once it turns out to hang. */
async function live(sim: Simulation, days: number, isDone: () => boolean): Promise<boolean> {
  const end = sim.now() + days * day;
  while (sim.now() < end && !isDone()) {
    if (!await settleOrHang(liveOn(sim))) return false;
    sim.heroku.setRateLimitRemaining(4500);
  }
  return true;
}

async function liveOn(sim: Simulation): Promise<true> {
  await sim.sweep();
  await sim.advance(interval);
  return true;
}

function toSpec(index: number, lifetime: number): CredentialSpec {
  const targets: string[][] = [
    [`hook:${index}`, `var:app-${index}/KEY`],
    [`var:app-${index}/KEY`, "store"],
    [`hook:${index}`],
  ];
  return {
    name: `credential-${index}`,
    scope: ["write"],
    lifetime,
    grace: (index % 2) * hour,
    targets: targets[index % targets.length],
  };
}
