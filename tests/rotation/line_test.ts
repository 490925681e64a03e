import { assertEquals } from "@std/assert";
import { membersOf } from "../../lib/rotation/line.ts";
import { createView } from "../../lib/rotation/view.ts";
import { entryOf, knownOf, listed, now } from "./plan_input.ts";
import { day, hour, minute } from "../simulation/simulation.ts";

Deno.test("membersOf() gives what is both listed and known, oldest generation first", () => {
  const known = knownOf([
    entryOf(0, "adopted"),
    entryOf(1, "minted", { age: 3 * day, doubtedSince: now - hour }),
    entryOf(2, "minted", { age: 2 * day }),
  ]);
  const members = membersOf(
    known,
    createView([listed(3), listed(2, { age: 2 * day }), listed(0)], now),
  );
  assertEquals(members.map(({ entry, expiresAt }) => [entry.generation, expiresAt]), [
    [0, now + 30 * day],
    [2, now + 28 * day],
  ]);
});

Deno.test("membersOf() knows an authorization by its id, whatever its description says by now", () => {
  const known = knownOf([entryOf(1, "current")]);
  const view = createView([listed(1, { description: "mine" })], now);
  assertEquals(membersOf(known, view).length, 1);
});

Deno.test("membersOf() gives nothing of another Worker", () => {
  const view = createView([listed(1)], now);
  assertEquals(membersOf(knownOf([entryOf(1, "foreign")]), view), []);
});

for (
  const [kept, shown, usable] of [
    ["access-1", "access-1", true],
    ["access-1", "another", false],
    ["access-1", undefined, true],
    [null, "another", true],
  ] as const
) {
  Deno.test(`membersOf() calls a token ${usable ? "usable" : "regenerated"} whose id is ${shown} and was ${kept}`, () => {
    const known = knownOf([entryOf(1, "current", { accessToken: kept })]);
    const view = createView([listed(1, { access_token: { id: shown, expires_in: 28_800 } })], now);
    assertEquals(membersOf(known, view).map((member) => member.usable), [usable]);
  });
}

Deno.test("membersOf() goes by the expiry that it knows where Heroku lists a record without an access token", () => {
  const known = knownOf([entryOf(1, "current", { age: 20 * day })]);
  for (const access_token of [null, undefined, {}, { id: "access-1" }]) {
    const [member] = membersOf(known, createView([listed(1, { access_token })], now));
    assertEquals(member.expiresAt, now + 10 * day, JSON.stringify(access_token));
  }
});

Deno.test("membersOf() believes Heroku that a token never expires which it found there", () => {
  const known = knownOf([entryOf(0, "adopted", { age: 20 * day })]);
  const view = createView([listed(0, { access_token: { expires_in: null } })], now);
  assertEquals(membersOf(known, view)[0].expiresAt, null);
});

for (const expires_in of [null, 300 * 86_400]) {
  Deno.test(`membersOf() goes by what the create was answered where Heroku lists a longer end: ${expires_in}`, () => {
    const known = knownOf([entryOf(1, "current", { age: 20 * day })]);
    const view = createView([listed(1, { access_token: { expires_in } })], now);
    assertEquals(membersOf(known, view)[0].expiresAt, now + 10 * day);
  });
}

for (
  const [what, entry, view, doubtedUntil] of [
    ["has just gone missing", {}, {}, now + 10 * minute],
    ["has been missing for 9 minutes", { doubtedSince: now - 9 * minute }, {}, now + minute],
    ["has been missing for 10 minutes", { doubtedSince: now - 10 * minute }, {}, undefined],
    ["was missed by a clock ahead", { doubtedSince: now + day }, {}, now + 10 * minute],
    [
      "is missing and was made an hour ago",
      { age: hour, doubtedSince: now - hour },
      {},
      now + 40 * minute > now + hour ? now + 40 * minute : now + hour,
    ],
    ["is missing from a list that cannot be relied on", {}, { doubtful: true }, Infinity],
    [
      "is missing, long since, and was not asked about",
      { doubtedSince: now - day },
      { unasked: new Set(["authorization-1"]) },
      Infinity,
    ],
    [
      "is missing with all others for an hour",
      { doubtedSince: now - hour },
      { sparse: true },
      now + hour,
    ],
    [
      "is missing with all others for two hours",
      { doubtedSince: now - 2 * hour },
      { sparse: true },
      undefined,
    ],
    ["is missing and has expired", { expiresAt: now }, {}, undefined],
    ["was retired", { state: "retired" }, {}, undefined],
  ] as const
) {
  Deno.test(`membersOf() ${doubtedUntil === undefined ? "drops" : "keeps"} one that ${what}`, () => {
    const known = knownOf([entryOf(1, "current", { age: 5 * day, ...entry })]);
    const members = membersOf(known, createView([], now, view));
    assertEquals(
      members.map((member) => [member.doubtedUntil, member.usable]),
      doubtedUntil === undefined ? [] : [[doubtedUntil, true]],
    );
  });
}

Deno.test("membersOf() doubts an absence four times as long for each create of the day", () => {
  const missing = entryOf(1, "current", { age: 5 * day, doubtedSince: now });
  const made = [3, 4].map((generation) => entryOf(generation, "discarded", { age: hour }));
  const [member] = membersOf(knownOf([missing, ...made]), createView([], now));
  assertEquals(member.doubtedUntil, now + 160 * minute);
});

Deno.test("membersOf() takes another token that ends as before for a slip, however long it lasts", () => {
  const shown = [listed(1, { age: 5 * day, access_token: { id: "b", expires_in: 25 * 86_400 } })];
  const usableSince = (doubtedSince: number) =>
    membersOf(
      knownOf([entryOf(1, "current", { age: 5 * day, doubtedSince })]),
      createView(shown, now),
    ).map(({ usable }) => usable);
  assertEquals([usableSince(now), usableSince(now - 10 * minute)], [[true], [true]]);
});
