import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { HOUR } from "@std/datetime/constants";
import type { CredentialState } from "../../worker/status.ts";
import { keys, until } from "./harness.ts";
import { findLeaks } from "./leaks.ts";
import { startProcess, type WorkerProcess } from "./process.ts";
import { configVar, startSurroundings, type Surroundings } from "./surroundings.ts";

const adopted = ["ci-deploy", "release-bot"];
const fresh = ["review-apps"];
const names = [...adopted, ...fresh];
const unmanaged = "Heroku CLI on a laptop";

function startOne(around: Surroundings): Promise<WorkerProcess> {
  return startProcess({
    herokuUrl: around.herokuUrl,
    herokuToken: around.heroku.token,
    credentials: names.map((name) => ({
      name,
      scope: ["write"],
      expires_in: "30d",
      grace: "1s",
      targets: [
        { type: "heroku-config-var", app: name, name: configVar },
        { type: "webhook", url: `${around.hookUrl}/${name}`, signing_secret: "HOOK_KEY" },
        { type: "store", reader_key_secret: "CI_READER_KEY" },
      ],
    })),
  });
}

/** Reads the stores over and over, until it is stopped. */
function watchStores(workers: readonly WorkerProcess[], { heroku }: Surroundings) {
  const found = new Set<string>();
  let stopped = false;
  const watching = (async () => {
    while (!stopped) {
      for (const [index, worker] of workers.entries()) {
        for (const name of names) {
          const asked = performance.now();
          const token = await worker.stored(name);
          // Who waits for the answer as long as for the grace may well get a token that is gone.
          const prompt = performance.now() - asked < 500;
          if (prompt && token !== undefined && !heroku.accepts(token)) {
            found.add(`The store of Worker ${index + 1} hands out a dead token of '${name}'`);
          }
        }
      }
    }
  })();
  const stop = async (): Promise<string[]> => {
    stopped = true;
    await watching;
    return [...found];
  };
  return { stop, [Symbol.asyncDispose]: async () => void await stop() };
}

/** Fires all crons at once, and gives what they start a moment. */
async function fire(workers: readonly WorkerProcess[], patience = 3_000): Promise<void> {
  await Promise.all(workers.map((worker) => worker.cron()));
  const end = Date.now() + patience;
  while (Date.now() < end && (await findStates(workers)).some(isAtWork)) {
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

async function findStates(workers: readonly WorkerProcess[]): Promise<CredentialState[]> {
  const all = await Promise.all(workers.map((worker) => worker.status()));
  return all.flatMap(({ credentials }) => credentials).map(({ state }) => state);
}

function isAtWork(state: CredentialState): boolean {
  return state === "rotating" || state === "grace";
}

function countWrites({ outbound }: Surroundings): number {
  return outbound.filter(({ method }) => method !== "GET").length;
}

/**
 * Fires the crons time and again, an hour between: whatever still waits for its next try then has lost
 * its lease. In the end nothing may be made any more, and both Workers must say what is wrong.
 */
async function assertSettled(
  workers: readonly WorkerProcess[],
  around: Surroundings,
): Promise<void> {
  let quiet = 0;
  await until("nothing is written for three hours", async () => {
    const before = countWrites(around);
    for (const worker of workers) worker.elapse(HOUR);
    await fire(workers);
    quiet = countWrites(around) === before ? quiet + 1 : 0;
    return quiet === 3;
  }, 60_000);
  const states = await findStates(workers);
  assertEquals(states, states.map(() => "current"));
  for (const worker of workers) {
    const { reasons } = await worker.status();
    const reason = reasons.find(({ kind }) => kind === "another_worker");
    assertEquals(reason?.count, names.length);
    const headers = { Authorization: `Bearer ${keys.page}` };
    const page = await (await worker.fetch("/", { headers })).text();
    assertStringIncludes(page, "Another Worker");
    assertStringIncludes(worker.output(), "Another Worker made generation");
  }
}

async function assertUnbroken(
  around: Surroundings,
  watch: ReturnType<typeof watchStores>,
  workers: readonly WorkerProcess[],
): Promise<void> {
  assertEquals(await watch.stop(), []);
  assertEquals(around.violations, []);
  for (const name of names) {
    const stored = await Promise.all(workers.map((worker) => worker.stored(name)));
    for (const token of [...stored, ...around.held(name)]) {
      assert(token !== undefined && around.heroku.accepts(token));
    }
  }
  const untouched = around.heroku.live().filter(({ description }) => description === unmanaged);
  for (const worker of workers) assertEquals(await findLeaks(worker, around), []);
  assertEquals(untouched.map(({ created_at, updated_at }) => created_at === updated_at), [true]);
}

function start() {
  const around = startSurroundings({ adopted, fresh });
  around.heroku.issue({ description: unmanaged });
  return Promise.all([around, startOne(around), startOne(around)]);
}

Deno.test({
  name:
    "Two Workers that begin at once on one account break no consumer, settle, and name each other",
  sanitizeOps: false,
  sanitizeResources: false,
  async fn() {
    const [around, ...workers] = await start();
    await using _around = around;
    await using _one = workers[0];
    await using _two = workers[1];
    await using watch = watchStores(workers, around);
    await assertSettled(workers, around);
    await assertUnbroken(around, watch, workers);
  },
});

Deno.test({
  name:
    "A Worker that begins beside another one breaks no consumer, settles, and both name each other",
  sanitizeOps: false,
  sanitizeResources: false,
  async fn() {
    const [around, first, second] = await start();
    await using _around = around;
    await using _first = first;
    await using _second = second;
    await using watch = watchStores([first, second], around);
    await until("the first has done its work", async () => {
      await fire([first]);
      return (await findStates([first])).every((state) => state === "current");
    });
    // The second takes the first one's for what a lost ledger left, and lets it live on for an hour.
    for (let round = 0; round < 8; round++) await fire([first, second], 1_000);
    await assertSettled([first, second], around);
    await assertUnbroken(around, watch, [first, second]);
  },
});
