/**
 * The picture of the page that README.md shows: `deno task demo --picture` takes it.
 *
 * @module
 */
import { chromium } from "playwright-core";

/** Chromium where Debian puts it, or where the variable says. */
const EXECUTABLE = Deno.env.get("CHROMIUM") ?? "/usr/bin/chromium";

const FILE = new URL("../../.github/page.png", import.meta.url);

/** Takes a picture of the Worker's page, as a browser shows it to whoever has the key. */
export async function takePicture(page: URL, password: string): Promise<void> {
  const browser = await chromium.launch({
    executablePath: EXECUTABLE,
    args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking"],
  });
  try {
    const context = await browser.newContext({
      httpCredentials: { username: "anyone", password },
      viewport: { width: 1100, height: 760 },
    });
    const tab = await context.newPage();
    await tab.goto(page.href);
    await tab.screenshot({ path: FILE.pathname });
  } finally {
    await browser.close();
  }
}
