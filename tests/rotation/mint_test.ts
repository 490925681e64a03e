import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
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
import {
  type Call,
  createSimulation,
  type CredentialSpec,
  day,
  type Fate,
  hour,
  minute,
} from "../simulation/simulation.ts";

/** Makes the first create meet this fate, and all else go well. */
function firstCreate(fate: Fate): (call: Call) => Fate {
  let met = false;
  return (call) => {
    if (met || !creates(call)) return "sent";
    met = true;
    return fate;
  };
}

for (
  const fate of [
    "lost",
    "timeout",
    "cut off",
    "500 after",
    "not sent",
    "500",
    "503",
    "429",
  ] as const
) {
  Deno.test(`mint() leaves one live replacement after a create whose answer is '${fate}', and delivers only that`, async () => {
    const { sim } = await startDue();
    sim.fate = firstCreate(fate);
    await sim.live(30 * minute);
    assertState(sim, { live: ["ci", "ci g1"], held: { "hook:ci": "ci g1" } });
    const tookEffect = ["lost", "timeout", "cut off", "500 after"].includes(fate);
    assertEquals(deletedIn(sim), tookEffect ? ["ci g1"] : []);
    await sim.advance(2 * hour);
    assertEquals([lineOf(sim), endsOf(sim).at(-1)], [["ci g1"], "success"]);
    await assertClean(sim);
  });
}

for (const fate of ["dies before", "dies after"] as const) {
  Deno.test(`mint() leaves one live replacement when its process ${fate} the create, within two sweeps`, async () => {
    const { sim } = await startDue();
    sim.fate = firstCreate(fate);
    await sim.cron();
    await sim.advance(20 * minute);
    await sim.cron();
    await sim.advance(20 * minute);
    await sim.cron();
    assertState(sim, { live: ["ci", "ci g1"], held: { "hook:ci": "ci g1" } });
    await assertClean(sim);
  });
}

Deno.test("mint() makes nothing that Heroku refuses, says so, and tries again later", async () => {
  const { sim } = await startDue();
  sim.fate = (call) => creates(call) ? "401" : "sent";
  await sim.cron();
  await sim.advance(minute);
  assertState(sim, { live: ["ci"], held: { "hook:ci": "ci" } });
  assertStringIncludes(endsOf(sim)[0], "failure: ");
  const states = sim.database.query("SELECT state FROM entries ORDER BY generation");
  assertEquals(states.map(({ state }) => state), ["adopted", "refused"]);
  const report = await sim.cron();
  assertEquals(report?.decisions.map(({ kind }) => kind), ["back_off"]);
  await assertClean(sim);
});

Deno.test("mint() sends no create twice, whatever becomes of it", async () => {
  const { sim } = await startDue();
  const marks = new Set<string>();
  let tries = 0;
  sim.fate = (call) => {
    if (!creates(call)) return "sent";
    tries++;
    return "lost";
  };
  await sim.live(2 * hour);
  for (const { description } of [...sim.heroku.live(), ...sim.heroku.deletions]) {
    if (description !== "ci") marks.add(description);
  }
  assert(tries > 2, `It tried only ${tries} times`);
  assertEquals(marks.size, tries, "Each try has a mark of its own");
  assertEquals([
    heldAt(sim, "hook:ci"),
    lineOf(sim).filter((each) => each === "ci g1").length <= 1,
  ], ["ci", true]);
  await assertClean(sim);
});

Deno.test("mint() leaves a leftover alone that the operator has renamed meanwhile", async () => {
  const { sim } = await startDue();
  sim.fate = firstCreate("dies after");
  await sim.cron();
  sim.heroku.edit(liveOf(sim, 1).id, { description: "mine" });
  await sim.live(3 * hour);
  assertState(sim, { live: ["ci g1", "mine"], deleted: ["ci"] });
  await assertClean(sim);
});

