import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import type { Entry, EntryState } from "../../lib/rotation/ledger.ts";
import { createView } from "../../lib/rotation/view.ts";
import { plan, planAdoption } from "../../lib/rotation/plan.ts";
import { inWords } from "../../lib/rotation/duration_words.ts";
import { due, jitter, LEASE_DURATION } from "../../lib/rotation/schedule.ts";
import {
  credentialOf,
  decide,
  entryOf,
  knownOf,
  lineage,
  listed,
  now,
  planFor,
  provenAt,
  type Situation,
  targetAt,
} from "./plan_input.ts";
import { day, hour, minute, second } from "../simulation/simulation.ts";

/** When a generation of `ci` that is 30 days long is due. */
function dueOf(age: number): number {
  return due(credentialOf(), {
    createdAt: now - age,
    expiresAt: now - age + 30 * day,
    lifetime: 30 * day,
  })
    .at;
}

const error = "The hook is down";

/** For so long has Heroku not listed what it should: long enough to be believed. */
const doubtedSince = now - 3 * hour;

/** The entry of an authorization that was found in Heroku just now. */
function found(generation: number, state: EntryState = "adopted"): Entry {
  return entryOf(generation, state, { made: false, description: listed(generation).description });
}

/** Generation 1 is current and proven, and as old as this. */
function current(age: number, more: Partial<Situation> = {}): Situation {
  return {
    heroku: [listed(1, { age })],
    known: knownOf([entryOf(1, "current", { age })], { deliveries: [provenAt(1)] }),
    ...more,
  };
}

/** Generation 0 is adopted, and as old as this. */
function adopted(age: number, more: Partial<Situation> = {}): Situation {
  return {
    heroku: [listed(0, { age })],
    known: knownOf([entryOf(0, "adopted", { age })]),
    ...more,
  };
}

/** Generation 1 is current, and the answers of all but one of a day's creates were lost. */
function paced(age: number): ReturnType<typeof knownOf> {
  return knownOf([
    entryOf(1, "current", { age }),
    ...[2, 3, 4].map((generation) =>
      entryOf(generation, "discarded", {
        age: 1000,
        authorization: null,
        asked: 30 * day,
        goneAt: now,
      })
    ),
  ], { deliveries: [provenAt(1)] });
}

/** Generation 2 is current, 25 of its 30 days old, and its attempt holds a lease for so long. */
function overlapping(lease: number): Situation {
  return {
    heroku: [listed(1, { age: 26 * day }), listed(2, { age: 25 * day })],
    known: knownOf([
      entryOf(1, "current", { age: 26 * day }),
      entryOf(2, "current", { age: 25 * day }),
    ], { deliveries: [provenAt(2)], leaseUntil: now + lease }),
    credential: credentialOf({ grace: 7 * day }),
  };
}

