import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { type Change, compareProblems, type OpenProblem } from "../../../worker/alerts/changes.ts";
import { bySeverity, type Problem, SEVERITIES } from "../../../worker/alerts/problems.ts";
import type { HealthReasonKind } from "../../../worker/health/fault.ts";

function createProblem(credential: string | null, kinds: readonly HealthReasonKind[]): Problem {
  return {
    key: credential === null ? kinds[0] : `credential ${credential}`,
    credential,
    kinds,
    severity: SEVERITIES[kinds.toSorted(bySeverity)[0]],
    details: ["Something is wrong"],
    step: null,
    places: [],
  };
}

/** Compares sweep after sweep, and gives the changes of each in words. */
function follow(
  sweeps: readonly (readonly [readonly Problem[], sawAll?: boolean])[],
): readonly string[][] {
  let open: readonly OpenProblem[] = [];
  return sweeps.map(([problems, sawAll = true], at) => {
    const compared = compareProblems(open, problems, { at, sawAll });
    open = compared.open;
    return compared.changes.map(({ change, problem }) => `${change} ${problem.key}`);
  });
}

const failing = createProblem("ci", ["credential_failing"]);
const late = createProblem("ci", ["credential_failing", "credential_late"]);
const urgent = createProblem("ci", ["credential_failing", "credential_urgent"]);
const started = "started credential ci";
const worse = "worse credential ci";
const over = "over credential ci";

Deno.test("compareProblems() reports a problem when it starts, when it gets worse and when it is over", () => {
  assertEquals(
    follow([[[]], [[failing]], [[failing]], [[late]], [[late]], [[urgent]], [[urgent]], [[]], [
      [],
    ]]),
    [[], [started], [], [worse], [], [worse], [], [over], []],
  );
});

Deno.test("compareProblems() reports no kind twice before the problem is over", () => {
  const blocked = createProblem("ci", ["credential_blocked"]);
  assertEquals(
    follow([[[failing]], [[blocked]], [[failing]], [[blocked]], [[]], [[blocked]]]),
    [[started], [worse], [], [], [over], [started]],
  );
});

Deno.test("compareProblems() takes nothing for over that a sweep could not see", () => {
  const doubted = createProblem(null, ["list_doubted"]);
  assertEquals(
    follow([[[failing, doubted]], [[], false], [[], false], [[failing], false], [[], true]]),
    [[started, "started list_doubted"], [], [], [], [over, "over list_doubted"]],
  );
  const invalid = createProblem(null, ["configuration_invalid"]);
  assertEquals(follow([[[invalid]], [[], false]]), [["started configuration_invalid"], [
    "over configuration_invalid",
  ]]);
});

Deno.test("compareProblems() keeps since when, whatever comes after", () => {
  let open: readonly OpenProblem[] = [];
  for (const [at, problems] of [[5, [failing]], [6, [late]], [7, [urgent]]] as const) {
    ({ open } = compareProblems(open, problems, { at, sawAll: true }));
  }
  assertEquals(open.map(({ since, severity }) => [since, severity]), [[5, "critical"]]);
});

Deno.test("of any history, each problem starts, gets worse a bounded number of times and is over, in that order", () => {
  const kinds = Object.keys(SEVERITIES) as HealthReasonKind[];
  const problem = fc.tuple(
    fc.constantFrom("a", "b"),
    fc.uniqueArray(fc.constantFrom(...kinds), { minLength: 1, maxLength: 3 }),
  ).map(([name, some]) => createProblem(name, some));
  const sweep = fc.tuple(
    fc.uniqueArray(problem, { maxLength: 2, selector: ({ key }) => key }),
    fc.boolean(),
  );
  fc.assert(fc.property(fc.array(sweep, { maxLength: 40 }), (sweeps) => {
    let open: readonly OpenProblem[] = [];
    const isOpen = new Map<string, number>();
    for (const [at, [problems, sawAll]] of sweeps.entries()) {
      const compared: {
        readonly changes: readonly Change[];
        readonly open: readonly OpenProblem[];
      } = compareProblems(open, problems, { at, sawAll });
      for (const { change, problem: { key } } of compared.changes) {
        assertEquals(isOpen.has(key), change !== "started");
        if (change === "over") isOpen.delete(key);
        else isOpen.set(key, (isOpen.get(key) ?? 0) + 1);
        assert((isOpen.get(key) ?? 0) <= kinds.length);
      }
      // The same sweep again changes nothing.
      assertEquals(
        compareProblems(compared.open, problems, { at: at + 0.5, sawAll }).changes,
        [],
      );
      open = compared.open;
      assertEquals(new Set(open.map(({ key }) => key)), new Set(isOpen.keys()));
    }
  }));
});
