import {
  assert,
  assertEquals,
  assertGreater,
  assertGreaterOrEqual,
  assertLess,
  assertLessOrEqual,
} from "@std/assert";
import fc from "fast-check";
import type { Credential } from "../../lib/rotation/credential.ts";
import {
  backoff,
  due,
  earliestDue,
  graceFor,
  jitter,
  shortestInterval,
} from "../../lib/rotation/schedule.ts";
import { day, hour, minute, second } from "../simulation/simulation.ts";

const createdAt = Date.UTC(2026, 0, 1);

function credential(policy: Partial<Credential> = {}): Credential {
  return { name: "ci-deploy", grace: hour, paused: false, targets: [], ...policy };
}

/** When an authorization with this lifetime is due, counted from its creation. */
function dueAfter(lifetime: number, policy: Partial<Credential> = {}) {
  const { at, expiringAt, emergencyAt, by } = due(credential(policy), {
    createdAt,
    expiresAt: createdAt + lifetime,
    lifetime,
  });
  return {
    at: at - createdAt,
    expiringAt: expiringAt - createdAt,
    emergencyAt: emergencyAt - createdAt,
    by,
  };
}

Deno.test("due() leaves a third of the lifetime by default, and up to a tenth of that more", () => {
  for (const lifetime of [8 * hour, 30 * day, 365 * day]) {
    for (const name of ["a", "ci-deploy", "web", "x".repeat(200)]) {
      const { at, by } = dueAfter(lifetime, { name });
      assertEquals(by, "expiry");
      assertEquals(at, lifetime - Math.round(lifetime / 3 * (1 + jitter(name) / 10)));
      assert(at <= lifetime * 2 / 3 && at >= lifetime * 2 / 3 - lifetime / 30, `${name}: ${at}`);
    }
  }
});

Deno.test("due() obeys 'renewBefore'", () => {
  const { at, by } = dueAfter(30 * day, { renewBefore: 3 * day });
  assertEquals({ at, by }, {
    at: 30 * day - Math.round(3 * day * (1 + jitter("ci-deploy") / 10)),
    by: "expiry",
  });
});

Deno.test("due() counts from the lifetime left, not from the creation", () => {
  const age = { createdAt, expiresAt: createdAt + 50 * day, lifetime: 30 * day };
  assertEquals(due(credential(), age).at, dueAfter(30 * day).at + createdAt + 20 * day);
});

Deno.test("due() is never later than the emergency window, a twentieth of the lifetime", () => {
  for (const renewBefore of [0, second, hour]) {
    const { at, emergencyAt } = dueAfter(30 * day, { renewBefore });
    assertEquals({ at, emergencyAt }, { at: 28.5 * day, emergencyAt: 28.5 * day });
  }
  assertEquals(dueAfter(30 * day).emergencyAt, 28.5 * day);
});

for (
  const [lifetime, renewBefore] of [[hour, 30 * day], [30 * day, 30 * day], [30 * day, Infinity]]
) {
  Deno.test(`due() lets a replacement with a lifetime of ${lifetime} ms be a while with 'renewBefore' ${renewBefore}`, () => {
    assertEquals(dueAfter(lifetime, { lifetime, renewBefore }).at, lifetime / 10);
  });
}

Deno.test("due() scales a 'renewBefore' that is meant for a longer lifetime than was asked for", () => {
  const { at, by } = due(credential({ lifetime: 365 * day, renewBefore: 60 * day }), {
    createdAt: 0,
    expiresAt: 30 * day,
    lifetime: 30 * day,
    asked: 30 * day,
  });
  assertEquals(by, "expiry");
  assertGreaterOrEqual(at, 24 * day);
});

for (
  const [granted, asked, renewBefore, expected] of [
    [30 * day, 300 * day, 30 * day, 3 * day],
    [8 * hour, 30 * day, 10 * day, 8 * hour / 3],
    [8 * hour, 30 * day, undefined, 8 * hour / 3],
    [8 * hour, undefined, 10 * day, 8 * hour / 3],
    [40 * day, 30 * day, 10 * day, 10 * day],
  ] as const
) {
  Deno.test(`due() leaves ${expected} ms of a lifetime of ${granted} ms with 'lifetime' ${asked} and 'renewBefore' ${renewBefore}`, () => {
    const spread = 1 + jitter("ci-deploy") / 10;
    const { expiringAt } = due(credential({ lifetime: asked, renewBefore }), {
      createdAt: 0,
      expiresAt: granted,
      lifetime: granted,
      ...(asked === undefined ? {} : { asked }),
    });
    assertEquals(expiringAt, granted - Math.round(expected * spread));
  });
}

