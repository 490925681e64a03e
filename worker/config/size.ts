/**
 * How large a variable may be.
 *
 * @module
 */
import type { Mistake } from "./mistakes.ts";

/**
 * The most bytes that Cloudflare takes in one variable, its JSON in UTF-8: "5 KB". A larger one is
 * refused when it is deployed, with the error 10054.
 *
 * @see https://developers.cloudflare.com/workers/platform/limits/#environment-variables
 */
export const MOST_BYTES: number = 5 * 1024;

/** What is advised to fill: it fits whether a KB has 1,000 bytes or 1,024. */
const ADVISED_BYTES = 5_000;

/** The number of bytes that a value has as Cloudflare keeps it: text as it is, anything else as JSON. */
export function measureBytes(value: unknown): number {
  const text = typeof value === "string" ? value : JSON.stringify(value) ?? "";
  return new TextEncoder().encode(text).length;
}

/**
 * Says that a variable is too large, and how to split it.
 *
 * @param tables What it holds.
 * @param taken The names of variables that there are.
 */
export function findOversize(
  name: string,
  value: unknown,
  tables: readonly unknown[],
  taken: readonly string[],
): Mistake[] {
  // What holds no tables may be a binding, which is not to be written as JSON.
  const bytes = tables.length === 0 ? 0 : measureBytes(value);
  if (bytes <= MOST_BYTES) return [];
  const other = `[[vars.${findFree(name, taken)}]]`;
  const fitting = countFitting(tables);
  const remedy = fitting === 0
    ? "its first table is too large by itself, so pass that one in 'credentials' to createWorker()"
    : fitting === tables.length
    ? `its tables fit without the spaces between them, so write it as [[vars.${name}]] tables`
    : `its first ${fitting} of ${tables.length} tables fit, so write the others as ${other}, as every variable whose name begins with CREDENTIALS is read`;
  return [{
    path: name,
    message:
      `Has ${bytes} bytes as JSON, and Cloudflare refuses a variable of more than ${MOST_BYTES} (error 10054): ${remedy}`,
  }];
}

/** How many tables, from the first on, fit into one variable. */
function countFitting(tables: readonly unknown[]): number {
  let bytes = measureBytes([]);
  const over = tables.findIndex((table, at) => {
    bytes += measureBytes(table) + (at > 0 ? 1 : 0);
    return bytes > ADVISED_BYTES;
  });
  return over < 0 ? tables.length : over;
}

function findFree(name: string, taken: readonly string[]): string {
  const stem = name.replace(/_?\d+$/, "");
  let number = 2;
  while (taken.includes(`${stem}_${number}`)) number++;
  return `${stem}_${number}`;
}

/** Says that `ACCOUNTS` is too large: there is one such variable. */
export function findManyAccounts(value: unknown): Mistake[] {
  const bytes = value === undefined ? 0 : measureBytes(value);
  return bytes <= MOST_BYTES ? [] : [{
    path: "ACCOUNTS",
    message:
      `Has ${bytes} bytes as JSON, and Cloudflare refuses a variable of more than ${MOST_BYTES} (error 10054): pass the others in 'accounts' to createWorker()`,
  }];
}
