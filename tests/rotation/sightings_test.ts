import { assertEquals } from "@std/assert";
import type { Entry, EntryState } from "../../lib/rotation/ledger.ts";
import { createView, type ViewOptions } from "../../lib/rotation/view.ts";
import { findSightings, tolerated } from "../../lib/rotation/sightings.ts";
import { entryOf, knownOf, listed, now } from "./plan_input.ts";
import { day, hour, minute } from "../simulation/simulation.ts";

type News = Partial<Pick<Entry, "accessToken" | "seenAt" | "doubtedSince" | "goneAt">>;

/** What is new of an entry of generation 1; undefined for nothing. */
function newsOf(
  state: EntryState,
  entry: Partial<Entry>,
  heroku: Parameters<typeof createView>[0],
  view?: ViewOptions,
): News | undefined {
  const known = knownOf([entryOf(1, state, { age: 5 * day, ...entry })]);
  const [found] = findSightings([known], createView(heroku, now, view));
  if (!found) return;
  const { accessToken, seenAt, doubtedSince, goneAt } = found;
  return { accessToken, seenAt, doubtedSince, goneAt };
}

const shown = listed(1, { age: 5 * day });
const renamed = listed(1, {
  age: 5 * day,
  access_token: { id: "another", expires_in: 25 * 86_400 },
});
const before: News = {
  accessToken: "access-1",
  seenAt: now - 5 * day,
  doubtedSince: null,
  goneAt: null,
};

for (
  const [what, state, entry, heroku, view, expected] of [
    ["is listed as before", "current", {}, [shown], {}, undefined],
    ["is listed for the first time", "current", { seenAt: null }, [shown], {}, { seenAt: now }],
    ["is missing", "current", {}, [], {}, { doubtedSince: now }],
    [
      "is missing and was not asked about",
      "current",
      {},
      [],
      { unasked: new Set(["authorization-1"]) },
      undefined,
    ],
    ["is still missing", "current", { doubtedSince: now - hour }, [], {}, undefined],
    ["is listed again", "current", { doubtedSince: now - hour }, [shown], {}, {
      doubtedSince: null,
    }],
    [
      "is missing and its token is taken",
      "current",
      { doubtedSince: now - hour },
      [],
      { accepted: new Map([["authorization-1", true]]) },
      { doubtedSince: null },
    ],
    ["is listed with another token", "current", {}, [renamed], {}, undefined],
    [
      "is listed with another token from the first",
      "current",
      { seenAt: null },
      [renamed],
      {},
      { accessToken: "another", seenAt: now },
    ],
    ["was deleted and is missing", "retired", { endedAt: now - 10 * minute }, [], {}, {
      goneAt: now,
    }],
    [
      "was deleted just now and is missing",
      "retired",
      { endedAt: now - minute },
      [],
      {},
      undefined,
    ],
    ["was deleted and is listed", "retired", { endedAt: now - hour }, [shown], {}, undefined],
    [
      "was deleted, gone, and is listed again",
      "retired",
      { endedAt: now - hour, goneAt: now - minute },
      [shown],
      {},
      { goneAt: null },
    ],
    [
      "was deleted and is missing from a list that breaks off",
      "retired",
      { endedAt: now - hour },
      [],
      { doubtful: true },
      undefined,
    ],
    [
      "was lost with its answer and is missing",
      "discarded",
      { authorization: null, endedAt: now - hour },
      [],
      {},
      { goneAt: now },
    ],
    [
      "was lost with its answer and is listed",
      "discarded",
      { authorization: null, endedAt: now - hour },
      [shown],
      {},
      undefined,
    ],
    [
      "was lost with its answer and is missing from a list that lacks what lives",
      "discarded",
      { authorization: null, endedAt: now - hour },
      [],
      { patchy: true },
      undefined,
    ],
    [
      "was lost with its answer and may be a record that no one can read",
      "discarded",
      { authorization: null, endedAt: now - hour },
      [],
      { blurred: true },
      undefined,
    ],
    [
      "was deleted and is missing beside a record that no one can read",
      "retired",
      { endedAt: now - hour },
      [],
      { blurred: true },
      { goneAt: now },
    ],
    [
      "was lost with its answer, and would have ended, in a list that cannot be relied on",
      "discarded",
      { authorization: null, endedAt: now - hour, notedAt: now - 31 * day },
      [],
      { doubtful: true },
      { goneAt: now },
    ],
    ["is another Worker's", "foreign", {}, [], {}, undefined],
    ["was left to who renamed it", "released", {}, [], {}, undefined],
    ["is being made", "intended", { authorization: null, notedAt: now - hour }, [], {}, undefined],
    [
      "was to be made and never was",
      "intended",
      { authorization: null, accessToken: null },
      [],
      {},
      { goneAt: now },
    ],
  ] as const
) {
  Deno.test(`findSightings() ${expected ? "notes" : "has nothing to note"} of what ${what}`, () => {
    const news = newsOf(state, entry, heroku, view);
    if (!expected) return assertEquals(news, undefined);
    const { accessToken, seenAt, doubtedSince, goneAt } = { ...before, ...entry };
    assertEquals(news, { accessToken, seenAt, doubtedSince, goneAt, ...expected });
  });
}

