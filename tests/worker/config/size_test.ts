import { assert, assertEquals } from "@std/assert";
import { targets as definitions } from "../../../lib/targets/registry.ts";
import {
  type ConfigurationResult,
  parseConfiguration,
} from "../../../worker/config/configuration.ts";
import { measureBytes } from "../../../worker/config/size.ts";
import { createEnv, createTable, type Env, keys, now } from "../sample.ts";
import { splitCredentials } from "../split_credentials.ts";

const store = { serve: () => Promise.resolve(true), read: () => Promise.resolve(undefined) };

function parse(env: Env): ConfigurationResult {
  return parseConfiguration(env, definitions, { fetch, now: () => now, store });
}

/** As many tables as `count`, and of the last one a name that makes them as large as `bytes`. */
function fill(count: number, bytes: number): Env[] {
  const tables = Array.from({ length: count }, (_, at) => createTable(`ci-${at}`));
  const lacking = bytes - measureBytes([...tables.slice(0, -1), createTable("")]);
  // A list of scopes may have any length.
  const last = { ...createTable(""), scope: ["a"] };
  const room = lacking - (measureBytes(last) - measureBytes(createTable("")));
  const scopes = Array.from(
    { length: Math.floor(room / 60) },
    (_, at) => `${at}`.padStart(57, "b"),
  );
  const left = room - 60 * scopes.length;
  return [...tables.slice(0, -1), { ...last, name: "n".repeat(left), scope: ["a", ...scopes] }];
}

Deno.test("a variable of 5 KB is taken, and a larger one refused with its number of bytes", () => {
  for (const [bytes, taken] of [[5_120, true], [5_121, false]] as const) {
    const CREDENTIALS = fill(20, bytes);
    assertEquals(new TextEncoder().encode(JSON.stringify(CREDENTIALS)).length, bytes);
    const result = parse(createEnv({ CREDENTIALS }));
    assertEquals(result.ok, taken, JSON.stringify(result));
    if (result.ok) continue;
    const [{ path, message }, ...more] = result.mistakes;
    assertEquals(path, "CREDENTIALS");
    assertEquals(
      message,
      "Has 5121 bytes as JSON, and Cloudflare refuses a variable of more than 5120 (error 10054): its first 19 of 20 tables fit, so write the others as [[vars.CREDENTIALS_2]], as every variable whose name begins with CREDENTIALS is read",
    );
    assertEquals(more, []);
  }
});

Deno.test("bytes are those of UTF-8, and of a text its own", () => {
  const CREDENTIALS = Array.from(
    { length: 25 },
    (_, at) => createTable(`${"\u{1f511}".repeat(37)}${at}`),
  );
  assert(JSON.stringify(CREDENTIALS).length < 5_120);
  const large = parse(createEnv({ CREDENTIALS }));
  assert(
    !large.ok && large.mistakes[0].message.startsWith(`Has ${measureBytes(CREDENTIALS)} bytes`),
  );
  const text = `${JSON.stringify([createTable("ci")])}${" ".repeat(6_000)}`;
  const spaced = parse(createEnv({ CREDENTIALS: text }));
  assert(!spaced.ok);
  assertEquals(spaced.mistakes.map(({ message }) => message), [
    `Has ${text.length} bytes as JSON, and Cloudflare refuses a variable of more than 5120 (error 10054): its tables fit without the spaces between them, so write it as [[vars.CREDENTIALS]] tables`,
  ]);
});

Deno.test("what the message advises is enough, whatever the sizes", () => {
  let env = createEnv({
    CREDENTIALS: Array.from(
      { length: 97 },
      (_, at) =>
        createTable(`ci-${at}`, { scope: Array.from({ length: at % 7 + 1 }, (_, n) => `s${n}`) }),
    ),
    CREDENTIALS_2: [createTable("taken")],
  });
  for (let turn = 0; turn < 10; turn++) {
    const result = parse(env);
    if (result.ok) {
      assertEquals(result.configuration.credentials.length, 98);
      assert(turn >= 2, "It was large");
      return;
    }
    assertEquals(result.mistakes.length, 1, JSON.stringify(result.mistakes));
    const [{ path, message }] = result.mistakes;
    const [, count, other] =
      /first (\d+) of \d+ tables fit, .* \[\[vars\.(\w+)\]\]/.exec(message) ?? [];
    assert(other !== undefined && env[other] === undefined, message);
    const tables = env[path] as unknown[];
    env = { ...env, [path]: tables.slice(0, Number(count)), [other]: tables.slice(Number(count)) };
    assert(measureBytes(env[path]) <= 5_000);
  }
  throw new Error("It was never enough");
});

Deno.test("a table that is too large by itself is referred to the code", () => {
  const scope = Array.from({ length: 200 }, (_, at) => `scope-with-a-long-name:${at}`);
  const result = parse(createEnv({ CREDENTIALS: [createTable("ci", { scope })] }));
  assert(!result.ok);
  assertEquals(result.mistakes.map(({ message }) => message.split(": ")[1]), [
    "its first table is too large by itself, so pass that one in 'credentials' to createWorker()",
  ]);
});

Deno.test("200 credentials with three targets each fit Cloudflare's limits when they are split", () => {
  const tables = Array.from({ length: 200 }, (_, at) => ({
    name: `team-${at % 20}-service-${at}-deploy`,
    scope: ["write-protected"],
    expires_in: "30d",
    renew_before: "10d",
    grace: "2h",
    targets: [
      { type: "store", reader_key_secret: `READER_KEY` },
      {
        type: "github-actions-secret",
        repository: `acme/service-${at}`,
        name: "HEROKU_API_KEY",
        token_secret: "GITHUB_TOKEN",
      },
      { type: "heroku-config-var", app: `acme-service-${at}`, name: "HEROKU_API_KEY" },
    ],
  }));
  const variables = splitCredentials(tables);
  const secrets = {
    HEROKU_API_TOKEN: "HRKU-0123456789abcdef",
    SEALING_KEY: btoa("0".repeat(32)),
    PAGE_KEY: keys.page,
    READER_KEY: keys.reader,
    GITHUB_TOKEN: "ghp_0123456789abcdef",
  };
  const count = Object.keys({ ...variables, ...secrets }).length;
  assert(count <= 64, `The free plan has 64 variables and secrets, and these are ${count}`);
  for (const value of Object.values(variables)) assert(measureBytes(value) <= 5_000);
  const result = parse({ ...createEnv(), ...variables, ...secrets });
  assert(result.ok, JSON.stringify(result));
  const { credentials } = result.configuration;
  assertEquals(credentials.length, 200);
  assertEquals(credentials.flatMap(({ targets }) => targets).length, 600);
  assert(!parse(createEnv({ CREDENTIALS: tables, GITHUB_TOKEN: secrets.GITHUB_TOKEN })).ok);
});
