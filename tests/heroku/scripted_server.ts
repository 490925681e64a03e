/**
 * A local HTTP server that answers as a test scripts it, and remembers what it was asked.
 *
 * @module
 */

/** One request as it arrived. */
export interface SeenRequest {
  readonly method: string;
  /** The path as it was on the wire, with its query. */
  readonly path: string;
  readonly headers: Headers;
  readonly body: string;
}

/** What to answer: the n-th answer goes to the n-th request, the last one to all that follow. */
export type Answer = (request: Request) => Response | Promise<Response>;

/** A running server. Leaving the scope of an `await using` stops it. */
export interface ScriptedServer extends AsyncDisposable {
  readonly baseUrl: string;
  readonly seen: readonly SeenRequest[];
}

export function serve(...answers: readonly Answer[]): ScriptedServer {
  const seen: SeenRequest[] = [];
  const stopping = new AbortController();
  const server = Deno.serve(
    { port: 0, hostname: "127.0.0.1", onListen: () => {}, signal: stopping.signal },
    async (request) => {
      const { method, headers, url } = request;
      const answer = answers[Math.min(seen.length, answers.length - 1)];
      const body = await request.text();
      seen.push({ method, headers, body, path: url.slice(new URL(url).origin.length) });
      return answer(request);
    },
  );
  return {
    baseUrl: `http://127.0.0.1:${server.addr.port}`,
    seen,
    async [Symbol.asyncDispose]() {
      await server.shutdown();
    },
  };
}

/** Answers with a status and JSON. */
export function json(status: number, body: unknown, headers: HeadersInit = {}): Answer {
  return () => Response.json(body, { status, headers });
}

/** Answers with a status and a text. */
export function text(status: number, body: string | null, headers: HeadersInit = {}): Answer {
  return () => new Response(body, { status, headers });
}

/** What a raw connection does once it has read the request. */
export interface RawServer extends AsyncDisposable {
  readonly baseUrl: string;
  /** How many requests have come. */
  readonly count: () => number;
}

/** Reads each request, writes this text as it is, and closes the connection. */
export function serveRaw(...answers: readonly string[]): RawServer {
  const listener = Deno.listen({ port: 0, hostname: "127.0.0.1" });
  let count = 0;
  const done = (async () => {
    for await (const connection of listener) {
      await connection.read(new Uint8Array(65_536));
      const answer = answers[Math.min(count, answers.length - 1)];
      count++;
      await connection.write(new TextEncoder().encode(answer));
      connection.close();
    }
  })();
  return {
    baseUrl: `http://127.0.0.1:${listener.addr.port}`,
    count: () => count,
    async [Symbol.asyncDispose]() {
      listener.close();
      await done;
    },
  };
}

/** Every form in which an error may be printed or sent, its hidden members and causes included. */
export function everyForm(error: unknown): string {
  const forms = [
    String(error),
    JSON.stringify(error) ?? "",
    Deno.inspect(error, { depth: 20, showHidden: true, getters: true }),
  ];
  if (typeof error === "object" && error !== null) {
    for (const name of Reflect.ownKeys(error)) {
      const value: unknown = Reflect.get(error, name);
      forms.push(String(name), value instanceof Error ? everyForm(value) : Deno.inspect(value));
    }
  }
  return forms.join("\n");
}
