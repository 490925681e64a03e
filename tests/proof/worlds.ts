/**
 * Long lives in worlds that are not what Heroku's reference says: nothing goes wrong there but what
 * lasts, and every bound must hold.
 *
 * @module
 */
import type { FakeWorld, Renaming } from "../../lib/testing/mod.ts";
import { createSimulation, day, hour, minute, type Simulation } from "../simulation/simulation.ts";
import type { Peaks } from "../simulation/bounds.ts";
import { contradictions } from "./contradictions.ts";
import { drifts } from "./drifts.ts";
import { silences } from "./silence.ts";
import { explain } from "../simulation/convergence.ts";
import { settleOrHang } from "../simulation/prompt_runtime.ts";
import {
  adopt,
  adoptDue,
  adoptFor,
  ci,
  isMade,
  sayEnd,
  type Shown,
  showOtherwise,
  tooMany,
  unmade,
  withEnd,
  type World,
} from "../simulation/world.ts";

/** What came of it. */
export interface WorldResult {
  readonly violations: readonly string[];
  readonly peaks: Peaks;
  /** How many rotations were begun. */
  readonly rotations: number;
}

const goodDays = 3;

/** How many violations are enough. */
const mostViolations = 20;

/** Lives in a world, and in a good one for a few days if it heals. */
export async function liveIn(world: World): Promise<WorldResult> {
  const sim = createSimulation(world.options);
  const unfinished = await live(world, sim);
  sim.close();
  const said = sim.violations.map(({ call, message }) => `${message}, after ${call}`);
  return {
    // The first of a kind says it all.
    violations: [...new Set([...said.slice(0, 3), ...unfinished])],
    peaks: sim.observer.peaks,
    rotations: sim.workflows.runs.length,
  };
}

async function live(world: World, sim: Simulation): Promise<string[]> {
  const { interval = 30 * minute, patience } = world;
  if (world.hopeless) sim.observer.fairTime = Infinity;
  await (world.prepare ?? adopt)(sim);
  const start = sim.now();
  // Where nothing heals, what is under way in the end has to come to its end.
  const healAt = start + world.days * day;
  for (let healed = false; sim.now() < healAt + goodDays * day;) {
    const elapsed = sim.now() - start;
    if (!healed && sim.now() >= healAt) {
      world.heal?.(sim);
      healed = true;
    }
    if (!healed) await world.during?.(sim, elapsed);
    if (!healed && patience !== undefined) sim.observer.hide(patience);
    if (!await settleOrHang(liveOn(sim, interval))) return ["It hangs"];
    if (sim.violations.length > mostViolations) return [];
  }
  await sim.look("the end");
  return [...explain(sim), ...world.judge?.(sim) ?? []];
}

async function liveOn(sim: Simulation, interval: number): Promise<true> {
  await sim.cron();
  await sim.advance(interval);
  return true;
}

/** Whoever writes milliseconds where seconds belong. */
function toMilliseconds(seconds: unknown): unknown {
  return typeof seconds === "number" ? seconds * 1000 : seconds;
}

const good: FakeWorld = {};
const renamings: readonly Renaming[] = [
  "trimmed",
  "brackets",
  "spaces",
  "lower case",
  "upper case",
  "nfc",
  { cut: 12 },
];
/** What a lost answer left is still found by. */
const lostRenamings: readonly Renaming[] = [
  ...renamings.filter((renamed) => typeof renamed === "string"),
  { cut: 15 },
];

