/**
 * The proof of the rotation, all of it or the parts that are asked for: see {@linkcode parts}.
 *
 * `deno task proof` tries all of it, on every core: two take an hour and three quarters. `--quick`
 * leaves out pairs, kills and mutants, and tries a thousandth of what is random; `--only crash,year`
 * tries these parts; `--seed N` begins what is random elsewhere.
 *
 * @module
 */
import { parseArgs } from "node:util";
import { createPeaks, raise } from "../simulation/bounds.ts";
import { mutants, tryMutant } from "./mutants.ts";
import { createProgress } from "./progress.ts";
import { installPromptRuntime } from "../simulation/prompt_runtime.ts";
import type { Counts, CrashTask, Outcome, Task } from "./tasks.ts";

const parts = [
  "crash",
  "schedules",
  "restorations",
  "rivalries",
  "worlds",
  "answers",
  "year",
  "kills",
  "mutants",
] as const;
type Part = typeof parts[number];

const minute = 60_000;
/** How many random schedules one seed is good for. */
const batch = 100;
/** How many rotations are begun on one seed's answers, and the shares of answers that are changed. */
const rotations = 250;
const rates = [0.01, 0.03, 0.1, 0.3];
/** How long it may take to catch a mutant, in milliseconds. */
const mutantTimeout = 15 * minute;

/** How many seconds each takes, roughly: what the progress goes by. */
const seconds = { batch: 4, rivalries: 8, answers: 4, world: 1, kills: 1200, mutant: 40 };
const crashSeconds = { none: 0.05, drawn: 0.1, all: 6 };

const { values: options } = parseArgs({
  options: {
    quick: { type: "boolean", default: false },
    only: { type: "string" },
    seed: { type: "string", default: String(Math.trunc(Math.random() * 1e6)) },
  },
});
const { quick } = options;
const seed = Number(options.seed);
const chosen = chooseParts(options.only);
const startedAt = performance.now();
const counts: Partial<Record<keyof Counts, number>> = {};
const violations: string[] = [];

const peaks = createPeaks();
const tasks = await listTasks();
const progress = createProgress({
  total: tasks.reduce((sum, task) => sum + weigh(task), 0) +
    (chosen.has("kills") ? seconds.kills : 0) +
    (chosen.has("mutants") ? seconds.mutant * mutants.length : 0),
  isTerminal: Deno.stdout.isTerminal(),
  now: () => performance.now(),
  write: (text) => Deno.stdout.writeSync(new TextEncoder().encode(text)),
});
say(`seed ${seed}, ${navigator.hardwareConcurrency} cores, ${[...chosen].join(", ")}`);
await tryAll(tasks);
const kills = chosen.has("kills") ? await tryKills() : undefined;
const caught = chosen.has("mutants") ? await tryMutants() : undefined;
progress.end();

console.log();
const print = (what: string, figure: string | number | undefined) => {
  if (figure !== undefined) console.log(`${what.padEnd(26)}${figure.toLocaleString("en")}`);
};
print("Crash points tried", counts.singles);
print("Interleaved sweeps tried", counts.interleaved);
print("Pairs tried", counts.pairs);
print("Pairs drawn and tried", counts.drawn);
print("Random schedules tried", counts.schedules);
print("  with older ledgers", counts.restorations);
print("Two Workers tried", counts.rivalries);
print("Days of credentials lived", counts.days);
print("  rotations in them", counts.rotations);
print("  calls gone wrong", counts.mishaps);
print("  alerts sent", counts.alerts);
print("Alerts for nothing", counts.needless);
print("Worlds lived in", counts.worlds);
print("Rotations on bad answers", counts.answered);
print("  answers changed", counts.mutated);
if (peaks.creates > 0) {
  print("Most creates in a day", `${peaks.creates} (${percent(peaks.createsShare)} of a bound)`);
  print("Most live tokens", `${peaks.live} (${percent(peaks.liveShare)} of a bound)`);
}
print("Kills of the real Worker", kills);
print("Mutants caught", caught === undefined ? undefined : `${caught} of ${mutants.length}`);
print("Violations", violations.length);
Deno.exit(violations.length === 0 ? 0 : 1);

function percent(share: number): string {
  return `at most ${Math.round(share * 100)} %`;
}

function weigh(task: Task): number {
  switch (task.kind) {
    case "crash":
      return crashSeconds[task.seconds];
    case "schedules":
    case "restorations":
      return seconds.batch;
    case "year":
      return task.credentials * task.days / 200;
    default:
      return seconds[task.kind];
  }
}

