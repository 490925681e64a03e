/**
 * Credentials in as many variables as Cloudflare's limit demands.
 *
 * @module
 */
import { measureBytes } from "../../worker/config/size.ts";

/** Fits whether a KB has 1,000 bytes or 1,024. */
const limit = 5_000;

/**
 * Writes credentials into variables: `CREDENTIALS`, and as long as there is more `CREDENTIALS_2` and so
 * on. What is no array stays in one, wrong as it is.
 */
export function splitCredentials(credentials: unknown): Record<string, unknown> {
  const tables: unknown = JSON.parse(JSON.stringify(credentials));
  if (!Array.isArray(tables)) return { CREDENTIALS: tables };
  const variables: unknown[][] = [[]];
  for (const table of tables) {
    const last = variables[variables.length - 1];
    if (last.length > 0 && measureBytes([...last, table]) > limit) variables.push([table]);
    else last.push(table);
  }
  return Object.fromEntries(
    variables.map((each, at) => [at === 0 ? "CREDENTIALS" : `CREDENTIALS_${at + 1}`, each]),
  );
}
