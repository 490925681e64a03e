/**
 * `events`: what happened in an account, and whether all of it is still there.
 *
 * @module
 */
import { type Command, Option } from "commander";
import { type Event, type EventHead, HEAD_PATTERN, verifyChain } from "../event.ts";
import { Failure } from "./failure.ts";
import { findAddress, readEvents } from "./remote.ts";
import { toPrintable, wrap } from "./text.ts";
import type { ExitCode, Verb, World } from "./world.ts";

/** What the verb is told. */
export interface EventsOptions {
  /** The address of the Worker's page. */
  readonly url?: string | undefined;
  /** The account, where there are several. */
  readonly account?: string | undefined;
  /** Only events of this credential. */
  readonly credential?: string | undefined;
  /** Only events of this kind. */
  readonly kind?: string | undefined;
  /** A head that was kept earlier, as `NUMBER:HASH`. */
  readonly head?: string | undefined;
  /** Whether to print the events as they were answered. */
  readonly json?: boolean | undefined;
  /** Whether to wait for more. */
  readonly follow?: boolean | undefined;
}

/** How often a Worker that is followed is asked, in milliseconds. */
const EVERY = 10_000;

/** The verb. */
export const events: Verb = (program: Command, world, end) => {
  program.command("events")
    .summary("say what happened, or verify that all of it is still there")
    .description(
      "Asks a deployed Worker for its events. 'verify' finds whether any was changed or left out. Needs PAGE_KEY.",
    )
    .argument("[verify]")
    .option("--url <address>", "the Worker's address; default: HEROTATE_URL")
    .option("--account <name>", "the account, where there are several")
    .option("--credential <name>", "only those of a credential")
    .option("--kind <kind>", "only those of a kind, such as failed")
    .option("--follow", "wait for more, until Ctrl-C")
    .addOption(new Option("--head <head>", "a head that verify printed earlier"))
    .option("--json", "print JSON lines")
    .action(async (verify: string | undefined, options: EventsOptions) => {
      if (verify !== undefined && verify !== "verify") {
        throw new Failure("Cannot understand the argument of events: give 'verify', or nothing");
      }
      end(await (verify ? verifyEvents(options, world) : printEvents(options, world)));
    });
};

/** Prints the events, and those that come while it waits. */
export async function printEvents(options: EventsOptions, world: World): Promise<ExitCode> {
  const address = findAddress(options.url, world);
  let after = 0;
  while (true) {
    const lines = await readAfter(address, after, options, world);
    for (const line of lines) {
      const event = parse(line, address);
      after = event.number;
      world.stdout.write(options.json ? `${line}\n` : render(event, world));
    }
    if (lines.length > 0) continue;
    if (!options.follow || !await rest(world)) return 0;
  }
}

/** Finds whether the chain is whole, and says its head. */
export async function verifyEvents(options: EventsOptions, world: World): Promise<ExitCode> {
  if (options.credential !== undefined || options.kind !== undefined) {
    throw new Failure(
      "Cannot verify some of the events: leave out --credential and --kind, as each is chained to the one before",
    );
  }
  const known = options.head === undefined ? undefined : parseHead(options.head);
  const address = findAddress(options.url, world);
  const lines: string[] = [];
  for (let after = 0, more = true; more;) {
    const page = await readAfter(address, after, options, world);
    lines.push(...page);
    const last = page.at(-1);
    if (last !== undefined) after = Math.max(after + 1, parse(last, address).number);
    more = page.length > 0;
  }
  const verdict = verifyChain(lines, known);
  if (!verdict.ok) {
    world.stdout.write(
      `${
        wrap(
          `The events of ${address.host} are not whole, from number ${verdict.at} on: ${verdict.message}. If the ledger was restored from an older copy, this is what is seen; if not, someone has changed them`,
          world.columns,
        )
      }\n`,
    );
    return 1;
  }
  const { first, head } = verdict;
  world.stdout.write(
    head.hash === null
      ? "There are no events yet.\n"
      : `Events ${first} to ${head.number} are whole. Keep this head elsewhere, for --head:\n${head.number}:${head.hash}\n`,
  );
  return 0;
}

async function readAfter(
  address: URL,
  after: number,
  { account, credential, kind }: EventsOptions,
  world: World,
): Promise<readonly string[]> {
  const query = new URLSearchParams({ after: String(after) });
  for (const [name, value] of Object.entries({ account, credential, kind })) {
    if (value !== undefined) query.set(name, value);
  }
  return await readEvents(address, query, world);
}

function parseHead(given: string): EventHead {
  const { groups } = HEAD_PATTERN.exec(given.trim()) ?? {};
  if (groups) return { number: Number(groups.number), hash: groups.hash };
  throw new Failure("Cannot use the value of --head: it must be what `events verify` printed");
}

function parse(line: string, { host }: URL): Event {
  try {
    const event: unknown = JSON.parse(line);
    if (typeof event === "object" && event !== null && "number" in event && "at" in event) {
      if (Number.isSafeInteger(event.number) && typeof event.at === "string") return event as Event;
    }
  } catch {
    // Said below.
  }
  throw new Failure(
    `Cannot read the events of ${host} because a line is no event: run this again, and \`herotate events verify\``,
  );
}

function render(event: Event, { columns }: World): string {
  const { at, kind, credential, generation, place, authorization, message, actor } = event;
  const about = [
    credential ?? "the account",
    ...(generation === null ? [] : [`generation ${generation}`]),
    ...(place === null ? [] : [place]),
    ...(authorization === null ? [] : [authorization]),
  ].map(toPrintable).join(", ");
  const text = `${at.slice(0, 19).replace("T", " ")} ${kind}: ${about}${
    message === null ? "" : `. ${toPrintable(message)}`
  } (${actor})`;
  return `${wrap(toPrintable(text), columns)}\n`;
}

async function rest({ sleep, signal }: World): Promise<boolean> {
  try {
    await sleep(EVERY, signal);
    return signal?.aborted !== true;
  } catch {
    return false;
  }
}
