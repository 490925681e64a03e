/**
 * Answers of GitHub and of receivers of webhooks in which one thing is not as it should be.
 *
 * @module
 */
import { assert, assertEquals } from "@std/assert";
import { type Proof, type Receipt, TargetError } from "../../lib/targets/target.ts";
import { assertConceals } from "./assert_conceals.ts";
import { createTarget } from "./create_target.ts";
import { deliveryOf } from "./delivery_of.ts";
import { type Fixture, fixtures, type Started } from "./fixtures.ts";
import { textOf } from "./services/service.ts";

/** What becomes of the answer to a request, by the request's number. */
type Change = (response: Response, request: number) => Promise<Response>;

/** What came of a delivery and its confirmation. */
interface Outcome {
  readonly errors: readonly unknown[];
  readonly receipt?: Receipt;
  readonly proof?: Proof;
  readonly requests: number;
}

/** The most requests that a delivery and a confirmation may come to. */
const MOST_REQUESTS = 24;

/** The members that decide anything; the others are left as they are. */
const DECISIVE = [
  "fingerprint",
  "id",
  "key",
  "key_id",
  "repositories",
  "token",
  "total_count",
  "updated_at",
  "visibility",
];

// The three ways of an App differ in their paths only.
const tried = fixtures.filter(({ name, type }) =>
  (type.startsWith("github-") && !/(?:repository|environment), as an App/.test(name)) ||
  type === "webhook"
);

async function tryOut(fixture: Fixture, started: Started, change: Change): Promise<Outcome> {
  const delivery = deliveryOf(1);
  let requests = 0;
  const target = createTarget(fixture.type, started, async (input, init) => {
    const response = await fetch(input, init);
    return await change(response, requests++);
  });
  try {
    const receipt = await target.deliver(delivery, {});
    try {
      return { errors: [], receipt, proof: await target.confirm(delivery, receipt, {}), requests };
    } catch (error) {
      return { errors: [error], receipt, requests };
    }
  } catch (error) {
    return { errors: [error], requests };
  }
}

/** Every version of an answer in which one member has another type or value, or is missing. */
function* mutationsOf(value: unknown, token: string): Generator<unknown> {
  if (typeof value !== "object" || value === null) return;
  yield* [null, [], {}, token, [value]];
  if (Array.isArray(value)) return;
  for (const [name, each] of Object.entries(value)) {
    if (!DECISIVE.includes(name)) continue;
    const { [name]: _, ...rest } = Object.fromEntries(Object.entries(value));
    yield rest;
    for (const other of [token, `${token} 2026-01-01T00:00:00Z`, null, true, -1, 1e21, [], {}]) {
      yield { ...rest, [name]: other };
    }
    if (!Array.isArray(each) || each.length === 0) continue;
    const [first, ...others] = each;
    for (const other of [{}, null, { ...first, id: token }, { ...first, id: null }]) {
      yield { ...rest, [name]: [other, ...others] };
    }
    yield { ...rest, [name]: others };
    yield { ...rest, [name]: [first, ...each] };
  }
}

/** Whatever came of it: no false proof, no secret, nothing lost that was beside it, and no end to it. */
function assertHarmless(outcome: Outcome, started: Started, before: unknown, what: string): void {
  const { errors, proof, receipt, requests } = outcome;
  for (const error of errors) assert(error instanceof TargetError, `${what}: ${error}`);
  assertConceals({ errors, proof, receipt }, [
    deliveryOf(1).token,
    ...Object.values(started.secrets),
  ]);
  if (proof) assertEquals(started.held(), deliveryOf(1).token, what);
  assertEquals(started.beside(), before, what);
  assert(requests <= MOST_REQUESTS, `${what}: ${requests} requests`);
}

/** What is a wrong installation token is waited for, which github_app_test.ts tries. */
function hasAnotherToken(mutated: unknown, body: unknown): boolean {
  const token = textOf(mutated, "token");
  return token?.startsWith("HRKU-") === true && textOf(body, "token") !== undefined;
}

async function readJson(response: Response): Promise<unknown> {
  try {
    return await response.clone().json();
  } catch {
    return undefined;
  }
}

for (const fixture of tried) {
  Deno.test(`${fixture.name} takes no harm from a member that is another`, async () => {
    const started = await fixture.start();
    try {
      started.put("the-old-value");
      const before = structuredClone(started.beside());
      const plain = await tryOut(fixture, started, (response) => Promise.resolve(response));
      assert(plain.proof);
      for (let number = 0; number < plain.requests; number++) {
        let mutations: unknown[] = [];
        await tryOut(fixture, started, async (response, request) => {
          if (request !== number) return response;
          const body = await readJson(response);
          mutations = [...mutationsOf(body, deliveryOf(1).token)].filter((mutated) =>
            !hasAnotherToken(mutated, body)
          );
          return response;
        });
        for (const body of mutations) {
          started.put("the-old-value");
          const outcome = await tryOut(
            fixture,
            started,
            (response, request) =>
              Promise.resolve(
                request === number
                  ? Response.json(body, { status: response.status, headers: response.headers })
                  : response,
              ),
          );
          const what = `request ${number}: ${JSON.stringify(body).slice(0, 200)}`;
          assertHarmless(outcome, started, before, what);
        }
      }
    } finally {
      await started.service.close();
    }
  });

  Deno.test(`${fixture.name} takes no harm from another status`, async () => {
    const started = await fixture.start();
    try {
      started.put("the-old-value");
      const before = structuredClone(started.beside());
      const { requests } = await tryOut(fixture, started, (answer) => Promise.resolve(answer));
      for (let number = 0; number < requests; number++) {
        for (
          const status of [200, 202, 206, 301, 304, 400, 404, 409, 410, 418, 422, 451, 500, 599]
        ) {
          started.put("the-old-value");
          const outcome = await tryOut(fixture, started, async (response, request) => {
            if (request !== number) return response;
            const text = await response.text();
            return new Response(status === 304 ? null : text, { status });
          });
          assertHarmless(outcome, started, before, `request ${number}: ${status}`);
        }
      }
    } finally {
      await started.service.close();
    }
  });
}
