/**
 * The states of the world in which a rotation is tried.
 *
 * @module
 */
import {
  type Call,
  type CredentialSpec,
  day,
  type Fate,
  hour,
  minute,
  type Simulation,
  type SimulationOptions,
} from "../simulation/simulation.ts";
import type { DatabaseCopy } from "../worker/sqlite.ts";

/** A state of the world in which something is to be done. */
export interface Scenario {
  readonly name: string;
  readonly options: SimulationOptions;
  /**
   * Whether it is tried only with single faults.
   * @default {false}
   */
  readonly singly?: boolean;
  /**
   * How far apart the sweeps of its recovery are, in milliseconds.
   * @default {half an hour}
   */
  readonly interval?: number;
  /** Brings the world to where it begins. */
  prepare(sim: Simulation): Promise<void>;
  /** What happens together with the firing of the cron. */
  wake?(sim: Simulation): void;
  /** What happens before each call from the firing on, until the recovery begins, and its own fate. */
  during?(sim: Simulation, call: Call): Fate | void;
  /** What happens before the recovery begins. */
  heal?(sim: Simulation): void;
  /**
   * What is wrong in the end.
   * @default {a credential without a token that was made for it}
   */
  judge?(sim: Simulation): string[];
}

/** The operator's own token is at the places, and is due. */
async function adopt(sim: Simulation, places: readonly string[]): Promise<void> {
  const { token } = sim.heroku.issue({
    description: "ci",
    scope: ["write"],
    expires_in: 30 * 86_400,
  });
  for (const place of places) await sim.put(place, token);
  sim.heroku.advance(25 * day);
}

function ci(targets: CredentialSpec["targets"]): SimulationOptions {
  return { credentials: [{ name: "ci", grace: 20 * minute, targets }] };
}

function monthly(renewBefore: number): SimulationOptions {
  const policy = { lifetime: 30 * day, grace: 20 * minute, renewBefore };
  return { credentials: [{ name: "ci", ...policy, targets: ["hook:ci"] }] };
}

function twoCredentials(ci: readonly string[], ops: readonly string[]): SimulationOptions {
  return {
    credentials: [
      { name: "ci", grace: 20 * minute, targets: ci },
      { name: "ops", grace: 20 * minute, scope: ["write"], targets: ops },
    ],
  };
}

/** More was made than one rotation and its repetitions need. */
function tooMany({ heroku }: Simulation, most: number): string[] {
  const made = heroku.creations.length;
  return made > most ? [`${made} replacements were made for one`] : [];
}

/** Has a copy of the ledger taken before the first of these calls, and gives back what restores it. */
function copyBefore(sim: Simulation, asked: string): () => void {
  let copy: DatabaseCopy | undefined;
  sim.gate = ({ name }) => {
    if (name === asked) copy ??= sim.database.copy();
    return undefined;
  };
  return () => {
    sim.gate = () => undefined;
    if (!copy) throw new Error(`Nothing called '${asked}'`);
    sim.restore(copy);
  };
}

/** Of which moments of a rotation a copy is restored: what is written next, or is asked of Heroku. */
const copiedBefore: readonly string[] = [
  "begin abandon",
  "begin send",
  "POST /oauth/authorizations",
  "write mint",
  "write promote renew",
  "write retire",
];

/** What takes out of the list what was put into it, by the world that it was put into. */
const removals = new WeakMap<Simulation, () => void>();

/** The ledger is lost while one of the two targets is down, and so in the midst of a rotation. */
async function loseLedgerMidway(sim: Simulation): Promise<void> {
  sim.down.add("hook:b");
  await sim.cron();
  await sim.advance(2 * minute);
  sim.database.reset();
}

/** Comes back, in the overlap of a rotation, to a copy from the overlap of the one before. */
async function restoreInNextOverlap(sim: Simulation): Promise<void> {
  await adopt(sim, ["hook:ci"]);
  await sim.cron();
  const copy = sim.database.copy();
  await sim.live(2 * hour);
  await sim.advance(25 * day);
  await sim.cron();
  sim.restore(copy);
}

