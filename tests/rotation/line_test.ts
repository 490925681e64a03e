import { assertEquals } from "@std/assert";
import type { Authorization } from "../../lib/heroku/authorization.ts";
import {
  adoptionOf,
  foreignersOf,
  forgottenOf,
  isClaimed,
  leftoversOf,
} from "../../lib/rotation/findings.ts";
import { membersOf } from "../../lib/rotation/line.ts";
import { createView, creationOf, expiryOf } from "../../lib/rotation/view.ts";
import type { Entry } from "../../lib/rotation/ledger.ts";
import { entryOf, knownOf, lineage, listed, markOf, now } from "./plan_input.ts";
import { day, hour, minute } from "../simulation/simulation.ts";

function ids(authorizations: readonly { readonly id: string }[]): string[] {
  return authorizations.map(({ id }) => id);
}

/** The entry of an authorization that was found in Heroku just now. */
function found(generation: number, more: Parameters<typeof entryOf>[2] = {}): Entry {
  return entryOf(generation, "adopted", {
    description: descriptionOf(generation),
    notedAt: now,
    seenAt: now,
    ...more,
  });
}

function descriptionOf(generation: number): string {
  return listed(generation).description ?? "";
}

function adopted(
  heroku: readonly Authorization[],
  taken: readonly string[] = [],
  defaultId?: string,
) {
  return adoptionOf("ci", createView(heroku, now, { defaultId }), new Set(taken));
}

for (
  const [expires_in, shown] of [[0, false], [-1, false], [1, true], [null, true], [
    undefined,
    true,
  ]] as const
) {
  Deno.test(`createView() ${shown ? "shows" : "leaves out"} an authorization whose 'expires_in' is ${expires_in}`, () => {
    const authorization = listed(1, { access_token: { expires_in } });
    const view = createView([authorization], now);
    assertEquals(view.authorizations, shown ? [authorization] : []);
    assertEquals(view.byId.size, shown ? 1 : 0);
    assertEquals(view.byName.size, shown ? 1 : 0);
  });
}

for (const access_token of [null, undefined]) {
  Deno.test(`createView() shows an authorization whose 'access_token' is ${access_token}`, () => {
    assertEquals(ids(createView([listed(1, { access_token })], now).authorizations), [
      "authorization-1",
    ]);
  });
}

Deno.test("createView() finds by name, whatever the generation", () => {
  const others = [
    listed(0, { id: "other", description: "ci-deploy" }),
    listed(0, { id: "nameless", description: undefined }),
  ];
  const { byName } = createView([listed(2), listed(0), ...others], now);
  assertEquals(ids(byName.get("ci") ?? []), ["authorization-2", "authorization-0"]);
  assertEquals(ids(byName.get("") ?? []), ["nameless"]);
});

Deno.test("expiryOf() takes 'expires_in' for the seconds left now", () => {
  assertEquals(expiryOf(listed(1, { access_token: { expires_in: 3600 } }), now), now + hour);
  assertEquals(expiryOf(listed(1, { access_token: { expires_in: 0 } }), now), now);
  assertEquals(expiryOf(listed(1, { access_token: { expires_in: null } }), now), null);
  assertEquals(expiryOf(listed(1, { access_token: null }), now), null);
});

for (const created_at of [undefined, "", "yesterday"]) {
  Deno.test(`creationOf() gives the other time where 'created_at' is ${JSON.stringify(created_at)}`, () => {
    assertEquals(creationOf(listed(1, { created_at }), 42), 42);
  });
}

Deno.test("creationOf() gives the creation", () => {
  assertEquals(creationOf(listed(1, { age: day }), 42), now - day);
});

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

Deno.test("adoptionOf() takes the one authorization that bears the name, as generation 0", () => {
  assertEquals(
    adopted([listed(0, { age: 10 * day }), listed(0, { id: "other", description: "web" })]),
    [
      found(0, { age: 10 * day }),
    ],
  );
});

Deno.test("adoptionOf() takes none of several without a marker, as no one says which one is in use", () => {
  assertEquals(adopted([listed(0), listed(0, { id: "second" })]), []);
});

Deno.test("adoptionOf() takes all with a marker, as a lost ledger leaves them", () => {
  assertEquals(adopted([listed(8), listed(7, { age: 20 * day })]), [
    found(8),
    found(7, { age: 20 * day }),
  ]);
});

Deno.test("adoptionOf() takes what has a marker beside several that have none", () => {
  const heroku = [listed(0), listed(0, { id: "second" }), listed(7)];
  assertEquals(adopted(heroku).map(({ generation }) => generation), [7]);
});

Deno.test("adoptionOf() never takes the account's default API key", () => {
  assertEquals(adopted([listed(0)], [], "authorization-0"), []);
  const beside = [listed(0), listed(0, { id: "second" })];
  assertEquals(adopted(beside, [], "second").map(({ authorization }) => authorization), [
    "authorization-0",
  ]);
});

Deno.test("adoptionOf() takes nothing that another credential has", () => {
  assertEquals(adopted([listed(0)], ["authorization-0"]), []);
});

