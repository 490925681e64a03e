/**
 * The command line without a process: what it is given, and what it said.
 *
 * @module
 */
import { run } from "../../../worker/cli/run.ts";
import type { ExitCode, World } from "../../../worker/cli/world.ts";

/** What a command said, and how it ended. */
export interface Outcome {
  /** How it ended. */
  readonly code: ExitCode;
  /** What it wrote to its standard output. */
  readonly stdout: string;
  /** What it wrote to its standard error. */
  readonly stderr: string;
}

/** Runs a command; `changes` are written over a world without network, terminal and environment. */
export async function herotate(
  argv: readonly string[],
  changes: Partial<World> = {},
): Promise<Outcome> {
  const said = { stdout: "", stderr: "" };
  const code = await run({
    argv,
    env: {},
    cwd: "/",
    stdout: { write: (text) => void (said.stdout += text), isTerminal: false },
    stderr: { write: (text) => void (said.stderr += text), isTerminal: false },
    columns: 80,
    fetch: () => Promise.reject(new Error("The network was used")),
    now: Date.now,
    sleep: () => Promise.resolve(),
    spawn: () => Promise.reject(new Error("A program was run")),
    ...changes,
  });
  return { code, ...said };
}

/** Writes files into a folder of their own, hands it over, and removes it. */
export async function withFolder(
  files: Readonly<Record<string, string>>,
  use: (folder: string) => Promise<void>,
): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "herotate-cli-" });
  try {
    for (const [name, text] of Object.entries(files)) {
      await Deno.writeTextFile(`${folder}/${name}`, text);
    }
    await use(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}
