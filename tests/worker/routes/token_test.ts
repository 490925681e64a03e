import { assert, assertEquals, assertMatch } from "@std/assert";
import fc from "fast-check";
import type { Entry } from "../../../lib/rotation/ledger.ts";
import { createSealing } from "../../../lib/rotation/sealing.ts";
import { createLedger } from "../../../worker/account/ledger.ts";
import { createApp } from "../../../worker/app.ts";
import { createLog } from "../../../worker/log.ts";
import {
  canary,
  createAccountsEnv,
  createBusyEnv,
  createEntry,
  createEnv,
  createIdleAccount,
  createTable,
  type Env,
  keys,
  now,
  parse,
  servedToken,
} from "../sample.ts";
import { type Asked, basic, bearer, broken, fillDatabase, run, tokenPath } from "../running_app.ts";

Deno.test("GET /credentials/:name/token asks the account that the credential is in", async () => {
  const env = createAccountsEnv(["acme", "globex"]);
  const targets = [{ type: "store", reader_key_secret: "READER_KEY" }];
  const CREDENTIALS = [
    createTable("acme", { account: "acme" }),
    createTable("ci", { account: "globex", targets }),
  ];
  const entry = createEntry("ci", 7);
  const sealing = await createSealing(String(env.SEALING_KEY));
  const sealedToken = await sealing.seal(servedToken, entry);
  const asked: string[] = [];
  const { get } = await run({ ...env, CREDENTIALS }, {
    account: (account) => ({
      ...broken,
      readServed: (name) => {
        asked.push(`${account}/${name}`);
        return Promise.resolve({ ...entry, sealedToken });
      },
    }),
  });
  const response = await get("/credentials/ci/token", bearer(keys.reader));
  assertEquals([response.status, await response.text()], [200, servedToken]);
  assertEquals(asked, ["globex/ci"]);
});

Deno.test("GET /credentials/:name/token hands the bare token to its reader", async () => {
  const { get } = await run(createBusyEnv());
  for (const headers of [bearer(keys.reader), basic("ci", keys.reader)]) {
    const response = await get(tokenPath, headers);
    assertEquals([response.status, await response.text()], [200, servedToken]);
    assertMatch(response.headers.get("Content-Type") ?? "", /^text\/plain; ?charset=UTF-8$/i);
    assertEquals(response.headers.get("Cache-Control"), "no-store");
  }
});

Deno.test("GET /credentials/:name/token goes on handing out its token after a change of account", async () => {
  const database = await fillDatabase();
  await createLedger(database).changeAccount({ id: "account-2", token: "fingerprint-2" }, now);
  const account = createIdleAccount(database);
  const response = await (await run(createBusyEnv(), { account })).get(
    tokenPath,
    bearer(keys.reader),
  );
  assertEquals([response.status, await response.text()], [200, servedToken]);
});

Deno.test("GET /credentials/:name/token gives more to a client that wants JSON", async () => {
  const { get } = await run(createBusyEnv());
  const table = [
    ["application/json", true],
    ["application/json, */*;q=0.5", true],
    ["text/plain, application/json;q=0.5", false],
    ["*/*", false],
    ["text/html", false],
  ] as const;
  for (const [accept, json] of table) {
    const response = await get(tokenPath, { ...bearer(keys.reader), Accept: accept });
    const text = await response.text();
    assertEquals(
      json ? JSON.parse(text) : text,
      json
        ? { token: servedToken, generation: 7, expires_at: "2026-11-02T13:05:00.000Z" }
        : servedToken,
    );
  }
});

