import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import fc from "fast-check";
import * as v from "valibot";
import type { TargetDefinition } from "../../../lib/targets/target.ts";
import { targets as definitions } from "../../../lib/targets/registry.ts";
import { store } from "../../../lib/targets/store.ts";
import { earliestDue } from "../../../lib/rotation/policy.ts";
import {
  type ConfigurationResult,
  parseConfiguration,
} from "../../../worker/config/configuration.ts";
import { parseDuration } from "../../../worker/config/duration.ts";
import type { Mistake } from "../../../worker/config/mistakes.ts";
import { canary, createEnv, createTable, type Env, keys } from "../sample.ts";

function parse(env: Env): ConfigurationResult {
  const store = { serve: () => Promise.resolve(true), read: () => Promise.resolve(undefined) };
  return parseConfiguration(env, definitions, {
    fetch,
    now: Date.now,
    store,
    bindings: true,
  });
}

function withMembers(members: Env): Env {
  return createEnv({ CREDENTIALS: [createTable("ci", members)] });
}

const gitHub = { type: "github-actions-secret", repository: "acme/web", name: "KEY" };

function withTarget(changes: Env, env: Env = {}): Env {
  return {
    ...withMembers({ targets: [{ ...gitHub, ...changes }] }),
    GITHUB_TOKEN: `ghp_${canary}`,
    ...env,
  };
}

const hook = (name: string) => ({
  type: "webhook",
  url: `https://${name}.example`,
  signing_secret: name,
});
const reader = (reader_key_secret: string) => ({ type: "store", reader_key_secret });

/** One wrong line, and what is to be said: where, and of the message the part that helps. */
type Row = readonly [env: Env, path: string, says: string];

