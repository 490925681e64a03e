/**
 * Heroku's real command line against the fake Heroku over HTTP. `deno task peers` runs it.
 *
 * It is downloaded into Deno's cache, not into this project, and runs with the permission to speak to
 * the fake's port and to nothing else.
 *
 * @module
 */
import {
  assert,
  assertEquals,
  assertMatch,
  assertNotMatch,
  assertStringIncludes,
} from "@std/assert";
import { type Served, serveHeroku } from "./served.ts";

const CLI = "npm:heroku@11.10.0";
const OUTSIDE = ["--no-config", "--no-lock", "--node-modules-dir=none"];

/** What the command printed, and whether it succeeded. */
interface Printed {
  readonly success: boolean;
  readonly stdout: string;
  readonly stderr: string;
}

async function runDeno(options: Deno.CommandOptions): Promise<Printed> {
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), options).output();
  const decoder = new TextDecoder();
  return { success, stdout: decoder.decode(stdout), stderr: decoder.decode(stderr) };
}

async function readCacheDirectory(): Promise<string> {
  const { stdout } = await runDeno({ args: ["info", "--json"] });
  return JSON.parse(stdout).denoDir;
}

const home = await Deno.makeTempDir({ prefix: "herotate-cli-" });
globalThis.addEventListener("unload", () => Deno.removeSync(home, { recursive: true }));
const cached = await runDeno({ args: ["cache", "--quiet", ...OUTSIDE, CLI], cwd: home });
assert(cached.success, `Cannot download Heroku's command line: ${cached.stderr}`);
const cache = await readCacheDirectory();

/** Runs a command of the CLI with a token, by default the admin's. */
async function heroku(
  { heroku, port, url }: Served,
  args: readonly string[],
  token: string = heroku.token,
): Promise<Printed> {
  const permissions = [
    "--allow-read",
    "--allow-env",
    "--allow-sys",
    `--allow-write=${home}`,
    `--allow-net=127.0.0.1:${port}`,
  ];
  const printed = await runDeno({
    args: [
      "run",
      "--quiet",
      "--cached-only",
      "--no-prompt",
      ...OUTSIDE,
      ...permissions,
      CLI,
      ...args,
    ],
    cwd: home,
    clearEnv: true,
    env: {
      PATH: Deno.env.get("PATH") ?? "",
      HOME: home,
      DENO_DIR: cache,
      NO_COLOR: "1",
      HEROKU_HOST: url,
      HEROKU_API_KEY: token,
      // It asks a second service whether the account is delinquent.
      HEROKU_PARTICLEBOARD_URL: url,
      HEROKU_NETRC_WRITE: "true",
      HEROKU_SKIP_NEW_VERSION_CHECK: "1",
      DISABLE_TELEMETRY: "true",
      // Otherwise it looks into /proc whether it runs in Windows, which needs all permissions.
      __IS_WSL_TEST__: "1",
    },
  });
  assertNotMatch(printed.stderr, /NotCapable/);
  return printed;
}

async function succeed(served: Served, args: readonly string[], token?: string): Promise<string> {
  const { success, stdout, stderr } = await heroku(served, args, token);
  assert(success, `heroku ${args.join(" ")}: ${stdout}${stderr}`);
  return stdout;
}

/** One line of what the CLI prints about an authorization: `Expires at: …`. */
function readLine(printed: string, name: string): string {
  return new RegExp(`^${name}: +(.*)$`, "m").exec(printed)?.[1] ?? "";
}

Deno.test("heroku whoami prints the account, and says that a token is invalid", async () => {
  await using served = serveHeroku();
  assertEquals(await succeed(served, ["whoami"]), "operator@example.com\n");
  const refused = await heroku(served, ["whoami"], "unknown");
  assertEquals(refused.success, false);
  assertMatch(refused.stderr, /Invalid credentials provided\./);
});

Deno.test("heroku authorizations:create takes a description, a scope and a lifetime", async () => {
  await using served = serveHeroku();
  const args = ["authorizations:create", "-d", "ci-deploy", "-s", "read,identity", "-e", "3600"];
  const made = JSON.parse(await succeed(served, [...args, "--json"]));

  const [live] = served.heroku.live();
  assertEquals(
    [made.id, made.description, made.scope, made.access_token.token, made.access_token.expires_in],
    [live.id, "ci-deploy", ["read", "identity"], live.token, 3600],
  );
});

Deno.test("heroku authorizations:create makes one that never expires by default", async () => {
  await using served = serveHeroku();
  const token = await succeed(served, ["authorizations:create", "--short"]);
  const [live] = served.heroku.live();
  assertEquals([token.trim(), live.description, live.expires_at, live.scope], [
    live.token,
    "Long-lived user authorization",
    null,
    ["global"],
  ]);
});