const table: readonly {
  readonly name: string;
  readonly situation: Situation;
  readonly expected: Readonly<Record<string, unknown>>;
}[] = [
  {
    name: "waits for a current authorization that is not due",
    situation: current(day),
    expected: { kind: "wait", reason: "Generation 1 is due in 18 d", until: dueOf(day) },
  },
  {
    name: "waits for an adopted authorization that is not due",
    situation: adopted(day),
    expected: { kind: "wait", reason: "Generation 0 is due in 18 d", until: dueOf(day) },
  },
  {
    name: "rotates what nears its expiry",
    situation: current(25 * day),
    expected: {
      kind: "rotate",
      cause: "expiry",
      reason: "Generation 1 expires in 5 d",
      until: null,
      attempt: 1,
      seenLease: null,
      creates: true,
      deletes: 1,
    },
  },
  {
    name: "rotates what was adopted and nears its expiry",
    situation: adopted(25 * day),
    expected: {
      kind: "rotate",
      cause: "expiry",
      reason: "Generation 0 expires in 5 d",
      deletes: 1,
    },
  },
  {
    name: "counts the attempts on",
    situation: current(25 * day, {
      known: knownOf([entryOf(1, "current", { age: 25 * day })], {
        deliveries: [provenAt(1)],
        attempt: 41,
      }),
    }),
    expected: { kind: "rotate", attempt: 42 },
  },
  {
    name: "rotates what has reached its greatest age",
    situation: current(10 * day, { credential: credentialOf({ maxAge: 10 * day }) }),
    expected: {
      kind: "rotate",
      cause: "max_age",
      reason: "Generation 1 is as old as 'max_age' allows",
    },
  },
  {
    name: "leaves alone for ever what never expires",
    situation: {
      heroku: [listed(1, { lifetime: null })],
      known: knownOf([entryOf(1, "current", { age: 900 * day, lifetime: null })], {
        deliveries: [provenAt(1)],
      }),
    },
    expected: {
      kind: "wait",
      reason: "Generation 1 never expires: set 'max_age' to have it rotated all the same",
      until: null,
    },
  },
  {
    name: "rotates what never expires by its age",
    situation: {
      heroku: [listed(1, { lifetime: null })],
      known: knownOf([entryOf(1, "current", { age: 90 * day, lifetime: null })], {
        deliveries: [provenAt(1)],
      }),
      credential: credentialOf({ maxAge: 90 * day }),
    },
    expected: { kind: "rotate", cause: "max_age" },
  },
  {
    name: "waits until what never expires is old enough",
    situation: {
      heroku: [listed(1, { lifetime: null })],
      known: knownOf([entryOf(1, "current", { lifetime: null })], { deliveries: [provenAt(1)] }),
      credential: credentialOf({ maxAge: 90 * day }),
    },
    expected: { kind: "wait", until: now + Math.round(90 * day * (1 - jitter("ci") / 10)) },
  },
  {
    name: "provisions a credential that Heroku never had",
    situation: { known: knownOf([]), credential: credentialOf({ scope: ["read"] }) },
    expected: {
      kind: "rotate",
      cause: "missing",
      reason: "Heroku lists no authorization for it",
      creates: true,
      deletes: 0,
    },
  },
  {
    name: "replaces a current one that has expired or was revoked",
    situation: current(day, {
      heroku: [],
      known: knownOf([entryOf(1, "current", { age: 2 * day, doubtedSince })], {
        deliveries: [provenAt(1)],
      }),
    }),
    expected: {
      kind: "rotate",
      cause: "missing",
      reason: "Heroku no longer lists generation 1",
      creates: true,
      deletes: 0,
    },
  },
  {
    name: "takes a listed 'expires_in' of 0 for expired",
    situation: current(30 * day),
    expected: { kind: "rotate", cause: "missing", deletes: 0 },
  },
  {
    name: "replaces an adopted one that has expired or was revoked",
    situation: adopted(day, {
      heroku: [],
      known: knownOf([entryOf(0, "adopted", { age: 2 * day, doubtedSince })]),
    }),
    expected: { kind: "rotate", cause: "missing", reason: "Heroku lists no authorization for it" },
  },
  {
    name:
      "replaces a current one although its predecessor still lives, as the targets hold the dead one",
    situation: {
      heroku: [listed(1)],
      known: knownOf([
        entryOf(1, "current", { age: 3 * day }),
        entryOf(2, "current", { age: 2 * day, doubtedSince }),
      ], { deliveries: [provenAt(2)] }),
    },
    expected: {
      kind: "rotate",
      cause: "missing",
      reason: "Heroku no longer lists generation 2",
      creates: true,
      deletes: 1,
    },
  },
  {
    name: "replaces a current one whose token was regenerated by hand",
    situation: current(day, {
      heroku: [listed(1, { access_token: { id: "by-hand", expires_in: 28_800 } })],
    }),
    expected: {
      kind: "rotate",
      cause: "regenerated",
      reason: "The token of generation 1 was regenerated by hand",
      creates: true,
      deletes: 1,
    },
  },
  {
    name:
      "leaves alone an adopted one whose token was regenerated by hand, as that hand delivered it",
    situation: adopted(day, {
      heroku: [listed(0, { age: day, access_token: { id: "by-hand", expires_in: 20 * 86_400 } })],
    }),
    expected: { kind: "wait" },
  },
  {
    name: "makes a new generation for a new target, as the token is no longer kept",
    situation: current(day, {
      credential: credentialOf({ targets: [targetAt("hook"), targetAt("new")] }),
    }),
    expected: {
      kind: "rotate",
      cause: "new_target",
      reason: "new is not known to hold its token",
      creates: true,
      deletes: 1,
    },
  },
  {
    name: "delivers the current token to a new target while the token is kept",
    situation: {
      heroku: [listed(1)],
      known: knownOf([entryOf(1, "current", { sealedToken: "v1.sealed" })], {
        deliveries: [provenAt(1)],
      }),
      credential: credentialOf({ targets: [targetAt("hook"), targetAt("new")] }),
    },
    expected: {
      kind: "rotate",
      cause: "unfinished",
      reason: "new is not proven to hold its token",
      creates: false,
      deletes: 0,
    },
  },
  {
    name: "takes no notice of a target that is gone",
    situation: current(day, { credential: credentialOf({ targets: [] }) }),
    expected: { kind: "wait" },
  },
  {
    name: "starts nothing for an optional target that is not proven",
    situation: current(day, {
      credential: credentialOf({
        targets: [targetAt("hook"), targetAt("optional", { required: false })],
      }),
    }),
    expected: { kind: "wait" },
  },
  {
    name: "makes a first generation at once where a target cannot hold an adopted token",
    situation: adopted(day, {
      credential: credentialOf({ targets: [targetAt("store", { mayHoldAdopted: false })] }),
    }),
    expected: {
      kind: "rotate",
      cause: "new_target",
      reason: "store is not known to hold its token",
      creates: true,
      deletes: 1,
    },
  },
  {
    name: "makes a new generation for a target that needs the token kept when it is not",
    situation: current(day, {
      credential: credentialOf({ targets: [targetAt("hook", { retainsToken: true })] }),
    }),
    expected: { kind: "rotate", cause: "new_target", creates: true },
  },
  {
    name: "waits while a target's token is kept for it",
    situation: {
      heroku: [listed(1)],
      known: knownOf([entryOf(1, "current", { sealedToken: "v1.sealed" })], {
        deliveries: [provenAt(1)],
      }),
      credential: credentialOf({ targets: [targetAt("hook", { retainsToken: true })] }),
    },
    expected: { kind: "wait" },
  },
  {
    name: "replaces a replacement that nears its own expiry before it is proven",
    situation: {
      heroku: [listed(1, { age: 29 * day }), listed(2, { age: 25 * day })],
      known: knownOf([
        entryOf(1, "current", { age: 29 * day }),
        entryOf(2, "minted", { age: 25 * day }),
      ], { deliveries: [provenAt(1)] }),
    },
    expected: {
      kind: "rotate",
      cause: "expiry",
      reason: "Generation 2 expires in 5 d",
      creates: true,
      deletes: 2,
    },
  },
  {
    name: "replaces what nears its expiry although a target has yet to hold it",
    situation: {
      heroku: [listed(1, { age: 25 * day })],
      known: knownOf([entryOf(1, "current", { age: 25 * day, sealedToken: "v1.sealed" })], {
        deliveries: [provenAt(1)],
      }),
      credential: credentialOf({ targets: [targetAt("hook"), targetAt("new")] }),
    },
    expected: { kind: "rotate", cause: "expiry", creates: true, deletes: 1 },
  },
  {
    name: "goes on with what is not proven although it has reached its greatest age",
    situation: {
      heroku: [listed(1, { age: 12 * day }), listed(2, { age: 11 * day })],
      known: knownOf([
        entryOf(1, "current", { age: 12 * day }),
        entryOf(2, "minted", { age: 11 * day }),
      ], { deliveries: [provenAt(1)] }),
      credential: credentialOf({ maxAge: 10 * day }),
    },
    expected: { kind: "rotate", cause: "unfinished", creates: false },
  },
  {
    name: "replaces what nears its expiry during its own overlap",
    situation: overlapping(LEASE_DURATION + 5 * day),
    expected: { kind: "rotate", cause: "expiry", creates: true, deletes: 2 },
  },
  {
    name: "lets an attempt end whose overlap is over",
    situation: overlapping(LEASE_DURATION),
    expected: { kind: "running" },
  },
  {
    name: "goes on with a replacement that is not proven",
    situation: {
      heroku: [listed(1, { age: 25 * day }), listed(2)],
      known: knownOf([entryOf(1, "current", { age: 25 * day }), entryOf(2, "minted")], {
        deliveries: [provenAt(1)],
      }),
    },
    expected: {
      kind: "rotate",
      cause: "unfinished",
      reason: "Generation 2 was created, and is not proven at every target yet",
      creates: false,
      deletes: 1,
    },
  },
  {
    name: "makes another replacement when the unproven one is gone",
    situation: {
      heroku: [listed(1, { age: 25 * day })],
      known: knownOf([
        entryOf(1, "current", { age: 25 * day }),
        entryOf(2, "minted", { age: 2 * day, doubtedSince }),
      ], { deliveries: [provenAt(1)] }),
    },
    expected: { kind: "rotate", cause: "missing", creates: true, deletes: 1 },
  },
  {
    name: "makes another replacement when the unproven one was regenerated by hand",
    situation: {
      heroku: [
        listed(1, { age: 25 * day }),
        listed(2, { access_token: { id: "by-hand", expires_in: 28_800 } }),
      ],
      known: knownOf([entryOf(1, "current", { age: 25 * day }), entryOf(2, "minted")]),
    },
    expected: { kind: "rotate", cause: "regenerated", creates: true },
  },
  {
    name: "retires what a failed attempt left stale, without making anything",
    situation: {
      heroku: [listed(0), listed(1), listed(2)],
      known: knownOf([entryOf(0, "adopted"), entryOf(1, "current"), entryOf(2, "current")], {
        deliveries: [provenAt(2)],
      }),
    },
    expected: {
      kind: "rotate",
      cause: "unfinished",
      reason: "2 older authorizations not deleted yet (current: generation 2)",
      creates: false,
      deletes: 2,
    },
  },
  {
    name: "redelivers what a look after the grace found overwritten",
    situation: {
      heroku: [listed(0), listed(1)],
      known: knownOf([entryOf(0, "adopted"), entryOf(1, "current", { sealedToken: "v1.sealed" })], {
        deliveries: [provenAt(1, "hook", { proof: null, provenAt: null })],
      }),
    },
    expected: {
      kind: "rotate",
      cause: "unfinished",
      reason: "hook is not proven to hold its token",
      creates: false,
      deletes: 1,
    },
  },
  {
    name: "answers another Worker that showed up after the current authorization was made",
    situation: {
      heroku: [listed(1, { age: 2 * day }), listed(2, { age: day })],
      known: knownOf([
        entryOf(1, "current", { age: 2 * day }),
        entryOf(2, "foreign", { age: day }),
      ], { deliveries: [provenAt(1)] }),
    },
    expected: {
      kind: "rotate",
      cause: "competitor",
      reason:
        "Another Worker manages 'ci' too and may delete generation 1: let only one Worker manage it",
      creates: true,
      deletes: 1,
    },
  },
  {
    name: "answers another Worker once",
    situation: {
      heroku: [listed(2, { age: 2 * day }), listed(3, { age: day }), listed(4)],
      known: knownOf([
        entryOf(2, "foreign", { age: 2 * day }),
        entryOf(3, "current", { age: day }),
        entryOf(4, "foreign"),
      ], { deliveries: [provenAt(3)] }),
    },
    expected: { kind: "wait" },
  },
  {
    name: "answers another Worker once, also where Heroku gives all the same date",
    situation: {
      heroku: [listed(2, { age: 2 * day }), listed(3, { age: day })],
      known: knownOf([
        entryOf(2, "foreign", { age: 2 * day, createdAt: 0 }),
        entryOf(3, "current", { age: day, createdAt: 0 }),
      ], { deliveries: [provenAt(3)] }),
    },
    expected: { kind: "wait" },
  },
  {
    name: "answers another Worker of the same date that showed up later",
    situation: {
      heroku: [listed(1, { age: 2 * day }), listed(2, { age: day })],
      known: knownOf([
        entryOf(1, "current", { age: 2 * day, createdAt: 0 }),
        entryOf(2, "foreign", { age: day, createdAt: 0 }),
      ], { deliveries: [provenAt(1)] }),
    },
    expected: { kind: "rotate", cause: "competitor" },
  },
  {
    name: "calls what is too old and near its end by its end",
    situation: {
      heroku: [listed(0, { age: 29 * day })],
      credential: credentialOf({ maxAge: day }),
      known: knownOf([entryOf(0, "adopted", { age: 29 * day })]),
    },
    expected: { kind: "rotate", cause: "expiry", urgent: true },
  },
  {
    name: "does nothing at all while paused, however urgent",
    situation: current(day, { heroku: [], credential: credentialOf({ paused: true }) }),
    expected: { kind: "wait", reason: "It is paused: remove 'paused' to go on", until: null },
  },
  {
    name: "leaves an attempt at work alone",
    situation: current(25 * day, {
      known: knownOf([entryOf(1, "current", { age: 25 * day })], {
        deliveries: [provenAt(1)],
        attempt: 3,
        leaseUntil: now + minute,
      }),
    }),
    expected: { kind: "running", reason: "Attempt 3 is at work", until: now + minute },
  },
  {
    name: "leaves an attempt alone that sleeps its grace",
    situation: current(10 * day, {
      credential: credentialOf({ grace: 9 * day }),
      known: knownOf([entryOf(1, "current", { age: 10 * day })], {
        deliveries: [provenAt(1)],
        leaseUntil: now + 9 * day + LEASE_DURATION,
      }),
    }),
    expected: { kind: "running", until: now + 9 * day + LEASE_DURATION },
  },
  {
    name: "takes over from an attempt whose lease has run out, without waiting",
    situation: current(25 * day, {
      known: knownOf([entryOf(1, "current", { age: 25 * day })], {
        deliveries: [provenAt(1)],
        attempt: 3,
        leaseUntil: now,
        failures: 5,
        endedAt: now - minute,
        error,
      }),
    }),
    expected: { kind: "rotate", attempt: 4, seenLease: now },
  },
  {
    name: "takes over from a lease that a clock far ahead has written",
    situation: current(25 * day, {
      known: knownOf([entryOf(1, "current", { age: 25 * day })], {
        deliveries: [provenAt(1)],
        attempt: 3,
        leaseUntil: now + 365 * day,
      }),
    }),
    expected: { kind: "rotate", attempt: 4, seenLease: now + 365 * day },
  },
  {
    name: "takes over at once from an attempt that sleeps while the current token is dead",
    situation: {
      heroku: [listed(0)],
      known: knownOf([
        entryOf(0, "adopted"),
        entryOf(1, "current", { age: 2 * day, doubtedSince, sealedToken: "v1.sealed" }),
      ], {
        deliveries: [provenAt(1)],
        attempt: 3,
        leaseUntil: now + hour,
      }),
    },
    expected: { kind: "rotate", cause: "missing", attempt: 4, seenLease: now + hour },
  },
  {
    name: "leaves an attempt alone that is making the successor of a dead token",
    situation: {
      heroku: [listed(0)],
      known: knownOf([
        entryOf(0, "adopted"),
        entryOf(1, "current", { age: 2 * day, doubtedSince, sealedToken: "v1.sealed" }),
        entryOf(2, "intended"),
      ], {
        deliveries: [provenAt(1)],
        attempt: 3,
        leaseUntil: now + LEASE_DURATION,
      }),
    },
    expected: { kind: "running" },
  },
  {
    name: "takes over from an attempt that is awake and makes no successor of a dead token",
    situation: {
      heroku: [listed(0)],
      known: knownOf([
        entryOf(0, "adopted"),
        entryOf(1, "current", { age: 2 * day, doubtedSince, sealedToken: "v1.sealed" }),
      ], {
        deliveries: [provenAt(1)],
        attempt: 3,
        leaseUntil: now + LEASE_DURATION,
      }),
    },
    expected: { kind: "rotate", cause: "missing", attempt: 4, seenLease: now + LEASE_DURATION },
  },
  {
    name: "leaves an attempt alone that still delivers, even when its replacement is dead",
    situation: {
      heroku: [listed(0)],
      known: knownOf([entryOf(0, "adopted"), entryOf(1, "minted")], {
        attempt: 3,
        leaseUntil: now + minute,
      }),
    },
    expected: { kind: "running" },
  },
  {
    name: "spreads what is left of a day's creates",
    situation: current(22 * day, { known: paced(22 * day) }),
    expected: { kind: "back_off", until: now - 1000 + 3 * hour },
  },
  {
    name: "spreads them no longer than the token in use lives",
    situation: current(29 * day, { known: paced(29 * day) }),
    expected: { kind: "rotate", cause: "expiry" },
  },
  {
    name: "spreads them no longer than it takes some attempts to deliver before the emergency",
    situation: current(28.5 * day - 90 * minute, { known: paced(28.5 * day - 90 * minute) }),
    expected: { kind: "back_off", until: now + 30 * minute },
  },
  {
    name: "backs off after a failure, and says why it failed",
    situation: current(25 * day, {
      known: knownOf([entryOf(1, "current", { age: 25 * day })], {
        deliveries: [provenAt(1)],
        failures: 3,
        endedAt: now - minute,
        error,
      }),
    }),
    expected: {
      kind: "back_off",
      reason: `Generation 1 expires in 5 d. The last attempt failed: ${error}`,
      until: now + 19 * minute,
    },
  },
  {
    name: "tries again once it has backed off",
    situation: current(25 * day, {
      known: knownOf([entryOf(1, "current", { age: 25 * day })], {
        deliveries: [provenAt(1)],
        attempt: 3,
        failures: 3,
        endedAt: now - 20 * minute,
        error,
      }),
    }),
    expected: { kind: "rotate", attempt: 4 },
  },
  {
    name: "backs off no further than to the emergency window",
    situation: current(28.5 * day - hour, {
      known: knownOf([entryOf(1, "current", { age: 28.5 * day - hour })], {
        deliveries: [provenAt(1)],
        failures: 20,
        endedAt: now - minute,
        error,
      }),
    }),
    expected: { kind: "back_off", until: now + hour },
  },
  {
    name: "backs off for 15 minutes at most within the emergency window",
    situation: current(29 * day, {
      known: knownOf([entryOf(1, "current", { age: 29 * day })], {
        deliveries: [provenAt(1)],
        failures: 20,
        endedAt: now - minute,
        error,
      }),
    }),
    expected: { kind: "back_off", until: now + 14 * minute },
  },
  {
    name: "backs off for 15 minutes at most while the targets hold a dead token",
    situation: current(day, {
      heroku: [],
      known: knownOf([entryOf(1, "current", { age: 2 * day, doubtedSince })], {
        deliveries: [provenAt(1)],
        failures: 20,
        endedAt: now - minute,
        error,
      }),
    }),
    expected: { kind: "back_off", until: now + 14 * minute },
  },
  {
    name: "backs off ever longer from a target that is down for good while the old token lives",
    situation: {
      heroku: [listed(1, { age: 21 * day }), listed(2)],
      known: knownOf([entryOf(1, "current", { age: 21 * day }), entryOf(2, "minted")], {
        deliveries: [provenAt(1)],
        failures: 20,
        endedAt: now - minute,
        error,
      }),
    },
    expected: { kind: "back_off", until: now + 12 * hour - minute },
  },
  {
    name:
      "backs off for 15 minutes at most while the replacement of a dead token is unproven, whatever older one still lives",
    situation: {
      heroku: [listed(0), listed(2)],
      known: knownOf([
        entryOf(0, "adopted"),
        entryOf(1, "current", { age: 2 * day, doubtedSince }),
        entryOf(2, "minted", { age: 2 * day }),
      ], {
        deliveries: [provenAt(1)],
        failures: 20,
        endedAt: now - minute,
        error,
      }),
    },
    expected: { kind: "back_off", until: now + 14 * minute },
  },
  {
    name: "goes on with an unproven replacement in time before the old token expires",
    situation: {
      heroku: [listed(1, { age: 28.5 * day - hour }), listed(2)],
      known: knownOf([entryOf(1, "current", { age: 28.5 * day - hour }), entryOf(2, "minted")], {
        deliveries: [provenAt(1)],
        failures: 20,
        endedAt: now - minute,
        error,
      }),
    },
    expected: { kind: "back_off", until: now + hour },
  },
  {
    name: "backs off from a new target no further than to the emergency window",
    situation: current(28.5 * day - hour, {
      credential: credentialOf({ renewBefore: 0, targets: [targetAt("hook"), targetAt("new")] }),
      known: knownOf([entryOf(1, "current", { age: 28.5 * day - hour })], {
        deliveries: [provenAt(1)],
        failures: 20,
        endedAt: now - minute,
        error,
      }),
    }),
    expected: { kind: "back_off", until: now + hour },
  },
  {
    name: "takes no notice of a failure that a clock far ahead has dated",
    situation: current(25 * day, {
      known: knownOf([entryOf(1, "current", { age: 25 * day })], {
        deliveries: [provenAt(1)],
        failures: 3,
        endedAt: now + 365 * day,
        error,
      }),
    }),
    expected: { kind: "rotate" },
  },
  {
    name: "backs off from a failure that a clock just ahead has dated",
    situation: current(25 * day, {
      known: knownOf([entryOf(1, "current", { age: 25 * day })], {
        deliveries: [provenAt(1)],
        failures: 3,
        endedAt: now + second,
        error,
      }),
    }),
    expected: { kind: "back_off", until: now + 20 * minute },
  },
  {
    name: "is blocked without a scope",
    situation: { known: knownOf([]) },
    expected: {
      kind: "blocked",
      reason:
        "Heroku lists no authorization for it. No earlier authorization says which scope it needs: set 'scope'",
      until: null,
    },
  },
  {
    name: "is blocked when the predecessor's record names no scope",
    situation: adopted(25 * day, {
      known: knownOf([entryOf(0, "adopted", { age: 25 * day, scope: null })]),
    }),
    expected: { kind: "blocked" },
  },
  {
    name: "takes the scope of a predecessor that is long gone",
    situation: { known: knownOf([entryOf(3, "retired")]) },
    expected: { kind: "rotate", cause: "missing" },
  },
  {
    name: "takes the scope from no other Worker's authorization",
    situation: { heroku: [listed(3)], known: knownOf([entryOf(3, "foreign")]) },
    expected: { kind: "blocked" },
  },
  {
    name: "needs no scope to go on with a replacement",
    situation: { heroku: [listed(1)], known: knownOf([entryOf(1, "minted", { scope: null })]) },
    expected: { kind: "rotate", cause: "unfinished", creates: false, deletes: 0 },
  },
  {
    name: "goes by the expiry it knows where Heroku lists a record without an access token",
    situation: current(25 * day, { heroku: [listed(1, { age: 25 * day, access_token: null })] }),
    expected: { kind: "rotate", cause: "expiry", reason: "Generation 1 expires in 5 d" },
  },
  {
    name:
      "replaces marked ones that the ledger knows nothing of, as the targets may hold any of them",
    situation: {
      heroku: [listed(7), listed(8)],
      known: knownOf([entryOf(7, "adopted"), entryOf(8, "adopted")]),
    },
    expected: {
      kind: "rotate",
      cause: "unfinished",
      reason: "The ledger does not say which targets hold generation 7",
      creates: true,
      deletes: 2,
    },
  },
];

