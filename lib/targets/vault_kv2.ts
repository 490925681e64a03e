/**
 * A field of a secret in HashiCorp Vault or OpenBao.
 *
 * @module
 */
import * as v from "valibot";
import { configuration, endpoint, secretName, serviceUrl, text } from "./fields.ts";
import { refuseOlder, stampOf } from "./order.ts";
import { proveExact } from "./proof.ts";
import { createRequester, type Session } from "./request.ts";
import type {
  Delivery,
  Target,
  TargetContext,
  TargetDefinition,
  TargetEnvironment,
} from "./target.ts";

/** The configuration of a {@linkcode vaultKv2}. */
export interface VaultKv2Config {
  /** Where Vault is. */
  readonly address: string;
  /** Where the KV engine (version 2) is mounted; default `secret`. */
  readonly mount: string;
  /** The secret's path inside the mount, such as `ci/heroku`. */
  readonly path: string;
  /** The secret's field that takes the token, such as `HEROKU_API_KEY`. */
  readonly key: string;
  /** The namespace, where there are such. */
  readonly namespace?: string | undefined;
  /** The Worker secret with the token for Vault; default `VAULT_TOKEN`. */
  readonly token: string;
}

const segments = /^(?=.{1,500}$)(?!\.{1,2}(?:\/|$))[^/\s]+(?:\/(?!\.{1,2}(?:\/|$))[^/\s]+)*$/;

const schema = configuration({
  address: serviceUrl("Must be the https URL of Vault, such as 'https://vault.example.com:8200'"),
  mount: v.optional(text("Must be the mount's path, such as 'secret'", segments), "secret"),
  path: text("Must be the secret's path inside the mount, such as 'ci/heroku'", segments),
  key: text("Must be the secret's field, such as 'HEROKU_API_KEY'", /^\S{1,100}$/),
  namespace: v.optional(text("Must be a namespace, such as 'admin/ci'", segments)),
  token: v.optional(secretName("the token for Vault"), "VAULT_TOKEN"),
});

const metadata = v.object({
  version: v.number(),
  custom_metadata: v.nullish(v.record(v.string(), v.string())),
});
const present = v.object({
  data: v.object({ data: v.record(v.string(), v.unknown()), metadata }),
});
// A secret whose newest version is deleted is answered with 404 and its metadata.
const absent = v.object({ data: v.object({ metadata }) });

interface Held {
  readonly data?: Readonly<Record<string, unknown>>;
  readonly metadata: v.InferOutput<typeof metadata>;
}

/**
 * Delivers to a field of a secret in a KV engine, version 2.
 *
 * - **Proof**: exact; the field is read back.
 * - **Permission**: a token, best a periodic one, with a policy of these two rules alone:
 *   `path "secret/data/ci/heroku" { capabilities = ["create", "read", "update", "patch"] }` and
 *   `path "secret/metadata/ci/heroku" { capabilities = ["patch"] }`.
 * - **Limits**: Vault 1.9 or newer, or OpenBao. Herotate does not renew Vault's token. Other fields
 *   and other custom metadata stay. The generation stands in the custom metadata, and each write
 *   names the version that it replaces: a late write of an older token is refused.
 *
 * @see https://developer.hashicorp.com/vault/api-docs/secret/kv/kv-v2
 */
export const vaultKv2: TargetDefinition<VaultKv2Config> = {
  type: "vault-kv2",
  proof: "exact",
  schema,
  place: ({ address, namespace, mount, path, key }) =>
    `vault-kv2:${new URL(address).host}/${namespace ?? ""}/${mount}/${path}#${key}`,
  secrets: ({ token }) => [token],
  create,
};

function create(config: VaultKv2Config, environment: TargetEnvironment): Target {
  const { address, mount, path, key, namespace } = config;
  const place = `field '${key}' of '${mount}/${path}' in Vault`;
  const secret = `the Worker secret '${config.token}'`;
  const request = createRequester(environment, {
    place,
    advice: {
      unauthorized: `set ${secret} to a token that Vault takes`,
      forbidden:
        `set ${secret} to a live token whose policy allows create, read, update and patch on '${mount}/data/${path}', and patch on '${mount}/metadata/${path}'`,
      not_found: "check 'address', 'namespace' and 'mount', which must be a KV engine of version 2",
      invalid_value: "check 'path' and 'key'",
    },
    classify({ status, body }) {
      const said = JSON.stringify(body) ?? "";
      if (status === 403 && /invalid token/i.test(said)) return "unauthorized";
      if (status === 400 && /missing client token/i.test(said)) return "unauthorized";
      // Somebody else wrote in between (400), a replica lags behind (412) or stands by (472, 473).
      const passing = (status === 400 && /check-and-set/i.test(said)) || status === 412 ||
        status === 472 || status === 473;
      return passing ? "unavailable" : undefined;
    },
  });
  const endpointOf = (kind: "data" | "metadata") =>
    endpoint(address, ["v1", ...mount.split("/"), kind, ...path.split("/")]);

  function open(delivery: Delivery, context: TargetContext): Session {
    const credential = environment.secret(config.token);
    return {
      delivery,
      context,
      secrets: [credential],
      headers: {
        "x-vault-token": credential,
        "x-vault-request": "true",
        ...(namespace === undefined ? {} : { "x-vault-namespace": namespace }),
      },
    };
  }

  async function read(session: Session): Promise<Held> {
    const answer = await request(session, {
      method: "GET",
      url: endpointOf("data"),
      expected: [200, 404],
    });
    if (answer.status === 200) return answer.read(present, "the secret").data;
    const deleted = v.safeParse(absent, answer.body);
    return { metadata: deleted.success ? deleted.output.data.metadata : { version: 0 } };
  }

  return {
    async deliver(delivery, context) {
      const session = open(delivery, context);
      const held = await read(session);
      const note = `g${delivery.generation} ${stampOf(delivery)}`;
      const noted = held.metadata.custom_metadata?.[noteOf(key)];
      refuseOlder(place, noted, delivery);
      const changed = held.data === undefined || held.data[key] !== delivery.token;
      if (changed) {
        const exists = held.data !== undefined;
        await request(session, {
          method: exists ? "PATCH" : "POST",
          url: endpointOf("data"),
          headers: exists ? { "content-type": "application/merge-patch+json" } : {},
          body: JSON.stringify({
            options: { cas: held.metadata.version },
            data: { [key]: delivery.token },
          }),
          expected: [200],
        });
      }
      // After the data: a note without it would refuse the very write that it announces.
      if (noted !== note) {
        await request(session, {
          method: "PATCH",
          url: endpointOf("metadata"),
          headers: { "content-type": "application/merge-patch+json" },
          body: JSON.stringify({ custom_metadata: { [noteOf(key)]: note } }),
          expected: [200, 204],
        });
      }
      return { changed };
    },
    async confirm(delivery, _receipt, context) {
      const { data } = await read(open(delivery, context));
      return proveExact(place, data?.[key], delivery.token);
    },
  };
}

/** Where in the custom metadata a field's generation stands. */
function noteOf(key: string): string {
  return `herotate:${key}`;
}