Deno.test("heroku authorizations lists all, over pages, with --json and without", async () => {
  await using served = serveHeroku();
  for (let index = 0; index < 450; index++) served.heroku.issue({ description: `ci-${index}` });
  const listed: { id: string }[] = JSON.parse(await succeed(served, ["authorizations", "--json"]));
  assertEquals(
    listed.map(({ id }) => id).toSorted(),
    served.heroku.live().map(({ id }) => id),
  );
  const table = await succeed(served, ["authorizations"]);
  for (const name of ["ci-0", "ci-449"]) assertStringIncludes(table, name);
});

Deno.test("heroku authorizations:info, :update, :rotate and :revoke do what they say", async () => {
  await using served = serveHeroku();
  const { id, token } = served.heroku.issue({ description: "ci", expires_in: 7200 });
  const info = await succeed(served, ["authorizations:info", id]);
  assertEquals([readLine(info, "ID"), readLine(info, "Description")], [id, "ci"]);
  assertEquals(readLine(info, "Token"), `HRKU-AA**********${token.slice(-6)}`);
  assertMatch(readLine(info, "Expires at"), /in about 2 hours/);

  const updated = await succeed(served, ["authorizations:update", id, "-d", "renamed"]);
  assertEquals(readLine(updated, "Description"), "renamed");

  const rotated = await succeed(served, ["authorizations:rotate", id]);
  const fresh = readLine(rotated, "Token");
  assertEquals([served.heroku.accepts(token), served.heroku.accepts(fresh)], [false, true]);

  await succeed(served, ["authorizations:revoke", id]);
  assertEquals([served.heroku.live(), served.heroku.accepts(fresh)], [[], false]);
  const missing = await heroku(served, ["authorizations:info", id]);
  assertMatch(missing.stderr, /Couldn't find that OAuth authorization\./);
  assertMatch(missing.stderr, /Error ID: not_found/);
});

Deno.test("heroku authorizations:update moves an authorization to another client", async () => {
  const client = {
    id: "11111111-1111-4111-8111-111111111111",
    secret: "client-secret",
    name: "Acme",
  };
  await using served = serveHeroku({ clients: [client] });
  const { id } = served.heroku.issue();
  const args = ["--client-id", client.id, "--client-secret", client.secret];
  assertEquals(
    readLine(await succeed(served, ["authorizations:update", id, ...args]), "Client"),
    "Acme",
  );
});

Deno.test("heroku auth:token prints the token, though the list shows none whole", async () => {
  await using served = serveHeroku();
  const { token } = served.heroku.issue({ expires_in: 7200 });
  assertEquals(await succeed(served, ["auth:token"], token), `${token}\n`);
});

Deno.test("heroku sessions lists the sessions, and sessions:destroy ends one's tokens", async () => {
  await using served = serveHeroku();
  const { token } = served.heroku.issue({ session: "login", description: "laptop" });
  const [session] = JSON.parse(await succeed(served, ["sessions", "--json"]));
  assertEquals(session.id, "login");
  await succeed(served, ["sessions:destroy", "login"]);
  assertEquals(served.heroku.accepts(token), false);
});

Deno.test("heroku logout deletes its own authorization, and no other", async () => {
  await using served = serveHeroku();
  const own = served.heroku.issue({ description: "laptop" });
  const others = Array.from({ length: 40 }, () => served.heroku.issue());
  await succeed(served, ["logout"], own.token);
  assertEquals(
    served.heroku.live().map(({ id }) => id),
    others.map(({ id }) => id).toSorted(),
  );
});

Deno.test("heroku logout spares the default key, which may be in use elsewhere", async () => {
  await using served = serveHeroku({ defaultKey: true });
  served.heroku.issue();
  await succeed(served, ["logout"]);
  assertEquals(served.heroku.live().length, 2);
});

Deno.test("heroku logout deletes what it can't tell apart where the redaction is weak", async () => {
  await using served = serveHeroku({ redaction: "weak" });
  const own = served.heroku.issue();
  served.heroku.issue();
  await heroku(served, ["logout"], own.token);
  assertEquals(served.heroku.accepts(own.token), false);
  assert(served.heroku.live().length <= 1);
});

Deno.test("heroku says what Heroku answers an account that is suspended", async () => {
  await using served = serveHeroku();
  served.heroku.setAccount({ suspended: true });
  const refused = await heroku(served, ["authorizations"]);
  assertEquals(refused.success, false);
  assertMatch(refused.stderr, /This account has been suspended\./);
});
