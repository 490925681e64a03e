import { assertEquals, assertInstanceOf, assertRejects } from "@std/assert";
import * as module from "../mod.ts";

Deno.test("mod.ts exports the client, its errors and what reads a record, and nothing else", () => {
  assertEquals(Object.keys(module).sort(), [
    "ForbiddenError",
    "HerokuError",
    "InvalidRequestError",
    "MalformedResponseError",
    "NetworkError",
    "NotFoundError",
    "PagingError",
    "RateLimitError",
    "ServerError",
    "TimeoutError",
    "TwoFactorError",
    "UnauthorizedError",
    "UnexpectedStatusError",
    "createClient",
    "isExpired",
    "isIssued",
  ]);
});

Deno.test("mod.ts reaches no other package, no Deno, no node: and no Cloudflare", async () => {
  const seen = new Set<string>();
  const read = async (url: string) => {
    if (seen.has(url)) return;
    seen.add(url);
    const source = await Deno.readTextFile(new URL(url));
    const code = source.replace(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, "");
    assertEquals(
      code.match(/\bDeno\.|\bprocess\.|\bBuffer\b|"node:|"npm:|"jsr:|cloudflare/g),
      null,
      url,
    );
    for (const [, specifier] of code.matchAll(/\bfrom "([^"]+)"/g)) {
      assertEquals(specifier.startsWith("."), true, `${url} imports ${specifier}`);
      await read(new URL(specifier, url).href);
    }
  };
  await read(new URL("../mod.ts", import.meta.url).href);
  await read(new URL("../lib/heroku/heroku_client.ts", import.meta.url).href);
  assertEquals(seen.size >= 10, true);
});

Deno.test("mod.ts works with only its own exports", async () => {
  const fetch = () => Promise.resolve(Response.json({ id: "two_factor" }, { status: 403 }));
  const client = module.createClient({ token: "made-up-token", fetch });
  const error = await assertRejects(() => client.list(), module.TwoFactorError);
  assertInstanceOf(error, module.HerokuError);
});
