/**
 * Mutants of the ledger.
 *
 * @module
 */
import { breaking, type Mutant } from "./mutant.ts";

const file = "worker/ledger.ts";
const ledger = breaking(file);

/** The mutants. */
export const ledgerMutants: readonly Mutant[] = [
  {
    name: "does not notice that another attempt has taken over",
    edits: [
      {
        file,
        find: "if (result.meta.changes === 0) throw new SupersededError(lease);",
        put: "result.meta;",
      },
      {
        file,
        find: "if (held.results.length === 0) throw new SupersededError(lease);",
        put: "held.results;",
      },
    ],
  },
  ledger(
    "writes for an attempt of another ledger",
    "return [credential, attempt, ledger ?? null];",
    "return [credential, attempt, ledger === undefined ? null : null];",
  ),
  ledger(
    "hands out an older token from the store",
    "\" AND state IN ('minted', 'current') AND generation >= COALESCE(\" +",
    '" AND generation < COALESCE(" +',
  ),
  ledger(
    "leaves a row of every create that is refused",
    "\"DELETE FROM entries WHERE state = 'refused' AND gone_at IS NOT NULL AND ended_at < ?\"",
    "\"DELETE FROM entries WHERE state = 'refused' AND gone_at IS NULL AND ended_at < ?\"",
    "creates that are refused for 20 days",
  ),
  ledger(
    "counts a day of refusals from the last one on",
    '"COALESCE(refused_since, ?)"',
    '"COALESCE(?, refused_since)"',
    "refused while the end nears",
  ),
  ledger(
    "forgets what it deleted and may still live",
    "\" AND ended_at < ? AND (gone_at IS NOT NULL OR state = 'released' OR expires_at < ?)\" +",
    "\" AND ended_at < ? AND (gone_at IS NOT NULL OR state <> 'minted' OR expires_at < ?)\" +",
    "for longer than the ledger keeps",
  ),
];
