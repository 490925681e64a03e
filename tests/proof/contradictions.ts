/**
 * Worlds in which answers contradict each other, or what the ledger knows: each is there for one guard.
 *
 * @module
 */
import { day, hour, minute, type Simulation } from "../simulation/simulation.ts";
import {
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

const monthly = ci({ lifetime: 30 * day });
const weekly = ci({ lifetime: 8 * day });

/** Two credentials, so that a list which lacks one of them is not empty. */
const two = {
  credentials: [
    ...monthly.credentials,
    { name: "ops", scope: ["write"], lifetime: 30 * day, targets: ["hook:ops"] },
  ],
};

/** The operator's own token is at the places, and is not due for weeks. */
const adoptFresh = (sim: Simulation) => adoptFor(sim, { expires_in: 30 * 86_400 });

/** Reads show everything, and look-ups find it, but what is hidden. */
function hide(sim: Simulation, isHidden: (shown: Shown) => boolean): void {
  sim.mutate = (response, call) =>
    showOtherwise(response, call, (shown) => isHidden(shown) ? undefined : shown);
}

/** Lists show everything but what is hidden, and look-ups find it. */
function hideFromLists(sim: Simulation, isHidden: (shown: Shown) => boolean): void {
  sim.mutate = (response, call) =>
    call === "GET /oauth/authorizations"
      ? showOtherwise(response, call, (shown) => isHidden(shown) ? undefined : shown)
      : Promise.resolve(response);
}

function isOfCi({ description }: Shown): boolean {
  return description === "ci";
}

/** Counts how often something is asked for, also where the answer is a refusal. */
function countCalls(sim: Simulation, call: string): () => number {
  let count = 0;
  sim.fate = ({ name }) => {
    if (name === call) count++;
    return "sent";
  };
  return () => count;
}

/** Counts what a sweep asks of Heroku at most. */
function countRequestsOfSweep(sim: Simulation): () => number {
  const requests = new Map<string, number>();
  sim.fate = ({ kind, process }) => {
    if (kind === "heroku" && process.startsWith("sweep")) {
      requests.set(process, 1 + (requests.get(process) ?? 0));
    }
    return "sent";
  };
  return () => Math.max(...requests.values());
}

const counts = new WeakMap<Simulation, () => number>();

const create = "POST /oauth/authorizations";

/** They are lived in together with the others: see `worlds.ts`. */
export const contradictions: readonly World[] = [
  {
    name: "lists that say a year of what lives eight days",
    options: weekly,
    days: 24,
    async prepare(sim) {
      await adoptDue(sim);
      sim.mutate = (response, call) =>
        showOtherwise(
          response,
          call,
          (shown) => isMade(shown) ? withEnd(shown, 365 * 86_400) : shown,
        );
    },
    judge: (sim) => unmade(sim, 3),
  },
  {
    name: "a create that says a year of what lives eight days, and lists that say no end",
    options: weekly,
    days: 24,
    async prepare(sim) {
      await adoptDue(sim);
      sim.mutate = async (response, call) =>
        await showOtherwise(
          await sayEnd(response, call, 365 * 86_400),
          call,
          (shown) => isMade(shown) ? withEnd(shown, undefined) : shown,
        );
    },
    judge: (sim) => unmade(sim, 3),
  },
  {
    name: "a create that says one second of what lives eight days",
    options: weekly,
    days: 6,
    async prepare(sim) {
      await adoptDue(sim);
      sim.mutate = (response, call) => sayEnd(response, call, 1);
    },
    judge: (sim) => [...unmade(sim), ...tooMany(sim, 3)],
  },
  {
    name: "creates that say two hours of what lives eight days",
    options: weekly,
    days: 6,
    hopeless: true,
    async prepare(sim) {
      await adoptDue(sim);
      sim.mutate = (response, call) => sayEnd(response, call, 7200);
    },
  },
  {
    name: "creates that take effect and are answered as refused, where reads lag an hour",
    options: { ...monthly, world: { lag: hour } },
    days: 4,
    interval: 15 * minute,
    patience: Infinity,
    async prepare(sim) {
      await adoptDue(sim);
      let refused = 0;
      sim.mutate = (response, call) => {
        if (call !== create || ++refused > 2) return Promise.resolve(response);
        const body = { id: "invalid_params", message: "Invalid params." };
        return Promise.resolve(Response.json(body, { status: 422 }));
      };
    },
    judge: (sim) => unmade(sim, 3),
  },
  {
    name: "a lost answer where reads lag a minute",
    options: { ...monthly, world: { lag: minute } },
    days: 4,
    async prepare(sim) {
      await adoptDue(sim);
      loseFirst(sim);
    },
    judge: (sim) => unmade(sim, 2),
  },
  {
    name: "a lost answer where no record has a readable id for twelve hours",
    options: monthly,
    days: 4,
    interval: 15 * minute,
    async prepare(sim) {
      await adoptFor(sim, { expires_in: 30 * 86_400, created_at: sim.now() - 25 * day });
      loseFirst(
        sim,
        () => sim.heroku.setWorld({ always: [{ kind: "mistyped", member: "id", value: 5 }] }),
      );
    },
    during(sim, elapsed) {
      if (elapsed >= 12 * hour) sim.heroku.setWorld({});
    },
    judge: (sim) => [...unmade(sim, 2), ...tooMany(sim, 2)],
  },
  {
    name: "a lost answer where lists break off before it for twelve hours",
    options: monthly,
    days: 4,
    interval: 15 * minute,
    async prepare(sim) {
      await adoptFor(sim, { expires_in: 30 * 86_400, created_at: sim.now() - 25 * day });
      loseFirst(sim, () => sim.heroku.setWorld({ always: ["next-range-repeated"] }));
    },
    during(sim, elapsed) {
      const breaks = elapsed < 12 * hour;
      if (!breaks) sim.heroku.setWorld({});
      hideFromLists(sim, (shown) => breaks && isMade(shown));
    },
    judge: (sim) => [...unmade(sim, 2), ...tooMany(sim, 2)],
  },
  {
    name: "an adopted token of which no one says when it ends",
    options: {
      ...monthly,
      world: { always: [{ kind: "mistyped", member: "access_token.expires_in" }] },
    },
    days: 5,
    prepare: (sim) => adoptFor(sim, { expires_in: 3 * 86_400 }),
    judge: (sim) => [...unmade(sim), ...tooMany(sim, 1)],
  },
  {
    name: "lists that break off, and look-ups that find nothing, for a day",
    options: two,
    days: 3,
    interval: 15 * minute,
    prepare: adoptFresh,
    during(sim, elapsed) {
      const breaks = elapsed >= day && elapsed < 2 * day;
      sim.heroku.setWorld(breaks ? { pageSize: 1, always: ["next-range-repeated", "blind"] } : {});
    },
    judge: (sim) => tooMany(sim, 0),
  },
  {
    name: "lists and look-ups that lack what it made, for a day",
    options: monthly,
    days: 5,
    interval: 15 * minute,
    prepare: adoptDue,
    during(sim, elapsed) {
      hide(sim, (shown) => elapsed >= 2 * day && elapsed < 3 * day && isMade(shown));
    },
    judge: (sim) => [...unmade(sim), ...tooMany(sim, 1)],
  },
  {
    name: "lists and look-ups that lack what it made, and each first look at its token refused",
    options: monthly,
    days: 5,
    interval: 15 * minute,
    prepare: adoptDue,
    during(sim, elapsed) {
      const hidden = elapsed >= 2 * day && elapsed < 3 * day;
      hide(sim, (shown) => hidden && isMade(shown));
      const asked = new Map<string, number>();
      // The first call of a sweep asks whose account it is.
      sim.fate = ({ name, process }) => {
        if (name !== "GET /account" || !hidden || !process.startsWith("sweep")) return "sent";
        asked.set(process, (asked.get(process) ?? 0) + 1);
        return asked.get(process) === 2 ? "401" : "sent";
      };
    },
    judge: (sim) => [...unmade(sim), ...tooMany(sim, 1)],
  },
  {
    name: "every fourth list without one of two",
    options: two,
    days: 4,
    interval: 15 * minute,
    prepare: adoptFresh,
    during(sim, elapsed) {
      const isFourth = Math.round(elapsed / (15 * minute)) % 4 === 3;
      hide(sim, (shown) => isFourth && isOfCi(shown));
    },
    heal: (sim) => sim.mutate = undefined,
    judge: (sim) => tooMany(sim, 0),
  },
  {
    name: "lists without one of two that look-ups find, for a day",
    options: two,
    days: 3,
    interval: 15 * minute,
    prepare: adoptFresh,
    during(sim, elapsed) {
      const isHidden = elapsed >= day && elapsed < 2 * day;
      hideFromLists(sim, (shown) => isHidden && isOfCi(shown));
    },
    judge: (sim) => tooMany(sim, 0),
  },
  {
    name: "lists without one of two, and look-ups that are not answered, for a day",
    options: two,
    days: 3,
    interval: 15 * minute,
    prepare: adoptFresh,
    during(sim, elapsed) {
      const isHidden = elapsed >= day && elapsed < 2 * day;
      sim.mutate = async (response, call) =>
        isHidden && call.startsWith("GET /oauth/authorizations/") && !call.endsWith("~")
          ? Response.json({ id: "server_error", message: "Sorry" }, { status: 500 })
          : await showOtherwise(
            response,
            call,
            (shown) => isHidden && isOfCi(shown) ? undefined : shown,
          );
    },
    judge: (sim) => tooMany(sim, 0),
  },
  {
    name: "lists without any of sixty that look-ups find, and two of them revoked by hand",
    options: {
      credentials: Array.from({ length: 60 }, (_, index) => ({
        name: `ci-${index}`,
        scope: ["write"],
        lifetime: 30 * day,
        targets: [`hook:${index}`],
      })),
    },
    days: 1,
    prepare: async (sim) => {
      await adoptFresh(sim);
      sim.heroku.issue({ description: "web" });
      counts.set(sim, countRequestsOfSweep(sim));
    },
    during(sim, elapsed) {
      const isHidden = elapsed >= hour;
      hideFromLists(sim, ({ description }) => isHidden && String(description).startsWith("ci-"));
      for (const name of ["ci-7", "ci-47"]) {
        const its = sim.heroku.live().find(({ description }) => description === name);
        if (elapsed === hour) sim.heroku.revoke(its?.id ?? "");
      }
      if (elapsed < 20 * hour || sim.heroku.creations.length === 2) return;
      sim.violations.push({ call: "the wait", message: "What was revoked has no turn" });
    },
    heal: (sim) => sim.mutate = undefined,
    judge(sim) {
      const most = counts.get(sim)?.() ?? 0;
      return [
        ...unmade(sim, 2),
        ...tooMany(sim, 2),
        ...most > 50 ? [`A sweep made ${most} requests, and Cloudflare ends it after 50`] : [],
      ];
    },
  },
  {
    name: "reads that lag 90 minutes, and a target that is down as long",
    options: { ...monthly, world: { lag: 90 * minute } },
    days: 3,
    interval: 5 * minute,
    prepare: adoptDue,
    during(sim, elapsed) {
      if (elapsed < 80 * minute) sim.down.add("var:acme/KEY");
      else sim.down.clear();
    },
    judge: (sim) => [...unmade(sim), ...tooMany(sim, 1)],
  },
  {
    name: "a first list with nothing in it",
    options: monthly,
    days: 3,
    interval: 15 * minute,
    prepare: adoptFresh,
    during: (sim, elapsed) => sim.heroku.setWorld(elapsed === 0 ? { always: ["empty-list"] } : {}),
    judge: (sim) => tooMany(sim, 0),
  },
  {
    name: "a first list without descriptions",
    options: monthly,
    days: 3,
    interval: 15 * minute,
    prepare: adoptFresh,
    during: (sim, elapsed) =>
      sim.heroku.setWorld(
        elapsed === 0 ? { always: [{ kind: "mistyped", member: "description" }] } : {},
      ),
    judge: (sim) => tooMany(sim, 0),
  },
  {
    name: "a default API key with a credential's name that cannot be looked up at first",
    options: { ...ci({ name: "Heroku API key", lifetime: 30 * day }), defaultKey: true },
    days: 3,
    prepare: useAnother,
    during(sim, elapsed) {
      sim.mutate = (response, call) =>
        Promise.resolve(
          elapsed < 6 * hour && call === "GET /oauth/authorizations/~"
            ? Response.json({ id: "server_error", message: "Sorry" }, { status: 500 })
            : response,
        );
    },
    judge: (sim) => unmade(sim),
  },
  {
    name: "a default API key with a credential's name, and another token of its own",
    options: { ...ci({ name: "Heroku API key", lifetime: 30 * day }), defaultKey: true },
    days: 3,
    prepare: useAnother,
    judge: (sim) => unmade(sim),
  },
  {
    name: "a record that cannot be read from the first, and a token revoked by hand",
    options: monthly,
    days: 3,
    async prepare(sim) {
      await adoptFresh(sim);
      sim.heroku.insert({});
    },
    during(sim, elapsed) {
      if (elapsed !== day) return;
      const its = sim.heroku.live().find(({ description }) => description === "ci");
      sim.heroku.revoke(its?.id ?? "");
    },
    judge: (sim) => [...unmade(sim), ...tooMany(sim, 1)],
  },
  {
    name: "a default API key that is the one it adopted",
    options: weekly,
    days: 12,
    async prepare(sim) {
      await adoptDue(sim);
      const [{ id }] = sim.heroku.live().filter(({ description }) => description === "ci");
      let isDefault = false;
      sim.mutate = (response, call) => {
        isDefault ||= call === create;
        if (!isDefault || call !== "GET /oauth/authorizations/~") return Promise.resolve(response);
        sim.observer.protect(id);
        return Promise.resolve(Response.json({ id, description: "ci", scope: ["write"] }));
      };
    },
    judge: (sim) => unmade(sim, 2),
  },
  {
    name: "look-ups without a description for two days",
    options: ci({ lifetime: 30 * day, maxAge: day }),
    days: 6,
    prepare: adoptDue,
    during(sim, elapsed) {
      const isHidden = elapsed >= day && elapsed < 3 * day;
      sim.mutate = async (response, call) =>
        isHidden && call.startsWith("GET /oauth/authorizations/")
          ? await showOtherwise(response, call, ({ description: _none, ...shown }) => shown)
          : response;
    },
    judge: (sim) => unmade(sim, 3),
  },
  {
    name: "a replacement that somebody renamed, and named back later",
    options: weekly,
    days: 24,
    prepare: adoptDue,
    during(sim, elapsed) {
      const [first] = sim.heroku.creations;
      if (elapsed === 12 * hour) {
        sim.heroku.edit(first.id, { description: "mine" });
        sim.observer.protect(first.id);
        sim.observer.excuseLeftover(first.asked);
      }
      if (elapsed === 7 * day) sim.heroku.edit(first.id, { description: first.description });
    },
    judge: (sim) => unmade(sim, 3),
  },
  {
    name: "a clock that runs a month ahead for an hour in which a target is down",
    options: ci({ lifetime: 100 * day }),
    days: 3,
    interval: 5 * minute,
    prepare: (sim) => adoptFor(sim, { expires_in: 100 * 86_400, created_at: sim.now() - 68 * day }),
    during(sim, elapsed) {
      sim.observer.clocksDiffer = true;
      sim.skew = elapsed < hour ? 30 * day : 0;
      if (elapsed < hour) sim.down.add("var:acme/KEY");
      else sim.down.clear();
    },
    judge: (sim) => unmade(sim),
  },
  {
    name: "a clock that runs 40 days ahead for five days",
    options: ci({ lifetime: 8 * day, maxAge: 6 * hour, grace: 30 * minute }),
    days: 12,
    prepare: adoptDue,
    during(sim, elapsed) {
      sim.observer.clocksDiffer = true;
      sim.skew = elapsed < 5 * day ? 40 * day : 0;
    },
    judge: (sim) => unmade(sim, 5),
  },
  {
    name: "a create that names another access token than lists do, and a target that is down",
    options: monthly,
    days: 3,
    interval: 15 * minute,
    async prepare(sim) {
      await adoptDue(sim);
      sim.mutate = async (response, call) => {
        if (call !== create || response.status !== 201) return response;
        const { access_token, ...more }: { readonly access_token?: object } = await response.json();
        const body = { ...more, access_token: { ...access_token, id: "another" } };
        return Response.json(body, { status: 201, headers: response.headers });
      };
    },
    during(sim, elapsed) {
      if (elapsed < 110 * minute) sim.down.add("var:acme/KEY");
      else sim.down.clear();
    },
    judge: (sim) => [...unmade(sim), ...tooMany(sim, 1)],
  },
  {
    name: "the largest generation at first, and a lost ledger later",
    options: ci({ lifetime: 30 * day, maxAge: 4 * day }),
    days: 12,
    async prepare(sim) {
      const { token } = sim.heroku.issue({
        description: "ci [g999999999999999 aaaaaaaaaaaa]",
        scope: ["write"],
        expires_in: 30 * 86_400,
        created_at: sim.now() - 28 * day,
      });
      for (const { place } of sim.configured()[0].places) await sim.put(place, token);
    },
    during(sim, elapsed) {
      if (elapsed !== 2 * day) return;
      loseLedger(sim);
      // Beyond the largest generation that is taken over, the next one may have the same number.
      sim.observer.doublesExcused = true;
    },
    judge: (sim) => [...unmade(sim, 3), ...tooMany(sim, 6)],
  },
  {
    name: "another Worker that takes over what this one made, and deletes it two hours later",
    options: monthly,
    days: 3,
    interval: 15 * minute,
    prepare: adoptDue,
    during(sim, elapsed) {
      const [first] = sim.heroku.creations;
      if (elapsed === 6 * hour) {
        sim.heroku.issue({ description: "ci [g2 bbbbbbbbbbbb]", scope: ["write"] });
      }
      if (elapsed === 8 * hour) sim.heroku.revoke(first.id);
      if (elapsed !== 8 * hour || sim.heroku.accepts(sim.holds("hook:ci", "ci") ?? "")) return;
      sim.violations.push({ call: "the delete", message: "Another Worker's delete hits a target" });
    },
    judge: (sim) => [...unmade(sim, 2), ...tooMany(sim, 3)],
  },
  {
    name: "a lost ledger where descriptions are stored otherwise",
    options: { ...weekly, world: { renamed: "brackets" } },
    days: 12,
    prepare: adoptDue,
    during: (sim, elapsed) => elapsed === 2 * day ? loseLedger(sim) : undefined,
    judge: (sim) => [...unmade(sim, 3), ...tooMany(sim, 4)],
  },
  {
    name: "creates that are refused while the end nears",
    options: { ...monthly, world: { quota: 0 } },
    days: 3,
    interval: 15 * minute,
    async prepare(sim) {
      await adoptFor(sim, { expires_in: 100 * 86_400, created_at: sim.now() - 96 * day });
      counts.set(sim, countCalls(sim, create));
    },
    heal: (sim) => sim.heroku.setWorld({}),
    judge(sim) {
      const count = counts.get(sim)?.() ?? 0;
      return count > 70 ? [`${count} creates were sent, and nearly all of them refused`] : [];
    },
  },
  {
    name: "another account's token, and an account that cannot be read",
    options: weekly,
    days: 4,
    prepare: adoptFresh,
    during(sim, elapsed) {
      if (elapsed === 12 * hour) sim.useToken(sim.stranger.token);
      if (elapsed === day) sim.useToken(sim.heroku.token);
      sim.mutate = (response, call) =>
        Promise.resolve(
          call === "GET /account" && sim.token !== sim.heroku.token ? Response.json({}) : response,
        );
    },
  },
  {
    name: "deletes that do nothing, and a fuse of one",
    options: {
      ...ci({ lifetime: 2 * day }, { always: ["deaf"] }),
      fuse: { creates: 1, deletes: 1 },
    },
    days: 6,
    prepare: adoptDue,
    heal: (sim) => sim.heroku.setWorld({}),
    judge: (sim) => unmade(sim, 3),
  },
  {
    name: "deletes that do nothing for longer than the ledger keeps what has ended",
    options: ci({ lifetime: 365 * day, maxAge: 2 * day }, { always: ["deaf"] }),
    days: 45,
    interval: 2 * hour,
    heal: (sim) => sim.heroku.setWorld({}),
    judge: (sim) => unmade(sim, 3),
  },
];

/** The answer of the first create is lost, and something else may happen at the same moment. */
function loseFirst(sim: Simulation, then: () => void = () => {}): void {
  let lost = false;
  sim.fate = ({ name }) => {
    if (name !== create || lost) return "sent";
    lost = true;
    then();
    return "lost";
  };
}

/** Gives Herotate another token than the default API key's. */
function useAnother(sim: Simulation): void {
  const { token } = sim.heroku.issue({ description: "manager", scope: ["global"] });
  sim.useToken(token);
  sim.observer.own(token);
}

function loseLedger(sim: Simulation): void {
  sim.database.reset();
  sim.observer.forget();
  sim.observer.changedByHand();
}
