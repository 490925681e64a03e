import { DatabaseSync } from "node:sqlite";
import { assertEquals, assertGreater } from "@std/assert";
import { canary, keys, until } from "./harness.ts";
import { type HurriedWorker, startHurriedWorker } from "./hurried_worker.ts";
import { createLeakSearch } from "./leak_search.ts";
import { createSearch, findLeaks, findOutboundLeaks } from "./leaks.ts";
import { sealingKey, startProcess } from "./process.ts";
import { configVar, type Outbound, startSurroundings, type Surroundings } from "./surroundings.ts";

/** The token of the request: what it delivers, or what it carries. */
function tokenOf({ headers, body }: Outbound): string {
  const json: Record<string, string> = body === "" ? {} : JSON.parse(body);
  return json.token ?? json[configVar] ?? headers.get("authorization")?.replace("Bearer ", "") ??
    "";
}

/** A token as a service may write it. */
function disguise(token: string): string {
  const bytes = new TextEncoder().encode(token);
  return [
    token,
    encodeURIComponent(token),
    JSON.stringify(JSON.stringify({ token })),
    bytes.toHex(),
    bytes.toHex().toUpperCase(),
    ...["", "x", "xy"].map((before) => btoa(before + token)),
    token.slice(0, 40),
    token.slice(3),
  ].join(" ");
}

type Misbehaviour = (request: Outbound) => Response | undefined;

const onWebhook = (answer: (request: Outbound) => Response): Misbehaviour => (request) =>
  request.to === "hook" ? answer(request) : undefined;
const onHeroku =
  (method: string, path: RegExp, answer: (request: Outbound) => Response): Misbehaviour =>
  (request) =>
    request.to === "heroku" && request.method === method && path.test(request.url.pathname)
      ? answer(request)
      : undefined;
const echo = (status: number, headers?: HeadersInit) => (request: Outbound) =>
  Response.json({ id: tokenOf(request), message: `No: ${disguise(tokenOf(request))}` }, {
    status,
    statusText: tokenOf(request),
    headers: { "X-Echo": tokenOf(request), ...headers },
  });

/** A credential for each way in which a service may repeat a token to the Worker. */
const misbehaviours: Readonly<Record<string, Misbehaviour>> = {
  "good": () => undefined,
  "hook-400": onWebhook(echo(400)),
  "hook-401": onWebhook(({ body }) => new Response(body, { status: 401 })),
  "hook-403-html": onWebhook((request) =>
    new Response(`<html><title>${tokenOf(request)}</title>`, {
      status: 403,
      headers: { "Content-Type": "text/html" },
    })
  ),
  "hook-409": onWebhook(echo(409)),
  "hook-429": onWebhook(echo(429, { "Retry-After": "1" })),
  "hook-500": onWebhook(echo(500)),
  "hook-moved": onWebhook((request) =>
    new Response(null, {
      status: 302,
      headers: {
        Location: `https://${tokenOf(request)}.example/${tokenOf(request)}?${tokenOf(request)}`,
      },
    })
  ),
  "hook-other": onWebhook((request) => Response.json({ fingerprint: tokenOf(request) })),
  "hook-cut": onWebhook((request) =>
    // A head that is too large to be read: the connection breaks.
    new Response(null, { headers: { "X-Echo": tokenOf(request).repeat(10_000) } })
  ),
  "var-422": onHeroku("PATCH", /config-vars/, echo(422)),
  "var-500": onHeroku("PATCH", /config-vars/, echo(500)),
  "var-other": onHeroku(
    "PATCH",
    /config-vars/,
    (request) => Response.json({ [configVar]: `${tokenOf(request)}!` }),
  ),
  "var-text": onHeroku("GET", /config-vars/, (request) => new Response(tokenOf(request))),
  "create-422": onHeroku("POST", /authorizations/, echo(422)),
  "create-500": onHeroku("POST", /authorizations/, echo(500)),
  "create-partial": onHeroku(
    "POST",
    /authorizations/,
    () =>
      Response.json({ access_token: { token: `HRKU-AA${canary}-partial`, id: 7 } }, {
        status: 201,
      }),
  ),
  "create-cut": onHeroku(
    "POST",
    /authorizations/,
    () => new Response(`{"access_token":{"token":"HRKU-AA${canary}-cut`, { status: 201 }),
  ),
  "prove-401": onHeroku("GET", /account/, echo(401)),
  "prove-500": onHeroku("GET", /account/, echo(500, { "Retry-After": "0" })),
  "delete-403": onHeroku("DELETE", /authorizations/, echo(403)),
};
const names = Object.keys(misbehaviours);

