import { assertEquals } from "@std/assert";
import { explain, isConverged } from "../simulation/convergence.ts";
import type { DatabaseCopy } from "../worker/sqlite.ts";
import { type DueRotation, startDue } from "./due_rotation.ts";
import { day, hour, minute } from "../simulation/simulation.ts";

const targets = ["hook:ci", "var:acme/KEY", "store"];

/** When the older copy takes the ledger's place: while its run sleeps, after it, or a whole rotation later. */
const moments: readonly (readonly [name: string, live: (due: DueRotation) => Promise<void>])[] = [
  ["during the overlap", ({ sim }) => sim.advance(20 * minute)],
  ["when the overlap is over", ({ sim }) => sim.advance(61 * minute)],
  ["after the rotation", ({ sim }) => sim.live(4 * hour)],
  ["after one more rotation", async ({ sim }) => {
    await sim.live(4 * hour);
    await sim.advance(25 * day);
    await sim.live(4 * hour);
  }],
];

/** How many rotations there were before the one of which the copies are taken. */
const beginnings = [0, 1];

/** Rotates, restores the copy that was taken before this call, and lives on; undefined when there is no such call. */
async function restoreBefore(
  at: number,
  beginning: number,
  live: (due: DueRotation) => Promise<void>,
): Promise<string[] | undefined> {
  const due = await startDue({ targets, grace: hour });
  const { sim } = due;
  for (let rotation = 0; rotation < beginning; rotation++) {
    await sim.live(4 * hour);
    await sim.advance(25 * day);
  }
  const first = sim.calls;
  let copy: DatabaseCopy | undefined;
  sim.gate = ({ number }) => {
    if (number === first + at) copy = sim.database.copy();
    return undefined;
  };
  await sim.cron();
  await live(due);
  if (!copy) return undefined;
  sim.gate = () => undefined;
  sim.restore(copy);
  const said = sim.said.length;
  const made = sim.heroku.creations.length;
  await sim.live(10 * hour);
  await sim.look("the end");
  const excess = sim.heroku.creations.length - made;
  const found = [
    ...sim.violations.map(({ call, message }) => `${message}, after ${call}`),
    ...isConverged(sim) ? [] : ["It does not come to rest", ...explain(sim)],
    ...excess > 1 ? [`${excess} replacements were made after the restore`] : [],
    ...sim.said.slice(said).some((each) => each.includes("Another Worker"))
      ? ["Another Worker is reported, and there is none"]
      : [],
  ];
  sim.close();
  return found;
}

for (const beginning of beginnings) {
  for (const [moment, live] of moments) {
    Deno.test(`a copy of any moment of rotation ${beginning + 1} may be restored ${moment}`, async () => {
      const wrong: unknown[] = [];
      for (let at = 0;; at++) {
        const found = await restoreBefore(at, beginning, live);
        if (found === undefined) break;
        if (found.length > 0) wrong.push([at, ...found]);
      }
      assertEquals(wrong, []);
    });
  }
}
