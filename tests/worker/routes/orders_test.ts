import { assert, assertEquals, assertMatch } from "@std/assert";
import type { Order } from "../../../worker/account/orders.ts";
import { accountOf, basic, bearer, broken, run } from "../running_app.ts";
import { canary, createBusyEnv, createEnv, createTable, keys } from "../sample.ts";

const operatorKey = `operator-key-${canary}-0123456789`;
const env = { ...createBusyEnv(), OPERATOR_KEY: operatorKey };

async function start(environment: typeof env | ReturnType<typeof createEnv> = env) {
  const taken: Order[] = [];
  const account = () => ({
    ...accountOf({}),
    order: (order: Order) => {
      taken.push(order);
      return Promise.resolve(
        order.denial === null
          ? { accepted: true, message: "It is done" } as const
          : { accepted: false, message: order.denial } as const,
      );
    },
  });
  const { app } = await run(environment, { account });
  const post = async (path: string, init: RequestInit = {}) => {
    const headers = { ...bearer(operatorKey), ...init.headers };
    const answer = await app.request(path, { method: "POST", ...init, headers });
    const body: { error: string } = JSON.parse(await answer.text());
    return { status: answer.status, body };
  };
  return { app, post, taken };
}

Deno.test("POST /credentials/:name/rotate is taken with the operator's key, and answered with an id", async () => {
  const { post, taken } = await start();
  const { status, body } = await post("/credentials/ci-deploy/rotate", {
    body: JSON.stringify({ reason: "a laptop was stolen" }),
    headers: { "Content-Type": "application/json", "Idempotency-Key": "one" },
  });
  const expected = { id: "one", order: "rotate", credential: "ci-deploy", message: "It is done" };
  assertEquals<unknown>([status, body], [202, expected]);
  const [{ kind, account, credential, by, reason, denial }] = taken;
  assertEquals([kind, account, credential, by, reason, denial], [
    "rotate",
    "heroku",
    "ci-deploy",
    "operator",
    "a laptop was stolen",
    null,
  ]);
});

Deno.test("orders without a body are taken, each under an id of its own", async () => {
  const { post, taken } = await start();
  for (const path of ["/credentials/ci-deploy/pause", "/credentials/ci-deploy/resume"]) {
    assertEquals((await post(path)).status, 202);
  }
  assertEquals((await post("/accounts/heroku/sweep")).status, 202);
  assertEquals(taken.map(({ kind }) => kind), ["pause", "resume", "sweep"]);
  assertEquals(new Set(taken.map(({ id }) => id)).size, 3);
});

Deno.test("no other key gives orders, and the operator's opens nothing else", async () => {
  const { post, app, taken } = await start();
  for (const key of [keys.page, keys.reader, `${operatorKey}0`]) {
    const { status, body } = await post("/credentials/ci-deploy/rotate", { headers: bearer(key) });
    assertEquals(status, 401);
    assert(!JSON.stringify(body).includes(canary));
  }
  const bare = await app.request("/credentials/ci-deploy/rotate", { method: "POST" });
  assertEquals(bare.status, 401);
  assertEquals((await app.request("/status", { headers: bearer(operatorKey) })).status, 401);
  const none = await start(createBusyEnv());
  assertEquals((await none.post("/credentials/ci-deploy/rotate")).status, 401);
  assertEquals([...taken, ...none.taken], []);
});

Deno.test("an order that cannot be taken has a clear answer", async () => {
  const { post, taken } = await start();
  const json = { "Content-Type": "application/json" };
  const cases = [
    ["/credentials/nope/rotate", {}, 404, /^No credential is called 'nope'$/],
    ["/accounts/nope/sweep", {}, 404, /^No account is called 'nope'$/],
    ["/credentials/ci-deploy/rotate", { body: "{", headers: json }, 400, /^The body is JSON/],
    ["/credentials/ci-deploy/rotate", { body: "null", headers: json }, 400, /^The body is JSON/],
    [
      "/credentials/ci-deploy/rotate",
      { body: JSON.stringify({ reason: "x".repeat(201) }), headers: json },
      400,
      /200 characters/,
    ],
    [
      "/credentials/ci-deploy/rotate",
      { body: "x".repeat(10_000_000), headers: json },
      413,
      /^A body has 4096 bytes at most$/,
    ],
    [
      "/credentials/ci-deploy/rotate",
      { headers: { "Idempotency-Key": "k".repeat(101) } },
      400,
      /^An Idempotency-Key has 1 to 100/,
    ],
  ] as const;
  for (const [path, init, expected, words] of cases) {
    const { status, body } = await post(path, init);
    assertEquals(status, expected, path);
    assertMatch(body.error, words);
  }
  assertEquals(taken, []);
});

Deno.test("a form of another site gives no order", async () => {
  const { app, taken } = await start();
  const answer = await app.request("/credentials/ci-deploy/rotate", {
    method: "POST",
    headers: {
      ...basic("operator", operatorKey),
      Origin: "https://evil.example",
      "Content-Type": "application/x-www-form-urlencoded",
    },
  });
  assertEquals([answer.status, taken], [403, []]);
});

Deno.test("what the configuration pauses or only observes takes no orders, and the account notes it", async () => {
  for (const rest of ["paused", "observe"] as const) {
    const CREDENTIALS = [createTable("ci", { [rest]: true })];
    const { post, taken } = await start({
      ...createEnv(),
      CREDENTIALS,
      OPERATOR_KEY: operatorKey,
    });
    const { status, body } = await post("/credentials/ci/rotate");
    assertEquals(status, 409);
    assertMatch(
      body.error,
      new RegExp(`^By the configuration .*remove '${rest}', and deploy again$`),
    );
    assertEquals(taken.length, 1);
  }
});

Deno.test("an account that cannot be reached takes no order", async () => {
  const { app } = await run(env, { account: broken });
  const answer = await app.request("/credentials/ci-deploy/rotate", {
    method: "POST",
    headers: bearer(operatorKey),
  });
  assertEquals(answer.status, 503);
});

Deno.test("GET on an order's path is answered with what it takes", async () => {
  const { app } = await start();
  const answer = await app.request("/credentials/ci-deploy/rotate", { headers: bearer(keys.page) });
  assertEquals([answer.status, answer.headers.get("Allow")], [405, "POST"]);
});
