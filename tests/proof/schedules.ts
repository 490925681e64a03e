/**
 * Random schedules: a world in which everybody does what they like, and then leaves it in peace.
 *
 * @module
 */
import fc from "fast-check";
import type { FakeAuthorization } from "../../lib/testing/mod.ts";
import {
  createSimulation,
  type CredentialSpec,
  day,
  type Fate,
  hour,
  minute,
  misfortunes,
  type Simulation,
  untruths,
} from "../simulation/simulation.ts";
import { type Condition, lastingConditions, passingConditions } from "./conditions.ts";
import { explain, explainIdle, isConverged } from "../simulation/convergence.ts";
import type { DatabaseCopy } from "../worker/sqlite.ts";
import { settleOrHang } from "../simulation/prompt_runtime.ts";

/** What becomes of which of the next calls. */
export type Mishaps = readonly (readonly [number, Fate])[];

/** A choice among whatever there is when its turn comes. */
type Choice = number;

/** One thing that somebody does. */
export type Act =
  | { readonly act: "sweep"; readonly sweeps: 1 | 2; readonly mishaps: Mishaps }
  | { readonly act: "wait"; readonly minutes: number; readonly mishaps: Mishaps }
  | { readonly act: "days"; readonly days: number; readonly mishaps: Mishaps }
  | { readonly act: "kill" | "revoke" | "regenerate" | "rename by hand"; readonly which: Choice }
  | { readonly act: "resume" | "lose ledger" | "targets up" | "calm Heroku" }
  | { readonly act: "restore ledger"; readonly acts: Choice }
  | { readonly act: "issue by hand"; readonly credential: Choice }
  | {
    readonly act: "add target" | "remove target";
    readonly credential: Choice;
    readonly place: Choice;
  }
  | { readonly act: "drop" | "rename" | "pause" | "observe"; readonly credential: Choice }
  | { readonly act: "set clock"; readonly minutes: number }
  | { readonly act: "target down" | "overwrite by hand"; readonly place: Choice }
  | { readonly act: "trouble at Heroku"; readonly trouble: "dry" | "refuses" | "suspended" }
  | { readonly act: "another world"; readonly which: Choice }
  | { readonly act: "another account" | "unreadable record" };

/** How a world begins. */
export interface Beginning {
  readonly credentials: readonly {
    readonly places: readonly Choice[];
    readonly optional: boolean;
    readonly lifetimeDays: number;
    readonly graceHours: number;
    readonly ownPolicy: boolean;
    /** How many authorizations bear its name already, and how old they are. */
    readonly present: 0 | 1 | 2;
    readonly ageDays: number;
  }[];
  readonly defaultKey: boolean;
  /** Which of {@linkcode lastingConditions} it is. */
  readonly condition: Choice;
  /** What the authorization is called that the Worker works with; empty: it is in no list. */
  readonly own: string;
  /** Whether runs whose process died go on in the end. */
  readonly resumes: boolean;
}

/** A whole schedule. */
export interface Schedule {
  readonly beginning: Beginning;
  readonly acts: readonly Act[];
}

const allPlaces = ["hook:0", "hook:1", "hook:2", "var:app/A", "var:app/B", "var:other/A"];
const names = ["ci", "web", "ops", "ci-deploy"];

const choice = fc.nat(11);
const mishaps: fc.Arbitrary<Mishaps> = fc.oneof(
  { weight: 2, arbitrary: fc.constant<Mishaps>([]) },
  {
    weight: 3,
    arbitrary: fc.array(fc.tuple(fc.nat(45), fc.constantFrom(...misfortunes, ...untruths)), {
      maxLength: 4,
    }),
  },
);

