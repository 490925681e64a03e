import { assert, assertEquals, assertLess, assertMatch, assertStringIncludes } from "@std/assert";
import { endedUndelivered } from "../../lib/rotation/rotate.ts";
import { createSealing } from "../../lib/rotation/sealing.ts";
import {
  assertClean,
  assertState,
  creates,
  deletedIn,
  endsOf,
  heldAt,
  lineOf,
  liveOf,
  startDue,
} from "./due_rotation.ts";
import { type Call, day, hour, minute, type Simulation } from "../simulation/simulation.ts";

const everywhere = ["var:acme/KEY", "hook:ci", "store"];

function standing(sim: Simulation, places: readonly string[] = everywhere): string[] {
  return places.map((place) => heldAt(sim, place));
}

Deno.test("rotate() replaces, delivers and proves at once, and deletes the old one after the grace", async () => {
  const { sim } = await startDue({ targets: everywhere, grace: 2 * hour });
  assertEquals({ live: lineOf(sim), held: standing(sim) }, {
    live: ["ci"],
    held: ["ci", "ci", "nothing"],
  });

  await sim.cron();
  assertEquals({ live: lineOf(sim), held: standing(sim) }, {
    live: ["ci", "ci g1"],
    held: ["ci g1", "ci g1", "ci g1"],
  });

  await sim.advance(2 * hour - 1);
  assertState(sim, { live: ["ci", "ci g1"], ends: ["asleep"] });

  await sim.advance(1);
  assertEquals({ live: lineOf(sim), held: standing(sim) }, {
    live: ["ci g1"],
    held: ["ci g1", "ci g1", "ci g1"],
  });
  assertEquals(endsOf(sim), ["success"]);
  await assertClean(sim);
});

Deno.test("rotate() deletes the old one at once without a grace, after the last proof", async () => {
  const { sim } = await startDue({ targets: ["hook:a", "hook:b"], grace: 0 });
  const order: string[] = [];
  sim.gate = ({ name }) => {
    if (/^(POST|DELETE) \/(a|b|oauth.*-.*)$/.test(name)) {
      order.push(name.split("/")[0] + standing(sim, ["hook:a", "hook:b"]));
    }
    return undefined;
  };
  await sim.cron();
  assertEquals(order, ["POST ci,ci", "POST ci g1,ci", "DELETE ci g1,ci g1"]);
  assertState(sim, { live: ["ci g1"], ends: ["success"] });
  await assertClean(sim);
});

Deno.test("rotate() rotates again when the replacement is due, again and again", async () => {
  const { sim } = await startDue({ targets: everywhere });
  await sim.live(65 * day, 6 * hour);
  assertEquals({ live: lineOf(sim), held: standing(sim) }, {
    live: ["ci g4"],
    held: ["ci g4", "ci g4", "ci g4"],
  });
  assertEquals(endsOf(sim), ["success", "success", "success", "success"]);
  await assertClean(sim);
});

Deno.test("rotate() keeps the sealed token of what is in use, and of nothing else", async () => {
  const { sim } = await startDue({ lifetime: 3 * day });
  for (let generation = 2; generation <= 4; generation++) {
    await sim.live(2.2 * day);
    const kept = sim.database.query("SELECT generation FROM entries WHERE sealed_token NOTNULL");
    assertEquals(kept.map((row) => row.generation), [generation]);
  }
  await assertClean(sim);
});

Deno.test("rotate() serves the others while one target is down, and finishes once that is up", async () => {
  const { sim } = await startDue({ targets: ["hook:a", "hook:b", "var:acme/KEY"] });
  sim.down.add("hook:a");
  await sim.cron();
  await sim.live(5 * hour);
  const places = ["hook:a", "hook:b", "var:acme/KEY"];
  assertEquals({ live: lineOf(sim), held: standing(sim, places) }, {
    live: ["ci", "ci g1"],
    held: ["ci", "ci g1", "ci g1"],
  });
  assertEquals(deletedIn(sim), []);
  assertStringIncludes(endsOf(sim)[0], "failure: ");
  assertStringIncludes(endsOf(sim)[0], "hooks.example/a");

  sim.down.clear();
  await sim.live(14 * hour);
  assertEquals({ live: lineOf(sim), held: standing(sim, places) }, {
    live: ["ci g1"],
    held: ["ci g1", "ci g1", "ci g1"],
  });
  assertEquals(endsOf(sim).at(-1), "success");
  await assertClean(sim);
});

