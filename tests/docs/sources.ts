/**
 * The texts of this project that people write: code and pages.
 *
 * @module
 */
import { ROOT } from "./pages.ts";

/** One of them. */
export interface Source {
  /** Its path from the root, with slashes. */
  readonly path: string;
  readonly text: string;
}

/** What others wrote, and what is made. */
const NOT_OURS = new Set(["node_modules", "dist", "coverage"]);

/** Reads those of a folder and of all below it. */
export async function readSources(folder: URL = ROOT): Promise<Source[]> {
  const found = await Array.fromAsync(Deno.readDir(folder), async ({ name, isDirectory }) => {
    const url = new URL(isDirectory ? `${name}/` : name, folder);
    if (isDirectory) return name.startsWith(".") || NOT_OURS.has(name) ? [] : readSources(url);
    if (!/\.(?:ts|md)$/.test(name)) return [];
    return [{ path: url.href.slice(ROOT.href.length), text: await Deno.readTextFile(url) }];
  });
  return found.flat();
}
