/**
 * The log of sweeps in D1: what the last ones saw, and when all was well.
 *
 * @module
 */
import type { SweepReport } from "../lib/rotation/sweep.ts";
import type { Database } from "./ledger.ts";

/** One sweep. */
export interface SweepRecord {
  /** When it began, in milliseconds since the epoch. */
  readonly at: number;
  /** Why nothing was done; null for a sweep that went through. */
  readonly error: string | null;
  /** What the operator must settle before anything is done; null when nothing is in the way. */
  readonly halt: "account" | null;
  /** What it saw and did; null when nothing was done. */
  readonly report: SweepReport | null;
}

/** The log of sweeps. It holds the last 200. */
export interface SweepLog {
  /** The newest sweep; undefined before the first. */
  last(): Promise<SweepRecord | undefined>;
  /**
   * When the newest clean sweep began, in milliseconds since the epoch: one that went through
   * without a problem. Undefined when there is none.
   */
  lastClean(): Promise<number | undefined>;
  /** Writes down a sweep; one that began at the same time is replaced. */
  record(sweep: SweepRecord): Promise<void>;
}

/** How many sweeps are kept. */
const kept = 200;

/** Makes the log on a D1 database that has the migrations. */
export function createSweepLog(database: Database): SweepLog {
  return {
    async last() {
      const [{ results: [row] }] = await database.batch<
        { at: number; error: string | null; halt: SweepRecord["halt"]; report: string | null }
      >([database.prepare("SELECT at, error, halt, report FROM sweeps ORDER BY at DESC LIMIT 1")]);
      return row && {
        at: row.at,
        error: row.error,
        halt: row.halt,
        report: row.report === null ? null : JSON.parse(row.report) as SweepReport,
      };
    },

    async lastClean() {
      const [{ results: [row] }] = await database.batch<{ at: number | null }>([
        database.prepare(
          "SELECT max(at) AS at FROM sweeps WHERE error IS NULL AND report IS NOT NULL" +
            " AND json_array_length(report, '$.problems') = 0",
        ),
      ]);
      return row?.at ?? undefined;
    },

    async record({ at, error, halt, report }) {
      await database.batch([
        database.prepare(
          "INSERT INTO sweeps (at, error, halt, report) VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE" +
            " SET error = excluded.error, halt = excluded.halt, report = excluded.report",
        ).bind(at, error, halt, report === null ? null : JSON.stringify(report)),
        database.prepare(
          "DELETE FROM sweeps WHERE at NOT IN (SELECT at FROM sweeps ORDER BY at DESC LIMIT ?)",
        ).bind(kept),
      ]);
    },
  };
}