for (const { name, situation, expected } of table) {
  Deno.test(`plan() ${name}`, () => {
    const decision = decide(situation);
    const relevant = Object.entries(decision).filter(([member]) => member in expected);
    assertEquals(Object.fromEntries(relevant), expected);
    assertEquals(decision.credential, "ci");
  });
}

Deno.test("plan() gives the same for the same", () => {
  for (const { situation } of table) assertEquals(planFor(situation), planFor(situation));
});

Deno.test("plan() changes nothing that it is given", () => {
  for (const { situation } of table) {
    const before = structuredClone(situation.known);
    planFor(situation);
    assertEquals(situation.known, before);
  }
});

Deno.test("plan() decides about each credential in the configuration's order, whatever the others are", () => {
  const names = ["web", "ci", "api"];
  const { decisions } = plan({
    view: createView([listed(1, { age: 25 * day })], now),
    credentials: names.map((name) => credentialOf({ name })),
    ledger: new Map([
      ["ci", knownOf([entryOf(1, "current", { age: 25 * day })], { deliveries: [provenAt(1)] })],
      ["web", knownOf([])],
      ["api", knownOf([], { leaseUntil: now + minute })],
    ]),
    now,
    fuse: { creates: 1000, deletes: 1000 },
    lineage,
  });
  assertEquals(decisions.map(({ credential, kind }) => [credential, kind]), [
    ["web", "blocked"],
    ["ci", "rotate"],
    ["api", "running"],
  ]);
});