Deno.test("adoptionOf() reckons the lifetime from the creation and the seconds left, to the minute", () => {
  const off = listed(0, { age: 20 * day });
  const [entry] = adopted([{ ...off, access_token: { expires_in: 10 * 86_400 - 7 } }]);
  assertEquals(entry.lifetime, 30 * day);
});

for (
  const [what, access_token, lifetime, expiresAt] of [
    ["never expires", { id: "access-0", expires_in: null }, null, null],
    ["has no access token", null, 30 * day, null],
    ["says nothing of its expiry", { id: "access-0" }, 30 * day, null],
    ["is created after it expires, by another clock", { expires_in: 1 }, minute, now + 1000],
  ] as const
) {
  Deno.test(`adoptionOf() notes the lifetime ${lifetime} for an authorization that ${what}`, () => {
    const [entry] = adopted([listed(0, { age: -hour, access_token })]);
    assertEquals({ lifetime: entry.lifetime, expiresAt: entry.expiresAt }, { lifetime, expiresAt });
  });
}

for (
  const [what, created_at, left, lifetime, createdAt] of [
    ["no date of its creation", undefined, hour, 30 * day, now],
    ["no date of its creation, and lives for long", undefined, 90 * day, 90 * day, now],
    ["a date of 1970", "1970-01-01T00:00:01Z", hour, 30 * day, now],
    ["a date that is years ahead", "2036-01-01T00:00:00Z", hour, 30 * day, now],
    ["a date that is an hour ahead", new Date(now + hour).toISOString(), 8 * hour, 8 * hour, now],
  ] as const
) {
  Deno.test(`adoptionOf() notes a lifetime of ${lifetime / day} days for what has ${what}`, () => {
    const access_token = { id: "access-0", expires_in: left / 1000 };
    const [entry] = adopted([listed(0, { created_at, access_token })]);
    assertEquals({ lifetime: entry.lifetime, createdAt: entry.createdAt }, { lifetime, createdAt });
  });
}

Deno.test("adoptionOf() copes with a record of nothing but an id and a description", () => {
  assertEquals(adopted([{ id: "authorization-0", description: "ci" }]), [
    found(0, { accessToken: null, scope: null, expiresAt: null }),
  ]);
});

Deno.test("foreignersOf() gives what bears the name and a mark that the ledger never made", () => {
  const known = knownOf([entryOf(1, "current"), entryOf(2, "intended")]);
  const view = createView([
    listed(0),
    listed(1),
    listed(2),
    listed(3),
    listed(9, { description: "web [g9 000000000000]" }),
  ], now);
  assertEquals(foreignersOf("ci", known, view, lineage), [{ ...found(3), state: "foreign" }]);
});

Deno.test("foreignersOf() gives none twice, nor one whose description was exchanged by hand", () => {
  const noted = knownOf([entryOf(3, "foreign"), entryOf(1, "current")]);
  const view = createView([listed(3), listed(1, { description: `ci [g8 ${markOf(8)}]` })], now);
  assertEquals(foreignersOf("ci", noted, view, lineage), []);
});

/** An authorization whose mark ends with the ledger's own lineage. */
function ownListed(generation: number, more: Parameters<typeof listed>[1] = {}): Authorization {
  return listed(generation, {
    description: `ci [g${generation} mark000${generation}line]`,
    ...more,
  });
}

Deno.test("forgottenOf() gives what bears the name and a mark of the ledger's own that it does not know", () => {
  const known = [entryOf(1, "current"), entryOf(5, "current", { mark: "mark0005line" })];
  const view = createView([listed(0), listed(1), listed(2), ownListed(3, { age: hour })], now);
  const [entry, ...others] = forgottenOf("ci", known, view, lineage);
  assertEquals(others, []);
  assertEquals(entry, {
    ...found(3, { age: hour }),
    mark: "mark0003line",
    description: "ci [g3 mark0003line]",
    made: true,
    notedAt: now - hour,
  });
  assertEquals(
    ids(
      foreignersOf("ci", knownOf(known), view, lineage).map(({ authorization }) => ({
        id: String(authorization),
      })),
    ),
    ["authorization-2"],
  );
});

Deno.test("forgottenOf() takes from the ledger what was asked for, whatever a list says", () => {
  const endless = { expires_in: null };
  const view = createView([ownListed(3, { age: hour, access_token: endless })], now);
  const ofCi = entryOf(1, "current", { asked: 8 * day });
  const askedAfter = (known: Entry[]) => forgottenOf("ci", known, view, lineage)[0].asked;
  assertEquals(askedAfter([ofCi]), 8 * day);
  assertEquals(askedAfter([{ ...ofCi, credential: "web" }]), null);
});

for (
  const [what, description] of [
    ["in capitals", "CI [G3 MARK0003LINE]".replace("CI", "ci")],
    ["in other brackets", "ci (g3 mark0003line)"],
    ["without brackets", " ci  g3 mark0003line "],
  ]
) {
  Deno.test(`forgottenOf() reads a mark that Heroku keeps ${what}`, () => {
    const view = createView([ownListed(3, { description })], now);
    assertEquals(
      forgottenOf("ci", [], view, lineage).map(({ mark, generation }) => [mark, generation]),
      [
        ["mark0003line", 3],
      ],
    );
    assertEquals(foreignersOf("ci", knownOf([]), view, lineage), []);
  });
}

