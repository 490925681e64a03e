import { assertEquals } from "@std/assert";
import { PAGES, ROOT } from "./pages.ts";

/** Sources whose examples cannot run outside of workerd. */
const SOURCES = ["worker/create_worker.ts", "worker/config/credential_table.ts"];

async function check(args: readonly string[]): Promise<void> {
  const { code, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["check", "--quiet", ...args],
    cwd: ROOT,
    stdout: "null",
  }).output();
  assertEquals([code, code === 0 ? "" : new TextDecoder().decode(stderr)], [0, ""]);
}

Deno.test("the examples in the Worker's docs compile", async () => {
  await check(["--doc", ...SOURCES]);
});

Deno.test("the examples in every page compile", async () => {
  await check(["--doc-only", ...PAGES]);
});
