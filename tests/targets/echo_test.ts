/**
 * Answers of 2xx in which the service repeats the token where it does not belong.
 *
 * @module
 */
import { assertConceals } from "./assert_conceals.ts";
import { createTarget } from "./create_target.ts";
import { deliveryOf } from "./delivery_of.ts";
import { type Fixture, fixtures, type Started } from "./fixtures.ts";

/** The targets whose answers are changed here. */
const TYPES = [
  "circleci-context-variable",
  "circleci-project-variable",
  "doppler",
  "gitlab-variable",
  "heroku-config-var",
];

/** Turns on what makes a service say most. */
function prepare({ service }: Started): void {
  const traits: unknown = Object.entries(service).find(([name]) => name === "traits")?.[1];
  if (typeof traits !== "object" || traits === null) return;
  if ("releasePhase" in traits) traits.releasePhase = 1_000;
  if ("truncates" in traits) traits.truncates = true;
}

/** Every version of an answer in which one of its strings or numbers is the token. */
function* echoesOf(value: unknown, token: string): Generator<unknown> {
  if (typeof value === "string" || typeof value === "number") {
    yield token;
    yield `${token} 2026-01-01T00:00:00Z`;
  } else if (Array.isArray(value)) {
    for (const [at, each] of value.entries()) {
      for (const echo of echoesOf(each, token)) yield value.with(at, echo);
    }
  } else if (typeof value === "object" && value !== null) {
    for (const [name, each] of Object.entries(value)) {
      for (const echo of echoesOf(each, token)) yield { ...value, [name]: echo };
    }
  }
}

/** Delivers and confirms, and gives all that comes of it. */
async function tryOut(fixture: Fixture, started: Started, change: Change): Promise<unknown[]> {
  const delivery = deliveryOf(1);
  const seen: unknown[] = [];
  let requests = 0;
  const target = createTarget(fixture.type, started, async (input, init) => {
    const response = await fetch(input, init);
    return await change(response, requests++);
  });
  let receipt = {};
  for (
    const run of [
      async () => (receipt = await target.deliver(delivery, {})),
      () => target.confirm(delivery, receipt, {}),
    ]
  ) {
    try {
      seen.push(await run());
    } catch (error) {
      seen.push(error);
    }
  }
  return seen;
}

/** What becomes of the answer to a request, by the request's number. */
type Change = (response: Response, request: number) => Promise<Response>;

for (const fixture of fixtures.filter(({ type }) => TYPES.includes(type))) {
  Deno.test(`${fixture.name} repeats no token that an answer of 2xx has in the wrong place`, async () => {
    const { token } = deliveryOf(1);
    // As many answers as a delivery and its proof take, each with as many echoes as it has members.
    for (let changed = 0; changed < 5; changed++) {
      for (let nth = 0;; nth++) {
        const started = await fixture.start();
        started.put("the-old-value");
        prepare(started);
        let wasThere = false;
        const seen = await tryOut(fixture, started, async (response, request) => {
          if (request !== changed || !response.ok) return response;
          const text = await response.text();
          const echo = [...echoesOf(JSON.parse(text), token)][nth];
          wasThere = echo !== undefined;
          return new Response(wasThere ? JSON.stringify(echo) : text, response);
        });
        await started.service.close();
        for (const each of seen) assertConceals(each, [token]);
        if (!wasThere) break;
      }
    }
  });
}
