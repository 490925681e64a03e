import { assert, assertEquals, assertNotMatch, assertRejects } from "@std/assert";
import { createClient } from "../../lib/heroku/client.ts";
import { HerokuError, NotFoundError, PagingError } from "../../lib/heroku/errors.ts";
import {
  createFakeHeroku,
  type FakeHeroku,
  type FakeHerokuOptions,
} from "../../lib/testing/mod.ts";
import { everyForm } from "./scripted_server.ts";

const SEEDS = Array.from({ length: 12 }, (_, index) => index + 1);

/** The fake behind a real server and connections, and a client that doesn't really wait. */
function start(options: FakeHerokuOptions) {
  const heroku: FakeHeroku = createFakeHeroku({ tokenPrefix: "canary", slowest: 20, ...options });
  const server = Deno.serve(
    {
      port: 0,
      hostname: "127.0.0.1",
      onListen: () => {},
      onError: () => new Response(null, { status: 500 }),
    },
    heroku.handler,
  );
  const client = createClient({
    token: heroku.token,
    baseUrl: `http://127.0.0.1:${server.addr.port}`,
    retries: 8,
    sleep: () => Promise.resolve(),
  });
  return { heroku, client, [Symbol.asyncDispose]: () => server.shutdown() };
}

function sorted(ids: readonly string[]): string[] {
  return [...ids].sort();
}

Deno.test("list() converges on what a misbehaving Heroku has", async () => {
  for (const seed of SEEDS) {
    await using fake = start({ seed });
    for (let index = 0; index < 45; index++) fake.heroku.issue({ description: `ci ${index % 7}` });
    const expected = sorted(fake.heroku.live().map(({ id }) => id));
    for (const pageSize of [7, 1000]) {
      const listed = await fake.client.list({ pageSize });
      assertEquals(sorted(listed.map(({ id }) => id)), expected, `seed ${seed}`);
      assertNotMatch(JSON.stringify(listed), /canary[\w-]{12}/);
    }
  }
});

Deno.test("info() and delete() converge under a misbehaving Heroku", async () => {
  for (const seed of SEEDS) {
    await using fake = start({ seed });
    for (let index = 0; index < 20; index++) {
      const { id } = fake.heroku.issue({ description: `ci ${index}` });
      assertEquals((await fake.client.info(id)).description, `ci ${index}`);
      const error = await fake.client.delete(id).then(() => undefined, (thrown) => thrown);
      if (error instanceof NotFoundError) assertEquals(error.effect, "unknown");
      else if (error !== undefined) assertEquals(error.code, "malformed_response");
      if (error?.code !== "malformed_response") {
        assert(!fake.heroku.live().some((live) => live.id === id), `seed ${seed}`);
      }
    }
  }
});

Deno.test("create() never sends twice, and says when a token may be live that no one knows", async () => {
  let failures = 0;
  for (const seed of SEEDS) {
    await using fake = start({ seed });
    for (let index = 0; index < 20; index++) {
      const before = { calls: fake.heroku.calls, live: fake.heroku.live().length };
      const outcome = await fake.client.create({ scope: ["read"], description: `ci ${index}` })
        .catch((thrown) => thrown);
      assertEquals(fake.heroku.calls, before.calls + 1, `seed ${seed}`);
      const made = fake.heroku.live().length - before.live;
      if (outcome instanceof HerokuError) {
        failures++;
        if (outcome.effect === "none") assertEquals(made, 0);
        assertNotMatch(everyForm(outcome), /canary/);
      } else {
        assertEquals(made, 1);
        assert(fake.heroku.accepts(outcome.access_token.token));
      }
    }
  }
  assert(failures > 0, "no seed misbehaved");
});

Deno.test("regenerate() and update() do what they say, and the old token dies", async () => {
  await using fake = start({ faults: false });
  const made = await fake.client.create({ scope: ["read"], expires_in: 3600 });
  const renewed = await fake.client.regenerate(made.id);
  assert(fake.heroku.accepts(renewed.access_token.token));
  assert(!fake.heroku.accepts(made.access_token.token));
  const renamed = await fake.client.update(made.id, { description: "renamed" });
  assertEquals(renamed.description, "renamed");
  assertEquals((await fake.client.info(made.id)).description, "renamed");
});

Deno.test("list() ends with a PagingError where Heroku repeats or forgets a Next-Range", async () => {
  for (const kind of ["next-range-repeated", "next-range-missing"] as const) {
    await using fake = start({ faults: () => kind });
    for (let index = 0; index < 5; index++) fake.heroku.issue({});
    await assertRejects(() => fake.client.list({ pageSize: 2 }), PagingError);
  }
});

Deno.test("every method keeps the client's token out of the error of a Heroku that repeats it", async () => {
  await using fake = start({ faults: () => "echo" });
  const { id } = fake.heroku.issue({});
  const calls = [
    () => fake.client.create({ scope: ["read"] }),
    () => fake.client.list(),
    () => fake.client.info(id),
    () => fake.client.update(id, { description: "x" }),
    () => fake.client.regenerate(id),
    () => fake.client.delete(id),
  ];
  for (const call of calls) {
    const error = await assertRejects(call, HerokuError);
    assertEquals(error.status, 500);
    const forms = everyForm(error);
    assert(!forms.includes(fake.heroku.token) && !forms.includes("canary"));
  }
});
