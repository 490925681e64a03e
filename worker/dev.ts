/**
 * Runs the Worker on this machine: against the real Heroku when `HEROKU_API_TOKEN` is set, here or in
 * `.dev.vars`, else against the fake one.
 *
 * Keys that no one has set are made up for this run. It sweeps at the start and every minute.
 *
 * @module
 */
import { DAY, MINUTE, SECOND } from "@std/datetime/constants";
import { targets } from "../lib/targets/registry.ts";
import { createFakeHeroku } from "../lib/testing/mod.ts";
import { readDevVars } from "./cli/local_secrets.ts";
import { readWranglerFile } from "./cli/wrangler_file.ts";
import { parseShape } from "./config/shape.ts";

const WRANGLER = ["task", "--quiet", "wrangler"];

const root = new URL("../", import.meta.url);
const file = await readWranglerFile("wrangler.toml", root.pathname);
const given = { ...await readDevVars(file, root.pathname), ...Deno.env.toObject() };
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
const readerKeys = parseShape(file.vars, targets).drafts.flatMap(({ targets }) =>
  targets.filter(({ type }) => type === "store").flatMap(({ secrets }) => secrets)
);
for (const name of ["PAGE_KEY", ...readerKeys.map(({ name }) => name)]) {
  if (given[name]) continue;
  vars.set(name, crypto.randomUUID());
  if (name !== "PAGE_KEY") console.log(`${name}: ${vars.get(name)}`);
}
if (!given.SEALING_KEY) {
  // The ledger outlives the run, so what opens it has to as well.
  vars.set("SEALING_KEY", btoa("herotate: for local runs only!!!"));
}

const worker = new Deno.Command(Deno.execPath(), {
  args: [
    ...WRANGLER,
    "dev",
    "--show-interactive-dev-session=false",
    ...Deno.args.filter((argument) => argument !== "--yes"),
    ...[...vars].flatMap(([name, value]) => ["--var", `${name}:${value}`]),
  ],
  cwd: root,
  env: { WRANGLER_SEND_METRICS: "false" },
  stdout: "piped",
}).spawn();

let isSwept = false;
for await (const text of worker.stdout.pipeThrough(new TextDecoderStream())) {
  // wrangler repeats each variable, and so the keys.
  const shown = [...vars.values()].reduce((rest, value) => rest.replaceAll(value, "…"), text);
  await Deno.stdout.write(new TextEncoder().encode(shown));
  const [, address] = /Ready on (https?:\/\/\S+)/.exec(text) ?? [];
  if (address === undefined || isSwept) continue;
  isSwept = true;
  await sweep(address);
  setInterval(() => void sweep(address), MINUTE);
  const page = new URL(address);
  page.username = "page";
  page.password = vars.get("PAGE_KEY") ?? "";
  console.log(
    `Page: ${vars.has("PAGE_KEY") ? page.href : `${address}, with your PAGE_KEY as the password`}`,
  );
}
Deno.exit((await worker.status).code);

/** Fires the cron. */
async function sweep(address: string): Promise<void> {
  try {
    const answer = await fetch(new URL("/cdn-cgi/handler/scheduled", address));
    await answer.body?.cancel();
  } catch {
    console.error("The cron could not be fired: the Worker does not answer");
  }
}
