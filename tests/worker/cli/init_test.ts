import { assertEquals, assertStringIncludes } from "@std/assert";
import { parse } from "smol-toml";
import configuration from "../../../deno.json" with { type: "json" };
import { COMPATIBILITY_DATE, createFiles, VERSION } from "../../../worker/cli/templates.ts";
import { WRANGLER } from "../../../worker/cli/wrangler_version.ts";
import { herotate, withFolder } from "./command_line.ts";

const ours = await Deno.readTextFile(new URL("../../../wrangler.toml", import.meta.url));

async function list(folder: string): Promise<string[]> {
  const entries = await Array.fromAsync(Deno.readDir(folder), ({ name }) => name);
  return entries.toSorted();
}

Deno.test("herotate init writes a folder, and says what is next", async () => {
  await withFolder({}, async (cwd) => {
    const { code, stdout, stderr } = await herotate(["init", "deploy", "--name", "acme"], { cwd });
    assertEquals({ code, stderr }, { code: 0, stderr: "" });
    assertStringIncludes(stdout, "  cd deploy\n");
    assertEquals(await list(`${cwd}/deploy`), [
      ".dev.vars.example",
      ".gitignore",
      "deno.json",
      "worker.ts",
      "wrangler.toml",
    ]);
    const { name, vars } = parse(await Deno.readTextFile(`${cwd}/deploy/wrangler.toml`));
    assertEquals({ name, vars }, { name: "acme", vars: { OBSERVE: true } });
  });
});

Deno.test("herotate init --npm writes a folder that needs no Deno", async () => {
  await withFolder({}, async (cwd) => {
    const { code } = await herotate(["init", "--npm"], { cwd });
    assertEquals(code, 0);
    assertEquals(await list(cwd), [
      ".dev.vars.example",
      ".gitignore",
      ".npmrc",
      "package.json",
      "tsconfig.json",
      "worker.ts",
      "wrangler.toml",
    ]);
    const { main, build } = parse(await Deno.readTextFile(`${cwd}/wrangler.toml`));
    assertEquals({ main, build }, { main: "worker.ts", build: undefined });
  });
});

Deno.test("herotate init overwrites nothing, and writes all or nothing", async () => {
  await withFolder({ "worker.ts": "mine", ".gitignore": "mine, too" }, async (cwd) => {
    const { code, stdout, stderr } = await herotate(["init"], { cwd });
    assertEquals({ code, stdout }, { code: 2, stdout: "" });
    assertStringIncludes(stderr, "because it has worker.ts, .gitignore");
    assertEquals(await list(cwd), [".gitignore", "worker.ts"]);
    assertEquals(await Deno.readTextFile(`${cwd}/worker.ts`), "mine");
  });
});

Deno.test("herotate init takes no name that Cloudflare would refuse", async () => {
  await withFolder({}, async (cwd) => {
    for (const name of ["", "Acme", "a_b", "a".repeat(55), '"', "-a"]) {
      const { code, stderr } = await herotate(["init", "--name", name], { cwd });
      assertEquals({ name, code }, { name, code: 2 });
      assertStringIncludes(stderr, "lower-case letters");
    }
    assertEquals(await list(cwd), []);
  });
});

Deno.test("what init writes has the bindings, versions and dates that the project itself has", () => {
  const { compatibility_date, durable_objects, migrations, triggers } = parse(ours);
  const theirs = parse(createFiles({ name: "herotate", npm: false })["wrangler.toml"]);
  assertEquals({
    compatibility_date: theirs.compatibility_date,
    durable_objects: theirs.durable_objects,
    migrations: theirs.migrations,
    triggers: theirs.triggers,
  }, { compatibility_date, durable_objects, migrations, triggers });
  assertEquals(COMPATIBILITY_DATE, String(compatibility_date));
  assertEquals(VERSION, configuration.version);
  assertEquals(`npm:${WRANGLER}`, configuration.imports.wrangler);
});
