import { assert, assertEquals } from "@std/assert";
import type { Status } from "../../worker/status.ts";

/** Reads what a program writes until a pattern fits. */
async function readUntil(
  lines: ReadableStreamDefaultReader<string>,
  pattern: RegExp,
): Promise<RegExpExecArray> {
  let text = "";
  while (true) {
    const { value, done } = await lines.read();
    text += value ?? "";
    const found = pattern.exec(text);
    if (found) return found;
    if (done) throw new Error(`It ended without ${pattern}: ${text}`);
  }
}

Deno.test("deno task dev needs no secret, sweeps at the start, and prints the page's address", async () => {
  const listener = Deno.listen({ port: 0, hostname: "127.0.0.1" });
  const { port } = listener.addr;
  listener.close();
  const folder = await Deno.makeTempDir({ prefix: "herotate-dev-" });
  const dev = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "worker/dev.ts", "--port", String(port), "--persist-to", folder],
    cwd: new URL("../../", import.meta.url),
    env: { NO_COLOR: "1", HEROKU_API_TOKEN: "", CI: "1" },
    stdout: "piped",
    stderr: "null",
    // As a terminal does, so that Ctrl-C reaches all of it.
    detached: true,
  }).spawn();
  const lines = dev.stdout.pipeThrough(new TextDecoderStream()).getReader();
  try {
    const [, address] = await readUntil(lines, /Page: (\S+)\n/);
    const { origin, username, password } = new URL(address);
    const headers = { Authorization: `Basic ${btoa(`${username}:${password}`)}` };
    let status: Status | undefined;
    for (let tries = 0; !status?.accounts[0].last_sweep && tries < 60; tries++) {
      await new Promise((resolve) => setTimeout(resolve, 500));
      const answer = await fetch(new URL("/status", origin), { headers });
      assertEquals(answer.status, 200);
      status = await answer.json();
    }
    assert(status?.accounts[0].last_sweep, "It never swept");
    assertEquals(status.credentials.map(({ name }) => name), ["ci-deploy"]);
  } finally {
    Deno.kill(-dev.pid, "SIGINT");
    await lines.cancel();
    await dev.status;
    await Deno.remove(folder, { recursive: true });
  }
});
