import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { createFakeHeroku } from "../../../lib/testing/mod.ts";
import { herotate, withFolder } from "./command_line.ts";

const toml = `
[vars]
[[vars.CREDENTIALS]]
name = "ci"
[[vars.CREDENTIALS.targets]]
type = "heroku-config-var"
app = "acme-web"
name = "HEROKU_API_KEY"
[[vars.CREDENTIALS]]
name = "backup"
[[vars.CREDENTIALS.targets]]
type = "heroku-config-var"
app = "acme-backup"
name = "HEROKU_API_KEY"
`;

function createHeroku() {
  const heroku = createFakeHeroku();
  const day = 86_400_000;
  const issue = (description: string, age: number, expires_in: number | null) =>
    heroku.issue({
      description,
      scope: ["write-protected"],
      created_at: heroku.now() - age * day,
      expires_in,
    });
  return { heroku, ci: issue("ci", 25, 30 * 86_400), laptop: issue("laptop", 400, null) };
}

Deno.test("herotate plan says what would be done, when and why, and does nothing", async () => {
  const { heroku, ci, laptop } = createHeroku();
  await withFolder({ "wrangler.toml": toml }, async (cwd) => {
    const before = heroku.live();
    const { code, stdout, stderr } = await herotate(["plan"], {
      cwd,
      env: { HEROKU_API_TOKEN: heroku.token },
      fetch: heroku.fetch,
      now: heroku.now,
    });
    assertEquals(stderr, "");
    assertEquals(heroku.live(), before);
    assertEquals(heroku.deletions, []);
    assertMatch(stdout, /^Account 'heroku': \S+@\S+\nNothing was changed\./);
    assertStringIncludes(stdout, "\nci: would be rotated now\n");
    assertStringIncludes(stdout, `  Begins with: ${ci.id}\n`);
    assertStringIncludes(stdout, "Delivers to: heroku-config-var:acme-web/HEROKU_API_KEY\n");
    assertStringIncludes(stdout, ci.id);
    assertStringIncludes(stdout, "\nbackup: needs you\n");
    assertStringIncludes(stdout, "set 'scope'");
    assertStringIncludes(stdout, `\n  ${laptop.id} 'laptop', never expires:`);
    assertEquals(stdout.includes(heroku.token), false);
    assertEquals(stdout.split("\n").filter((line) => line.length > 80), []);
    assertEquals(code, 1);
  });
});

Deno.test("herotate plan prints the same as JSON", async () => {
  const { heroku, ci, laptop } = createHeroku();
  await withFolder({
    "wrangler.toml": toml.replace("[vars]", "[vars]\nOBSERVE = true"),
    ".dev.vars": `HEROKU_API_TOKEN = "${heroku.token}"\n`,
  }, async (cwd) => {
    const world = { cwd, fetch: heroku.fetch, now: heroku.now };
    const { stdout } = await herotate(["plan", "--json"], world);
    const { accounts: [{ name, credentials, unmanaged, problems }] } = JSON.parse(stdout);
    assertEquals({ name, problems }, { name: "heroku", problems: [] });
    const [{ action, observed, adopts, deletes, until }] = credentials;
    assertEquals({ action, observed, adopts, deletes, until }, {
      action: "rotate",
      observed: true,
      adopts: [ci.id],
      deletes: [ci.id],
      until: null,
    });
    assertEquals(unmanaged.map(({ id }: { id: string }) => id), [laptop.id]);
  });
});

Deno.test("herotate plan says what it lacks, and what Heroku refuses", async () => {
  const { heroku } = createHeroku();
  await withFolder(
    { "wrangler.toml": toml, "wrong.toml": toml.replace('"ci"', "7") },
    async (cwd) => {
      const world = { cwd, fetch: heroku.fetch, now: heroku.now };
      const lacking = await herotate(["plan"], world);
      assertEquals(lacking.code, 2);
      assertStringIncludes(
        lacking.stderr.replaceAll("\n", " "),
        "put it into the environment or .dev.vars as HEROKU_API_TOKEN",
      );
      const wrong = await herotate(["plan", "wrong.toml"], world);
      assertEquals(wrong.code, 2);
      assertStringIncludes(wrong.stderr, "CREDENTIALS[0]");
      const env = { HEROKU_API_TOKEN: "HRKU-AAwrongwrongwrongwrong" };
      const refused = await herotate(["plan"], { ...world, env });
      assertEquals(refused.code, 2);
      assertStringIncludes(refused.stderr, "HEROKU_API_TOKEN");
      assertEquals(refused.stderr.includes("wrongwrong"), false);
    },
  );
});
