/**
 * The progress of the rotations, line by line as the ledger tells it.
 *
 * @module
 */
import type { CredentialLedger, Ledger } from "../../lib/rotation/ledger.ts";
import { createSweepLog } from "../../worker/sweep_log.ts";
import type { Database } from "../../worker/ledger.ts";

/** Tells what happens. */
export interface Progress {
  /** Prints what is new. */
  print(): Promise<void>;
  /** Whether nothing is due, at work, or left to be removed. */
  isDone(): Promise<boolean>;
}

/** Makes the progress of a ledger. */
export function createProgress(ledger: Ledger, database: Database): Progress {
  const said = new Set<string>();
  const sweeps = createSweepLog(database);

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
      const last = await sweeps.last();
      if (last?.error) say("sweep", last.error);
      for (const { credential, kind, reason } of last?.report?.decisions ?? []) {
        if (kind === "rotate" || kind === "wait") say(credential, `${kind}: ${reason}`);
      }
      for (const [name, known] of await ledger.read()) tell(name, known);
    },

    async isDone() {
      const last = await sweeps.last();
      const known = await ledger.read();
      return last?.report?.decisions.every(({ kind }) => kind === "wait") === true &&
        [...known.values()].every(({ record }) => record.leaseUntil === null);
    },
  };
}
