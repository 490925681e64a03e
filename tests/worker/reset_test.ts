import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { HOUR, MINUTE } from "@std/datetime/constants";
import type { Status } from "../../worker/status.ts";
import { keys, until } from "./harness.ts";
import type { HurriedWorker } from "./hurried_worker.ts";
import { type ResettableWorker, startResettableWorker } from "./resettable_worker.ts";
import {
  configVar,
  type Moment,
  type Outbound,
  startSurroundings,
  type Surroundings,
} from "./surroundings.ts";

const names = ["ci-deploy", "ci-review"];

/** The Worker in workerd keeps a child process and its signal listeners for a moment. */
function test(
  name: string,
  run: (parts: ResettableWorker & { around: Surroundings }) => Promise<void>,
) {
  Deno.test({
    name,
    sanitizeOps: false,
    sanitizeResources: false,
    async fn() {
      await using around = startSurroundings({ adopted: names });
      const parts = await startResettableWorker(around, {
        credentials: names.map((name) => ({
          name,
          scope: ["write"],
          expires_in: "30d",
          grace: "0s",
          targets: [
            { type: "heroku-config-var", app: name, name: configVar },
            { type: "webhook", url: `${around.hookUrl}/${name}`, signing_secret: "HOOK_KEY" },
            { type: "store", reader_key_secret: "CI_READER_KEY" },
          ],
        })),
      });
      await using _worker = parts.worker;
      await run({ ...parts, around });
    },
  });
}

async function readStatus(worker: HurriedWorker): Promise<Status> {
  const response = await worker.fetch("/status", {
    headers: { authorization: `Bearer ${keys.page}` },
  });
  return await response.json() as Status;
}

async function readStored(worker: HurriedWorker, name: string): Promise<string | undefined> {
  const response = await worker.fetch(`/credentials/${name}/token`, {
    headers: { authorization: `Bearer ${keys.reader}` },
  });
  const text = await response.text();
  return response.ok ? text : undefined;
}

/** The sweeps so far, oldest first. */
async function readSweeps(worker: HurriedWorker): Promise<readonly Record<string, unknown>[]> {
  return await worker.query("SELECT ended_at, error FROM sweeps ORDER BY at");
}

function isList({ method, url }: Outbound): boolean {
  return method === "GET" && url.pathname === "/oauth/authorizations";
}

function countLists({ outbound }: Surroundings): number {
  return outbound.filter(isList).length;
}

/** Every credential has one live authorization, which all of its consumers hold. */
async function assertRotated(worker: HurriedWorker, around: Surroundings): Promise<void> {
  for (const name of names) {
    const line = around.line(name);
    assertEquals(line.length, 1, `'${name}' has ${line.map((each) => each.description)}`);
    const [{ token }] = line;
    assertEquals([...around.held(name), await readStored(worker, name)], [token, token, token]);
  }
  assertEquals(around.violations, []);
  const { credentials } = await readStatus(worker);
  assertEquals(credentials.map(({ state, stale }) => [state, stale.length]), [
    ["current", 0],
    ["current", 0],
  ]);
  const kept = await worker.query(
    "SELECT 1 FROM entries WHERE sealed_token IS NOT NULL AND state <> 'current'",
  );
  assertEquals(kept, []);
}

test(
  "A sweep whose object is reset is noted as stopped, and the object's alarm goes on without a cron",
  async ({ worker, reset, around }) => {
    let resets = 0;
    around.gate = (request, moment) =>
      isList(request) && moment === "before" && resets++ === 0 ? reset() : undefined;
    await worker.wake();
    await until("all is rotated", async () => {
      const { credentials } = await readStatus(worker);
      return credentials.every(({ state }) => state === "current") &&
        names.every((name) => around.line(name).length === 1);
    });
    await assertRotated(worker, around);
    const [first, second, ...more] = await readSweeps(worker);
    assertStringIncludes(String(first.error), "The sweep stopped before it was finished");
    assertEquals([second.error, more], [null, []]);
    assertEquals(around.heroku.creations.length, names.length);
  },
);