const act: fc.Arbitrary<Act> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      act: fc.constant("sweep"),
      sweeps: fc.constantFrom(1, 2),
      mishaps,
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      act: fc.constant("wait"),
      minutes: fc.constantFrom(1, 5, 16, 40, 70, 300),
      mishaps,
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      act: fc.constant("days"),
      days: fc.integer({ min: 1, max: 9 }),
      mishaps,
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      act: fc.constantFrom("kill", "revoke", "regenerate", "rename by hand"),
      which: choice,
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      act: fc.constantFrom("resume", "lose ledger", "targets up", "calm Heroku"),
    }),
  },
  { weight: 1, arbitrary: fc.record({ act: fc.constant("issue by hand"), credential: choice }) },
  {
    weight: 3,
    arbitrary: fc.record({
      act: fc.constantFrom("add target", "remove target"),
      credential: choice,
      place: choice,
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      act: fc.constantFrom("drop", "rename", "pause", "observe"),
      credential: choice,
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      act: fc.constant("set clock"),
      minutes: fc.constantFrom(-3000, -100, -20, -4, 4, 20, 100, 3000),
    }),
  },
  { weight: 2, arbitrary: fc.record({ act: fc.constant("target down"), place: choice }) },
  { weight: 1, arbitrary: fc.record({ act: fc.constant("overwrite by hand"), place: choice }) },
  {
    weight: 1,
    arbitrary: fc.record({
      act: fc.constant("trouble at Heroku"),
      trouble: fc.constantFrom("dry", "refuses", "suspended"),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      act: fc.constant("another world"),
      which: fc.nat(passingConditions.length - 1),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ act: fc.constantFrom("another account", "unreadable record") }),
  },
);

const restoring: fc.Arbitrary<Act> = fc.oneof(
  { weight: 40, arbitrary: act },
  { weight: 2, arbitrary: fc.record({ act: fc.constant("restore ledger"), acts: choice }) },
);

const anySchedule = (acts: fc.Arbitrary<Act>): fc.Arbitrary<Schedule> =>
  fc.record({
    beginning: fc.record({
      credentials: fc.array(
        fc.record({
          places: fc.uniqueArray(fc.nat(6), { minLength: 1, maxLength: 3 }),
          optional: fc.boolean(),
          lifetimeDays: fc.constantFrom(8, 30, 0),
          graceHours: fc.constantFrom(1, 0, 24),
          ownPolicy: fc.boolean(),
          present: fc.constantFrom(1, 0, 2),
          ageDays: fc.nat(7),
        }),
        { minLength: 1, maxLength: 3 },
      ),
      defaultKey: fc.boolean(),
      condition: fc.nat(lastingConditions.length - 1),
      own: fc.constantFrom("", "", "herotate", "ci"),
      resumes: fc.boolean(),
    }),
    acts: fc.array(acts, { minLength: 1, maxLength: 24, size: "max" }),
  });

/** Any schedule. */
export const schedules: fc.Arbitrary<Schedule> = anySchedule(act);

/** Any schedule in which the ledger may be restored from an older copy of itself. */
export const restorations: fc.Arbitrary<Schedule> = anySchedule(restoring);

/** Lives through a schedule and the peace after it; gives what was wrong. */
export async function live(
  schedule: Schedule,
  watch: (sim: Simulation) => void = () => {},
): Promise<string[]> {
  const sim = createSimulation({
    credentials: [],
    defaultKey: schedule.beginning.defaultKey,
    own: schedule.beginning.defaultKey ? undefined : schedule.beginning.own || undefined,
    alerts: true,
  });
  sim.observer.fairTime = 2 * day;
  watch(sim);
  const unfinished = await settleOrHang(liveThrough(schedule, sim)) ?? ["It hangs"];
  return [
    ...sim.violations.map(({ call, message }) => `${message}, after ${call}`),
    ...unfinished,
  ];
}

async function liveThrough({ beginning, acts }: Schedule, sim: Simulation): Promise<string[]> {
  const life = createLife(sim);
  await life.begin(beginning);
  for (const each of acts) await life.perform(each);
  return await life.rest(beginning.resumes);
}

