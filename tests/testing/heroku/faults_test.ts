import { assert, assertEquals, assertThrows } from "@std/assert";
import {
  createFaultScript,
  DEFAULT_FAULT_RATES,
  type Fault,
  type FaultRates,
  type Faults,
} from "../../../lib/testing/heroku/faults.ts";

function fates(faults: Faults, seed: number, count: number): (Fault | undefined)[] {
  const script = createFaultScript(faults, seed);
  return Array.from(
    { length: count },
    (_, index) => script({ number: index + 1, at: 0, method: "GET", path: "/account", query: "" }),
  );
}

Deno.test("createFaultScript() decides only by the seed and the call's number", () => {
  assertEquals(fates(true, 5, 500), fates(true, 5, 500));
  assert(JSON.stringify(fates(true, 5, 500)) !== JSON.stringify(fates(true, 6, 500)));

  const script = createFaultScript(true, 5);
  const late = { number: 321, at: 99, method: "POST", path: "/elsewhere", query: "?a" };
  assertEquals(script(late), fates(true, 5, 321)[320]);
});

Deno.test("createFaultScript() meets the default rates, about one call in seven", () => {
  const drawn = fates(true, 1, 100_000);
  for (const [kind, rate] of Object.entries(DEFAULT_FAULT_RATES)) {
    const share = drawn.filter((fault) => fault === kind).length / drawn.length;
    assert(Math.abs(share - rate) < 0.003, `'${kind}' happened at ${share} instead of ${rate}`);
  }
  const spoilt = drawn.filter((fault) => fault !== undefined).length / drawn.length;
  assert(spoilt > 0.1 && spoilt < 0.2, `${spoilt} of all calls`);
});

Deno.test("createFaultScript() draws nothing but the kinds that rates name", () => {
  const cases: readonly [faults: Faults, drawn: readonly (Fault | undefined)[]][] = [
    [{ drop: 0.5, lose: 0.5 }, ["drop", "lose"]],
    [{ slow: 1 }, ["slow"]],
    [{}, [undefined]],
    [false, [undefined]],
  ];
  for (const [faults, drawn] of cases) {
    assertEquals(new Set(fates(faults, 1, 200)), new Set(drawn));
  }
});

Deno.test("createFaultScript() accepts the default rates with one changed", () => {
  assert(fates({ ...DEFAULT_FAULT_RATES, echo: 0.5 }, 1, 100).includes("echo"));
});

Deno.test("createFaultScript() refuses rates that are impossible", () => {
  const unknown: Record<string, number> = { dorp: 0.1 };
  const cases: readonly [FaultRates, string][] = [
    [{ drop: -0.1 }, "the rate of 'drop' must be from 0 to 1"],
    [{ drop: NaN }, "current value is NaN"],
    [{ drop: 0.6, lose: 0.6 }, "at most 1"],
    [unknown, "'dorp' is no kind of fault"],
  ];
  for (const [rates, message] of cases) {
    assertThrows(() => createFaultScript(rates, 1), TypeError, message);
  }
});
