/** Cloudflare's documented limits, held around every process: workerd enforces none of them. */
import { assert, assertEquals } from "@std/assert";
import { createRandom } from "../../lib/testing/random.ts";
import { assertClean, endsOf, heldAt, lineOf } from "./due_rotation.ts";
import {
  type Call,
  createSimulation,
  day,
  hour,
  type Simulation,
} from "../simulation/simulation.ts";

const month = 30 * 86_400;

/** What an invocation, or a Workflow instance over all its steps, may do. */
interface Plan {
  /** Requests to the outside. */
  readonly external: number;
  /** Calls to Cloudflare's own services. */
  readonly internal: number;
}

const free: Plan = { external: 50, internal: 1000 };

/** What a process has done so far. */
interface Usage {
  external: number;
  internal: number;
  /** What it called, in order. */
  readonly names: string[];
}

/** Ends each process that does more than its plan allows, as Cloudflare does: no call is sent any more. */
function enforce(
  sim: Simulation,
  plan: Plan,
  fate: Simulation["fate"] = () => "sent",
): ReadonlyMap<string, Usage> {
  const usages = new Map<string, Usage>();
  sim.fate = (call: Call) => {
    const { process, kind, name } = call;
    const usage = usages.get(process) ?? { external: 0, internal: 0, names: [] };
    usages.set(process, usage);
    usage.names.push(name);
    const isLedger = kind === "ledger";
    // A sweep runs in the object that holds the ledger: there a call of it is none.
    if (isLedger && process.startsWith("sweep")) return fate(call);
    const count = isLedger ? ++usage.internal : ++usage.external;
    return count > (isLedger ? plan.internal : plan.external) ? "not sent" : fate(call);
  };
  return usages;
}

function of(usages: ReadonlyMap<string, Usage>, kind: "sweep" | "rotation"): Usage[] {
  return [...usages].filter(([process]) => process.startsWith("sweep") === (kind === "sweep"))
    .map(([, usage]) => usage);
}

/** Has every run end before it does anything: only its start is of interest. */
function onlySweeps({ process }: Call): "sent" | "dies before" {
  return process.startsWith("sweep") ? "sent" : "dies before";
}

/** Credentials that are due, each at three targets. */
async function startDueOnes(count: number): Promise<Simulation> {
  const names = Array.from({ length: count }, (_, index) => `ci-${index}`);
  const sim = createSimulation({
    credentials: names.map((name) => ({
      name,
      targets: [`hook:${name}`, `var:${name}/KEY`, "store"],
    })),
  });
  for (const description of names) {
    const { token } = sim.heroku.issue({ description, scope: ["write"], expires_in: month });
    await sim.put(`hook:${description}`, token);
    await sim.put(`var:${description}/KEY`, token);
  }
  sim.heroku.advance(25 * day);
  return sim;
}

function assertRotated(sim: Simulation, count: number): void {
  const names = Array.from({ length: count }, (_, index) => `ci-${index}`);
  const expected = names.map((name) => `${name} g1`);
  assertEquals(lineOf(sim), expected.toSorted());
  for (const place of ["hook:NAME", "var:NAME/KEY", "store"]) {
    const held = names.map((name) => heldAt(sim, place.replace("NAME", name), name));
    assertEquals(held, expected);
  }
}

Deno.test("On Cloudflare's free plan 60 rotations that are due at once start and finish", async () => {
  const sim = await startDueOnes(60);
  const usages = enforce(sim, free);
  const report = await sim.cron();
  assertEquals(report?.started.length, 60);
  await sim.advance(2 * hour);
  assertEquals(endsOf(sim), Array(60).fill("success"));
  assertRotated(sim, 60);
  for (const { external, internal } of usages.values()) {
    assert(external <= 20, `${external} requests leave no room for what goes wrong`);
    assert(internal <= 50, `${internal} calls of the object`);
  }
  await assertClean(sim);
});

Deno.test("On Cloudflare's free plan a run that is ended for its requests breaks nothing, and another finishes", async () => {
  const sim = await startDueOnes(12);
  const random = createRandom(7);
  const usages = enforce(
    sim,
    { ...free, external: 14 },
    ({ kind }) => kind === "ledger" || random.next() > 0.15 ? "sent" : "500",
  );
  await sim.live(24 * hour);
  assert(of(usages, "rotation").some(({ external }) => external > 14), "No run was ended");
  enforce(sim, free);
  await sim.live(26 * hour);
  assertEquals(
    lineOf(sim).map((each) => each.split(" ")[0]),
    Array.from({ length: 12 }, (_, index) => `ci-${index}`).toSorted(),
  );
  await assertClean(sim);
});

Deno.test("Each step of a rotation begins with one call of the ledger, and ends with one more at most", async () => {
  const sim = await startDueOnes(1);
  const usages = enforce(sim, free);
  await sim.cron();
  await sim.advance(2 * hour);
  const [{ names }] = of(usages, "rotation");
  const calls = names.map((name) => name.split(" ")[0]);
  const steps: string[][] = [];
  for (const call of calls) {
    if (call === "begin") steps.push([]);
    steps.at(-1)?.push(call);
  }
  assertEquals(calls[0], "begin");
  const said = steps.map((step) => step.filter((call) => /^[a-z]/.test(call)).join(" "));
  assertEquals([...new Set(said)].toSorted(), ["begin", "begin serve write", "begin write"]);
  await assertClean(sim);
});

for (const count of [1, 100]) {
  Deno.test(`A sweep adopts and claims ${count} credentials with one call of the ledger for each`, async () => {
    const sim = await startDueOnes(count);
    const usages = enforce(sim, free, onlySweeps);
    await sim.cron();
    const [{ names }] = of(usages, "sweep");
    const calls = Map.groupBy(names, (name) => name.split(" ")[0]);
    const counts = Object.fromEntries([...calls].map(([name, all]) => [name, all.length]));
    assertEquals(counts, { GET: 3, adopt: 1, claim: 1, prune: 1, writeNote: 1 });
    sim.close();
  });
}