for (
  const [what, fuse, blows] of [
    ["as much as is due", { creates: 1, deletes: 2 }, false],
    ["fewer creates", { creates: 0, deletes: 2 }, true],
    ["fewer deletes", { creates: 1, deletes: 1 }, true],
  ] as const
) {
  Deno.test(`plan() ${blows ? "holds everything" : "goes on"} with a fuse that allows ${what}`, () => {
    const { decisions: [decision], removals, blown } = planFor(
      current(25 * day, {
        heroku: [listed(1, { age: 25 * day }), listed(2)],
        known: knownOf([
          entryOf(1, "current", { age: 25 * day }),
          entryOf(2, "discarded", { age: 26 * day }),
        ], { deliveries: [provenAt(1)] }),
        fuse,
      }),
    );
    assertEquals([decision.kind, removals.length], blows ? ["held", 0] : ["rotate", 1]);
    if (!blows) return assertEquals(blown, null);
    assert(blown);
    assertStringIncludes(blown, "would create 1 and delete 2 authorizations");
    assertStringIncludes(blown, `the fuse allows ${fuse.creates} and ${fuse.deletes}`);
    assertStringIncludes(blown, "'FUSE'");
    assertEquals(decision, {
      kind: "held",
      cause: "expiry",
      credential: "ci",
      reason: `Generation 1 expires in 5 d. ${blown}`,
      until: null,
    });
  });
}

