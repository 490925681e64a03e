import { assert, assertEquals, assertMatch, assertRejects, assertThrows } from "@std/assert";
import fc from "fast-check";
import {
  createFakeHeroku,
  type FakeCall,
  type FakeHeroku,
  type FakeHerokuOptions,
  type FaultKind,
} from "../../../lib/testing/mod.ts";
import { ACCEPT, AUTHORIZATIONS, call, shown } from "./call.ts";

const NOW = Date.UTC(2026, 0, 1);

/** What a client sees of the same two hundred calls: an answer, or that none arrived. */
async function play(options: FakeHerokuOptions): Promise<string[]> {
  const heroku = createFakeHeroku({ now: NOW, slowest: 1, ...options });
  const seen: string[] = [];
  for (let made = 0; made < 100; made++) {
    const outcomes = [
      await call(heroku, "POST", AUTHORIZATIONS, { body: { expires_in: 60 } }).catch(String),
      await call(heroku, "GET", AUTHORIZATIONS).catch(String),
    ];
    heroku.advance(1_000);
    for (const outcome of outcomes) {
      seen.push(
        typeof outcome === "string"
          ? outcome
          : JSON.stringify([outcome.status, [...outcome.headers], outcome.text]),
      );
    }
  }
  return seen;
}

Deno.test("createFakeHeroku() misbehaves the same way for the same seed", async () => {
  const first = await play({ seed: 42 });

  assertEquals(await play({ seed: 42 }), first);
  assert(JSON.stringify(await play({ seed: 43 })) !== JSON.stringify(first));
});

Deno.test("createFakeHeroku() misbehaves by default, about once in seven calls", async () => {
  const heroku = createFakeHeroku({ slowest: 1 });
  for (let made = 0; made < 2000; made++) {
    await call(heroku, "GET", "/account").catch(() => undefined);
  }
  const met = heroku.requests.filter(({ fault }) => fault !== undefined);

  assert(met.length > 200 && met.length < 400, `${met.length} of 2000 calls`);
  const kinds: FaultKind[] = ["drop", "lose", "slow", "429", "429-bare", "500", "503", "html"];
  for (const kind of kinds) assert(met.some(({ fault }) => fault === kind), `no '${kind}'`);
});

Deno.test("createFakeHeroku() never misbehaves with faults: false, whatever the seed", async () => {
  for (let seed = 0; seed < 5; seed++) {
    const heroku = createFakeHeroku({ seed, faults: false });
    for (let made = 0; made < 400; made++) {
      assertEquals((await call(heroku, "GET", "/account")).status, 200);
    }
    assert(heroku.requests.every(({ fault, status }) => fault === undefined && status === 200));
  }
});

Deno.test("setFaults() changes what goes wrong at run time and counts on", async () => {
  const heroku = createFakeHeroku({ faults: false });
  await call(heroku, "GET", "/account");
  const numbers: number[] = [];
  heroku.setFaults(({ number }) => {
    numbers.push(number);
    return "500";
  });
  assertEquals((await call(heroku, "GET", "/account")).status, 500);
  heroku.setFaults({ "503": 1 });
  assertEquals((await call(heroku, "GET", "/account")).status, 503);
  heroku.setFaults(false);
  assertEquals((await call(heroku, "GET", "/account")).status, 200);
  assertEquals([numbers, heroku.calls], [[2], 4]);
  assertThrows(() => heroku.setFaults({ drop: 2 }), TypeError, "'drop'");
});

Deno.test("a script sees the call before anything happened", async () => {
  const calls: FakeCall[] = [];
  const heroku = createFakeHeroku({
    now: NOW,
    faults: (call) => {
      calls.push(call);
      return "drop";
    },
  });
  const body = { description: "ci" };
  await assertRejects(() => call(heroku, "POST", `${AUTHORIZATIONS}?a=1`, { body }), TypeError);

  assertEquals(calls, [{
    number: 1,
    at: NOW,
    method: "POST",
    path: AUTHORIZATIONS,
    query: "?a=1",
    token: heroku.token,
    body,
  }]);
});

