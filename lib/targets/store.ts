/**
 * The Worker's own store: it keeps the current token sealed, and hands it out to anyone who has the key.
 *
 * @module
 */
import { configuration, secretNames } from "./members.ts";
import { proveExact } from "./proof.ts";
import {
  type Target,
  type TargetDefinition,
  type TargetEnvironment,
  TargetError,
} from "./target.ts";

/** The configuration of a {@linkcode store}. */
export interface StoreConfig {
  /**
   * The Worker secret with the key that readers of the token must show; a list of two while you change
   * it, as either opens the token then.
   */
  readonly reader_key_secret: string | readonly string[];
}

/**
 * Hands out the token at `GET /credentials/:name/token` to a caller with
 * `Authorization: Bearer <reader key>`.
 *
 * - **Proof**: exact; the sealed token is opened and compared.
 * - **Permission**: none; it needs nothing but the Worker.
 * - **Limits**: one for each credential. A late write of an older generation is refused. Readers
 *   should not keep the token for longer than the credential's `grace`.
 */
export const store: TargetDefinition<StoreConfig> = {
  type: "store",
  proof: "exact",
  mayHoldAdopted: false,
  retainsToken: true,
  schema: configuration({
    reader_key_secret: secretNames("the key that readers of the token must show"),
  }),
  place: () => "store",
  secrets: ({ reader_key_secret }) => [reader_key_secret].flat(),
  create,
};

function create(_config: StoreConfig, { store }: TargetEnvironment): Target {
  if (!store) {
    throw new TypeError("Cannot make a target of type 'store' outside a Worker with a ledger");
  }
  return {
    async deliver(delivery) {
      if (await store.serve(delivery)) return {};
      const { credential, generation, token } = delivery;
      const held = await store.read(credential);
      if (held === token) return {};
      const doing = `Cannot hand out '${credential}' generation ${generation} from the store`;
      throw held === undefined
        ? new TargetError(
          "unavailable",
          `${doing} because the ledger has no live entry for it: the next attempt makes another`,
        )
        : new TargetError(
          "superseded",
          `${doing} because it hands out a newer one: there is nothing to do`,
        );
    },
    async confirm(delivery) {
      return proveExact("the store", await store.read(delivery.credential), delivery.token);
    },
  };
}
