import { assert, assertEquals, assertLessOrEqual, assertMatch } from "@std/assert";
import fc from "fast-check";
import { findBrake, paceOf } from "../../lib/rotation/brake.ts";
import type { Entry } from "../../lib/rotation/ledger.ts";
import { LEASE_DURATION, shortestInterval } from "../../lib/rotation/schedule.ts";
import { credentialOf, entryOf, now } from "./plan_input.ts";
import { day, hour, minute, second } from "../simulation/simulation.ts";

/** So many entries, each made so long after the other, the newest just now. */
function madeEvery(interval: number, count: number, more: Partial<Entry> = {}): Entry[] {
  return Array.from({ length: count }, (_, index) =>
    entryOf(index + 1, "retired", {
      age: (count - 1 - index) * interval,
      goneAt: now,
      listedEnd: null,
      ...more,
    }));
}

function brakeOf(
  entries: readonly Entry[],
  more: Parameters<typeof credentialOf>[0] = {},
  at = now,
) {
  return findBrake(credentialOf({ lifetime: 30 * day, ...more }), { entries }, at);
}

Deno.test("findBrake() lets four be made in a day whose schedule is one in weeks, and no more", () => {
  assertEquals(brakeOf(madeEvery(hour, 3)), undefined);
  const brake = brakeOf(madeEvery(hour, 4));
  assertMatch(brake?.reason ?? "", /^4 authorizations were created for 'ci' in 24 hours/);
  // Each may have been sent as late as its lease allowed.
  const until = now - 3 * hour + day + LEASE_DURATION;
  assertEquals(brake?.until, until);
  assertMatch(brakeOf(madeEvery(hour, 4), {}, until - 1)?.reason ?? "", /^4 authorizations/);
  assertEquals(brakeOf(madeEvery(hour, 4), {}, until), undefined);
});

Deno.test("findBrake() counts what a clock that ran ahead has dated", () => {
  const ahead = madeEvery(hour, 4).map((entry) => ({ ...entry, notedAt: now + 900 * day }));
  assert(brakeOf(ahead));
});

Deno.test("findBrake() counts no more than a day of what a clock that ran ahead has dated", () => {
  const ahead = madeEvery(5 * hour, 15, { lifetime: 8 * hour })
    .map((entry) => ({ ...entry, notedAt: entry.notedAt + 900 * day }));
  const since = madeEvery(5 * hour, 5, { lifetime: 8 * hour });
  assertEquals(brakeOf([...ahead, ...since], { lifetime: 8 * hour }), undefined);
});

Deno.test("findBrake() counts by the Worker's clock, whatever Heroku says of the creation", () => {
  const backdated = madeEvery(hour, 4).map((entry) => ({ ...entry, createdAt: 0 }));
  assert(brakeOf(backdated));
});

for (
  const [what, more] of [
    ["adopted", { made: false }],
    ["made a day ago", { notedAt: now - day - LEASE_DURATION }],
  ] as const
) {
  Deno.test(`findBrake() does not count what was ${what}`, () => {
    assertEquals(brakeOf(madeEvery(hour, 50, more)), undefined);
  });
}

for (
  const [what, more] of [
    ["in use", { state: "current", goneAt: null }],
    ["deleted and not seen to be gone", { goneAt: null }],
    ["given up and not seen to be gone", { state: "discarded", goneAt: null }],
    ["lost with its answer", {
      state: "discarded",
      authorization: null,
      expiresAt: null,
      goneAt: null,
    }],
  ] as const
) {
  Deno.test(`findBrake() counts what is ${what} as live until it ends`, () => {
    const entries = madeEvery(2 * day, 4, more);
    const brake = brakeOf(entries);
    assertMatch(brake?.reason ?? "", /^4 authorizations that were created for 'ci' may be live/);
    // What was lost with its answer may have been sent late.
    const late = what === "lost with its answer" ? LEASE_DURATION : 0;
    assertEquals(brake?.until, now - 6 * day + 30 * day + late);
    assertEquals(brakeOf(entries.slice(1)), undefined);
  });
}

for (
  const [what, more] of [
    ["seen to be gone", {}],
    ["left to who renamed it", { state: "released", goneAt: null }],
    ["expired", { goneAt: null, expiresAt: now }],
  ] as const
) {
  Deno.test(`findBrake() does not count as live what is ${what}`, () => {
    assertEquals(brakeOf(madeEvery(2 * day, 40, more)), undefined);
  });
}

Deno.test("findBrake() never lets go of what may live for ever", () => {
  const forever = { goneAt: null, lifetime: null, expiresAt: null } as const;
  const brake = brakeOf(madeEvery(2 * day, 4, forever), { lifetime: null });
  assertEquals(brake?.until, null);
});

Deno.test("findBrake() goes by what Heroku granted: a third of a day's schedule fits into it", () => {
  const entries = madeEvery(4 * hour, 6, { lifetime: 8 * hour });
  assertEquals(brakeOf(entries), undefined);
  assert(brakeOf(madeEvery(hour, 24, { lifetime: 8 * hour })));
});

