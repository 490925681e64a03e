/**
 * The database as one that forgives a lost read.
 *
 * @module
 */
import type { Database, Statement } from "./ledger.ts";

/** How a database is made steady. */
export interface SteadyOptions {
  /** The waits before each further try of a read, in milliseconds; default 200 and 1000. */
  readonly waits?: readonly number[];
  /** Waits for so many milliseconds; default a timer. */
  readonly sleep?: (milliseconds: number) => Promise<void>;
}

/** What no further try makes good. */
const lasting = /no such (table|column)|syntax error|SQLITE_ERROR/i;

/**
 * Makes a database whose reads are tried again when they are lost, as D1 now and then loses one
 * ("Network connection lost", "storage caused object to be reset"). A batch that writes is sent
 * once, as what it did is not known when its answer is lost.
 *
 * @param database The database; undefined for a binding that is missing: every batch then fails.
 * @see https://developers.cloudflare.com/d1/observability/debug-d1/#error-list
 */
export function createSteadyDatabase(
  database: Database | undefined,
  { waits = [200, 1000], sleep = sleepByTimer }: SteadyOptions = {},
): Database {
  const known = new WeakMap<
    Statement,
    { readonly statement: Statement; readonly reads: boolean }
  >();

  function wrap(statement: Statement, reads: boolean): Statement {
    const wrapped: Statement = { bind: (...values) => wrap(statement.bind(...values), reads) };
    known.set(wrapped, { statement, reads });
    return wrapped;
  }

  return {
    prepare(sql) {
      const missing: Statement = { bind: () => missing };
      const statement = database?.prepare(sql) ?? missing;
      return wrap(statement, /^\s*SELECT\b/i.test(sql));
    },

    async batch(statements) {
      if (!database) {
        throw new TypeError(
          "Cannot reach the ledger as the binding 'LEDGER' is missing: the page says how to add it",
        );
      }
      const inner = statements.map((each) => known.get(each)?.statement ?? each);
      const reads = statements.every((each) => known.get(each)?.reads);
      for (const wait of reads ? waits : []) {
        try {
          return await database.batch(inner);
        } catch (error) {
          if (error instanceof Error && lasting.test(error.message)) throw error;
          await sleep(wait);
        }
      }
      return await database.batch(inner);
    },
  };
}

function sleepByTimer(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
