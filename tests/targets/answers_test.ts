/**
 * Answers that no documentation shows: every target must end in the truth or in a TargetError.
 *
 * @module
 */
import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { TargetError } from "../../lib/targets/target.ts";
import { assertConceals } from "./assert_conceals.ts";
import { createTarget } from "./create_target.ts";
import { deliveryOf } from "./delivery_of.ts";
import { fixtures } from "./fixtures.ts";

/** What may come where a service documents something else. */
const ODD: readonly unknown[] = [
  undefined,
  null,
  true,
  0,
  -1,
  1e308,
  "",
  "1",
  "2026-01-01T00:00:00Z",
  [],
  [null],
  {},
  { message: "odd" },
  [[{}]],
];

/** One change of an answer: which answer, how, and what. */
interface Change {
  readonly at: number;
  readonly kind: "member" | "status" | "body" | "truncated" | "doubled";
  readonly pick: number;
  readonly odd: unknown;
  readonly status: number;
}

const change: fc.Arbitrary<Change> = fc.record({
  at: fc.nat(6),
  kind: fc.constantFrom("member", "member", "member", "status", "body", "truncated", "doubled"),
  pick: fc.nat(40),
  odd: fc.constantFrom(...ODD),
  status: fc.constantFrom(200, 201, 202, 204, 206, 301, 400, 401, 403, 404, 409, 429, 500, 503),
});

/** Puts something else in the place of one member, however deep it is. */
function replaceMember(value: unknown, pick: number, odd: unknown): unknown {
  let left = pick;
  const visit = (inner: unknown): unknown => {
    if (left-- === 0) return odd;
    if (Array.isArray(inner)) return inner.map(visit);
    if (typeof inner !== "object" || inner === null) return inner;
    return Object.fromEntries(Object.entries(inner).map(([key, each]) => [key, visit(each)]));
  };
  return visit(value);
}

function changeText(text: string, { kind, pick, odd }: Change): string {
  if (kind === "truncated") return text.slice(0, pick);
  if (kind === "doubled") return text + text;
  if (kind === "body") return JSON.stringify(odd) ?? "";
  if (kind === "status" || text === "") return text;
  return JSON.stringify(replaceMember(JSON.parse(text), pick, odd)) ?? "";
}

async function changeAnswer(response: Response, change: Change): Promise<Response> {
  const { headers } = response;
  const status = change.kind === "status" ? change.status : response.status;
  const text = changeText(await response.text(), change);
  return new Response(status === 204 ? null : text, { status, headers });
}

for (const fixture of fixtures) {
  Deno.test(`${fixture.name} takes no odd answer for a delivery`, async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 3 }), async (changes) => {
        const started = await fixture.start();
        try {
          started.put("the-old-value");
          let asked = 0;
          const target = createTarget(fixture.type, started, async (input, init) => {
            const at = asked++;
            const found = changes.find((each) => each.at === at);
            const response = await fetch(input, init);
            return found ? await changeAnswer(response, found) : response;
          });
          const delivery = deliveryOf(1);
          try {
            const receipt = await target.deliver(delivery, {});
            const proof = await target.confirm(delivery, receipt, {});
            assertConceals({ receipt, proof }, [delivery.token]);
            assertEquals(started.held(), delivery.token, proof.kind);
          } catch (error) {
            assert(error instanceof TargetError, String(error));
            assertConceals(error, [delivery.token, ...Object.values(started.secrets)]);
          }
          assert(asked < 60, `${asked} requests`);
          // Whatever was answered, the next attempt is as good as any.
          const again = createTarget(fixture.type, started);
          const receipt = await again.deliver(delivery, {});
          assertEquals(started.held(), delivery.token);
          await again.confirm(delivery, receipt, {});
        } finally {
          await started.service.close();
        }
      }),
      { numRuns: 30, seed: 9 },
    );
  });
}
