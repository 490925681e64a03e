import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { earliestDue } from "../../../lib/rotation/schedule.ts";
import { targets as definitions } from "../../../lib/targets/registry.ts";
import { parseConfiguration } from "../../../worker/config/configuration.ts";
import { parseDuration } from "../../../worker/config/duration.ts";
import { canary, createEnv, createTable, type Env, keys } from "../sample.ts";
import {
  checkMistakes,
  checkWarnings,
  gitHub,
  parse,
  reader,
  type Row,
  withMembers,
  withTarget,
} from "./one_mistake.ts";

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
    assertEquals(result.configuration.accounts.map(({ confirmed }) => confirmed), [expected]);
  }
});

Deno.test("a missing binding is a mistake that says where it belongs", () => {
  checkMistakes([
    [
      createEnv({ ACCOUNT: undefined }),
      "ACCOUNT",
      "[[durable_objects.bindings]] with name = 'ACCOUNT'",
    ],
    [createEnv({ ACCOUNT: undefined }), "ACCOUNT", "[[env.NAME.durable_objects.bindings]]"],
    [createEnv({ ROTATION: undefined }), "ROTATION", "[[workflows]] with binding = 'ROTATION'"],
    [createEnv({ ROTATION: undefined }), "ROTATION", "[[env.NAME.workflows]]"],
    [createEnv({ ACCOUNT: { prepare() {} } }), "ACCOUNT", "Is a binding of another kind"],
    [createEnv({ ROTATION: "herotate" }), "ROTATION", "Is a binding of another kind"],
  ]);
});

Deno.test("outside of a Worker bindings are missed only by the built-in store", () => {
  const without = { ACCOUNT: undefined, ROTATION: undefined };
  const store = { serve: () => Promise.resolve(true), read: () => Promise.resolve(undefined) };
  const parseElsewhere = (env: Env) =>
    parseConfiguration({ ...env, ...without }, definitions, { fetch, now: Date.now, store });
  assert(parseElsewhere(createEnv()).ok);
  const result = parseElsewhere(withMembers({ targets: [reader("READER_KEY")] }));
  assert(!result.ok);
  assertEquals(result.mistakes.map(({ path }) => path), ["ACCOUNT", "ROTATION"]);
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

Deno.test("warnings come with mistakes as well", () => {
  const result = parse(createEnv({
    CREDENTIALS: [createTable("a", { scope: ["raed"] }), createTable("b", { grace: 7 })],
  }));
  assert(!result.ok);
  assertEquals(result.warnings.map(({ path }) => path), ["CREDENTIALS[0] (a).scope[0]"]);
});