/** The scenarios, the way the proof prints them. */
export const scenarios: readonly Scenario[] = [
  {
    name: "first rotation of an adopted authorization",
    options: ci(["var:acme/KEY", "hook:ci"]),
    prepare: (sim) => adopt(sim, ["var:acme/KEY", "hook:ci"]),
  },
  {
    name: "provisioning",
    options: {
      credentials: [{
        name: "ci",
        scope: ["write"],
        lifetime: 30 * day,
        grace: 20 * minute,
        targets: ["hook:ci", "store"],
      }],
    },
    prepare: () => Promise.resolve(),
  },
  {
    name: "three targets of which one fails",
    options: ci(["hook:a", "var:acme/KEY", "hook:b"]),
    async prepare(sim) {
      await adopt(sim, ["hook:a", "var:acme/KEY", "hook:b"]);
      sim.down.add("hook:b");
    },
    heal: (sim) => sim.down.clear(),
  },
  {
    name: "takeover by a new attempt",
    options: ci(["hook:a", "hook:b"]),
    async prepare(sim) {
      await adopt(sim, ["hook:a", "hook:b"]);
      sim.fate = ({ name }) => name === "POST /b" ? "dies before" : "sent";
      await sim.cron();
      await sim.advance(20 * minute);
    },
    wake: (sim) => sim.workflows.runs.forEach(({ id }) => sim.workflows.resume(id)),
  },
  {
    name: "retirement",
    options: ci(["var:acme/KEY", "hook:ci"]),
    async prepare(sim) {
      await adopt(sim, ["var:acme/KEY", "hook:ci"]);
      await sim.cron();
      await sim.advance(19 * minute);
    },
    wake: (sim) => sim.heroku.advance(2 * minute),
  },
  {
    name: "a lost ledger after the first rotation",
    singly: true,
    options: ci(["hook:ci", "store"]),
    async prepare(sim) {
      await adopt(sim, ["hook:ci"]);
      await sim.cron();
      await sim.advance(2 * hour);
      sim.database.reset();
    },
  },
  {
    name: "a token regenerated by hand",
    singly: true,
    options: ci(["var:acme/KEY", "store"]),
    async prepare(sim) {
      await adopt(sim, ["var:acme/KEY"]);
      await sim.cron();
      await sim.advance(2 * hour);
      await sim.regenerate(sim.heroku.live()[0].id);
    },
  },
  {
    name: "a token regenerated by hand where no record says when it ends",
    singly: true,
    options: {
      ...ci(["var:acme/KEY"]),
      world: { always: [{ kind: "mistyped", member: "access_token.expires_in" }] },
    },
    async prepare(sim) {
      await adopt(sim, ["var:acme/KEY"]);
      await sim.live(2 * day, hour);
      const made = sim.heroku.live().find(({ description }) => description !== "ci");
      await sim.regenerate(made?.id ?? "");
    },
    judge: (sim) => tooMany(sim, 3),
  },
  {
    name: "a sweep just before a regenerated token's replacement is created",
    singly: true,
    options: ci(["var:acme/KEY"]),
    async prepare(sim) {
      await adopt(sim, ["var:acme/KEY"]);
      await sim.live(2 * day, 6 * hour);
      await sim.regenerate(sim.heroku.live()[0].id);
    },
    wake(sim) {
      let swept = false;
      sim.gate = ({ name }) => {
        if (swept || name !== "POST /oauth/authorizations") return;
        swept = true;
        return sim.sweep().then(() => {});
      };
    },
    heal: (sim) => sim.gate = () => undefined,
    judge: (sim) => tooMany(sim, 3),
  },
  {
    name: "a pause during the overlap",
    singly: true,
    options: ci(["var:acme/KEY"]),
    async prepare(sim) {
      await adopt(sim, ["var:acme/KEY"]);
      await sim.cron();
      await sim.advance(19 * minute);
      sim.configure([{ ...ci(["var:acme/KEY"]).credentials[0], paused: true }]);
    },
    wake: (sim) => sim.heroku.advance(2 * minute),
    heal: (sim) => sim.configure(ci(["var:acme/KEY"]).credentials),
  },
  {
    name: "an overlap that is only observed from then on",
    singly: true,
    options: ci(["var:acme/KEY"]),
    async prepare(sim) {
      await adopt(sim, ["var:acme/KEY"]);
      await sim.cron();
      await sim.advance(19 * minute);
      sim.configure([{ ...ci(["var:acme/KEY"]).credentials[0], observe: true }]);
    },
    wake: (sim) => sim.heroku.advance(2 * minute),
    heal: (sim) => sim.configure(ci(["var:acme/KEY"]).credentials),
  },
  {
    name: "a target overwritten by hand during the overlap",
    singly: true,
    options: ci(["var:acme/KEY"]),
    async prepare(sim) {
      await adopt(sim, ["var:acme/KEY"]);
      const [{ token }] = sim.heroku.live();
      await sim.cron();
      await sim.put("var:acme/KEY", token);
      await sim.advance(19 * minute);
    },
    wake: (sim) => sim.heroku.advance(2 * minute),
  },
  {
    name: "a target added during the last look at the others",
    singly: true,
    options: ci(["var:acme/KEY"]),
    async prepare(sim) {
      await adopt(sim, ["var:acme/KEY", "hook:ci"]);
      await sim.cron();
      await sim.advance(19 * minute);
    },
    wake: (sim) => sim.heroku.advance(2 * minute),
    during(sim, { name }) {
      if (name !== "GET /apps/acme/config-vars") return;
      sim.configure(ci(["var:acme/KEY", "hook:ci"]).credentials);
    },
  },
  {
    name: "a target removed while another one is delivered to",
    singly: true,
    options: ci(["hook:a", "hook:b"]),
    prepare: (sim) => adopt(sim, ["hook:a", "hook:b"]),
    during(sim, { name }) {
      if (name === "POST /a") sim.configure(ci(["hook:a"]).credentials);
    },
  },
  {
    name: "a replacement that Heroku refuses for a while after its delivery",
    singly: true,
    options: ci(["hook:a", "hook:b"]),
    async prepare(sim) {
      await adopt(sim, ["hook:a", "hook:b"]);
      sim.fate = ({ name }) => name === "POST /b" ? "dies before" : "sent";
      await sim.cron();
      await sim.advance(20 * minute);
    },
    // A sweep asks whose account it is, which a refusal would end.
    during: (_sim, { name, process }) =>
      name === "GET /account" && !process.startsWith("sweep") ? "401" : undefined,
  },
  {
    name: "a replacement revoked during the overlap",
    singly: true,
    options: ci(["var:acme/KEY"]),
    async prepare(sim) {
      await adopt(sim, ["var:acme/KEY"]);
      await sim.cron();
      await sim.advance(19 * minute);
      const replacement = sim.heroku.live().find(({ description }) => description !== "ci");
      sim.heroku.revoke(replacement?.id ?? "");
    },
    wake: (sim) => sim.heroku.advance(2 * minute),
  },
  {
    name: "a target moved to a credential that does not reach it",
    singly: true,
    options: twoCredentials(["hook:a"], ["hook:b"]),
    async prepare(sim) {
      await adopt(sim, ["hook:a"]);
      await sim.cron();
      await sim.advance(25 * day);
      sim.configure(twoCredentials(["hook:c"], ["hook:a", "hook:b"]).credentials);
      sim.down.add("hook:a");
      await sim.cron();
      await sim.advance(10 * minute);
    },
    wake: (sim) => sim.heroku.advance(11 * minute),
    heal: (sim) => sim.down.clear(),
  },
  {
    name: "a short-lived token regenerated by hand",
    singly: true,
    options: {
      credentials: [{ name: "ci", scope: ["write"], lifetime: 8 * hour, targets: ["hook:ci"] }],
    },
    async prepare(sim) {
      await sim.live(45 * minute);
      await sim.regenerate(sim.heroku.live()[0].id);
    },
  },
  {
    name: "a target moved to an adopted credential",
    singly: true,
    // Attempts that have failed for hours are repeated half a day later.
    interval: 3 * hour,
    options: twoCredentials(["hook:a"], ["hook:b"]),
    async prepare(sim) {
      await adopt(sim, ["hook:a"]);
      const { token } = sim.heroku.issue({ description: "ops", scope: ["write"] });
      await sim.put("hook:b", token);
      await sim.cron();
      await sim.advance(hour);
      sim.configure(twoCredentials(["hook:c"], ["hook:b", "hook:a"]).credentials);
    },
  },
  {
    name: "a target moved to another credential and back",
    singly: true,
    options: twoCredentials(["hook:a", "hook:b"], ["hook:c"]),
    async prepare(sim) {
      await adopt(sim, ["hook:a", "hook:b"]);
      await sim.cron();
      await sim.advance(hour);
      sim.configure(twoCredentials(["hook:b"], ["hook:c", "hook:a"]).credentials);
      await sim.cron();
      await sim.advance(hour);
      sim.configure(twoCredentials(["hook:a", "hook:b"], ["hook:c"]).credentials);
    },
  },
  {
    name: "a target that is down for a day",
    singly: true,
    // Attempts that have failed for hours are repeated half a day later.
    interval: 3 * hour,
    options: ci(["hook:a", "hook:b"]),
    async prepare(sim) {
      await adopt(sim, ["hook:a", "hook:b"]);
      sim.down.add("hook:b");
      await sim.live(day, hour);
    },
    wake: (sim) => sim.down.clear(),
    judge(sim) {
      const made = sim.heroku.tokens().length - 1;
      return made > 3 ? [`${made} replacements were made for one`] : [];
    },
  },
  {
    name: "a target that is down until the replacement of the others nears its own expiry",
    singly: true,
    options: {
      credentials: [{
        name: "ci",
        lifetime: 2 * day,
        grace: 20 * minute,
        targets: ["hook:a", "hook:b"],
      }],
    },
    async prepare(sim) {
      await adopt(sim, ["hook:a", "hook:b"]);
      sim.down.add("hook:b");
      await sim.cron();
      await sim.advance(33 * hour);
    },
    heal: (sim) => sim.down.clear(),
    judge(sim) {
      const first = sim.heroku.live().find(({ description }) => description.startsWith("ci [g1 "));
      return first?.token === sim.holds("hook:a", "ci") ? ["It ends with what expires soon"] : [];
    },
  },
  {
    name: "an overlap that outlives the replacement",
    singly: true,
    options: {
      credentials: [{
        name: "ci",
        lifetime: 2 * day,
        renewBefore: hour,
        maxAge: 3 * day,
        grace: 3 * hour,
        targets: ["hook:a", "hook:b"],
      }],
    },
    async prepare(sim) {
      await adopt(sim, ["hook:a", "hook:b"]);
      sim.down.add("hook:b");
      await sim.cron();
      await sim.advance(45.5 * hour);
    },
    wake: (sim) => sim.down.clear(),
  },
  {
    name: "an overlap of five hours",
    singly: true,
    options: { credentials: [{ name: "ci", grace: 5 * hour, targets: ["hook:ci"] }] },
    prepare: (sim) => adopt(sim, ["hook:ci"]),
    judge({ workflows: { runs } }) {
      return runs.length > 3 ? [`${runs.length} attempts were made of one rotation`] : [];
    },
  },
  {
    name: "a create that takes effect when its attempt is long gone",
    singly: true,
    options: ci(["hook:ci"]),
    async prepare(sim) {
      await adopt(sim, ["hook:ci"]);
      sim.fate = ({ name }) => name === "POST /oauth/authorizations" ? "dies before" : "sent";
      await sim.cron();
      sim.fate = () => "sent";
      await sim.advance(20 * minute);
      await sim.cron();
      await sim.advance(hour);
      const [row] = sim.database.query("SELECT mark FROM entries WHERE state = 'discarded'");
      const description = `ci [g1 ${row?.mark}]`;
      sim.heroku.issue({ description, scope: ["write"], expires_in: 86_400 });
    },
    judge: ({ heroku }) => heroku.live().length > 1 ? ["What came late is left over"] : [],
  },
  {
    name: "a ledger lost in the midst of a rotation",
    singly: true,
    options: ci(["hook:a", "hook:b"]),
    async prepare(sim) {
      await adopt(sim, ["hook:a", "hook:b"]);
      await loseLedgerMidway(sim);
    },
    wake: (sim) => sim.down.clear(),
  },
  {
    name: "a ledger lost in the midst of replacing a revoked token",
    singly: true,
    options: ci(["hook:a", "hook:b"]),
    async prepare(sim) {
      await adopt(sim, ["hook:a", "hook:b"]);
      await sim.cron();
      await sim.advance(hour);
      sim.heroku.revoke(sim.heroku.live()[0].id);
      await loseLedgerMidway(sim);
    },
    wake: (sim) => sim.down.clear(),
  },
  {
    name: "two authorizations of one name",
    singly: true,
    options: { credentials: [{ name: "ci", scope: ["write"], targets: ["hook:ci"] }] },
    async prepare(sim) {
      const { id } = sim.heroku.issue({ description: "ci", scope: ["write"] });
      sim.observer.protect(id);
      await adopt(sim, ["hook:ci"]);
      for (const each of sim.heroku.live()) sim.observer.protect(each.id);
    },
  },
  {
    name: "a dead run of a lost ledger that comes back",
    singly: true,
    options: ci(["hook:a", "hook:b"]),
    async prepare(sim) {
      await adopt(sim, ["hook:a", "hook:b"]);
      sim.fate = ({ name }) => name === "POST /oauth/authorizations" ? "dies before" : "sent";
      await sim.cron();
      sim.database.reset();
    },
    during(sim, { name }) {
      // The new ledger knows an attempt of the same number by now.
      if (name !== "POST /oauth/authorizations") return;
      sim.workflows.runs.forEach(({ id }) => sim.workflows.resume(id));
    },
  },
  ...copiedBefore.map((call): Scenario => ({
    name: `a copy of the ledger from before '${call}', restored after the rotation`,
    singly: true,
    options: ci(["hook:ci", "var:acme/KEY", "store"]),
    async prepare(sim) {
      await adopt(sim, ["hook:ci", "var:acme/KEY"]);
      const restore = copyBefore(sim, call);
      await sim.cron();
      await sim.advance(2 * hour);
      restore();
    },
    judge: (sim) => tooMany(sim, 4),
  })),
  ...copiedBefore.slice(0, -2).map((call): Scenario => ({
    name: `a copy of the ledger from before '${call}', restored when a target had failed`,
    singly: true,
    options: ci(["hook:a", "hook:b"]),
    async prepare(sim) {
      await adopt(sim, ["hook:a", "hook:b"]);
      sim.down.add("hook:b");
      const restore = copyBefore(sim, call);
      await sim.cron();
      await sim.advance(20 * minute);
      restore();
    },
    heal: (sim) => sim.down.clear(),
    judge: (sim) => tooMany(sim, 4),
  })),
  {
    name: "a copy of the ledger from before two rotations",
    singly: true,
    options: ci(["hook:ci", "store"]),
    async prepare(sim) {
      await adopt(sim, ["hook:ci"]);
      await sim.live(2 * hour);
      const copy = sim.database.copy();
      for (let rotation = 0; rotation < 2; rotation++) {
        await sim.advance(25 * day);
        await sim.live(2 * hour);
      }
      sim.restore(copy);
    },
    judge: (sim) => tooMany(sim, 5),
  },
  {
    name: "a copy of the ledger from the overlap, restored in the next one",
    singly: true,
    options: ci(["hook:ci", "store"]),
    prepare: restoreInNextOverlap,
    judge: (sim) => tooMany(sim, 4),
  },
  {
    name: "a copy of the ledger, restored in the next overlap, as lists say that nothing ever ends",
    singly: true,
    options: ci(["hook:ci", "store"]),
    async prepare(sim) {
      await restoreInNextOverlap(sim);
      sim.heroku.setWorld({
        always: [{ kind: "mistyped", member: "access_token.expires_in", value: null }],
      });
    },
    heal: (sim) => sim.heroku.setWorld({}),
    judge: (sim) => [
      ...tooMany(sim, 4),
      ...sim.heroku.creations.flatMap(({ asked, askedLifetime }) =>
        askedLifetime === null ? [`'${asked}' was made to live for ever`] : []
      ),
    ],
  },
  {
    name: "a copy of the ledger whose token is not due, restored in the overlap of the next one",
    singly: true,
    options: monthly(10 * day),
    async prepare(sim) {
      await adopt(sim, ["hook:ci"]);
      await sim.live(2 * hour);
      await sim.advance(5 * day);
      const copy = sim.database.copy();
      sim.configure(monthly(27 * day).credentials);
      await sim.cron();
      sim.configure(monthly(10 * day).credentials);
      sim.restore(copy);
    },
    judge: (sim) => tooMany(sim, 5),
  },
  {
    name: "a dead run that comes back to an older copy of its ledger",
    singly: true,
    options: ci(["hook:ci"]),
    async prepare(sim) {
      await adopt(sim, ["hook:ci"]);
      const restore = copyBefore(sim, "begin send");
      sim.fate = ({ name }) => name === "POST /oauth/authorizations" ? "dies after" : "sent";
      await sim.cron();
      sim.fate = () => "sent";
      await sim.advance(20 * minute);
      restore();
    },
    wake: (sim) => sim.workflows.runs.forEach(({ id }) => sim.workflows.resume(id)),
    judge: (sim) => tooMany(sim, 4),
  },
  {
    name: "a credential with the name of the default API key",
    singly: true,
    options: {
      defaultKey: true,
      credentials: [{ name: "Heroku API key", scope: ["write"], targets: ["hook:ci"] }],
    },
    prepare: () => Promise.resolve(),
  },
  {
    name: "more than the fuse allows",
    singly: true,
    options: {
      fuse: { creates: 1, deletes: 9 },
      credentials: ["ci", "ops"].map((name) => ({
        name,
        scope: ["write"],
        targets: [`hook:${name}`],
      })),
    },
    prepare: () => Promise.resolve(),
    judge: ({ heroku }) => heroku.live().length > 0 ? ["The fuse did not blow"] : [],
  },
  {
    name: "more at once that can wait than the fuse allows",
    singly: true,
    options: {
      fuse: { creates: 1, deletes: 9 },
      credentials: ["ci", "ops", "web"].map((name) => ({
        name,
        scope: ["write"],
        lifetime: 30 * day,
        grace: 20 * minute,
        targets: [`hook:${name}`],
      })),
    },
    async prepare(sim) {
      for (const { name, places } of sim.configured()) {
        const { token } = sim.heroku.issue({ description: name, scope: ["write"] });
        for (const { place } of places) await sim.put(place, token);
      }
      await sim.cron();
      sim.heroku.advance(60 * day);
    },
  },
  {
    name: "descriptions that Heroku stores otherwise than they were sent",
    singly: true,
    options: { ...ci(["hook:ci"]), world: { renamed: "brackets" } },
    prepare: (sim) => adopt(sim, ["hook:ci"]),
  },
  {
    name: "its own authorization in the list, with the credential's name",
    singly: true,
    options: { ...ci(["hook:ci"]), own: "ci" },
    prepare: (sim) => adopt(sim, ["hook:ci"]),
  },
  {
    name: "a lifetime that is shorter than the one asked for",
    singly: true,
    options: { ...ci(["hook:ci"]), world: { capped: { seconds: 8 * 3600 } } },
    prepare: (sim) => adopt(sim, ["hook:ci"]),
  },
  {
    name: "access token ids that differ in each answer",
    singly: true,
    options: { ...ci(["hook:ci"]), world: { always: ["shifting"] } },
    prepare: (sim) => adopt(sim, ["hook:ci"]),
    judge: (sim) => tooMany(sim, 3),
  },
  {
    name: "a token that Heroku accepts only after minutes",
    singly: true,
    options: { ...ci(["hook:ci"]), world: { acceptedAfter: 4 * minute } },
    prepare: (sim) => adopt(sim, ["hook:ci"]),
  },
  {
    name: "reads that lag a minute",
    singly: true,
    options: { ...ci(["hook:ci"]), world: { lag: minute } },
    async prepare(sim) {
      sim.observer.hide(Infinity);
      await adopt(sim, ["hook:ci"]);
    },
    judge: (sim) => tooMany(sim, 3),
  },
  {
    name: "a record without an id in the list, until the recovery",
    singly: true,
    options: ci(["hook:ci"]),
    async prepare(sim) {
      sim.observer.hide(Infinity);
      await adopt(sim, ["hook:ci"]);
      removals.set(sim, sim.heroku.insert({}));
    },
    heal: (sim) => removals.get(sim)?.(),
    judge: (sim) => tooMany(sim, 3),
  },
  {
    name: "another account's token from the beginning of an attempt to the recovery",
    singly: true,
    options: ci(["hook:a"]),
    prepare: (sim) => adopt(sim, ["hook:a"]),
    during(sim, { process }) {
      if (process.startsWith("sweep") || sim.token !== sim.heroku.token) return;
      sim.useToken(sim.stranger.token);
    },
    heal: (sim) => sim.useToken(sim.heroku.token),
    judge: (sim) => tooMany(sim, 3),
  },
  {
    name: "another account's token from the first delivery to the recovery",
    singly: true,
    options: ci(["hook:a", "var:acme/KEY"]),
    prepare: (sim) => adopt(sim, ["hook:a", "var:acme/KEY"]),
    during(sim, { name }) {
      if (name === "POST /a") sim.useToken(sim.stranger.token);
    },
    heal: (sim) => sim.useToken(sim.heroku.token),
    judge: (sim) => tooMany(sim, 3),
  },
  {
    name: "its own token is the one that is stale",
    singly: true,
    options: ci(["var:acme/KEY"]),
    async prepare(sim) {
      const { token } = sim.heroku.issue({
        description: "ci",
        scope: ["global"],
        expires_in: 30 * 86_400,
      });
      await sim.put("var:acme/KEY", token);
      sim.heroku.advance(25 * day);
      await sim.cron();
      await sim.advance(10 * minute);
      sim.useToken(token);
      sim.observer.own(token);
      // The attempt that is asleep goes on with the new token only once a sweep has seen whose it is.
      await sim.sweep();
      await sim.advance(9 * minute);
    },
    wake: (sim) => sim.heroku.advance(2 * minute),
    judge: (sim) => sim.heroku.accepts(sim.token) ? [] : ["Its own token is dead"],
  },
];