Deno.test("rotate() lets the old token live on while a target is down for good, and tries ever more seldom", async () => {
  const { sim } = await startDue({ targets: ["hook:a", "hook:b"] });
  sim.down.add("hook:b");
  await sim.live(3 * day);
  assertEquals({ live: lineOf(sim), held: standing(sim, ["hook:a", "hook:b"]) }, {
    live: ["ci", "ci g1"],
    held: [
      "ci g1",
      "ci",
    ],
  });
  assertEquals(deletedIn(sim), []);
  const attempts = endsOf(sim).length;
  assert(attempts > 5, `${attempts} attempts`);
  assertLess(attempts, 20, "Backoff must grow while the old token lives");
  await assertClean(sim);
});

Deno.test("rotate() tries a failing target every quarter of an hour once the old token is about to expire", async () => {
  const { sim } = await startDue({ targets: ["hook:a", "hook:b"] });
  sim.down.add("hook:b");
  await sim.live(4 * day);
  const before = endsOf(sim).length;
  await sim.live(6 * hour);
  assert(endsOf(sim).length - before >= 12, `${endsOf(sim).length - before} attempts in 6 hours`);
  sim.down.clear();
  await sim.live(hour);
  assertEquals(standing(sim, ["hook:a", "hook:b"]), ["ci g1", "ci g1"]);
  await assertClean(sim);
});

Deno.test("rotate() waits for no optional target", async () => {
  const { sim } = await startDue({ targets: ["hook:a", { place: "hook:b", required: false }] });
  sim.down.add("hook:b");
  await sim.cron();
  await sim.advance(2 * hour);
  assertState(sim, {
    live: ["ci g1"],
    held: { "hook:a": "ci g1" },
    ends: [
      "success",
    ],
  });
  assertMatch(sim.workflows.runs[0].output ?? "", /"missed":\["[^"]*hooks\.example\/b/);
  await assertClean(sim);
});

Deno.test("rotate() delivers to optional targets as well", async () => {
  const { sim } = await startDue({ targets: ["hook:a", { place: "hook:b", required: false }] });
  await sim.cron();
  assertEquals(standing(sim, ["hook:a", "hook:b"]), ["ci g1", "ci g1"]);
  await assertClean(sim);
});

for (const fate of ["not sent", "lost", "500", "503", "429", "timeout", "cut off"] as const) {
  Deno.test(`rotate() loses nothing while all of Heroku answers with '${fate}', and recovers`, async () => {
    const { sim } = await startDue({ targets: ["hook:ci"] });
    sim.fate = ({ kind }) => kind === "heroku" ? fate : "sent";
    await sim.live(2 * hour);
    assertEquals([heldAt(sim, "hook:ci"), deletedIn(sim).includes("ci")], ["ci", false]);
    sim.fate = () => "sent";
    await sim.live(day);
    assertState(sim, { live: ["ci g1"], held: { "hook:ci": "ci g1" } });
    await assertClean(sim);
  });
}

Deno.test("rotate() survives a Heroku that goes down after the sweep, at every call alike", async () => {
  for (const fate of ["not sent", "lost", "401"] as const) {
    const { sim } = await startDue();
    await sim.sweep();
    sim.fate = ({ kind }) => kind === "heroku" ? fate : "sent";
    await sim.workflows.settle();
    await sim.live(3 * hour);
    assertEquals([heldAt(sim, "hook:ci"), deletedIn(sim).includes("ci")], ["ci", false], fate);
    sim.fate = () => "sent";
    await sim.live(day);
    assertState(sim, { live: ["ci g1"], held: { "hook:ci": "ci g1" } }, fate);
    await assertClean(sim);
  }
});

/** Whether a call is a rotation's look at whether Heroku knows a token. */
function proves({ name, process }: Call): boolean {
  return name === "GET /account" && !process.startsWith("sweep");
}

for (const refusals of [1, 2, 3]) {
  Deno.test(`rotate() takes ${refusals} times 401 for no refusal of the new token`, async () => {
    const { sim } = await startDue();
    let left = refusals;
    sim.fate = (call) => proves(call) && left-- > 0 ? "401" : "sent";
    await sim.cron();
    await sim.advance(7 * minute);
    assertState(sim, { live: ["ci", "ci g1"], held: { "hook:ci": "ci g1" } });
    assertEquals(sim.heroku.deletions, []);
    await assertClean(sim);
  });
}

Deno.test("rotate() never delivers a token that Heroku refuses for minutes, deletes it, and makes another", async () => {
  const { sim } = await startDue();
  let left = 4;
  sim.fate = (call) => proves(call) && left-- > 0 ? "401" : "sent";
  await sim.cron();
  await sim.advance(7 * minute);
  assertState(sim, { live: ["ci"], held: { "hook:ci": "ci" }, deleted: ["ci g1"] });
  assertEquals(endsOf(sim), [
    "failure: Cannot use the new token of 'ci' because Heroku still refused it after six minutes: the next attempt makes another",
  ]);
  await sim.live(3 * hour);
  assertState(sim, { live: ["ci g1"], held: { "hook:ci": "ci g1" } });
  await assertClean(sim);
});

