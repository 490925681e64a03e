/**
 * Whether everything is as the operator wants it, judged by what Heroku and the targets hold.
 *
 * @module
 */
import type { Simulation } from "./simulation.ts";

/** Whether nothing is at work, and nothing is left to be done. */
export function isConverged(sim: Simulation): boolean {
  const busy = sim.workflows.runs.some(({ status }) => status === "running" || status === "asleep");
  return !busy && explain(sim).length === 0;
}

/** What should have been done by now and is not, of the credentials that are in no overlap. */
export function explainIdle(sim: Simulation): string[] {
  const overlapping = sim.workflows.runs
    .filter(({ status }) => status === "asleep")
    .map(({ id }) => id.replace(/-a\d+-\w+$/, ""));
  return explain(sim).filter((each) => !overlapping.some((name) => each.includes(`'${name}'`)));
}

/** What should have been done by now and is not. */
export function explain(sim: Simulation): string[] {
  const made = sim.observer.made();
  const { blocked } = sim.observer;
  const active = sim.configured().filter(({ name, paused }) => !paused && !blocked.has(name));
  // A place that was moved to another credential may still hold this one's.
  const standing = new Set(
    sim.configured().flatMap(({ name, places }) =>
      places.map(({ place }) => sim.holds(place, name))
    ),
  );
  return active.flatMap(({ name, places }) => {
    const required = places.filter((each) => each.required);
    const held = new Set(required.map(({ place }) => sim.holds(place, name)));
    const line = made.get(name) ?? [];
    const found: string[] = [];
    for (const { place } of required) {
      const token = sim.holds(place, name);
      // A place that was added to an adopted credential may hold a token that no one knows.
      if (!token && line.length > 0) found.push(`${place} of '${name}' ends without a token`);
      if (token && !sim.heroku.accepts(token) && !sim.observer.isStray(token, name)) {
        found.push(`${place} of '${name}' ends with a dead token`);
      }
    }
    if (held.size > 1 && line.length > 0) {
      found.push(`The places of '${name}' end with different tokens`);
    }
    const leftovers = required.length > 0
      ? line.filter(({ token }) => !standing.has(token))
      : line.slice(1);
    if (leftovers.length > 0) {
      const descriptions = leftovers.map(({ description }) => description).sort();
      found.push(`'${name}' ends with leftovers: ${descriptions.join(", ")}`);
    }
    return found;
  });
}
