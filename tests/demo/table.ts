/**
 * What each place holds, as a table for any terminal.
 *
 * @module
 */
import type { FakeHeroku } from "../../lib/testing/mod.ts";
import { inWords } from "../../lib/rotation/duration_words.ts";
import type { Standing } from "./check.ts";

/** Prints which authorization each place holds, and then the other live ones. */
export async function writeTable(
  heroku: FakeHeroku,
  standings: readonly Standing[],
): Promise<void> {
  const live = heroku.live();
  const rows = [["place", "holds the token of", "expires"]];
  const held = new Set<string>();
  for (const { place, token } of standings) {
    const value = await token();
    const found = live.find((each) => each.token === value);
    if (found) held.add(found.id);
    rows.push([place, found?.description ?? (value ? "no one" : "-"), expiry(found, heroku)]);
  }
  for (const each of live.filter(({ id }) => !held.has(id))) {
    rows.push(["(only in Heroku)", each.description, expiry(each, heroku)]);
  }
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  for (const row of rows) {
    console.log(`  ${row.map((cell, column) => cell.padEnd(widths[column])).join("  ")}`.trimEnd());
  }
}

function expiry(found: { expires_at: number | null } | undefined, heroku: FakeHeroku): string {
  if (!found) return "";
  return found.expires_at === null ? "never" : `in ${inWords(found.expires_at - heroku.now())}`;
}