Deno.test("plan() does not count what waits, runs or backs off against the fuse", () => {
  for (const { situation } of table) {
    const { decisions: [decision], blown } = planFor({
      ...situation,
      fuse: { creates: 0, deletes: 0 },
    });
    const quiet = decide(situation);
    if (quiet.kind === "rotate" && (quiet.creates || quiet.deletes > 0)) assert(blown);
    else assertEquals({ decision, blown }, { decision: quiet, blown: null });
  }
});

for (
  const [state, leaseUntil, removed] of [
    ["discarded", null, true],
    ["discarded", now + minute, true],
    ["intended", null, true],
    ["intended", now, true],
    ["intended", now + minute, false],
    ["minted", null, false],
    ["current", null, false],
    ["adopted", null, false],
    ["retired", null, false],
    ["foreign", null, false],
  ] as const
) {
  Deno.test(`plan() ${removed ? "removes" : "leaves"} what is ${state} with a lease until ${leaseUntil}`, () => {
    const { removals } = planFor({
      heroku: [listed(1)],
      known: knownOf([entryOf(1, state)], { leaseUntil }),
    });
    assertEquals(
      removals.map(({ authorization, reason }) => [authorization, reason]),
      removed
        ? [["authorization-1", "An attempt at generation 1 made it and never delivered it"]]
        : [],
    );
  });
}

