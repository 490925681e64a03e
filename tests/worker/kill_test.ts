import { HOUR } from "@std/datetime/constants";
import { assert, assertEquals } from "@std/assert";
import { createRandom } from "../../lib/testing/random.ts";
import { until } from "./harness.ts";
import { findLeaks } from "./leaks.ts";
import { startProcess, type WorkerProcess } from "./process.ts";
import {
  configVar,
  type Moment,
  type Outbound,
  startSurroundings,
  type Surroundings,
} from "./surroundings.ts";

/** Whether to try every pair of crash points, and kills at random moments: that takes minutes. */
const thorough = Deno.env.has("HEROTATE_PROOF");

/** One for each crash point of a rotation, and one that is never stopped. */
const adopted = numbered("adopted", 18);
const fresh = numbered("fresh", 13);
/** Its grace can be longer than the test: then it is killed in its sleep. */
const sleeper = "sleeper";
const stoppable = [...adopted, ...fresh];
const names = [...stoppable, sleeper];

/** Two authorizations that no one claims. */
const unmanaged = ["Heroku CLI on a laptop", "adopted-1 by hand"];

/** Where a credential's rotation is stopped: at its first crash point, its second, … */
type Stops = ReadonlyMap<string, number>;

function numbered(word: string, count: number): string[] {
  return Array.from({ length: count }, (_, index) => `${word}-${index + 1}`);
}

function configure(hookUrl: string, sleep: string): unknown {
  return names.map((name) => ({
    name,
    scope: ["write"],
    expires_in: "30d",
    grace: name === sleeper ? sleep : "1s",
    targets: [
      { type: "heroku-config-var", app: name, name: configVar },
      { type: "webhook", url: `${hookUrl}/${name}`, signing_secret: "HOOK_KEY" },
      { type: "store", reader_key_secret: "CI_READER_KEY" },
    ],
  }));
}

/**
 * Has Heroku and the receiver stop each credential's run: a read never gets its answer, a write
 * either never takes effect or does and never gets its answer. Gives what stopped each one.
 */
function stopAt(around: Surroundings, stops: Stops): Map<string, string> {
  const stopped = new Map<string, string>();
  const points = new Map<string, number>();
  let swept = false;
  around.hold = ({ method, url, credential, to }: Outbound, moment: Moment) => {
    // Runs begin after the sweep's last look at Heroku.
    swept ||= url.pathname.endsWith("/~") && moment === "after";
    const isPoint = method !== "GET" || moment === "after";
    if (!credential || !swept || !isPoint) return false;
    const point = 1 + (points.get(credential) ?? 0);
    points.set(credential, point);
    if (stopped.has(credential) || point !== stops.get(credential)) return false;
    const what = to === "hook" ? "the webhook" : url.pathname.replace(/[0-9a-f-]{36}/, ":id");
    stopped.set(credential, `${moment} ${method} ${what.replace(credential, ":app")}`);
    return true;
  };
  return stopped;
}

async function assertStoresServe(worker: WorkerProcess, around: Surroundings): Promise<void> {
  await Promise.all(names.map(async (name) => {
    const token = await worker.stored(name);
    assert(token === undefined || around.heroku.accepts(token), `The store of ${name} is dead`);
  }));
}

async function start(sleep: string): Promise<{ worker: WorkerProcess; around: Surroundings }> {
  const around = startSurroundings({ adopted: [...adopted, sleeper], fresh });
  for (const description of unmanaged) around.heroku.issue({ description });
  const worker = await startProcess({
    credentials: configure(around.hookUrl, sleep),
    herokuUrl: around.herokuUrl,
    herokuToken: around.heroku.token,
  });
  return { worker, around };
}

/** Starts the Worker again, long enough after the kill for the dead attempts' leases to have run out. */
async function restart(worker: WorkerProcess, around: Surroundings): Promise<void> {
  around.release();
  worker.elapse(2 * HOUR);
  await worker.start();
  await assertStoresServe(worker, around);
}

/** Has the sweep wait for ever for an answer, and gives when it does. */
function stopSweepAt(around: Surroundings, path: string): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const { hold } = around;
  around.hold = (request, moment) => {
    if (request.method !== "GET" || request.url.pathname !== path) return hold(request, moment);
    resolve();
    return true;
  };
  return promise;
}

async function recover(worker: WorkerProcess, around: Surroundings): Promise<void> {
  around.hold = () => false;
  await worker.cron();
  await until("every credential is current", async () => {
    await new Promise((resolve) => setTimeout(resolve, 300));
    assertEquals(around.violations, []);
    const states = (await worker.status()).credentials.map(({ state }) => state);
    if (states.every((state) => state === "current")) return true;
    if (states.some((state) => state === "rotating" || state === "grace")) return false;
    worker.elapse(HOUR);
    await worker.cron();
    return false;
  }, 40_000);
}