function configure({ hookUrl }: Surroundings) {
  return names.map((name) => ({
    name,
    grace: "1s",
    targets: [
      { type: "heroku-config-var", app: name, name: configVar },
      { type: "webhook", url: `${hookUrl}/${name}`, signing_secret: "HOOK_KEY" },
      { type: "store", reader_key_secret: "CI_READER_KEY" },
    ],
  }));
}

/** Everything that can be asked of the Worker, with every key that somebody may hold. */
async function* ask(worker: Pick<HurriedWorker, "fetch">, { heroku }: Surroundings) {
  const ways = (path: string, keys: readonly string[]) => [
    { path, method: "GET", authorization: "" },
    ...keys.flatMap((key) => [
      { path, method: "GET", authorization: `Bearer ${key}` },
      { path, method: "GET", authorization: `Basic ${btoa(`anybody:${key}`)}` },
      { path, method: "POST", authorization: `Bearer ${key}` },
    ]),
  ];
  const all = [keys.page, keys.reader, keys.webhook, heroku.token];
  const requests = [
    ...ways("/", [keys.page]),
    ...ways("/status", all),
    ...ways("/healthz", []),
    ...ways("/nothing", all),
    ...ways("/credentials/good/token", all),
    ...ways("/credentials/hook-400/token", [keys.reader]),
    ...ways("/credentials/no one/token", [keys.page]),
  ];
  for (const { path, method, authorization } of requests) {
    const headers: HeadersInit = authorization === "" ? {} : { authorization };
    const response = await worker.fetch(path, { method, headers });
    const { status } = response;
    const answer = JSON.stringify([status, ...response.headers, await response.text()]);
    const isStore = path.startsWith("/credentials/") && status === 200;
    yield { where: `${method} ${path}`, status, answer, isStore };
  }
}

/** Searches every answer but those of the store, which must show its token. Gives the statuses seen. */
async function searchAnswers(
  worker: Pick<HurriedWorker, "fetch">,
  around: Surroundings,
  leaks: Set<string>,
): Promise<Set<number>> {
  const statuses = new Set<number>();
  const search = createSearch(around);
  for await (const { where, status, answer, isStore } of ask(worker, around)) {
    statuses.add(status);
    const found = search.find(`the answer to ${where}`, answer);
    if (isStore) assertGreater(found.length, 0, "The search misses what the store hands out");
    else found.forEach((leak) => leaks.add(leak));
  }
  return statuses;
}

function addAll(leaks: Set<string>, found: readonly string[]): void {
  found.forEach((leak) => leaks.add(leak));
}

Deno.test("The search finds a secret in every disguise", async () => {
  const { find, findInFolder } = createLeakSearch([{ name: "It", value: canary }]);
  const bytes = new TextEncoder().encode(`A ${canary} B`);
  const wide = new Uint8Array(new Uint16Array(bytes).buffer);
  for (const before of ["", "x", "xy"]) {
    assertGreater(find("here", btoa(`${before}${canary}!`)).length, 0);
  }
  assertEquals(find("here", bytes), ["It (raw) in here"]);
  assertEquals(find("here", bytes.toHex()), ["It (hex) in here"]);
  assertEquals(find("here", bytes.toHex().toUpperCase()), ["It (HEX) in here"]);
  assertEquals(find("here", wide), ["It (UTF-16) in here"]);
  assertEquals(find("here", canary.slice(1)), []);

  const folder = await Deno.makeTempDir();
  using database = new DatabaseSync(`${folder}/a.sqlite`);
  database.exec("CREATE TABLE a (b TEXT, c BLOB)");
  database.prepare("INSERT INTO a VALUES (?, ?)").run("-".repeat(4060) + canary, bytes);
  assertEquals(findInFolder(folder).some((leak) => leak.startsWith("It (raw) in a row of")), true);
  await Deno.remove(folder, { recursive: true });
});

