/**
 * The progress of the rotations, line by line.
 *
 * @module
 */
import type { CredentialLedger } from "../../lib/rotation/ledger.ts";
import type { Records } from "../../worker/health/fault.ts";

/** Tells what happens. */
export interface Progress {
  /** Prints what is new. */
  print(): Promise<void>;
  /** Whether nothing is due, at work, or left to be removed. */
  isDone(): Promise<boolean>;
}

/** Makes the progress of an account. */
export function createProgress(look: () => Promise<Records>): Progress {
  const said = new Set<string>();

  function say(credential: string, what: string): void {
    const line = `${credential.padEnd(12)} ${what}`;
    if (said.has(line)) return;
    said.add(line);
    console.log(`  ${new Date().toISOString().slice(11, 19)}  ${line}`);
  }

  function tell(name: string, { record, entries, deliveries }: CredentialLedger): void {
    for (const { generation, mark, state, provenAt } of entries) {
      if (state === "discarded") say(name, `generation ${generation}: leftover ${mark} discarded`);
      if (state === "minted" || provenAt !== null) say(name, `generation ${generation}: minted`);
      for (const { place, proof } of deliveries.filter((delivery) => delivery.mark === mark)) {
        if (proof) say(name, `generation ${generation}: at ${place}, proof: ${proof.kind}`);
      }
      if (state === "current") say(name, `generation ${generation}: current`);
      if (state === "retired") say(name, `generation ${generation}: retired`);
    }
    if (record.failures > 0 && record.error) {
      // While an attempt is at work, the failure is the one before it.
      const failed = record.attempt - (record.leaseUntil === null ? 0 : 1);
      say(name, `attempt ${failed} failed: ${record.error}`);
    }
  }

  return {
    async print() {
      const { last, ledger } = await look();
      if (last?.error) say("sweep", last.error);
      for (const { credential, kind, reason } of last?.report?.decisions ?? []) {
        if (kind === "rotate" || kind === "wait") say(credential, `${kind}: ${reason}`);
      }
      for (const [name, known] of ledger) tell(name, known);
    },

    async isDone() {
      const { last, ledger } = await look();
      return last?.report?.decisions.every(({ kind }) => kind === "wait") === true &&
        [...ledger.values()].every(({ record }) => record.leaseUntil === null);
    },
  };
}
