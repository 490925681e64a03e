/**
 * Runs the Worker on this machine: against the real Heroku when `HEROKU_API_TOKEN` is set, here or in
 * `.dev.vars`, else against the fake one.
 *
 * Secrets that no one has set are made up for this run and printed. The cron fires at
 * `/cdn-cgi/handler/scheduled`.
 *
 * @module
 */
import { DAY, SECOND } from "@std/datetime/constants";
import { createFakeHeroku } from "../lib/testing/mod.ts";

const WRANGLER = ["task", "--quiet", "wrangler"];
const given = { ...await readSecrets(".dev.vars"), ...Deno.env.toObject() };
const vars = new Map<string, string>();

if (given.HEROKU_API_TOKEN) {
  console.log("Heroku: the real one, with HEROKU_API_TOKEN. What is due will be rotated");
  if (!Deno.args.includes("--yes") && !confirm("Go on?")) Deno.exit(1);
} else {
  const heroku = createFakeHeroku({ live: true });
  heroku.issue({
    description: "ci-deploy",
    scope: ["write-protected"],
    created_at: heroku.now() - 25 * DAY,
    expires_in: 30 * DAY / SECOND,
  });
  const { addr } = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen() {} }, heroku.handler);
  vars.set("HEROKU_API_TOKEN", heroku.token).set("HEROKU_URL", `http://127.0.0.1:${addr.port}`);
  console.log("Heroku: a fake one that misbehaves, as HEROKU_API_TOKEN is not set");
}
for (const name of ["PAGE_KEY", ...await findReaderKeys()]) {
  if (given[name]) continue;
  vars.set(name, crypto.randomUUID());
  console.log(`${name}: ${vars.get(name)}`);
}
if (!given.SEALING_KEY) {
  // The ledger outlives the run, so what opens it has to as well.
  vars.set("SEALING_KEY", btoa("herotate: for local runs only!!!"));
}

await run([
  ...WRANGLER,
  "dev",
  ...Deno.args.filter((argument) => argument !== "--yes"),
  ...[...vars].flatMap(([name, value]) => ["--var", `${name}:${value}`]),
]);

async function run(args: string[]): Promise<void> {
  const { code } = await new Deno.Command(Deno.execPath(), {
    args,
    env: { WRANGLER_SEND_METRICS: "false" },
    stdout: "inherit",
  }).spawn().status;
  if (code !== 0) Deno.exit(code);
}

/** The secrets that the configuration names for readers of the store. */
async function findReaderKeys(): Promise<string[]> {
  const toml = await Deno.readTextFile(new URL("../wrangler.toml", import.meta.url));
  return [...toml.matchAll(/^\s*reader_key_secret\s*=\s*"(\w+)"/gm)].map(([, name]) => name);
}

async function readSecrets(path: string): Promise<Record<string, string>> {
  try {
    const lines = (await Deno.readTextFile(path)).matchAll(/^\s*(\w+)\s*=\s*"?(.*?)"?\s*$/gm);
    return Object.fromEntries([...lines].map(([, name, value]) => [name, value]));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return {};
    throw error;
  }
}
