/**
 * Writes the two packages as they are published, each into a folder of its own below `dist/packages/`:
 *
 * - `@herotate/herotate`: all of it;
 * - `@herotate/heroku`: `mod.ts` with what it imports, and nothing else. JSR's npm form has one list of
 *   dependencies for a whole package, so who wants the client alone would install hono and the rest.
 *
 * The links in `deno.json` let a machine without JSR work here. Who installs gets the real packages, so
 * what is published has no links.
 *
 * @module
 */
import configuration from "../../deno.json" with { type: "json" };

const root = new URL("../../", import.meta.url);

/** A package that is ready to be published. */
export interface Package {
  readonly name: string;
  readonly folder: URL;
}

/** Writes both packages. */
export async function preparePackages(
  into = new URL("dist/packages/", root),
): Promise<readonly [whole: Package, client: Package]> {
  await Deno.remove(into, { recursive: true }).catch(() => {});
  const { name, version, license, exports, imports } = configuration;
  const whole = { name, folder: new URL("herotate/", into) };
  const client = { name: "@herotate/heroku", folder: new URL("heroku/", into) };

  await copy([...await listPublished(), "LICENSE"], whole.folder);
  await writeConfiguration(whole.folder, { name, version, license, exports, imports });

  const imported = await listImported("mod.ts");
  await copy([...imported, "LICENSE"], client.folder);
  await rename(imported, client.folder, name, client.name);
  await writeConfiguration(client.folder, {
    name: client.name,
    version,
    license,
    exports: { ".": "./mod.ts" },
  });
  return [whole, client];
}

/** All files that deno.json says are published, but for what stands in for JSR's. */
async function listPublished(): Promise<string[]> {
  const { include, exclude } = configuration.publish;
  const chosen = include.filter((path) => !path.startsWith("tests/"));
  const lists = await Promise.all(chosen.map((path) => listFiles(path)));
  return lists.flat().filter((path) => !exclude.includes(path));
}

async function listFiles(path: string): Promise<string[]> {
  const { isFile } = await Deno.stat(new URL(path, root));
  if (isFile) return [path];
  const entries = await Array.fromAsync(Deno.readDir(new URL(`${path}/`, root)));
  return (await Promise.all(entries.map((entry) => listFiles(`${path}/${entry.name}`)))).flat();
}

/** A module and all that it imports; all of it must be ours. */
async function listImported(entry: string): Promise<string[]> {
  const { stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["info", "--json", entry],
    cwd: root,
  }).output();
  const { modules }: { modules: { specifier: string }[] } = JSON.parse(
    new TextDecoder().decode(stdout),
  );
  return modules.map(({ specifier }) => {
    if (!specifier.startsWith(root.href)) throw new Error(`${entry} imports ${specifier}`);
    return specifier.slice(root.href.length);
  });
}

async function copy(paths: readonly string[], folder: URL): Promise<void> {
  for (const path of paths) {
    const to = new URL(path, folder);
    await Deno.mkdir(new URL(".", to), { recursive: true });
    await Deno.copyFile(new URL(path, root), to);
  }
}

async function writeConfiguration(folder: URL, value: unknown): Promise<void> {
  await Deno.writeTextFile(new URL("deno.json", folder), `${JSON.stringify(value, null, 2)}\n`);
}

/** The examples in the docs import the package by its name. */
async function rename(
  paths: readonly string[],
  folder: URL,
  from: string,
  to: string,
): Promise<void> {
  for (const path of paths) {
    const url = new URL(path, folder);
    const text = await Deno.readTextFile(url);
    await Deno.writeTextFile(url, text.replaceAll(`"${from}"`, `"${to}"`));
  }
}

if (import.meta.main) {
  for (const { name, folder } of await preparePackages()) {
    console.log(`${name} is in ${folder.pathname}`);
  }
}
