import { assertEquals } from "@std/assert";
import type { Cause, Decision, RotateDecision } from "../../lib/rotation/decision.ts";
import { findExcess, stagger } from "../../lib/rotation/fuse.ts";

function dueBy(cause: Cause, credential: string, deletes = 1): RotateDecision {
  return {
    kind: "rotate",
    credential,
    cause,
    reason: "It is due",
    until: null,
    attempt: 1,
    seenLease: null,
    creates: true,
    beyond: null,
    urgent: false,
    deletes,
  };
}

function kindsOf(decisions: readonly Decision[]): string[] {
  return decisions.map(({ kind }) => kind);
}

for (const cause of ["configuration", "max_age", "new_target"] as const) {
  Deno.test(`stagger() lets as many begin that are due by ${cause} as the fuse allows, and the rest wait`, () => {
    const decisions = ["a", "b", "c"].map((name) => dueBy(cause, name));
    const fuse = { creates: 2, deletes: 4 };
    const staggered = stagger(decisions, [], fuse);
    assertEquals(kindsOf(staggered), ["rotate", "rotate", "wait"]);
    assertEquals(findExcess(staggered, [], fuse), null);
  });

  Deno.test(`stagger() lets those that expire begin before those that are due by ${cause}`, () => {
    const decisions = [dueBy(cause, "a"), dueBy("expiry", "b"), dueBy("missing", "c")];
    const staggered = stagger(decisions, [], { creates: 2, deletes: 4 });
    assertEquals(kindsOf(staggered), ["wait", "rotate", "rotate"]);
  });

  Deno.test(`stagger() does not let one wait that is due by ${cause} and that no sweep could begin`, () => {
    const fuse = { creates: 1, deletes: 2 };
    const staggered = stagger([dueBy(cause, "a", 3)], [], fuse);
    assertEquals(kindsOf(staggered), ["rotate"]);
    assertEquals(typeof findExcess(staggered, [], fuse), "string");
  });
}

Deno.test("stagger() lets nothing wait that is due for another reason", () => {
  const decisions = (["expiry", "missing", "regenerated", "competitor", "unfinished"] as const)
    .map((cause) => dueBy(cause, cause));
  assertEquals(stagger(decisions, [], { creates: 1, deletes: 1 }), decisions);
});
