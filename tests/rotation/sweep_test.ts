import {
  assert,
  assertEquals,
  assertMatch,
  assertNotEquals,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import type { AuthorizationsClient } from "../../lib/heroku/client.ts";
import { ServerError } from "../../lib/heroku/errors.ts";
import { AccountError, createAccount } from "../../lib/rotation/account.ts";
import { createSealing } from "../../lib/rotation/sealing.ts";
import { createRunId, sweep, type SweepWorld } from "../../lib/rotation/sweep.ts";
import { createFakeHeroku } from "../../lib/testing/mod.ts";
import type { Ledger } from "../../lib/rotation/ledger.ts";
import { createLedger } from "../../worker/account/ledger.ts";
import { createDatabase } from "../worker/sqlite.ts";
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
import { credentialOf, targetAt } from "./plan_input.ts";
import { createSimulation, day, hour, minute, type Simulation } from "../simulation/simulation.ts";

const month = 30 * 86_400;

function kindsOf(report: Awaited<ReturnType<Simulation["sweep"]>>): string[] {
  return report?.decisions.map(({ kind }) => kind) ?? ["nothing"];
}

/** Several credentials, each with a token of its own at a hook of its own, all of them due. */
async function startSeveral(
  names: readonly string[],
  fuse?: { creates: number; deletes: number },
): Promise<Simulation> {
  const sim = createSimulation({
    credentials: names.map((name) => ({ name, targets: [`hook:${name}`] })),
    fuse,
  });
  for (const description of names) {
    const { token } = sim.heroku.issue({ description, scope: ["write"], expires_in: month });
    await sim.put(`hook:${description}`, token);
  }
  sim.heroku.advance(25 * day);
  return sim;
}

Deno.test("sweep() says what it saw and did, as plain JSON", async () => {
  const { sim } = await startDue();
  sim.heroku.issue({ description: "somebody's" });
  const report = await sim.cron();
  assert(report);
  assertEquals(report, JSON.parse(JSON.stringify(report)));
  assertEquals({
    at: report.at,
    started: report.started,
    removed: report.removed,
    problems: report.problems,
  }, { at: sim.now(), started: ["ci"], removed: [], problems: [] });
  assertEquals(report.unmanaged.map(({ description }) => description), ["somebody's"]);
  assertEquals(kindsOf(report), ["rotate"]);
  assertEquals(kindsOf(await sim.cron()), ["running"]);
  await sim.advance(2 * hour);
  assertEquals(kindsOf(await sim.cron()), ["wait"]);
  await assertClean(sim);
});

Deno.test("sweep() starts one rotation when the cron fires several times at once", async () => {
  const { sim } = await startDue();
  const reports = await Promise.all([sim.sweep(), sim.sweep(), sim.sweep()]);
  await sim.workflows.settle();
  assertEquals(reports.flatMap((report) => report?.started ?? []), ["ci"]);
  assertEquals({ live: lineOf(sim), runs: sim.workflows.runs.length }, {
    live: ["ci", "ci g1"],
    runs: 1,
  });
  await assertClean(sim);
});

Deno.test("sweep() adopts once when the first cron fires twice at once", async () => {
  const sim = createSimulation({ credentials: [{ name: "ci", targets: ["hook:ci"] }] });
  sim.heroku.issue({ description: "ci", scope: ["write"], expires_in: month });
  await Promise.all([sim.sweep(), sim.sweep()]);
  const rows = sim.database.query("SELECT state, generation FROM entries");
  assertEquals(rows.map((row) => ({ ...row })), [{ state: "adopted", generation: 0 }]);
  await assertClean(sim);
});

Deno.test("sweep() provisions a credential that Heroku never had", async () => {
  const sim = createSimulation({
    credentials: [{
      name: "ci",
      scope: ["read"],
      lifetime: 7 * day,
      targets: ["hook:ci", "store"],
    }],
  });
  // An empty list is believed when it has come three times.
  await sim.live(30 * minute);
  assertEquals(lineOf(sim), []);
  await sim.cron();
  assertState(sim, { live: ["ci g1"], held: { "hook:ci": "ci g1", "store": "ci g1" } });
  assertEquals(endsOf(sim), ["success"]);
  await assertClean(sim);
});

Deno.test("sweep() provisions again when the current authorization is deleted by hand", async () => {
  const { sim } = await startDue();
  await sim.live(2 * hour);
  sim.heroku.revoke(liveOf(sim, 1).id);
  await sim.cron();
  assertState(sim, { live: ["ci g2"], held: { "hook:ci": "ci g2" } });
  await assertClean(sim);
});

Deno.test("sweep() replaces at its second look what it found, and what was deleted by hand", async () => {
  const sim = createSimulation({ credentials: [{ name: "ci", targets: ["hook:ci"] }] });
  const { id, token } = sim.heroku.issue({
    description: "ci",
    scope: ["write"],
    expires_in: month,
  });
  sim.heroku.issue({ description: "web" });
  await sim.put("hook:ci", token);
  await sim.live(day);
  sim.heroku.revoke(id);
  await sim.cron();
  assertState(sim, { live: ["web"], held: { "hook:ci": "dead" } });
  await sim.advance(15 * minute);
  await sim.cron();
  assertState(sim, { live: ["ci g1", "web"], held: { "hook:ci": "ci g1" } });
  await assertClean(sim);
});

Deno.test("sweep() says what it needs to provision, and makes nothing", async () => {
  const sim = createSimulation({ credentials: [{ name: "ci", targets: ["hook:ci"] }] });
  sim.heroku.issue({ description: "web" });
  const report = await sim.cron();
  assertEquals({ kinds: kindsOf(report), live: lineOf(sim) }, {
    kinds: ["blocked"],
    live: ["web"],
  });
  assertStringIncludes(report?.decisions[0].reason ?? "", "set 'scope'");
  await assertClean(sim);
});

Deno.test("sweep() leaves an adopted authorization alone until it is due", async () => {
  const sim = createSimulation({ credentials: [{ name: "ci", targets: ["hook:ci"] }] });
  const { token } = sim.heroku.issue({ description: "ci", scope: ["write"], expires_in: month });
  await sim.put("hook:ci", token);
  await sim.live(15 * day, 6 * hour);
  assertEquals({ live: lineOf(sim), runs: sim.workflows.runs.length }, { live: ["ci"], runs: 0 });
  await sim.live(7 * day, 6 * hour);
  assertState(sim, { live: ["ci g1"], held: { "hook:ci": "ci g1" } });
  await assertClean(sim);
});

Deno.test("sweep() makes a first generation at once for the store, and retires the adopted one after the grace", async () => {
  const sim = createSimulation({ credentials: [{ name: "ci", targets: ["store"] }] });
  sim.heroku.issue({ description: "ci", scope: ["write"], expires_in: month });
  await sim.cron();
  assertState(sim, { live: ["ci", "ci g1"], held: { "store": "ci g1" } });
  await sim.advance(2 * hour);
  assertEquals(lineOf(sim), ["ci g1"]);
  await assertClean(sim);
});

Deno.test("sweep() takes and deletes none of several authorizations with one name, and shows them", async () => {
  const sim = createSimulation({
    credentials: [{ name: "ci", scope: ["write"], targets: ["hook:ci"] }],
  });
  for (let each = 0; each < 2; each++) {
    sim.observer.protect(sim.heroku.issue({ description: "ci", expires_in: null }).id);
  }
  const report = await sim.cron();
  assertEquals(report?.unmanaged.length, 2);
  await sim.live(60 * day, day);
  assertEquals(lineOf(sim).filter((each) => each === "ci").length, 2);
  assertEquals(heldAt(sim, "hook:ci"), lineOf(sim).at(-1));
  await assertClean(sim);
});

Deno.test("sweep() never touches the account's default API key, even when a credential has its name", async () => {
  const sim = createSimulation({
    defaultKey: true,
    credentials: [{ name: "Heroku API key", scope: ["write"], targets: ["hook:ci"] }],
  });
  const [key] = sim.heroku.live();
  sim.observer.protect(key.id);
  const report = await sim.cron();
  assertEquals(report?.unmanaged.map(({ reason }) => reason), [
    "It is the account's default API key",
  ]);
  await sim.live(60 * day, day);
  assert(sim.heroku.accepts(key.token));
  assertEquals(deletedIn(sim).includes("Heroku API key"), false);
  await assertClean(sim);
});

Deno.test("sweep() gives a target that is added the same token, and changes nothing for one that is removed", async () => {
  const { sim } = await startDue();
  await sim.live(2 * hour);
  sim.configure([{ name: "ci", targets: ["hook:ci", "hook:new"] }]);
  await sim.live(2 * hour);
  assertState(sim, { live: ["ci g1"], held: { "hook:ci": "ci g1", "hook:new": "ci g1" } });
  sim.configure([{ name: "ci", targets: ["hook:new"] }]);
  await sim.live(2 * hour);
  assertEquals({ live: lineOf(sim), runs: sim.workflows.runs.length }, {
    live: ["ci g1"],
    runs: 2,
  });
  await assertClean(sim);
});

Deno.test("sweep() starts nothing for a paused credential, and shows that it is", async () => {
  const { sim } = await startDue({ paused: true });
  const report = await sim.cron();
  await sim.live(day);
  assertEquals({ kinds: kindsOf(report), live: lineOf(sim), runs: sim.workflows.runs.length }, {
    kinds: ["wait"],
    live: ["ci"],
    runs: 0,
  });
  await assertClean(sim);
});

Deno.test("sweep() of what is only observed says what it would do, and sends nothing but questions", async () => {
  const { sim } = await startDue({ observe: true, targets: ["hook:ci", "var:acme/KEY"] });
  const report = await sim.cron();
  await sim.live(3 * day);
  assertEquals(report?.decisions, [{
    kind: "observed",
    cause: "expiry",
    credential: "ci",
    reason: `${
      report?.decisions[0].reason.split(". ")[0]
    }. Nothing was done because it is only observed: remove 'observe' to have it done`,
    until: null,
  }]);
  assertState(sim, {
    live: ["ci"],
    held: { "hook:ci": "ci", "var:acme/KEY": "ci" },
    deleted: [],
    ends: [],
  });

  sim.configure([{ name: "ci", targets: ["hook:ci", "var:acme/KEY"] }]);
  const acting = await sim.cron();
  assertEquals(acting?.started, ["ci"]);
  await sim.live(day);
  assertState(sim, { live: ["ci g1"], held: { "hook:ci": "ci g1", "var:acme/KEY": "ci g1" } });
  await assertClean(sim);
});

Deno.test("sweep() holds everything when its fuse blows, and says so", async () => {
  const sim = await startSeveral(["a", "b", "c"], { creates: 2, deletes: 10 });
  const report = await sim.cron();
  assertEquals({ kinds: kindsOf(report), started: report?.started, live: lineOf(sim) }, {
    kinds: ["held", "held", "held"],
    started: [],
    live: [
      "a",
      "b",
      "c",
    ],
  });
  assertStringIncludes(report?.problems.join() ?? "", "raise 'FUSE'");
  await assertClean(sim);
});

Deno.test("sweep() removes the leftovers of a dead attempt once its lease has run out, and not before", async () => {
  const { sim } = await startDue();
  sim.fate = (call) => creates(call) ? "dies after" : "sent";
  await sim.cron();
  sim.fate = () => "sent";
  sim.configure([{ name: "ci", targets: ["hook:ci"], renewBefore: 0 }]);
  const leftover = liveOf(sim, 1).id;
  await sim.advance(10 * minute);
  assertEquals({ removed: (await sim.cron())?.removed, live: lineOf(sim) }, {
    removed: [],
    live: ["ci", "ci g1"],
  });
  await sim.advance(10 * minute);
  assertEquals({ removed: (await sim.cron())?.removed, live: lineOf(sim) }, {
    removed: [leftover],
    live: ["ci"],
  });
  await assertClean(sim);
});

Deno.test("sweep() says which leftovers of what is only observed it would remove, and removes none", async () => {
  const { sim } = await startDue();
  sim.fate = (call) => creates(call) ? "dies after" : "sent";
  await sim.cron();
  sim.fate = () => "sent";
  sim.configure([{ name: "ci", targets: ["hook:ci"], renewBefore: 0, observe: true }]);
  await sim.advance(20 * minute);
  const { id } = liveOf(sim, 1);
  const report = await sim.cron();
  assertEquals(report?.removed, []);
  assertEquals(report?.withheld.map((said) => said.split(": ").slice(0, 2)), [["ci", id]]);
  assertState(sim, { live: ["ci", "ci g1"], deleted: [] });
  await assertClean(sim);
});

Deno.test("sweep() keeps trying to remove a leftover while Heroku fails to delete it", async () => {
  const { sim } = await startDue();
  sim.fate = (call) =>
    creates(call) ? "lost" : call.name.startsWith("DELETE /oauth") ? "500" : "sent";
  await sim.live(2 * hour);
  sim.fate = () => "sent";
  await sim.live(14 * hour);
  assertState(sim, { live: ["ci g1"], held: { "hook:ci": "ci g1" } });
  await assertClean(sim);
});

for (
  const [when, prepare] of [
    ["before the first proof", async (sim: Simulation) => {
      sim.down.add("hook:b");
      await sim.cron();
      await sim.advance(5 * minute);
      sim.down.clear();
    }],
    ["during the grace", async (sim: Simulation) => {
      await sim.cron();
    }],
    ["after the create", async (sim: Simulation) => {
      sim.fate = (call) => creates(call) ? "dies after" : "sent";
      await sim.cron();
      sim.fate = () => "sent";
    }],
    ["after the rotation", async (sim: Simulation) => {
      await sim.live(2 * hour);
    }],
  ] as const
) {
  Deno.test(`sweep() converges within two sweeps when the ledger is lost ${when}`, async () => {
    const places = ["hook:a", "hook:b", "store"];
    const { sim } = await startDue({ targets: places });
    await prepare(sim);
    sim.database.reset();
    for (let sweeps = 0; sweeps < 2; sweeps++) {
      await sim.cron();
      await sim.advance(2 * hour);
    }
    const [last, ...others] = lineOf(sim);
    assertEquals(others, []);
    assertEquals(places.map((place) => heldAt(sim, place)), [last, last, last]);
    assertNotEquals(last, "ci");
    await assertClean(sim);
  });
}

Deno.test("sweep() goes on with the others when one credential fails, wherever it is", async () => {
  const names = ["a", "b", "c"];
  const sim = await startSeveral(names);
  sim.down.add("hook:b");
  await sim.live(3 * hour);
  assertEquals(names.map((name) => heldAt(sim, `hook:${name}`, name)), ["a g1", "b", "c g1"]);
  assertEquals(lineOf(sim), ["a g1", "b", "b g1", "c g1"]);
  await assertClean(sim);
});

Deno.test("sweep() goes on past records that are no authorizations, and says so", async () => {
  const { sim } = await startDue();
  for (const record of [{}, { id: 7 }, { id: "" }]) {
    sim.heroku.insert(record);
  }
  sim.heroku.insert({ id: "bare" });
  const first = await sim.cron();
  assertEquals({ started: first?.started, decisions: first?.decisions }, {
    started: [],
    decisions: [],
  });
  assertMatch(first?.unreliable ?? "", /^Heroku's list holds 3 records that cannot be read/);
  assertEquals(first?.problems, [first?.unreliable ?? ""]);
  // One of them has no name that could be a credential's: so the list is believed the third time.
  assertEquals((await sim.cron())?.started, []);
  const third = await sim.cron();
  assertEquals({
    started: third?.started,
    unreliable: third?.unreliable,
    problems: third?.problems,
  }, { started: ["ci"], unreliable: null, problems: [] });
  assertEquals(third?.unmanaged.map(({ id }) => id).sort(), ["bare"]);
  await assertClean(sim);
});

for (const fate of ["not sent", "500", "503", "401", "cut off", "timeout"] as const) {
  Deno.test(`sweep() does nothing when Heroku answers the list with '${fate}'`, async () => {
    const { sim } = await startDue();
    sim.fate = ({ name }) => name === "GET /oauth/authorizations" ? fate : "sent";
    assertEquals(await sim.cron(), undefined);
    const before = sim.database.dump();
    assertEquals(await sim.cron(), undefined);
    assertEquals([sim.database.dump(), lineOf(sim), sim.workflows.runs.length], [
      before,
      ["ci"],
      0,
    ]);
    await assertClean(sim);
  });
}

Deno.test("sweep() does nothing while the ledger cannot be written", async () => {
  const { sim } = await startDue();
  sim.fate = ({ kind }) => kind === "ledger" ? "not sent" : "sent";
  await sim.live(3 * hour);
  assertEquals({ live: lineOf(sim), runs: sim.workflows.runs.length }, { live: ["ci"], runs: 0 });
  sim.fate = () => "sent";
  await sim.live(2 * hour);
  assertState(sim, { live: ["ci g1"], held: { "hook:ci": "ci g1" } });
  await assertClean(sim);
});

for (const skew of [-5 * hour, 5 * hour]) {
  Deno.test(`sweep() rotates once and no more when its clock is off by ${skew} ms`, async () => {
    const { sim } = await startDue();
    sim.observer.clocksDiffer = true;
    sim.skew = skew;
    await sim.live(3 * hour);
    assertState(sim, { live: ["ci g1"], held: { "hook:ci": "ci g1" } });
    await sim.live(10 * day, 6 * hour);
    assertEquals(lineOf(sim), ["ci g1"]);
    await assertClean(sim);
  });
}

Deno.test("sweep() does not wait for a lease that a clock far ahead has written", async () => {
  const { sim } = await startDue();
  sim.observer.clocksDiffer = true;
  sim.skew = 100 * day;
  sim.fate = ({ name }) => name === "POST /ci" ? "dies before" : "sent";
  await sim.cron();
  sim.skew = 0;
  sim.fate = () => "sent";
  await sim.live(2 * hour);
  assertState(sim, { live: ["ci g1"], held: { "hook:ci": "ci g1" } });
  await assertClean(sim);
});

Deno.test("sweep() does not back off for a failure that a clock far ahead has dated", async () => {
  const { sim } = await startDue();
  sim.observer.clocksDiffer = true;
  sim.skew = 100 * day;
  sim.fate = (call) => creates(call) ? "401" : "sent";
  await sim.cron();
  sim.skew = 0;
  sim.fate = () => "sent";
  await sim.live(2 * hour);
  assertState(sim, { live: ["ci g1"], held: { "hook:ci": "ci g1" } });
  await assertClean(sim);
});

Deno.test("sweep() of two Workers for one credential costs no token that a target holds, and reports the other", async () => {
  const { sim } = await startDue();
  const other = createSimulation({
    credentials: [{ name: "ci", targets: ["hook:ci"] }],
    beside: sim,
  });
  const problems: string[] = [];
  for (let quarter = 0; quarter < 24; quarter++) {
    for (const worker of [sim, other]) problems.push(...(await worker.cron())?.problems ?? []);
    await other.advance(15 * minute);
    assertNotEquals(heldAt(sim, "hook:ci"), "dead");
  }
  assert(
    problems.some((problem) => problem.startsWith("Another Worker made generation")),
    problems.join(),
  );
  assert(lineOf(sim).length <= 2, lineOf(sim).join());
});

/** A world for sweeps whose starts are only noted. */
async function start(
  credentials = [credentialOf({ scope: ["write"] })],
  heroku = createFakeHeroku({ faults: false, now: Date.UTC(2026, 0, 1) }),
) {
  heroku.issue({ description: "web", scope: ["read"] });
  const { fetch, token } = heroku;
  const started: string[] = [];
  const world: SweepWorld & { readonly ledger: Ledger } = {
    ...await createAccount({ fetch, token, retries: 0 }),
    ledger: createLedger(createDatabase()),
    sealing: await createSealing(btoa("k".repeat(32))),
    credentials,
    fuse: { creates: 1000, deletes: 1000 },
    now: heroku.now,
    start: (runs) => Promise.resolve(void started.push(...runs.map(({ id }) => id))),
  };
  return { heroku, world, started };
}

Deno.test("sweep() asks for what the ledger knows and the list lacks before it counts as gone", async () => {
  const { world, heroku, started } = await start();
  heroku.issue({ description: "ci", scope: ["write"], expires_in: month });
  await sweep(world);
  const authorizations: AuthorizationsClient = {
    ...world.authorizations,
    iterate: async function* () {},
  };
  const report = await sweep({ ...world, authorizations });
  assertEquals({ kinds: kindsOf(report), started }, { kinds: ["wait"], started: [] });
});

Deno.test("sweep() goes on with the others when Heroku does not say whether one is gone", async () => {
  const { world, heroku } = await start([credentialOf(), credentialOf({ name: "ops" })]);
  for (const description of ["ci", "ops"]) {
    heroku.issue({ description, scope: ["write"], expires_in: month });
  }
  await sweep(world);
  heroku.advance(28 * day);
  const authorizations = hideFrom(world.authorizations, "ci");
  const report = await sweep({ ...world, authorizations });
  assertEquals({ kinds: kindsOf(report), started: report.started }, {
    kinds: ["rotate", "rotate"],
    started: ["ci", "ops"],
  });
  assertMatch(report.unreliable ?? "", /^Heroku does not list generation 0 of 'ci', and does not/);
});

Deno.test("sweep() goes on without the account's default API key, and begins nothing new, when Heroku does not say which it is", async () => {
  const { world, heroku } = await start();
  heroku.issue({ description: "ci", scope: ["write"], expires_in: month });
  await sweep(world);
  heroku.advance(28 * day);
  const authorizations = hideFrom(world.authorizations, "~");
  const credentials = [credentialOf(), credentialOf({ name: "new" })];
  const report = await sweep({ ...world, credentials, authorizations });
  assertEquals(report.started, ["ci"]);
  assertEquals(report.decisions.map(({ credential }) => credential), ["ci"]);
  assertEquals(report.problems.length, 1);
});

/** A client whose list lacks the authorization of a description, and that does not answer for its id. */
function hideFrom(client: AuthorizationsClient, hidden: string): AuthorizationsClient {
  const ids = new Set([hidden]);
  return {
    ...client,
    iterate: async function* (options) {
      for await (const each of client.iterate(options)) {
        if (each.description === hidden) ids.add(each.id);
        else yield each;
      }
    },
    info: (id, options) =>
      ids.has(id)
        ? Promise.reject(new ServerError("Heroku answered 500", { status: 500 }))
        : client.info(id, options),
  };
}

Deno.test("sweep() says that it could not start a rotation, counts none as started, and tries again", async () => {
  const { world, heroku, started } = await start();
  const report = await sweep({
    ...world,
    start: () => Promise.reject(new Error("Workflows are down")),
  });
  assertEquals(report.problems, ["Cannot start the rotations that are due: Workflows are down"]);
  assertEquals(report.started, []);
  assertEquals((await world.ledger.readCredential("ci"))?.record.leaseUntil, null);
  heroku.advance(minute);
  assertEquals((await sweep(world)).started, ["ci"]);
  assertEquals(started.length, 1);
});

Deno.test("sweep() reports another Worker's authorization once, however old that grows", async () => {
  const { world, heroku, started } = await start([credentialOf({ maxAge: 300 * day })]);
  heroku.issue({ description: "ci [g2 000000000002]", scope: ["write"] });
  await sweep(world);
  const lease = { credential: "ci", attempt: 1, claim: started[0].slice(-8) };
  const [adopted] = (await world.ledger.readCredential("ci"))?.entries ?? [];
  const entry = { ...adopted, mark: "000000000003", generation: 3, state: "current" } as const;
  await world.ledger.write(lease, [{ kind: "intend", entry }]);
  heroku.issue({ description: "ci [g1 000000000001]", scope: ["write"] });
  const told: number[] = [];
  for (let week = 0; week < 8; week++) {
    const { problems } = await sweep(world);
    told.push(problems.filter((problem) => problem.startsWith("Another Worker")).length);
    heroku.advance(7 * day);
  }
  assertEquals(told, [1, 0, 0, 0, 0, 0, 0, 0]);
});

Deno.test("sweep() calls no target itself", async () => {
  const targets = [targetAt("a"), targetAt("b")];
  const { world, started } = await start([credentialOf({ scope: ["write"], targets })]);
  await sweep(world);
  assertEquals(started.length, 1);
});

Deno.test("sweep() starts what is due at once when the ledger is an older copy", async () => {
  const { sim } = await startDue({ lifetime: 8 * hour });
  await sim.live(2 * hour);
  const copy = sim.database.copy();
  await sim.live(4 * day);
  const before = Number(heldAt(sim, "hook:ci").replace("ci g", ""));
  assert(before > 2);
  sim.restore(copy);
  await sim.live(hour);
  assertEquals(heldAt(sim, "hook:ci"), `ci g${before + 1}`);
  await assertClean(sim);
});

Deno.test("createRunId() is the same for the same attempt, and readable", async () => {
  const lease = { credential: "ci-deploy", attempt: 3, claim: "1f2e3d4c" };
  assertEquals(await createRunId(lease), "ci-deploy-a3-1f2e3d4c");
});

Deno.test("createRunId() gives every name, attempt and claim an id of its own that Workflows takes", async () => {
  const long = "x".repeat(90);
  const names = [
    "ci",
    "ci-a1",
    "CI",
    "_",
    "línea",
    "lineá",
    "two words",
    "two-words",
    "-ci",
    "",
    `${long}1`,
    `${long}2`,
    `${long}${long}`,
  ];
  const ids: string[] = [];
  for (const credential of names) {
    for (const attempt of [1, 11, 1_000_000]) {
      for (const claim of ["1f2e3d4c", "ffffffff"]) {
        ids.push(await createRunId({ credential, attempt, claim }));
      }
    }
  }
  for (const id of ids) assertMatch(id, /^[a-zA-Z0-9_][a-zA-Z0-9_-]{0,99}$/);
  assertEquals(new Set(ids).size, ids.length);
});

Deno.test("sweep() rotates two credentials whose long names begin alike, each on its own", async () => {
  const names = ["1", "2"].map((end) => `${"a very long name ".repeat(8)}${end}`);
  const sim = createSimulation({
    credentials: names.map((name, index) => ({
      name,
      scope: ["write"],
      targets: [`hook:${index}`],
    })),
  });
  await sim.live(45 * minute);
  assertEquals(lineOf(sim), names.map((name) => `${name} g1`));
  assertEquals(names.map((name, index) => heldAt(sim, `hook:${index}`, name)), lineOf(sim));
  await assertClean(sim);
});

Deno.test("sweep() says which authorizations may be its own, and touches none of them", async () => {
  const heroku = createFakeHeroku({
    faults: false,
    now: Date.UTC(2026, 0, 1),
    redaction: "weak",
    ownAuthorization: { description: "herotate" },
  });
  const { world, started } = await start([credentialOf({ scope: undefined })], heroku);
  heroku.issue({ description: "ci", scope: ["global"], expires_in: month });
  const report = await sweep(world);
  assertEquals(started, []);
  assertEquals(report.notices.map(({ kind }) => kind), ["own_authorization"]);
  assertStringIncludes(report.notices[0].message, "Any of 2 authorizations");
  assertStringIncludes(report.decisions[0].reason, "the authorization that Herotate itself works");
  assertEquals(
    report.unmanaged.filter(({ reason }) => reason.startsWith("One of 2")).map((each) =>
      each.description
    ).sort(),
    ["ci", "herotate"],
  );
});

Deno.test("sweep() says how many records no one can read, once it no longer waits for them", async () => {
  const { world, heroku } = await start();
  heroku.insert({ id: 7, description: "odd" });
  assertEquals((await sweep(world)).notices, []);
  const { unreliable, notices } = await sweep(world);
  assertEquals([unreliable, notices.map(({ kind }) => kind)], [null, ["unreadable"]]);
});

Deno.test("sweep() goes over to another account only once that is confirmed, and leaves the one before alone", async () => {
  const { world, heroku, started } = await start();
  const held = heroku.issue({ description: "ci", scope: ["write"], expires_in: month });
  await sweep(world);

  const other = createFakeHeroku({ faults: false, seed: 2, now: heroku.now() });
  other.issue({ description: "web" });
  const { world: moved } = await start(undefined, other);
  const there = { ...moved, ledger: world.ledger, start: world.start };
  await assertRejects(() => sweep(there), AccountError, "set HEROKU_ACCOUNT");
  assertEquals({ started, calls: other.calls }, { started: [], calls: 1 });

  const { account } = await world.ledger.note();
  const id = (await moved.identify()).id;
  assertNotEquals(account?.id, id);
  const report = await sweep({ ...there, confirmedAccount: id });
  assertEquals({ kinds: kindsOf(report), removed: report.removed }, {
    kinds: ["rotate"],
    removed: [],
  });
  assertEquals(started.length, 1);
  assertEquals((await world.ledger.note()).account?.id, id);
  const [entry] = (await world.ledger.readCredential("ci"))?.entries ?? [];
  assertEquals({ authorization: entry.authorization, state: entry.state }, {
    authorization: held.id,
    state: "released",
  });
  assert(heroku.accepts(held.token));

  await assertRejects(() => sweep(world), AccountError, "set HEROKU_ACCOUNT");
});
