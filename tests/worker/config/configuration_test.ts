import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import fc from "fast-check";
import { formatMarker } from "../../../lib/rotation/marker.ts";
import { awsSecretsManager } from "../../../lib/targets/aws_secrets_manager.ts";
import { store } from "../../../lib/targets/store.ts";
import { type Configuration, parseConfiguration } from "../../../worker/config/configuration.ts";
import {
  canary,
  createEnv,
  createTable,
  definitions,
  type Env,
  keys,
  now,
  parse,
} from "../sample.ts";

const day = 86_400_000;

function accept(env: Env): Configuration {
  const result = parse(env);
  if (!result.ok) throw new Error(JSON.stringify(result.mistakes));
  return result.configuration;
}

function refuse(env: Env): string[] {
  const result = parse(env);
  assert(!result.ok, "The configuration was accepted");
  return result.mistakes.map(({ path, message }) => `${path}: ${message}`);
}

function withMembers(members: Env): Env {
  return createEnv({ CREDENTIALS: [createTable("ci", members)] });
}

function withTarget(target: unknown): Env {
  return withMembers({ targets: [target] });
}

Deno.test("parseConfiguration() reads what is written and fills in the defaults", () => {
  const [full, bare] = accept(createEnv({
    CREDENTIALS: [
      createTable("ci-deploy", {
        scope: ["read", "write-protected"],
        expires_in: "30d",
        renew_before: "10d",
        max_age: "3w",
        grace: "2h",
        paused: true,
        observe: true,
      }),
      createTable("bare", { targets: [{ type: "store", reader_key_secret: "READER_KEY" }] }),
    ],
  })).credentials;
  const { targets, ...members } = full;
  assertEquals(members, {
    name: "ci-deploy",
    scope: ["read", "write-protected"],
    lifetime: 30 * day,
    renewBefore: 10 * day,
    maxAge: 21 * day,
    grace: day / 12,
    paused: true,
    observe: true,
  });
  assertEquals(
    [targets[0].required, targets[0].mayHoldAdopted, targets[0].retainsToken],
    [true, true, false],
  );
  const { targets: bareTargets, ...bareMembers } = bare;
  assertEquals(bareMembers, { name: "bare", grace: day / 24, paused: false, observe: false });
  const [{ type, place, mayHoldAdopted, retainsToken }] = bareTargets;
  assertEquals([type, place, mayHoldAdopted, retainsToken], ["store", "store", false, true]);
});

Deno.test("parseConfiguration() reads a lifetime without end", () => {
  assertEquals(accept(withMembers({ expires_in: "never" })).credentials[0].lifetime, null);
});

Deno.test("parseConfiguration() takes a grace that is over before the replacement is due", () => {
  for (
    const members of [
      { expires_in: "30d", grace: "18d" },
      { expires_in: "30d", renew_before: "20d", grace: "7d" },
      { expires_in: "30d", renew_before: "29d" },
      { expires_in: "never", grace: "365d" },
      { grace: "365d" },
    ]
  ) {
    accept(withMembers(members));
  }
});

Deno.test("parseConfiguration() reads tables and strings of JSON alike", () => {
  const env = createEnv({ FUSE: { creates: 3, deletes: 4 } });
  const asText = {
    ...env,
    CREDENTIALS: JSON.stringify(env.CREDENTIALS),
    FUSE: JSON.stringify(env.FUSE),
  };
  assertEquals(
    JSON.stringify(accept(asText).credentials),
    JSON.stringify(accept(env).credentials),
  );
  assertEquals(accept(asText).accounts[0].fuse, { creates: 3, deletes: 4 });
});

Deno.test("parseConfiguration() sets the fuse by the number of credentials", () => {
  const many = (count: number) =>
    Array.from({ length: count }, (_, index) => createTable(`credential-${index}`));
  const table = [
    [1, undefined, { creates: 10, deletes: 20 }],
    [20, undefined, { creates: 10, deletes: 20 }],
    [41, undefined, { creates: 21, deletes: 42 }],
    [1, { creates: 3 }, { creates: 3, deletes: 6 }],
    [1, { deletes: 1 }, { creates: 10, deletes: 1 }],
  ] as const;
  for (const [count, fuse, expected] of table) {
    const { accounts } = accept(createEnv({ CREDENTIALS: many(count), FUSE: fuse }));
    assertEquals(accounts.map((account) => account.fuse), [expected]);
  }
});

