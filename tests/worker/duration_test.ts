import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { parseDuration } from "../../worker/duration.ts";

Deno.test("parseDuration() reads a whole number and one unit", () => {
  const table = [
    ["0s", 0],
    ["90s", 90_000],
    ["15m", 900_000],
    ["2h", 7_200_000],
    ["30d", 2_592_000_000],
    ["4w", 2_419_200_000],
    ["999999999w", 999_999_999 * 604_800_000],
  ] as const;
  for (const [text, expected] of table) assertEquals(parseDuration(text), expected, text);
});

Deno.test("parseDuration() refuses everything else", () => {
  const table = [
    "",
    "30",
    "d",
    "-1d",
    "+1d",
    "1.5h",
    "1e3s",
    "01d",
    "1 d",
    " 1d",
    "1d ",
    "1d\n",
    "1D",
    "1d12h",
    "1y",
    "1ms",
    "1000000000s",
    "٣d",
    "never",
  ];
  for (const text of table) assertEquals(parseDuration(text), undefined, JSON.stringify(text));
});

Deno.test("parseDuration() takes any text, and gives a whole number or nothing", () => {
  const text = fc.oneof(fc.string(), fc.stringMatching(/^\d{1,12}[smhdwy]$/));
  fc.assert(fc.property(text, (text) => {
    const milliseconds = parseDuration(text);
    assert(milliseconds === undefined || (Number.isInteger(milliseconds) && milliseconds >= 0));
  }));
});
