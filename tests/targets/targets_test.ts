/**
 * What every target has to do, tried on each of them over real HTTP.
 *
 * @module
 */
import {
  assert,
  assertEquals,
  assertNotEquals,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import { targets } from "../../lib/targets/registry.ts";
import {
  type Delivery,
  type Target,
  TargetError,
  type TargetErrorCode,
} from "../../lib/targets/target.ts";
import { assertConceals } from "./assert_conceals.ts";
import { type Fixture, fixtures, type Started } from "./fixtures.ts";
import { deliveryOf } from "./delivery_of.ts";
import { createTarget } from "./create_target.ts";

/** Longer than the slack that timestamps are compared with, in milliseconds. */
const LATER = 60_000;

function test(
  name: string,
  run: (fixture: Fixture, started: Started, target: Target) => Promise<void>,
): void {
  for (const fixture of fixtures) {
    Deno.test(`${fixture.name} ${name}`, async () => {
      const started = await fixture.start();
      try {
        await run(fixture, started, createTarget(fixture.type, started));
      } finally {
        await started.service.close();
      }
    });
  }
}

async function assertFails(
  code: TargetErrorCode,
  started: Started,
  run: () => Promise<unknown>,
  delivery: Delivery,
): Promise<TargetError> {
  const error = await assertRejects(run, TargetError);
  assertEquals(error.code, code, error.message);
  assertEquals(
    error.retryable,
    code === "rate_limited" || code === "unavailable" || code === "mismatch",
  );
  assertConceals(error, [delivery.token, ...Object.values(started.secrets), "query-secret"]);
  assert(/^[A-Z].*[^.]$/s.test(error.message), error.message);
  return error;
}

test("delivers for the first time and proves it", async (fixture, started, target) => {
  const delivery = deliveryOf(1);
  const receipt = await target.deliver(delivery, {});
  assertEquals(started.held(), delivery.token);
  const proof = await target.confirm(delivery, JSON.parse(JSON.stringify(receipt)), {});
  assertEquals(proof.kind, fixture.proof);
  assertConceals({ receipt, proof }, [delivery.token, ...Object.values(started.secrets)]);
});

test("updates and keeps what is beside the value", async (fixture, started, target) => {
  started.put("the-old-value");
  const before = structuredClone(started.beside());
  const delivery = deliveryOf(2);
  const receipt = await target.deliver(delivery, {});
  assertEquals(started.held(), delivery.token);
  assertEquals(started.beside(), before);
  assertEquals((await target.confirm(delivery, receipt, {})).kind, fixture.proof);
});

test("may be repeated", async (fixture, started, target) => {
  const delivery = deliveryOf(3);
  await target.deliver(delivery, {});
  started.service.advance(LATER);
  const receipt = await target.deliver(delivery, {});
  assertEquals(started.held(), delivery.token);
  assertEquals((await target.confirm(delivery, receipt, {})).kind, fixture.proof);
});

test("delivers again after the answer to a write was lost", async (fixture, started) => {
  const delivery = deliveryOf(4);
  let lost = 0;
  const target = createTarget(fixture.type, started, async (input, init) => {
    const response = await fetch(input, init);
    if (init?.method === "GET" || started.held() !== delivery.token || lost > 0) return response;
    lost++;
    await response.body?.cancel();
    throw new TypeError(`connection closed before message completed: ${input}`);
  });
  await assertFails("unavailable", started, () => target.deliver(delivery, {}), delivery);
  assertEquals(lost, 1);
  started.service.advance(LATER);
  const receipt = await target.deliver(delivery, {});
  assertEquals(started.held(), delivery.token);
  assertEquals((await target.confirm(delivery, receipt, {})).kind, fixture.proof);
});

test("reports wrong credentials", async (fixture, started) => {
  started.put("the-old-value");
  const wrong = Object.fromEntries(
    Object.keys(started.secrets).map((name) => [name, `wrong-${crypto.randomUUID()}`]),
  );
  const target = createTarget(fixture.type, { ...started, secrets: wrong });
  const delivery = deliveryOf(5);
  const error = await assertFails(
    "unauthorized",
    { ...started, secrets: wrong },
    () => target.deliver(delivery, {}),
    delivery,
  );
  assertStringIncludes(error.message, Object.keys(started.secrets)[0]);
  assertEquals(started.held(), "the-old-value");
});

test("reports a missing Worker secret", async (fixture, started) => {
  const target = createTarget(fixture.type, { ...started, secrets: {} });
  const delivery = deliveryOf(5);
  await assertFails("unauthorized", started, () => target.deliver(delivery, {}), delivery);
  assertEquals(started.service.requests.length, 0);
});

test("reports a missing permission", async (fixture, started) => {
  if (!started.narrow) return;
  started.put("the-old-value");
  const target = createTarget(fixture.type, { ...started, secrets: started.narrow });
  const delivery = deliveryOf(6);
  await assertFails("forbidden", started, () => target.deliver(delivery, {}), delivery);
  assertEquals(started.held(), "the-old-value");
});

test("reports a place that does not exist", async (fixture, started) => {
  const target = createTarget(fixture.type, { ...started, config: started.nowhere });
  const delivery = deliveryOf(7);
  await assertFails("not_found", started, () => target.deliver(delivery, {}), delivery);
});

test("obeys the rate limit", async ({ rateLimitWait }, started, target) => {
  started.service.setRateLimited(true);
  const delivery = deliveryOf(8);
  const error = await assertFails(
    "rate_limited",
    started,
    () => target.deliver(delivery, {}),
    delivery,
  );
  if (rateLimitWait === undefined) return assertEquals(error.retryAfter, undefined);
  // Times in whole seconds, and the test's own duration.
  assert(
    Math.abs((error.retryAfter ?? 0) - rateLimitWait * 1000) < 3_000,
    String(error.retryAfter),
  );
});

test("waits out a service that is down", async (_fixture, started, target) => {
  const delivery = deliveryOf(9);
  started.service.setDown(true);
  await assertFails("unavailable", started, () => target.deliver(delivery, {}), delivery);
  started.service.setDown(false);
  const receipt = await target.deliver(delivery, {});
  assertEquals(started.held(), delivery.token);
  await target.confirm(delivery, receipt, {});
});

test("reports a service that cannot be reached", async (fixture, started) => {
  const gone = await fixture.start();
  await gone.service.close();
  const target = createTarget(fixture.type, { ...gone, secrets: started.secrets });
  const delivery = deliveryOf(10);
  await assertFails("unavailable", started, () => target.deliver(delivery, {}), delivery);
});

test("takes no page and no empty object for an answer", async (_fixture, started, target) => {
  const delivery = deliveryOf(11);
  for (const body of ["<h1>Please log in</h1>", "{}", "[]", "null", ""]) {
    started.service.setFault(() => new Response(body, { status: 200 }));
    const error = await assertRejects(() => target.deliver(delivery, {}), TargetError);
    assert(error.code === "unavailable" || error.code === "mismatch", error.message);
  }
});

test("follows no redirect", async (_fixture, started, target) => {
  const other = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen() {} }, () => {
    throw new Error("The redirect was followed");
  });
  const delivery = deliveryOf(12);
  for (const status of [301, 302, 307, 308]) {
    const location = `http://127.0.0.1:${other.addr.port}/elsewhere?${delivery.token}`;
    started.service.setFault(() => new Response(null, { status, headers: { location } }));
    const error = await assertFails(
      "not_found",
      started,
      () => target.deliver(delivery, {}),
      delivery,
    );
    assertStringIncludes(error.message, "/elsewhere");
  }
  await other.shutdown();
});

