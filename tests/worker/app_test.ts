import { assert, assertEquals, assertMatch } from "@std/assert";
import fc from "fast-check";
import { canary, createBusyEnv, createEnv, keys, servedToken } from "./sample.ts";
import { bearer, found, run, tokenPath } from "./running_app.ts";

Deno.test("HEAD answers as GET does, without a body", async () => {
  const { get } = await run(createBusyEnv(), {}, found);
  const table: [string, HeadersInit, number][] = [
    ["/healthz", {}, 503],
    ["/", bearer(keys.page), 200],
    ["/", {}, 401],
    [tokenPath, bearer(keys.reader), 200],
    [tokenPath, {}, 401],
  ];
  for (const [path, headers, status] of table) {
    const response = await get(path, headers, "HEAD");
    assertEquals([response.status, await response.text()], [status, ""], path);
  }
});

Deno.test("Other methods are 405, and 401 without the page key", async () => {
  const { get } = await run(createBusyEnv());
  for (const path of ["/", "/status", "/healthz", tokenPath]) {
    for (const method of ["POST", "PUT", "DELETE", "PATCH", "OPTIONS"]) {
      const response = await get(path, bearer(keys.page), method);
      assertEquals([response.status, response.headers.get("Allow")], [405, "GET, HEAD"]);
      assertEquals((await get(path, {}, method)).status, 401);
    }
  }
});

Deno.test("An unknown path is 404 for whoever has the page key", async () => {
  const { get } = await run(createBusyEnv());
  for (const path of ["/nothing", "/credentials", "/credentials/ci-deploy"]) {
    assertEquals((await get(path, bearer(keys.page))).status, 404, path);
  }
});

Deno.test("Every answer is kept out of caches, frames, referrers and other origins", async () => {
  const { get } = await run(createBusyEnv());
  const table: [string, HeadersInit][] = [
    ["/healthz", {}],
    ["/", {}],
    ["/", bearer(keys.page)],
    ["/status", bearer(keys.page)],
    ["/nothing", bearer(keys.page)],
    [tokenPath, {}],
    [tokenPath, bearer(keys.reader)],
  ];
  for (const [path, headers] of table) {
    const response = await get(path, { ...headers, Origin: "https://evil.example" });
    assertEquals(response.headers.get("Cache-Control"), "no-store", path);
    assertEquals(response.headers.get("Referrer-Policy"), "no-referrer", path);
    assertEquals(response.headers.get("X-Content-Type-Options"), "nosniff", path);
    assertEquals(response.headers.get("X-Frame-Options"), "DENY", path);
    assertMatch(response.headers.get("Content-Security-Policy") ?? "", /^default-src 'none';/);
    for (const [name] of response.headers) assert(!/^access-control-/i.test(name), name);
  }
});

Deno.test("An error inside is a 500 that reveals nothing, and one line in the log", async () => {
  const { get, lines } = await run(createEnv(), {
    now: () => {
      throw new Error(`inner workings ${servedToken}`);
    },
  });
  const response = await get("/status", bearer(keys.page));
  assertEquals(response.status, 500);
  assertEquals(await response.json(), { error: "Something went wrong: see the Worker's log" });
  assertEquals(response.headers.get("Cache-Control"), "no-store");
  assertEquals(lines.length, 1);
  assertMatch(lines[0], /"event":"request_failed".*inner workings/);
  assert(!lines[0].includes(canary));
});

Deno.test("No request makes an error, and none without the key finds a secret", async () => {
  const { app, lines } = await run(createBusyEnv());
  const segment = fc.oneof(
    fc.constantFrom("", "credentials", "ci-deploy", "token", "healthz", "status", "..", "%ff"),
    fc.webPath(),
    fc.string().map(encodeLoosely),
  );
  const path = fc.array(segment, { maxLength: 5 }).map((parts) => `/${parts.join("/")}`);
  const headerValue = fc.oneof(
    fc.stringMatching(/^[\x20-\x7e]*$/),
    fc.base64String().map((text) => `Basic ${text}`),
    fc.stringMatching(/^[A-Za-z0-9._~+/-]*=*$/).map((text) => `Bearer ${text}`),
  );
  const headers = fc.dictionary(
    fc.constantFrom("Authorization", "Accept", "Cookie", "X-HTTP-Method-Override", "Host"),
    headerValue,
  );
  const method = fc.constantFrom("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "FOO");
  await fc.assert(
    fc.asyncProperty(path, method, headers, fc.string(), async (path, method, headers, body) => {
      const init = method === "GET" || method === "HEAD" ? {} : { body };
      const response = await app.request(path, { method, headers, ...init });
      assert(response.status !== 500, `${method} ${path}`);
      const answer = await response.text() + JSON.stringify([...response.headers]);
      assert(!answer.includes(canary) && !lines.join().includes(canary), answer);
      // Hono takes a slash at the end of a path as nothing.
      if (response.status < 300) {
        const { pathname } = new URL(path, "http://localhost");
        assertMatch(decodeURIComponent(pathname), /^\/healthz\/?$/);
      }
    }),
    { numRuns: 300 },
  );
  assertEquals(lines, []);
});

function encodeLoosely(text: string): string {
  return text.toWellFormed().replace(/[^\x21-\x7e]/g, encodeURIComponent);
}
