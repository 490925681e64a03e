import { assertEquals } from "@std/assert";
import type { EventQuery } from "../../../worker/account/event_log.ts";
import { accountOf, bearer, broken, run, runThree } from "../running_app.ts";
import { createBusyEnv, keys } from "../sample.ts";

const key = { headers: bearer(keys.page) };

Deno.test("GET /events gives lines of JSON and the head, to who has the page's key", async () => {
  const asked: EventQuery[] = [];
  const { app } = await run(createBusyEnv(), {
    account: {
      ...accountOf({}),
      readEvents: (query) => {
        asked.push(query);
        return Promise.resolve({ lines: ['{"number":5}'], head: { number: 5, hash: "ab" } });
      },
    },
  });
  assertEquals((await app.request("/events")).status, 401);
  assertEquals((await app.request("/events", { headers: bearer(keys.reader) })).status, 401);
  assertEquals(asked, []);
  const answer = await app.request("/events?after=4&credential=ci&kind=failed", key);
  assertEquals(await answer.text(), '{"number":5}\n');
  assertEquals(answer.headers.get("Content-Type"), "application/x-ndjson; charset=utf-8");
  assertEquals(answer.headers.get("Herotate-Events-Head"), "5:ab");
  assertEquals(asked, [{ after: 4, limit: 1_000, credential: "ci", kind: "failed" }]);
});

Deno.test("GET /events refuses what it does not understand, and says what it takes", async () => {
  const { app } = await run(createBusyEnv(), { account: accountOf({}) });
  for (
    const query of ["after=x", "after=-1", "after=1.5", `after=${"9".repeat(30)}`, "account=x"]
  ) {
    const answer = await app.request(`/events?${query}`, key);
    assertEquals([query, answer.status], [query, 400]);
  }
  assertEquals((await app.request("/events", { ...key, method: "POST" })).status, 405);
});

Deno.test("GET /events takes the name of the account where there are several", async () => {
  const { app } = await runThree({ globex: broken });
  const unnamed = await app.request("/events", key);
  assertEquals(await unnamed.json(), {
    error: "Cannot give events: 'account' must be one of acme, globex, initech",
  });
  assertEquals((await app.request("/events?account=acme", key)).status, 200);
  assertEquals((await app.request("/events?account=globex", key)).status, 503);
});
