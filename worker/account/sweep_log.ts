/**
 * The log of sweeps: what the last ones saw, and when all was well.
 *
 * @module
 */
import type { SweepReport } from "../../lib/rotation/sweep.ts";
import type { HealthCount } from "../health/health.ts";
import type { Sql } from "./sql.ts";

/** One sweep that has ended. */
export interface SweepRecord {
  /** When it began, in milliseconds since the epoch. */
  readonly at: number;
  /** Why nothing was done; null for a sweep that went through. */
  readonly error: string | null;
  /** What the operator must settle before anything is done; null when nothing is in the way. */
  readonly halt: "account" | null;
  /** What it saw and did; null when nothing was done. Only the newest sweep's is kept. */
  readonly report: SweepReport | null;
}

/** What is wrong, as a sweep found it when it ended: all that a monitor sees. */
export interface HealthRecord {
  /** When the sweep began, in milliseconds since the epoch. */
  readonly at: number;
  /** What is wrong, and how often. */
  readonly reasons: readonly HealthCount[];
}

/** The log of sweeps. It holds the last 200. */
export interface SweepLog {
  /** The newest sweep that has ended; undefined before the first. */
  last(): SweepRecord | undefined;
  /**
   * When the newest clean sweep began, in milliseconds since the epoch: one that went through
   * without a problem. Undefined when there is none.
   */
  lastClean(): number | undefined;
  /** Writes down that a sweep has begun. Whatever had begun before and never ended has stopped. */
  begin(at: number): void;
  /** Writes down how a sweep ended, at `endedAt`. */
  complete(sweep: SweepRecord, endedAt: number): void;
  /** What was wrong when the newest sweep ended; undefined before the first. */
  health(): HealthRecord | undefined;
  /** Writes down what is wrong. */
  writeHealth(health: HealthRecord): void;
}

/** How many sweeps are kept. */
const KEPT = 200;

const STOPPED =
  "The sweep stopped before it was finished, as the account's object was restarted. The next one goes on";

/** Makes the log on tables that are up to date. */
export function createSweepLog(sql: Sql): SweepLog {
  return {
    last() {
      const [row] = sql.run<
        { at: number; error: string | null; halt: SweepRecord["halt"]; report: string | null }
      >(
        "SELECT at, error, halt, report FROM sweeps WHERE ended_at IS NOT NULL" +
          " ORDER BY at DESC LIMIT 1",
      );
      return row && {
        at: row.at,
        error: row.error,
        halt: row.halt,
        report: row.report === null ? null : JSON.parse(row.report) as SweepReport,
      };
    },

    lastClean() {
      const [row] = sql.run<{ at: number | null }>(
        "SELECT max(at) AS at FROM sweeps WHERE problems = 0",
      );
      return row?.at ?? undefined;
    },

    begin(at) {
      sql.transaction(() => {
        sql.run("UPDATE sweeps SET ended_at = ?, error = ? WHERE ended_at IS NULL", at, STOPPED);
        sql.run("INSERT INTO sweeps (at) VALUES (?) ON CONFLICT DO NOTHING", at);
      });
    },

    complete({ at, error, halt, report }, endedAt) {
      sql.transaction(() => {
        sql.run(
          "INSERT INTO sweeps (at, ended_at, error, halt, problems, report)" +
            " VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET ended_at = excluded.ended_at," +
            " error = excluded.error, halt = excluded.halt, problems = excluded.problems," +
            " report = excluded.report",
          at,
          endedAt,
          error,
          halt,
          report === null || error !== null ? null : report.problems.length,
          report === null ? null : JSON.stringify(report),
        );
        // A clock that was set back must not cost the newest sweep its report.
        sql.run(
          "UPDATE sweeps SET report = NULL WHERE report IS NOT NULL AND at <" +
            " (SELECT max(at) FROM sweeps WHERE ended_at IS NOT NULL)",
        );
        sql.run(
          "DELETE FROM sweeps WHERE at NOT IN (SELECT at FROM sweeps ORDER BY at DESC LIMIT ?)",
          KEPT,
        );
      });
    },

    health() {
      const [row] = sql.run<{ at: number; reasons: string }>("SELECT at, reasons FROM health");
      return row && { at: row.at, reasons: JSON.parse(row.reasons) as HealthRecord["reasons"] };
    },

    writeHealth({ at, reasons }) {
      sql.transaction(() => {
        sql.run("DELETE FROM health");
        sql.run("INSERT INTO health (at, reasons) VALUES (?, ?)", at, JSON.stringify(reasons));
      });
    },
  };
}
