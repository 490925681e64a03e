import { assertEquals, assertMatch } from "@std/assert";
import { chromium } from "playwright-core";
import { DAY } from "@std/datetime/constants";
import { keys, startWorker, until } from "./harness.ts";

/** Chromium where Debian puts it, or where the variable says; without one the test is ignored. */
const executablePath = Deno.env.get("CHROMIUM") ?? "/usr/bin/chromium";
const isThere = await Deno.stat(executablePath).then(() => true, () => false);

Deno.test({
  name: "the page shows in Chromium which token is where, and asks for nothing from elsewhere",
  ignore: !isThere,
  sanitizeOps: false,
  sanitizeResources: false,
  async fn() {
    await using worker = await startWorker({
      credentials: (url) => [{
        name: "ci <b>deploy</b>",
        targets: [{ type: "webhook", url: `${url}/ci`, signing_secret: "HOOK_KEY" }],
      }],
    });
    const { heroku, hooks } = worker;
    heroku.issue({
      description: "ci <b>deploy</b>",
      scope: ["write"],
      created_at: heroku.now() - 28 * DAY,
      expires_in: 30 * DAY / 1000,
    });
    heroku.issue({ description: "laptop" });
    await worker.cron();
    await until("it is delivered", () => hooks.has("ci"));

    const browser = await chromium.launch({
      executablePath,
      args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking"],
    });
    try {
      const context = await browser.newContext({
        httpCredentials: { username: "anyone", password: keys.page },
      });
      const page = await context.newPage();
      const complaints: string[] = [];
      const requested: string[] = [];
      page.on("console", (message) => complaints.push(message.text()));
      page.on("pageerror", (error) => complaints.push(String(error)));
      page.on("request", (request) => requested.push(request.url()));
      await until("the page shows the grace", async () => {
        await page.goto(worker.url.href);
        return (await page.innerText("body")).includes("grace");
      });
      const text = await page.innerText("body");
      assertMatch(text, /ci <b>deploy<\/b>/);
      assertMatch(text, /receipt/);
      assertMatch(text, /laptop/);
      assertEquals(complaints, []);
      assertEquals(new Set(requested), new Set([worker.url.href]));
      const [scroll, width] = await page.evaluate(
        "[document.documentElement.scrollWidth, document.documentElement.clientWidth]",
      ) as [number, number];
      assertEquals(scroll, width, "nothing sticks out sideways");
    } finally {
      await browser.close();
    }
  },
});
