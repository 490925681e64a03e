import { assertEquals } from "@std/assert";
import type { Step, StepOptions } from "../../lib/rotation/step.ts";
import { createMemoryWorkflows } from "../../lib/testing/memory_workflows.ts";

const patience: StepOptions = {
  retries: { limit: 3, delay: 1000, backoff: "exponential" },
  timeout: 60_000,
};

/** An engine on a clock of its own, and a diary that runs write into. */
function start(run: (step: Step, diary: (word: string) => void, id: string) => Promise<unknown>) {
  const diary: string[] = [];
  let time = 0;
  const workflows = createMemoryWorkflows<null>({
    now: () => time,
    run: (step, _params, id) => run(step, (word) => diary.push(`${time}: ${word}`), id),
  });
  return {
    workflows,
    diary,
    /** Starts a run with this id. */
    begin: (id = "a") => workflows.start([{ id, params: null }]),
    /** Goes from wake to wake until this time. */
    async runUntil(end: number) {
      await workflows.settle();
      for (let wake = workflows.nextWake(); wake !== undefined && wake <= end;) {
        time = Math.max(time, wake);
        await workflows.settle();
        wake = workflows.nextWake();
      }
      time = end;
      await workflows.settle();
    },
  };
}

Deno.test("start() runs to the end, and keeps what the steps and the run gave as JSON", async () => {
  const { workflows, begin } = start(async (step) => {
    const { a } = await step.do(
      "first",
      patience,
      () => Promise.resolve({ a: 1, at: new Date(0) }),
    );
    return { sum: a + await step.do("second", patience, () => Promise.resolve(2)) };
  });
  begin();
  await workflows.settle();
  const [{ status, output, stored, error }] = workflows.runs;
  assertEquals([status, output, error], ["complete", '{"sum":3}', undefined]);
  assertEquals([...stored], [["first", '{"a":1,"at":"1970-01-01T00:00:00.000Z"}'], [
    "second",
    "2",
  ]]);
});

Deno.test("start() passes over an id that was started before, also once it has ended", async () => {
  const { workflows, diary, begin } = start((_step, write, id) => Promise.resolve(write(id)));
  workflows.start([{ id: "a", params: null }, { id: "b", params: null }, {
    id: "a",
    params: null,
  }]);
  await workflows.settle();
  begin("a");
  begin("c");
  await workflows.settle();
  assertEquals(diary, ["0: a", "0: b", "0: c"]);
  assertEquals(workflows.runs.map(({ id }) => id), ["a", "b", "c"]);
});

for (
  const [backoff, times] of [
    ["exponential", ["0", "1000", "3000", "7000"]],
    ["linear", ["0", "1000", "3000", "6000"]],
    ["constant", ["0", "1000", "2000", "3000"]],
  ] as const
) {
  Deno.test(`do() tries again with ${backoff} waits, and then fails`, async () => {
    const options = { ...patience, retries: { ...patience.retries, backoff } };
    const { workflows, diary, begin, runUntil } = start((step, write) =>
      step.do("fails", options, () => {
        write("try");
        return Promise.reject(new Error("Out of order"));
      })
    );
    begin();
    await runUntil(10_000);
    assertEquals(diary, times.map((time) => `${time}: try`));
    const [{ status, error, stored }] = workflows.runs;
    assertEquals([status, error, stored.size], ["errored", "Out of order", 0]);
  });
}

Deno.test("do() goes on as soon as a try succeeds", async () => {
  let tries = 0;
  const { workflows, begin, runUntil } = start((step) =>
    step.do(
      "recovers",
      patience,
      () => ++tries < 3 ? Promise.reject(new Error("No")) : Promise.resolve(tries),
    )
  );
  begin();
  await workflows.settle();
  assertEquals([workflows.runs[0].status, workflows.nextWake()], ["asleep", 1000]);
  await runUntil(10_000);
  assertEquals([workflows.runs[0].output, tries], ["3", 3]);
});

