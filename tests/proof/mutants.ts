/**
 * Seen to fail: the sources broken on purpose, one way at a time, each to be caught by the proof.
 *
 * @module
 */
import { cp } from "node:fs/promises";
import { copyMutants } from "./mutants/copies.ts";
import { doubtMutants } from "./mutants/doubt.ts";
import { driftMutants } from "./mutants/drift.ts";
import { harmMutants } from "./mutants/harm.ts";
import { identityMutants } from "./mutants/identity.ts";
import { ledgerMutants } from "./mutants/ledger.ts";
import type { Mutant } from "./mutants/mutant.ts";
import { planMutants } from "./mutants/plan.ts";
import { rotationMutants } from "./mutants/rotation.ts";
import { silenceMutants } from "./mutants/silence.ts";

/** What became of a mutant. */
export type MutantResult =
  | { readonly outcome: "caught"; readonly by: string }
  /** Nothing was found, or not in time. */
  | { readonly outcome: "survived" }
  | { readonly outcome: "stale"; readonly file: string };

/** All of them. */
export const mutants: readonly Mutant[] = [
  ...rotationMutants,
  ...planMutants,
  ...doubtMutants,
  ...identityMutants,
  ...harmMutants,
  ...ledgerMutants,
  ...copyMutants,
  ...silenceMutants,
  ...driftMutants,
];

/** Puts a mutant into a copy of the sources and lets the probe try it. */
export async function tryMutant(
  { edits, caughtIn = "" }: Mutant,
  timeout: number,
): Promise<MutantResult> {
  const root = new URL("../../", import.meta.url).pathname;
  const copy = await Deno.makeTempDir({ prefix: "mutant-" });
  try {
    for (const part of ["lib", "worker", "tests", "mod.ts", "deno.json", "deno.lock"]) {
      await cp(`${root}${part}`, `${copy}/${part}`, { recursive: true });
    }
    await Deno.symlink(`${root}node_modules`, `${copy}/node_modules`);
    for (const { file, find, put } of edits) {
      const text = await Deno.readTextFile(`${copy}/${file}`);
      if (text.split(find).length !== 2) return { outcome: "stale", file };
      await Deno.writeTextFile(`${copy}/${file}`, text.replace(find, () => put));
    }
    const probe = new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", "--no-check", "tests/proof/probe.ts", caughtIn],
      cwd: copy,
      stdout: "piped",
      stderr: "piped",
      signal: AbortSignal.timeout(timeout),
    });
    const { code, signal, stdout, stderr } = await probe.output();
    const said = new TextDecoder();
    if (code === 0 || signal) return { outcome: "survived" };
    if (code === 9) return { outcome: "caught", by: said.decode(stdout).trim() };
    throw new Error(`Cannot try the mutant: ${said.decode(stderr)}`);
  } finally {
    await Deno.remove(copy, { recursive: true });
  }
}