Deno.test("GET /credentials/:name/token gives one answer whatever is wrong with the key", async () => {
  const { get } = await run(createBusyEnv());
  const answers = new Set<string>();
  const attempts: [string, HeadersInit][] = [
    [tokenPath, {}],
    [tokenPath, bearer("wrong-key-0123456789")],
    [tokenPath, bearer("not a key")],
    [tokenPath, bearer(keys.other)],
    [tokenPath, bearer(keys.page)],
    ["/credentials/no one/token", bearer(keys.reader)],
    ["/credentials/no one/token", {}],
    ["/credentials/old-laptop/token", bearer(keys.reader)],
    ["/credentials/%ff/token", bearer(keys.reader)],
    ["/credentials/constructor/token", bearer("undefined")],
    ["/credentials//token", bearer(keys.reader)],
  ];
  for (const [path, headers] of attempts) {
    const response = await get(path, headers);
    answers.add(
      JSON.stringify([response.status, [...response.headers], await response.text()])
        .replace(/nonce-[\w+/=]+/, "nonce"),
    );
  }
  assertEquals(answers.size, 1, [...answers].join("\n"));
  assertMatch([...answers][0], /^\[401,/);
});

Deno.test("GET /credentials/:name/token is 503 while there is no live token", async () => {
  const env = createBusyEnv();
  const sealing = await createSealing(String(env.SEALING_KEY));
  const entry = createEntry("ci-deploy", 7);
  const sealedToken = await sealing.seal(servedToken, entry);
  const read = (changes: Partial<Entry>) => ({
    ...broken,
    readServed: () => Promise.resolve({ ...entry, sealedToken, ...changes }),
  });
  const table: [string, Asked, number][] = [
    ["a live token", read({}), 200],
    ["one that expires in a moment", read({ expiresAt: now + 1 }), 200],
    ["one that never expires", read({ expiresAt: null }), 200],
    ["expired", read({ expiresAt: now }), 503],
    ["forgotten", read({ sealedToken: null }), 503],
    ["of another generation", read({ generation: 8 }), 503],
    ["altered", read({ sealedToken: "v1.a.b.c.d" }), 503],
    ["none that may be handed out", { ...broken, readServed: () => Promise.resolve(null) }, 503],
    ["no account", broken, 503],
  ];
  for (const [title, account, status] of table) {
    const { get, lines } = await run(env, { account });
    const response = await get(tokenPath, bearer(keys.reader));
    assertEquals(response.status, status, title);
    assertEquals(response.headers.get("Retry-After"), status === 503 ? "60" : null, title);
    assert(!lines.join().includes(canary));
  }
});

Deno.test("GET /credentials/:name/token is 503 with an invalid configuration", async () => {
  const { get } = await run({ ...createBusyEnv(), FUSE: 7 });
  const response = await get(tokenPath, bearer(keys.reader));
  assertEquals([response.status, response.headers.get("Retry-After")], [503, "60"]);
  assert(!(await response.text()).includes(servedToken));
});

Deno.test("GET /credentials/:name/token finds every name that the configuration takes", async () => {
  const name = fc.oneof(
    fc.string({ unit: "grapheme", minLength: 1, maxLength: 40 }),
    fc.array(fc.constantFrom("/", "%", "%2F", "?", "#", ";", "+", " ", "a", "\\", "token", ".."))
      .map((parts) => parts.join("")),
  );
  const sealing = await createSealing(String(createEnv().SEALING_KEY));
  async function createAccountOf(name: string): Promise<Asked> {
    const entry = createEntry(name, 1);
    const sealedToken = await sealing.seal(servedToken, entry);
    return {
      ...broken,
      readServed: (asked) => Promise.resolve(asked === name ? { ...entry, sealedToken } : null),
    };
  }
  let tried = 0;
  await fc.assert(fc.asyncProperty(name, async (name) => {
    const targets = [{ type: "store", reader_key_secret: "READER_KEY" }];
    const env = createEnv({ CREDENTIALS: [createTable(name, { targets })] });
    const configured = parse(env);
    if (!configured.ok) return;
    tried++;
    const account = await createAccountOf(name);
    const app = createApp({
      configured,
      account: () => account,
      allAccounts: { remember: () => Promise.resolve([]) },
      log: createLog({ write: () => {} }),
      now: () => now,
    });
    const path = `/credentials/${encodeURIComponent(name)}/token`;
    const response = await app.request(path, { headers: bearer(keys.reader) });
    assertEquals(await response.text(), servedToken, name);
  }));
  assert(tried > 20, `Only ${tried} names were right`);
});

Deno.test("GET /credentials/:name/token takes either of two reader keys, and no third", async () => {
  const busy = createBusyEnv();
  const [first, ...others] = busy.CREDENTIALS as Env[];
  const targets = (first.targets as Env[]).map((target) =>
    target.type === "store"
      ? { ...target, reader_key_secret: ["READER_KEY", "NEXT_READER_KEY"] }
      : target
  );
  const next = `next-reader-key-${canary}-0123456789`;
  const { get } = await run({
    ...busy,
    CREDENTIALS: [{ ...first, targets }, ...others],
    NEXT_READER_KEY: next,
  });
  for (const [key, status] of [[keys.reader, 200], [next, 200], [keys.other, 401]] as const) {
    assertEquals((await get(tokenPath, bearer(key))).status, status);
  }
});
