import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import fc from "fast-check";
import {
  type ConfigurationResult,
  parseConfiguration,
} from "../../../worker/config/configuration.ts";
import { canary, createEnv, createTable, definitions, type Env, now } from "../sample.ts";

function parse(env: Env, credentials?: unknown): ConfigurationResult {
  const coded = { credentials };
  const store = { serve: () => Promise.resolve(true), read: () => Promise.resolve(undefined) };
  return parseConfiguration(env, definitions, { fetch, now: () => now, store, coded });
}

function namesOf(result: ConfigurationResult): string[] {
  assert(result.ok, JSON.stringify(result));
  return result.configuration.credentials.map(({ name }) => name);
}

function mistakesOf(result: ConfigurationResult): string[] {
  return result.ok ? [] : result.mistakes.map(({ path, message }) => `${path}: ${message}`);
}

Deno.test("every variable whose name begins with CREDENTIALS is read, in the order of their names", () => {
  const vars = {
    CREDENTIALS_WEB: [createTable("web-1"), createTable("web-2")],
    CREDENTIALS: [createTable("first")],
    CREDENTIALS2: JSON.stringify([createTable("second")]),
    CREDENTIALS_API: [createTable("api")],
  };
  const expected = ["first", "second", "api", "web-1", "web-2"];
  for (const names of [Object.keys(vars), Object.keys(vars).toReversed()]) {
    const shuffled = Object.fromEntries(names.map((name) => [name, Reflect.get(vars, name)]));
    const result = parse({ ...createEnv({ CREDENTIALS: undefined }), ...shuffled });
    assertEquals(namesOf(result), expected);
    assertEquals(result.warnings, []);
  }
});

Deno.test("no variable needs to be called CREDENTIALS", () => {
  const env = createEnv({ CREDENTIALS: undefined, CREDENTIALS_WEB: [createTable("web")] });
  assertEquals(namesOf(parse(env)), ["web"]);
});

Deno.test("a mistake names its variable, and the heading to write there", () => {
  const tables = (third: unknown) => [createTable("a"), createTable("b"), third];
  const rows: readonly (readonly [unknown, string])[] = [
    [
      tables(createTable("ci-deploy", { targets: [{ type: "store" }] })),
      "CREDENTIALS_WEB[2] (ci-deploy).targets[0].reader_key_secret: Is missing: must be the name",
    ],
    [tables(7), "CREDENTIALS_WEB[2]: Must be a table: write [[vars.CREDENTIALS_WEB]], and its"],
    [
      tables(createTable("c", { targets: ["store"] })),
      "CREDENTIALS_WEB[2] (c).targets[0]: Must be a table: write [[vars.CREDENTIALS_WEB.targets]],",
    ],
    [
      tables(createTable("c", { targets: {} })),
      "CREDENTIALS_WEB[2] (c).targets: Must be an array of tables: write [[vars.CREDENTIALS_WEB.targets]], with two",
    ],
    [
      tables(createTable("c", { targets: [] })),
      "CREDENTIALS_WEB[2] (c).targets: Is empty: write at least one [[vars.CREDENTIALS_WEB.targets]]",
    ],
    [
      tables(createTable("c", { app: "acme-web" })),
      "CREDENTIALS_WEB[2] (c).app: Is a member of a target: write it below [[vars.CREDENTIALS_WEB.targets]]",
    ],
    [
      tables(createTable("c", { CREDENTIALS_API: [] })),
      "CREDENTIALS_WEB[2] (c).CREDENTIALS_API: Is a variable of its own, and no part of a credential: write it below [vars], and above the first [[vars.CREDENTIALS_WEB]]",
    ],
    [
      createTable("c"),
      "CREDENTIALS_WEB: Must be an array of tables: write [[vars.CREDENTIALS_WEB]],",
    ],
    [[], "CREDENTIALS_WEB: Is empty: write a [[vars.CREDENTIALS_WEB]] table for each credential"],
    [7, "CREDENTIALS_WEB: Must be an array of tables: write a [[vars.CREDENTIALS_WEB]] table"],
    [canary, "CREDENTIALS_WEB: Must be an array of tables, and is a text that is no JSON: write"],
  ];
  for (const [CREDENTIALS_WEB, expected] of rows) {
    const mistakes = mistakesOf(
      parse(createEnv({ CREDENTIALS: [createTable("x")], CREDENTIALS_WEB })),
    );
    assertEquals(mistakes.length, 1, mistakes.join("\n"));
    assertStringIncludes(mistakes[0], expected);
    assert(!mistakes[0].includes(canary));
  }
});

Deno.test("a secret whose name begins with CREDENTIALS needs another name", () => {
  const targets = [{ type: "store", reader_key_secret: "CREDENTIALS_KEY" }];
  const env = createEnv({
    CREDENTIALS: [createTable("ci", { targets })],
    CREDENTIALS_KEY: `reader-key-${canary}`,
    ACCOUNT: { idFromName() {} },
  });
  const [text, named, ...more] = mistakesOf(parse(env));
  assertStringIncludes(text, "needs a name that does not begin with CREDENTIALS");
  assertEquals(
    named,
    "CREDENTIALS[0] (ci).targets[0].reader_key_secret: Must name a Worker secret, and 'CREDENTIALS_KEY' is a variable or a binding",
  );
  assertEquals(more, []);
  assert(!text.includes(canary));
});

Deno.test("a name or a place that two variables have is a mistake", () => {
  const shared = { targets: [{ type: "heroku-config-var", app: "acme", name: "KEY" }] };
  const env = createEnv({
    CREDENTIALS: [createTable("ci"), createTable("a", shared)],
    CREDENTIALS_WEB: [createTable("other"), createTable("CI"), createTable("b", shared)],
  });
  assertEquals(mistakesOf(parse(env)), [
    "CREDENTIALS_WEB[1] (CI).name: Must differ from that of CREDENTIALS[0] (ci) in more than case",
    "CREDENTIALS_WEB[2] (b).targets[0]: Must write another place than CREDENTIALS[1] (a).targets[0]: both write heroku-config-var:acme/KEY",
  ]);
});