async function assertRecovered(worker: WorkerProcess, around: Surroundings): Promise<void> {
  for (const name of names) {
    const line = around.line(name);
    assertEquals(line.length, 1, `'${name}' has ${line.map((each) => each.description)}`);
    const [{ token }] = line;
    assert(around.held(name).every((held) => held === token), `A consumer of ${name} lags behind`);
    assertEquals(await worker.stored(name), token);
  }
  const others = around.heroku.live().filter(({ description }) => unmanaged.includes(description))
    .toSorted((a, b) => unmanaged.indexOf(a.description) - unmanaged.indexOf(b.description));
  assertEquals(
    others.map((
      { description, created_at, updated_at },
    ) => [description, updated_at === created_at]),
    unmanaged.map((description) => [description, true]),
  );

  await worker.cron();
  const { credentials, status } = await worker.status();
  assertEquals(status, "ok");
  const unsettled = credentials.filter(({ stale, failures }) => stale.length + failures > 0);
  assertEquals(unsettled, []);
  const kept = worker.withLedger((database) =>
    database.prepare("SELECT * FROM entries WHERE sealed_token IS NOT NULL AND state <> 'current'")
      .all()
  );
  assertEquals(kept, []);
}

/** The first rotation is stopped at one point, and the one that takes over at another. */
async function killTwice(second: (first: number) => number): Promise<Map<string, string>> {
  const { worker, around } = await start("1h");
  await using _around = around;
  await using _worker = worker;
  const first = await stopAndKill(worker, around, (point) => point, "/oauth/authorizations");
  await restart(worker, around);
  await stopAndKill(worker, around, second, "/oauth/authorizations/~");
  await restart(worker, around);
  await recover(worker, around);
  await assertRecovered(worker, around);
  assertEquals(await findLeaks(worker, around), []);
  return first;
}

/** Stops every run somewhere, and the next sweep as well, and kills the Worker. */
async function stopAndKill(
  worker: WorkerProcess,
  around: Surroundings,
  stopOf: (point: number) => number,
  sweepStop: string,
): Promise<Map<string, string>> {
  const stops = [adopted, fresh].flatMap((kind) =>
    kind.map((name, index): [string, number] => [name, stopOf(index + 1)])
  );
  const stopped = stopAt(around, new Map(stops));
  await worker.cron();
  await until("every run is stopped, asleep or done", async () => {
    await new Promise((resolve) => setTimeout(resolve, 300));
    assertEquals(around.violations, []);
    const { credentials } = await worker.status();
    return credentials.every(({ name, state }) =>
      stopped.has(name) || state === "current" || (state === "grace" && name === sleeper)
    );
  }, 40_000);
  await assertStoresServe(worker, around);
  const sweepStopped = stopSweepAt(around, sweepStop);
  worker.cron().catch(() => {});
  await sweepStopped;
  await worker.kill();
  return stopped;
}

Deno.test({
  name:
    "A Worker that is killed at any request of a rotation, and again as it recovers, breaks nothing and finishes",
  sanitizeOps: false,
  sanitizeResources: false,
  async fn() {
    const stopped = await killTwice((point) => 1 + (point * 5) % adopted.length);
    assert(
      !(
        stopped.has("adopted-18") || stopped.has("fresh-13")
      ),
      "There are more crash points",
    );
    const points = new Set(stopped.values());
    for (
      const write of [
        "POST /oauth/authorizations",
        "PATCH /apps/:app/config-vars",
        "POST the webhook",
        "DELETE /oauth/authorizations/:id",
      ]
    ) {
      assert(points.has(`before ${write}`) && points.has(`after ${write}`), `None at ${write}`);
    }
  },
});

for (const shift of thorough ? adopted.keys() : []) {
  Deno.test({
    name:
      `A Worker that is killed at each crash point and ${shift} further on the next time finishes`,
    sanitizeOps: false,
    sanitizeResources: false,
    async fn() {
      await killTwice((point) => 1 + (point - 1 + shift) % adopted.length);
    },
  });
}

for (const seed of thorough ? [1, 2, 3, 4, 5] : []) {
  Deno.test({
    name: `A Worker that is killed at random moments finishes: seed ${seed}`,
    sanitizeOps: false,
    sanitizeResources: false,
    async fn() {
      const random = createRandom(seed);
      const { worker, around } = await start("1s");
      await using _around = around;
      await using _worker = worker;
      for (let kill = 0; kill < 8; kill++) {
        worker.cron().catch(() => {});
        await new Promise((resolve) => setTimeout(resolve, random.next() * 3_000));
        await worker.kill();
        await restart(worker, around);
      }
      await recover(worker, around);
      await assertRecovered(worker, around);
      assertEquals(await findLeaks(worker, around), []);
    },
  });
}