Deno.test("rotate() leaves a refused replacement that was renamed by hand, and shows it", async () => {
  const { sim } = await startDue();
  let refused = 0;
  sim.fate = (call) => {
    if (!proves(call) || refused === 4) return "sent";
    if (++refused === 1) sim.heroku.edit(liveOf(sim, 1).id, { description: "mine" });
    return "401";
  };
  await sim.cron();
  await sim.advance(7 * minute);
  assertState(sim, { live: ["ci", "mine"], deleted: [] });
  const report = await sim.cron();
  assertEquals(report?.unmanaged.map(({ description, reason }) => [description, reason]), [
    ["mine", "No credential has its name"],
  ]);
  await sim.live(3 * hour);
  assertState(sim, { live: ["ci g1", "mine"], held: { "hook:ci": "ci g1" } });
  await assertClean(sim);
});

Deno.test("rotate() delivers nothing of a replacement that Heroku revokes at once", async () => {
  const { sim } = await startDue();
  let revoked = false;
  sim.gate = (call) => {
    if (proves(call) && !revoked) revoked = sim.heroku.revoke(liveOf(sim, 1).id);
    return undefined;
  };
  await sim.cron();
  await sim.advance(7 * minute);
  assertState(sim, { live: ["ci"], held: { "hook:ci": "ci" } });
  await sim.live(3 * hour);
  assertEquals(lineOf(sim).length, 1);
  assertEquals(heldAt(sim, "hook:ci"), lineOf(sim)[0]);
  await assertClean(sim);
});

Deno.test("rotate() keeps what targets may hold when Heroku refuses a replacement that an earlier attempt delivered", async () => {
  const { sim } = await startDue({ targets: ["hook:a", "hook:b"] });
  sim.down.add("hook:b");
  await sim.cron();
  await sim.advance(5 * minute);
  sim.down.clear();
  sim.fate = (call) => proves(call) ? "401" : "sent";
  await sim.live(40 * minute);
  assertEquals(endsOf(sim).length, 2);
  assert(heldAt(sim, "hook:a") !== "dead", "A target holds a token that was deleted");
  await assertClean(sim);
});

Deno.test("rotate() goes on from where it was whenever its process dies, at every call in turn", async () => {
  // A short lifetime, as each death before the create's answer uses up one of the brake's creates;
  // and sweeps, which see that nothing of them is left.
  const { sim } = await startDue({ targets: ["hook:a", "hook:b"], lifetime: 12 * hour });
  await sim.sweep();
  for (let life = 1; !endsOf(sim).includes("success"); life++) {
    assertLess(life, 100, "It gets nowhere");
    let calls = 0;
    sim.fate = ({ process }) =>
      process.startsWith("ci-a") && ++calls === life ? "dies after" : "sent";
    await sim.workflows.settle();
    await sim.advance(11 * minute);
    await sim.sweep();
    sim.workflows.runs.forEach(({ id }) => sim.workflows.resume(id));
  }
  assertEquals({ live: lineOf(sim), held: standing(sim, ["hook:a", "hook:b"]) }, {
    live: ["ci g1"],
    held: ["ci g1", "ci g1"],
  });
  await assertClean(sim);
});

Deno.test("rotate() leaves its place to a new attempt when it dies for good", async () => {
  const { sim } = await startDue();
  sim.fate = ({ name }) => name === "POST /ci" ? "dies before" : "sent";
  await sim.cron();
  sim.fate = () => "sent";
  await sim.live(2 * hour);
  assertState(sim, { live: ["ci g1"], ends: ["killed", "success"] });

  sim.workflows.runs.forEach(({ id }) => sim.workflows.resume(id));
  await sim.advance(2 * hour);
  assertState(sim, { live: ["ci g1"], ends: ["superseded", "success"] });
  await assertClean(sim);
});

Deno.test("rotate() makes another replacement when the sealing key has been lost, and retires the one it cannot open", async () => {
  const { sim } = await startDue({ targets: ["hook:a", "hook:b"] });
  sim.down.add("hook:b");
  await sim.cron();
  await sim.advance(2 * minute);
  await sealWithAnotherKey(sim, 1);
  sim.down.clear();
  await sim.live(3 * hour);
  assertEquals({ live: lineOf(sim), held: standing(sim, ["hook:a", "hook:b"]) }, {
    live: ["ci g2"],
    held: ["ci g2", "ci g2"],
  });
  await assertClean(sim);
});

