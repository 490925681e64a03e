import { assert, assertEquals, assertGreater } from "@std/assert";
import fc from "fast-check";
import { createClient } from "../../lib/heroku/client.ts";
import { HerokuError } from "../../lib/heroku/errors.ts";
import { createAcceptance } from "../../lib/rotation/acceptance.ts";
import { canary, everyFormOf, leaks } from "../simulation/canary.ts";

const token = `HRKU-AA${canary}-the-client's-own`;
const other = `HRKU-AA${canary}-somebody-else's`;

/** Text that a hostile or broken server may put anywhere, the caller's own token above all. */
const text = fc.oneof(
  fc.string({ unit: "binary" }),
  fc.constantFrom(token, `Bearer ${token}`, btoa(token), `"${token}`, "id ..", "id ]..", "200", ""),
);

const json = fc.oneof(
  fc.jsonValue(),
  fc.letrec((tie) => ({
    value: fc.oneof(
      { maxDepth: 4 },
      fc.constantFrom(null, true, 0, -1, 1e308, 0.5, [], {}),
      text,
      fc.array(tie("value"), { maxLength: 4 }),
      fc.dictionary(
        fc.oneof(
          text,
          fc.constantFrom(
            "id",
            "access_token",
            "token",
            "expires_in",
            "description",
            "scope",
            "created_at",
            "message",
            "url",
            "__proto__",
            "constructor",
          ),
        ),
        tie("value"),
        { maxKeys: 6 },
      ),
    ),
  })).value,
);

const body = fc.oneof(
  json.map((value) => JSON.stringify(value) ?? ""),
  fc.tuple(json, fc.nat(200)).map(([value, at]) => (JSON.stringify(value) ?? "").slice(0, at)),
  text,
  fc.constant(`<!DOCTYPE html><p>${token}</p>`),
);

const headers = fc.dictionary(
  fc.constantFrom(
    "Content-Type",
    "Next-Range",
    "Content-Range",
    "Retry-After",
    "RateLimit-Remaining",
    "Request-Id",
    "Warning-Message",
    "Location",
    "Date",
    "ETag",
  ),
  fc.oneof(
    text,
    fc.constantFrom("id ]a..; max=1000", "0", "-1", "1e9", "text/html", "999999999999"),
  )
    .map((value) => value.replace(/[^\x20-\x7e]/g, "").trim()),
);

const answer = fc.record({ status: fc.integer({ min: 200, max: 599 }), headers, body });
type Answer = typeof answer extends fc.Arbitrary<infer Value> ? Value : never;

function toFetch(answers: readonly Answer[]): () => Promise<Response> {
  let calls = 0;
  return () => {
    const { status, headers, body } = answers[calls++ % answers.length];
    const empty = status === 204 || status === 205 || status === 304;
    return Promise.resolve(new Response(empty ? null : body, { status, headers }));
  };
}

const calls = {
  create: (client: ReturnType<typeof createClient>) => client.create({ scope: ["read"] }),
  list: (client: ReturnType<typeof createClient>) => client.list(),
  info: (client: ReturnType<typeof createClient>) => client.info("01234567"),
  update: (client: ReturnType<typeof createClient>) =>
    client.update("01234567", { description: "ci" }),
  regenerate: (client: ReturnType<typeof createClient>) => client.regenerate("01234567"),
  delete: (client: ReturnType<typeof createClient>) => client.delete("01234567"),
};

for (const [method, call] of Object.entries(calls)) {
  Deno.test(`${method}() gives authorizations or a HerokuError without a token, whatever Heroku answers`, async () => {
    let [given, refused] = [0, 0];
    const useful = fc.record({
      status: fc.constantFrom(200, 201),
      headers: fc.constant({}),
      body: fc.record({ id: text, access_token: fc.record({ token: fc.constant(other) }) })
        .map((record) => JSON.stringify(method === "list" ? [record] : record)),
    });
    const answers = fc.array(fc.oneof({ weight: 4, arbitrary: answer }, useful), {
      minLength: 1,
      maxLength: 3,
    });
    await fc.assert(
      fc.asyncProperty(answers, async (each) => {
        const fetch = toFetch(each);
        const client = createClient({ token, fetch, retries: 1, sleep: () => Promise.resolve() });
        try {
          const result = await call(client);
          for (const { id } of Array.isArray(result) ? result : [result]) {
            assert(typeof id === "string" && id !== "");
          }
          given++;
        } catch (error) {
          assert(error instanceof HerokuError, Deno.inspect(error));
          assert(!leaks(everyFormOf(error)), `A token shows: ${error.message}`);
          refused++;
        }
      }),
      { numRuns: 1500 },
    );
    assertGreater(given, 20);
    assertGreater(refused, 20);
  });
}

Deno.test("accepts() takes nothing but 200, and a narrow token's 403, for a yes, and nothing but 401 for a no", async () => {
  await fc.assert(
    fc.asyncProperty(
      answer,
      fc.constantFrom<readonly string[] | null>(null, ["global"], ["write", "read"]),
      async (each, scope) => {
        const accepts = createAcceptance({
          fetch: toFetch([each]),
          retries: 0,
          sleep: () => Promise.resolve(),
        });
        const verdict = await accepts(token, scope).catch((error: unknown) => {
          assert(error instanceof HerokuError && !leaks(everyFormOf(error)));
          return "nothing";
        });
        const yes = scope?.includes("write") ? [200, 403] : [200];
        if (verdict === true) assert(yes.includes(each.status), `${each.status}`);
        if (verdict === false) assertEquals(each.status, 401);
      },
    ),
    { numRuns: 2000 },
  );
});
