/**
 * The pages of documentation, by their paths from the root.
 *
 * @module
 */

/** The root of the repository. */
export const ROOT: URL = new URL("../../", import.meta.url);

/** Every page, by its path. */
export const PAGES: readonly string[] = [
  "README.md",
  "CHANGELOG.md",
  "CONTRIBUTING.md",
  "SECURITY.md",
  "lib/README.md",
  "lib/targets/README.md",
  "tests/README.md",
  "tests/targets/README.md",
  "worker/README.md",
];

/** Reads a file, by its path from the root. */
export async function readPage(path: string): Promise<string> {
  return await Deno.readTextFile(new URL(path, ROOT));
}
