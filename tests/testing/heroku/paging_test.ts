import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { createFakeHeroku } from "../../../lib/testing/mod.ts";
import { type ListRange, parseRange, takePage } from "../../../lib/testing/heroku/paging.ts";
import { AUTHORIZATIONS, call, errorId, shownAll } from "./call.ts";

const WHOLE: ListRange = {
  start: "",
  startExcluded: false,
  end: "",
  endExcluded: false,
  order: "asc",
  max: 200,
  maxAsked: false,
};

const READ: readonly [header: string | null, range: Partial<ListRange>][] = [
  [null, {}],
  ["id ..", {}],
  ["id ..;", {}],
  ["id ..; max=1", { max: 1 }],
  ["id ..; max=1000", { max: 1000 }],
  ["id ..; max=10;", { max: 10 }],
  ["id ..;max=10", { max: 10 }],
  ["id ..; order=desc", { order: "desc" }],
  ["id ..; order=desc,max=7;", { order: "desc", max: 7 }],
  ["id ..; max=7; order=asc", { max: 7 }],
  ["id a-1..", { start: "a-1" }],
  ["id ]..", { startExcluded: true }],
  ["id ]..; max=10", { startExcluded: true, max: 10 }],
  ["id ]a-1..", { start: "a-1", startExcluded: true }],
  ["id a..z", { start: "a", end: "z" }],
  ["id ]a..z[; max=3", { start: "a", startExcluded: true, end: "z", endExcluded: true, max: 3 }],
];

for (const [header, range] of READ) {
  Deno.test(`parseRange() reads '${header}'`, () => {
    const maxAsked = range.max !== undefined;
    assertEquals(parseRange(header), { ...WHOLE, maxAsked, ...range });
  });
}

const REFUSED: readonly string[] = [
  "",
  "bytes=0-10",
  "name ..",
  "id",
  "id a",
  "id ..z",
  "id ..[",
  "id a..[",
  "id [a..",
  "id ..; max=0",
  "id ..; max=1001",
  "id ..; max=-1",
  "id ..; max=ten",
  "id ..; max=1e2",
  "id ..; max=99999999999999999999",
  "id ..; max=1; max=2",
  "id ..; order=up",
  "id ..; sort=desc",
  "id ..\n",
];

for (const header of REFUSED) {
  Deno.test(`parseRange() refuses ${JSON.stringify(header)}`, () => {
    assert("problem" in parseRange(header));
  });
}

Deno.test("parseRange() never throws, whatever the header", () => {
  const nearly = fc.array(
    fc.constantFrom("id", " ", "]", "[", "..", "a", "-", ";", ",", "max=", "5", "order=", "desc"),
  ).map((parts) => parts.join(""));
  fc.assert(
    fc.property(fc.oneof(fc.string({ unit: "binary" }), nearly), (header) => {
      const range = parseRange(header);
      assert("problem" in range || range.max >= 1 && range.max <= 1000);
    }),
    { numRuns: 2000 },
  );
});

function keyed(keys: readonly string[]): { key: string }[] {
  return keys.map((key) => ({ key }));
}

function keysOf(header: string, keys: readonly string[]): string[] {
  const range = parseRange(header);
  assert(!("problem" in range), header);
  return takePage(keyed(keys), range).items.map(({ key }) => key);
}

Deno.test("takePage() begins and ends where the range says", () => {
  const keys = ["b", "d", "f", "h"];
  const cases: readonly [header: string, expected: string][] = [
    ["id ..", "bdfh"],
    ["id ]..", "bdfh"],
    ["id ]..; max=3", "bdf"],
    ["id d..", "dfh"],
    ["id ]d..", "fh"],
    ["id c..", "dfh"],
    ["id ]c..", "dfh"],
    ["id d..f", "df"],
    ["id d..f[", "d"],
    ["id ]d..f[", ""],
    ["id f..d", ""],
    ["id i..", ""],
    ["id a..a", ""],
    ["id ..; max=3", "bdf"],
    ["id ..; order=desc", "hfdb"],
    ["id ..; order=desc,max=3", "hfd"],
    ["id f..; order=desc", "fdb"],
    ["id ]f..; order=desc", "db"],
    ["id h..d[; order=desc", "hf"],
    ["id d..h; order=desc", ""],
  ];
  for (const [header, expected] of cases) assertEquals(keysOf(header, keys).join(""), expected);
});

Deno.test("takePage() leaves the list as it is", () => {
  const list = keyed(["a", "b", "c"]);
  takePage(list, { ...WHOLE, order: "desc" });

  assertEquals(list, keyed(["a", "b", "c"]));
});

