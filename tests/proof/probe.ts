/**
 * A short proof that stops at the first violation: what a mutant has to survive. It ends with status
 * 0 when nothing was found, and 9 when something was. The worlds and scenarios whose name has its
 * argument come first.
 *
 * @module
 */
import { installPromptRuntime } from "../simulation/prompt_runtime.ts";

installPromptRuntime();
const { perform, listCrashTasks } = await import("./tasks.ts");
const { run } = await import("./crash_points.ts");
const { scenarios } = await import("./scenarios.ts");
const { worlds } = await import("./worlds.ts");
type Task = Parameters<typeof perform>[0];

function report(violations: readonly string[]): void {
  if (violations.length === 0) return;
  console.log(violations[0]);
  Deno.exit(9);
}

async function tryWorlds(isAsked: (name: string) => boolean): Promise<void> {
  for (const [world, { name }] of worlds.entries()) {
    if (isAsked(name)) report((await perform({ kind: "world", world })).violations);
  }
}

async function tryScenarios(isAsked: (name: string) => boolean): Promise<void> {
  for (const scenario of scenarios.filter(({ name }) => isAsked(name))) {
    for (const firing of ["once", "twice"] as const) {
      const { violations } = await run({ scenario, firing, faults: new Map(), resumes: false });
      report(violations.map((violation) => `${scenario.name}: ${violation}`));
    }
  }
}

const [first = ""] = Deno.args;
const isFirst = (name: string) => first !== "" && name.includes(first);
await tryWorlds(isFirst);
await tryScenarios(isFirst);
await tryScenarios((name) => !isFirst(name));

const crashes = await listCrashTasks("quick");
const random = (kind: "schedules" | "rivalries", seeds: readonly number[]): Task[] =>
  seeds.map((seed) => ({ kind, seed, runs: 100 }));
await tryWorlds((name) => !isFirst(name));
const tasks: Task[] = [
  ...random("schedules", [1, 2, 3]),
  ...random("rivalries", [1]),
  ...crashes.filter(({ firing, resumes }) => firing === "once" && !resumes),
  ...random("schedules", [4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15]),
  ...crashes.filter(({ firing, resumes }) => firing !== "once" || resumes),
];
for (const task of tasks) report((await perform(task)).violations);