const year = 365 * 86_400;
for (
  const [what, policy, predecessor, expected] of [
    [
      "the predecessor's scope and lifetime",
      {},
      { scope: ["read", "write"], expires_in: 30 * 86_400 },
      { scope: ["read", "write"], lifetime: 30 * day },
    ],
    [
      "the policy's scope and lifetime before the predecessor's",
      { scope: ["identity"], lifetime: 7 * day },
      { scope: ["write"], expires_in: 30 * 86_400 },
      { scope: ["identity"], lifetime: 7 * day },
    ],
    [
      "no expiry after a predecessor that has none",
      { maxAge: 20 * day },
      { scope: ["write"], expires_in: null },
      { scope: ["write"], lifetime: null },
    ],
    [
      "no expiry when the policy says so",
      { lifetime: null },
      { scope: ["write"], expires_in: 30 * 86_400 },
      { scope: ["write"], lifetime: null },
    ],
    [
      "an expiry when the policy says so",
      { maxAge: 20 * day, lifetime: 30 * day },
      { scope: ["write"], expires_in: null },
      { scope: ["write"], lifetime: 30 * day },
    ],
    [
      "the usual lifetime after a predecessor that lived for less than an hour",
      {},
      { scope: ["write"], expires_in: 1800 },
      { scope: ["write"], lifetime: 30 * day },
    ],
    [
      "a long predecessor's lifetime",
      { maxAge: 20 * day },
      { scope: ["write"], expires_in: year },
      { scope: ["write"], lifetime: year * 1000 },
    ],
  ] as const
) {
  Deno.test(`mint() gives the replacement ${what}`, async () => {
    const credential: CredentialSpec = { name: "ci", ...policy, targets: ["hook:ci"] };
    const sim = createSimulation({ credentials: [credential] });
    sim.heroku.issue({ description: "ci", ...predecessor });
    await sim.advance(Math.min(25 * day, (predecessor.expires_in ?? Infinity) * 800));
    await sim.cron();
    const { scope, created_at, expires_at } = liveOf(sim, 1);
    assertEquals(scope, expected.scope);
    assertEquals(
      expires_at === null ? null : expires_at - Date.parse(created_at),
      expected.lifetime,
    );
    await assertClean(sim);
  });
}

Deno.test("mint() gives a first authorization 30 days where no one says how long", async () => {
  const sim = createSimulation({
    credentials: [{ name: "ci", scope: ["write"], targets: ["hook:ci"] }],
  });
  await sim.live(45 * minute);
  const { created_at, expires_at } = liveOf(sim, 1);
  assertEquals((expires_at ?? 0) - Date.parse(created_at), 30 * day);
  await assertClean(sim);
});

Deno.test("mint() keeps scope and lifetime over generations, also when one vanishes", async () => {
  const { sim } = await startDue();
  await sim.live(2 * day);
  sim.heroku.revoke(liveOf(sim, 1).id);
  await sim.live(4 * hour);
  const { scope, created_at, expires_at } = liveOf(sim, 2);
  assertEquals([scope, (expires_at ?? 0) - Date.parse(created_at)], [["write"], 30 * day]);
  await assertClean(sim);
});

Deno.test("mint() uses the replacement that an earlier attempt made, as long as that lives", async () => {
  const { sim } = await startDue();
  sim.down.add("hook:ci");
  await sim.cron();
  await sim.advance(5 * minute);
  const { id } = liveOf(sim, 1);
  sim.down.clear();
  await sim.live(2 * hour);
  assertEquals([liveOf(sim, 1).id, heldAt(sim, "hook:ci")], [id, "ci g1"]);
  await assertClean(sim);
});

Deno.test("mint() makes another when the earlier one is gone or was regenerated by hand", async () => {
  for (const act of ["revoke", "regenerate"] as const) {
    const { sim } = await startDue({ targets: ["hook:a", "hook:b"] });
    sim.down.add("hook:b");
    await sim.cron();
    await sim.advance(5 * minute);
    await (act === "revoke"
      ? sim.heroku.revoke(liveOf(sim, 1).id)
      : sim.regenerate(liveOf(sim, 1).id));
    sim.down.clear();
    await sim.live(4 * hour);
    const { token } = sim.heroku.live()[0];
    assertEquals([lineOf(sim).length, sim.holds("hook:a", "ci"), sim.holds("hook:b", "ci")], [
      1,
      token,
      token,
    ]);
    await assertClean(sim);
  }
});

