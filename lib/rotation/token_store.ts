/**
 * The token store on the ledger.
 *
 * @module
 */
import type { TokenStore } from "../targets/target.ts";
import type { StoreLedger } from "./ledger.ts";
import type { Sealing } from "./sealing.ts";

/** Makes the store whose tokens are sealed in the ledger. */
export function createTokenStore(ledger: StoreLedger, sealing: Pick<Sealing, "open">): TokenStore {
  return {
    serve: ({ credential, idempotencyKey }) => ledger.serve(credential, idempotencyKey),
    async read(credential) {
      const known = await ledger.readCredential(credential);
      const entry = known?.entries.find(({ mark }) => mark === known.record.served);
      return entry?.sealedToken ? await sealing.open(entry.sealedToken, entry) : undefined;
    },
  };
}
