/**
 * The packages as npm installs them, on the runtimes and with the bundlers that their users have.
 * `deno task peers` runs it: what they depend on comes from npm.
 *
 * @module
 */
import { assertEquals, assertStringIncludes } from "@std/assert";
import { dirname } from "node:path";
import { chromium } from "playwright-core";
import { serveHeroku } from "../peers/served.ts";
import { goTheWay } from "./newcomer.ts";
import { publishPackages } from "./publish.ts";

const RUNTIMES = ["node@20", "node@22", "node@24", "bun@1"];

const executablePath = Deno.env.get("CHROMIUM") ?? "/usr/bin/chromium";

const herotate = ["npm", "run", "--silent", "herotate", "--"];

const dist = new URL("../../dist/", import.meta.url);

async function run(
  [command, ...args]: readonly string[],
  cwd: string,
  env: Readonly<Record<string, string>> = {},
): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command(command, {
    args,
    cwd,
    env: { NO_COLOR: "1", ...env },
  }).output();
  const [out, err] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
  if (!success) throw new Error(`${[command, ...args].join(" ")}: ${out}${err}`);
  return out;
}

const hasNpm = await run(["npx", "--version"], ".").then(() => true, () => false);

/** A client's whole program: what it lists, and what it made and deleted. */
const program = `
import { createClient } from "@herotate/heroku";
const [baseUrl, token] = process.argv.slice(2);
const authorizations = createClient({ token, baseUrl });
const made = await authorizations.create({ scope: ["read"], description: "laptop" });
await authorizations.delete(made.id);
console.log((await authorizations.list()).map(({ description }) => description).join());
`;

/** What a browser can run of the package, by wrangler's own esbuild. */
const inBrowser = `
import { createClient } from "@herotate/herotate";
import Heroku from "@herotate/herotate/heroku-client";
import { createFakeHeroku } from "@herotate/herotate/testing";
import { targets } from "@herotate/herotate/targets";
import { verifyWebhook } from "@herotate/herotate/webhook";
globalThis.loaded = async () => {
  const heroku = createFakeHeroku({ faults: false });
  const { token, fetch } = heroku;
  await createClient({ token, fetch }).create({ scope: ["read"], description: "laptop" });
  return {
    listed: heroku.live().map(({ description }) => description),
    kinds: [createClient, Heroku, createFakeHeroku, targets, verifyWebhook].map((each) => typeof each),
  };
};
`;

/** Loads a script into a real browser, on a page from this machine, and gives what it says. */
async function load(path: string, address: string): Promise<unknown> {
  const browser = await chromium.launch({ executablePath, args: ["--no-sandbox"] });
  try {
    const page = await browser.newPage();
    await page.goto(address);
    await page.addScriptTag({ path });
    return await page.evaluate("loaded()");
  } finally {
    await browser.close();
  }
}

Deno.test({
  name: `the client installs nothing else, and runs on ${RUNTIMES.join(", ")}`,
  ignore: !hasNpm,
  async fn() {
    await using jsr = await publishPackages();
    const cwd = await Deno.makeTempDir();
    await Deno.writeTextFile(
      `${cwd}/package.json`,
      JSON.stringify({
        type: "module",
        dependencies: { "@herotate/heroku": "npm:@jsr/herotate__heroku@*" },
      }),
    );
    await run(["npm", "install", "--no-audit", "--no-fund"], cwd, {
      "npm_config_@jsr:registry": jsr.npm,
    });
    const { packages } = JSON.parse(await Deno.readTextFile(`${cwd}/package-lock.json`));
    assertEquals(Object.keys(packages), ["", "node_modules/@herotate/heroku"]);

    await Deno.writeTextFile(`${cwd}/main.mjs`, program);
    await Promise.all(RUNTIMES.map(async (runtime) => {
      await using served = serveHeroku();
      served.heroku.issue({ description: `for ${runtime}`, scope: ["read"] });
      const { url, heroku } = served;
      const said = await run(["npx", "-y", runtime, "main.mjs", url, heroku.token], cwd);
      assertStringIncludes(said, `for ${runtime}`);
      assertEquals(said.includes("laptop"), false);
    }));
  },
});

Deno.test({
  name: "a newcomer with npm gets from an empty folder to a first rotation",
  ignore: !hasNpm,
  sanitizeOps: false,
  sanitizeResources: false,
  async fn() {
    await using jsr = await publishPackages();
    const folder = new URL("newcomer-npm/", dist);
    const env = { "npm_config_@jsr:registry": jsr.npm };
    await goTheWay({
      folder,
      init: ["--npm"],
      herotate,
      prepare: [["npm", "install", "--no-audit", "--no-fund"], ["npm", "run", "check"]],
      env,
    });
    const cwd = folder.pathname;
    // wrangler needs a newer Node than the machine may have.
    const node = await run(["npx", "-y", "-p", "node@22", "-c", "command -v node"], cwd);
    const PATH = `${dirname(node.trim())}:${Deno.env.get("PATH")}`;
    const said = await run([...herotate, "deploy", "--dry-run"], cwd, { ...env, PATH });
    assertStringIncludes(said, "--dry-run: exiting now");

    await Deno.writeTextFile(`${cwd}/browser.js`, inBrowser);
    await run([
      "node_modules/.bin/esbuild",
      "browser.js",
      "--bundle",
      "--platform=browser",
      "--outfile=dist/browser.js",
    ], cwd);
    assertEquals(await load(`${cwd}/dist/browser.js`, jsr.url), {
      listed: ["laptop"],
      kinds: ["function", "function", "function", "object", "function"],
    });
  },
});
