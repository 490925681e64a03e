/**
 * A ledger that begins empty and is forgotten: by it a sweep decides as the first one of a new Worker
 * does. Nothing can be claimed in it.
 *
 * @module
 */
import type { CredentialLedger, LedgerNote, SweepLedger } from "../../lib/rotation/ledger.ts";
import { createLineage } from "../../lib/rotation/marker.ts";

/** Makes it. */
export function createEmptyLedger(): SweepLedger {
  const known = new Map<string, CredentialLedger>();
  let note: LedgerNote = {
    lineage: createLineage(),
    account: null,
    own: null,
    unreadable: 0,
    unsure: 0,
    emptySince: null,
  };
  const refuse = () => Promise.reject(new Error("Cannot begin anything: this ledger only looks"));
  return {
    read: () => Promise.resolve(new Map(known)),
    note: () => Promise.resolve(note),
    writeNote: (next) => Promise.resolve(void (note = next)),
    adopt(found) {
      for (const [name, entries] of found) known.set(name, begin(name, entries));
      return Promise.resolve();
    },
    // It is read again only to see what was adopted, so what else a sweep notes is not needed.
    noteFound: () => Promise.resolve(),
    see: () => Promise.resolve(),
    forgetForeign: () => Promise.resolve(),
    noteLooks: () => Promise.resolve(),
    reseal: () => Promise.resolve(),
    prune: () => Promise.resolve(),
    changeAccount: refuse,
    recall: refuse,
    claim: refuse,
    release: refuse,
    discardAbandoned: refuse,
  };
}

function begin(name: string, entries: CredentialLedger["entries"]): CredentialLedger {
  return {
    record: {
      name,
      attempt: 0,
      claim: null,
      leaseUntil: null,
      failures: 0,
      endedAt: null,
      error: null,
      refusedSince: null,
      served: null,
    },
    // Of two that bear the same mark, a ledger takes the first.
    entries: entries
      .filter(({ mark }, at) => entries.findIndex((entry) => entry.mark === mark) === at)
      // In the order in which a ledger reads them.
      .toSorted((a, b) =>
        a.generation - b.generation || a.createdAt - b.createdAt || (a.mark < b.mark ? -1 : 1)
      ),
    deliveries: [],
  };
}
