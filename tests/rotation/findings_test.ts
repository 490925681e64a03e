import { assertEquals } from "@std/assert";
import type { Authorization } from "../../lib/heroku/authorization.ts";
import {
  adoptionOf,
  foreignersOf,
  forgottenOf,
  isClaimed,
  leftoversOf,
} from "../../lib/rotation/findings.ts";
import { createView } from "../../lib/rotation/view.ts";
import type { Entry } from "../../lib/rotation/ledger.ts";
import { entryOf, knownOf, lineage, listed, markOf, now } from "./plan_input.ts";
import { day, hour, minute } from "../simulation/simulation.ts";
import { found, ids } from "./view_sample.ts";

function adopted(
  heroku: readonly Authorization[],
  taken: readonly string[] = [],
  defaultId?: string,
) {
  return adoptionOf("ci", createView(heroku, now, { defaultId }), new Set(taken));
}

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
