/**
 * The proof of the rotation: every crash point, pairs of them, random schedules, and two Workers on
 * one account.
 *
 * `deno task proof` tries all of it and takes hours of one core; `--quick` tries single faults and a
 * thousandth of the rest; `--seed N` begins the random part elsewhere; `--only crash`, `schedules` or
 * `rivalries` leaves out the others.
 *
 * @module
 */
import { installPromptRuntime } from "./prompt_runtime.ts";
import type { Outcome, Task } from "./tasks.ts";

installPromptRuntime();
const { listCrashTasks } = await import("./tasks.ts");

const quick = Deno.args.includes("--quick");
const option = (name: string) => {
  const at = Deno.args.indexOf(`--${name}`);
  return at < 0 ? undefined : Deno.args[at + 1];
};
const seed = Number(option("seed") ?? Math.trunc(Math.random() * 1e6));
const only = option("only");
const batch = 100;

const tasks: Task[] = [];
if (!only || only === "crash") tasks.push(...await listCrashTasks(!quick));
const random = [["schedules", quick ? 100 : 100_000], ["rivalries", quick ? 100 : 10_000]] as const;
for (const [kind, runs] of random) {
  if (only && only !== kind) continue;
  for (let done = 0; done < runs; done += batch) {
    tasks.push({ kind, seed: seed + done, runs: batch });
  }
}

const total = { singles: 0, pairs: 0, schedules: 0, rivalries: 0 };
const violations: string[] = [];
const startedAt = performance.now();
let finished = 0;
console.log(`Seed ${seed}, ${tasks.length} pieces on ${navigator.hardwareConcurrency} cores`);
await Promise.all(Array.from({ length: navigator.hardwareConcurrency }, work));

console.log(`\nCrash points tried      ${total.singles}`);
console.log(`Pairs of them tried     ${total.pairs}`);
console.log(`Random schedules tried  ${total.schedules}`);
console.log(`Two Workers tried       ${total.rivalries}`);
console.log(`Violations              ${violations.length}`);
Deno.exit(violations.length === 0 ? 0 : 1);

/** Has one process try pieces for as long as there are any. */
async function work(): Promise<void> {
  const worker = new Worker(new URL("./worker.ts", import.meta.url), { type: "module" });
  const answer = () =>
    new Promise<unknown>((resolve) => worker.onmessage = ({ data }) => resolve(data));
  await answer();
  for (let task = tasks.shift(); task; task = tasks.shift()) {
    const answered = answer();
    worker.postMessage(task);
    note(await answered as Outcome);
  }
  worker.terminate();
}

function note(outcome: Outcome): void {
  total.singles += outcome.singles;
  total.pairs += outcome.pairs;
  total.schedules += outcome.schedules;
  total.rivalries += outcome.rivalries;
  for (const violation of outcome.violations) {
    violations.push(violation);
    console.log(violation);
  }
  if (++finished % 50 === 0) {
    const minutes = (performance.now() - startedAt) / 60_000;
    console.log(`${finished} pieces in ${minutes.toFixed(1)} min: ${JSON.stringify(total)}`);
  }
}
