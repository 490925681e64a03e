/**
 * A well-behaved fake Heroku over HTTP on a port of this machine, each of whose answers is checked by
 * Heroku's published schema.
 *
 * @module
 */
import { assertEquals } from "@std/assert";
import {
  createFakeHeroku,
  type FakeHeroku,
  type FakeHerokuOptions,
} from "../../lib/testing/mod.ts";
import { findProblems, type Kind } from "./schema.ts";

/** A running server. Leaving the scope of an `await using` stops it, and fails if an answer was invalid. */
export interface Served extends AsyncDisposable {
  readonly heroku: FakeHeroku;
  readonly url: string;
  readonly port: number;
}

const KINDS: readonly (readonly [pattern: RegExp, kind: Kind])[] = [
  [/^\/oauth\/authorizations(?:$|\/)/, "authorization"],
  [/^\/account$/, "account"],
  [/^\/account\/rate-limits$/, "rateLimit"],
];

export function serveHeroku(options: FakeHerokuOptions = {}): Served {
  const heroku = createFakeHeroku({ faults: false, ...options });
  const problems: string[] = [];

  async function check({ method, url }: Request, response: Response): Promise<void> {
    const { pathname } = new URL(url);
    const kind = KINDS.find(([pattern]) => pattern.test(pathname))?.[1];
    if (kind === undefined || !response.ok) return;
    const body: unknown = await response.json();
    for (const record of Array.isArray(body) ? body : [body]) {
      problems.push(...findProblems(kind, record).map((one) => `${method} ${pathname}: ${one}`));
    }
  }

  const server = Deno.serve(
    { port: 0, hostname: "127.0.0.1", onListen: () => {} },
    async (request) => {
      const response = await heroku.handler(request);
      await check(request, response.clone());
      return response;
    },
  );
  const { port } = server.addr;
  return {
    heroku,
    port,
    url: `http://127.0.0.1:${port}`,
    async [Symbol.asyncDispose]() {
      await server.shutdown();
      assertEquals(problems, []);
    },
  };
}