for (
  const [what, created_at, skew] of [
    ["Heroku dates years ahead", "2099-01-01T00:00:00Z", 0],
    ["a clock that is a year behind makes", undefined, -365 * day],
  ] as const
) {
  Deno.test(`mint() notes what ${what} as made no later than now, and no earlier than what it replaces`, async () => {
    const { sim, old } = await startDue({ lifetime: 8 * day, grace: 0 });
    await sim.cron();
    sim.skew = skew;
    sim.mutate = async (response, call) => {
      if (call !== "POST /oauth/authorizations" || created_at === undefined) return response;
      const made: Record<string, unknown> = await response.json();
      return Response.json({ ...made, created_at }, { status: 201 });
    };
    await sim.live(8 * day, hour);
    const dates = sim.database.query("SELECT created_at FROM entries ORDER BY generation")
      .map((row) => Number(row.created_at));
    assertEquals(dates, dates.toSorted((a, b) => a - b));
    assert(dates.length > 2 && dates[0] === Date.parse(old.created_at));
    assert(dates.every((at) => at <= sim.now()));
    sim.close();
  });
}

Deno.test("mint() deletes what a late process makes after a new attempt has given it up", async () => {
  const { sim } = await startDue();
  const { promise: late, resolve } = Promise.withResolvers<void>();
  const hangs = Promise.withResolvers<void>();
  const delivers = Promise.withResolvers<void>();
  sim.gate = (call) => {
    if (call.name === "POST /ci") delivers.resolve();
    if (!creates(call) || !call.process.startsWith("ci-a1-")) return undefined;
    hangs.resolve();
    return late;
  };
  await sim.sweep();
  await hangs.promise;
  sim.heroku.advance(20 * minute);
  assertEquals((await sim.sweep())?.started, ["ci"]);
  await delivers.promise;
  resolve();
  await sim.workflows.settle();
  assertState(sim, { live: ["ci", "ci g1"], held: { "hook:ci": "ci g1" } });
  await sim.advance(2 * hour);
  assertState(sim, { live: ["ci g1"], ends: ["superseded", "success"] });
});

/** Holds up the run that mints before it writes down what it made, until its lease has run out. */
async function hangBeforeMinted() {
  const { sim } = await startDue();
  const { promise: late, resolve } = Promise.withResolvers<void>();
  const hangs = Promise.withResolvers<void>();
  sim.gate = ({ name }) => {
    if (name !== "write mint") return undefined;
    hangs.resolve();
    return late;
  };
  await sim.sweep();
  await hangs.promise;
  const { id } = liveOf(sim, 1);
  sim.heroku.advance(20 * minute);
  sim.configure([{ name: "ci", targets: ["hook:ci"], renewBefore: 0 }]);
  return { sim, id, goOn: resolve };
}

Deno.test("mint() gives up what a sweep has removed while its process hung, and never delivers it", async () => {
  const { sim, id, goOn } = await hangBeforeMinted();
  const [run] = sim.workflows.runs;
  sim.workflows.kill(run.id);
  assertEquals((await sim.sweep())?.removed, [id]);
  goOn();
  await sim.workflows.settle();
  assertState(sim, { live: ["ci"], held: { "hook:ci": "ci" } });
  sim.workflows.resume(run.id);
  await sim.workflows.settle();
  assertState(sim, { live: ["ci"], held: { "hook:ci": "ci" } });
  assertMatch(endsOf(sim)[0], /^failure: Cannot know whether Heroku made a token/);
  await assertClean(sim);
});

Deno.test("mint() deletes what a sweep has taken back as its run still ran, and never delivers it", async () => {
  const { sim, id, goOn } = await hangBeforeMinted();
  assertEquals((await sim.sweep())?.removed, []);
  goOn();
  await sim.workflows.settle();
  assert(sim.heroku.live().every((each) => each.id !== id));
  assertState(sim, { held: { "hook:ci": "ci g2" }, ends: ["superseded", "asleep"] });
  await sim.live(4 * hour);
  assertEquals(lineOf(sim), ["ci g2"]);
  await assertClean(sim);
});
