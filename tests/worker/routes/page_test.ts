import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { canary, createBusyEnv, createEnv, createTable, keys } from "../sample.ts";
import { basic, bearer, broken, run } from "../running_app.ts";

Deno.test("Where no account is right, the page shows what is wrong, and asks for one", async () => {
  const env = createEnv({ ACCOUNTS: [] });
  const asked: string[] = [];
  const { get } = await run(env, {
    account: (name) => {
      asked.push(name);
      return broken;
    },
  });
  assertStringIncludes(await (await get("/", bearer(keys.page))).text(), "[[vars.ACCOUNTS]]");
  assertEquals(asked, ["heroku"]);
});

Deno.test("GET / shows the page to whoever has its key, by Basic or Bearer", async () => {
  const { get } = await run(createBusyEnv());
  for (const headers of [bearer(keys.page), basic("anna", keys.page), basic("", keys.page)]) {
    const response = await get("/", headers);
    assertEquals(response.status, 200);
    assertEquals(response.headers.get("Content-Type"), "text/html; charset=UTF-8");
    assertMatch(await response.text(), /ci-deploy/);
  }
});

Deno.test("Every path but /healthz wants a key, and makes a browser ask for it", async () => {
  const { get } = await run(createBusyEnv());
  const wrong: HeadersInit[] = [
    {},
    bearer("wrong-key-0123456789"),
    bearer(keys.reader),
    bearer(""),
    bearer(`${keys.page}x`),
    bearer(keys.page.slice(0, -1)),
    bearer("a b"),
    basic("anna", "wrong-key-0123456789"),
    basic(keys.page, ""),
    { Authorization: "Basic !!!" },
    { Authorization: keys.page },
    { Cookie: `key=${keys.page}` },
  ];
  for (const path of ["/", "/status", "/nothing", "/healthz/more", `/?key=${keys.page}`]) {
    for (const headers of wrong) {
      const response = await get(path, headers);
      assertEquals(response.status, 401, `${path} ${JSON.stringify(headers)}`);
      assertMatch(response.headers.get("WWW-Authenticate") ?? "", /^Basic realm="Herotate"/);
    }
  }
});

Deno.test("Without a page key no one gets in", async () => {
  const { get } = await run(createEnv({ PAGE_KEY: undefined }));
  for (const headers of [{}, bearer("undefined"), basic("", ""), basic("", "undefined")]) {
    assertEquals((await get("/", headers)).status, 401);
  }
});

Deno.test("The 401 says that there is no page key, or none that can be used", async () => {
  for (const PAGE_KEY of [undefined, "", "short", `${keys.page}\n`, 7]) {
    const { get } = await run(createEnv({ PAGE_KEY }));
    for (const path of ["/", "/status", "/nothing"]) {
      const answer = await (await get(path, bearer(keys.page))).text();
      assertMatch(answer, /PAGE_KEY is not set or cannot be used/);
      assertMatch(answer, /`wrangler secret put PAGE_KEY`/);
      assert(!answer.includes(canary));
    }
  }
  const { get } = await run(createEnv());
  for (const key of ["wrong-key-0123456789", keys.reader]) {
    assert(!/PAGE_KEY/.test(await (await get("/", bearer(key))).text()));
  }
});

Deno.test("GET / shows all mistakes of an invalid configuration", async () => {
  const env = createEnv({ CREDENTIALS: [createTable("ci", { grace: 7 })], HEROKU_API_TOKEN: "" });
  const page = await (await (await run(env)).get("/", bearer(keys.page))).text();
  assertMatch(page, /CREDENTIALS\[0\] \(ci\)\.grace/);
  assertMatch(page, /wrangler secret put HEROKU_API_TOKEN/);
});
