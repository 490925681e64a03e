import { assertEquals, assertStringIncludes } from "@std/assert";
import { parse } from "smol-toml";
import { createFakeHeroku, type FakeHeroku } from "../../../lib/testing/mod.ts";
import type { InventoryItem } from "../../../worker/cli/inventory.ts";
import { herotate, type Outcome, withFolder } from "./command_line.ts";

const day = 86_400_000;
const toml = `
[vars]
[[vars.CREDENTIALS]]
name = "ci"
[[vars.CREDENTIALS.targets]]
type = "heroku-config-var"
app = "acme-web"
name = "HEROKU_API_KEY"
`;

function createHeroku(): FakeHeroku {
  const heroku = createFakeHeroku({ defaultKey: true });
  const issue = (description: string, age: number, expires_in: number | null, scope: string[]) =>
    heroku.issue({ description, scope, expires_in, created_at: heroku.now() - age * day });
  issue("ci [g3 abcdefghijk1]", 5, 30 * 86_400, ["write-protected"]);
  issue("backup", 10, 60 * 86_400, ["read", "write"]);
  issue("laptop", 400, null, ["global"]);
  issue("twice", 1, 30 * 86_400, ["read"]);
  issue("twice", 1, 30 * 86_400, ["read"]);
  issue('=cmd("x"),\u202e', 1, 30 * 86_400, ["read"]);
  return heroku;
}

async function take(heroku: FakeHeroku, args: string[], file = toml): Promise<Outcome> {
  let outcome: Outcome | undefined;
  await withFolder(file === "" ? {} : { "wrangler.toml": file }, async (cwd) => {
    outcome = await herotate(["inventory", ...args], {
      cwd,
      env: { HEROKU_API_TOKEN: heroku.token },
      fetch: heroku.fetch,
      now: heroku.now,
    });
  });
  if (outcome === undefined) throw new Error("Nothing was run");
  assertEquals({ code: outcome.code, stderr: outcome.stderr }, { code: 0, stderr: "" });
  assertEquals(outcome.stdout.includes(heroku.token), false);
  return outcome;
}

Deno.test("herotate inventory says of each authorization who claims it, and what is doubtful", async () => {
  const heroku = createHeroku();
  const before = heroku.live();
  const { stdout } = await take(heroku, ["--json"]);
  const items: InventoryItem[] = JSON.parse(stdout).authorizations;
  const facts = items.map(({ description, credential, use, marks }) => [
    description,
    credential ?? use,
    marks.join(", "),
  ]);
  assertEquals(
    facts.toSorted(),
    [
      ['=cmd("x"),\u202e', null, "not managed"],
      ["backup", null, "not managed"],
      ["ci [g3 abcdefghijk1]", "ci", ""],
      ["laptop", null, "never ends, old, broad, not managed"],
      ["twice", null, "not managed"],
      ["twice", null, "not managed"],
      ["Heroku API key", "Herotate's own", "never ends, broad"],
    ].toSorted(),
  );
  assertEquals(items.length, before.length);
  assertEquals(heroku.live(), before);
});

Deno.test("herotate inventory shows it to people, and needs no wrangler.toml", async () => {
  const heroku = createHeroku();
  const { stdout } = await take(heroku, [], "");
  assertStringIncludes(stdout, "\nlaptop\n");
  assertStringIncludes(stdout, "  never ends, old, broad, not managed\n");
  assertEquals(stdout.includes("\u202e"), false);
  assertEquals(stdout.split("\n").filter((line) => line.length > 80), []);
});

Deno.test("herotate inventory writes CSV that no spreadsheet runs", async () => {
  const { stdout } = await take(createHeroku(), ["--csv"]);
  const rows = stdout.split("\r\n");
  assertEquals(rows[0], "account,id,description,scope,created_at,expires_at,credential,use,marks");
  assertStringIncludes(stdout, `,"'=cmd(""x""),\u202e",read,`);
});

Deno.test("herotate inventory --adopt prints tables that check takes", async () => {
  const { stdout } = await take(createHeroku(), ["--adopt"]);
  const { vars } = parse(`[vars]\n${stdout}`) as { vars: { CREDENTIALS: object[] } };
  const targets = [{ type: "heroku-config-var", app: "your-app", name: "HEROKU_API_KEY" }];
  assertEquals(vars.CREDENTIALS, [
    { name: "backup", scope: ["read", "write"], expires_in: "60d", observe: true, targets },
    { name: "laptop", scope: ["global"], observe: true, targets },
  ]);
  assertStringIncludes(stdout, "'twice' is left out: several have its description");
  let at = 0;
  const filledIn = stdout.replaceAll("your-app", () => `app-${++at}`);
  await withFolder({ "wrangler.toml": `[vars]\n${filledIn}` }, async (cwd) => {
    const { stdout: said } = await herotate(["check", "--json"], { cwd });
    const { mistakes } = JSON.parse(said) as { mistakes: { path: string }[] };
    assertEquals(mistakes.filter(({ path }) => path.startsWith("CREDENTIALS")), []);
  });
});
