/**
 * The real npm package heroku-client against the fake Heroku over HTTP, and our shim through the same
 * tests. `deno task peers` runs it.
 *
 * @module
 */
import { assert, assertEquals, assertInstanceOf, assertRejects, assertThrows } from "@std/assert";
import HerokuClient1First from "npm:heroku-client@1.2.0";
import HerokuClient1Last from "npm:heroku-client@1.11.0";
import HerokuClient2 from "npm:heroku-client@2.4.3";
import HerokuClient3 from "npm:heroku-client@3.1.4";
import Shim, {
  type Authorization,
  type Callback,
  type IssuedAuthorization,
  type OAuth,
} from "../../lib/heroku/heroku_client.ts";
import { type Served, serveHeroku } from "./served.ts";

/** The packages come without types; they have the shape of the shim's. */
interface Heroku {
  oauth(): OAuth;
}

interface Package {
  readonly name: string;
  connect(served: Served, token?: string): Heroku;
  /** The first version has no regenerate. */
  readonly regenerates: boolean;
}

/** Version 1 speaks https to Heroku, or http to a proxy: the fake is that proxy. */
function throughProxy(construct: (token: string) => Heroku): Package["connect"] {
  return ({ heroku, port }, token = heroku.token) => {
    Deno.env.set("HEROKU_HTTP_PROXY_HOST", "127.0.0.1");
    Deno.env.set("HEROKU_HTTP_PROXY_PORT", String(port));
    return construct(token);
  };
}

function direct(construct: (options: { token: string; host: string }) => Heroku) {
  return ({ heroku, url }: Served, token = heroku.token) => {
    Deno.env.delete("HEROKU_HTTP_PROXY_HOST");
    Deno.env.delete("HEROKU_HTTP_PROXY_PORT");
    return construct({ token, host: url });
  };
}

const packages: readonly Package[] = [
  {
    name: "heroku-client 1.2.0",
    connect: throughProxy((token) => new HerokuClient1First({ token })),
    regenerates: false,
  },
  {
    name: "heroku-client 1.11.0",
    connect: throughProxy((token) => new HerokuClient1Last({ token })),
    regenerates: true,
  },
  {
    name: "heroku-client 2.4.3",
    connect: direct((options) => new HerokuClient2(options)),
    regenerates: true,
  },
  {
    name: "@herotate/herotate/heroku-client",
    connect: direct((options) => new Shim(options)),
    regenerates: true,
  },
];

const ATTRIBUTES = { scope: ["read"], description: "ci", expires_in: 3600 };
const CLIENT = {
  id: "11111111-1111-4111-8111-111111111111",
  secret: "client-secret",
  name: "Acme",
};

function called<Body>(
  call: (callback: Callback<Body>) => unknown,
): Promise<readonly [error: unknown, body: Body | undefined]> {
  return new Promise((resolve) => call((error, body) => resolve([error, body])));
}

async function succeeded<Body>(call: (callback: Callback<Body>) => unknown): Promise<Body> {
  const [error, body] = await called(call);
  assert(!error, String(error));
  assert(body !== undefined);
  return body;
}

function test(name: string, fn: () => Promise<void>): void {
  // The packages leave their connections to the runtime.
  Deno.test({ name, fn, sanitizeOps: false, sanitizeResources: false });
}

