/**
 * Where most rotations begin: the operator's own token is at all targets and nears its expiry.
 *
 * @module
 */
import { assert, assertEquals } from "@std/assert";
import type { FakeAuthorization } from "../../lib/testing/mod.ts";
import {
  type Call,
  createSimulation,
  type CredentialSpec,
  day,
  type Simulation,
  type SimulationOptions,
} from "../simulation/simulation.ts";

/** A simulation, and the operator's own authorization in it. */
export interface DueRotation {
  readonly sim: Simulation;
  /** The authorization that is to be replaced. */
  readonly old: FakeAuthorization;
}

/** Makes a world in which `ci` is at these targets and is 25 of its 30 days old. */
export async function startDue(
  { targets = ["hook:ci"], fuse, ...more }:
    & Partial<CredentialSpec>
    & Pick<SimulationOptions, "fuse"> = {},
): Promise<DueRotation> {
  const sim = createSimulation({ credentials: [{ name: "ci", ...more, targets }], fuse });
  const old = sim.heroku.issue({
    description: more.name ?? "ci",
    scope: ["write"],
    expires_in: 30 * 86_400,
  });
  for (const target of targets) {
    const place = typeof target === "string" ? target : target.place;
    if (place !== "store") await sim.put(place, old.token);
  }
  await sim.advance(25 * day);
  return { sim, old };
}

/** The live authorizations by description, the marks left out: `["ci", "ci g1"]`. */
export function lineOf(sim: Simulation): string[] {
  return sim.heroku.live()
    .map(({ description }) => description.replace(/ \[(g\d+) .{12}\]$/, " $1"))
    .sort();
}

/** What a place holds: the live authorization as {@linkcode lineOf} calls it, `dead` or `nothing`. */
export function heldAt(sim: Simulation, place: string, credential = "ci"): string {
  const token = sim.holds(place, credential);
  if (token === undefined) return "nothing";
  const found = sim.heroku.live().find((each) => each.token === token);
  return found ? found.description.replace(/ \[(g\d+) .{12}\]$/, " $1") : "dead";
}

/** The live authorization of a generation of `ci`. */
export function liveOf(sim: Simulation, generation: number): FakeAuthorization {
  const found = sim.heroku.live().find(({ description }) =>
    generation === 0 ? description === "ci" : description.startsWith(`ci [g${generation} `)
  );
  assert(found, `Generation ${generation} is not there: ${lineOf(sim).join(", ")}`);
  return found;
}

/** What Herotate deleted, by description with the marks left out, oldest first. */
export function deletedIn(sim: Simulation): string[] {
  return sim.heroku.deletions.filter(({ by }) => by === "request")
    .map(({ description }) => description.replace(/ \[(g\d+) .{12}\]$/, " $1"));
}

/** How the runs ended, oldest first: `success`, `failure: …`, `superseded`, or their state. */
export function endsOf(sim: Simulation): string[] {
  return sim.workflows.runs.map(({ status, output }) => {
    if (output === undefined) return status;
    const { outcome, error } = JSON.parse(output);
    return error ? `${outcome}: ${error}` : outcome;
  });
}

/** What a world is to be like; what is left out may be anything. */
export interface ExpectedState {
  /** See {@linkcode lineOf}. */
  readonly live?: readonly string[];
  /** What places hold: see {@linkcode heldAt}. */
  readonly held?: Readonly<Record<string, string>>;
  /** See {@linkcode deletedIn}. */
  readonly deleted?: readonly string[];
  /** See {@linkcode endsOf}. */
  readonly ends?: readonly string[];
}

/** Asserts what Heroku and the targets hold, what was deleted, and how the runs ended. */
export function assertState(sim: Simulation, expected: ExpectedState, message?: string): void {
  const { live, held, deleted, ends } = expected;
  const places = Object.keys(held ?? {}).map((place) => [place, heldAt(sim, place)]);
  assertEquals(
    {
      ...live && { live: lineOf(sim) },
      ...held && { held: Object.fromEntries(places) },
      ...deleted && { deleted: deletedIn(sim) },
      ...ends && { ends: endsOf(sim) },
    },
    expected,
    message,
  );
}

/** Whether a call is a try to create an authorization. */
export function creates({ name }: Call): boolean {
  return name === "POST /oauth/authorizations";
}

/** Asserts that the observer saw nothing wrong, and that no token shows anywhere. */
export async function assertClean(sim: Simulation): Promise<void> {
  await sim.look("the end");
  sim.close();
  assertEquals(sim.violations, []);
}
