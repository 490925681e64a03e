import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { DAY } from "@std/datetime/constants";
import type { World } from "../../../worker/cli/world.ts";
import { herotate } from "../cli/command_line.ts";
import { keys, startWorker, until } from "../harness.ts";
import { ALERTS_KEY, startReceiver } from "./receivers.ts";

const root = new URL("../../../", import.meta.url);

/** The texts of the e-mails that were sent: workerd's local stand-in for e-mail writes files. */
async function readEmails(folder: string): Promise<string[]> {
  const texts: string[] = [];
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    const path = `${folder}/${name}`;
    if (isDirectory) texts.push(...await readEmails(path));
    else if (path.includes("/email-text/")) texts.push(await Deno.readTextFile(path));
  }
  return texts;
}

/** The project's own configuration, with a binding that sends e-mail. */
async function configureEmail(folder: string): Promise<URL> {
  const text = await Deno.readTextFile(new URL("wrangler.toml", root));
  const moved = text.replace('main = "dist/worker.js"', `main = "${root.pathname}dist/worker.js"`)
    .replace("[build]", `[build]\ncwd = "${root.pathname}"`)
    .replace(/^watch_dir.*$/m, "");
  const path = `${folder}/wrangler.toml`;
  await Deno.writeTextFile(path, `${moved}\n[[send_email]]\nname = "EMAIL"\n`);
  return new URL(`file://${path}`);
}

Deno.test({
  name:
    "In workerd, a webhook and an e-mail are told that a token is about to expire, and that it is over",
  sanitizeOps: false,
  sanitizeResources: false,
  async fn() {
    await using receiver = startReceiver();
    const folder = await Deno.makeTempDir();
    await using worker = await startWorker({
      configPath: await configureEmail(folder),
      credentials: (url) => [{
        name: "ci",
        targets: [{ type: "webhook", url: `${url}/ci`, signing_secret: "HOOK_KEY" }],
      }],
      secrets: { ALERTS_KEY },
      vars: {
        PAGE_URL: "https://herotate.example.com/",
        ALERTS: [
          { type: "webhook", url: receiver.url, signing_secret: "ALERTS_KEY" },
          { type: "email", binding: "EMAIL", from: "h@example.com", to: "ops@example.com" },
        ],
      },
    });
    const { heroku, hooks } = worker;
    const { token } = heroku.issue({
      description: "ci",
      expires_in: 30 * DAY / 1000,
      created_at: heroku.now() - 29 * DAY,
    });
    hooks.set("ci", token);
    worker.down.add("ci");
    await worker.hurry();
    const told = () => receiver.received.map(({ body }) => `${body.change} ${body.kinds}`);
    await worker.cron();
    await until("the webhook was told", () => told().length > 0);
    assertEquals(told(), ["started credential_urgent"]);
    await until("the e-mail was sent", async () => (await readEmails(folder)).length > 0);
    const [email] = await readEmails(folder);
    assertStringIncludes(email, "- Its token expires soon, and no replacement is proven yet");
    assertStringIncludes(email, "https://herotate.example.com/");
    await until("the attempt has failed", async () => {
      const { ledger } = await worker.look();
      return ledger.get("ci")?.record.failures === 1;
    });
    worker.down.delete("ci");
    // The wait after a failure is over.
    await worker.query("UPDATE credentials SET ended_at = ended_at - 3600000");
    await worker.cron();
    await until("the token is replaced", () => hooks.get("ci") !== token);
    await until("the alert is over", async () => {
      await worker.cron();
      return told().length > 1;
    });
    assertEquals(told(), ["started credential_urgent", "over credential_urgent"]);

    const world: Partial<World> = {
      env: { PAGE_KEY: keys.page, HEROTATE_URL: worker.url.href },
      fetch,
    };
    const { code, stdout } = await herotate(["alerts", "test"], world);
    assertEquals([code, stdout], [0, "webhook: took the test\nemail: took the test\n"]);
    assertEquals(receiver.received.at(-1)?.body.change, "test");
    receiver.answer = () => new Response("no", { status: 500 });
    const failed = await herotate(["alerts", "test"], world);
    assertEquals(failed.code, 1);
    assertStringIncludes(failed.stdout, "webhook: did not take it. The webhook answered 500");

    const ofOthers = await worker.fetch("/alerts/test", {
      method: "POST",
      headers: { authorization: `Bearer ${keys.page}`, "content-type": "text/plain" },
    });
    assertEquals(ofOthers.status, 403);
    assertEquals((await worker.fetch("/alerts/test", { method: "POST" })).status, 403);
    const unkeyed = { method: "POST", headers: { "content-type": "application/json" } };
    assertEquals((await worker.fetch("/alerts/test", unkeyed)).status, 401);
    assert(worker.logs().every((line) => !line.includes(ALERTS_KEY)));
  },
});