Deno.test("do() lets the run catch what a step failed with", async () => {
  const { workflows, begin } = start((step) =>
    step.do(
      "fails",
      { ...patience, retries: { ...patience.retries, limit: 0 } },
      () => Promise.reject(new Error("No")),
    )
      .catch((error) => `caught ${error.message}`)
  );
  begin();
  await workflows.settle();
  assertEquals(workflows.runs[0].output, '"caught No"');
});

Deno.test("sleep() holds a run until its time has come, and others go on meanwhile", async () => {
  const { workflows, diary, begin, runUntil } = start(async (step, write, id) => {
    await step.sleep("nap", id === "a" ? 5000 : 2000);
    write(id);
  });
  begin("a");
  begin("b");
  await workflows.settle();
  assertEquals(workflows.runs.map(({ status, wakesAt }) => [status, wakesAt]), [
    ["asleep", 5000],
    ["asleep", 2000],
  ]);
  assertEquals(workflows.nextWake(), 2000);
  await runUntil(1999);
  assertEquals(diary, []);
  await runUntil(9000);
  assertEquals(diary, ["2000: b", "5000: a"]);
  assertEquals(workflows.nextWake(), undefined);
});

Deno.test("sleep() of no time goes on at once", async () => {
  const { workflows, begin } = start((step) => step.sleep("nap", 0));
  begin();
  await workflows.settle();
  assertEquals(workflows.runs[0].status, "complete");
});

Deno.test("kill() ends a run where it is, and resume() goes on after its last finished step", async () => {
  const { workflows, diary, begin, runUntil } = start(async (step, write) => {
    await step.do("first", patience, () => Promise.resolve(write("first")).then(() => 1));
    await step.sleep("nap", 1000);
    return await step.do("second", patience, () => Promise.resolve(write("second")).then(() => 2));
  });
  begin();
  await workflows.settle();
  workflows.kill("a");
  await runUntil(5000);
  assertEquals([workflows.runs[0].status, diary], ["killed", ["0: first"]]);
  begin();
  await workflows.settle();
  assertEquals(workflows.runs[0].status, "killed");
  workflows.resume("a");
  await workflows.settle();
  assertEquals([workflows.runs[0].output, diary], ["2", ["0: first", "5000: second"]]);
});

Deno.test("resume() sleeps no longer than the run would have slept", async () => {
  const { workflows, diary, begin, runUntil } = start(async (step, write) => {
    await step.sleep("nap", 5000);
    write("awake");
  });
  begin();
  await workflows.settle();
  workflows.kill("a");
  await runUntil(3000);
  workflows.resume("a");
  await runUntil(9000);
  assertEquals(diary, ["5000: awake"]);
});

Deno.test("kill() in the middle of a step keeps nothing of it, whatever it gives later", async () => {
  const { promise, resolve } = Promise.withResolvers<string>();
  let steps = 0;
  const { workflows, begin } = start((step) =>
    step.do("slow", patience, () => ++steps === 1 ? promise : Promise.resolve("again"))
  );
  begin();
  await Promise.resolve();
  workflows.kill("a");
  resolve("late");
  await workflows.settle();
  assertEquals([workflows.runs[0].status, workflows.runs[0].stored.size], ["killed", 0]);
  workflows.resume("a");
  await workflows.settle();
  assertEquals([workflows.runs[0].output, steps], ['"again"', 2]);
});

Deno.test("kill() and resume() pass over a run that has ended or is unknown", async () => {
  const { workflows, diary, begin } = start((_step, write) => Promise.resolve(write("once")));
  begin();
  await workflows.settle();
  for (const id of ["a", "unknown"]) {
    workflows.kill(id);
    workflows.resume(id);
  }
  await workflows.settle();
  assertEquals([workflows.runs.map(({ status }) => status), diary], [["complete"], ["0: once"]]);
});