test("finds that the old value is still there", async (fixture, started, target) => {
  const delivery = deliveryOf(13);
  const receipt = await target.deliver(delivery, {});
  started.service.advance(LATER);
  started.put("the-old-value-of-before");
  // Nothing at these two says what is there now: that is what their weaker proofs mean.
  if (fixture.proof === "receipt" || fixture.proof === "existence") return;
  await assertFails(
    "mismatch",
    started,
    () => target.confirm(delivery, receipt, {}),
    delivery,
  );
});

test("finds that the value is gone", async (fixture, started, target) => {
  if (fixture.proof === "receipt") return;
  const delivery = deliveryOf(14);
  const receipt = await target.deliver(delivery, {});
  started.put(undefined);
  await assertFails("mismatch", started, () => target.confirm(delivery, receipt, {}), delivery);
});

test("finds that the receipt is of another generation", async (fixture, started, target) => {
  if (fixture.proof === "existence") return;
  const receipt = await target.deliver(deliveryOf(15), {});
  started.service.advance(LATER);
  const next = deliveryOf(16);
  await target.deliver(next, {});
  const stale = fixture.proof === "timestamp" || fixture.proof === "receipt"
    ? () => target.confirm(next, receipt, {})
    : () => target.confirm(deliveryOf(15), receipt, {});
  await assertFails("mismatch", started, stale, next);
});

test("lets the newer generation win", async (fixture, started, target) => {
  const older = deliveryOf(9);
  const newer = deliveryOf(10);
  await target.deliver(older, {});
  await target.deliver(newer, {});
  if (!fixture.supersedes) {
    await target.deliver(older, {});
    return assertEquals(started.held(), older.token);
  }
  await assertFails("superseded", started, () => target.deliver(older, {}), older);
  await assertFails("superseded", started, () => target.deliver(deliveryOf(8), {}), older);
  assertEquals(started.held(), newer.token);
  await target.deliver(newer, {});
});

test("goes by Heroku's clock where generations start again", async (fixture, started, target) => {
  await target.deliver(deliveryOf(10), {});
  const again = { ...deliveryOf(11), generation: 1 };
  await target.deliver(again, {});
  assertEquals(started.held(), again.token);
  if (!fixture.supersedes) return;
  const late = { ...deliveryOf(9), generation: 12 };
  await assertFails("superseded", started, () => target.deliver(late, {}), late);
  assertEquals(started.held(), again.token);
});