function chooseParts(only: string | undefined): Set<Part> {
  const usual = parts.filter((part) => !quick || (part !== "kills" && part !== "mutants"));
  const asked = only?.split(",");
  const unknown = asked?.find((each) => !parts.some((part) => part === each));
  if (unknown === undefined && !Number.isNaN(seed)) {
    return new Set(parts.filter((part) => asked?.includes(part) ?? usual.includes(part)));
  }
  console.error(
    unknown === undefined
      ? `Cannot begin at seed '${options.seed}': give a number`
      : `Cannot try '${unknown}': the parts are ${parts.join(", ")}`,
  );
  Deno.exit(2);
}

async function listTasks(): Promise<Task[]> {
  installPromptRuntime();
  const { listCrashTasks } = await import("./tasks.ts");
  const tasks: Task[] = [];
  // The longest piece comes first, so that no one waits for it in the end.
  if (chosen.has("year")) {
    tasks.push({
      kind: "year",
      seed,
      faults: 0.05,
      interval: 60 * minute,
      ...quick ? { credentials: 20, days: 60 } : { credentials: 200, days: 365 },
    }, {
      kind: "year",
      seed,
      faults: 0,
      strange: false,
      interval: 60 * minute,
      ...quick ? { credentials: 5, days: 60 } : { credentials: 20, days: 365 },
    });
  }
  const random = [
    ["schedules", quick ? 100 : 100_000],
    ["restorations", quick ? 100 : 10_000],
    ["rivalries", quick ? 100 : 1_000],
  ] as const;
  for (const [kind, runs] of random) {
    for (let done = 0; chosen.has(kind) && done < runs; done += batch) {
      tasks.push({ kind, seed: seed + done, runs: batch });
    }
  }
  if (chosen.has("worlds")) {
    const { worlds } = await import("./worlds.ts");
    tasks.push(...[...worlds.keys()].map((world) => ({ kind: "world" as const, world })));
  }
  const lives = Math.ceil((quick ? 1000 : 100_000) / rotations);
  for (let life = 0; chosen.has("answers") && life < lives; life++) {
    tasks.push({ kind: "answers", seed: seed + life, rotations, rate: rates[life % rates.length] });
  }
  if (chosen.has("crash")) {
    const crashes = await listCrashTasks(quick ? "quick" : "full", seed);
    const isLong = ({ seconds }: CrashTask) => Number(seconds === "all");
    tasks.push(...crashes.toSorted((a, b) => isLong(b) - isLong(a)));
  }
  return tasks;
}

/** Has one Web Worker a core try pieces for as long as there are any. */
async function tryAll(tasks: Task[]): Promise<void> {
  await Promise.all(Array.from({ length: navigator.hardwareConcurrency }, async () => {
    const worker = new Worker(new URL("./worker.ts", import.meta.url), { type: "module" });
    const answer = () =>
      new Promise<unknown>((resolve) => worker.onmessage = ({ data }) => resolve(data));
    await answer();
    for (let task = tasks.shift(); task; task = tasks.shift()) {
      const answered = answer();
      worker.postMessage(task);
      note(await answered as Outcome);
      progress.add(weigh(task));
    }
    worker.terminate();
  }));
}

function note(outcome: Outcome): void {
  for (const name of Object.keys(outcome.counts) as (keyof Counts)[]) {
    counts[name] = (counts[name] ?? 0) + (outcome.counts[name] ?? 0);
  }
  if (outcome.peaks) raise(peaks, outcome.peaks);
  for (const violation of outcome.violations) accuse(violation);
}

/** Kills the real Worker, at every step and at random moments. Gives how many tests that were. */
async function tryKills(): Promise<string> {
  const { success, stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["test", "-A", "--quiet", "tests/worker/kill_test.ts"],
    env: { HEROTATE_PROOF: "1", NO_COLOR: "1" },
    stderr: "inherit",
  }).output();
  const said = new TextDecoder().decode(stdout);
  progress.add(seconds.kills);
  if (!success) accuse(said);
  return /\d+ passed.*failed/.exec(said)?.[0] ?? "none";
}

/** Breaks the code on purpose. Gives how many of the mutants were caught. */
async function tryMutants(): Promise<number> {
  const left = [...mutants];
  let caught = 0;
  await Promise.all(Array.from({ length: navigator.hardwareConcurrency }, async () => {
    for (let mutant = left.shift(); mutant; mutant = left.shift()) {
      const result = await tryMutant(mutant, mutantTimeout);
      progress.add(seconds.mutant);
      if (result.outcome === "caught") {
        caught++;
        say(`caught one that ${mutant.name}: ${result.by.slice(0, 200)}`);
      } else {
        accuse(
          result.outcome === "survived"
            ? `Nothing catches a mutant that ${mutant.name}`
            : `The mutant that ${mutant.name} is not to be found in ${result.file}`,
        );
      }
    }
  }));
  return caught;
}

function accuse(violation: string): void {
  violations.push(violation);
  say(violation);
}

function say(text: string): void {
  progress.say(`${((performance.now() - startedAt) / minute).toFixed(1)} min: ${text}`);
}
