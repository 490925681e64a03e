import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import {
  formatDuration,
  guessDuration,
  parseDuration,
  roundDuration,
} from "../../../worker/config/duration.ts";

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

Deno.test("formatDuration() writes what parseDuration() reads, in the largest unit", () => {
  const table = [
    [0, "0s"],
    [90_000, "90s"],
    [7_200_000, "2h"],
    [2_592_000_000, "30d"],
    [2_592_000_999, "30d"],
  ] as const;
  for (const [milliseconds, expected] of table) {
    assertEquals(formatDuration(milliseconds), expected);
  }
  fc.assert(fc.property(fc.integer({ min: 0, max: 999_999_999 }), (seconds) => {
    assertEquals(parseDuration(formatDuration(seconds * 1000)), seconds * 1000);
  }));
});

Deno.test("roundDuration() is no longer, and at most a tenth shorter", () => {
  fc.assert(fc.property(fc.integer({ min: 10_000, max: 1e12 }), (milliseconds) => {
    const round = parseDuration(roundDuration(milliseconds)) ?? NaN;
    assert(round <= milliseconds && round > milliseconds * 0.9, `${round} of ${milliseconds}`);
  }));
});

Deno.test("guessDuration() guesses from what people write, and from nothing else", () => {
  const table = [
    ["30 days", 2_592_000_000],
    ["30D", 2_592_000_000],
    ["1 month", 2_592_000_000],
    ["1 min", 60_000],
    ["P1DT12H", 129_600_000],
    ["PT90S", 90_000],
    ["1d 12h", 129_600_000],
    ["1.5h", 5_400_000],
    ["2 wks", 1_209_600_000],
    ["30", undefined],
    ["soon", undefined],
    ["5 parsecs", undefined],
    ["-1h", undefined],
    ["", undefined],
  ] as const;
  for (const [text, expected] of table) assertEquals(guessDuration(text), expected, text);
});
