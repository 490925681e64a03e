/**
 * Mutants of the ledger.
 *
 * @module
 */
import { breaking, type Mutant } from "./mutant.ts";

const ledger = breaking("worker/account/ledger.ts");
const changes = breaking("worker/account/changes.ts");
const sweepWrites = breaking("worker/account/sweep_writes.ts");

/** The mutants. */
export const ledgerMutants: readonly Mutant[] = [
  ledger(
    "does not notice that another attempt has taken over",
    "if (rows.length === 0) throw new SupersededError(lease);",
    "if (rows.length < 0) throw new SupersededError(lease);",
  ),
  ledger(
    "writes for an attempt of another ledger",
    '"SELECT 1 FROM credentials WHERE name = ? AND attempt = ? AND claim = ?" +',
    '"SELECT 1 FROM credentials WHERE name = ? AND attempt = ? AND claim <> ? || name" +',
  ),
  changes(
    "leaves the proofs of what it overwrites",
    "if (known.length === 0) return;",
    "if (known.length >= 0) return;",
  ),
  changes(
    "lets two tries send one create",
    "\" WHERE credential = ? AND mark = ? AND state = 'intended' AND sender IS NULL\",",
    "\" WHERE credential = ? AND mark = ? AND state = 'intended'\",",
  ),
  changes(
    "keeps what an earlier try sent without an answer as if it were new",
    "\" WHERE credential = ? AND state = 'intended'\",",
    "\" WHERE credential = ? AND state = 'nothing'\",",
  ),
  ledger(
    "hands out an older token from the store",
    "\" AND state IN ('minted', 'current') AND generation >= COALESCE(\" +",
    '" AND generation < COALESCE(" +',
  ),
  sweepWrites(
    "leaves a row of every create that is refused",
    "\"DELETE FROM entries WHERE state = 'refused' AND gone_at IS NOT NULL AND ended_at < ?\"",
    "\"DELETE FROM entries WHERE state = 'refused' AND gone_at IS NULL AND ended_at < ?\"",
    "creates that are refused for 20 days",
  ),
  changes(
    "counts a day of refusals from the last one on",
    '"COALESCE(refused_since, ?)"',
    '"COALESCE(?, refused_since)"',
    "refused while the end nears",
  ),
  sweepWrites(
    "forgets what it deleted and may still live",
    "\" AND ended_at < ? AND (gone_at IS NOT NULL OR state = 'released' OR expires_at < ?)\" +",
    "\" AND ended_at < ? AND (gone_at IS NOT NULL OR state <> 'minted' OR expires_at < ?)\" +",
    "for longer than the ledger keeps",
  ),
];