for (const isProven of [true, false]) {
  Deno.test(`plan() ${isProven ? "deletes again" : "leaves"} what was deleted and is still listed while a target ${isProven ? "is" : "is not"} proven to hold its successor`, () => {
    const ended = { endedAt: now - day };
    const { removals } = planFor({
      heroku: [listed(1), listed(2)],
      known: knownOf([entryOf(1, "retired", ended), entryOf(2, "current")], {
        deliveries: isProven ? [provenAt(2)] : [],
      }),
    });
    assertEquals(
      removals.map(({ authorization }) => authorization),
      isProven ? ["authorization-1"] : [],
    );
  });
}

Deno.test("plan() removes no leftover of a paused credential", () => {
  const { removals } = planFor({
    heroku: [listed(1)],
    known: knownOf([entryOf(1, "discarded")]),
    credential: credentialOf({ paused: true }),
  });
  assertEquals(removals, []);
});

Deno.test("plan() reports another Worker's authorization once, and never removes it", () => {
  const heroku = [listed(1), listed(2)];
  const known = knownOf([entryOf(1, "current")], { deliveries: [provenAt(1)] });
  const first = planFor({ heroku, known });
  assertEquals(first.foreign, [found(2, "foreign")]);
  assertEquals(first.removals, []);
  const second = planFor({
    heroku,
    known: { ...known, entries: [...known.entries, ...first.foreign] },
  });
  assertEquals({ foreign: second.foreign, removals: second.removals }, {
    foreign: [],
    removals: [],
  });
  for (const { unmanaged } of [first, second]) {
    assertEquals(unmanaged.map(({ id, reason }) => [id, reason]), [
      ["authorization-2", "Another Worker made it"],
    ]);
  }
});

