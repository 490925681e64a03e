import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { createClient } from "../../lib/heroku/client.ts";
import { HerokuError } from "../../lib/heroku/errors.ts";
import { createRepetitionCheck } from "../../lib/heroku/paging.ts";
import { parseAuthorization } from "../../lib/heroku/parse_authorization.ts";

const RUNS = { numRuns: 500 };

const RECORD = {
  access_token: { expires_in: 7200, id: "a", token: "HRKU-x", version: 2 },
  client: { id: "b", name: "cli", redirect_uri: "https://example.com/auth" },
  created_at: "2026-01-01T12:00:00Z",
  description: "ci-deploy",
  grant: { code: "code", expires_in: 2592000, id: "c" },
  refresh_token: { expires_in: null, id: "d", token: "refresh" },
  scope: ["global"],
  session: { id: "e" },
  updated_at: "2026-01-01T12:00:00Z",
  user: { id: "f", email: "someone@example.org", full_name: null },
};

const json = fc.jsonValue({ maxDepth: 3 });

/** A record in which any member, at any level, may be missing or any JSON at all. */
function mutated(record: Readonly<Record<string, unknown>>): fc.Arbitrary<Record<string, unknown>> {
  const members = Object.entries(record).map(([name, value]) => {
    const inner = typeof value === "object" && value !== null && !Array.isArray(value)
      ? mutated({ ...value })
      : fc.constant(value);
    return [name, fc.oneof({ weight: 3, arbitrary: inner }, json)] as const;
  });
  return fc.record(Object.fromEntries(members), { requiredKeys: [] });
}

const record = fc.tuple(fc.option(fc.oneof(fc.string(), json), { nil: undefined }), mutated(RECORD))
  .map(([id, members]): Record<string, unknown> => ({ ...members, id }));

function answer(text: string, status = 200) {
  return createClient({
    token: "HRKU-AA",
    retries: 0,
    fetch: () => Promise.resolve(new Response(text, { status })),
  });
}

function connect(body: unknown) {
  return answer(JSON.stringify(body));
}

function isId(id: unknown): id is string {
  return typeof id === "string" && id !== "";
}

function isSeconds(value: unknown): boolean {
  return value === undefined || value === null || typeof value === "number";
}

Deno.test("list() gives every record that has an id, whatever its members are", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.oneof(record, json)), async (records) => {
      const places: unknown[] = [];
      const all = await connect(records).list({ onMalformed: ({ index }) => places.push(index) });
      const ids = records.map((one) =>
        typeof one === "object" && one !== null && "id" in one ? one.id : undefined
      );
      assertEquals(all.map(({ id }) => id), [...new Set(ids.filter(isId))]);
      assertEquals(places, [...ids.keys()].filter((index) => !isId(ids[index])));
    }),
    RUNS,
  );
});

Deno.test("list() gives no member of another type, and names each that it leaves out", async () => {
  await fc.assert(
    fc.asyncProperty(mutated(RECORD), async (members) => {
      const named: string[] = [];
      const [one] = await connect([{ ...members, id: "a" }]).list({
        onMistyped: ({ member }) => named.push(member),
      });
      assert(one.description === undefined || typeof one.description === "string");
      assert(one.scope === undefined || one.scope.every((name) => typeof name === "string"));
      for (const holder of [one.access_token, one.refresh_token]) {
        assert(isSeconds(holder?.expires_in));
        assert(holder?.token === undefined || typeof holder.token === "string");
      }
      assert(one.access_token?.version === undefined || Number.isFinite(one.access_token.version));
      for (const name of Object.keys(RECORD)) {
        const given = Object.hasOwn(members, name) && members[name] !== null;
        assertEquals(given && !Object.hasOwn(one, name), named.includes(name), name);
      }
    }),
    RUNS,
  );
});

Deno.test("info() gives every record that has an id, and reads what it read again", async () => {
  await fc.assert(
    fc.asyncProperty(mutated(RECORD), async (members) => {
      const once = await connect({ ...members, id: "a" }).info("a");
      const problems: unknown[] = [];
      const twice = await connect(once).info("a", { onMistyped: (one) => problems.push(one) });
      assertEquals(twice, once);
      assertEquals(problems, []);
    }),
    RUNS,
  );
});

Deno.test("parseAuthorization() says the same of a record after a quick look as after a close one", () => {
  const rare = fc.option(fc.constant(null), { nil: undefined });
  fc.assert(
    fc.property(mutated(RECORD), rare, (members, absent) => {
      const absents = absent === null ? { client: null, grant: null, session: null } : {};
      const { client: _, grant: __, session: ___, ...common } = members;
      const plain = { ...common, ...absents, id: "a" };
      // A session is rare, so that it has the record looked at closely.
      const close = parseAuthorization({ ...plain, session: {} });
      const quick = parseAuthorization(plain);
      assert(close.ok && quick.ok);
      assertEquals(quick.mistyped, close.mistyped);
      assertEquals({ ...quick.authorization, session: {} }, { ...close.authorization });
    }),
    { numRuns: 2000 },
  );
});

Deno.test("createRepetitionCheck() says what came before, in whatever order it comes", () => {
  const ids = fc.array(
    fc.oneof(fc.nat(3000).map((number) => `${number}`.padStart(6, "0")), fc.string()),
    { maxLength: 3000, size: "max" },
  );
  fc.assert(
    fc.property(ids, fc.nat(3000), (given, sorted) => {
      const all = [...given.slice(0, sorted).toSorted(), ...given.slice(sorted)];
      const isRepeated = createRepetitionCheck();
      const seen = new Set<string>();
      for (const id of all) assertEquals(isRepeated(id), seen.size === seen.add(id).size, id);
    }),
    { numRuns: 50 },
  );
});

Deno.test("every method gives a record with an id or a HerokuError, whatever is answered", async () => {
  const bodies = fc.oneof(
    fc.tuple(json).map(([value]) => JSON.stringify(value)),
    record.map((value) => JSON.stringify(value)),
    record.map((value) => JSON.stringify(value).slice(0, -3)),
    fc.string({ unit: "binary" }),
  );
  const status = fc.constantFrom(200, 201, 202, 206, 400, 401, 403, 404, 418, 429, 500, 503);
  await fc.assert(
    fc.asyncProperty(bodies, status, async (text, status) => {
      const client = answer(text, status);
      const calls = [
        client.list(),
        client.info("a"),
        client.create({ scope: ["read"] }),
        client.update("a", { description: "x" }),
        client.regenerate("a"),
        client.delete("a"),
      ];
      for (const outcome of await Promise.allSettled<unknown>(calls)) {
        if (outcome.status === "rejected") assert(outcome.reason instanceof HerokuError);
        else if (!Array.isArray(outcome.value)) assert(isId(Object(outcome.value).id));
      }
    }),
    { numRuns: 150 },
  );
});
