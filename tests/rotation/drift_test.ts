import { assert, assertEquals, assertNotEquals } from "@std/assert";
import { installPromptRuntime } from "../simulation/prompt_runtime.ts";

installPromptRuntime();
const { createSimulation, day, hour } = await import("../simulation/simulation.ts");
type Simulation = ReturnType<typeof createSimulation>;
type Spec = Parameters<Simulation["configure"]>[0][number];

const OTHER = "HRKU-somebody-elses";

/** A credential that was rotated, and proven at its config var and its webhook. */
async function startRotated(changes: Partial<Spec> = {}): Promise<Simulation> {
  const sim = createSimulation({
    alerts: true,
    credentials: [{
      name: "ci",
      scope: ["write"],
      lifetime: 30 * day,
      targets: ["var:acme/KEY", "hook:ci"],
      ...changes,
    }],
  });
  await sim.live(2 * hour);
  return sim;
}

/** What the calls to a target were, sweep by sweep. */
function countReads(sim: Simulation): { reads: number; writes: number } {
  const counted = { reads: 0, writes: 0 };
  const { gate } = sim;
  sim.gate = (call) => {
    if (call.name.startsWith("GET /apps/")) counted.reads++;
    if (call.name.startsWith("PATCH /apps/")) counted.writes++;
    return gate(call);
  };
  return counted;
}

function eventsOf(sim: Simulation, kind: string): string[] {
  return sim.database.query("SELECT body FROM events WHERE kind = ? ORDER BY number", kind)
    .map(({ body }) => JSON.parse(String(body)).place);
}

Deno.test("a target that holds what it should is looked at once a day, and not written", async () => {
  const sim = await startRotated();
  const counted = countReads(sim);
  await sim.live(3 * day, 15 * 60_000);
  assert(counted.reads >= 3 && counted.reads <= 8, `${counted.reads} reads`);
  assertEquals([counted.writes, sim.alerts.alerts], [0, 0]);
  assertEquals(sim.violations, []);
});

Deno.test("a target that somebody has overwritten gets the same token again within a day, and an alert says so", async () => {
  const sim = await startRotated();
  const token = await sim.held("var:acme/KEY");
  const made = sim.heroku.creations.length;
  await sim.put("var:acme/KEY", OTHER);
  await sim.live(26 * hour);
  assertEquals(await sim.held("var:acme/KEY"), token);
  assertEquals(sim.heroku.creations.length, made);
  assertEquals(eventsOf(sim, "drifted").length, 1);
  // It started, and it was over.
  assertEquals(sim.alerts.alerts, 2);
  await sim.live(3 * day, hour);
  assertEquals(sim.alerts.alerts, 2);
  assertEquals(sim.violations, []);
});

Deno.test("with on_drift = 'alert' it is only told, once, and its end", async () => {
  const sim = await startRotated({ onDrift: "alert" });
  const token = await sim.held("var:acme/KEY") ?? "";
  await sim.put("var:acme/KEY", OTHER);
  await sim.live(3 * day, hour);
  assertEquals(await sim.held("var:acme/KEY"), OTHER);
  assertEquals(sim.alerts.alerts, 1);
  await sim.put("var:acme/KEY", token);
  await sim.live(2 * day, hour);
  assertEquals(sim.alerts.alerts, 2);
});

Deno.test("what is paused or observed is not looked at", async () => {
  for (const rest of [{ paused: true }, { observe: true }]) {
    const sim = await startRotated();
    sim.configure([{
      name: "ci",
      scope: ["write"],
      targets: ["var:acme/KEY", "hook:ci"],
      ...rest,
    }]);
    const counted = countReads(sim);
    await sim.put("var:acme/KEY", OTHER);
    counted.reads = 0;
    await sim.live(3 * day, hour);
    assertEquals([counted.reads, await sim.held("var:acme/KEY")], [0, OTHER]);
  }
});

