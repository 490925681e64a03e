/**
 * A well-behaved Heroku over HTTP, as a process of its own, so that its work takes no time from the
 * thread that is measured. It ends when its standard input does.
 *
 * @module
 */
import { createFakeHeroku } from "../../lib/testing/mod.ts";

const FULL_POOL = 4500;

const heroku = createFakeHeroku({ faults: false, record: false });
const ids = Array.from({ length: Number(Deno.args[0]) }, (_, index) =>
  heroku.issue({
    description: `credential-${index}`,
    scope: ["read", "write-protected"],
    expires_in: 30 * 24 * 60 * 60,
  }).id);

const server = Deno.serve(
  {
    hostname: "127.0.0.1",
    port: 0,
    onListen: ({ port }) =>
      console.log(JSON.stringify({ url: `http://127.0.0.1:${port}`, token: heroku.token, ids })),
  },
  (request) => {
    heroku.setRateLimitRemaining(FULL_POOL);
    return heroku.handler(request);
  },
);

for await (const _ of Deno.stdin.readable);
await server.shutdown();
