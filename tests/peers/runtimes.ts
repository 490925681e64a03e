/**
 * Every entry that is meant for servers, on each runtime that it is meant for: the versions of Node that
 * are still in use, and Bun. `deno task peers` runs it. They come from npm; without npm they are not
 * there to be tried.
 *
 * @module
 */
import { assertEquals, assertStringIncludes } from "@std/assert";
import { startGitHub } from "../targets/services/github.ts";
import type { RuntimeInput, RuntimeOutput } from "./runtime_main.ts";
import { serveHeroku } from "./served.ts";

const RUNTIMES = ["node@20", "node@22", "node@24", "bun@1"];

const REPOSITORY = "acme/web";
const TOKEN = `HRKU-${crypto.randomUUID()}`;

async function run(
  command: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command(command, {
    args: [...args],
    env: { ...env },
    cwd: await Deno.makeTempDir(),
  }).output();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
  return new TextDecoder().decode(stdout);
}

const hasNpm = await run("npx", ["--version"]).then(() => true, () => false);

const root = new URL("../../", import.meta.url).pathname;

/** All that a module imports, in one file. */
async function bundle(path: string): Promise<string> {
  const output = `${await Deno.makeTempDir()}/main.mjs`;
  await run(Deno.execPath(), [
    "bundle",
    "--quiet",
    `--config=${root}deno.json`,
    `--output=${output}`,
    `${root}${path}`,
  ]);
  return output;
}

Deno.test({
  name: `the entries for servers run on ${RUNTIMES.join(", ")}`,
  ignore: !hasNpm,
  async fn() {
    const main = await bundle("tests/peers/runtime_main.ts");
    await Promise.all(RUNTIMES.map(async (runtime) => {
      await using served = serveHeroku();
      const github = await startGitHub();
      try {
        github.owners.add(REPOSITORY);
        github.app.permissions.set("secrets", "write");
        const { id, installation, privateKey } = github.app;
        const input: RuntimeInput = {
          heroku: { url: served.url, token: served.heroku.token },
          github: { url: github.url, id, installation, privateKey },
          repository: REPOSITORY,
          token: TOKEN,
        };
        const printed = await run("npx", ["-y", runtime, main, JSON.stringify(input)]);
        const output: RuntimeOutput = JSON.parse(printed);
        assertEquals(output, {
          listed: [["ci"], []],
          proofs: ["timestamp", "receipt"],
          ran: "Hello, world",
          faked: 1,
        }, `What ${runtime} prints`);
        const held = github.secrets.get(`/repos/${REPOSITORY}/actions/secrets/HEROKU_API_KEY`);
        assertEquals(held?.value, TOKEN, `What GitHub holds after ${runtime}`);
      } finally {
        await github.close();
      }
    }));
  },
});

Deno.test({
  name: `the command line runs on ${RUNTIMES.join(", ")}`,
  ignore: !hasNpm,
  async fn() {
    const main = await bundle("worker/cli/main.ts");
    await Promise.all(RUNTIMES.map(async (runtime) => {
      await using served = serveHeroku();
      const { heroku, url } = served;
      const { id } = heroku.issue({ description: "laptop", scope: ["read"] });
      const herotate = (...args: string[]) =>
        run("npx", ["-y", runtime, main, ...args], {
          HEROKU_API_TOKEN: heroku.token,
          HEROKU_URL: url,
        });
      assertStringIncludes(
        await herotate("check", `${root}wrangler.toml`),
        "is right: 1 credential",
      );
      assertStringIncludes(await herotate("inventory", "--json"), id, `What ${runtime} lists`);
      assertStringIncludes(await herotate("help", "plan"), "Usage: herotate plan");
    }));
  },
});