for (
  const [what, authorization, known, options] of [
    ["another ledger's", listed(3), [], {}],
    ["another credential's name", ownListed(3, { description: "web [g3 mark0003line]" }), [], {}],
    ["no mark", ownListed(3, { description: "ci" }), [], {}],
    ["known by its id", ownListed(3), [entryOf(3, "current")], {}],
    ["known by its mark", ownListed(3), [entryOf(4, "intended", { mark: "mark0003line" })], {}],
    ["its own authorization", ownListed(3), [], { own: new Set(["authorization-3"]) }],
    ["the default API key", ownListed(3), [], { defaultId: "authorization-3" }],
  ] as const
) {
  Deno.test(`forgottenOf() does not give what is ${what}`, () => {
    assertEquals(forgottenOf("ci", known, createView([authorization], now, options), lineage), []);
  });
}

Deno.test("leftoversOf() finds an authorization with a lost answer by its mark", () => {
  const heroku = [listed(0), listed(1), listed(2), listed(2, { id: "twice" })];
  assertEquals(ids(leftoversOf(entryOf(2, "intended"), createView(heroku, now))), [
    "authorization-2",
    "twice",
  ]);
});

Deno.test("leftoversOf() finds an authorization with an answer by only its id", () => {
  const heroku = [listed(2), listed(2, { id: "another" })];
  assertEquals(ids(leftoversOf(entryOf(2, "discarded"), createView(heroku, now))), [
    "authorization-2",
  ]);
});

Deno.test("leftoversOf() leaves what bears another name by now, and the default API key", () => {
  const entry = entryOf(2, "discarded");
  assertEquals(leftoversOf(entry, createView([listed(2, { description: "mine" })], now)), []);
  assertEquals(
    leftoversOf(entry, createView([listed(2)], now, { defaultId: "authorization-2" })),
    [],
  );
});

Deno.test("leftoversOf() leaves what may be the authorization that Herotate works with", () => {
  const view = createView([listed(2)], now, { own: new Set(["authorization-2"]) });
  assertEquals(leftoversOf(entryOf(2, "discarded"), view), []);
});

for (
  const description of [
    ` ci [g2 ${markOf(2)}] `,
    `CI [G2 ${markOf(2).toUpperCase()}]`,
    `ci (g2 ${markOf(2)})`,
    `ci g2 ${markOf(2)}`,
    `ci  [g2  ${markOf(2)}]`,
    `ci [g2 ${markOf(2).slice(0, 6)}`,
    `ci[g2 ${markOf(2)}`,
  ]
) {
  Deno.test(`leftoversOf() finds by its mark what Heroku keeps as ${JSON.stringify(description)}`, () => {
    const heroku = [listed(2, { description }), listed(1), listed(0)];
    assertEquals(ids(leftoversOf(entryOf(2, "intended"), createView(heroku, now))), [
      "authorization-2",
    ]);
  });
}

for (
  const description of [
    "ci",
    "ci [g2 mark0",
    `mine [g2 ${markOf(2)}]`,
    `DO NOT DELETE ci [g2 ${markOf(2)}]`,
    `ci [g3 ${markOf(3)}]`,
    "",
  ]
) {
  Deno.test(`leftoversOf() finds no mark in ${JSON.stringify(description)}`, () => {
    const heroku = [listed(2, { description })];
    assertEquals(leftoversOf(entryOf(2, "intended"), createView(heroku, now)), []);
  });
}

const answered = { description: `ci [g7 ${markOf(7)}]` };

for (
  const [description, entry, claimed] of [
    ["ci", entryOf(7, "current", answered), false],
    ["ci", entryOf(7, "current", { description: null }), true],
    [`ci [g7 ${markOf(7)}]`, entryOf(7, "current", answered), true],
    [`ci (G7 ${markOf(7)})`, entryOf(7, "current", answered), true],
    [`ci [g7 ${markOf(7).slice(0, 9)}`, entryOf(7, "current", answered), true],
    ["ci-deploy", entryOf(7, "current", answered), false],
    [`ci-deploy [g7 ${markOf(7)}]`, entryOf(7, "current", answered), false],
    [`KEEP ci [g7 ${markOf(7)}]`, entryOf(7, "current", answered), false],
    ["", entryOf(7, "current", answered), false],
    [undefined, entryOf(7, "current", answered), false],
    [undefined, entryOf(7, "current", { description: null }), false],
    ["c", entryOf(7, "current", { description: "c" }), true],
    ["ci", entryOf(0, "adopted", { description: "ci" }), true],
    ["c i", entryOf(0, "adopted", { description: "ci" }), false],
    [undefined, entryOf(0, "adopted", { description: "ci" }), false],
  ] as const
) {
  Deno.test(`isClaimed() says ${claimed} for ${JSON.stringify(description)} of an entry that was answered as ${JSON.stringify(entry.description)}`, () => {
    assertEquals(isClaimed({ id: "a", description }, entry), claimed);
  });
}
