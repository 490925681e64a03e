import {
  assert,
  assertEquals,
  assertRejects,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import {
  createFakeHeroku,
  type FakeHeroku,
  type FakeHerokuOptions,
  type Fault,
} from "../../../lib/testing/mod.ts";
import { AUTHORIZATIONS, call, errorId, shownAll } from "./call.ts";

/** A fake whose first call meets the fault; the calls after it are answered properly. */
function spoiling(fault: Fault, options: FakeHerokuOptions = {}): FakeHeroku {
  return createFakeHeroku({ faults: ({ number }) => number === 1 ? fault : undefined, ...options });
}

function create(heroku: FakeHeroku, signal?: AbortSignal) {
  return call(heroku, "POST", AUTHORIZATIONS, { body: { description: "made" }, signal });
}

const UNANSWERED: readonly [
  fault: "drop" | "lose",
  live: number,
  status: "dropped" | "lost",
][] = [
  ["drop", 0, "dropped"],
  ["lose", 1, "lost"],
];

for (const [fault, live, status] of UNANSWERED) {
  Deno.test(`'${fault}' rejects as fetch does, with ${live} authorizations made`, async () => {
    const heroku = spoiling(fault);
    await assertRejects(() => create(heroku), TypeError, "Cannot fetch");

    assertEquals(heroku.live().length, live);
    assertEquals(heroku.requests.map((request) => [request.status, request.fault]), [
      [status, fault],
    ]);
    assertEquals((await create(heroku)).status, 201);
  });
}

const ANSWERED: readonly [
  fault: Fault,
  status: number,
  id: string | undefined,
  retryAfter: RegExp | null,
  live: number,
][] = [
  ["429", 429, "rate_limit", /^[01]$/, 0],
  ["429-bare", 429, "rate_limit", null, 0],
  ["500", 500, "internal_server_error", null, 0],
  ["500-after", 500, "internal_server_error", null, 1],
  ["503", 503, "service_unavailable", /^[01]$/, 0],
  ["echo", 500, "internal_server_error", null, 0],
  ["html", 503, undefined, null, 0],
  ["html-200", 200, undefined, null, 0],
  [{ kind: "429", retryAfter: "Wed, 21 Oct 2026 07:28:00 GMT" }, 429, "rate_limit", /^Wed, /, 0],
  [{ kind: "503", retryAfter: "30" }, 503, "service_unavailable", /^30$/, 0],
];

for (const [fault, status, id, retryAfter, live] of ANSWERED) {
  Deno.test(`${JSON.stringify(fault)} answers ${status}, with ${live} authorizations made`, async () => {
    const heroku = spoiling(fault);
    const answer = await create(heroku);

    assertEquals(answer.status, status);
    assertEquals(heroku.live().length, live);
    assertEquals(heroku.requests[0].status, status);
    const given = answer.headers.get("Retry-After");
    if (retryAfter === null) assertEquals(given, null);
    else assert(given !== null && retryAfter.test(given), `Retry-After is ${given}`);
    if (id === undefined) {
      assertEquals(answer.headers.get("Content-Type"), "text/html; charset=utf-8");
      assertStringIncludes(answer.text, "<!DOCTYPE html>");
      assertEquals(answer.headers.get("RateLimit-Remaining"), null);
    } else {
      assertEquals([errorId(answer), answer.headers.get("Content-Type")], [id, "application/json"]);
      assert(answer.headers.has("RateLimit-Remaining"));
    }
    assert(answer.headers.has("Request-Id"));
  });
}

Deno.test("'echo' repeats the caller's token in the error's message", async () => {
  const heroku = spoiling("echo");

  assertStringIncludes((await create(heroku)).text, heroku.token);
});

Deno.test("'truncated' takes effect and breaks the JSON off, wherever it does", async () => {
  const lengths = new Set<number>();
  for (let seed = 1; seed <= 50; seed++) {
    const heroku = spoiling("truncated", { seed });
    const answer = await create(heroku);
    assertEquals([answer.status, heroku.live().length], [201, 1]);
    assertThrows(() => JSON.parse(answer.text), SyntaxError);
    lengths.add(answer.text.length);
  }
  assert(lengths.size > 30);
});

Deno.test("'slow' takes effect at once and answers after the wait", async () => {
  const waits: number[] = [];
  const heroku: FakeHeroku = spoiling({ kind: "slow", delay: 1234 }, {
    sleep: (ms) => {
      waits.push(ms, heroku.live().length);
      return Promise.resolve();
    },
  });

  assertEquals((await create(heroku)).status, 201);
  assertEquals(waits, [1234, 1]);
});

Deno.test("'slow' waits no longer than 'slowest'", async () => {
  const waits: number[] = [];
  const heroku = createFakeHeroku({
    faults: { slow: 1 },
    slowest: 7,
    sleep: (ms) => {
      waits.push(ms);
      return Promise.resolve();
    },
  });
  for (let made = 0; made < 200; made++) await call(heroku, "GET", "/account");

  assertEquals([Math.min(...waits), Math.max(...waits)], [1, 7]);
});

Deno.test("'slow' ends with the caller's abort, its effect taken", async () => {
  const heroku = spoiling({ kind: "slow", delay: 60_000 });
  const controller = new AbortController();
  const reason = new Error("Enough");
  const answered = create(heroku, controller.signal);
  setTimeout(() => controller.abort(reason), 5);

  assertEquals(await assertRejects(() => answered), reason);
  assertEquals([heroku.live().length, heroku.requests[0].status], [1, "lost"]);
});

Deno.test("'next-range-repeated' makes a list go on forever at the same page", async () => {
  const heroku = createFakeHeroku({ faults: () => "next-range-repeated" });
  heroku.issue();
  heroku.issue();
  let range = "id ..; max=1";
  for (let page = 0; page < 5; page++) {
    const answer = await call(heroku, "GET", AUTHORIZATIONS, { headers: { Range: range } });
    assertEquals([answer.status, shownAll(answer).length], [206, 1]);
    range = answer.headers.get("Next-Range") ?? "";
    assertEquals(range, "id ..; max=1");
  }
});

Deno.test("'next-range-missing' ends a list early", async () => {
  const heroku = createFakeHeroku({ faults: () => "next-range-missing" });
  heroku.issue();
  heroku.issue();
  const answer = await call(heroku, "GET", AUTHORIZATIONS, { headers: { Range: "id ..; max=1" } });

  assertEquals([answer.status, shownAll(answer).length], [206, 1]);
  assertEquals(answer.headers.get("Next-Range"), null);
});

for (const fault of ["next-range-repeated", "next-range-missing"] as const) {
  Deno.test(`'${fault}' leaves other calls and refused lists alone`, async () => {
    const heroku = createFakeHeroku({ faults: () => fault });
    const made = await create(heroku);
    assertEquals([made.status, made.headers.get("Next-Range")], [201, null]);
    const refused = await call(heroku, "GET", AUTHORIZATIONS, { headers: { Range: "id" } });
    assertEquals([refused.status, refused.headers.get("Next-Range")], [416, null]);
  });
}
