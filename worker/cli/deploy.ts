/**
 * `deploy`: checks the configuration, deploys with wrangler, and waits for the first sweep.
 *
 * @module
 */
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import type { Command } from "commander";
import { isTable } from "../config/mistakes.ts";
import { inspect, render } from "./check.ts";
import { Failure } from "./failure.ts";
import { WRANGLER } from "./wrangler_version.ts";
import type { ExitCode, Verb, World } from "./world.ts";

/** How often a new Worker is asked whether it has swept, and for how long, in milliseconds. */
const EVERY = 10_000;
const LONGEST = 20 * 60_000;

/** The verb. */
export const deploy: Verb = (program: Command, world, end) => {
  program.command("deploy")
    .summary("check, deploy with wrangler, and wait for the first sweep")
    .description(
      "Checks wrangler.toml, runs `wrangler deploy` with all arguments passed on, and waits until the new Worker has swept. With mistakes nothing is deployed.",
    )
    .argument("[arguments...]", "arguments for wrangler, such as --dry-run or --env staging")
    .allowUnknownOption()
    .helpOption(false)
    .addHelpText("after", "\nExit codes: 0 deployed and swept, 1 has mistakes, 2 it failed.")
    .action(async (given: string[]) => {
      end(await deployWorker(given, world));
    });
};

/** Deploys. */
export async function deployWorker(given: readonly string[], world: World): Promise<ExitCode> {
  const { values } = parseArgs({
    args: [...given],
    options: {
      config: { type: "string", short: "c" },
      env: { type: "string", short: "e" },
      "dry-run": { type: "boolean" },
      help: { type: "boolean", short: "h" },
    },
    strict: false,
    allowPositionals: true,
  });
  const text = (value: unknown) => typeof value === "string" ? value : undefined;
  if (values.help !== true) {
    const path = text(values.config) ?? "wrangler.toml";
    const report = await inspect(path, { env: text(values.env), code: true }, world);
    if (!report.ok) {
      world.stdout.write(render(report, world));
      world.stderr.write("Nothing was deployed.\n");
      return 1;
    }
  }
  const addresses = await runWrangler(given, world);
  if (values["dry-run"] === true || values.help === true) return 0;
  const [address] = addresses;
  if (address === undefined) {
    world.stdout.write(
      "Deployed. wrangler names no address of the Worker: see its routes for the page.\n",
    );
    return 0;
  }
  world.stderr.write("Waiting for the first sweep, which the cron begins within 15 minutes ...\n");
  const swept = await waitForSweep(new URL(address), world);
  world.stdout.write(`${address}\n`);
  if (swept) return 0;
  throw new Failure(
    `Cannot see a sweep at ${address} yet: see what its page says, and \`wrangler tail\``,
  );
}

/** Runs `wrangler deploy`, and gives the addresses that it deployed to. */
async function runWrangler(given: readonly string[], world: World): Promise<readonly string[]> {
  const folder = await mkdtemp(join(tmpdir(), "herotate-deploy-"));
  const output = join(folder, "output.ndjson");
  try {
    const [command, ...first] = "Deno" in globalThis
      ? [Deno.execPath(), "run", "-A", `npm:${WRANGLER}`]
      : ["npx", "--yes", WRANGLER];
    const code = await world.spawn(command, [...first, "deploy", ...given], {
      cwd: world.cwd,
      env: { ...world.env, WRANGLER_OUTPUT_FILE_PATH: output },
    });
    if (code !== 0) {
      throw new Failure(`Cannot deploy because wrangler ended with ${code}: it says why above`);
    }
    return findAddresses(await readFile(output, "utf8").catch(() => ""));
  } finally {
    await rm(folder, { recursive: true });
  }
}

/**
 * Finds the addresses in what wrangler wrote, a line of JSON for each event.
 *
 * @see https://developers.cloudflare.com/workers/wrangler/system-environment-variables/
 */
export function findAddresses(output: string): readonly string[] {
  return output.split("\n").flatMap((line) => {
    try {
      const event: unknown = JSON.parse(line);
      if (!isTable(event) || event.type !== "deploy" || !Array.isArray(event.targets)) return [];
      return event.targets.flatMap((target) => typeof target === "string" ? toAddress(target) : []);
    } catch {
      return [];
    }
  });
}

/** A target that is no address is a cron, or a route with wildcards. */
function toAddress(target: string): string[] {
  const text = target.startsWith("https://") ? target : `https://${target.split(" ")[0]}`;
  return /^https:\/\/[\w.-]+\.[a-z]+\/?$/i.test(text) ? [text] : [];
}

/** Asks until the Worker has swept; false when it takes too long or a person wants an end. */
async function waitForSweep(address: URL, world: World): Promise<boolean> {
  const until = world.now() + LONGEST;
  while (world.now() < until) {
    if (await hasSwept(address, world)) return true;
    try {
      await world.sleep(EVERY, world.signal);
    } catch {
      return false;
    }
    if (world.signal?.aborted) return false;
  }
  return false;
}

async function hasSwept(address: URL, { fetch }: World): Promise<boolean> {
  try {
    const answer = await fetch(new URL("/healthz", address), {
      signal: AbortSignal.timeout(EVERY),
    });
    const health: unknown = await answer.json();
    if (!isTable(health) || (health.status !== "ok" && health.status !== "failing")) return false;
    const reasons = Array.isArray(health.reasons) ? health.reasons : [];
    return !reasons.some((reason) => isTable(reason) && reason.kind === "no_sweep");
  } catch {
    // A new address needs a while until it can be reached everywhere.
    return false;
  }
}
