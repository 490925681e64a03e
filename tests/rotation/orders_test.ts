import { assert, assertEquals, assertNotEquals } from "@std/assert";
import { installPromptRuntime } from "../simulation/prompt_runtime.ts";

installPromptRuntime();
const { createSimulation, day, hour, minute } = await import("../simulation/simulation.ts");
type Simulation = ReturnType<typeof createSimulation>;

const PLACES = ["var:acme/KEY", "hook:ci"];

/** A credential that was rotated, and proven at its config var and its webhook. */
async function startRotated(): Promise<Simulation> {
  const sim = createSimulation({
    credentials: [{ name: "ci", scope: ["write"], lifetime: 30 * day, targets: PLACES }],
  });
  await sim.live(2 * hour);
  return sim;
}

function currentOf(sim: Simulation): number {
  const [row] = sim.database.query(
    "SELECT MAX(generation) AS generation FROM entries WHERE state = 'current'",
  );
  return Number(row.generation);
}

function eventKinds(sim: Simulation): unknown[] {
  return sim.database.query("SELECT kind FROM events ORDER BY number").map(({ kind }) => kind);
}

Deno.test("an ordered rotation replaces a token that is not due, everywhere, and only once", async () => {
  const sim = await startRotated();
  const [generation, made] = [currentOf(sim), sim.heroku.creations.length];
  const before = await sim.held("var:acme/KEY");
  assert((await sim.order("rotate", "ci")).accepted);
  await sim.live(3 * hour);
  assertEquals([currentOf(sim), sim.heroku.creations.length], [generation + 1, made + 1]);
  assertNotEquals(await sim.held("var:acme/KEY"), before);
  assertEquals(sim.heroku.live().length, 1);
  assertEquals(sim.violations, []);
});

Deno.test("an ordered rotation replaces what was found in Heroku, though it is not due", async () => {
  const sim = createSimulation({
    credentials: [{ name: "ci", scope: ["write"], lifetime: 30 * day, targets: ["var:acme/KEY"] }],
  });
  const { token } = sim.heroku.issue({
    description: "ci",
    scope: ["write"],
    expires_in: 2_592_000,
  });
  await sim.put("var:acme/KEY", token);
  await sim.live(2 * hour);
  assertEquals(await sim.held("var:acme/KEY"), token);
  assert((await sim.order("rotate", "ci")).accepted);
  await sim.live(3 * hour);
  assertEquals(currentOf(sim), 1);
  assertNotEquals(await sim.held("var:acme/KEY"), token);
  assertEquals([sim.heroku.creations.length, sim.heroku.live().length], [1, 1]);
  assertEquals(sim.violations, []);
});

Deno.test("an order in the grace of a rotation does not wait for its end", async () => {
  const sim = createSimulation({
    credentials: [{
      name: "ci",
      scope: ["write"],
      lifetime: 30 * day,
      grace: day,
      targets: PLACES,
    }],
  });
  await sim.live(2 * day);
  assert((await sim.order("rotate", "ci")).accepted);
  await sim.live(hour);
  const generation = currentOf(sim);
  assert((await sim.order("rotate", "ci")).accepted);
  await sim.live(2 * hour);
  assertEquals(currentOf(sim), generation + 1);
  await sim.live(2 * day);
  assertEquals(sim.heroku.live().length, 1);
  assertEquals(sim.violations, []);
});

Deno.test("orders to rotate, one after the other, are bounded like everything else", async () => {
  const sim = await startRotated();
  const made = sim.heroku.creations.length;
  for (let order = 0; order < 40; order++) {
    await sim.order("rotate", "ci");
    await sim.live(30 * minute);
  }
  assert(sim.heroku.creations.length - made <= 4, `${sim.heroku.creations.length - made} creates`);
  assertEquals(sim.violations, []);
});

Deno.test("a paused credential is left alone until it is resumed", async () => {
  const sim = await startRotated();
  const made = sim.heroku.creations.length;
  await sim.order("pause", "ci");
  await sim.put("var:acme/KEY", "HRKU-somebody-elses");
  await sim.live(25 * day, hour);
  assertEquals(sim.heroku.creations.length, made);
  assertEquals(await sim.held("var:acme/KEY"), "HRKU-somebody-elses");
  await sim.order("resume", "ci");
  await sim.live(3 * hour);
  assertEquals(sim.heroku.creations.length, made + 1);
  assertNotEquals(await sim.held("var:acme/KEY"), "HRKU-somebody-elses");
});

for (
  const orders of [["rotate"], ["rotate", "rotate"], ["pause", "resume"], [
    "pause",
    "rotate",
    "resume",
  ]] as const
) {
  Deno.test(`orders to ${orders.join(", ")} at any call of a rotation lose nothing`, async () => {
    let at = 0;
    for (let reached = true; reached; at++) {
      const sim = await startRotated();
      await sim.order("rotate", "ci");
      const generation = currentOf(sim);
      let calls = 0;
      const { gate } = sim;
      let ordered: Promise<void> | undefined;
      sim.gate = (call) => {
        if (calls++ === at) {
          ordered = (async () => {
            for (const kind of orders) await sim.order(kind, "ci");
          })();
          return ordered;
        }
        return gate(call);
      };
      await sim.live(3 * hour);
      reached = ordered !== undefined && calls > at && at < 80;
      await sim.live(day);
      assertEquals(sim.violations, [], `at call ${at}`);
      assert(currentOf(sim) > generation, `at call ${at}: ${currentOf(sim)}`);
      assertEquals(sim.heroku.live().length, 1, `at call ${at}`);
      assert(eventKinds(sim).includes("ordered"));
      sim.close();
    }
    assert(at > 10, `${at} calls`);
  });
}

Deno.test("an order to pause at any call stops a rotation at its next step", async () => {
  for (let at = 0; at < 40; at++) {
    const sim = await startRotated();
    await sim.order("rotate", "ci");
    const { gate } = sim;
    let [calls, after] = [0, 0];
    let isPaused = false;
    sim.gate = (call) => {
      if (isPaused && /^(POST|PATCH|DELETE) /.test(call.name)) after++;
      if (calls++ !== at) return gate(call);
      return sim.order("pause", "ci").then(() => {
        isPaused = true;
      });
    };
    await sim.live(3 * hour);
    // The call itself, and another one that the same step makes.
    assert(after <= 2, `${after} calls that write after call ${at}`);
    sim.close();
  }
});