Deno.test("plan() says of each authorization that it leaves alone why it does", () => {
  const { unmanaged } = planFor({
    ...current(day),
    heroku: [
      listed(1),
      listed(0, { id: "second", lifetime: null }),
      listed(0, { id: "default", description: "ci" }),
      listed(0, { id: "web", description: "web" }),
      { id: "bare" },
    ],
    defaultId: "default",
  });
  assertEquals(unmanaged, [
    {
      id: "second",
      description: "ci",
      expiresAt: null,
      neverExpires: true,
      reason: "It has a credential's name, but Herotate neither made nor adopted it",
    },
    {
      id: "default",
      description: "ci",
      expiresAt: now + 30 * day,
      neverExpires: false,
      reason: "It is the account's default API key",
    },
    {
      id: "web",
      description: "web",
      expiresAt: now + 30 * day,
      neverExpires: false,
      reason: "No credential has its name",
    },
    {
      id: "bare",
      description: "",
      expiresAt: null,
      neverExpires: false,
      reason: "No credential has its name",
    },
  ]);
});

Deno.test("plan() takes what an attempt at work is about to record for managed", () => {
  const known = knownOf([entryOf(1, "current"), entryOf(2, "intended")], {
    deliveries: [provenAt(1)],
    leaseUntil: now + minute,
  });
  assertEquals(planFor({ heroku: [listed(1), listed(2)], known }).unmanaged, []);
});