Deno.test("parseConfiguration() gives each credential its own reader key", () => {
  const { readerKeys } = accept(createEnv({
    CREDENTIALS: [
      createTable("a", { targets: [{ type: "store", reader_key_secret: "READER_KEY" }] }),
      createTable("b"),
      createTable("c", { targets: [{ type: "store", reader_key_secret: "OTHER_READER_KEY" }] }),
    ],
  }));
  assertEquals([...readerKeys], [["a", [keys.reader]], ["c", [keys.other]]]);
});

Deno.test("parseConfiguration() takes two reader keys, while one is changed", () => {
  const table = (secrets: unknown) =>
    createTable("a", { targets: [{ type: "store", reader_key_secret: secrets }] });
  const { readerKeys } = accept(
    createEnv({ CREDENTIALS: [table(["READER_KEY", "OTHER_READER_KEY"])] }),
  );
  assertEquals([...readerKeys], [["a", [keys.reader, keys.other]]]);
  for (const wrong of [[], ["A", "B", "C"], ["a key itself, with spaces"], 7]) {
    const result = parse(createEnv({ CREDENTIALS: [table(wrong)] }));
    assert(!result.ok);
    const path = "CREDENTIALS[0] (a).targets[0].reader_key_secret";
    assertEquals(result.mistakes.map((mistake) => mistake.path.replace(/\[0\]$/, "")), [path]);
    assertStringIncludes(result.mistakes[0].message, "or a list of two names while you change it");
    assert(!result.mistakes[0].message.includes("with spaces"));
  }
  const unset = parse(createEnv({ CREDENTIALS: [table(["READER_KEY", "NEXT_READER_KEY"])] }));
  assert(!unset.ok);
  assertEquals(unset.mistakes.map(({ path }) => path), ["NEXT_READER_KEY"]);
  assertStringIncludes(unset.mistakes[0].message, "targets[0].reader_key_secret[1]");
});