Deno.test("a target that is down, or answers as on a bad day, has not drifted", async () => {
  const sim = await startRotated();
  sim.fate = (call) => call.name.startsWith("GET /apps/") ? "503" : "sent";
  await sim.live(3 * day, hour);
  assertEquals([eventsOf(sim, "drifted"), sim.alerts.alerts], [[], 0]);
});

Deno.test("with keep_token = false no token is kept once it is proven, and a new target gets one of a new generation", async () => {
  const sim = await startRotated({ keepToken: false });
  const kept = () =>
    sim.database.query("SELECT mark FROM entries WHERE sealed_token IS NOT NULL").length;
  assertEquals(kept(), 0);
  const token = await sim.held("var:acme/KEY");
  const counted = countReads(sim);
  await sim.live(2 * day, hour);
  assertEquals([counted.reads, await sim.held("var:acme/KEY")], [0, token]);
  sim.configure([{
    name: "ci",
    scope: ["write"],
    lifetime: 30 * day,
    keepToken: false,
    targets: ["var:acme/KEY", "hook:ci", "var:acme/OTHER"],
  }]);
  await sim.live(4 * hour);
  const next = await sim.held("var:acme/OTHER");
  assertNotEquals(next, token);
  assertEquals([await sim.held("var:acme/KEY"), await sim.held("hook:ci")], [next, next]);
  assertEquals([kept(), sim.violations], [0, []]);
});

Deno.test("what looking shows is told apart: overwritten, refused, and anything else", async () => {
  const { lookForDrift } = await import("../../lib/rotation/drift.ts");
  const { createSealing } = await import("../../lib/rotation/sealing.ts");
  const { TargetError } = await import("../../lib/targets/target.ts");
  const { createEntry } = await import("../worker/account/ledger_sample.ts");
  const sealing = await createSealing(btoa("0123456789abcdef0123456789abcdef"));
  const at = Date.UTC(2026, 0, 3);
  const entry = createEntry("a", "current");
  const sealedToken = await sealing.seal("HRKU-token", entry);
  const record = {
    mark: "a",
    place: "safe",
    receipt: {},
    deliveredAt: at - 2 * day,
    proof: { kind: "exact", detail: "It was read back" } as const,
    provenAt: at - 2 * day,
    lookedAt: null,
    drift: null,
  };
  const table: readonly (readonly [unknown, string | null, boolean])[] = [
    [undefined, null, false],
    [new TargetError("mismatch", "It holds something else"), "It holds something else", true],
    [new TargetError("not_found", "It is gone"), "It is gone", false],
    [new TargetError("unauthorized", "It refuses"), "It refuses", false],
    [new TargetError("unavailable", "It is down"), null, false],
    [new Error("It threw"), null, false],
    ["no error at all", null, false],
  ];
  for (const [thrown, drift, unproves] of table) {
    const looks: unknown[] = [];
    await lookForDrift(
      {
        sealing,
        now: () => at,
        ledger: { noteLooks: (seen) => Promise.resolve(void looks.push(...seen)) },
        credentials: [{
          name: "ci",
          grace: hour,
          paused: false,
          targets: [{
            type: "safe",
            place: "safe",
            required: true,
            mayHoldAdopted: true,
            retainsToken: false,
            target: {
              deliver: () => Promise.reject(new Error("Looking writes nothing")),
              confirm: () =>
                thrown === undefined ? Promise.resolve(record.proof) : Promise.reject(thrown),
            },
          }],
        }],
      },
      new Map([["ci", {
        record: {
          name: "ci",
          attempt: 1,
          claim: null,
          leaseUntil: null,
          failures: 0,
          endedAt: null,
          error: null,
          refusedSince: null,
          served: null,
        },
        entries: [{ ...entry, sealedToken }],
        deliveries: [record],
      }]]),
      [{ kind: "wait", credential: "ci", reason: "Nothing is due", until: null }],
    );
    assertEquals(looks, [{
      credential: "ci",
      mark: "a",
      place: "safe",
      provenAt: at - 2 * day,
      at,
      drift,
      unproves,
    }]);
  }
});