/** Those that heal last ten days: how long there is no way to renew anything in the worst of them. */
const lasting: readonly {
  name: string;
  world: FakeWorld;
  heals?: boolean;
  patience?: number;
  hopeless?: boolean;
}[] = [
  {
    name: "a version of another type in every record",
    world: { always: [{ kind: "mistyped", member: "access_token.version", value: "1" }] },
  },
  {
    name: "seconds as text in every record",
    world: { always: [{ kind: "mistyped", member: "access_token.expires_in", value: String }] },
  },
  {
    name: "no seconds in any record",
    world: { always: [{ kind: "mistyped", member: "access_token.expires_in" }] },
  },
  {
    name: "milliseconds for seconds in every record",
    world: {
      always: [{ kind: "mistyped", member: "access_token.expires_in", value: toMilliseconds }],
    },
  },
  {
    name: "null for seconds in every record",
    world: { always: [{ kind: "mistyped", member: "access_token.expires_in", value: null }] },
  },
  {
    name: "a session that is a number in every record",
    world: { always: [{ kind: "mistyped", member: "session", value: 5 }] },
  },
  {
    name: "a client's id that is a number in every record",
    world: { always: [{ kind: "mistyped", member: "client.id", value: 123 }] },
  },
  {
    name: "a scope that is text in every record",
    world: { always: [{ kind: "mistyped", member: "scope", value: "write" }] },
  },
  {
    name: "no date in any record",
    world: { always: [{ kind: "mistyped", member: "created_at" }] },
  },
  { name: "reads that lag a minute", world: { lag: minute } },
  { name: "reads that lag 90 minutes", world: { lag: 90 * minute } },
  { name: "access token ids that differ in each answer", world: { always: ["shifting"] } },
  { name: "scopes in another order", world: { always: ["reordered"] } },
  { name: "look-ups that find nothing", world: { always: ["blind"] } },
  { name: "pages of one record", world: { pageSize: 1 } },
  { name: "lists that change between pages", world: { pageSize: 1, always: ["moved"] } },
  { name: "lists that end early", world: { pageSize: 1, always: ["next-range-missing"] } },
  { name: "deletes that do nothing", world: { always: ["deaf"] }, heals: true },
  { name: "lists with nothing in them", world: { always: ["empty-list"] }, heals: true },
  {
    name: "lists with nothing in them, and look-ups that find nothing",
    world: { always: ["empty-list", "blind"] },
    heals: true,
    patience: 2 * hour,
  },
  {
    name: "records without a readable id",
    world: { always: [{ kind: "mistyped", member: "id", value: 5 }] },
    heals: true,
    patience: Infinity,
    hopeless: true,
  },
  { name: "a quota that is reached", world: { quota: 1 }, heals: true, hopeless: true },
];

