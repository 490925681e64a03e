/**
 * Starts the Heroku that the clients are measured against.
 *
 * @module
 */

/** Where the server is, and what it holds. */
export interface StartedServer {
  /** Its base URL. */
  readonly url: string;
  /** The account's admin token. */
  readonly token: string;
  /** The ids of the authorizations it was started with. */
  readonly ids: readonly string[];
}

/**
 * Starts it. It ends together with this process.
 *
 * @param authorizations How many authorizations its account has.
 */
export async function startServer(authorizations: number): Promise<StartedServer> {
  const child = new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "--allow-net=127.0.0.1",
      new URL("server.ts", import.meta.url).href,
      String(authorizations),
    ],
    stdin: "piped",
    stdout: "piped",
  }).spawn();
  child.unref();
  // This also keeps the pipe from being collected as garbage, which would end the server.
  addEventListener("unload", () => child.kill());
  let line = "";
  for await (const text of child.stdout.pipeThrough(new TextDecoderStream())) {
    line += text;
    if (line.endsWith("\n")) return JSON.parse(line);
  }
  throw new Error("Cannot measure because the server ended before it listened");
}
