import { assertEquals } from "@std/assert";

/** Sources whose examples cannot run outside of workerd. */
const sources = ["worker/create_worker.ts", "worker/config/credential_table.ts"];

Deno.test("the examples in the Worker's docs compile", async () => {
  const { code, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["check", "--quiet", "--doc", ...sources],
    cwd: new URL("../../", import.meta.url),
    stdout: "null",
  }).output();
  assertEquals([code, code === 0 ? "" : new TextDecoder().decode(stderr)], [0, ""]);
});
