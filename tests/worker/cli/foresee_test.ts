import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { foresee } from "../../../worker/cli/foresee.ts";
import { credentialOf, targetAt } from "../../rotation/plan_input.ts";
import {
  createSimulation,
  type CredentialSpec,
  day,
  hour,
  minute,
} from "../../simulation/simulation.ts";

const NAMES = ["ci", "web", "backup"];

/** What is in the account: some of it bears a credential's name, with a mark of another ledger or none. */
const authorizations = fc.array(
  fc.record({
    description: fc.oneof(
      fc.constantFrom(...NAMES),
      fc.tuple(fc.constantFrom(...NAMES), fc.integer({ min: 1, max: 9 }))
        .map(([name, generation]) => `${name} [g${generation} abcdefghijk${generation}]`),
      fc.constantFrom("laptop", "Heroku CLI", ""),
    ),
    scope: fc.constantFrom(["read"], ["write-protected"], ["global"]),
    expires_in: fc.constantFrom(null, 7200, 8 * 3600, 30 * 86_400, 365 * 86_400),
    age: fc.integer({ min: 0, max: 400 * day }),
  }),
  { maxLength: 7 },
);

const credentials: fc.Arbitrary<readonly CredentialSpec[]> = fc.uniqueArray(
  fc.record({
    name: fc.constantFrom(...NAMES),
    targets: fc.subarray<"hook:a" | "hook:b" | "store">(["hook:a", "hook:b", "store"], {
      minLength: 1,
    }),
    scope: fc.option(fc.constant(["read"]), { nil: undefined }),
    lifetime: fc.option(fc.constantFrom(null, day, 30 * day), { nil: undefined }),
    maxAge: fc.option(fc.constantFrom(hour, 10 * day), { nil: undefined }),
    paused: fc.boolean(),
  }, { requiredKeys: ["name", "targets"] }),
  { selector: ({ name }) => name, minLength: 1 },
);

Deno.test("foresee() says what the first real sweep decides, and sends nothing but reads", async () => {
  await fc.assert(
    fc.asyncProperty(
      authorizations,
      credentials,
      fc.constantFrom({ creates: 100, deletes: 100 }, { creates: 1, deletes: 1 }),
      async (listed, specs, fuse) => {
        const sim = createSimulation({ credentials: specs, fuse, observe: false });
        const now = sim.now();
        for (const { age, ...attributes } of listed) {
          sim.heroku.issue({ ...attributes, created_at: now - age });
        }
        const methods = new Set<string>();
        const { report } = await foresee({
          token: { value: sim.heroku.token, secret: "HEROKU_API_TOKEN" },
          baseUrl: undefined,
          fetch: (input, init) => {
            methods.add(init?.method ?? (input instanceof Request ? input.method : "GET"));
            return sim.heroku.fetch(input, init);
          },
          confirmed: undefined,
          credentials: specs.map(({ targets, ...more }) =>
            credentialOf({
              ...more,
              targets: targets.map((target) =>
                targetAt(
                  typeof target === "string" ? target : target.place,
                  target === "store" ? { mayHoldAdopted: false, retainsToken: true } : {},
                )
              ),
            })
          ),
          fuse,
          now: () => sim.now(),
        });
        const told = report.decisions.map(({ kind, credential, reason, until }) => [
          kind,
          credential,
          reason.replace(/\. Nothing was done because it is only observed: .*$/, ""),
          until,
        ]);
        const real = await sim.sweep();
        const done = real?.decisions.map(({ kind, credential, reason, until }) => [
          kind === "rotate" || kind === "held" ? "observed" : kind,
          credential,
          reason,
          kind === "rotate" || kind === "held" ? null : until,
        ]);
        assertEquals(told, done);
        assertEquals(report.unmanaged, real?.unmanaged);
        assertEquals([...methods].filter((method) => method !== "GET"), []);
        sim.close();
      },
    ),
    { numRuns: Number(Deno.env.get("FORESEE_RUNS") ?? 150) },
  );
});

Deno.test("foresee() changes nothing at Heroku", async () => {
  const sim = createSimulation({ credentials: [{ name: "ci", targets: ["hook:a"] }] });
  sim.heroku.issue({ description: "ci", scope: ["read"], expires_in: 60 });
  await sim.advance(30 * minute);
  const before = sim.heroku.live();
  await foresee({
    token: { value: sim.heroku.token, secret: "HEROKU_API_TOKEN" },
    baseUrl: undefined,
    fetch: sim.heroku.fetch,
    confirmed: undefined,
    credentials: [credentialOf()],
    fuse: { creates: 10, deletes: 10 },
    now: () => sim.now(),
  });
  assertEquals(sim.heroku.live(), before);
  sim.close();
});
