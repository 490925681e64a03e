/**
 * A field of a secret in HashiCorp Vault or OpenBao.
 *
 * @module
 */
import * as v from "valibot";
import { configuration, endpoint, secretName, serviceUrl, text } from "./members.ts";
import { fingerprint } from "../fingerprint.ts";
import { refuseOlder, stampOf } from "./stamp.ts";
import { proveExact } from "./proof.ts";
import { type Answer, createRequester, type Session, type TargetCall } from "./request.ts";
import { serverName } from "./server.ts";
import { classifyVault } from "./vault_api.ts";
import {
  type Target,
  type TargetDefinition,
  type TargetEnvironment,
  TargetError,
} from "./target.ts";

/** The configuration of a {@linkcode vaultKv2}. */
export interface VaultKv2Config {
  /** Where Vault is. */
  readonly base_url: string;
  /**
   * Where the KV engine (version 2) is mounted.
   * @default {`secret`}
   */
  readonly mount: string;
  /** The secret's path inside the mount, such as `ci/heroku`. */
  readonly path: string;
  /** The secret's field that takes the token, such as `HEROKU_API_KEY`. */
  readonly key: string;
  /** The namespace, where there are such. */
  readonly namespace?: string | undefined;
  /**
   * The Worker secret with the token for Vault.
   * @default {`VAULT_TOKEN`}
   */
  readonly token_secret: string;
}

const SEGMENT = String.raw`(?!\.{1,2}(?:/|$))[^/\s]+`;
const SEGMENTS = `^(?=.{1,500}$)${SEGMENT}(?:/${SEGMENT})*`;
const PATH = new RegExp(`${SEGMENTS}$`);
/** Vault shows mounts and namespaces with a slash at their end. */
const MOUNT_PATH = new RegExp(`${SEGMENTS}/?$`);

/** The longest key of custom metadata, in bytes. */
const LONGEST_NOTE = 128;

const withoutSlash = v.transform((given: string) => given.replace(/\/$/, ""));

const schema = configuration({
  base_url: serviceUrl("Must be the https URL of Vault, such as 'https://vault.example.com:8200'"),
  mount: v.optional(
    v.pipe(text("Must be the mount's path, such as 'secret'", MOUNT_PATH), withoutSlash),
    "secret",
  ),
  path: text("Must be the secret's path inside the mount, such as 'ci/heroku'", PATH),
  key: text("Must be the secret's field, such as 'HEROKU_API_KEY'", /^\S{1,100}$/),
  namespace: v.optional(
    v.pipe(text("Must be a namespace, such as 'admin/ci'", MOUNT_PATH), withoutSlash),
  ),
  token_secret: v.optional(secretName("the token for Vault"), "VAULT_TOKEN"),
});

const metadata = v.object({
  version: v.number(),
  custom_metadata: v.nullish(v.record(v.string(), v.string())),
  deletion_time: v.nullish(v.string()),
});
const present = v.object({
  data: v.object({ data: v.record(v.string(), v.unknown()), metadata }),
});
// A secret whose newest version is deleted is answered with 404 and its metadata.
const absent = v.object({ data: v.object({ metadata }) });

// An engine of version 1 has no metadata beside a secret.
const plain = v.object({
  data: v.objectWithRest({ metadata: v.optional(v.never()) }, v.unknown()),
});
const wrapped = v.object({ wrap_info: v.objectWithRest({}, v.unknown()) });
const refused = v.object({ errors: v.array(v.string()) });
const metadataVersion = v.object({ data: v.object({ current_metadata_version: v.number() }) });

interface Held {
  readonly data?: Readonly<Record<string, unknown>>;
  /** Undefined where there is no such secret. */
  readonly metadata: v.InferOutput<typeof metadata> | undefined;
}

/**
 * Delivers to a field of a secret in a KV engine, version 2.
 *
 * - **Proof**: exact; the field is read back.
 * - **Permission**: a token, best a periodic one, with a policy of these two rules only:
 *   `path "secret/data/ci/heroku" { capabilities = ["create", "read", "update", "patch"] }` and
 *   `path "secret/metadata/ci/heroku" { capabilities = ["patch"] }` (with `"read"` as well where
 *   OpenBao's `metadata_cas_required` is set).
 * - **Limits**: Vault 1.9 or newer, best 1.10, or OpenBao; nothing is written into an engine of version 1.
 *   Herotate does not renew Vault's token. Other fields and other custom metadata stay. The
 *   generation is in the custom metadata, and each write names the version that it replaces: a
 *   late write of an older token is refused. Older versions keep older tokens, and
 *   `delete_version_after` must be longer than the time from one rotation to the next.
 *
 * @see https://developer.hashicorp.com/vault/api-docs/secret/kv/kv-v2
 */
export const vaultKv2: TargetDefinition<VaultKv2Config> = {
  type: "vault-kv2",
  proof: "exact",
  schema,
  place({ base_url, namespace, mount, path, key }) {
    // A namespace may come before the mount, and `data` at the end of the mount.
    const route = [...(namespace && namespace !== "root" ? [namespace] : []), mount, "data", path];
    return `vault-kv2:${serverName(base_url)}/${route.join("/")}#${key}`;
  },
  secrets: ({ token_secret }) => [token_secret],
  create,
};

