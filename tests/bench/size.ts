/**
 * Prints how large each client is as a bundle for browsers: minified, and with gzip on top.
 *
 * `deno run -A tests/bench/size.ts`
 *
 * @module
 */

const ROOT = new URL("../../", import.meta.url);

const ENTRIES: readonly string[] = [
  "mod.ts",
  "lib/heroku/heroku_client.ts",
  "npm:ky@2.1.0",
  "npm:ofetch@1.5.1",
  "npm:@octokit/request@10.0.16",
  "npm:heroku-client@2.4.3",
  "npm:heroku-client@3.1.4",
];

async function bundle(entry: string, output: string): Promise<Uint8Array<ArrayBuffer>> {
  const { success, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["bundle", "--quiet", "--minify", "--platform=browser", "--output", output, entry],
    cwd: ROOT,
  }).output();
  if (!success) {
    throw new Error(`Cannot bundle '${entry}': ${new TextDecoder().decode(stderr)}`);
  }
  return await Deno.readFile(output);
}

async function compress(bytes: Uint8Array<ArrayBuffer>): Promise<number> {
  const compressed = new Blob([bytes]).stream().pipeThrough(new CompressionStream("gzip"));
  return (await new Response(compressed).bytes()).length;
}

function row(...cells: readonly string[]): string {
  return cells.map((cell, index) => index === 0 ? cell.padEnd(30) : cell.padStart(10)).join("");
}

const folder = await Deno.makeTempDir();
try {
  console.log(row("bundle of", "minified", "gzip", "ratio"));
  let first: number | undefined;
  for (const [index, entry] of ENTRIES.entries()) {
    const bytes = await bundle(entry, `${folder}/${index}.js`);
    const size = await compress(bytes);
    first ??= size;
    console.log(row(entry, `${bytes.length}`, `${size}`, (size / first).toFixed(2)));
  }
  console.log(
    "\nSizes in bytes. heroku-client needs Node's http and https too, which are not counted.",
  );
} finally {
  await Deno.remove(folder, { recursive: true });
}