for (
  const [what, entries, heroku, unreadable, earlier, expected] of [
    ["all that is known is listed", [entryOf(1, "current")], [listed(1)], 2, 0, 2],
    ["what is known is missing", [entryOf(1, "current")], [], 2, 1, 1],
    ["fewer are listed than before", [entryOf(1, "current")], [], 1, 3, 1],
    ["nothing is known yet", [], [], 1, 0, 1],
    [
      "an answer was lost",
      [entryOf(1, "current"), entryOf(2, "discarded", { authorization: null })],
      [listed(1)],
      1,
      0,
      0,
    ],
    [
      "a lost answer left nothing",
      [entryOf(1, "current"), entryOf(2, "discarded", { authorization: null, goneAt: now })],
      [listed(1)],
      1,
      0,
      1,
    ],
    [
      "what a lost answer left would have ended",
      [entryOf(1, "current"), entryOf(2, "discarded", { authorization: null, age: 31 * day })],
      [listed(1)],
      1,
      0,
      1,
    ],
    ["what is known has expired", [entryOf(1, "current", { age: 40 * day })], [], 1, 0, 1],
  ] as const
) {
  Deno.test(`tolerated() tolerates ${expected} of ${unreadable} unreadable records when ${what}`, () => {
    const note = {
      lineage: "line",
      account: null,
      own: null,
      unreadable: earlier,
      unsure: 0,
      emptySince: null,
    };
    assertEquals(
      tolerated([knownOf(entries)], createView(heroku, now), unreadable, note),
      expected,
    );
  });
}

Deno.test("findSightings() completes what could not be read of an authorization when it was adopted", () => {
  const blank = { scope: null, description: null, expiresAt: null, accessToken: null };
  const known = knownOf([entryOf(0, "adopted", { age: 5 * day, ...blank })]);
  const view = createView([listed(0, { age: 5 * day, lifetime: 90 * day })], now);
  const [{ scope, description, expiresAt, lifetime, accessToken }] = findSightings([known], view);
  assertEquals({ scope, description, expiresAt, lifetime, accessToken }, {
    scope: ["write"],
    description: "ci",
    expiresAt: now + 85 * day,
    lifetime: 90 * day,
    accessToken: "access-0",
  });
});

Deno.test("findSightings() takes back that an adopted authorization never expires once its end is listed", () => {
  const never = { lifetime: null, expiresAt: null };
  const known = knownOf([entryOf(0, "adopted", { age: 5 * day, description: "ci", ...never })]);
  const [found] = findSightings([known], createView([listed(0, { age: 5 * day })], now));
  assertEquals({ lifetime: found.lifetime, expiresAt: found.expiresAt }, {
    lifetime: 30 * day,
    expiresAt: now + 25 * day,
  });
});

Deno.test("findSightings() changes nothing that was read of an authorization when it was adopted", () => {
  const known = knownOf([entryOf(0, "adopted", { age: 5 * day, description: "ci" })]);
  const changed = listed(0, { scope: ["global"], description: "mine", lifetime: 90 * day });
  assertEquals(findSightings([known], createView([changed], now)), []);
});

for (
  const [what, state, entry, token, view, expected] of [
    ["earlier", "current", {}, { expires_in: 8 * 3600 }, {}, {
      lifetime: 5 * day + 8 * hour,
      expiresAt: now + 8 * hour,
    }],
    [
      "where create named none",
      "minted",
      { lifetime: null, expiresAt: null, asked: null },
      { expires_in: 8 * 3600 },
      {},
      { lifetime: 5 * day + 8 * hour, expiresAt: now + 8 * hour },
    ],
    [
      "earlier, of a token that was regenerated",
      "current",
      {},
      {
        id: "another",
        expires_in: 8 * 3600,
      },
      {},
      undefined,
    ],
    [
      "earlier, of a token whose id only differs",
      "current",
      {},
      { id: "another", expires_in: 8 * 3600 },
      { accepted: new Map([["authorization-1", true]]) },
      { lifetime: 5 * day + 8 * hour, expiresAt: now + 8 * hour },
    ],
    ["later", "current", {}, { expires_in: 300 * 86_400 }, {}, undefined],
    ["as never", "current", {}, { expires_in: null }, {}, undefined],
    ["as a second from now", "current", {}, { expires_in: 1 }, {}, undefined],
    [
      "earlier, where a clock was ahead when it was made",
      "current",
      { notedAt: now + 9 * day, expiresAt: now + 39 * day },
      { expires_in: 8 * 3600 },
      {},
      { lifetime: 30 * day, expiresAt: now + 8 * hour },
    ],
    [
      "earlier, where a clock has jumped back by two days",
      "current",
      { notedAt: now + 2 * day, expiresAt: now + 32 * day },
      { expires_in: 30 * 86_400 },
      {},
      { lifetime: 30 * day, expiresAt: now + 30 * day },
    ],
  ] as const
) {
  Deno.test(`findSightings() of an end that is listed ${what} ${expected ? "notes" : "does not note"} it`, () => {
    const known = knownOf([entryOf(1, state, { age: 5 * day, ...entry })]);
    const seen = listed(1, { age: 5 * day, access_token: { id: "access-1", ...token } });
    const [found] = findSightings([known], createView([seen], now, view));
    const { lifetime, expiresAt } = found ?? known.entries[0];
    const before = known.entries[0];
    const unchanged = { lifetime: before.lifetime, expiresAt: before.expiresAt };
    assertEquals({ lifetime, expiresAt }, expected ?? unchanged);
  });
}