Deno.test("every request is recorded, with its token and what became of it", async () => {
  const heroku = createFakeHeroku({
    now: NOW,
    faults: ({ number }) => ([undefined, "lose", "drop"] as const)[number - 1],
  });
  const { token } = heroku.issue({ scope: ["read"] });
  const answered = await call(heroku, "GET", AUTHORIZATIONS, {
    token,
    headers: { Range: "id .." },
  });
  heroku.advance(5);
  await call(heroku, "POST", AUTHORIZATIONS, { body: "{" }).catch(() => undefined);
  await call(heroku, "GET", "/account").catch(() => undefined);

  assertEquals(
    heroku.requests.map(({ headers: _headers, requestId: _requestId, ...request }) => request),
    [
      {
        number: 1,
        at: NOW,
        method: "GET",
        path: AUTHORIZATIONS,
        query: "",
        token,
        body: undefined,
        status: 403,
        fault: undefined,
      },
      {
        number: 2,
        at: NOW + 5,
        method: "POST",
        path: AUTHORIZATIONS,
        query: "",
        token: heroku.token,
        body: "{",
        status: "lost",
        fault: "lose",
      },
      {
        number: 3,
        at: NOW + 5,
        method: "GET",
        path: "/account",
        query: "",
        token: heroku.token,
        body: undefined,
        status: "dropped",
        fault: "drop",
      },
    ],
  );
  assertEquals(heroku.requests[0].headers.get("Range"), "id ..");
  assertEquals(heroku.requests[0].requestId, answered.headers.get("Request-Id"));
  assertEquals(new Set(heroku.requests.map(({ requestId }) => requestId)).size, 3);
});

Deno.test("'record' switches the recording off or caps it, and the count goes on", async () => {
  for (const [record, kept] of [[true, 5], [false, 0], [2, 2]] as const) {
    const heroku = createFakeHeroku({ faults: false, record });
    for (let made = 0; made < 5; made++) await call(heroku, "GET", "/account");
    assertEquals([heroku.requests.length, heroku.calls], [kept, 5]);
  }
});

Deno.test("fetch takes a Request, a URL or a string, by itself or with options", async () => {
  const { fetch, token } = createFakeHeroku({ faults: false });
  const url = "https://api.heroku.com/account";
  const headers = { Accept: ACCEPT, Authorization: `Bearer ${token}` };

  assertEquals((await fetch(new Request(url, { headers }))).status, 200);
  assertEquals((await fetch(new URL(url), { headers })).status, 200);
  assertEquals((await fetch(url, { headers })).status, 200);
  assertEquals((await fetch(new Request(url), { headers })).status, 200);
  assertEquals((await fetch(new Request("http://127.0.0.1:1/account", { headers }))).status, 200);
});

Deno.test("fetch rejects with the reason of a signal that has aborted, before anything happens", async () => {
  const heroku = createFakeHeroku({ faults: false });
  const reason = new Error("Enough");
  const rejected = await assertRejects(() =>
    call(heroku, "POST", AUTHORIZATIONS, { body: {}, signal: AbortSignal.abort(reason) })
  );

  assertEquals(rejected, reason);
  assertEquals([heroku.live(), heroku.calls], [[], 0]);
});

Deno.test("ids and tokens depend on the seed, and differ from each other", async () => {
  async function made(seed: number): Promise<string[]> {
    const heroku = createFakeHeroku({ seed, faults: false });
    const record = shown(await call(heroku, "POST", AUTHORIZATIONS, { body: {} }));
    return [heroku.token, record.id, record.access_token.id, record.access_token.token];
  }

  assertEquals(await made(1), await made(1));
  assertEquals(new Set([...await made(1), ...await made(2)]).size, 8);
});

Deno.test("tokenForm decides the form of every token made", async () => {
  const heroku = createFakeHeroku({ faults: false, tokenForm: "uuid" });
  const record = shown(await call(heroku, "POST", AUTHORIZATIONS, { body: {} }));

  for (const token of [heroku.token, heroku.issue().token, record.access_token.token]) {
    assertMatch(token, /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/);
  }
});

Deno.test("'token' is the admin token that is taken", async () => {
  const heroku = createFakeHeroku({ faults: false, token: "admin" });

  assertEquals([heroku.token, heroku.accepts("admin"), heroku.live()], ["admin", true, []]);
  assertEquals((await call(heroku, "GET", AUTHORIZATIONS)).status, 200);
  heroku.setAccount({ adminRevoked: true });
  assertEquals(heroku.accepts("admin"), false);
});

Deno.test("'warningMessage' is in the answers of the API", async () => {
  const heroku = createFakeHeroku({
    faults: ({ number }) => number === 2 ? "html" : undefined,
    warningMessage: "Deprecated",
  });
  const warned = await call(heroku, "GET", "/account");
  const page = await call(heroku, "GET", "/account");

  assertEquals(warned.headers.get("Warning-Message"), "Deprecated");
  assertEquals(page.headers.get("Warning-Message"), null);
});