Deno.test("credentials from code come after those of variables, and may be the only ones", () => {
  const env = createEnv({ CREDENTIALS_WEB: [createTable("web")] });
  assertEquals(namesOf(parse(env, [createTable("coded")])), ["ci-deploy", "web", "coded"]);
  const bare = createEnv({ CREDENTIALS: undefined });
  assertEquals(namesOf(parse(bare, [createTable("coded")])), ["coded"]);
  assertEquals(namesOf(parse(env, Object.freeze([Object.freeze(createTable("coded"))]))).length, 3);
});

Deno.test("a name that both code and a variable have is a mistake", () => {
  const targets = [{ type: "store", reader_key_secret: "READER_KEY" }];
  assertEquals(
    mistakesOf(parse(createEnv(), [createTable("x"), createTable("ci-deploy", { targets })])),
    [
      "credentials[1] (ci-deploy).name: Must be another name than that of CREDENTIALS[0] (ci-deploy)",
    ],
  );
});

Deno.test("credentials from code are checked as variables are, and get the same messages", () => {
  const hook = { type: "webhook", url: "https://hooks.example", signing_secret: "WEBHOOK_KEY" };
  const table: readonly Env[] = [
    { name: " ci" },
    { name: `HRKU-AA${canary}` },
    { grcae: "1h" },
    { scope: "global" },
    { expires_in: 30 },
    { expires_in: "30d", renew_before: "30d" },
    { grace: "400d" },
    { paused: "true" },
    { targets: [{ type: "webhok" }] },
    { targets: [{ ...hook, url: "http://hooks.example" }] },
    { targets: [{ ...hook, signing_secret: `whsec_${canary}abcdefgh` }] },
    { targets: [{ ...hook, signing_secret: "NOWHERE" }] },
    { targets: [{ ...hook, secret: "WEBHOOK_KEY" }] },
    { targets: [{ ...hook, required: "no" }] },
    { targets: [hook, hook] },
  ];
  const bare = createEnv({ CREDENTIALS: undefined });
  for (const members of table) {
    const tables = [createTable("ci", members)];
    const inVariable = mistakesOf(parse(createEnv({ CREDENTIALS: tables })));
    const inCode = mistakesOf(parse(bare, tables));
    assertEquals(inVariable.length, 1, inVariable.join("\n"));
    assertEquals(inCode, inVariable.map((one) => one.replaceAll("CREDENTIALS[", "credentials[")));
    assert(!inCode[0].includes(canary), inCode[0]);
  }
});

Deno.test("what is wrong in code is not said in words of TOML", () => {
  const bare = createEnv({ CREDENTIALS: undefined });
  const rows: readonly (readonly [unknown, string])[] = [
    [[], "credentials: Is empty: pass 'credentials' to createWorker() as an array with an object"],
    [{}, "credentials: Must be an array of tables: pass 'credentials' to createWorker()"],
    ["[]", "credentials: Must be an array of tables: pass 'credentials' to createWorker()"],
    [null, "credentials: Must be an array of tables: pass 'credentials' to createWorker()"],
    [["ci"], "credentials[0]: Must be a table: write an object with a credential's members"],
    [
      [createTable("a", { targets: [7] })],
      "credentials[0] (a).targets[0]: Must be a table: write an",
    ],
    [
      [createTable("a", { targets: {} })],
      "credentials[0] (a).targets: Must be an array of tables: wri",
    ],
    [[createTable("a", { targets: [] })], "credentials[0] (a).targets: Is empty: write an array"],
    [
      [createTable("a", { app: "x" })],
      "credentials[0] (a).app: Is a member of a target: write it into",
    ],
    [
      [createTable("a", {
        targets: [{ type: "heroku-config-var", app: "acme", name: "KEY", grace: "1h" }],
      })],
      "credentials[0] (a).targets[0].grace: Is a member of the credential: write it beside 'targets'",
    ],
  ];
  for (const [credentials, expected] of rows) {
    const mistakes = mistakesOf(parse(bare, credentials));
    assertEquals(mistakes.length, 1, mistakes.join("\n"));
    assertStringIncludes(mistakes[0], expected);
    assert(!mistakes[0].includes("[["), mistakes[0]);
  }
});

Deno.test("whatever code gives is taken or refused, and a binding is left alone", () => {
  const cyclic: Env = {
    type: "webhook",
    url: "https://hooks.example",
    signing_secret: "WEBHOOK_KEY",
  };
  cyclic.again = cyclic;
  const odd: readonly unknown[] = [
    cyclic,
    [cyclic],
    [createTable("a", { targets: cyclic })],
    [createTable("a", { targets: [cyclic] })],
    [new Map(), new Date(), () => 1, Symbol("x"), 7n, null, undefined],
  ];
  // A variable is JSON; what has its name may be a binding, whose methods call another Worker.
  const binding = new Proxy({}, {
    get() {
      throw new Error("A binding was called");
    },
  });
  for (const value of odd) assert(mistakesOf(parse(createEnv(), value)).length > 0);
  assert(mistakesOf(parse(createEnv({ CREDENTIALS_X: binding }))).length > 0);
  fc.assert(fc.property(fc.anything({ withBigInt: true, withNullPrototype: true }), (value) => {
    const mistakes = mistakesOf(parse(createEnv(), [createTable("a", { targets: [value] })]));
    for (const one of mistakes) assert(!one.includes(canary), one);
  }));
});