Deno.test({
  name:
    "No token and no key leaks into the log, an answer, the storage or a request, however services repeat them",
  sanitizeOps: false,
  sanitizeResources: false,
  async fn() {
    const leaks = new Set<string>();
    await using around = startSurroundings({ adopted: names }, { redact: false });
    around.answer = (request) => misbehaviours[request.credential ?? ""]?.(request);
    around.heroku.insert({ id: 7, access_token: { token: `HRKU-AA${canary}-malformed` } });
    await using worker = await startHurriedWorker(around, { credentials: configure(around) });
    // The first sweep adopts nothing yet, as the list holds a record that no one can read.
    await worker.cron();
    await worker.cron();
    await until("every run has ended", async () => {
      const [{ running }] = await worker.query(
        "SELECT count(*) AS running FROM credentials WHERE attempt = 0 OR lease_until IS NOT NULL",
      );
      return running === 0;
    }, 40_000);
    await worker.cron();
    const [{ failed }] = await worker.query(
      "SELECT count(*) AS failed FROM credentials WHERE failures = 1 AND error IS NOT NULL",
    );
    assertEquals(failed, names.length - 1);
    const statuses = await searchAnswers(worker, around, leaks);
    assertEquals([...statuses].sort(), [200, 401, 404, 405]);
    addAll(leaks, createSearch(around).find("the log", worker.logs()));

    // Whoever mistakes a name for the secret itself must not find it on the page.
    await worker.reconfigure({
      credentials: [
        ...configure(around),
        { name: "new", targets: [{ type: "store", reader_key_secret: around.heroku.token }] },
        { name: "newer", scope: keys.page, grace: keys.reader, paused: sealingKey },
      ],
      vars: { HEROKU_URL: `https://api.heroku.com/?token=${around.heroku.token}` },
    });
    await worker.cron();
    assertEquals([...await searchAnswers(worker, around, leaks)].sort(), [200, 401, 404, 405, 503]);
    addAll(leaks, createSearch(around).find("the log", worker.logs()));

    // Nothing can be opened with another key.
    await worker.reconfigure({
      credentials: configure(around),
      secrets: { SEALING_KEY: btoa("0123456789abcdef0123456789abcdef") },
    });
    await worker.cron();
    await searchAnswers(worker, around, leaks);
    addAll(leaks, createSearch(around).find("the log", worker.logs()));

    // Nor does a broken ledger reveal what it holds.
    await worker.query("DROP TABLE deliveries");
    await worker.cron().catch(() => {});
    await searchAnswers(worker, around, leaks);
    addAll(leaks, createSearch(around).find("the log", worker.logs()));

    addAll(leaks, createSearch(around).findInFolder(worker.storage));
    addAll(leaks, findOutboundLeaks(around));
    assertEquals([...leaks].slice(0, 20), []);
  },
});

Deno.test({
  name: "No token and no key leaks from a Worker that is killed in the midst of failing",
  sanitizeOps: false,
  sanitizeResources: false,
  async fn() {
    const leaks = new Set<string>();
    await using around = startSurroundings({ adopted: names }, { redact: false });
    const misbehaved = new Set<string>(["good"]);
    around.answer = (request) => {
      const answer = misbehaviours[request.credential ?? ""]?.(request);
      if (answer) misbehaved.add(request.credential ?? "");
      return answer;
    };
    await using worker = await startProcess({
      credentials: configure(around),
      herokuUrl: around.herokuUrl,
      herokuToken: around.heroku.token,
    });
    await worker.cron();
    await until("all have misbehaved", () => misbehaved.size === names.length);
    await until(
      "those without a second try have failed",
      async () =>
        (await worker.status()).credentials.filter(({ failures }) => failures > 0).length >= 9,
    );
    await searchAnswers(worker, around, leaks);
    addAll(leaks, await findLeaks(worker, around));
    assertEquals([...leaks], []);
  },
});
