/**
 * The world of a real process.
 *
 * @module
 */
import { spawn } from "node:child_process";
import process from "node:process";
import { createInterface } from "node:readline/promises";
import { setTimeout } from "node:timers/promises";
import type { Output, Spawn, World } from "./world.ts";

/** A wider line is hard to read. */
const WIDEST = 100;

const NARROWEST = 40;

/** Makes it. */
export function createProcessWorld(): World {
  const ending = new AbortController();
  const isAnswerable = process.stdin.isTTY === true && process.stderr.isTTY === true;
  return {
    argv: process.argv.slice(2),
    env: process.env,
    cwd: process.cwd(),
    stdout: toOutput(process.stdout),
    stderr: toOutput(process.stderr),
    columns: Math.min(WIDEST, Math.max(NARROWEST, process.stdout.columns ?? 80)),
    fetch: (...given) => fetch(...given),
    now: Date.now,
    ask: isAnswerable ? ask : undefined,
    sleep: async (milliseconds, signal) => {
      await setTimeout(milliseconds, undefined, signal ? { signal } : {});
    },
    spawn: spawnWithTerminal,
    get signal() {
      // Only who listens for an end keeps Ctrl-C from ending the process at once.
      process.once("SIGINT", () => ending.abort());
      return ending.signal;
    },
  };
}

function toOutput(stream: NodeJS.WriteStream): Output {
  return { write: (text) => void stream.write(text), isTerminal: stream.isTTY === true };
}

async function ask(question: string): Promise<string> {
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return await lines.question(question);
  } finally {
    lines.close();
  }
}

const spawnWithTerminal: Spawn = (command, args, { cwd, env }) => {
  return new Promise((resolve, reject) => {
    const child = spawn(command, [...args], {
      cwd,
      env,
      stdio: "inherit",
      // On Windows, npx is a script, and only a shell runs those.
      shell: process.platform === "win32" && command === "npx",
    });
    child.once("error", reject);
    child.once("exit", (code) => resolve(code ?? 1));
  });
};