Deno.test("due() takes no second for a millisecond: 30 days stay 30 days", () => {
  const seconds = 30 * 86_400;
  assertEquals(dueAfter(seconds * 1000).emergencyAt, 28.5 * 86_400_000);
});

Deno.test("due() reaches 'maxAge' whatever the expiry, up to a tenth of it early", () => {
  const expected = Math.round(5 * day * (1 - jitter("ci-deploy") / 10));
  assertEquals(dueAfter(30 * day, { maxAge: 5 * day }), {
    ...dueAfter(30 * day),
    at: expected,
    by: "max_age",
  });
  const forever = due(credential({ maxAge: 5 * day }), {
    createdAt,
    expiresAt: null,
    lifetime: null,
  });
  assertEquals(forever, {
    at: createdAt + expected,
    expiringAt: Infinity,
    emergencyAt: Infinity,
    by: "max_age",
  });
});

Deno.test("due() names the expiry when that comes before 'maxAge'", () => {
  assertEquals(dueAfter(30 * day, { maxAge: 300 * day }), dueAfter(30 * day));
});

Deno.test("due() is never for what never expires without 'maxAge'", () => {
  assertEquals(due(credential(), { createdAt, expiresAt: null, lifetime: null }), {
    at: Infinity,
    expiringAt: Infinity,
    emergencyAt: Infinity,
    by: "never",
  });
});

Deno.test("due() takes the lifetime from creation and expiry where it is for ever but ends", () => {
  const age = { createdAt, expiresAt: createdAt + 30 * day, lifetime: null };
  assertEquals(due(credential(), age).at, due(credential(), { ...age, lifetime: 30 * day }).at);
});

const spreadOfName = jitter("ci-deploy") / 10;

for (
  const [what, more, by] of [
    ["never expires", { expiresAt: null, lifetime: null }, "too_long"],
    ["lives a year", { expiresAt: createdAt + 365 * day, lifetime: 365 * day }, "too_long"],
  ] as const
) {
  Deno.test(`due() makes what ${what} due by its age, as if it lived the 30 days that are configured`, () => {
    const { at, by: found, emergencyAt } = due(credential({ lifetime: 30 * day }), {
      createdAt,
      ...more,
    });
    assertEquals({ at, found }, { at: dueAfter(30 * day).at + createdAt, found: by });
    assertEquals(emergencyAt, more.expiresAt === null ? Infinity : createdAt + 365 * day * 0.95);
  });

  Deno.test(`due() spreads what ${what} over a tenth of the window once it is found late`, () => {
    const notedAt = createdAt + 1000 * day;
    const window = Math.round(10 * day * (1 + spreadOfName));
    const age = { createdAt, ...more, notedAt };
    assertEquals(
      due(credential({ lifetime: 30 * day }), age).at,
      Math.min(
        notedAt + Math.round(spreadOfName * window),
        more.expiresAt === null ? Infinity : dueAfter(365 * day).at + createdAt,
      ),
    );
  });
}

Deno.test("due() makes what ends no one knows when due within a day, each name at another time", () => {
  const notedAt = createdAt + 1000 * day;
  const times = ["a", "b", "ci-deploy"].map((name) => {
    const age = { createdAt, expiresAt: null, lifetime: 30 * day, notedAt };
    const { at, by } = due(credential({ name }), age);
    assertEquals(by, "unknown_end");
    assert(at >= notedAt + 6 * hour && at <= notedAt + day, String(at - notedAt));
    return at;
  });
  assertEquals(new Set(times).size, 3);
});

Deno.test("due() leaves what lives a minute longer than configured, as two clocks never agree", () => {
  const lifetime = 30 * day + minute;
  const age = { createdAt, expiresAt: createdAt + lifetime, lifetime };
  assertEquals(due(credential({ lifetime: 30 * day }), age).by, "expiry");
});

Deno.test("due() leaves what never expires where the configuration says so, or nothing", () => {
  const age = { createdAt, expiresAt: null, lifetime: null };
  for (const lifetime of [null, undefined]) {
    assertEquals(due(credential({ lifetime }), age).by, "never");
  }
});

Deno.test("due() makes a token that Heroku never ends due like the one that was asked for", () => {
  const age = { createdAt, expiresAt: null, lifetime: null, asked: 30 * day };
  assertEquals(due(credential(), age).at, dueAfter(30 * day).at + createdAt);
});

