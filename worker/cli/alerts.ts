/**
 * `alerts`: whether the channels of alerts take them.
 *
 * @module
 */
import type { Command } from "commander";
import { Failure } from "./failure.ts";
import { findAddress, testAlerts } from "./remote.ts";
import { toPrintable, wrap } from "./text.ts";
import type { ExitCode, Verb, World } from "./world.ts";

/** What the verb is told. */
export interface AlertsOptions {
  /** The address of the Worker's page. */
  readonly url?: string | undefined;
  /** Whether to print JSON. */
  readonly json?: boolean | undefined;
}

/** The verb. */
export const alerts: Verb = (program: Command, world, end) => {
  program.command("alerts")
    .summary("send a test to each channel of alerts")
    .description(
      "'test' has a deployed Worker send a test alert to each of its channels, and says which took it. Needs PAGE_KEY.",
    )
    .argument("<test>")
    .option("--url <address>", "the Worker's address; default: HEROTATE_URL")
    .option("--json", "print JSON")
    .addHelpText("after", "\nExit codes: 0 all took it, 1 one did not, 2 it could not be done.")
    .action(async (test: string, options: AlertsOptions) => {
      if (test !== "test") {
        throw new Failure("Cannot understand the argument of alerts: give 'test'");
      }
      end(await printTests(options, world));
    });
};

/** Sends the tests, and prints what became of them. */
export async function printTests(options: AlertsOptions, world: World): Promise<ExitCode> {
  const address = findAddress(options.url, world);
  const channels = await testAlerts(address, world);
  const isWell = channels.every(({ error }) => error === null);
  if (options.json) {
    world.stdout.write(`${JSON.stringify({ channels }, null, 2)}\n`);
  } else if (channels.length === 0) {
    world.stdout.write(
      `${
        wrap(
          `${address.host} has no channel whose configuration is right: write [[vars.ALERTS]] into wrangler.toml, and deploy`,
          world.columns,
        )
      }\n`,
    );
  } else {
    for (const { name, error } of channels) {
      const outcome = error === null ? "took the test" : `did not take it. ${error}`;
      world.stdout.write(`${wrap(toPrintable(`${name}: ${outcome}`), world.columns)}\n`);
    }
  }
  return isWell && channels.length > 0 ? 0 : 1;
}