for (const { name, connect, regenerates } of packages) {
  test(`${name}: create, info, list and delete work with callbacks`, async () => {
    await using served = serveHeroku();
    const all = connect(served).oauth().authorizations();
    const made = await succeeded<IssuedAuthorization>((callback) =>
      all.create(ATTRIBUTES, callback)
    );
    assertEquals(made.access_token.token, served.heroku.live()[0].token);
    const one = connect(served).oauth().authorizations(made.id);

    assertEquals(
      (await succeeded<Authorization>((callback) => one.info(callback))).description,
      "ci",
    );
    const listed = await succeeded<Authorization[]>((callback) => all.list(callback));
    assertEquals(listed.map(({ id }) => id), [made.id]);
    assertEquals((await succeeded<Authorization>((callback) => one.delete(callback))).id, made.id);
    assertEquals(served.heroku.live(), []);
  });

  test(`${name}: create, info, list and delete work with promises`, async () => {
    await using served = serveHeroku();
    const all = connect(served).oauth().authorizations();
    const made = await all.create(ATTRIBUTES);
    const one = connect(served).oauth().authorizations(made.id);

    assertEquals((await one.info()).access_token?.expires_in, 3599);
    assertEquals((await all.list()).map(({ id }) => id), [made.id]);
    assertEquals((await one.delete()).id, made.id);
    assertEquals(served.heroku.live(), []);
  });

  test(`${name}: an object may come before the callback`, async () => {
    await using served = serveHeroku();
    const { id } = served.heroku.issue({ description: "ci" });
    const all = connect(served).oauth().authorizations();
    const one = connect(served).oauth().authorizations(id);

    assertEquals(
      (await succeeded<Authorization[]>((callback) => all.list({}, callback))).length,
      1,
    );
    assertEquals((await succeeded<Authorization>((callback) => one.info({}, callback))).id, id);
    if (regenerates) {
      const tokens = one.actions().regenerateTokens();
      await succeeded<IssuedAuthorization>((callback) => tokens.regenerate({}, callback));
    }
    assertEquals((await succeeded<Authorization>((callback) => one.delete({}, callback))).id, id);
    assertEquals(served.heroku.live(), []);
  });

  test(`${name}: create takes a client as an id and as an object`, async () => {
    await using served = serveHeroku({ clients: [CLIENT] });
    const all = connect(served).oauth().authorizations();
    for (const client of [CLIENT.id, { id: CLIENT.id }]) {
      const made = await all.create({ ...ATTRIBUTES, client });
      assertEquals(made.client?.id, CLIENT.id);
    }
  });

  test(`${name}: list gives 2,500 records from all pages`, async () => {
    await using served = serveHeroku();
    for (let index = 0; index < 2500; index++) served.heroku.issue({ description: `ci ${index}` });
    const listed = await connect(served).oauth().authorizations().list();

    assertEquals(listed.map(({ id }) => id), served.heroku.live().map(({ id }) => id));
    assertEquals(served.heroku.calls, 3);
  });

  test(`${name}: a failure has its status and its body, for callback and promise`, async () => {
    await using served = serveHeroku();
    const missing = connect(served).oauth().authorizations("unknown");
    const [error] = await called<Authorization>((callback) => missing.info(callback));
    const rejected = await assertRejects(() => Promise.resolve(missing.delete()), Error);
    for (const failure of [error, rejected]) {
      assertInstanceOf(failure, Error);
      assertEquals(failure.message, "Expected response to be successful, got 404");
      assertEquals({ ...failure }, {
        statusCode: 404,
        body: {
          id: "not_found",
          message: "Couldn't find that OAuth authorization.",
          resource: "authorization",
        },
      });
    }
    const refused = connect(served, "unknown").oauth().authorizations();
    const unauthorized = await assertRejects(() => Promise.resolve(refused.list()), Error);
    assertEquals(unauthorized.message, "Expected response to be successful, got 401");
  });

  test(`${name}: a wrong number of parameters throws at once`, async () => {
    await using served = serveHeroku();
    const heroku = connect(served);
    assertThrows(
      () => heroku.oauth().authorizations().info(),
      Error,
      "Invalid number of params in path (expected 1, got 0).",
    );
    assertThrows(
      () => heroku.oauth().authorizations("id").list(),
      Error,
      "Invalid number of params in path (expected 0, got 1).",
    );
    assertEquals(served.heroku.calls, 0);
  });

  if (!regenerates) continue;
  test(`${name}: regenerate gives a new token, for callback and promise`, async () => {
    await using served = serveHeroku();
    const { id, token } = served.heroku.issue();
    const actions = () => connect(served).oauth().authorizations(id).actions().regenerateTokens();
    const first = await succeeded<IssuedAuthorization>((callback) =>
      actions().regenerate(callback)
    );
    const second = await actions().regenerate();
    const accepted = [token, first.access_token.token, second.access_token.token]
      .map((one) => served.heroku.accepts(one));
    assertEquals(accepted, [false, false, true]);
  });
}

/** Version 3 has no resources any more, only the HTTP methods. */
interface Heroku3 {
  get(path: string): Promise<unknown>;
  post(path: string, options?: { readonly body: unknown }): Promise<IssuedAuthorization>;
  patch(path: string, options: { readonly body: unknown }): Promise<IssuedAuthorization>;
  delete(path: string): Promise<IssuedAuthorization>;
}

test("heroku-client 3.1.4: all methods work, and a list has 2,500 records", async () => {
  await using served = serveHeroku();
  Deno.env.delete("HEROKU_HTTP_PROXY_HOST");
  const heroku: Heroku3 = new HerokuClient3({ token: served.heroku.token, host: served.url });
  const path = "/oauth/authorizations";
  for (let index = 0; index < 2499; index++) served.heroku.issue();

  const made = await heroku.post(path, { body: ATTRIBUTES });
  const one = `${path}/${made.id}`;
  const listed = await heroku.get(path);
  assert(Array.isArray(listed) && listed.length === 2500);
  assertEquals((await heroku.patch(one, { body: { description: "new" } })).description, "new");
  const regenerated = await heroku.post(`${one}/actions/regenerate-tokens`);
  assert(served.heroku.accepts(regenerated.access_token.token));
  assertEquals((await heroku.delete(one)).id, made.id);
  await heroku.get("/account");
  const error = await assertRejects(() => heroku.get(one), Error);
  assertEquals(Reflect.get(error, "statusCode"), 404);
});