for (
  const [scope, allowed, isWide] of [
    [["global"], ["write-protected"], true],
    [["write"], ["read"], true],
    [["read", "identity"], ["read"], true],
    [["identity", "read"], ["read", "identity"], false],
    [["read"], ["write"], false],
    [["read", "read-protected", "write"], ["write-protected"], false],
    [["identity"], ["write-protected"], true],
    [["a-new-one"], ["global"], false],
    [null, ["read"], false],
    [[], ["read"], false],
  ] as const
) {
  Deno.test(`due() finds the scope ${scope} ${isWide ? "" : "no "}wider than ${allowed}`, () => {
    const age = { createdAt, expiresAt: createdAt + 30 * day, lifetime: 30 * day, scope };
    const { by, at } = due(credential({ scope: allowed }), age);
    assertEquals(by, isWide ? "too_wide" : "expiry");
    if (isWide) assertLessOrEqual(at, createdAt + 1.1 * day);
  });
}

Deno.test("graceFor() shortens only what a lifetime has no room for", () => {
  const all = credential({ lifetime: 30 * day, grace: 7 * day });
  assertEquals(graceFor(all, 30 * day), 7 * day);
  assertEquals(graceFor(all, null), 7 * day);
  assertEquals(graceFor(all, 8 * hour), Math.round(shortestInterval(all, 8 * hour) / 2));
  assertLess(graceFor(all, 8 * hour), 3 * hour);
});

Deno.test("earliestDue() is before due() of any name, and no earlier than its jitter can have it", () => {
  fc.assert(fc.property(
    fc.string({ minLength: 1 }),
    fc.integer({ min: 1, max: 10_000 }).map((minutes) => minutes * minute),
    fc.option(fc.integer({ min: 0, max: 1e9 }), { nil: undefined }),
    (name, lifetime, renewBefore) => {
      const earliest = earliestDue(lifetime, renewBefore);
      const { at } = dueAfter(lifetime, { name, lifetime, renewBefore });
      assertLessOrEqual(earliest, at);
      assertLessOrEqual(at - earliest, (renewBefore ?? lifetime / 3) / 10 + 1);
    },
  ));
});

Deno.test("due() of any replacement comes after a tenth of its lifetime and before a twentieth of it is left", () => {
  fc.assert(fc.property(
    fc.string({ minLength: 1 }),
    fc.integer({ min: 1, max: 10_000 }).map((minutes) => minutes * minute),
    fc.option(fc.integer({ min: 0, max: 1e12 }), { nil: undefined }),
    (name, lifetime, renewBefore) => {
      const { at, emergencyAt } = dueAfter(lifetime, { name, renewBefore });
      assert(at >= lifetime / 10 - 1, `Due after ${at} of ${lifetime}`);
      assertLessOrEqual(at, emergencyAt);
      assertLess(emergencyAt, lifetime);
    },
  ));
});

Deno.test("jitter() is always the same for the same name", () => {
  assertEquals(jitter("ci-deploy"), jitter("ci-deploy"));
  // A changed hash would move every rotation of every user once.
  assertEquals(
    ["", "a", "ci-deploy", "línea"].map((name) => Math.floor(jitter(name) * 2 ** 32)),
    [2872998923, 444641715, 681964104, 4052548571],
  );
});

Deno.test("jitter() spreads names over [0, 1), however alike they are", () => {
  const tenths = new Array<number>(10).fill(0);
  for (let index = 0; index < 10_000; index++) tenths[Math.floor(jitter(`ci-${index}`) * 10)]++;
  for (const count of tenths) assert(count > 850 && count < 1150, tenths.join(" "));
});

Deno.test("jitter() stays in [0, 1) for any name", () => {
  fc.assert(fc.property(fc.string({ unit: "binary" }), (name) => {
    const value = jitter(name);
    assert(value >= 0 && value < 1, String(value));
  }));
});

Deno.test("jitter() keeps a hundred tokens made at one moment from being replaced at one moment", () => {
  const times = Array.from(
    { length: 100 },
    (_, index) => dueAfter(30 * day, { name: `ci-${index}` }).at,
  );
  assertGreater(Math.max(...times) - Math.min(...times), 20 * hour);
  assertEquals(new Set(times).size, times.length);
});

Deno.test("backoff() is 5 minutes, doubles, and ends at 12 hours", () => {
  const expected = [0, 5, 10, 20, 40, 80, 160, 320, 640, 720, 720].map((minutes) =>
    minutes * minute
  );
  assertEquals(expected.map((_, failures) => backoff(failures)), expected);
  assertEquals([backoff(5000), backoff(-1)], [12 * hour, 0]);
});