Deno.test("plan() shows a stale authorization that was renamed instead of deleted", () => {
  const { unmanaged } = planFor({
    heroku: [listed(1, { description: "mine" }), listed(2)],
    known: knownOf([entryOf(1, "released"), entryOf(2, "current")], { deliveries: [provenAt(2)] }),
  });
  assertEquals(unmanaged.map(({ id, reason }) => [id, reason]), [
    ["authorization-1", "No credential has its name"],
  ]);
});

Deno.test("planAdoption() gives what each credential unknown to the ledger begins with", () => {
  const heroku = [listed(0), listed(0, { id: "web", description: "web" }), listed(4)];
  const adoption = planAdoption({
    view: createView(heroku, now),
    credentials: [credentialOf(), credentialOf({ name: "web" }), credentialOf({ name: "new" })],
    ledger: new Map([["web", knownOf([], { attempt: 1 })]]),
  });
  assertEquals([...adoption.keys()], ["ci", "new"]);
  assertEquals(adoption.get("ci"), [found(0), found(4)]);
  assertEquals(adoption.get("new"), []);
});

for (
  const [what, known, isTaken] of [
    ["nothing was found or begun", knownOf([]), true],
    ["only another Worker's was found", knownOf([entryOf(4, "foreign")]), true],
    ["an attempt was begun", knownOf([], { attempt: 1 }), false],
    ["another one was found", knownOf([entryOf(4, "adopted")]), false],
  ] as const
) {
  Deno.test(`planAdoption() ${isTaken ? "takes" : "leaves"} what is found with a marker later where ${what}`, () => {
    const adoption = planAdoption({
      view: createView([listed(0), listed(7)], now),
      credentials: [credentialOf()],
      ledger: new Map([["ci", known]]),
    });
    assertEquals([...adoption], isTaken ? [["ci", [found(7)]]] : []);
  });
}

Deno.test("planAdoption() takes nothing that another credential has taken", () => {
  const renamed = listed(0, { description: "web" });
  const adoption = planAdoption({
    view: createView([renamed], now),
    credentials: [credentialOf(), credentialOf({ name: "web" })],
    ledger: new Map([["ci", knownOf([entryOf(0, "adopted")])]]),
  });
  assertEquals(adoption.get("web"), []);
});

for (
  const [duration, words] of [
    [0, "0 s"],
    [1999, "1 s"],
    [119 * second, "119 s"],
    [2 * minute, "2 min"],
    [2 * hour - 1, "119 min"],
    [2 * hour, "2 h"],
    [2 * day - 1, "47 h"],
    [2 * day, "2 d"],
    [400.9 * day, "400 d"],
  ] as const
) {
  Deno.test(`inWords() says '${words}' for ${duration} ms`, () => {
    assertEquals(inWords(duration), words);
  });
}
