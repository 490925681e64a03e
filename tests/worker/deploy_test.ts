import { assertEquals, assertStringIncludes } from "@std/assert";

const root = new URL("../../", import.meta.url);

/** Has wrangler do all of a deployment that needs no Cloudflare, and gives what it says. */
async function deployDry(): Promise<string> {
  const folder = await Deno.makeTempDir({ prefix: "herotate-deploy-" });
  try {
    const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["task", "--quiet", "wrangler", "deploy", "--dry-run", "--outdir", folder],
      cwd: root,
      // Without these it would ask whether there is a newer one, and send what it counts.
      env: { NO_COLOR: "1", WRANGLER_HIDE_BANNER: "true", WRANGLER_SEND_METRICS: "false" },
    }).output();
    const text = new TextDecoder();
    assertEquals([success, text.decode(stderr)], [true, ""]);
    return text.decode(stdout);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("A deployment binds the account's object and the rotation's Workflow, and no database", async () => {
  const said = await deployDry();
  const [, bindings = ""] = said.split("access to the following bindings:");
  const named = bindings.split("\n").flatMap((line) => {
    const [, name, resource] = /^env\.(\w+) \(.*\)\s{2,}(\S.*?)\s*$/.exec(line) ?? [];
    return name === undefined ? [] : [[name, resource]];
  });
  assertEquals(named, [
    ["ACCOUNT", "Durable Object"],
    ["ROTATION", "Workflow"],
    ["CREDENTIALS", "Environment Variable"],
  ]);
  assertStringIncludes(bindings, "env.ACCOUNT (Account)");
  assertStringIncludes(bindings, "env.ROTATION (RotationWorkflow)");
  assertEquals(/d1|database|kv namespace|r2/i.exec(bindings), null);
});
