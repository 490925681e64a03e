/**
 * SQL as the ledger needs it: an object's own storage in production, SQLite in memory in tests.
 *
 * @module
 */
import type { DurableObjectStorage } from "@cloudflare/workers-types";

/** A value that a statement can be given or give back. */
export type SqlValue = string | number | null;

/** A database that one process has for itself. */
export interface Sql {
  /** Runs a statement, and gives its rows. */
  run<Row>(statement: string, ...values: readonly SqlValue[]): Row[];
  /** Runs some statements so that all of them take effect, or none. */
  transaction<T>(work: () => T): T;
}

/** The SQL of a Durable Object. */
export function createObjectSql(storage: DurableObjectStorage): Sql {
  return {
    run: <Row>(statement: string, ...values: readonly SqlValue[]) =>
      storage.sql.exec(statement, ...values).toArray() as Row[],
    transaction: (work) => storage.transactionSync(work),
  };
}

/** Does some work as one transaction: what throws leaves nothing behind, and is refused as a promise. */
export function atomically<T>(sql: Sql, work: () => T): Promise<T> {
  try {
    return Promise.resolve(sql.transaction(work));
  } catch (error) {
    return Promise.reject(error);
  }
}
