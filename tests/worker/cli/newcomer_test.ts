/**
 * The way of a newcomer: an empty folder, `init`, `check`, `plan`, a Worker in workerd, `status`.
 */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { parse } from "smol-toml";
import { keys, startWorker, until } from "../harness.ts";
import { herotate } from "./command_line.ts";

const root = new URL("../../../", import.meta.url);
const folder = new URL("dist/newcomer/", root);

const credentials = `
[[vars.CREDENTIALS]]
name = "ci-deploy"
scope = ["write-protected"]
expires_in = "30d"

[[vars.CREDENTIALS.targets]]
type = "store"
reader_key_secret = "CI_READER_KEY"
`;

/** Has Deno find the package here, as it would find it in JSR. */
async function linkPackage(): Promise<void> {
  const path = new URL("deno.json", folder);
  const configuration = JSON.parse(await Deno.readTextFile(path));
  const links = ["", "tests/links/std_assert", "tests/links/std_datetime"].map((each) =>
    new URL(each, root).pathname
  );
  await Deno.writeTextFile(path, JSON.stringify({ ...configuration, links }));
}

Deno.test({
  name: "a newcomer gets from an empty folder to a first rotation",
  sanitizeOps: false,
  sanitizeResources: false,
  async fn() {
    await Deno.remove(folder, { recursive: true }).catch(() => {});
    await Deno.mkdir(folder, { recursive: true });
    const cwd = folder.pathname;

    assertEquals((await herotate(["init"], { cwd })).code, 0);
    await linkPackage();
    const path = new URL("wrangler.toml", folder);
    const written = await Deno.readTextFile(path);
    const empty = await herotate(["check"], { cwd });
    assertEquals(empty.code, 1);
    assertStringIncludes(empty.stdout, "CREDENTIALS");

    const toml = written.replace(/# \[\[vars\.CREDENTIALS\]\].*$/s, credentials)
      // The tests' wrangler does not run in the folder.
      .replace("[build]\n", `[build]\ncwd = ${JSON.stringify(cwd)}\n`);
    await Deno.writeTextFile(path, toml);
    const checked = await herotate(["check"], { cwd });
    assertEquals({ code: checked.code, said: checked.code === 0 ? "" : checked.stdout }, {
      code: 0,
      said: "",
    });

    const compiled = await new Deno.Command(Deno.execPath(), {
      args: ["check", "--quiet", "worker.ts"],
      cwd,
    }).output();
    assert(compiled.success, new TextDecoder().decode(compiled.stderr));

    const { vars: { CREDENTIALS } } = parse(toml) as { vars: { CREDENTIALS: unknown[] } };
    await using worker = await startWorker({
      configPath: path,
      credentials: () => CREDENTIALS,
      vars: { OBSERVE: true },
    });
    worker.heroku.issue({
      description: "ci-deploy",
      scope: ["write-protected"],
      created_at: worker.heroku.now() - 25 * 86_400_000,
      expires_in: 30 * 86_400,
    });
    const env = { HEROKU_API_TOKEN: worker.heroku.token, PAGE_KEY: keys.page };
    const world = { cwd, env, now: Date.now, fetch: worker.heroku.fetch };
    const planned = await herotate(["plan"], world);
    assertEquals({ code: planned.code, stderr: planned.stderr }, { code: 0, stderr: "" });
    assertStringIncludes(planned.stdout, "ci-deploy: would be rotated now (only observed)");

    await worker.cron();
    const askStatus = () =>
      herotate(["status", "--url", worker.url.href], { ...world, fetch: globalThis.fetch });
    const observed = await askStatus();
    assertStringIncludes(observed.stdout, "ci-deploy: Observed");
    assertEquals(worker.heroku.live().length, 1);

    await worker.reconfigure({ vars: { OBSERVE: false } });
    await worker.cron();
    await until("the first rotation is done", async () => {
      const { stdout } = await askStatus();
      return stdout.includes("generation 1") && stdout.includes("[x] store");
    });
    assertEquals(worker.heroku.live().length, 2);
  },
});