Deno.test("takePage() gives each record once over all pages, whatever size, order and bounds", () => {
  const key = fc.string({ unit: fc.constantFrom("0", "4", "9", "a", "f", "-"), minLength: 1 });
  fc.assert(
    fc.property(
      fc.uniqueArray(key, { maxLength: 40 }),
      fc.integer({ min: 1, max: 45 }),
      fc.constantFrom("asc", "desc"),
      fc.option(fc.tuple(key, fc.boolean(), fc.option(fc.tuple(key, fc.boolean())))),
      (keys, max, order, bounds) => {
        const sorted = keyed(keys.toSorted((a, b) => a < b ? -1 : 1));
        const [start = "", startExcluded = false, end] = bounds ?? [];
        const before = (a: string, b: string) => order === "asc" ? a < b : a > b;
        const expected = (order === "asc" ? sorted : sorted.toReversed()).filter(({ key }) =>
          !(start !== "" && (before(key, start) || (startExcluded && key === start))) &&
          !(end && (before(end[0], key) || (end[1] && key === end[0])))
        );

        let header: string | undefined = `id ${startExcluded ? "]" : ""}${start}..` +
          `${end?.[0] ?? ""}${end?.[1] ? "[" : ""}; order=${order},max=${max}`;
        const read: { key: string }[] = [];
        let pages = 0;
        while (header !== undefined) {
          const range = parseRange(header);
          assert(!("problem" in range), header);
          const page = takePage(sorted, range);
          assert(page.items.length <= max);
          read.push(...page.items);
          header = page.nextRange;
          pages++;
        }
        assertEquals(read, expected);
        assertEquals(pages, Math.max(1, Math.ceil(expected.length / max)));
      },
    ),
    { numRuns: 500 },
  );
});

Deno.test("list answers 206 and Next-Range while there is more, then 200", async () => {
  const heroku = createFakeHeroku({ faults: false });
  for (let made = 0; made < 5; made++) heroku.issue();
  const ids = heroku.live().map(({ id }) => id);

  const first = await call(heroku, "GET", AUTHORIZATIONS, { headers: { Range: "id ..; max=3" } });
  assertEquals(first.status, 206);
  assertEquals(first.headers.get("Content-Range"), `id ${ids[0]}..${ids[2]}; max=3`);
  assertEquals(first.headers.get("Next-Range"), `id ]${ids[2]}..; max=3`);
  assertEquals(first.headers.get("Accept-Ranges"), "id");

  const next = first.headers.get("Next-Range") ?? "";
  const second = await call(heroku, "GET", AUTHORIZATIONS, { headers: { Range: next } });
  assertEquals(second.status, 200);
  assertEquals(second.headers.get("Next-Range"), null);
  assertEquals([...shownAll(first), ...shownAll(second)].map(({ id }) => id), ids);
});

Deno.test("list answers an empty account with 200 and no ranges", async () => {
  const empty = await call(createFakeHeroku({ faults: false }), "GET", AUTHORIZATIONS);

  assertEquals([empty.status, empty.text], [200, "[]"]);
  assertEquals(empty.headers.get("Content-Range"), null);
});

Deno.test("list gives 200 records by default and 1000 at most", async () => {
  const heroku = createFakeHeroku({ faults: false });
  for (let made = 0; made < 1001; made++) heroku.issue();

  assertEquals(shownAll(await call(heroku, "GET", AUTHORIZATIONS)).length, 200);
  const largest = await call(heroku, "GET", AUTHORIZATIONS, {
    headers: { Range: "id ..; max=1000" },
  });
  assertEquals([largest.status, shownAll(largest).length], [206, 1000]);
});

Deno.test("list shows 'max' in Content-Range only where it was asked for", async () => {
  const heroku = createFakeHeroku({ faults: false });
  const { id } = heroku.issue();
  for (
    const [Range, shown] of [
      ["id ..", `id ${id}..${id}`],
      ["id ]..", `id ${id}..${id}`],
      ["id ..; max=5", `id ${id}..${id}; max=5`],
    ]
  ) {
    const { headers } = await call(heroku, "GET", AUTHORIZATIONS, { headers: { Range } });
    assertEquals(headers.get("Content-Range"), shown);
  }
});

Deno.test("list answers a bad range with 416, and takes an empty start for the beginning", async () => {
  const heroku = createFakeHeroku({ faults: false });
  heroku.issue();
  const bad = await call(heroku, "GET", AUTHORIZATIONS, { headers: { Range: "id ..; max=1001" } });
  assertEquals([bad.status, errorId(bad)], [416, "requested_range_not_satisfiable"]);

  const empty = await call(heroku, "GET", AUTHORIZATIONS, { headers: { Range: "id ]..; max=9" } });
  assertEquals([empty.status, shownAll(empty).length], [200, 1]);
});

Deno.test("list keeps its place when records come and go between pages", async () => {
  const heroku = createFakeHeroku({ faults: false });
  for (const id of ["b", "d", "f", "h"]) heroku.issue({ id });
  const first = await call(heroku, "GET", AUTHORIZATIONS, { headers: { Range: "id ..; max=2" } });
  heroku.revoke("d");
  heroku.revoke("f");
  heroku.issue({ id: "a" });
  heroku.issue({ id: "g" });
  const next = first.headers.get("Next-Range") ?? "";
  const second = await call(heroku, "GET", AUTHORIZATIONS, { headers: { Range: next } });

  assertEquals(shownAll(first).map(({ id }) => id), ["b", "d"]);
  assertEquals(shownAll(second).map(({ id }) => id), ["g", "h"]);
});
