/**
 * Worlds in which somebody overwrites what a target holds.
 *
 * @module
 */
import { day, hour, type Simulation } from "../simulation/simulation.ts";
import { adoptFor, ci, type World } from "../simulation/world.ts";

const OTHER = "put there by hand";
const PLACE = "var:acme/KEY";

/** Overwrites it once the token in use is proven there. */
async function overwrite(sim: Simulation, elapsed: number): Promise<void> {
  if (elapsed === 3 * hour) await sim.put(PLACE, OTHER);
}

function countEvents(sim: Simulation, kind: string): number {
  return sim.database.query("SELECT 1 FROM events WHERE kind = ?", kind).length;
}

/** A credential whose first rotation is due at once, and the next one in weeks. */
const drift = {
  days: 2,
  prepare: (sim: Simulation) =>
    adoptFor(sim, { expires_in: 90 * 86_400, created_at: sim.now() - 80 * day }),
};

/** Those worlds. */
export const drifts: readonly World[] = [
  {
    ...drift,
    name: "a target that somebody overwrites",
    options: { ...ci({ lifetime: 90 * day }), alerts: true },
    async during(sim, elapsed) {
      await overwrite(sim, elapsed);
      const isTold = sim.database.query("SELECT 1 FROM deliveries WHERE drift IS NOT NULL").length;
      if (elapsed === 40 * hour && isTold > 0) {
        sim.violations.push({ call: "a look", message: "What was mended is still reported" });
      }
    },
    judge: (sim) => [
      ...(sim.holds(PLACE, "ci") === OTHER ? ["What was overwritten was not mended"] : []),
      ...(sim.heroku.creations.length === 1 ? [] : ["It took another token to mend it"]),
      ...(countEvents(sim, "drifted") === 1 ? [] : ["It was not noted once"]),
    ],
  },
  {
    ...drift,
    name: "a target that somebody overwrites, which is only to be reported",
    options: { ...ci({ lifetime: 90 * day, onDrift: "alert" }), alerts: true },
    async during(sim, elapsed) {
      await overwrite(sim, elapsed);
      if (elapsed === 47 * hour && sim.holds(PLACE, "ci") !== OTHER) {
        sim.violations.push({ call: "a look", message: "What was to be reported was overwritten" });
      }
    },
    heal: (sim) => sim.configure(ci({ lifetime: 90 * day }).credentials),
    judge: (sim) => countEvents(sim, "drifted") === 1 ? [] : ["It was not noted once"],
  },
];