/** The worlds, the way the proof prints them. */
export const worlds: readonly World[] = [
  ...lasting.map(({ name, world, heals = false, patience, hopeless }): World => ({
    name,
    options: ci({ lifetime: 8 * day, grace: 2 * hour }, world),
    days: heals ? 10 : 24,
    patience,
    hopeless,
    heal: heals ? (sim) => sim.heroku.setWorld(good) : undefined,
    judge: (sim) => heals ? [] : unmade(sim, 3),
  })),
  ...renamings.map((renamed): World => ({
    name: `descriptions that are stored otherwise: ${JSON.stringify(renamed)}`,
    options: ci({ lifetime: 8 * day }, { renamed }),
    days: 24,
    judge: (sim) => unmade(sim, 3),
  })),
  ...lostRenamings.map((renamed): World => ({
    name: `a lost answer where descriptions are stored otherwise: ${
      typeof renamed === "string" ? renamed : JSON.stringify(renamed)
    }`,
    options: ci({ lifetime: 8 * day }, { renamed }),
    days: 6,
    prepare: async (sim) => {
      await adopt(sim);
      let lost = false;
      sim.fate = ({ name }) => {
        if (name !== "POST /oauth/authorizations" || lost) return "sent";
        lost = true;
        return "lost";
      };
    },
    judge: (sim) => unmade(sim),
  })),
  {
    name: "eight hours granted where 30 days were asked",
    options: ci({ lifetime: 30 * day }, { capped: { seconds: 8 * 3600 } }),
    days: 4,
    interval: 15 * minute,
    judge: (sim) => unmade(sim, 10),
  },
  ...[undefined, null].map((end): World => ({
    name: `eight hours granted where 30 days were asked, and create says ${end} of them`,
    options: ci({ lifetime: 30 * day }, { capped: { seconds: 8 * 3600 } }),
    days: 4,
    interval: 15 * minute,
    prepare: async (sim) => {
      await adoptDue(sim);
      sim.mutate = (response, call) => sayEnd(response, call, end);
    },
    judge: (sim) => unmade(sim, 10),
  })),
  {
    name: "eight hours granted where 30 days were asked, and each third answer lost",
    options: ci({ lifetime: 30 * day }, { capped: { seconds: 8 * 3600 } }),
    days: 4,
    interval: 15 * minute,
    prepare: async (sim) => {
      await adoptDue(sim);
      let count = 0;
      sim.fate = ({ name }) =>
        name === "POST /oauth/authorizations" && ++count % 3 === 0 ? "lost" : "sent";
    },
    judge: (sim) => unmade(sim, 10),
  },
  {
    name: "eight hours granted of a sudden where eight days were asked, and an answer lost then",
    options: ci({ lifetime: 8 * day }),
    days: 8,
    interval: 15 * minute,
    prepare: async (sim) => {
      await adoptDue(sim);
      let count = 0;
      sim.fate = ({ name }) => {
        if (name !== "POST /oauth/authorizations") return "sent";
        count++;
        // What was made in good times still says how long everything lives.
        if (count === 2) sim.heroku.setWorld({ capped: { seconds: 8 * 3600 } });
        return count === 4 ? "lost" : "sent";
      };
    },
    judge: (sim) => unmade(sim, 10),
  },
  {
    name: "eight hours granted of a sudden, and the attempts after a lost answer die",
    options: ci({ lifetime: 8 * day }),
    days: 8,
    interval: 15 * minute,
    prepare: async (sim) => {
      await adoptDue(sim);
      let creates = 0;
      let deaths = 0;
      sim.fate = ({ kind, name }) => {
        if (kind === "target" && creates === 5 && deaths < 2) {
          deaths++;
          return "dies before";
        }
        if (name !== "POST /oauth/authorizations") return "sent";
        creates++;
        if (creates === 2) sim.heroku.setWorld({ capped: { seconds: 8 * 3600 } });
        return creates === 4 ? "lost" : "sent";
      };
    },
    judge: (sim) => unmade(sim, 10),
  },
  {
    name: "30 days granted where a year was asked",
    options: ci({ lifetime: 365 * day }, { capped: { seconds: 30 * 86_400 } }),
    days: 45,
    judge: (sim) => unmade(sim, 2),
  },
  {
    name: "eight hours granted, and a year, its window and a grace of two days asked",
    options: ci(
      { lifetime: 365 * day, renewBefore: 60 * day, grace: 2 * day },
      { capped: { seconds: 8 * 3600 } },
    ),
    days: 4,
    prepare: (sim) =>
      adoptFor(sim, { expires_in: 400 * 86_400, created_at: sim.now() - 390 * day }),
    judge: (sim) => [
      ...unmade(sim, 10),
      ...sim.heroku.live().filter(({ description }) => description === "ci")
        .map(() => "The first of all is never deleted"),
    ],
  },
  {
    name: "no end granted where 30 days were asked",
    options: ci({ lifetime: 30 * day }, { capped: "never" }),
    days: 70,
    interval: hour,
    judge: (sim) => [...unmade(sim, 2), ...tooMany(sim, 6)],
  },
  {
    name: "an adopted token that never expires",
    options: ci({ lifetime: 30 * day }),
    days: 45,
    interval: hour,
    prepare: (sim) => adoptFor(sim, { expires_in: null }),
    judge: (sim) => [...unmade(sim), ...tooMany(sim, 3)],
  },
  {
    name: "an adopted token that lives longer than the configuration says",
    options: ci({ lifetime: 30 * day }),
    days: 45,
    interval: hour,
    prepare: (sim) => adoptFor(sim, { expires_in: 400 * 86_400 }),
    judge: (sim) => [...unmade(sim), ...tooMany(sim, 3)],
  },
  {
    name: "an adopted token that may do more than the configuration says",
    options: ci(),
    days: 45,
    interval: hour,
    prepare: (sim) =>
      adoptFor(sim, { expires_in: 400 * 86_400, scope: ["global"], created_at: sim.now() }),
    judge: (sim) => [...unmade(sim), ...tooMany(sim, 3)],
  },
  {
    name: "tokens that are accepted after four minutes",
    options: ci({ lifetime: 8 * day }, { acceptedAfter: 4 * minute }),
    days: 24,
    judge: (sim) => [...unmade(sim, 3), ...tooMany(sim, 6)],
  },
  {
    name: "somebody who revokes whatever is made",
    options: ci({ lifetime: 30 * day }),
    days: 4,
    interval: 15 * minute,
    during: revokeAll,
  },
  {
    name: "somebody who revokes whatever is made, and dates that are years old",
    options: ci({ lifetime: 30 * day }, {
      always: [{ kind: "mistyped", member: "created_at", value: "2020-02-02T02:02:02Z" }],
    }),
    days: 4,
    interval: 15 * minute,
    during: revokeAll,
  },
  {
    name: "deletes that do nothing, and a new token a day that lives for a year",
    options: ci({ lifetime: 365 * day, maxAge: day }, { always: ["deaf"] }),
    days: 20,
    interval: hour,
    heal: (sim) => sim.heroku.setWorld(good),
  },
  {
    name: "eight hours granted, and then ids that no one can read",
    options: ci({ lifetime: 8 * day, grace: day }, { capped: { seconds: 8 * 3600 } }),
    days: 6,
    interval: hour,
    during: (sim, elapsed) =>
      elapsed >= day
        ? sim.heroku.setWorld({ always: [{ kind: "mistyped", member: "id", value: 5 }] })
        : undefined,
    heal: (sim) => sim.heroku.setWorld(good),
    patience: Infinity,
    hopeless: true,
  },
  {
    name: "a lost create that takes the place of a record, as another's that no one can read ends",
    options: ci({ lifetime: 8 * day }),
    days: 8,
    interval: 6 * hour,
    prepare(sim) {
      for (const hours of [6, 12, 18, 24, 30, 36]) {
        sim.heroku.issue({ description: "other", scope: ["write"], expires_in: hours * 3600 });
      }
      sim.heroku.setWorld({ always: [{ kind: "mistyped", member: "id", value: 5 }] });
    },
    heal: (sim) => sim.heroku.setWorld(good),
    patience: Infinity,
    hopeless: true,
  },
  ...[0, 1].map((goodFor): World => ({
    name: `ids that no one can read, and every second list empty, ${
      goodFor === 0 ? "from the first hour" : "after a good day"
    }`,
    options: ci({ lifetime: 8 * day }),
    days: 8,
    interval: hour,
    prepare: goodFor === 0 ? adoptDue : adopt,
    during(sim, elapsed) {
      if (elapsed !== goodFor * day) return;
      sim.heroku.setWorld({ always: [{ kind: "mistyped", member: "id", value: 5 }] });
      let lists = 0;
      sim.fate = ({ name }) =>
        name === "GET /oauth/authorizations" && lists++ % 2 > 0 ? "empty-list" : "sent";
    },
    heal(sim) {
      sim.heroku.setWorld(good);
      sim.fate = () => "sent";
    },
    patience: Infinity,
    hopeless: true,
  })),
  ...[
    { lists: "lists without anything that was made", change: () => undefined },
    {
      lists: "lists that do not say what anything is called",
      change: ({ description: _, ...shown }: Shown) => shown,
    },
  ].map(({ lists, change }): World => ({
    name: `${lists}, as every answer to a create is lost`,
    options: ci({ lifetime: 8 * day }),
    days: 8,
    interval: hour,
    prepare: adoptDue,
    during(sim, elapsed) {
      if (elapsed !== 4 * day) return;
      sim.fate = ({ name }) => name === "POST /oauth/authorizations" ? "lost" : "sent";
      sim.mutate = (response, call) =>
        call === "GET /oauth/authorizations"
          ? showOtherwise(response, call, (shown) => isMade(shown) ? change(shown) : shown)
          : Promise.resolve(response);
    },
    heal(sim) {
      sim.mutate = undefined;
      sim.fate = () => "sent";
    },
    patience: Infinity,
    hopeless: true,
  })),
  {
    name: "a list that says of a new token that it is about to end",
    options: ci(),
    days: 2,
    interval: 15 * minute,
    async prepare(sim) {
      await adoptFor(sim, { expires_in: 30 * 86_400 });
      let lists = 0;
      sim.mutate = (response, call) =>
        call === "GET /oauth/authorizations" && lists++ === 0
          ? showOtherwise(response, call, (shown) => withEnd(shown, 1))
          : Promise.resolve(response);
    },
    judge: (sim) => tooMany(sim, 1),
  },
  {
    name:
      "a look-up that finds nothing as a token is retired, and a target that holds it and comes back",
    options: ci({ lifetime: 30 * day, targets: ["hook:ci"] }),
    days: 2,
    interval: 15 * minute,
    async prepare(sim) {
      const { token } = sim.heroku.issue({
        description: "ci",
        scope: ["write"],
        expires_in: 30 * 86_400,
        created_at: sim.now() - 28 * day,
      });
      for (const place of ["hook:ci", "var:acme/KEY"]) await sim.put(place, token);
    },
    during(sim, elapsed) {
      sim.heroku.setWorld(elapsed < 3 * hour ? { always: ["blind"] } : good);
      if (elapsed === 3 * hour) {
        sim.configure(ci({ lifetime: 30 * day }).credentials);
        sim.down.add("var:acme/KEY");
        sim.observer.disturb();
      }
      if (elapsed === 6 * hour) sim.down.clear();
    },
  },
  {
    name: "a delete that did nothing",
    options: ci({ lifetime: 30 * day }, { always: ["deaf"] }),
    days: 4,
    prepare: (sim) => adoptFor(sim, { expires_in: 100 * 86_400, created_at: sim.now() - 90 * day }),
    during: (sim, elapsed) => elapsed > 3 * hour ? sim.heroku.setWorld(good) : undefined,
    judge: (sim) =>
      sim.heroku.live().length > 1 ? ["What was retired and still lives is left over"] : [],
  },
  {
    name: "lists with nothing in them, and look-ups that find nothing, for 90 minutes",
    options: ci({ lifetime: 30 * day }),
    days: 3,
    interval: 15 * minute,
    during(sim, elapsed) {
      const hidden = elapsed >= day && elapsed < day + 90 * minute;
      sim.heroku.setWorld(hidden ? { always: ["empty-list", "blind"] } : good);
    },
    judge: (sim) => tooMany(sim, 1),
  },
  {
    name: "a record that cannot be read, and the own one missing from the list for a day",
    options: ci({ lifetime: 30 * day }),
    days: 3,
    interval: 15 * minute,
    async prepare(sim) {
      await adoptFor(sim, { expires_in: 30 * 86_400 });
      sim.heroku.insert({});
    },
    during(sim, elapsed) {
      const hidden = elapsed >= day && elapsed < 2 * day;
      sim.heroku.setWorld(
        hidden ? { always: ["blind", { kind: "mistyped", member: "id", value: 5 }] } : good,
      );
    },
    judge: (sim) => tooMany(sim, 0),
  },
  {
    name: "a lost answer, and from then on a record that cannot be read",
    options: ci({ lifetime: 8 * day }),
    days: 24,
    async prepare(sim) {
      await adoptDue(sim);
      let lost = false;
      sim.fate = ({ name }) => {
        if (name !== "POST /oauth/authorizations" || lost) return "sent";
        lost = true;
        sim.heroku.insert({});
        return "lost";
      };
    },
    judge: (sim) =>
      sim.database.query("SELECT 1 FROM entries WHERE gone_at IS NULL AND authorization IS NULL")
          .length > 0
        ? ["What a lost answer left is looked for for ever"]
        : unmade(sim, 4),
  },
  {
    name: "a token revoked by hand",
    options: {
      credentials: [
        ...ci({ lifetime: 30 * day }).credentials,
        { name: "ops", scope: ["write"], lifetime: 30 * day, targets: ["hook:ops"] },
      ],
    },
    days: 2,
    interval: 15 * minute,
    prepare: adoptDue,
    during(sim, elapsed) {
      const made = sim.heroku.live().find(({ description }) => description.startsWith("ci ["));
      if (elapsed === 12 * hour) sim.heroku.revoke(made?.id ?? "");
      if (elapsed < 12 * hour + 90 * minute) return;
      if (sim.configured()[0].places.every(({ place }) => isAlive(sim, place))) return;
      sim.violations.push({ call: "the wait", message: "A revoked token is not replaced in time" });
    },
    judge: (sim) => tooMany(sim, 3),
  },
  {
    name: "an end that is over in every list, of tokens that live",
    options: ci({ lifetime: 8 * day }),
    days: 24,
    prepare: async (sim) => {
      await adoptDue(sim);
      sim.mutate = sayOver;
    },
    judge: (sim) => [...unmade(sim, 3), ...tooMany(sim, 8)],
  },
  {
    name: "a token revoked by hand, and creates that fail for two hours",
    options: ci({ lifetime: 30 * day }),
    days: 4,
    interval: 15 * minute,
    hopeless: true,
    prepare: adoptDue,
    during(sim, elapsed) {
      if (elapsed === day) revokeAll(sim);
      const fails = elapsed >= day && elapsed < day + 2 * hour;
      sim.fate = ({ name }) => fails && name === "POST /oauth/authorizations" ? "500" : "sent";
    },
    judge: (sim) =>
      isAlive(sim, "hook:ci") ? tooMany(sim, 6) : ["What was never made holds it for good"],
  },
  {
    name: "a token revoked by hand while no create has an answer for two hours",
    options: ci({ lifetime: 30 * day }),
    days: 2,
    interval: 15 * minute,
    prepare: (sim) => adoptFor(sim, { expires_in: 30 * 86_400, created_at: sim.now() - 25 * day }),
    during(sim, elapsed) {
      const [made] = sim.heroku.live();
      if (elapsed === day) sim.heroku.revoke(made.id);
      const isDown = elapsed >= day && elapsed < day + 2 * hour;
      sim.fate = ({ name }) => isDown && name === "POST /oauth/authorizations" ? "500" : "sent";
      if (elapsed < day + 5 * hour) return;
      if (sim.configured()[0].places.every(({ place }) => isAlive(sim, place))) return;
      sim.violations.push({
        call: "the wait",
        message: "The outage is over, and no token is made",
      });
    },
  },
  {
    name: "a generation of somebody else that is the largest there is",
    options: ci({ lifetime: 8 * day }),
    days: 24,
    during(sim, elapsed) {
      const description = "ci [g999999999 aaaaaaaaaaaa]";
      if (elapsed === 2 * day) sim.heroku.issue({ description, scope: ["write"] });
      if (elapsed !== 2 * day + hour) return;
      const its = sim.heroku.live().find((each) => each.description === description);
      sim.heroku.revoke(its?.id ?? "");
    },
    judge: (sim) => [
      ...unmade(sim, 3),
      ...sim.heroku.creations.map(({ asked }) => asked).filter((asked) => !/ \[g\d /.test(asked))
        .map((asked) => `'${asked}' counts what somebody else made`),
    ],
  },
  {
    name: "a replacement that somebody renamed to the credential's name",
    options: ci({ lifetime: 8 * day }),
    days: 24,
    prepare: adoptDue,
    during(sim, elapsed) {
      if (elapsed !== 12 * hour) return;
      const [{ id }] = sim.heroku.live().filter(({ description }) => description !== "ci");
      sim.heroku.edit(id, { description: "ci" });
      sim.observer.protect(id);
    },
    judge: (sim) => unmade(sim, 2),
  },
  {
    name: "its own authorization with a credential's name",
    options: { ...ci({ name: "herotate", lifetime: 8 * day }), own: "herotate" },
    days: 24,
    prepare: () => Promise.resolve(),
    judge: (sim) => sim.heroku.accepts(sim.token) ? [] : ["Its own token is dead"],
  },
  {
    name: "its own token at the targets of a credential",
    options: { ...ci({ lifetime: 8 * day }), own: "ci" },
    days: 24,
    async prepare(sim) {
      for (const { place } of sim.configured()[0].places) await sim.put(place, sim.token);
    },
    judge: (sim) => sim.heroku.accepts(sim.token) ? [] : ["Its own token is dead"],
  },
  {
    name: "its own token is one that it made",
    options: ci({ lifetime: 30 * day, scope: ["global"] }),
    days: 22,
    prepare: (sim) =>
      adoptFor(sim, {
        expires_in: 30 * 86_400,
        created_at: sim.now() - 25 * day,
        scope: ["global"],
      }),
    during(sim, elapsed) {
      const made = sim.heroku.live().find(({ description }) => description !== "ci");
      if (elapsed !== 12 * hour || made === undefined) return;
      sim.useToken(made.token);
      sim.observer.own(made.token);
    },
    judge: (sim) => [
      ...sim.heroku.accepts(sim.token) ? [] : ["Its own token is dead"],
      ...tooMany(sim, 1),
    ],
  },
  {
    name: "another account's token for twelve hours",
    options: ci({ lifetime: 30 * day }),
    days: 10,
    during(sim, elapsed) {
      if (elapsed === 12 * hour) sim.useToken(sim.stranger.token);
      if (elapsed === day) sim.useToken(sim.heroku.token);
    },
    judge: (sim) => [...unmade(sim), ...tooMany(sim, 1)],
  },
  {
    name: "another account's token during an overlap",
    options: ci({ lifetime: 8 * day, grace: 6 * hour }),
    days: 10,
    prepare: (sim) => adoptFor(sim, { expires_in: 30 * 86_400, created_at: sim.now() - 25 * day }),
    during(sim, elapsed) {
      if (elapsed === 3 * hour) sim.useToken(sim.stranger.token);
      if (elapsed === 9 * hour) sim.useToken(sim.heroku.token);
    },
    judge: (sim) => unmade(sim, 2),
  },
  {
    name: "a page of a firewall for every proof of tokens that are not accepted for six hours",
    options: ci({ lifetime: 30 * day }, { acceptedAfter: 6 * hour }),
    hopeless: true,
    days: 3,
    prepare: (sim) => adoptFor(sim, { expires_in: 30 * 86_400, created_at: sim.now() - 25 * day }),
    during(sim, elapsed) {
      const page = () => new Response("<h1>Forbidden</h1>", { status: 403 });
      // A sweep asks whose account it is, which such a page would end.
      let isProof = false;
      sim.fate = ({ name, process }) => {
        isProof = name === "GET /account" && !process.startsWith("sweep");
        return "sent";
      };
      sim.mutate = elapsed < 6 * hour
        ? (response) => Promise.resolve(isProof ? page() : response)
        : undefined;
    },
    heal: (sim) => sim.heroku.setWorld(good),
    judge: (sim) => unmade(sim),
  },
  {
    name: "creates that are refused for 20 days",
    options: ci({ lifetime: 30 * day }, { quota: 0 }),
    days: 20,
    interval: 15 * minute,
    prepare: (sim) => adoptFor(sim, { expires_in: 100 * 86_400, created_at: sim.now() - 68 * day }),
    heal: (sim) => sim.heroku.setWorld(good),
    judge(sim) {
      const [row] = sim.database.query("SELECT COUNT(*) AS count FROM entries");
      return Number(row.count) > 4 ? [`The ledger has ${row.count} rows of one credential`] : [];
    },
  },
  ...contradictions,
  ...silences,
  ...drifts,
];

/** Has a list say of every token that it has ended. */
async function sayOver(response: Response, call: string): Promise<Response> {
  if (call !== "GET /oauth/authorizations") return response;
  const records: readonly Record<string, unknown>[] = await response.json();
  const body = records.map((record) => ({
    ...record,
    access_token: { ...Object(record.access_token), expires_in: 0 },
  }));
  return Response.json(body, { status: response.status, headers: response.headers });
}

function revokeAll({ heroku }: Simulation): void {
  for (const { id, token } of heroku.live()) if (token !== heroku.token) heroku.revoke(id);
}

function isAlive({ heroku, holds }: Simulation, place: string): boolean {
  return heroku.accepts(holds(place, "ci") ?? "");
}
