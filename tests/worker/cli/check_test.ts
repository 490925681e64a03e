import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import * as fc from "fast-check";
import type { CheckReport } from "../../../worker/cli/check.ts";
import type { World } from "../../../worker/cli/world.ts";
import { herotate, withFolder } from "./command_line.ts";

const root = new URL("../../../", import.meta.url).pathname;
const right = await Deno.readTextFile(`${root}wrangler.toml`);
const HEADING = "[[vars.CREDENTIALS]]";
const token = `HRKU-AA${"x".repeat(58)}`;
const sealingKey = btoa("0123456789abcdef0123456789abcdef");

/** Checks a file with this text. */
async function checkText(
  toml: string,
  { args = [], devVars = "", env = {} }: {
    readonly args?: readonly string[];
    readonly devVars?: string;
    readonly env?: World["env"];
  } = {},
): Promise<{ readonly code: number; readonly report: CheckReport; readonly said: string }> {
  let found: { code: number; report: CheckReport; said: string } | undefined;
  await withFolder({ "wrangler.toml": toml, ".dev.vars": devVars }, async (cwd) => {
    const { code, stdout, stderr } = await herotate(["check", "--json", ...args], { cwd, env });
    assertEquals(stderr, "");
    found = { code, report: JSON.parse(stdout), said: stdout };
  });
  assert(found);
  return found;
}

Deno.test("check finds Herotate's own wrangler.toml right", async () => {
  const { code, stdout, stderr } = await herotate(["check"], { cwd: root });
  assertEquals([code, stderr], [0, ""]);
  assertStringIncludes(stdout, "wrangler.toml is right: 1 credential\n");
  assertStringIncludes(stdout, "  CI_READER_KEY: not set here\n");
});

const rows: readonly (readonly [what: string, change: (toml: string) => string, path: string])[] = [
  [
    "a wrong duration",
    (t) => t.replace('"30d"', '"30 days"'),
    "CREDENTIALS[0] (ci-deploy).expires_in",
  ],
  ["no main", (t) => t.replace(/^main = .*/m, ""), "main"],
  [
    "no compatibility date",
    (t) => t.replace(/^compatibility_date = .*/m, ""),
    "compatibility_date",
  ],
  ["no cron", (t) => t.replace(/^crons = .*/m, ""), "triggers.crons"],
  [
    "another binding",
    (t) => t.replace('name = "ACCOUNT"', 'name = "ACC"'),
    "durable_objects.bindings.name",
  ],
  [
    "another class",
    (t) => t.replace('class_name = "Account"', 'class_name = "Acc"'),
    "durable_objects.bindings (ACCOUNT).class_name",
  ],
  ["no Workflow", (t) => t.replace(/\[\[workflows\]\]\n(.+\n)+/, ""), "workflows"],
  [
    "another Workflow",
    (t) => t.replace('binding = "ROTATION"', 'binding = "ROTATE"'),
    "workflows.binding",
  ],
  ["no migration", (t) => t.replace(/\[\[migrations\]\]\n(.+\n)+/, ""), "migrations"],
  ["another storage", (t) => t.replace("new_sqlite_classes", "new_classes"), "migrations"],
  [
    "a deleted class",
    (t) =>
      t.replace(
        "[[workflows]]",
        '[[migrations]]\ntag = "v2"\ndeleted_classes = ["Account"]\n\n[[workflows]]',
      ),
    "migrations",
  ],
  [
    "a secret as a variable",
    (t) => t.replace(HEADING, `[vars]\nPAGE_KEY = "x"\n${HEADING}`),
    "PAGE_KEY",
  ],
  [
    "a large variable",
    (t) => t.replace(HEADING, `[vars]\nNOTE = "${"x".repeat(5121)}"\n${HEADING}`),
    "NOTE",
  ],
  [
    "too many variables",
    (t) =>
      t.replace(
        HEADING,
        `[vars]\n${Array.from({ length: 125 }, (_, at) => `V${at} = "x"`).join("\n")}\n${HEADING}`,
      ),
    "vars",
  ],
  ["no credentials", (t) => t.split(HEADING)[0], "CREDENTIALS"],
];

for (const [what, change, path] of rows) {
  Deno.test(`check finds ${what}, and ends with 1`, async () => {
    assert(change(right) !== right);
    const { code, report } = await checkText(change(right));
    assertEquals([code, report.ok], [1, false]);
    assertEquals(report.mistakes.map((mistake) => mistake.path), [path]);
  });
}

Deno.test("check --code takes a file without credentials, as they are in the code", async () => {
  const { code } = await checkText(right.split(HEADING)[0], { args: ["--code"] });
  assertEquals(code, 0);
});

