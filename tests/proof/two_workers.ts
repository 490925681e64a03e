/**
 * Two Workers on one account by mistake: they may waste requests, and may break no consumer.
 *
 * @module
 */
import fc from "fast-check";
import {
  createSimulation,
  type CredentialSpec,
  day,
  type Fate,
  hour,
  minute,
  type Simulation,
} from "../simulation/simulation.ts";
import { settleOrHang } from "../simulation/prompt_runtime.ts";

/** One thing that happens to the two. */
export type Turn =
  | {
    readonly turn: "sweep";
    /** Who sweeps: the first, the second, or both at once. */
    readonly who: "first" | "second" | "both";
    /** How many microtasks each call of the first waits before it is sent. */
    readonly delay: number;
    readonly mishaps: readonly (readonly [number, Fate])[];
  }
  | { readonly turn: "wait"; readonly minutes: number }
  | { readonly turn: "target"; readonly down: boolean };

/** How the two live beside each other. */
export interface Rivalry {
  readonly place: "hook:0" | "var:app/A";
  readonly present: boolean;
  readonly turns: readonly Turn[];
}

const turn: fc.Arbitrary<Turn> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      turn: fc.constant("sweep"),
      who: fc.constantFrom("first", "second", "both"),
      delay: fc.nat(300),
      mishaps: fc.array(
        fc.tuple(fc.nat(40), fc.constantFrom<Fate>("lost", "not sent", "500", "dies after")),
        { maxLength: 2 },
      ),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      turn: fc.constant("wait"),
      minutes: fc.constantFrom(0.2, 1, 5, 16, 61, 300),
    }),
  },
  { weight: 1, arbitrary: fc.record({ turn: fc.constant("target"), down: fc.boolean() }) },
);

/** Any rivalry. */
export const rivalries: fc.Arbitrary<Rivalry> = fc.record({
  place: fc.constantFrom("hook:0", "var:app/A"),
  present: fc.boolean(),
  turns: fc.array(turn, { minLength: 1, maxLength: 16, size: "max" }),
});

/** Lets the two live beside each other, for a quiet month in the end; gives what was wrong. */
export async function liveBeside(
  rivalry: Rivalry,
  watch: (sim: Simulation) => void = () => {},
): Promise<string[]> {
  const spec: CredentialSpec = {
    name: "ci",
    scope: ["write"],
    lifetime: 8 * day,
    grace: hour,
    targets: [rivalry.place],
  };
  const first = createSimulation({ credentials: [spec] });
  const second = createSimulation({ credentials: [spec], beside: first });
  first.observer.fairTime = 2 * day;
  watch(first);
  watch(second);
  const hangs = await settleOrHang(compete(rivalry, first, second)) === undefined;
  const said = first.violations.map(({ call, message }) => `${message}, after ${call}`);
  return hangs ? [...said, "It hangs"] : said;
}

async function compete(rivalry: Rivalry, first: Simulation, second: Simulation): Promise<true> {
  const { heroku, observer, down } = first;
  if (rivalry.present) {
    const { token } = heroku.issue({ description: "ci", scope: ["write"], expires_in: 8 * 86_400 });
    await first.put(rivalry.place, token);
  }
  for (const each of rivalry.turns) {
    observer.disturb();
    if (each.turn === "wait") await idle(each.minutes);
    if (each.turn === "target" && each.down) down.add(rivalry.place);
    if (each.turn === "target" && !each.down) down.clear();
    if (each.turn === "sweep") await sweep(each);
  }
  down.clear();
  for (const sim of [first, second]) sim.fate = () => "sent";
  observer.disturb();
  for (let sweeps = 0; sweeps < 40; sweeps++) {
    await Promise.all([first.sweep(), second.sweep()]);
    await advance(sweeps < 15 ? 20 * minute : 12 * hour);
  }
  await first.look("the end");
  for (const sim of [first, second]) sim.close();
  return true;

  /** The crons go on firing: only what happens between two of them is left to the turns. */
  async function idle(minutes: number): Promise<void> {
    for (let left = minutes; left > 0; left -= 30) {
      await advance(Math.min(left, 30) * minute);
      if (left > 30) await Promise.all([first.sweep(), second.sweep()]);
    }
  }

  async function advance(duration: number): Promise<void> {
    await Promise.all([first.workflows.settle(), second.workflows.settle()]);
    await second.advance(duration);
  }

  async function sweep(each: Turn & { turn: "sweep" }): Promise<void> {
    const start = first.calls;
    const due = new Map(each.mishaps);
    first.fate = ({ number }) => due.get(number - start) ?? "sent";
    first.gate = () => wait(each.delay);
    await Promise.all([
      each.who === "second" ? undefined : first.sweep(),
      each.who === "first" ? undefined : second.sweep(),
    ]);
    await Promise.all([first.workflows.settle(), second.workflows.settle()]);
    first.gate = () => undefined;
    first.fate = () => "sent";
  }
}

async function wait(ticks: number): Promise<void> {
  for (let tick = 0; tick < ticks; tick++) await undefined;
}