Deno.test("rotate() deletes nothing when the sealing key is lost during the grace, says so, and starts again", async () => {
  const { sim } = await startDue();
  await sim.cron();
  await sealWithAnotherKey(sim, 1);
  await sim.advance(hour);
  assertState(sim, { live: ["ci", "ci g1"], deleted: [] });
  assertStringIncludes(
    endsOf(sim)[0],
    "failure: Cannot open the token of 'ci' because it was sealed with another 'SEALING_KEY'",
  );
  await sim.live(3 * hour);
  assertState(sim, { live: ["ci g2"], held: { "hook:ci": "ci g2" } });
  await assertClean(sim);
});

async function sealWithAnotherKey(sim: Simulation, generation: number): Promise<void> {
  const { description, token } = liveOf(sim, generation);
  const mark = description.slice(-13, -1);
  const sealing = await createSealing(btoa("o".repeat(32)));
  const sealed = await sealing.seal(token, { credential: "ci", generation, mark });
  sim.database.query("UPDATE entries SET sealed_token = ? WHERE mark = ?", sealed, mark);
}

Deno.test("rotate() creates once, however often it delivers", async () => {
  const { sim } = await startDue({ targets: ["hook:a", "hook:b"] });
  let created = 0;
  sim.gate = (call) => {
    if (creates(call)) created++;
    return undefined;
  };
  sim.down.add("hook:b");
  await sim.live(day);
  sim.down.clear();
  await sim.live(day);
  assertEquals({ created, live: lineOf(sim) }, { created: 1, live: ["ci g1"] });
  await assertClean(sim);
});

Deno.test("rotate() takes back every proof for a place before it writes there, as it may die in between", async () => {
  const { sim } = await startDue({ targets: ["hook:a", "hook:b"] });
  await sim.live(2 * hour);
  const proven = () =>
    sim.database.query("SELECT place FROM deliveries WHERE proof_kind IS NOT NULL ORDER BY place")
      .map(({ place }) => place);
  assertEquals(proven(), ["hook:a", "hook:b"]);
  await sim.advance(25 * day);
  sim.fate = ({ name }) => name === "POST /a" ? "dies after" : "sent";
  await sim.cron();
  assertEquals([heldAt(sim, "hook:a"), proven()], ["ci g2", ["hook:b"]]);
  sim.fate = () => "sent";
  await sim.live(3 * hour);
  assertEquals({ live: lineOf(sim), held: standing(sim, ["hook:a", "hook:b"]) }, {
    live: ["ci g2"],
    held: ["ci g2", "ci g2"],
  });
  await assertClean(sim);
});

for (const lasts of [minute, 5 * minute, 50 * minute]) {
  Deno.test(`rotate() makes one release of an app whose release command takes ${lasts / minute} min`, async () => {
    const { sim } = await startDue({ targets: ["var:acme/KEY"], grace: 0 });
    sim.heroku.setReleasePhase("acme", lasts);
    const before = sim.heroku.releases("acme");
    await sim.cron();
    await sim.live(4 * hour, 15 * minute);
    assertEquals({ live: lineOf(sim), held: standing(sim, ["var:acme/KEY"]) }, {
      live: ["ci g1"],
      held: ["ci g1"],
    });
    assertEquals(sim.heroku.releases("acme") - before, 1);
    await assertClean(sim);
  });
}

for (
  const [what, fails, delivers] of [
    ["before it delivered", "POST /oauth/authorizations", false],
    ["at the first target", "POST /a", true],
    ["at the last target", "POST /b", true],
  ] as const
) {
  Deno.test(`rotate() says whether it got as far as delivering when it fails ${what}`, async () => {
    const { sim } = await startDue({ targets: ["hook:a", "hook:b"] });
    sim.fate = ({ name }) => name === fails ? "not sent" : "sent";
    await sim.sweep();
    await sim.advance(10 * minute);
    const [{ output = "" }] = sim.workflows.runs;
    assertEquals({ outcome: JSON.parse(output).outcome, delivers: JSON.parse(output).delivers }, {
      outcome: "failure",
      delivers,
    });
    assertEquals(endedUndelivered(JSON.parse(output)), !delivers);
    await assertClean(sim);
  });
}

Deno.test("endedUndelivered() takes no output for another one's word", () => {
  const outputs = [undefined, null, "delivers", {}, { outcome: "success" }, { delivers: "false" }];
  assertEquals(outputs.map(endedUndelivered), outputs.map(() => false));
});