Deno.test("check warns of a cron that is silent for longer than an hour, and of 65 variables", async () => {
  const rare = await checkText(right.replace("*/15 * * * *", "0 */6 * * *"));
  assertEquals([rare.code, rare.report.warnings.map(({ path }) => path)], [0, ["triggers.crons"]]);
  const many = Array.from({ length: 60 }, (_, at) => `V${at} = "x"`).join("\n");
  const { code, report } = await checkText(right.replace(HEADING, `[vars]\n${many}\n${HEADING}`));
  assertEquals([code, report.warnings.map(({ path }) => path)], [0, ["vars"]]);
});

Deno.test("check --env demands what an environment does not inherit, and no more", async () => {
  const { code, report } = await checkText(`${right}\n[env.staging]\nname = "herotate-staging"\n`, {
    args: ["--env", "staging"],
  });
  assertEquals([code, report.environment], [1, "staging"]);
  assertEquals(report.mistakes.map(({ path }) => path), [
    "CREDENTIALS",
    "env.staging.durable_objects.bindings",
    "env.staging.workflows",
  ]);
});

Deno.test("check finds an unknown environment, no file, and no TOML, and ends with 2", async () => {
  await withFolder({ "wrangler.toml": right, "broken.toml": `a = "${token}\n` }, async (cwd) => {
    for (
      const [args, says] of [
        [["--env", "prod"], "it has no environment at all"],
        [["missing.toml"], "Cannot find 'missing.toml'"],
        [["broken.toml"], "as TOML at line 1"],
      ] as const
    ) {
      const { code, stdout, stderr } = await herotate(["check", ...args], { cwd });
      assertEquals([code, stdout], [2, ""]);
      assertStringIncludes(stderr.replaceAll(/\s+/g, " "), says);
      assert(!stderr.includes(token));
    }
  });
});

Deno.test("check says of each secret that is set here whether it fits, and repeats none", async () => {
  const { code, report, said } = await checkText(right, {
    devVars: `SEALING_KEY=${sealingKey}\nPAGE_KEY="short"\n`,
    env: { HEROKU_API_TOKEN: token },
  });
  assertEquals(code, 1);
  assertEquals(report.secrets.map(({ name, state }) => [name, state]), [
    ["HEROKU_API_TOKEN", "fits"],
    ["SEALING_KEY", "fits"],
    ["PAGE_KEY", "wrong"],
    ["CI_READER_KEY", "unknown"],
  ]);
  assertEquals(report.mistakes.map(({ path }) => path), ["PAGE_KEY"]);
  for (const secret of [token, sealingKey, "short"]) assert(!said.includes(secret));
});

Deno.test("check finds one value for two secrets", async () => {
  const key = "0123456789abcdef";
  const { report } = await checkText(right, { devVars: `PAGE_KEY=${key}\nCI_READER_KEY=${key}\n` });
  assertEquals(report.mistakes.map(({ path }) => path), ["CI_READER_KEY"]);
});

Deno.test("check says which needed secret [secrets] leaves out", async () => {
  const { code, report } = await checkText(
    `${right}\n[secrets]\nrequired = ["HEROKU_API_TOKEN", "SEALING_KEY", "PAGE_KEY"]\n`,
  );
  assertEquals(code, 0);
  assertEquals(report.warnings.map(({ path }) => path), ["secrets.required"]);
  assertStringIncludes(report.warnings[0].message, "CI_READER_KEY");
});

Deno.test("check ends with 0, 1 or 2 and prints no token, whatever the file says", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.nat(right.length),
      fc.nat(40),
      fc.oneof(fc.string({ unit: "grapheme" }), fc.constantFrom(token, `"${token}"`, "[", '"""')),
      async (at, cut, put) => {
        const toml = right.slice(0, at) + put + right.slice(at + cut);
        await withFolder({ "wrangler.toml": toml }, async (cwd) => {
          const { code, stdout, stderr } = await herotate(["check"], { cwd });
          assert([0, 1, 2].includes(code));
          assert(!(stdout + stderr).includes(token));
          assert(!/Cannot go on/.test(stderr), stderr);
          // deno-lint-ignore no-control-regex
          assert(!/[\x00-\x09\x0b-\x1f\x7f-\x9f]/.test(stdout + stderr));
        });
      },
    ),
    { numRuns: 300 },
  );
});

Deno.test("check finds a channel of e-mail whose binding the file lacks, and advises a link to the page", async () => {
  const alerts =
    `[[vars.ALERTS]]\ntype = "email"\nbinding = "EMAIL"\nfrom = "h@example.com"\nto = "o@example.com"\n`;
  const without = await checkText(`${right}\n${alerts}`);
  assertEquals(without.report.mistakes.map(({ path }) => path), ["ALERTS[0].binding"]);
  assertEquals(without.report.warnings.map(({ path }) => path), ["ALERTS"]);
  const withBinding = await checkText(`${right}\n${alerts}\n[[send_email]]\nname = "EMAIL"\n`);
  assertEquals(withBinding.report.mistakes, []);
  const linked = await checkText(
    right.replace(HEADING, `[vars]\nPAGE_URL = "https://example.com"\n${HEADING}`) + `\n${alerts}`,
  );
  assertEquals(linked.report.warnings, []);
});
