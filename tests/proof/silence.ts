/**
 * Worlds in which a consumer loses its token and nothing can be done about it: the reader of the alerts
 * has to know before.
 *
 * @module
 */
import { day, hour, minute, type Simulation } from "../simulation/simulation.ts";
import { adoptFor, ci, type World } from "../simulation/world.ts";

/** A credential of eight days at two places, whose alerts somebody reads. */
const read = { ...ci({ lifetime: 8 * day }), alerts: true };

/** What all of them have: the token in use ends after 36 hours, and everything heals after three days. */
const lost = {
  options: read,
  days: 3,
  interval: 15 * minute,
  prepare: (sim: Simulation) =>
    adoptFor(sim, { expires_in: 8 * 86_400, created_at: sim.now() - 6.5 * day }),
  hopeless: true,
};

function pause(sim: Simulation, paused: boolean): void {
  sim.configure(ci({ lifetime: 8 * day, paused }).credentials);
}

/** Those worlds. */
export const silences: readonly World[] = [
  {
    ...lost,
    name: "a target that is down until its token has expired",
    during: (sim) => void sim.down.add("hook:ci"),
    heal: (sim) => sim.down.clear(),
  },
  {
    ...lost,
    name: "a pause until the token has expired",
    during: (sim, elapsed) => elapsed === 0 ? pause(sim, true) : undefined,
    heal: (sim) => pause(sim, false),
  },
  {
    ...lost,
    name: "a pause while one of two targets is still to be supplied",
    during(sim, elapsed) {
      if (elapsed === 0) sim.down.add("var:acme/KEY");
      if (elapsed === 3 * hour) pause(sim, true);
    },
    heal(sim) {
      sim.down.clear();
      pause(sim, false);
    },
  },
  {
    ...lost,
    name: "a token that is revoked while its target is down",
    days: 2,
    during(sim, elapsed) {
      sim.down.add("hook:ci");
      if (elapsed !== hour) return;
      for (const { id, description } of sim.heroku.live()) {
        if (description === "ci") sim.heroku.revoke(id);
      }
    },
    heal: (sim) => sim.down.clear(),
  },
];
