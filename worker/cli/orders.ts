/**
 * `rotate`, `pause`, `resume`, `sweep`: orders to a deployed Worker.
 *
 * @module
 */
import type { Command } from "commander";
import type { OrderKind } from "../account/orders.ts";
import { findAddress, sendOrder } from "./remote.ts";
import { toPrintable, wrap } from "./text.ts";
import type { ExitCode, Verb, World } from "./world.ts";

/** What the verbs are told. */
export interface OrderOptions {
  /** The address of the Worker's page. */
  readonly url?: string | undefined;
  /** Why it is ordered: it is kept with the event. */
  readonly reason?: string | undefined;
}

/** What each verb does, in the words of the help. */
const SUMMARIES: Readonly<Record<OrderKind, string>> = {
  rotate: "have a credential's token replaced now",
  pause: "have nothing done for a credential until it is resumed",
  resume: "go on with a credential that an order paused",
  sweep: "have an account sweep now",
};

/** The verbs. */
export const orders: Verb = (program: Command, world, end) => {
  for (const kind of ["rotate", "pause", "resume", "sweep"] as const) {
    program.command(kind)
      .summary(SUMMARIES[kind])
      .description(`Orders a deployed Worker to ${SUMMARIES[kind]}. Needs OPERATOR_KEY.`)
      .argument(kind === "sweep" ? "<account>" : "<credential>")
      .option("--url <address>", "the Worker's address; default: HEROTATE_URL")
      .option("--reason <words>", "why: it is kept with the event")
      .addHelpText("after", "\nExit codes: 0 it was taken, 2 it was not.")
      .action(async (name: string, options: OrderOptions) => {
        end(await give(kind, name, options, world));
      });
  }
};

async function give(
  kind: OrderKind,
  name: string,
  { url, reason }: OrderOptions,
  world: World,
): Promise<ExitCode> {
  const message = await sendOrder(findAddress(url, world), { kind, name, reason }, world);
  world.stdout.write(`${wrap(toPrintable(`${name}: ${message}`), world.columns)}\n`);
  return 0;
}
