import { assert, assertEquals } from "@std/assert";
import { createTable, type Env } from "../sample.ts";
import { createTestAccount } from "../account/sweep_account.ts";

const day = 86_400_000;

interface Monitor extends AsyncDisposable {
  readonly env: Env;
  readonly address: string;
  readonly bodies: string[];
}

/** A real monitor, and the configuration that pings it. */
function startMonitor(
  answer: () => Response | Promise<Response> = () => new Response("OK"),
): Monitor {
  const bodies: string[] = [];
  const ending = new AbortController();
  const server = Deno.serve(
    { port: 0, hostname: "127.0.0.1", onListen() {}, signal: ending.signal },
    async (request) => {
      bodies.push(`${request.method} ${await request.text()}`);
      return await answer();
    },
  );
  const address = `http://127.0.0.1:${server.addr.port}/ping/5f3c7e10-secret-of-mine`;
  return {
    bodies,
    address,
    env: { HEARTBEAT_SECRET: "HEARTBEAT_URL", HEARTBEAT_URL: address },
    async [Symbol.asyncDispose]() {
      ending.abort();
      await server.finished;
    },
  };
}

/** An account where all is well: its one credential was proven long ago, and lives for long. */
function startAccount() {
  const account = createTestAccount();
  const { heroku } = account;
  heroku.issue({
    description: "ci",
    scope: ["write"],
    created_at: heroku.now() - day,
    expires_in: 30 * 86_400,
  });
  return account;
}

/** What is observed is well as long as it is not about to end. */
const observed = (env: Env): Env => ({
  ...env,
  CREDENTIALS: [createTable("ci", { scope: ["write"], observe: true })],
});

Deno.test("a sweep that finds all well pings the monitor, with the head of the events", async () => {
  await using monitor = startMonitor();
  await using account = startAccount();
  await account.sweep(observed(monitor.env));
  const { head } = account.events.read({ after: 0, limit: 0 });
  assert(head.number > 0);
  assertEquals(monitor.bodies, [`POST ${head.number}:${head.hash}`]);
});

Deno.test("a sweep that failed, or finds that something is wrong, does not ping", async () => {
  await using monitor = startMonitor();
  await using account = startAccount();
  await account.sweep({ ...observed(monitor.env), HEROKU_URL: "http://127.0.0.1:1" });
  await account.sweep({ ...observed(monitor.env), PAGE_KEY: "" });
  const { heroku } = account;
  for (const { id } of heroku.live()) heroku.revoke(id);
  await account.sweep(observed(monitor.env));
  assertEquals(monitor.bodies, []);
});

Deno.test("a monitor that fails is told in the log, without its address, and nothing else changes", async () => {
  for (
    const [answer, says] of [
      [() => new Response("no", { status: 500 }), "The monitor answered 500"],
      [
        () => new Response(null, { status: 302, headers: { Location: "http://127.0.0.1:1/" } }),
        "The monitor answered 302",
      ],
    ] as const
  ) {
    await using monitor = startMonitor(answer);
    await using account = startAccount();
    assertEquals(await account.sweep(observed(monitor.env)), true);
    assertEquals(monitor.bodies.length, 1);
    const [line] = account.lines.filter(({ event }) => event === "heartbeat_failed");
    assertEquals(line.error, says);
    assert(!JSON.stringify(account.lines).includes("secret-of-mine"));
    assertEquals(account.sweeps.health()?.reasons, []);
  }
});

Deno.test("a monitor that is not there is told in the log", async () => {
  await using account = startAccount();
  const env = { HEARTBEAT_SECRET: "HEARTBEAT_URL", HEARTBEAT_URL: "http://127.0.0.1:1/" };
  await account.sweep(observed(env));
  const [line] = account.lines.filter(({ event }) => event === "heartbeat_failed");
  assertEquals(line.error, "The monitor cannot be reached");
});
