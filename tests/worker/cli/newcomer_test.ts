import { publishPackages } from "../../package/publish.ts";
import { goTheWay } from "../../package/newcomer.ts";

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
        folder: new URL("../../../dist/newcomer/", import.meta.url),
        init: [],
        herotate: [Deno.execPath(), "task", "--quiet", "herotate"],
        prepare: [[Deno.execPath(), "check", "--quiet", "worker.ts"]],
        env: {},
      });
    } finally {
      if (before === undefined) Deno.env.delete("JSR_URL");
      else Deno.env.set("JSR_URL", before);
    }
  },
});