test("says nothing secret whatever the service says", async (_fixture, started, target) => {
  const delivery = deliveryOf(17);
  const echoes: ((said: string) => string)[] = [
    (said) => said,
    (said) => JSON.stringify({ message: said }),
    (said) => JSON.stringify({ message: said.slice(0, 60) }),
    (said) => JSON.stringify({ errors: [{ code: 1, message: JSON.stringify({ said }) }] }),
    (said) => JSON.stringify({ message: encodeURIComponent(said) }),
    (said) => JSON.stringify({ error: new TextEncoder().encode(said).toBase64() }),
    (said) => JSON.stringify({ error: new TextEncoder().encode(`:${said}`).toBase64() }),
    (said) =>
      JSON.stringify({
        detail: new TextEncoder().encode(`ab${said}`).toBase64({ alphabet: "base64url" }),
      }),
    (said) => JSON.stringify({ Message: new TextEncoder().encode(said).toHex() }),
    (said) => said.match(/.{1,60}/gs)?.join("\r\n") ?? "",
  ];
  for (const status of [401, 404, 422, 500]) {
    for (const echo of echoes) {
      for (const said of [delivery.token, ...Object.values(started.secrets)]) {
        started.service.setFault(({ headers, text }) => {
          const given = status === 404 ? said : `${said} ${text} ${[...headers].join(" ")}`;
          return new Response(echo(given), { status });
        });
        const error = await assertRejects(() => target.deliver(delivery, {}), TargetError);
        assertConceals(error, [delivery.token, ...Object.values(started.secrets)]);
      }
    }
  }
});

test("says nothing secret when a write is refused", async (fixture, started, target) => {
  const delivery = deliveryOf(18);
  started.service.setFault(({ method, text, headers }) => {
    const isWrite = headers.get("x-amz-target")?.includes("Put") ?? method !== "GET";
    const said = `Cannot take ${text} with ${[...headers].join(" ")}`;
    return isWrite && text !== "" ? Response.json({ message: said }, { status: 422 }) : undefined;
  });
  const error = await assertRejects(() => target.deliver(delivery, {}), TargetError);
  assert(["invalid_value", "forbidden"].includes(error.code), error.code);
  assertStringIncludes(error.message, "Cannot take", fixture.name);
  assertConceals(error, [delivery.token, ...Object.values(started.secrets)]);
});

test("ends when its signal does", async (_fixture, started, target) => {
  const reason = new Error("The rotation gave up");
  const controller = new AbortController();
  let asked = 0;
  started.service.setFault(() => {
    asked++;
    controller.abort(reason);
    return undefined;
  });
  const error = await assertRejects(() =>
    target.deliver(deliveryOf(19), { signal: controller.signal })
  );
  assertEquals(error, reason);
  await assertRejects(() => target.deliver(deliveryOf(19), { signal: controller.signal }));
  assertEquals(asked, 1);
});

test("takes values up to the limit", async ({ longest, tooLong }, started, target) => {
  const long = { ...deliveryOf(20), token: "x".repeat(longest) };
  await target.deliver(long, {});
  assertEquals(started.held(), long.token);
  if (tooLong === undefined) return;
  const longer = { ...deliveryOf(21), token: "y".repeat(tooLong) };
  await assertFails("invalid_value", started, () => target.deliver(longer, {}), longer);
  assertEquals(started.held(), long.token);
});

test("takes any character in a token", async (fixture, started, target) => {
  for (
    const token of [
      `Zm9v+/=_-.~@:8`,
      ...(fixture.type === "gitlab-variable" ? [] : [`"\\ 'é€😀$ {x}%2F&<`]),
      // What these are made of refers to another value at GitLab and at Doppler.
      ...(["gitlab-variable", "doppler"].includes(fixture.type) ? [] : ["$\{x}"]),
    ]
  ) {
    const delivery = { ...deliveryOf(22), token };
    const receipt = await target.deliver(delivery, {});
    assertEquals(started.held(), token);
    await target.confirm(delivery, receipt, {});
  }
});

test("names its place and its secrets", (fixture, started) => {
  const definition = targets.find(({ type }) => type === fixture.type);
  assert(definition);
  const parse = (config: unknown) => {
    const result = definition.schema["~standard"].validate(config);
    assert(!(result instanceof Promise) && !result.issues, JSON.stringify(result));
    return result.value;
  };
  const config = parse(started.config);
  assertEquals(definition.place(config), definition.place(parse(started.config)));
  assertNotEquals(definition.place(config), definition.place(parse(started.nowhere)));
  assert(definition.place(config).startsWith(`${definition.type}:`));
  assertEquals([...definition.secrets(config)].sort(), Object.keys(started.secrets).sort());
  return Promise.resolve();
});

Deno.test("every target of the registry is tried here", () => {
  const tried = new Set(fixtures.map(({ type }) => type));
  assertEquals([...tried].sort(), targets.map(({ type }) => type).sort());
});