/** Demands that each row has the one mistake, or the one warning, that it should. */
function check(rows: readonly Row[], list: (result: ConfigurationResult) => readonly Mistake[]) {
  for (const [env, path, says] of rows) {
    const found = list(parse(env));
    assertEquals(found.map((one) => one.path), [path], JSON.stringify(found));
    assertStringIncludes(found[0].message, says);
    assert(/^[A-Z'].*[^.]$/su.test(found[0].message), found[0].message);
    assert(!JSON.stringify(found).includes(canary), "A secret's value was repeated");
  }
}

function checkMistakes(rows: readonly Row[]) {
  check(rows, (result) => result.ok ? [] : result.mistakes);
}

function checkWarnings(rows: readonly Row[]) {
  check(rows, (result) => {
    assert(result.ok, JSON.stringify(result));
    return result.warnings;
  });
}

Deno.test("CREDENTIALS in a wrong form is refused with the right heading", () => {
  const brackets = "write [[vars.CREDENTIALS]], with two brackets on each side";
  checkMistakes([
    [createEnv({ CREDENTIALS: undefined }), "CREDENTIALS", "[[env.NAME.vars.CREDENTIALS]]"],
    [createEnv({ CREDENTIALS: [] }), "CREDENTIALS", "Is empty: write a [[vars.CREDENTIALS]]"],
    [createEnv({ CREDENTIALS: createTable("ci") }), "CREDENTIALS", brackets],
    [createEnv({ CREDENTIALS: '{"name":"ci"}' }), "CREDENTIALS", brackets],
    [createEnv({ CREDENTIALS: "[{name: 'ci'}]" }), "CREDENTIALS", "a text that is no JSON"],
    [createEnv({ CREDENTIALS: "" }), "CREDENTIALS", "a text that is no JSON"],
    [createEnv({ CREDENTIALS: true }), "CREDENTIALS", "Must be an array of tables"],
    [createEnv({ CREDENTIALS: ["ci"] }), "CREDENTIALS[0]", "write [[vars.CREDENTIALS]], and"],
  ]);
});

Deno.test("a name that Heroku may not keep is refused with one that it does", () => {
  const path = "CREDENTIALS[0].name";
  checkMistakes([
    [withMembers({ name: " ci" }), path, "write 'ci'"],
    [withMembers({ name: "ci\n" }), path, "write 'ci'"],
    [withMembers({ name: "ci  deploy" }), path, "write 'ci deploy'"],
    [withMembers({ name: "ci\u00a0deploy" }), path, "write 'ci deploy'"],
    [withMembers({ name: "ci\tdeploy\u200b" }), path, "write 'ci deploy'"],
    [withMembers({ name: "   " }), path, "1 to 77 characters"],
    [withMembers({ name: "cafe\u0301" }), path, "copy 'caf\u00e9' from here"],
    [withMembers({ name: "x".repeat(78) }), path, `such as '${"x".repeat(77)}'`],
    [withMembers({ name: "ci [g7 4k2m9x0qpz1c]" }), path, "write 'ci'"],
    [withMembers({ name: `HRKU-AA${canary}` }), path, "revoke that token"],
    [withMembers({ name: ["ci"] }), path, "Must be the description"],
  ]);
});

Deno.test("a name with its longest usual marker has 100 characters at most", () => {
  const result = parse(withMembers({ name: "x".repeat(77) }));
  assert(result.ok);
  const [{ name }] = result.configuration.credentials;
  assertEquals(`${name} [g123456 0123456789ab]`.length, 100);
});

Deno.test("a scope in a wrong form is refused with the right one", () => {
  const path = "CREDENTIALS[0] (ci).scope";
  checkMistakes([
    [withMembers({ scope: "write" }), path, "write ['write']"],
    [withMembers({ scope: "read, write" }), path, "write ['read', 'write']"],
    [withMembers({ scope: ["read write"] }), `${path}[0]`, "write ['read', 'write']"],
    [withMembers({ scope: ["read", "write", "read"] }), path, "write ['read', 'write']"],
    [withMembers({ scope: [] }), path, "such as ['write-protected']"],
    [withMembers({ scope: ["read", 7] }), `${path}[1]`, "such as ['write-protected']"],
    [withMembers({ scope: { read: true } }), path, "such as ['write-protected']"],
    [withMembers({ scope: keys.page }), path, "write ['[redacted]']"],
    [withMembers({ scope: [`HRKU-AA${canary}`] }), `${path}[0]`, "such as ['write-protected']"],
    [withMembers({ scope: `HRKU-AA${canary}` }), path, "such as ['write-protected']"],
  ]);
});

Deno.test("a scope that Heroku does not document is taken, with a warning", () => {
  const path = "CREDENTIALS[0] (ci).scope";
  checkWarnings([
    [withMembers({ scope: ["writ-protected"] }), `${path}[0]`, "(did you mean 'write-protected'?)"],
    [withMembers({ scope: ["read", "wirte"] }), `${path}[1]`, "(did you mean 'write'?)"],
    [withMembers({ scope: ["Global"] }), `${path}[0]`, "(did you mean 'global'?)"],
    [withMembers({ scope: ["admin"] }), `${path}[0]`, "they are global, identity, read"],
  ]);
  const env = withMembers({
    scope: ["global", "read-protected", "app:01234567-89ab-cdef-0123-456789abcdef"],
  });
  assertEquals(parse(env).warnings, []);
  const result = parse(withMembers({ scope: ["writ-protected"] }));
  assert(result.ok);
  assertEquals(result.configuration.credentials[0].scope, ["writ-protected"]);
});

Deno.test("a duration in a wrong form is refused with the right one", () => {
  const table: readonly (readonly [unknown, string])[] = [
    ["30 days", "write '30d'"],
    ["30D", "write '30d'"],
    ["1 month", "write '30d'"],
    ["P30D", "write '30d'"],
    ["1h30m", "write '90m'"],
    ["1.5h", "write '90m'"],
    ["30d ", "write '30d'"],
    ["30", "30 has no unit. If it means days, write '30d'"],
    [30, "30 has no unit. If it means days, write '30d'"],
    [2_592_000, "2592000 has no unit. If it means seconds, write '30d'"],
    ["5m", "write '10m' instead of '5m'"],
    ["20y", "write '3650d' instead of '20y'"],
    ["Never", "write 'never'"],
    [null, "write 'never'"],
    ["", "from '10m' to '3650d', or 'never'"],
    [true, "from '10m' to '3650d', or 'never'"],
    [-5, "from '10m' to '3650d', or 'never'"],
    ["soon", "from '10m' to '3650d', or 'never'"],
  ];
  checkMistakes(table.map(([expires_in, says]): Row => [
    withMembers({ expires_in }),
    "CREDENTIALS[0] (ci).expires_in",
    says,
  ]));
  checkMistakes([
    [withMembers({ grace: 0 }), "CREDENTIALS[0] (ci).grace", "write '0s'"],
    [withMembers({ grace: 3600 }), "CREDENTIALS[0] (ci).grace", "write '1h'"],
    [withMembers({ grace: "1 hour" }), "CREDENTIALS[0] (ci).grace", "write '1h'"],
    [withMembers({ grace: "400d" }), "CREDENTIALS[0] (ci).grace", "write '365d'"],
    [withMembers({ max_age: "5m" }), "CREDENTIALS[0] (ci).max_age", "write '10m'"],
    [withMembers({ renew_before: 600 }), "CREDENTIALS[0] (ci).renew_before", "write '10m'"],
  ]);
});

Deno.test("durations that contradict each other are refused with the longest that would do", () => {
  const lifetime = fc.integer({ min: 10, max: 60 * 24 * 360 }).map((minutes) => `${minutes}m`);
  const length = fc.oneof(lifetime, fc.constant(undefined));
  fc.assert(
    fc.property(lifetime, length, length, (expires_in, renew_before, grace) => {
      const members = {
        expires_in,
        ...(renew_before === undefined ? {} : { renew_before }),
        ...(grace === undefined ? {} : { grace }),
      };
      const result = parse(withMembers(members));
      if (result.ok) return;
      const mended: Record<string, string | undefined> = { ...members };
      for (const { path, message } of result.mistakes) {
        const [, most] = /at most '(\d+[smhd])'/.exec(message) ?? [];
        assert(most !== undefined || message.includes("leave it out"), message);
        mended[path.slice(path.lastIndexOf(".") + 1)] = most;
      }
      const again = parse(withMembers(mended));
      assert(again.ok, JSON.stringify([members, mended, again]));
      const [round] = result.mistakes.flatMap(({ message }) =>
        /such as '(\d+[smhd])'/.exec(message)?.[1] ?? []
      );
      const [only] = result.mistakes;
      if (result.mistakes.length > 1 || !only.path.endsWith(".grace")) return;
      const most = parseDuration(mended.grace ?? "") ?? NaN;
      const due = earliestDue(
        parseDuration(expires_in) ?? NaN,
        renew_before === undefined ? undefined : parseDuration(renew_before),
      );
      assert(most < due && most + 1000 >= due, `${most} is not the longest below ${due}`);
      if (round !== undefined) assert((parseDuration(round) ?? NaN) > most * 0.8, round);
    }),
    { numRuns: 500 },
  );
});

Deno.test("a name that the Worker's own authorization has is taken, with a warning", () => {
  checkWarnings([
    [
      createEnv({ CREDENTIALS: [createTable("herotate")] }),
      "CREDENTIALS[0] (herotate).name",
      "Is what the README calls the Worker's own authorization",
    ],
  ]);
});

Deno.test("a max_age without effect, or within the grace, is taken, with a warning", () => {
  const path = "CREDENTIALS[0] (ci).max_age";
  checkWarnings([
    [withMembers({ expires_in: "30d", max_age: "30d" }), path, "Has no effect"],
    [withMembers({ max_age: "2h", grace: "2h" }), path, "Cannot be kept"],
  ]);
});

Deno.test("what is written at the wrong level is refused with where it belongs", () => {
  const members = "CREDENTIALS[0] (ci)";
  const target = `${members}.targets[0]`;
  const above = "write it below [vars], and above the first [[vars.CREDENTIALS]]";
  checkMistakes([
    [withMembers({ targets: undefined }), `${members}.targets`, "below the credential's own"],
    [withMembers({ targets: [] }), `${members}.targets`, "Is empty: write at least one"],
    [withMembers({ targets: gitHub }), `${members}.targets`, "two brackets on each side"],
    [withMembers({ targets: "store" }), `${members}.targets`, "Must be an array of tables"],
    [withMembers({ targets: ["store"] }), target, "write [[vars.CREDENTIALS.targets]], and"],
    [withMembers({ HEROKU_URL: "x" }), `${members}.HEROKU_URL`, above],
    [withMembers({ FUSE: { creates: 1 } }), `${members}.FUSE`, above],
    [withMembers({ PAGE_KEY: "x" }), `${members}.PAGE_KEY`, "wrangler secret put PAGE_KEY"],
    [withMembers({ type: "store" }), `${members}.type`, "write it below [[vars.CREDENTIALS.targe"],
    [
      withMembers({ reader_key_secret: "KEY" }),
      `${members}.reader_key_secret`,
      "Is a member of a target",
    ],
    [withMembers({ grcae: "1h" }), `${members}.grcae`, "(did you mean 'grace'?)"],
    [withMembers({ paused: "true" }), `${members}.paused`, "Must be true or false, without quotes"],
    [withTarget({ grace: "1h" }), `${target}.grace`, "write it above the credential's first"],
    [withTarget({ HEROKU_ACCOUNT: "x" }), `${target}.HEROKU_ACCOUNT`, above],
    [withTarget({ repo: "x" }), `${target}.repo`, "Is not known: the members are repository"],
    [withTarget({ required: "false" }), `${target}.required`, "without quotes"],
    [withTarget({ type: undefined }), `${target}.type`, "Is missing: the types are store"],
    [withTarget({ type: "github" }), `${target}.type`, "(did you mean 'github-actions-secret'?)"],
    [withTarget({ type: `HRKU-AA${canary}` }), `${target}.type`, "'[redacted]' is not known"],
    [withTarget({ type: "Webhook" }), `${target}.type`, "(did you mean 'webhook'?)"],
  ]);
});

Deno.test("a variable that nothing reads is pointed out when it looks like one that is read", () => {
  checkWarnings([
    [createEnv({ CREDENTIAL: [] }), "CREDENTIAL", "(did you mean 'CREDENTIALS'?)"],
    [createEnv({ Credentials_web: [] }), "Credentials_web", "(did you mean 'CREDENTIALS'?)"],
    [createEnv({ credentials: [] }), "credentials", "(did you mean 'CREDENTIALS'?)"],
    [createEnv({ fuse: {} }), "fuse", "(did you mean 'FUSE'?)"],
    [createEnv({ HEROKU_ACCOUT: "x" }), "HEROKU_ACCOUT", "(did you mean 'HEROKU_ACCOUNT'?)"],
    [createEnv({ HEROKU_API_KEY: canary }), "HEROKU_API_KEY", "(did you mean 'HEROKU_API_TOKEN'?)"],
    [createEnv({ targets: [] }), "targets", "write [[vars.CREDENTIALS.targets]]"],
    [createEnv({ grace: "2h" }), "grace", "write it below [[vars.CREDENTIALS]]"],
  ]);
  assertEquals(parse(createEnv({ ASSETS: {}, GITHUB_TOKEN: "x", MY_VAR: 7 })).warnings, []);
});

Deno.test("FUSE in a wrong form is refused with the right number", () => {
  checkMistakes([
    [createEnv({ FUSE: 7 }), "FUSE", "write [vars.FUSE], with one bracket on each side"],
    [createEnv({ FUSE: "" }), "FUSE", "Must be a table"],
    [createEnv({ FUSE: [{ creates: 3 }] }), "FUSE", "with one bracket on each side"],
    [createEnv({ FUSE: { creates: "10" } }), "FUSE.creates", "write 10, without quotes"],
    [createEnv({ FUSE: { creates: 0 } }), "FUSE.creates", "write 1"],
    [createEnv({ FUSE: { deletes: 99_999 } }), "FUSE.deletes", "write 10000"],
    [createEnv({ FUSE: { deletes: 2.4 } }), "FUSE.deletes", "write 2"],
    [createEnv({ FUSE: { create: 3 } }), "FUSE.create", "(did you mean 'creates'?)"],
  ]);
});

Deno.test("HEROKU_URL and HEROKU_ACCOUNT in a wrong form are refused with the right one", () => {
  const url = "write 'https://api.heroku.com'";
  const account = "write 'anna@example.com'";
  checkMistakes([
    [createEnv({ HEROKU_URL: "" }), "HEROKU_URL", "or be left out"],
    [createEnv({ HEROKU_URL: 7 }), "HEROKU_URL", "Must be an https URL"],
    [createEnv({ HEROKU_URL: "api.heroku.com" }), "HEROKU_URL", url],
    [createEnv({ HEROKU_URL: "http://api.heroku.com/" }), "HEROKU_URL", url],
    [createEnv({ HEROKU_URL: `https://a:${canary}@api.heroku.com?x=1` }), "HEROKU_URL", url],
    [createEnv({ HEROKU_ACCOUNT: "" }), "HEROKU_ACCOUNT", "or be left out"],
    [createEnv({ HEROKU_ACCOUNT: 7 }), "HEROKU_ACCOUNT", "`heroku auth:whoami` shows it"],
    [createEnv({ HEROKU_ACCOUNT: "anna" }), "HEROKU_ACCOUNT", "`heroku auth:whoami` shows it"],
    [createEnv({ HEROKU_ACCOUNT: " anna@example.com" }), "HEROKU_ACCOUNT", account],
    [createEnv({ HEROKU_ACCOUNT: "Anna <anna@example.com>" }), "HEROKU_ACCOUNT", account],
    [createEnv({ HEROKU_ACCOUNT: `HRKU-AA${canary}` }), "HEROKU_ACCOUNT", "and not a token"],
  ]);
});

Deno.test("HEROKU_ACCOUNT is an id or an e-mail address, read in lower case, or nothing", () => {
  const table = [
    ["01234567-89AB-cdef-0123-456789abcdef", "01234567-89ab-cdef-0123-456789abcdef"],
    ["Anna.Lind+heroku@Example.com", "anna.lind+heroku@example.com"],
    [undefined, undefined],
  ] as const;
  for (const [HEROKU_ACCOUNT, expected] of table) {
    const result = parse(createEnv({ HEROKU_ACCOUNT }));
    assert(result.ok);
    assertEquals(result.configuration.account, expected);
  }
});

Deno.test("a missing binding is a mistake that says where it belongs", () => {
  checkMistakes([
    [createEnv({ LEDGER: undefined }), "LEDGER", "[[env.NAME.d1_databases]]"],
    [createEnv({ ROTATION: undefined }), "ROTATION", "[[env.NAME.workflows]]"],
    [createEnv({ LEDGER: { get() {} } }), "LEDGER", "Is a binding of another kind"],
    [createEnv({ ROTATION: "herotate" }), "ROTATION", "Is a binding of another kind"],
  ]);
});

Deno.test("outside of a Worker bindings are missed only by the built-in store", () => {
  const without = { LEDGER: undefined, ROTATION: undefined };
  const store = { serve: () => Promise.resolve(true), read: () => Promise.resolve(undefined) };
  const parseElsewhere = (env: Env) =>
    parseConfiguration({ ...env, ...without }, definitions, { fetch, now: Date.now, store });
  assert(parseElsewhere(createEnv()).ok);
  const result = parseElsewhere(withMembers({ targets: [reader("READER_KEY")] }));
  assert(!result.ok);
  assertEquals(result.mistakes.map(({ path }) => path), ["LEDGER", "ROTATION"]);
});

Deno.test("a secret that no header can carry is refused by its name, whatever it is for", () => {
  const token = `ghp_${canary}`;
  const table: readonly (readonly [string, string])[] = [
    [`${token}\n${token}`, "Has a line break inside"],
    [`\u201c${token}\u201d`, "Has curly quotes"],
    [`\ufeff${token}`, "Has a byte order mark"],
    [`${token}\u200b`, "Has an invisible character"],
    [`${token}\u00e9`, "Has a character beyond ASCII"],
    [`${token}\u0007`, "Has a control character"],
    [`${token}\n`, "Begins or ends with a space or a line break"],
    [` ${token}`, "Begins or ends with a space or a line break"],
    [`"${token}"`, "Is wrapped in quotes"],
    [`'${token}'`, "Is wrapped in quotes"],
    [`Bearer ${token}`, "Begins with the name of an authentication scheme"],
  ];
  for (const [value, says] of table) {
    checkMistakes([
      [withTarget({}, { GITHUB_TOKEN: value }), "GITHUB_TOKEN", says],
      [createEnv({ HEROKU_API_TOKEN: value }), "HEROKU_API_TOKEN", says],
      [createEnv({ PAGE_KEY: value }), "PAGE_KEY", says],
      [
        { ...withMembers({ targets: [reader("READER_KEY")] }), READER_KEY: value },
        "READER_KEY",
        says,
      ],
    ]);
  }
});

Deno.test("a secret that was set by mistake is refused with what to copy", () => {
  const row = (GITHUB_TOKEN: unknown, says: string): Row => [
    withTarget({}, { GITHUB_TOKEN }),
    "GITHUB_TOKEN",
    says,
  ];
  checkMistakes([
    row(undefined, "Is not set: run `wrangler secret put GITHUB_TOKEN`"),
    row("", "Is not set"),
    row("  ", "Must not be empty: run"),
    row(7, "Is not set as text"),
    row("$GITHUB_TOKEN", "Is the name of a variable in a shell"),
    row("${TOKEN}", "Is the name of a variable in a shell"),
    row("<token>", "Is a placeholder"),
    row(`-----BEGIN PRIVATE KEY-----\n${canary}\n`, "Is a key or a certificate in PEM"),
    row(`{\n"token": "${canary}"\n}\n`, "Is JSON"),
    row(`https://github.com/settings/tokens/${canary}`, "Is an address"),
    row("GITHUB_TOKEN", "Is its own name"),
    row(`GITHUB_TOKEN=${canary}`, "Begins with its own name and '='"),
    row(`export GITHUB_TOKEN=${canary}`, "Begins with its own name and '='"),
    [
      createEnv({ PAGE_KEY: undefined }),
      "PAGE_KEY",
      "Is not set: make one with `openssl rand -hex",
    ],
    [createEnv({ SEALING_KEY: "short" }), "SEALING_KEY", "make one with `openssl rand -base64 32`"],
    [createEnv({ PAGE_KEY: 1234567890123456 }), "PAGE_KEY", "Is not set as text"],
  ]);
});

Deno.test("a token that another service made by its look is refused, and sent nowhere", () => {
  const says = (name: string) => `Looks like a token for ${name}`;
  checkMistakes([
    [withTarget({}, { GITHUB_TOKEN: `HRKU-AA${canary}` }), "GITHUB_TOKEN", says("Heroku")],
    [withTarget({}, { GITHUB_TOKEN: `glpat-${canary}` }), "GITHUB_TOKEN", says("GitLab")],
    [createEnv({ HEROKU_API_TOKEN: `ghp_${canary}` }), "HEROKU_API_TOKEN", says("GitHub")],
    [createEnv({ PAGE_KEY: `HRKU-AA${canary}-0123456789` }), "PAGE_KEY", says("Heroku")],
    [
      {
        ...withMembers({ targets: [reader("READER_KEY")] }),
        READER_KEY: `hvs.${canary}0123456789`,
      },
      "READER_KEY",
      says("Vault"),
    ],
  ]);
  const vault = { type: "vault-kv2", address: "https://vault.example", path: "ci", key: "KEY" };
  const own: readonly (readonly [Env, string, string])[] = [
    [gitHub, "GITHUB_TOKEN", `github_pat_${canary}`],
    [vault, "VAULT_TOKEN", `hvs.${canary}`],
    [
      { type: "doppler", project: "a", config: "b", name: "K" },
      "DOPPLER_TOKEN",
      `dp.st.b.${canary}`,
    ],
  ];
  for (const [target, name, value] of own) {
    const result = parse({ ...withMembers({ targets: [target] }), [name]: value });
    assert(result.ok, JSON.stringify(result));
  }
});

Deno.test("a key that only signs may hold any character", () => {
  const pem = "-----BEGIN RSA PRIVATE KEY-----\nAAAA\n-----END RSA PRIVATE KEY-----\n";
  const app = { id: 7, private_key_secret: "APP_KEY" };
  const aws = { type: "aws-secrets-manager", region: "eu-central-1", secret: "s" };
  const hook = { type: "webhook", url: "https://hooks.example", signing_secret: "WEBHOOK_KEY" };
  for (
    const env of [
      { ...withTarget({ app }), APP_KEY: pem },
      { ...withMembers({ targets: [hook] }), WEBHOOK_KEY: "\u00fcber \u201cgeheim\u201d\n" },
      {
        ...withMembers({ targets: [aws] }),
        AWS_ACCESS_KEY_ID: "AKIA",
        AWS_SECRET_ACCESS_KEY: "a\u00e9",
      },
    ]
  ) {
    assertEquals(parse(env).ok, true, JSON.stringify(parse(env)));
  }
  checkMistakes([[
    {
      ...withMembers({ targets: [aws] }),
      AWS_ACCESS_KEY_ID: "AKIA\u00e9",
      AWS_SECRET_ACCESS_KEY: "a",
    },
    "AWS_ACCESS_KEY_ID",
    "beyond ASCII",
  ]]);
});

Deno.test("a wrong name of a secret is refused, and what may be the secret itself not repeated", () => {
  const token = "CREDENTIALS[0] (ci).targets[0].token_secret";
  checkMistakes([
    [
      withTarget({ token_secret: "GITHUB_TOKN" }),
      "GITHUB_TOKN",
      "(did you mean 'GITHUB_TOKEN', which is",
    ],
    [
      {
        ...withMembers({ targets: [hook("HOOK_A"), hook("HOOK_B")] }),
        HOOK_A: canary,
      },
      "HOOK_B",
      "Is not set: run `wrangler secret put HOOK_B`",
    ],
    [
      withTarget({ token_secret: "github_token" }),
      token,
      "(did you mean 'GITHUB_TOKEN', which is set?)",
    ],
    [withTarget({ token_secret: `ghp_${canary}abcdefghijk` }), token, "revoke it"],
    [
      withTarget({ token_secret: `glpat-${canary}-0123456789` }),
      token,
      "revoke it",
    ],
    [
      withTarget({ token_secret: "my_token" }, { my_token: `${canary}\n` }),
      "my_token",
      "Begins or ends with a space or a line break: copy it without that, and run `wrangler secret put my_t",
    ],
    [
      withTarget({ token_secret: "" }),
      token,
      "Must be the name of the Worker secret",
    ],
    [
      withTarget({ token_secret: "CREDENTIALS" }),
      token,
      "Must name a Worker secret, and 'CREDENTIALS'",
    ],
  ]);
});

Deno.test("a secret that is pasted in the place of its name is not repeated, whatever it looks like", () => {
  const target = "CREDENTIALS[0] (ci).targets[0]";
  const values = [
    `ghp_${canary}abcdefghijklmnop`,
    "AKIA0CANARY7ABCDEFGH",
    "JBSWY3CANARY7XPJBSW3",
    "c0ffee00CANARY7c0ffee00CANARY7aa",
    `whsec_${canary}+abcdefgh/ijkl=`,
    `HRKU-AA${canary}-0123456789`,
    `-----BEGIN RSA PRIVATE KEY-----\n${canary}\n`,
    "01234567-89ab-4cde-8f01-CANARY723456",
  ];
  const aws = { type: "aws-secrets-manager", region: "eu-central-1", secret: "s" };
  const keys = { AWS_ACCESS_KEY_ID: "AKIA", AWS_SECRET_ACCESS_KEY: "x" };
  const withAws = (member: Env) => ({
    ...withMembers({ targets: [{ ...aws, ...member }] }),
    ...keys,
  });
  for (const value of values) {
    checkMistakes([
      [withTarget({ token_secret: value }), `${target}.token_secret`, "revoke it"],
      [
        withTarget({ app: { id: 7, private_key_secret: value } }),
        `${target}.app.private_key_secret`,
        "revoke it",
      ],
      [withMembers({ targets: [reader(value)] }), `${target}.reader_key_secret`, "revoke it"],
      [
        withMembers({ targets: [{ ...hook("a"), signing_secret: value }] }),
        `${target}.signing_secret`,
        "revoke it",
      ],
      [withAws({ access_key_id_secret: value }), `${target}.access_key_id_secret`, "revoke it"],
      [
        withAws({ secret_access_key_secret: value }),
        `${target}.secret_access_key_secret`,
        "revoke it",
      ],
    ]);
  }
});

Deno.test("a secret that is not set is looked for in the member that names it, and in no other", () => {
  const own: TargetDefinition<unknown> = {
    type: "own",
    proof: "existence",
    schema: v.looseObject({}),
    place: () => "own",
    secrets: (config) => Object.values(v.parse(v.object({ key: v.string() }), config)),
    create: () => {
      throw new Error("Not made here");
    },
  };
  const target = "CREDENTIALS[0] (ci).targets[0]";
  const table: readonly (readonly [target: Env, path: string])[] = [
    [{ ...gitHub, token_secret: "NOWHERE" }, "NOWHERE"],
    [
      { type: "doppler", project: "a", config: "b", name: "DOPPLER_X", token_secret: "x_y" },
      `${target}.token_secret`,
    ],
    [{ type: "own", name: "nowhere", key: `sk_live_${canary}` }, `${target}.key`],
    [{ type: "own", name: "NOWHERE", key: "NOWHERE" }, "NOWHERE"],
  ];
  for (const [given, path] of table) {
    const env = withMembers({ targets: [given] });
    const result = parseConfiguration(env, [...definitions, own], { fetch, now: Date.now });
    assert(!result.ok);
    assertEquals(result.mistakes.map((one) => one.path), [path], JSON.stringify(result));
    assert(!JSON.stringify(result.mistakes).includes(canary));
  }
  const named = { type: "heroku-config-var", app: "acme-web", name: "HEROKU_API_TOKEN" };
  checkMistakes([[
    { ...withMembers({ targets: [named] }), HEROKU_API_TOKEN: "" },
    "HEROKU_API_TOKEN",
    "(needed by CREDENTIALS[0] (ci).targets[0])",
  ]]);
});

Deno.test("a token in any other place than a secret's is not repeated", () => {
  const target = "CREDENTIALS[0] (ci).targets[0]";
  for (
    const token of [
      `ghp_${canary}abcdefghijklmnop`,
      `glpat-${canary}abcdefghijkl`,
      `dp.st.${canary}abcdefghijkl`,
      `hvs.${canary}abcdefghijkl`,
      "AKIA0CANARY7ABCDEFGH",
    ]
  ) {
    checkMistakes([
      [withTarget({ type: token }), `${target}.type`, "'[redacted]' is not known"],
      [
        withTarget({ [token]: 1 }),
        `${target}${/\./.test(token) ? '["[redacted]"]' : ".[redacted]"}`,
        "Is not known",
      ],
    ]);
  }
  const env = withMembers({ name: "global-deployments-of-acme", scope: 7 });
  checkMistakes([[env, "CREDENTIALS[0] (global-deployments-of-acme).scope", "Must be an array"]]);
});

Deno.test("a member under a former name is refused with the present one, and once", () => {
  const target = "CREDENTIALS[0] (ci).targets[0]";
  const aws = { type: "aws-secrets-manager", region: "eu-central-1", secret: "s" };
  const gitHubApp = { ...gitHub, app: { id: 7, private_key: "APP_KEY" } };
  const webhook = { type: "webhook", url: "https://hooks.example" };
  const table: readonly (readonly [target: Env, path: string, present: string])[] = [
    [{ ...gitHub, token: "GITHUB_TOKEN" }, "token", "token_secret"],
    [gitHubApp, "app.private_key", "private_key_secret"],
    [{ type: "store", reader_key: "READER_KEY" }, "reader_key", "reader_key_secret"],
    [{ ...webhook, secret: "WEBHOOK_KEY" }, "secret", "signing_secret"],
    [{ ...webhook, signing: "WEBHOOK_KEY" }, "signing", "signing_secret"],
    [{ ...aws, access_key_id: "KEY_ID" }, "access_key_id", "access_key_id_secret"],
    [{ ...aws, secret_access_key: "KEY" }, "secret_access_key", "secret_access_key_secret"],
  ];
  const keys = { AWS_ACCESS_KEY_ID: "AKIA", AWS_SECRET_ACCESS_KEY: "x" };
  checkMistakes(table.map(([given, path, present]): Row => [
    { ...withMembers({ targets: [given] }), ...keys },
    `${target}.${path}`,
    `Is called '${present}', which takes the name of a Worker secret and never its value: rename it`,
  ]));
  checkMistakes([
    [
      withTarget({ token: `ghp_${canary}abcdefghijk` }),
      `${target}.token`,
      "rename it, and if what",
    ],
    [withTarget({ token: "AKIA0CANARY7ABCDEFGH" }), `${target}.token`, "revoke it"],
  ]);
  const [named] = table;
  const result = parse(withMembers({ targets: [named[0]] }));
  assert(!result.ok && !JSON.stringify(result.mistakes).includes("revoke"));
});

Deno.test("every built-in member that names a Worker secret ends in '_secret'", () => {
  const names: string[] = [];
  const follow = (schema: unknown, path: readonly string[]): void => {
    if (typeof schema !== "object" || schema === null) return;
    for (const [key, member] of Object.entries(schema)) {
      if (key === "entries") {
        for (const [name, entry] of Object.entries(member)) follow(entry, [...path, name]);
      } else if (key === "wrapped" || key === "pipe" || /^\d+$/.test(key)) follow(member, path);
      else if (key === "message" && /^Must be the name of the Worker secret/.test(String(member))) {
        names.push(path.join("."));
      }
    }
  };
  for (const { schema } of [store, ...definitions]) follow(schema, []);
  assert(names.length >= 15, names.join());
  for (const name of names) assert(name.endsWith("_secret"), name);
});

Deno.test("names that services do give are taken: of managed users, and with a dot in front", () => {
  const named = (target: Env) => ({
    ...withMembers({ targets: [{ name: "KEY", ...target }] }),
    GITHUB_TOKEN: `ghp_${canary}`,
    CIRCLECI_TOKEN: `circle-${canary}`,
  });
  for (
    const type of ["github-actions-secret", "github-dependabot-secret", "github-codespaces-secret"]
  ) {
    for (const repository of ["octocat_acme/web", "acme/.github", "octocat_acme/.github"]) {
      const result = parse(named({ type, repository }));
      assert(result.ok, JSON.stringify([type, repository, result]));
    }
  }
  for (const project of ["gh/octocat_acme/web", "gh/acme/.github", "github/octocat_acme/.github"]) {
    const result = parse(named({ type: "circleci-project-variable", project }));
    assert(result.ok, JSON.stringify([project, result]));
  }
});

Deno.test("two names of one place are refused, each in the other's form", () => {
  const project = (project: string) => ({
    type: "circleci-project-variable",
    project,
    name: "KEY",
  });
  const repository = (repository: string) => ({ ...gitHub, repository });
  const pairs: readonly (readonly [Env, Env])[] = [
    [project("gh/acme/web"), project("github/acme/web")],
    [project("bitbucket/acme/web"), project("bb/acme/web")],
    [project("gh/acme/web"), project("gh/Acme/Web")],
    [repository("acme/web"), repository("Acme/WEB")],
  ];
  const keys = { GITHUB_TOKEN: `ghp_${canary}`, CIRCLECI_TOKEN: `circle-${canary}` };
  for (const [one, other] of [...pairs, ...pairs.map(([one, other]) => [other, one] as const)]) {
    const CREDENTIALS = [
      createTable("a", { targets: [one] }),
      createTable("b", { targets: [other] }),
    ];
    checkMistakes([[
      { ...createEnv({ CREDENTIALS }), ...keys },
      "CREDENTIALS[1] (b).targets[0]",
      "Must write another place than CREDENTIALS[0] (a).targets[0]: both write",
    ]]);
  }
});

Deno.test("HEROKU_API_TOKEN is for the Worker and for config vars only", () => {
  const target = "CREDENTIALS[0] (ci).targets[0]";
  const hook = {
    type: "webhook",
    url: "https://hooks.example",
    signing_secret: "HEROKU_API_TOKEN",
  };
  const says = "Must not use the Worker secret 'HEROKU_API_TOKEN'";
  checkMistakes([
    [withTarget({ token_secret: "HEROKU_API_TOKEN" }), `${target}.token_secret`, says],
    [withMembers({ targets: [hook] }), `${target}.signing_secret`, says],
    [
      { ...withMembers({ targets: [reader("HEROKU_API_TOKEN")] }), HEROKU_API_TOKEN: keys.other },
      `${target}.reader_key_secret`,
      says,
    ],
  ]);
  assert(parse(createEnv()).ok);
});

Deno.test("two secrets of one value are refused where they open different doors", () => {
  const stores = [
    createTable("a", { targets: [reader("READER_KEY")] }),
    createTable("b", { targets: [reader("OTHER_READER_KEY")] }),
  ];
  const hook = (name: string) => ({
    type: "webhook",
    url: `https://${name}.example`,
    signing_secret: name,
  });
  const sealing = btoa(`${canary}x`.padEnd(32, "0"));
  checkMistakes([
    [
      createEnv({ CREDENTIALS: stores, OTHER_READER_KEY: keys.reader }),
      "OTHER_READER_KEY",
      "Must have another value than READER_KEY, which lets readers have the token of 'a'",
    ],
    [
      createEnv({ CREDENTIALS: stores, READER_KEY: keys.page }),
      "READER_KEY",
      "Must have another value than PAGE_KEY, which opens the page",
    ],
    [createEnv({ PAGE_KEY: sealing, SEALING_KEY: sealing }), "PAGE_KEY", "than SEALING_KEY"],
    [
      createEnv({ PAGE_KEY: sealing.replace("=", ""), SEALING_KEY: `${sealing}\n` }),
      "PAGE_KEY",
      "than SEALING_KEY",
    ],
    [createEnv({ PAGE_KEY: keys.page, HEROKU_API_TOKEN: keys.page }), "PAGE_KEY", "HEROKU_API"],
    [withTarget({}, { GITHUB_TOKEN: keys.page }), "GITHUB_TOKEN", "than PAGE_KEY"],
    [
      {
        ...withMembers({
          targets: [gitHub, { type: "gitlab-variable", project: "a/b", name: "K" }],
        }),
        GITHUB_TOKEN: `gh-${canary}`,
        GITLAB_TOKEN: `gh-${canary}`,
      },
      "GITLAB_TOKEN",
      "than GITHUB_TOKEN, which is used by CREDENTIALS[0] (ci).targets[0]",
    ],
    [
      {
        ...withMembers({ targets: [hook("HOOK_A"), hook("HOOK_B")] }),
        HOOK_A: canary,
        HOOK_B: canary,
      },
      "HOOK_B",
      "than HOOK_A",
    ],
    [
      {
        ...withMembers({
          targets: [{ type: "aws-secrets-manager", region: "eu-central-1", secret: "s" }],
        }),
        AWS_ACCESS_KEY_ID: canary,
        AWS_SECRET_ACCESS_KEY: canary,
      },
      "AWS_SECRET_ACCESS_KEY",
      "than AWS_ACCESS_KEY_ID",
    ],
    [
      {
        ...withMembers({ targets: [gitHub, reader("GITHUB_TOKEN")] }),
        GITHUB_TOKEN: `ghp_${canary}_0123456789`,
      },
      "CREDENTIALS[0] (ci).targets[1].reader_key_secret",
      "Must have a secret of its own",
    ],
  ]);
});

Deno.test("two secrets of one value are taken where they open the same door", () => {
  const other = { ...gitHub, repository: "acme/api", token_secret: "API_GITHUB_TOKEN" };
  const env = withMembers({ targets: [gitHub, other] });
  assert(parse({ ...env, GITHUB_TOKEN: canary, API_GITHUB_TOKEN: canary }).ok);
  const shared = { targets: [reader("READER_KEY")] };
  assert(
    parse(createEnv({ CREDENTIALS: [createTable("a", shared), createTable("b", shared)] })).ok,
  );
});

Deno.test("warnings come with mistakes as well", () => {
  const result = parse(createEnv({
    CREDENTIALS: [createTable("a", { scope: ["raed"] }), createTable("b", { grace: 7 })],
  }));
  assert(!result.ok);
  assertEquals(result.warnings.map(({ path }) => path), ["CREDENTIALS[0] (a).scope[0]"]);
});
