/**
 * A project of a user's own: a Worker's entry, built with what the package exports.
 *
 * @module
 */
import { assertExists } from "@std/assert";

const root = new URL("../../", import.meta.url);

/** Reads the first example in TypeScript below a heading of a page. */
export async function readExample(path: string, heading: string): Promise<string> {
  const page = await Deno.readTextFile(new URL(path, root));
  const example = /```ts\n(.*?)```/s.exec(page.split(`${heading}\n`)[1] ?? "")?.[1];
  assertExists(example, `${path} has an example below '${heading}'`);
  return example;
}

/** Writes a project with this entry, and gives its wrangler.toml. */
export async function writeProject(name: string, entry: string): Promise<URL> {
  const folder = new URL(`dist/${name}/`, root);
  await Deno.mkdir(folder, { recursive: true });
  await Deno.writeTextFile(new URL("worker.ts", folder), entry);
  const toml = await Deno.readTextFile(new URL("wrangler.toml", root));
  const configPath = new URL("wrangler.toml", folder);
  await Deno.writeTextFile(
    configPath,
    toml
      .replace("dist/worker.js worker/main.ts", `dist/${name}/worker.js dist/${name}/worker.ts`)
      .replace('main = "dist/worker.js"', 'main = "worker.js"')
      // What does not compile is not built.
      .replace("deno bundle", "deno bundle --check")
      .replace("[build]\n", `[build]\ncwd = "${root.pathname}"\n`)
      .replace("worker/migrations", "../../worker/migrations"),
  );
  return configPath;
}