Deno.test("parseConfiguration() sends targets at Heroku to the address of HEROKU_URL", async () => {
  const urls: string[] = [];
  const answer = (request: string | URL | Request) => {
    urls.push(request instanceof Request ? request.url : String(request));
    return Promise.resolve(Response.json({ HEROKU_API_KEY: "token" }));
  };
  const result = parseConfiguration(
    createEnv({ HEROKU_URL: "http://127.0.0.1:5000" }),
    definitions,
    {
      fetch: answer,
      now: () => now,
    },
  );
  assert(result.ok);
  assertEquals(result.configuration.herokuUrl, "http://127.0.0.1:5000");
  const delivery = {
    credential: "ci-deploy",
    generation: 1,
    authorization: "a",
    token: "token",
    createdAt: "2026-10-03T14:05:00Z",
    expiresAt: null,
    idempotencyKey: "k",
  };
  const { kind } = await result.configuration.credentials[0].targets[0].target
    .confirm(delivery, {}, {});
  assertEquals(kind, "exact");
  assertMatch(urls[0], /^http:\/\/127\.0\.0\.1:5000\/apps\//);
});

Deno.test("parseConfiguration() knows the secrets that are named, and no other value", () => {
  const result = parse(createEnv({
    CREDENTIALS: [
      createTable("ci", { targets: [{ type: "store", reader_key_secret: "READER_KEY" }] }),
    ],
    NOT_NAMED: "some other value",
  }));
  const { HEROKU_API_TOKEN, SEALING_KEY, PAGE_KEY, READER_KEY } = createEnv();
  assertEquals<readonly unknown[]>(result.secrets, [
    HEROKU_API_TOKEN,
    SEALING_KEY,
    PAGE_KEY,
    READER_KEY,
  ]);
});

Deno.test("parseConfiguration() reports each mistake with its path and the expected form", () => {
  const table: readonly [string, Env, string | RegExp][] = [
    ["no credentials", createEnv({ CREDENTIALS: undefined }), /^CREDENTIALS: Is missing: write a/],
    ["empty credentials", createEnv({ CREDENTIALS: [] }), /^CREDENTIALS: Is empty: write a/],
    ["a table", createEnv({ CREDENTIALS: {} }), /^CREDENTIALS: Must be an array of tables/],
    ["bad JSON", createEnv({ CREDENTIALS: "[{" }), /^CREDENTIALS: Must be an array of tables/],
    ["no table", createEnv({ CREDENTIALS: [7] }), /^CREDENTIALS\[0\]: Must be a table: write/],
    ["no name", withMembers({ name: undefined }), /^CREDENTIALS\[0\]\.name: Must be the desc/],
    ["number", withMembers({ name: 7 }), /^CREDENTIALS\[0\]\.name: Must be the description/],
    ["empty name", withMembers({ name: "" }), /^CREDENTIALS\[0\]\.name: /],
    ["long name", withMembers({ name: "x".repeat(78) }), /^CREDENTIALS\[0\]\.name: /],
    ["space", withMembers({ name: " ci" }), /^CREDENTIALS\[0\]\.name: .* without spaces/],
    ["control", withMembers({ name: "a\nb" }), /^CREDENTIALS\[0\]\.name: .* control character/],
    ["bidi", withMembers({ name: "a\u202eb" }), /^CREDENTIALS\[0\]\.name: /],
    ["surrogate", withMembers({ name: "a\ud800" }), /^CREDENTIALS\[0\]\.name: /],
    ["dots", withMembers({ name: ".." }), /^CREDENTIALS\[0\]\.name: Must not be '\.' or/],
    [
      "marker",
      withMembers({ name: formatMarker({ name: "ci", generation: 7, mark: "4k2m9x0qpz1c" }) }),
      /^CREDENTIALS\[0\]\.name: Must not end in a marker/,
    ],
    [
      "unknown",
      withMembers({ grcae: "1h" }),
      /\(ci\)\.grcae: Is not known \(did you mean 'grace'\?\)/,
    ],
    ["odd member", withMembers({ "a b": 1 }), /^CREDENTIALS\[0\] \(ci\)\["a b"\]: Is not known/],
    ["scope text", withMembers({ scope: "global" }), /\(ci\)\.scope: Must be an array of one or/],
    ["scope empty", withMembers({ scope: [] }), /\(ci\)\.scope: Must be an array of one or more/],
    ["scope form", withMembers({ scope: ["a", "B c"] }), /\(ci\)\.scope\[1\]: Must be an array/],
    ["scope twice", withMembers({ scope: ["read", "read"] }), /\(ci\)\.scope: Must name each/],
    [
      "expires number",
      withMembers({ expires_in: 30 }),
      /\.expires_in: Must be a duration .* 'never'/,
    ],
    ["expires short", withMembers({ expires_in: "9m" }), /\.expires_in: Must be .* from '10m'/],
    ["expires long", withMembers({ expires_in: "3651d" }), /\.expires_in: Must be .* '3650d'/],
    ["expires null", withMembers({ expires_in: null }), /\.expires_in: Must be a duration/],
    ["renew number", withMembers({ renew_before: 5 }), /\.renew_before: Must be a duration/],
    ["renew text", withMembers({ renew_before: "10 d" }), /\.renew_before: Must be a duration/],
    ["age zero", withMembers({ max_age: "0s" }), /\.max_age: Must be a duration/],
    ["grace negative", withMembers({ grace: "-1h" }), /\.grace: Must be a duration/],
    ["grace long", withMembers({ grace: "366d" }), /\.grace: Must be .* up to '365d'/],
    [
      "renew not before",
      withMembers({ expires_in: "30d", renew_before: "30d" }),
      /\.renew_before: Must be shorter than 'expires_in': at most '2591999s', such as '29d'/,
    ],
    [
      "renew of what never ends",
      withMembers({ expires_in: "never", renew_before: "1d" }),
      /\.renew_before: Must be left out beside expires_in = 'never'/,
    ],
    [
      "grace too long",
      withMembers({ expires_in: "2h", grace: "2h" }),
      /\.grace: Must be over before the replacement is itself due: at most '4559s', such as '75m'/,
    ],
    [
      "grace until the replacement is due",
      withMembers({ expires_in: "30d", grace: "19d" }),
      /\.grace: Must be over before the replacement is itself due/,
    ],
    [
      "grace until 'renew_before'",
      withMembers({ expires_in: "30d", renew_before: "20d", grace: "8d" }),
      /\.grace: Must be over before the replacement is itself due/,
    ],
    [
      "default grace too long",
      withMembers({ expires_in: "30m" }),
      /\.grace: Must be over .* at most '1139s', such as '18m', .* left out, it is '1h'/,
    ],
    [
      "paused",
      withMembers({ paused: "no" }),
      "CREDENTIALS[0] (ci).paused: Must be true or false, without quotes",
    ],
    [
      "observe",
      withMembers({ observe: "no" }),
      "CREDENTIALS[0] (ci).observe: Must be true or false, without quotes",
    ],
    ["OBSERVE", createEnv({ OBSERVE: "yes" }), "OBSERVE: Must be true or false, without quotes"],
    [
      "OBSERVE with accounts",
      createEnv({
        ACCOUNTS: [{ name: "acme", token_secret: "TOKEN_ACME" }],
        TOKEN_ACME: keys.other,
        OBSERVE: true,
      }),
      /^OBSERVE: Must be left out where there are accounts/,
    ],
    ["no targets", withMembers({ targets: undefined }), /\(ci\)\.targets: Is missing: write at/],
    ["empty targets", withMembers({ targets: [] }), /\(ci\)\.targets: Is empty: write at least/],
    ["targets", withMembers({ targets: {} }), /\(ci\)\.targets: Must be an array of tables/],
    ["target", withTarget("store"), /\.targets\[0\]: Must be a table: write/],
    ["no type", withTarget({}), /\.targets\[0\]\.type: Is missing: the types are store, heroku/],
    [
      "unknown type",
      withTarget({ type: "webhok" }),
      /\.type: 'webhok' is not known \(did you mean 'webhook'\?\): the types are store, heroku/,
    ],
    ["strange type", withTarget({ type: "zzzzzz" }), /\.type: 'zzzzzz' is not known: the types/],
    ["type", withTarget({ type: ["store"] }), /\.targets\[0\]\.type: Must be a string: the types/],
    [
      "required",
      withTarget({ type: "store", reader_key_secret: "READER_KEY", required: 1 }),
      /\.targets\[0\]\.required: Must be true or false/,
    ],
    [
      "missing member",
      withTarget({ type: "store" }),
      /\.targets\[0\]\.reader_key_secret: Is missing: must be the name of the Worker secret/,
    ],
    [
      "unknown member",
      withTarget({ type: "store", reader_key_secret: "READER_KEY", key: "x" }),
      /\.targets\[0\]\.key: Is not known: the members are reader_key_secret/,
    ],
    ["fuse", createEnv({ FUSE: 7 }), /^FUSE: Must be a table such as/],
    ["fuse text", createEnv({ FUSE: "no JSON" }), /^FUSE: Must be a table such as/],
    ["fuse zero", createEnv({ FUSE: { creates: 0 } }), /^FUSE\.creates: Must be a whole number/],
    ["fuse half", createEnv({ FUSE: { deletes: 1.5 } }), /^FUSE\.deletes: Must be a whole number/],
    ["fuse unknown", createEnv({ FUSE: { delete: 1 } }), /^FUSE\.delete: .*mean 'deletes'/],
    [
      "url",
      createEnv({ HEROKU_URL: "http://heroku.example" }),
      /^HEROKU_URL: Must be an https URL/,
    ],
    ["url query", createEnv({ HEROKU_URL: "https://heroku.example/?a" }), /^HEROKU_URL: Must be/],
    ["url type", createEnv({ HEROKU_URL: 7 }), /^HEROKU_URL: Must be an https URL/],
  ];
  for (const [title, env, expected] of table) {
    const mistakes = refuse(env);
    assertEquals(mistakes.length, 1, `${title}: ${mistakes.join("\n")}`);
    if (typeof expected === "string") assertEquals(mistakes[0], expected, title);
    else assertMatch(mistakes[0], expected, title);
  }
});

Deno.test("parseConfiguration() reports how to set or repair each secret", () => {
  const table: readonly [Env, string][] = [
    [{ HEROKU_API_TOKEN: undefined }, "HEROKU_API_TOKEN: Is not set"],
    [
      { HEROKU_API_TOKEN: `${canary}\n` },
      "HEROKU_API_TOKEN: Begins or ends with a space or a line break",
    ],
    [
      { HEROKU_API_TOKEN: `${canary} a` },
      "HEROKU_API_TOKEN: Must be the token of an authorization",
    ],
    [{ SEALING_KEY: "" }, "SEALING_KEY: Is not set"],
    [{ SEALING_KEY: btoa(`${canary} too short`) }, "SEALING_KEY: Must be 32 bytes in base64"],
    [{ PAGE_KEY: {} }, "PAGE_KEY: Is not set"],
    [{ PAGE_KEY: canary }, "PAGE_KEY: Must be at least 16 letters"],
    [{ PAGE_KEY: `${canary} with spaces in it` }, "PAGE_KEY: Must be at least 16 letters"],
    [{ READER_KEY: undefined }, "READER_KEY: Is not set"],
    [{ READER_KEY: canary }, "READER_KEY: Must be at least 16 letters"],
    [{ WEBHOOK_KEY: "  " }, "WEBHOOK_KEY: Must not be empty"],
  ];
  const targets = [
    { type: "store", reader_key_secret: "READER_KEY" },
    { type: "webhook", url: "https://hooks.example", signing_secret: "WEBHOOK_KEY" },
  ];
  for (const [changes, expected] of table) {
    const mistakes = refuse({ ...withMembers({ targets }), ...changes });
    assertEquals(mistakes.length, 1, mistakes.join("\n"));
    assertStringIncludes(mistakes[0], expected);
    assertStringIncludes(mistakes[0], `\`wrangler secret put ${Object.keys(changes)[0]}\``);
    assert(!mistakes[0].includes(canary), "The secret's value was quoted");
  }
});

Deno.test("parseConfiguration() reports a missing secret once, with who needs it", () => {
  const webhook = (path: string) => ({
    type: "webhook",
    url: `https://hooks.example/${path}`,
    signing_secret: "NOWHERE",
  });
  const mistakes = refuse(createEnv({
    CREDENTIALS: [
      createTable("a", { targets: [webhook("a")] }),
      createTable("b", { targets: [webhook("b")] }),
      createTable("c", { targets: [webhook("c")] }),
    ],
  }));
  assertEquals(mistakes, [
    "NOWHERE: Is not set: run `wrangler secret put NOWHERE` (needed by CREDENTIALS[0] (a).targets[0].signing_secret and 2 more)",
  ]);
});

Deno.test("parseConfiguration() does not repeat what may be a secret in the place of its name", () => {
  const pasted = "ghp_CANARY7abcdefghijklmnop";
  const mistakes = refuse(withTarget({ type: "store", reader_key_secret: pasted }));
  assertEquals(mistakes.length, 1);
  assertMatch(
    mistakes[0],
    /^CREDENTIALS\[0\] \(ci\)\.targets\[0\]\.reader_key_secret: Names a Worker secret that is not/,
  );
  assert(!mistakes[0].includes(pasted));
});

Deno.test("parseConfiguration() keeps the Worker's own secrets from targets", () => {
  for (const own of ["SEALING_KEY", "PAGE_KEY", "HEROKU_API_TOKEN"]) {
    const mistakes = refuse({
      ...withTarget({ type: "store", reader_key_secret: own }),
      SEALING_KEY: btoa("0123456789012345678901234567890!"),
    });
    assert(mistakes.some((one) => one.includes(`Must not use the Worker secret '${own}'`)), own);
  }
});

Deno.test("parseConfiguration() refuses names that are the same but for their case", () => {
  assertEquals(
    refuse(createEnv({
      CREDENTIALS: [
        createTable("ci"),
        createTable("CI"),
        createTable("ci", { targets: [{ type: "store", reader_key_secret: "READER_KEY" }] }),
      ],
    })),
    [
      "CREDENTIALS[1] (CI).name: Must differ from that of CREDENTIALS[0] (ci) in more than case",
      "CREDENTIALS[2] (ci).name: Must be another name than that of CREDENTIALS[0] (ci)",
    ],
  );
});

Deno.test("parseConfiguration() refuses two targets that write the same place", () => {
  const shared = { type: "heroku-config-var", app: "acme-web", name: "KEY" };
  const other = { ...shared, name: "OTHER_KEY" };
  assertEquals(
    refuse(createEnv({
      CREDENTIALS: [
        createTable("a", { targets: [shared] }),
        createTable("b", { targets: [other, { ...shared, token_secret: "WEBHOOK_KEY" }] }),
        createTable("c", { targets: [shared] }),
      ],
    })),
    [
      "CREDENTIALS[1] (b).targets[1]: Must write another place than CREDENTIALS[0] (a).targets[0]: both write heroku-config-var:acme-web/KEY",
      "CREDENTIALS[2] (c).targets[0]: Must write another place than CREDENTIALS[0] (a).targets[0]: both write heroku-config-var:acme-web/KEY",
    ],
  );
});

Deno.test("parseConfiguration() refuses a target that writes a part of another one's place", () => {
  const whole = { type: "aws-secrets-manager", region: "eu-central-1", secret: "ci/heroku" };
  const arn = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:ci/heroku-a1B2c3";
  const keys = { AWS_ACCESS_KEY_ID: "AKIA", AWS_SECRET_ACCESS_KEY: "x" };
  const read = (one: unknown, other: unknown) => {
    const CREDENTIALS = [
      createTable("a", { targets: [one] }),
      createTable("b", { targets: [other] }),
    ];
    const result = parseConfiguration(createEnv({ ...keys, CREDENTIALS }), [awsSecretsManager], {
      fetch,
      now: () => now,
    });
    return result.ok ? [] : result.mistakes.map(({ path, message }) => `${path}: ${message}`);
  };
  assertEquals(read(whole, { ...whole, key: "KEY" }), [
    "CREDENTIALS[1] (b).targets[0]: Must write another place than CREDENTIALS[0] (a).targets[0]: aws-secrets-manager:eu-central-1/ci/heroku#KEY and aws-secrets-manager:eu-central-1/ci/heroku are one place, or one is a part of the other",
  ]);
  assertEquals(read({ ...whole, key: "KEY" }, { ...whole, secret: arn }).length, 1);
  assertEquals(read({ ...whole, key: "KEY" }, { ...whole, key: "OTHER" }), []);
});

Deno.test("parseConfiguration() takes one store for each credential, and no more", () => {
  const first = { type: "store", reader_key_secret: "READER_KEY" };
  const second = { type: "store", reader_key_secret: "OTHER_READER_KEY" };
  accept(createEnv({
    CREDENTIALS: [createTable("a", { targets: [first] }), createTable("b", { targets: [first] })],
  }));
  const mistakes = refuse(withMembers({ targets: [first, second] }));
  assertEquals(mistakes.length, 1);
  assertMatch(mistakes[0], /targets\[1\]: Must write another place than .*targets\[0\]/);
});

Deno.test("parseConfiguration() reports all mistakes together", () => {
  const mistakes = refuse({
    CREDENTIALS: [
      { name: " ", expires_in: "1h", grace: "2h", extra: 1, more: 2, targets: [{}, { type: "x" }] },
      { paused: 1 },
    ],
    FUSE: { creates: -1, x: 1 },
    HEROKU_URL: "ftp://heroku.example",
  });
  const paths = mistakes.map((mistake) => mistake.split(": ")[0]);
  assertEquals(paths.toSorted(), [
    "CREDENTIALS[0].extra",
    "CREDENTIALS[0].grace",
    "CREDENTIALS[0].more",
    "CREDENTIALS[0].name",
    "CREDENTIALS[0].targets[0].type",
    "CREDENTIALS[0].targets[1].type",
    "CREDENTIALS[1].name",
    "CREDENTIALS[1].paused",
    "CREDENTIALS[1].targets",
    "FUSE.creates",
    "FUSE.x",
    "HEROKU_API_TOKEN",
    "HEROKU_URL",
    "PAGE_KEY",
    "SEALING_KEY",
  ]);
});

Deno.test("parseConfiguration() gives the page key as soon as that can be used", () => {
  const wrong = { CREDENTIALS: [] };
  const right = parse(createEnv(wrong));
  assert(!right.ok);
  assertEquals(right.pageKey, keys.page);
  const short = parse(createEnv({ ...wrong, PAGE_KEY: "short" }));
  assert(!short.ok);
  assertEquals(short.pageKey, undefined);
});

Deno.test("parseConfiguration() takes any JSON: it gives mistakes or what can be used", () => {
  const word = fc.constantFrom(
    ...["name", "scope", "expires_in", "renew_before", "max_age", "grace", "paused", "targets"],
    ...[
      "type",
      "required",
      "reader_key_secret",
      "app",
      "token",
      "url",
      "secret",
      "creates",
      "deletes",
    ],
    "__proto__",
    "constructor",
    "toString",
  );
  const value = fc.oneof(
    fc.constantFrom("ci", "never", "30d", "10m", "1h", "store", "webhook", "heroku-config-var"),
    fc.constantFrom("READER_KEY", "constructor", "__proto__", "https://hooks.example"),
    fc.jsonValue({ maxDepth: 1 }),
  );
  const { table } = fc.letrec((tie) => ({
    any: fc.oneof(
      { maxDepth: 2 },
      value,
      tie("table"),
      fc.array(tie("any"), { maxLength: 3 }),
    ),
    table: fc.dictionary(fc.oneof({ arbitrary: word, weight: 9 }, fc.string()), tie("any"), {
      maxKeys: 5,
    }),
  }));
  const target = fc.oneof(
    table,
    fc.record({
      type: fc.constantFrom("store", "webhook", "heroku-config-var"),
      reader_key_secret: fc.constantFrom("READER_KEY", "NOWHERE"),
    }, { requiredKeys: ["type"] }),
  );
  const credential = fc.oneof(
    table,
    fc.record({
      name: fc.string({ unit: "grapheme" }),
      expires_in: fc.constantFrom("30d", "never", "1h", 7),
      grace: fc.constantFrom("0s", "1h", "2h", "1y"),
      targets: fc.array(target, { minLength: 1, maxLength: 2 }),
    }, { requiredKeys: ["name", "targets"] }),
  );
  const credentials = fc.oneof(fc.array(credential), fc.jsonValue(), fc.json());
  fc.assert(
    fc.property(credentials, fc.oneof(table, fc.json()), (CREDENTIALS, FUSE) => {
      const env = createEnv({ CREDENTIALS, FUSE: FUSE === "null" ? undefined : FUSE });
      const result = parse(env);
      if (!result.ok) {
        assert(result.mistakes.length > 0);
        for (const { path, message } of result.mistakes) {
          assert(path !== "" && /^[A-Z'].*[^.]$/su.test(message), message);
          assert(!message.includes(canary) && !path.includes(canary));
        }
        return;
      }
      const { credentials, accounts: [{ fuse }] } = result.configuration;
      assert(credentials.length > 0 && fuse.creates >= 1 && fuse.deletes >= 1);
      for (const { name, grace, lifetime, targets } of credentials) {
        assert(name !== "" && name === name.trim() && grace >= 0 && targets.length > 0);
        assert(lifetime === undefined || lifetime === null || lifetime > grace);
      }
    }),
    { numRuns: 500 },
  );
});

Deno.test("parseConfiguration() accepts every sane name, and gives it back untouched", () => {
  const name = fc.string({ unit: "grapheme-ascii", minLength: 1, maxLength: 77 })
    .filter((name) => name === name.trim() && !/^\.{1,2}$| {2}|HRKU-/i.test(name));
  fc.assert(fc.property(name, (name) => {
    assertEquals(accept(createEnv({ CREDENTIALS: [createTable(name)] })).credentials[0].name, name);
  }));
});

Deno.test("parseConfiguration() throws only when a store is configured and none is given", () => {
  const env = withTarget({ type: store.type, reader_key_secret: "READER_KEY" });
  let thrown: unknown;
  try {
    parseConfiguration(env, definitions, { fetch, now: () => now });
  } catch (error) {
    thrown = error;
  }
  assert(thrown instanceof TypeError);
});
