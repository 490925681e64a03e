/**
 * Runs a command: reads the arguments, hands them to a verb, and says what went wrong.
 *
 * @module
 */
import { Command, CommanderError } from "commander";
import { alerts } from "./alerts.ts";
import { check } from "./check.ts";
import { deploy } from "./deploy.ts";
import { init } from "./init.ts";
import { Failure } from "./failure.ts";
import { inventory } from "./inventory.ts";
import { orders } from "./orders.ts";
import { plan } from "./plan.ts";
import { retire } from "./retire.ts";
import { events } from "./events.ts";
import { status } from "./status.ts";
import { createPaint, toPrintable, wrap } from "./text.ts";
import { createConceal, holdsToken } from "./tokens_given.ts";
import type { ExitCode, Verb, World } from "./world.ts";

/** The verbs, in the order of the help. */
const VERBS: readonly Verb[] = [
  init,
  check,
  plan,
  inventory,
  retire,
  status,
  events,
  alerts,
  orders,
  deploy,
];

/**
 * Runs the command that the arguments name.
 *
 * @returns How it ended: see {@linkcode ExitCode}.
 */
export async function run(world: World): Promise<ExitCode> {
  const conceal = createConceal(world.env);
  const fail = (message: string) => {
    const paint = createPaint(world, world.stderr);
    const said = toPrintable(conceal(message, { keepUuids: true }));
    world.stderr.write(`${paint("bad", wrap(said, world.columns))}\n`);
  };
  if (world.argv.some((argument) => holdsToken(argument, world.env))) {
    fail(
      "Cannot take a token as an argument because it stays in the shell's history: revoke it if anyone else can read that, and put it into the environment",
    );
    return 2;
  }
  let code: ExitCode = 0;
  const program = createProgram(world, (ended) => {
    code = ended;
  });
  if (world.argv.length === 0) {
    program.outputHelp();
    return 2;
  }
  try {
    await program.parseAsync([...world.argv], { from: "user" });
    return code;
  } catch (error) {
    if (error instanceof Failure) {
      fail(error.message);
      return error.exitCode;
    }
    if (error instanceof CommanderError) return endOfUsage(error, fail);
    fail(`Cannot go on: ${error instanceof Error ? error.message : "something was thrown"}`);
    return 2;
  }
}

function createProgram(world: World, end: (code: ExitCode) => void): Command {
  const paint = createPaint(world, world.stdout);
  const program = new Command("herotate")
    .description("Keeps Heroku API tokens alive: check, look, and deploy.")
    .helpCommand("help [verb]", "say how a verb is used")
    .configureHelp({ styleTitle: (title) => paint("strong", title) })
    .configureOutput({
      writeOut: (text) => world.stdout.write(text),
      // What is wrong is said in our own words below.
      writeErr: () => {},
      getOutHelpWidth: () => world.columns,
      getErrHelpWidth: () => world.columns,
      getOutHasColors: () => world.stdout.isTerminal,
    })
    .exitOverride()
    .addHelpText(
      "after",
      "\nExit codes: 0 all is well, 1 something is wrong, 2 it could not be done.\nTokens are read from the environment (HEROKU_API_TOKEN, PAGE_KEY),\nand never printed.",
    );
  for (const verb of VERBS) verb(program, world, end);
  return program;
}

/** What follows an equals sign may be a secret under a name that no verb has. */
function endOfUsage(error: CommanderError, fail: (message: string) => void): ExitCode {
  if (error.exitCode === 0) return 0;
  const said = error.message.replace(/^error: /, "").replace(/(--?[\w-]+)=\S*/g, "$1")
    .replace(/\s*\n\s*/g, " ");
  fail(`Cannot understand the arguments: ${said}. Run \`herotate help\` for the verbs`);
  return 2;
}
