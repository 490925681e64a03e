/**
 * Publishes the packages, and what stands in for JSR's own, to a JSR on this machine: with the command
 * that publishes them for the world.
 *
 * @module
 */
import { preparePackages } from "./prepare.ts";
import { type Jsr, startJsr } from "./jsr.ts";

const root = new URL("../../", import.meta.url);

/** Starts a JSR that has both packages. */
export async function publishPackages(): Promise<Jsr> {
  const jsr = startJsr();
  const folder = new URL(`file://${await Deno.makeTempDir({ prefix: "herotate-packages-" })}/`);
  const packages = await preparePackages(folder);
  await publish(new URL("tests/links/std_datetime/", root), jsr);
  for (const each of packages) await publish(each.folder, jsr);
  await Deno.remove(folder, { recursive: true });
  return jsr;
}

async function publish(cwd: URL, { url }: Jsr): Promise<void> {
  const { success, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["publish", "--token=any", "--allow-dirty", "--quiet", "--no-check"],
    cwd,
    env: { JSR_URL: url, NO_COLOR: "1" },
  }).output();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
}