function create(config: VaultKv2Config, environment: TargetEnvironment): Target {
  const { base_url, mount, path, key, namespace } = config;
  const place = `field '${key}' of '${mount}/${path}' in Vault`;
  const secret = `the Worker secret '${config.token_secret}'`;
  const advice = {
    unauthorized: `set ${secret} to a token that Vault accepts`,
    forbidden:
      `set ${secret} to a live token whose policy allows create, read, update and patch on '${mount}/data/${path}', and patch on '${mount}/metadata/${path}', and check 'namespace' and 'mount'`,
    not_found:
      "check 'base_url', 'namespace' and 'mount', which must be a KV engine of version 2 in Vault 1.9 or newer",
    invalid_value:
      "check 'path' and 'key', and that the secret has room for one more entry of custom metadata",
  };
  const request = createRequester(environment, {
    place,
    secret: {
      name: config.token_secret,
      headers: (value) => ({
        "x-vault-token": value,
        "x-vault-request": "true",
        ...(namespace === undefined ? {} : { "x-vault-namespace": namespace }),
      }),
    },
    advice,
    classify: classifyVault,
  });
  const endpointOf = (kind: "data" | "metadata") =>
    endpoint(base_url, ["v1", ...mount.split("/"), kind, ...path.split("/")]);

  /** Changes what the body names, and leaves the rest. */
  function patch(
    session: Session,
    kind: "data" | "metadata",
    body: unknown,
    expected: TargetCall["expected"],
  ): Promise<Answer> {
    return request(session, {
      method: "PATCH",
      url: endpointOf(kind),
      headers: { "content-type": "application/merge-patch+json" },
      body: JSON.stringify(body),
      expected,
    });
  }

  async function read(session: Session): Promise<Held> {
    const answer = await request(session, {
      method: "GET",
      url: endpointOf("data"),
      expected: [200, 404],
    });
    const { status, body } = answer;
    if (status === 404) {
      // Vault gives reasons where there is no engine, and none where there is no secret.
      if (v.is(refused, body) && body.errors.length > 0) throw answer.refuse();
      const deleted = v.safeParse(absent, body);
      return { metadata: deleted.success ? deleted.output.data.metadata : undefined };
    }
    if (v.is(wrapped, body)) {
      throw new TargetError(
        "forbidden",
        `Cannot read the ${place} because a control group has to approve it first: exempt the token in ${secret}`,
      );
    }
    if (v.is(plain, body)) {
      throw new TargetError(
        "not_found",
        `Cannot deliver to the ${place} because '${mount}' is no KV engine of version 2: ${advice.not_found}`,
      );
    }
    return answer.read(present, "the secret").data;
  }

  async function write(session: Session, { data, metadata }: Held): Promise<void> {
    const { token } = session.delivery;
    const cas = metadata?.version ?? 0;
    if (data) return void await patch(session, "data", bodyOf(cas, { [key]: token }), [200]);
    // An engine of version 1 would take the whole body for a secret, but knows no PATCH.
    if (!metadata) await patch(session, "data", bodyOf(cas, {}), [404]);
    await request(session, {
      method: "POST",
      url: endpointOf("data"),
      body: JSON.stringify(bodyOf(cas, { [key]: token })),
      expected: [200],
    });
  }

  async function annotate(session: Session, name: string, note: string): Promise<void> {
    const body = { custom_metadata: { [name]: note } };
    // Vault 1.9 changes data, but no metadata: an older token is then refused by nothing.
    const answer = await patch(session, "metadata", body, [200, 204, 400, 405]);
    if (answer.status !== 400) return;
    const said = v.safeParse(refused, answer.body);
    if (!said.success || !/check-and-set parameter required/i.test(said.output.errors.join())) {
      throw answer.refuse();
    }
    const url = endpointOf("metadata");
    const known = await request(session, { method: "GET", url, expected: [200] });
    const { data } = known.read(metadataVersion, "the version of the metadata");
    const metadata_cas = data.current_metadata_version;
    await patch(session, "metadata", { ...body, metadata_cas }, [200, 204]);
  }

  return {
    async deliver(delivery, context) {
      const session = { delivery, context };
      const held = await read(session);
      const name = await noteOf(key);
      const note = `g${delivery.generation} ${stampOf(delivery)}`;
      const noted = held.metadata?.custom_metadata?.[name];
      refuseOlder(place, noted, delivery);
      const changed = held.data === undefined || held.data[key] !== delivery.token;
      if (changed) await write(session, held);
      // After the data: a note without it would refuse the very write that it announces.
      if (noted !== note) await annotate(session, name, note);
      return { changed };
    },
    async confirm(delivery, _receipt, context) {
      const { data, metadata } = await read({ delivery, context });
      const proof = proveExact(place, data?.[key], delivery.token);
      const end = metadata?.deletion_time;
      return end ? { ...proof, detail: `${proof.detail}; Vault deletes it at ${end}` } : proof;
    },
  };
}

function bodyOf(cas: number, data: Readonly<Record<string, string>>) {
  return { options: { cas }, data };
}

/** Where in the custom metadata a field's generation is. */
async function noteOf(key: string): Promise<string> {
  const name = `herotate:${key}`;
  const fits = new TextEncoder().encode(name).byteLength <= LONGEST_NOTE && !/\p{C}/u.test(name);
  return fits ? name : `herotate:${(await fingerprint(key)).slice(0, 32)}`;
}