/** The people around a simulation. */
function createLife(sim: Simulation) {
  const { heroku, observer } = sim;
  let specs: CredentialSpec[] = [];
  /** The names that authorizations bear of which no one can say whether the places hold them. */
  const muddled = new Set<string>();
  let refuses = false;
  let suspended = false;
  let lasting: Condition = { world: {} };
  let passing: Condition | undefined;
  const removals: (() => void)[] = [];
  /** How many had been made when the ledger was lost. */
  let madeBefore = 0;
  /** A copy of the ledger from before each act, oldest first. */
  const copies: DatabaseCopy[] = [];

  function pick<T>(from: readonly T[], which: Choice): T | undefined {
    return from[which % from.length];
  }

  /** Whoever ends the default key ends Herotate's own token. */
  function touchable(): FakeAuthorization[] {
    return heroku.live().filter(({ token }) => token !== heroku.token);
  }

  function setCondition(next: Condition | undefined): void {
    passing = next;
    heroku.setWorld({ ...lasting.world, ...passing?.world });
    if (!passing) return;
    observer.disturb();
    observer.doublesExcused = true;
  }

  /** Whether what is listed now need not be what there is. */
  function isHidden(): boolean {
    return removals.length > 0 || [passing, lasting].some((each) => each?.patience !== undefined);
  }

  /** What is hidden may not count as gone, for a while or ever. */
  function hide(): void {
    const unreadable = removals.length > 0 ? 10 * minute : undefined;
    const patience = passing?.patience ?? lasting.patience ?? unreadable;
    // What Heroku neither shows nor accepts is gone, by all that anyone can see.
    if (patience !== undefined) observer.hide(passing?.refuses ? 10 * minute : patience);
    if (passing || removals.length > 0 || sim.token !== heroku.token) observer.disturb();
  }

  function isUsed(place: string): boolean {
    return specs.some(({ targets }) => targets.some((each) => placeOf(each) === place));
  }

  function configure(next: CredentialSpec[]): void {
    specs = next;
    sim.configure(specs);
    observer.disturb();
  }

  /** All config vars of an app are down together. */
  function excuseDown(): void {
    const serviceOf = (place: string) => place.split("/")[0];
    const down = new Set([...sim.down].map(serviceOf));
    allPlaces.filter((place) => down.has(serviceOf(place))).forEach(observer.excuse);
  }

  let toldUntruth = false;
  let hasOlderLedger = false;

  function expect(mishaps: Mishaps): void {
    const first = sim.calls;
    const due = new Map(mishaps);
    sim.fate = ({ number, kind }) => {
      const fate = due.get(number - first) ?? (refuses && kind !== "ledger" ? "401" : "sent");
      if (fate !== "sent") observer.disturb();
      if (untruths.some((untruth) => untruth === fate)) toldUntruth = true;
      return fate;
    };
  }

  /** Of several that bear a name no one can say which the places hold, so none may be deleted. */
  function protectAmbiguous(): void {
    for (const { name } of specs) {
      if (isKnown(name)) continue;
      const unmarked = touchable().filter(({ description }) => description === name);
      for (const { id } of unmarked) {
        if (unmarked.length > 1) observer.protect(id);
        else observer.release(id);
      }
    }
  }

  /** Whoever is shown one of several adopts that one. */
  function releaseUnseen(unknown: readonly string[]): void {
    if (!toldUntruth && !isHidden()) return;
    for (const name of unknown.filter(isKnown)) {
      muddled.add(name);
      // What an earlier ledger made is a stranger's to one that was not shown it at first.
      for (const { asked } of heroku.creations.slice(0, madeBefore)) {
        if (asked.startsWith(`${name} [`)) observer.excuseLeftover(asked);
      }
      for (const { id, description } of touchable()) {
        if (description === name) observer.release(id);
      }
    }
  }

  function isDelivered(place: string): boolean {
    return sim.database.query(
      "SELECT 1 FROM deliveries JOIN entries USING (credential, mark)" +
        " WHERE state = 'current' AND proof_kind IS NOT NULL AND place = ?",
      place,
    ).length > 0;
  }

  function knowsAccount(): boolean {
    return sim.database.query("SELECT 1 FROM ledger WHERE account IS NOT NULL").length > 0;
  }

  function isKnown(name: string): boolean {
    return sim.database.query("SELECT 1 FROM credentials WHERE name = ?", name).length > 0;
  }

  async function sweep(): Promise<void> {
    protectAmbiguous();
    const isBlind = lasting.endless && sim.skew < 0;
    if (refuses || suspended || isBlind) observer.disturb();
    excuseDown();
    hide();
    const unknown = specs.map(({ name }) => name).filter((name) => !isKnown(name));
    const report = await sim.sweep();
    releaseUnseen(unknown);
    if (!report) return;
    const made = observer.made();
    const stopped = new Set(
      // What an older copy has forgotten may be at the targets, so the brake counts it and it stays.
      report.decisions
        .filter(({ kind }) => kind === "blocked" || (hasOlderLedger && kind === "braked"))
        .map(({ credential }) => credential),
    );
    observer.blocked = new Set(
      specs.map(({ name }) => name)
        .filter((name) => stopped.has(name) || (muddled.has(name) && !made.has(name))),
    );
  }

  async function days(count: number): Promise<void> {
    for (let half = 0; half < 2 * count; half++) {
      await sweep();
      await sim.workflows.settle();
      await sim.advance(12 * hour);
    }
  }

  /** One that the ledger may still adopt is no one's but the credential's. */
  function issue(name: string, lifetimeDays: number, ageDays: number): string {
    const { id, token } = heroku.issue({
      description: name,
      scope: ["read", "write"],
      expires_in: lifetimeDays === 0 ? null : lifetimeDays * 86_400,
      created_at: heroku.now() - ageDays * day,
    });
    observer.attribute(token, name);
    if (isKnown(name)) {
      observer.protect(id);
    } else if (ageDays === 0) {
      muddled.add(name);
    }
    return token;
  }

  async function change(each: Act): Promise<void> {
    switch (each.act) {
      case "sweep":
        expect(each.mishaps);
        await Promise.all(Array.from({ length: each.sweeps }, sweep));
        await sim.workflows.settle();
        return;
      case "wait":
        expect(each.mishaps);
        if (each.minutes > 60) observer.disturb();
        return await sim.advance(each.minutes * minute);
      case "days":
        expect(each.mishaps);
        return await days(each.days);
      case "kill":
        observer.disturb();
        return sim.workflows.kill(pick(sim.workflows.runs, each.which)?.id ?? "");
      case "resume":
        sim.workflows.runs.forEach(({ id }) => sim.workflows.resume(id));
        return await sim.workflows.settle();
      case "lose ledger":
        // An older one's copy takes what its successor made for another Worker's.
        copies.splice(0);
        return await exchangeLedger(() => sim.database.reset());
      case "restore ledger": {
        const copy = copies.at(-1 - each.acts) ?? copies[0];
        hasOlderLedger = true;
        return await exchangeLedger(() => sim.restore(copy));
      }
      case "revoke":
        observer.disturb();
        heroku.revoke(pick(touchable(), each.which)?.id ?? "");
        return;
      case "regenerate": {
        observer.disturb();
        const id = pick(touchable(), each.which)?.id;
        if (id) await sim.regenerate(id);
        return;
      }
      case "rename by hand":
        observer.disturb();
        heroku.edit(pick(touchable(), each.which)?.id ?? "", { description: "mine" });
        return;
      case "overwrite by hand": {
        // What a webhook's receiver holds no one can read back, nor compare what was never delivered.
        const readable = allPlaces.filter((place) =>
          place.startsWith("var:") && isUsed(place) && isDelivered(place)
        );
        const place = pick(readable, each.place);
        if (place) await sim.put(place, "put there by hand");
        return;
      }
      case "issue by hand":
        issue(pick(names, each.credential) ?? "", 30, 0);
        return;
      case "add target": {
        const spec = pick(specs, each.credential);
        const place = pick([...allPlaces, "store"], each.place) ?? "store";
        const has = spec?.targets.some((target) => placeOf(target) === place);
        if (!spec || has || (place !== "store" && isUsed(place))) return;
        return configure(replace(spec, { targets: [...spec.targets, place] }));
      }
      case "remove target": {
        const spec = pick(specs, each.credential);
        const gone = spec && pick(spec.targets, each.place);
        if (!spec || spec.targets.length < 2) return;
        return configure(replace(spec, { targets: spec.targets.filter((kept) => kept !== gone) }));
      }
      case "drop": {
        const gone = pick(specs, each.credential);
        return configure(specs.filter((spec) => spec !== gone));
      }
      case "rename": {
        const spec = pick(specs, each.credential);
        const name = names.find((free) => specs.every((other) => other.name !== free));
        if (spec && name) configure(replace(spec, { name, scope: ["read", "write"] }));
        return;
      }
      case "pause": {
        const spec = pick(specs, each.credential);
        if (spec) configure(replace(spec, { paused: !spec.paused }));
        return;
      }
      case "observe": {
        const spec = pick(specs, each.credential);
        if (spec) configure(replace(spec, { observe: !spec.observe }));
        return;
      }
      case "set clock":
        observer.disturb();
        observer.clocksDiffer = true;
        observer.forget();
        sim.skew = each.minutes * minute;
        return;
      case "target down":
        sim.down.add(pick(allPlaces, each.place) ?? "");
        return excuseDown();
      case "targets up":
        return sim.down.clear();
      case "trouble at Heroku":
        observer.disturb();
        if (each.trouble === "dry") heroku.setRateLimitRemaining(0);
        suspended ||= each.trouble === "suspended";
        heroku.setAccount({ suspended });
        refuses ||= each.trouble === "refuses";
        return;
      case "another world":
        return setCondition(passingConditions[each.which]);
      case "another account":
        observer.disturb();
        // A ledger that is new takes the first account for its own.
        if (knowsAccount()) await useToken(sim.stranger.token);
        return;
      case "unreadable record":
        observer.disturb();
        removals.push(heroku.insert({}));
        return;
      case "calm Heroku":
        return await calm();
    }
  }

  /** The ledger knows nothing any more, or what it knew some time ago. */
  async function exchangeLedger(exchange: () => void): Promise<void> {
    observer.disturb();
    observer.forget();
    madeBefore = heroku.creations.length;
    await useToken(heroku.token);
    for (const [name, made] of observer.made()) {
      for (const { token } of made) observer.attribute(token, name);
    }
    // By only its description no one can say any more whose it is.
    for (const { asked, description } of heroku.creations) {
      if (asked === description) continue;
      observer.excuseLeftover(asked);
      observer.doublesExcused = true;
    }
    exchange();
    for (const { id, description } of heroku.live()) {
      observer.release(id);
      muddled.add(description);
    }
    observer.changedByHand();
  }

  /** A token comes with a new process, and never in the midst of a step. */
  async function useToken(token: string): Promise<void> {
    if (token === sim.token) return;
    sim.useToken(token);
    await sim.workflows.settle();
  }

  async function calm(): Promise<void> {
    refuses = false;
    suspended = false;
    heroku.setAccount({ suspended });
    heroku.setRateLimitRemaining(4500);
    setCondition(undefined);
    await useToken(heroku.token);
    for (const remove of removals.splice(0)) remove();
  }

  function replace(spec: CredentialSpec, changes: Partial<CredentialSpec>): CredentialSpec[] {
    return specs.map((each) => each === spec ? { ...spec, ...changes } : each);
  }

  return {
    async begin({ credentials, condition }: Beginning): Promise<void> {
      lasting = lastingConditions[condition];
      setCondition(undefined);
      const used = new Set<string>();
      specs = credentials.map((each, index) => {
        const places = each.places.map((place) => allPlaces[place] ?? "store")
          .filter((place) => place === "store" || !used.has(place));
        places.forEach((place) => used.add(place));
        const targets = places.length === 0 ? ["store"] : places;
        return {
          name: names[index],
          grace: each.graceHours * hour,
          targets: targets.map((place, at) => ({ place, required: at === 0 || !each.optional })),
          // A grace beyond the lifetime that a token regenerated by hand hands down never ends.
          ...each.ownPolicy || each.present === 0 || each.graceHours > 1
            ? {
              scope: ["read", "write"],
              lifetime: each.lifetimeDays === 0 ? null : each.lifetimeDays * day,
              maxAge: each.lifetimeDays === 0 ? 20 * day : undefined,
            }
            : {},
        };
      });
      configure(specs);
      for (const [index, { present, lifetimeDays, ageDays }] of credentials.entries()) {
        const tokens = Array.from(
          { length: present },
          () => issue(names[index], lifetimeDays, ageDays + 1),
        );
        if (present > 1) muddled.add(names[index]);
        const places = specs[index].targets.map(placeOf).filter((place) => place !== "store");
        for (const place of tokens.length > 0 ? places : []) await sim.put(place, tokens[0]);
      }
    },

    async perform(each: Act): Promise<void> {
      copies.push(sim.database.copy());
      await change(each);
      await sim.look(each.act);
    },

    /** Everybody leaves it in peace: whatever is to be done is done within a few days. */
    async rest(resumes: boolean): Promise<string[]> {
      expect([]);
      await calm();
      sim.down.clear();
      sim.skew = 0;
      observer.disturb();
      const unsettled = new Set(specs.map(({ name }) => name));
      const isOf = (name: string) => (found: string) => found.includes(`'${name}'`);
      for (let sweeps = 0; sweeps < 40; sweeps++) {
        if (resumes) sim.workflows.runs.forEach(({ id }) => sim.workflows.resume(id));
        await sweep();
        await sim.workflows.settle();
        if (isConverged(sim)) break;
        const found = explain(sim);
        for (const name of unsettled) if (!found.some(isOf(name))) unsettled.delete(name);
        await sim.advance(sweeps < 8 ? 20 * minute : 3 * hour);
      }
      // With short lives, there may be an overlap of one or another of them at any moment.
      const idle = new Set(explainIdle(sim));
      const unfinished = explain(sim).filter((found) =>
        idle.has(found) || [...unsettled].some((name) => isOf(name)(found))
      );
      await sweep();
      await sim.advance(2 * hour);
      await sim.look("the end");
      sim.close();
      return unfinished;
    },
  };
}

function placeOf(target: CredentialSpec["targets"][number]): string {
  return typeof target === "string" ? target : target.place;
}