Deno.test("'live' lets the clock run with real time", async () => {
  const heroku = createFakeHeroku({ faults: false, live: true, now: NOW });
  const { id } = heroku.issue({ expires_in: 0.005 });
  await new Promise((resolve) => setTimeout(resolve, 20));

  assertEquals(heroku.live(), []);
  assertEquals(heroku.deletions[0].id, id);
});

Deno.test("setRateLimitRemaining() refuses what no pool can hold", () => {
  const heroku = createFakeHeroku();
  for (const remaining of [-1, 4501, NaN]) {
    assertThrows(() => heroku.setRateLimitRemaining(remaining), TypeError, String(remaining));
  }
});

Deno.test("any Range is answered 200, 206 or 416", async () => {
  const heroku = createFakeHeroku({ faults: false });
  for (let made = 0; made < 5; made++) heroku.issue();
  const parts = fc.constantFrom(
    "id",
    " ",
    "]",
    "[",
    "..",
    "a",
    "9",
    ";",
    "max=2",
    "order=desc",
    ",",
  );
  const header = fc.oneof(
    fc.array(parts).map((chosen) => chosen.join("")),
    fc.string({ unit: fc.constantFrom(..."id .;=[]max019\t~é") }),
  );
  await fc.assert(fc.asyncProperty(header, async (Range) => {
    const { status } = await call(heroku, "GET", AUTHORIZATIONS, { headers: { Range } });
    assert([200, 206, 416].includes(status), `${status}`);
    heroku.setRateLimitRemaining(4500);
  }));
});

/** Runs the fake over real HTTP, on a port of its own. */
async function overHttp(
  heroku: FakeHeroku,
  use: (
    request: (method: string, path: string, body?: string) => Promise<Response>,
  ) => Promise<void>,
): Promise<void> {
  const server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen: () => {} }, heroku.handler);
  const client = Deno.createHttpClient({});
  try {
    await use((method, path, body) =>
      fetch(`http://127.0.0.1:${server.addr.port}${path}`, {
        client,
        method,
        body,
        headers: { Accept: ACCEPT, Authorization: `Bearer ${heroku.token}` },
      })
    );
  } finally {
    client.close();
    await server.shutdown();
  }
}

Deno.test("handler answers over HTTP as fetch does in-process", async () => {
  const heroku = createFakeHeroku({ faults: false });
  await overHttp(heroku, async (request) => {
    const made = await request("POST", AUTHORIZATIONS, '{"description":"ci"}');
    assertEquals(made.status, 201);
    assertEquals(
      (await made.json() as { access_token: { token: string } }).access_token.token,
      heroku.live()[0].token,
    );

    const list = await request("GET", AUTHORIZATIONS);
    assertEquals([list.status, list.headers.get("RateLimit-Remaining")], [200, "4498"]);
    assertEquals((await list.json() as unknown[]).length, 1);

    const missing = await request("DELETE", `${AUTHORIZATIONS}/nowhere`);
    assertEquals([missing.status, (await missing.json() as { id: string }).id], [404, "not_found"]);
  });
});

for (const [fault, live] of [["drop", 0], ["lose", 1]] as const) {
  Deno.test(`'${fault}' makes a fetch over HTTP reject, and the next one works`, async () => {
    const heroku = createFakeHeroku({
      faults: ({ number }) => number === 1 ? fault : undefined,
    });
    await overHttp(heroku, async (request) => {
      await assertRejects(() => request("POST", AUTHORIZATIONS, "{}"), TypeError);
      assertEquals(heroku.live().length, live);

      const next = await request("GET", AUTHORIZATIONS);
      assertEquals((await next.json() as unknown[]).length, live);
    });
  });
}

Deno.test("every other fault is answered over HTTP as it is in-process", async () => {
  const kinds: FaultKind[] = ["slow", "429", "500-after", "503", "html", "html-200", "truncated"];
  const inProcess = createFakeHeroku({ now: NOW, faults: ({ number }) => kinds[number - 1] });
  const served = createFakeHeroku({ now: NOW, faults: ({ number }) => kinds[number - 1] });
  await overHttp(served, async (request) => {
    for (const _kind of kinds) {
      const expected = await call(inProcess, "POST", AUTHORIZATIONS, { body: {} });
      const answer = await request("POST", AUTHORIZATIONS, "{}");
      assertEquals([answer.status, await answer.text()], [expected.status, expected.text]);
      for (const [name, value] of expected.headers) assertEquals(answer.headers.get(name), value);
    }
  });
  assertEquals(served.live(), inProcess.live());
});
