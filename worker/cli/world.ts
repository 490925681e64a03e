/**
 * What the command line works with: everything outside it is handed in, so that tests need no process.
 *
 * @module
 */
import type { Command } from "commander";

/** Where words go. */
export interface Output {
  /** Writes a text as it is. */
  write(text: string): void;
  /** Whether a person reads along, so that colours and progress are of use. */
  readonly isTerminal: boolean;
}

/** What runs another program. */
export type Spawn = (
  command: string,
  args: readonly string[],
  options: {
    /** The folder to run in. */
    readonly cwd: string;
    /** All of its environment. */
    readonly env: Readonly<Record<string, string | undefined>>;
  },
) => Promise<number>;

/** Everything outside. */
export interface World {
  /** The arguments, without the names of the runtime and the program. */
  readonly argv: readonly string[];
  /** The environment's variables. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The folder that paths start from. */
  readonly cwd: string;
  /** Where the outcome goes. */
  readonly stdout: Output;
  /** Where progress and errors go. */
  readonly stderr: Output;
  /** How many characters fit on a line. */
  readonly columns: number;
  /** The fetch to call. */
  readonly fetch: typeof fetch;
  /** The current time, in milliseconds since the epoch. */
  readonly now: () => number;
  /** Asks a person; undefined where there is none. */
  readonly ask?: ((question: string) => Promise<string>) | undefined;
  /** Waits so many milliseconds; rejects when the signal aborts. */
  readonly sleep: (milliseconds: number, signal?: AbortSignal) => Promise<void>;
  /** Runs another program, which has the terminal meanwhile. */
  readonly spawn: Spawn;
  /** Aborts when a person wants an end. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * How a command ends:
 *
 * - 0: done, and nothing is wrong;
 * - 1: done, and something is wrong, or not all of it was done;
 * - 2: it could not be done: wrong usage, or something cannot be read.
 */
export type ExitCode = 0 | 1 | 2;

/** A verb: adds itself to the program, and says how it ended. */
export type Verb = (program: Command, world: World, end: (code: ExitCode) => void) => void;