Deno.test("findBrake() explains what may be live by its own lifetime, not by what Heroku granted others", () => {
  const short = madeEvery(4 * hour, 2, { lifetime: 8 * hour, asked: 8 * day });
  const lost = madeEvery(12 * hour, 4, {
    state: "discarded",
    authorization: null,
    lifetime: 8 * day,
    asked: 8 * day,
    expiresAt: null,
    goneAt: null,
  });
  const credential = { lifetime: 8 * day, grace: day };
  const brake = brakeOf([...lost, ...short], credential);
  assertMatch(brake?.reason ?? "", /^4 authorizations that were created for 'ci' may be live/);
  assertEquals(brakeOf([...lost.slice(1), ...short], credential), undefined);
});

Deno.test("findBrake() goes by no lifetime of those whose answer was lost", () => {
  const lost = {
    state: "discarded",
    authorization: null,
    expiresAt: null,
    lifetime: 30 * day,
  } as const;
  const entries = [
    ...madeEvery(5 * hour, 4, { lifetime: 8 * hour, asked: 30 * day }),
    ...madeEvery(hour, 3, { ...lost, asked: 30 * day }),
  ];
  assertEquals(brakeOf(entries), undefined);
});

for (
  const [what, entries] of [
    ["one short grant", [
      ...madeEvery(hour, 4, { lifetime: hour }),
      ...madeEvery(hour, 2, { lifetime: 30 * day }),
    ]],
    ["grants of a minute", madeEvery(10 * minute, 100, { lifetime: minute })],
  ] as const
) {
  Deno.test(`findBrake() is not loosened by ${what}`, () => {
    assert(brakeOf(entries));
  });
}

Deno.test("findBrake() lets a credential rotate as its configuration says, whatever that is", () => {
  fc.assert(fc.property(
    fc.integer({ min: 10, max: 100_000 }).map((minutes) => minutes * minute),
    fc.option(fc.integer({ min: 10, max: 100_000 }), { nil: undefined }),
    fc.integer({ min: 0, max: 100_000 }),
    fc.string({ minLength: 1 }),
    (lifetime, renewMinutes, graceMinutes, name) => {
      const renewBefore = renewMinutes === undefined
        ? undefined
        : Math.min(renewMinutes * minute, lifetime - minute);
      const credential = credentialOf({
        name,
        lifetime,
        renewBefore,
        grace: graceMinutes * minute,
      });
      const interval = shortestInterval(credential, lifetime);
      const grace = Math.min(credential.grace, interval / 2);
      const entries = Array.from({ length: 100 }, (_, back) => {
        const age = (back + 1) * interval;
        const isLive = age < interval + grace;
        return entryOf(100 - back, isLive ? "current" : "retired", {
          lifetime,
          asked: lifetime,
          notedAt: now - age,
          expiresAt: now - age + lifetime,
          goneAt: isLive ? null : now - age + interval + grace,
        });
      }).reverse();
      assertEquals(findBrake(credential, { entries }, now), undefined);
    },
  ));
});

Deno.test("findBrake() keeps the creates of any 24 hours within twice the schedule and four", () => {
  fc.assert(fc.property(
    fc.array(fc.integer({ min: 1, max: 8 * 60 }), { minLength: 1, maxLength: 300 }),
    fc.constantFrom(20 * minute, 8 * hour, day, 30 * day),
    (waits, lifetime) => {
      const credential = credentialOf({ lifetime });
      const entries: Entry[] = [];
      const times: number[] = [];
      let at = now;
      for (const wait of waits) {
        at += wait * minute;
        if (findBrake(credential, { entries }, at)) continue;
        times.push(at);
        entries.push(entryOf(entries.length + 1, "retired", {
          lifetime,
          notedAt: at,
          goneAt: at,
          expiresAt: at + lifetime,
        }));
      }
      const most = 2 * day / shortestInterval(credential, lifetime) + 4;
      for (const [index, from] of times.entries()) {
        const within = times.slice(index).filter((time) => time < from + day).length;
        assertLessOrEqual(within, most);
      }
    },
  ));
});

for (
  const [made, lifetime, wait] of [
    [0, 30 * day, -Infinity],
    [1, 30 * day, -Infinity],
    [2, 30 * day, 45 * minute],
    [3, 30 * day, 3 * hour],
    [2, 8 * hour, 0],
    [8, 8 * hour, 42 * second],
    [12, 8 * hour, 3 * hour],
  ] as const
) {
  Deno.test(`paceOf() has the next create wait ${wait} ms after ${made} with a lifetime of ${lifetime} ms`, () => {
    const entries = madeEvery(minute, made, { lifetime });
    const pace = paceOf(credentialOf({ lifetime }), { entries }, now);
    assertEquals(Math.floor((pace - now) / second) * second, wait);
  });
}

Deno.test("findBrake() goes by the list where a create's answer says less than it", () => {
  const made = madeEvery(hour, 4, { lifetime: 2 * hour });
  const listed = made.map((entry) => ({ ...entry, listedEnd: entry.notedAt + 8 * day }));
  assertEquals(brakeOf(made, { lifetime: 8 * day }), undefined);
  assert(brakeOf(listed, { lifetime: 8 * day }));
});
