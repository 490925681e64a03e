import { assert, assertEquals, assertMatch } from "@std/assert";
import fc from "fast-check";
import {
  createLineage,
  createMark,
  createWord,
  formatMarker,
  isOfLineage,
  LARGEST_ADOPTED_GENERATION,
  parseMarker,
  survivesIn,
} from "../../lib/rotation/marker.ts";

const mark = "4k2m9x0qpz1c";

Deno.test("formatMarker() writes the name, the generation and the mark", () => {
  assertEquals(formatMarker({ name: "ci-deploy", generation: 7, mark }), `ci-deploy [g7 ${mark}]`);
});

for (
  const name of [
    "ci-deploy",
    "ci [deploy]",
    "ci [g3]",
    `ci [g3 ${mark}]`,
    "ci ",
    " ci",
    "línea 🚀",
    "two\nlines",
    "\n",
    "x".repeat(5000),
  ]
) {
  Deno.test(`parseMarker() reads back what formatMarker() wrote for ${JSON.stringify(name.slice(0, 30))}`, () => {
    for (const generation of [1, 7, 999_999_999, LARGEST_ADOPTED_GENERATION + 1e9]) {
      const marker = { name, generation, mark };
      assertEquals(parseMarker(formatMarker(marker)), marker);
    }
  });
}

for (
  const description of [
    `ci-deploy [g7 ${mark.toUpperCase()}]`,
    `ci-deploy [g7  ${mark}]`,
    `ci-deploy[g7 ${mark}]`,
    `ci-deploy [G7 ${mark}]`,
    ` ci-deploy [g7 ${mark}] `,
    `ci-deploy [g7 ${mark}]\n`,
    `ci-deploy (g7 ${mark})`,
    `ci-deploy g7 ${mark}`,
  ]
) {
  Deno.test(`parseMarker() reads ${JSON.stringify(description)}, as Heroku may keep it`, () => {
    assertEquals(parseMarker(description), { name: "ci-deploy", generation: 7, mark });
  });
}

Deno.test("parseMarker() takes two Unicode forms of a name for one", () => {
  const [name, ...others] = ["NFC", "NFD"].map((form) =>
    parseMarker(formatMarker({ name: "línea".normalize(form), generation: 1, mark })).name
  );
  assertEquals(others, [name]);
  assertEquals(parseMarker("línea".normalize("NFD")).name, name);
});

for (
  const description of [
    "",
    "ci-deploy",
    "ci-deploy [g7]",
    `ci-deploy [g0 ${mark}]`,
    `ci-deploy [g07 ${mark}]`,
    `ci-deploy [g-7 ${mark}]`,
    `ci-deploy [g7.5 ${mark}]`,
    `ci-deploy [g1000000000000000 ${mark}]`,
    `ci-deploy [g7 ${mark.slice(1)}]`,
    `ci-deploy [g7 ${mark}0]`,
    `ci-deploy [g7 ${mark}] (copy)`,
    ` [g7 ${mark}]`,
    `[g7 ${mark}]`,
  ]
) {
  Deno.test(`parseMarker() takes ${JSON.stringify(description)} for a name without a marker`, () => {
    assertEquals(parseMarker(description), { name: description, generation: 0 });
  });
}

Deno.test("parseMarker() reads back any name, generation and mark", () => {
  fc.assert(fc.property(
    fc.string({ unit: "binary", minLength: 1 }),
    fc.integer({ min: 1, max: 999_999_999 }),
    (name, generation) => {
      const marker = { name: name.normalize("NFC"), generation, mark: createMark("line") };
      assertEquals(parseMarker(formatMarker(marker)), marker);
    },
  ));
});

Deno.test("parseMarker() never throws, and gives either the whole description or what it was made of", () => {
  const pieces = fc.constantFrom("ci", " ", "[", "]", "g", "7", mark, "\n", "é");
  fc.assert(fc.property(fc.array(pieces).map((each) => each.join("")), (description) => {
    const { name, generation, mark } = parseMarker(description);
    if (mark === undefined) {
      assertEquals({ name, generation }, { name: description, generation: 0 });
    } else assert(survivesIn(description, { name, generation, mark }), description);
  }));
});

Deno.test("createMark() gives twelve characters that a marker holds, and never the same twice", () => {
  const marks = Array.from({ length: 2000 }, () => createMark("line"));
  for (const made of marks) assertMatch(made, /^[0-9a-z]{12}$/);
  assertEquals(new Set(marks).size, marks.length);
});

Deno.test("createLineage() gives four characters that a mark holds, seldom the same twice", () => {
  const made = Array.from({ length: 200 }, createLineage);
  for (const lineage of made) assertMatch(lineage, /^[0-9a-z]{4}$/);
  assert(new Set(made).size > 190, `${new Set(made).size} of 200 differ`);
});

Deno.test("isOfLineage() knows the marks of one lineage among all others", () => {
  const [one, other] = ["0abc", "0abd"];
  assert(isOfLineage(createMark(one), one));
  assert(!isOfLineage(createMark(other), one));
  for (const mark of ["", one, `a${one}`, `${one}00000000`, `mark00000000${one}`]) {
    assert(!isOfLineage(mark, one), mark);
  }
  assert(!isOfLineage(createMark(""), ""));
});

Deno.test("createWord() uses each of its characters about equally often", () => {
  const counts = Map.groupBy(
    Array.from({ length: 2000 }, () => createWord(12)).join(""),
    (character) => character,
  );
  assertEquals(counts.size, 32);
  for (const [character, { length }] of counts) {
    assert(length > 600 && length < 900, `'${character}' ${length} times of 24000`);
  }
});
