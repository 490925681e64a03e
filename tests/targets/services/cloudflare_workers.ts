/**
 * Cloudflare's Workers with their versions, as far as their secrets go.
 *
 * @module
 */
import { failure, result, workerNotFound } from "./cloudflare_answers.ts";
import { type ServiceRequest, textOf } from "./service.ts";

/** A version of a Worker: its code, and its secrets with it. */
export interface WorkerVersion {
  /** Its id. */
  readonly id: string;
  /** Which one it is, from 1 on. */
  readonly number: number;
  /** Its secrets. */
  readonly secrets: ReadonlyMap<string, string>;
}

/** The Workers of a stand-in. */
export interface CloudflareWorkers {
  /** The secrets of each Worker's newest version, by `account/script`; may be changed. */
  readonly workers: Map<string, Map<string, string>>;
  /** The names of each Worker's variables that are no secrets; may be changed. */
  readonly variables: Map<string, readonly string[]>;
  /** Makes a version of a Worker that serves nothing yet, and gives it. */
  upload(worker: string): WorkerVersion;
  /** Lets these versions of a Worker serve, and no others. */
  deploy(worker: string, ...ids: readonly string[]): void;
  /** The values that a secret has in the versions that serve. */
  serving(worker: string, name: string): (string | undefined)[];
}

/** Makes the Workers, and what answers for them. */
export function createWorkers() {
  const workers = new Map<string, Map<string, string>>();
  const variables = new Map<string, readonly string[]>();
  const versions = new Map<string, WorkerVersion[]>();
  const deployed = new Map<string, readonly string[]>();

  function versionsOf(worker: string): WorkerVersion[] {
    const known = versions.get(worker);
    if (known) return known;
    const made: WorkerVersion[] = [];
    versions.set(worker, made);
    deployed.set(worker, [upload(worker).id]);
    return made;
  }

  function upload(worker: string): WorkerVersion {
    const all = versionsOf(worker);
    const secrets = new Map(workers.get(worker));
    const version = { id: crypto.randomUUID(), number: all.length + 1, secrets };
    all.push(version);
    return version;
  }

  function handleVersions(worker: string, kind: string, id: string | undefined): Response {
    if (!workers.has(worker)) return workerNotFound();
    const all = versionsOf(worker);
    const ids = deployed.get(worker) ?? [];
    if (kind === "deployments" && id === undefined) {
      const shares = ids.map((version_id) => ({ version_id, percentage: 100 / ids.length }));
      const deployment = { id: crypto.randomUUID(), strategy: "percentage", versions: shares };
      return result({ deployments: [deployment] });
    }
    const version = all.find((each) => each.id === id);
    if (kind !== "versions" || !version) return failure(404, 10009, "The version does not exist");
    return result({ id: version.id, number: version.number, resources: { bindings: [] } });
  }

  function handleWorker(request: ServiceRequest, key: string, name?: string): Response {
    const { method, json } = request;
    const held = workers.get(key);
    if (!held) return workerNotFound();
    const all = versionsOf(key);
    if (method === "GET" && name === undefined) {
      return result([...held.keys()].map((name) => ({ name, type: "secret_text" })));
    }
    if (method !== "PUT" || name !== undefined) return failure(405, 10405, "Method not allowed");
    const added = textOf(json, "name");
    const text = textOf(json, "text");
    if (!added || text === undefined || textOf(json, "type") !== "secret_text") {
      return failure(400, 10021, "Invalid secret");
    }
    if (text.length > 5 * 1024) return failure(400, 10057, "The secret is larger than 5 KB");
    if (variables.get(key)?.includes(added)) {
      return failure(400, 10053, `Binding name '${added}' already in use.`);
    }
    if (deployed.get(key)?.join() !== all.at(-1)?.id) {
      return failure(
        400,
        10215,
        "Secret edit failed. You attempted to modify a secret, but the latest version of your Worker isn't currently deployed.",
      );
    }
    held.set(added, text);
    deployed.set(key, [upload(key).id]);
    return result({ name: added, type: "secret_text" });
  }

  const all: CloudflareWorkers = {
    workers,
    variables,
    upload,
    deploy(worker, ...ids) {
      versionsOf(worker);
      deployed.set(worker, ids);
    },
    serving(worker, name) {
      const ids = deployed.get(worker) ?? [];
      return versionsOf(worker).filter(({ id }) => ids.includes(id))
        .map(({ secrets }) => secrets.get(name));
    },
  };
  return { all, handleWorker, handleVersions };
}
