import { assert } from "@std/assert";
import { publishPackages } from "../../package/publish.ts";
import { goTheWay } from "../../package/newcomer.ts";

const folder = new URL("../../../dist/newcomer/", import.meta.url);

Deno.test({
  name: "a newcomer with Deno gets from an empty folder to a first rotation",
  sanitizeOps: false,
  sanitizeResources: false,
  async fn() {
    await using jsr = await publishPackages();
    const before = Deno.env.get("JSR_URL");
    // The Worker is bundled by the command in the folder's wrangler.toml, in this process's environment.
    Deno.env.set("JSR_URL", jsr.url);
    try {
      await goTheWay({
        folder,
        init: [],
        herotate: [Deno.execPath(), "task", "--quiet", "herotate"],
        prepare: [[Deno.execPath(), "check", "--quiet", "worker.ts"]],
        env: {},
      });
      const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
        args: ["task", "deploy", "--dry-run"],
        cwd: folder,
      }).output();
      const said = new TextDecoder().decode(stdout);
      assert(success && said.includes("--dry-run: exiting now"), new TextDecoder().decode(stderr));
    } finally {
      if (before === undefined) Deno.env.delete("JSR_URL");
      else Deno.env.set("JSR_URL", before);
    }
  },
});
