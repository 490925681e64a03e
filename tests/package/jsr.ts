/**
 * A JSR on this machine: it takes what `deno publish` sends, serves it to Deno, and serves its npm form
 * to npm, as https://jsr.io/docs/api and https://jsr.io/docs/npm-compatibility describe them.
 *
 * @module
 */
import { gunzipSync } from "node:zlib";
import { parseTar } from "nanotar";
import { toNpm } from "./npm_form.ts";

/** What was published of a package, by the paths of its files. */
export type Files = ReadonlyMap<string, Uint8Array>;

/** A JSR that runs. */
export interface Jsr extends AsyncDisposable {
  /** Where it is, for Deno's `JSR_URL`. */
  readonly url: string;
  /** Where it serves the npm form, for npm's `@jsr:registry`. */
  readonly npm: string;
  /** What was published, as `@scope/name@version`. */
  readonly published: ReadonlyMap<string, Files>;
}

interface Configuration {
  readonly exports: string | Readonly<Record<string, string>>;
}

/** Starts one, with nothing in it. */
export function startJsr(): Jsr {
  const published = new Map<string, Files>();
  const serve = async (request: Request): Promise<Response> => {
    const { pathname, origin } = new URL(request.url);
    const path = decodeURIComponent(pathname);
    return await takeApi(request, path, published) ??
      await serveToNpm(path, origin, published) ??
      await serveToDeno(path, published) ??
      Response.json({ code: "notFound", message: `Nothing is at ${path}` }, { status: 404 });
  };
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, serve);
  const url = `http://127.0.0.1:${server.addr.port}/`;
  return {
    url,
    npm: `${url}npm/`,
    published,
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
}

const version =
  /^\/api\/scopes\/(?<scope>[\w-]+)\/packages\/(?<name>[\w-]+)\/versions\/(?<version>[^/]+)$/;

async function takeApi(
  request: Request,
  path: string,
  published: Map<string, Files>,
): Promise<Response | undefined> {
  if (!path.startsWith("/api/")) return undefined;
  if (/^\/api\/scopes\/[\w-]+\/packages\/[\w-]+$/.test(path)) return Response.json({});
  const { groups } = version.exec(path) ?? {};
  if (request.method !== "POST" || !groups) return undefined;
  const files = new Map(
    parseTar(gunzipSync(await request.bytes())).flatMap(({ name, data }) =>
      data ? [[`/${name.replace(/^\.?\//, "")}`, data] as const] : []
    ),
  );
  const id = `@${groups.scope}/${groups.name}@${groups.version}`;
  if (published.has(id)) {
    return Response.json({ code: "duplicateVersionPublish", message: id }, { status: 400 });
  }
  published.set(id, files);
  return Response.json({ id, status: "success", error: null });
}

async function digest(bytes: Uint8Array): Promise<string> {
  const hash = await crypto.subtle.digest("SHA-256", new Uint8Array(bytes));
  return `sha256-${new Uint8Array(hash).toHex()}`;
}

/** The versions of a package. */
function versionsOf(name: string, published: ReadonlyMap<string, Files>): string[] {
  return [...published.keys()].filter((id) => id.startsWith(`${name}@`))
    .map((id) => id.slice(name.length + 1));
}

/** What a package's deno.json says it exports. */
export function exportsOf(files: Files): Readonly<Record<string, string>> {
  const { exports }: Configuration = JSON.parse(
    new TextDecoder().decode(files.get("/deno.json")),
  );
  return typeof exports === "string" ? { ".": exports } : exports;
}

async function manifestOf(files: Files): Promise<Response> {
  const manifest = await Promise.all(
    [...files].map(async ([path, bytes]) => [
      path,
      { size: bytes.length, checksum: await digest(bytes) },
    ]),
  );
  return Response.json({ manifest: Object.fromEntries(manifest), exports: exportsOf(files) });
}

function serveToDeno(
  path: string,
  published: ReadonlyMap<string, Files>,
): Response | Promise<Response> | undefined {
  const [, name, rest] = /^\/(@[\w-]+\/[\w-]+)\/(.+)$/.exec(path) ?? [];
  if (name === undefined) return undefined;
  if (rest === "meta.json") {
    const versions = versionsOf(name, published);
    const [scope, short] = name.slice(1).split("/");
    return Response.json({
      scope,
      name: short,
      latest: versions.at(-1),
      versions: Object.fromEntries(versions.map((each) => [each, {}])),
    });
  }
  const [, manifest] = /^([^/]+)_meta\.json$/.exec(rest) ?? [];
  if (manifest !== undefined) {
    const files = published.get(`${name}@${manifest}`);
    return files && manifestOf(files);
  }
  const slash = rest.indexOf("/");
  const bytes = published.get(`${name}@${rest.slice(0, slash)}`)?.get(rest.slice(slash));
  return bytes &&
    new Response(new Uint8Array(bytes), { headers: { "content-type": contentTypeOf(rest) } });
}

const contentTypeOf = (path: string) =>
  path.endsWith(".ts")
    ? "text/typescript"
    : path.endsWith(".json")
    ? "application/json"
    : "text/plain";

/** Serves `@jsr/scope__name`, and the tarballs of its versions. */
async function serveToNpm(
  path: string,
  origin: string,
  published: ReadonlyMap<string, Files>,
): Promise<Response | undefined> {
  const [, scope, short, tarball] =
    /^\/npm\/@jsr\/([a-z\d-]+)__([a-z\d-]+)(?:\/([^/]+)\.tgz)?$/.exec(path) ?? [];
  if (scope === undefined) return undefined;
  const name = `@${scope}/${short}`;
  const build = (version: string) => {
    const files = published.get(`${name}@${version}`);
    return files && toNpm(name, version, files);
  };
  if (tarball !== undefined) {
    const { tgz } = await build(tarball) ?? {};
    return tgz && new Response(tgz, { headers: { "content-type": "application/gzip" } });
  }
  const versions: Record<string, unknown> = {};
  for (const version of versionsOf(name, published)) {
    const tarball = `${origin}/npm/@jsr/${scope}__${short}/${version}.tgz`;
    versions[version] = { ...(await build(version))?.manifest, dist: { tarball } };
  }
  const latest = Object.keys(versions).at(-1);
  return latest === undefined
    ? undefined
    : Response.json({ name: `@jsr/${scope}__${short}`, "dist-tags": { latest }, versions });
}