/** What each rotation asks of others, for the credential that is put there. */
const rotationCalls: readonly string[] = [
  "POST /oauth/authorizations",
  "GET /account",
  "PATCH /apps/:app/config-vars",
  "GET /apps/:app/config-vars",
  "POST the webhook",
  "GET /oauth/authorizations/:id",
  "DELETE /oauth/authorizations/:id",
];

/** What a sweep asks. */
const sweepCalls: readonly string[] = [
  "GET /account",
  "GET /oauth/authorizations",
  "GET /oauth/authorizations/~",
];

/** Does something at each kind of request, before and after it takes effect, and gives where it did. */
function disturb(around: Surroundings, act: () => Promise<void>): ReadonlySet<string> {
  const points = new Set<string>();
  around.gate = ({ to, method, url, credential = "the sweep" }: Outbound, moment: Moment) => {
    const path = url.pathname.replace(/[0-9a-f-]{36}/, ":id").replace(credential, ":app");
    const point = `${moment} ${method} ${to === "hook" ? "the webhook" : path} of ${credential}`;
    if (points.has(point)) return;
    points.add(point);
    return act();
  };
  return points;
}

/** Fires crons until every credential is rotated, and asserts that all is well. */
async function rotateAll(worker: HurriedWorker, around: Surroundings): Promise<void> {
  await until("all is rotated", async () => {
    assertEquals(around.violations, []);
    // What failed would wait.
    await worker.query("UPDATE credentials SET ended_at = 1 WHERE failures > 0");
    await worker.wake();
    await new Promise((resolve) => setTimeout(resolve, 300));
    const { credentials } = await readStatus(worker);
    return credentials.every(({ state, stale }) => state === "current" && stale.length === 0) &&
      names.every((name) => around.line(name).length === 1);
  }, 40_000);
  around.gate = () => undefined;
  await worker.cron();
  await assertRotated(worker, around);
}

function missing(points: ReadonlySet<string>, calls: readonly string[], whose: string): string[] {
  return ["before", "after"].flatMap((moment) =>
    calls.map((call) => `${moment} ${call} of ${whose}`).filter((point) => !points.has(point))
  );
}

test(
  "An object that is reset at each request of a sweep or a rotation breaks nothing, and all is finished",
  async ({ worker, reset, around }) => {
    const points = disturb(around, reset);
    await rotateAll(worker, around);
    assertEquals(names.flatMap((name) => missing(points, rotationCalls, name)), []);
    assertEquals(missing(points, sweepCalls, "the sweep"), []);
    const stopped = (await readSweeps(worker)).filter(({ error }) => error !== null);
    assert(stopped.length >= sweepCalls.length, "No sweep was cut off");
  },
);

test(
  "Crons that come during a sweep are that sweep, and an alarm stands an hour after it",
  async ({ worker, alarmAt, around }) => {
    const held = Promise.withResolvers<void>();
    around.gate = (request, moment) =>
      isList(request) && moment === "before" ? held.promise : undefined;
    await Promise.all([worker.wake(), worker.wake(), worker.wake()]);
    await until("the list is asked for", () => countLists(around) === 1);
    await Promise.all([worker.wake(), worker.wake()]);
    await new Promise((resolve) => setTimeout(resolve, 500));
    assertEquals((await readSweeps(worker)).length, 1);
    held.resolve();
    await until("the sweep has ended", async () => {
      const [sweep] = await readSweeps(worker);
      return sweep.ended_at !== null;
    });
    await until("the alarm is set", async () => await alarmAt() !== null);
    const [{ ended_at, error }] = await readSweeps(worker);
    assertEquals(error, null);
    assertEquals(countLists(around), 1);
    const wait = (await alarmAt() ?? 0) - Number(ended_at);
    assert(wait >= HOUR && wait < HOUR + MINUTE, `The alarm goes off ${wait} ms after the sweep`);

    await worker.wake();
    await until("the next cron sweeps again", () => countLists(around) === 2);
  },
);
