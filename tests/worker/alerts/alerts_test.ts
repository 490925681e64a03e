import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { DAY, HOUR, MINUTE } from "@std/datetime/constants";
import { verifyAlert } from "../../../lib/webhook.ts";
import { createTestAccount, type TestAccount } from "../account/sweep_account.ts";
import { createTable, type Env } from "../sample.ts";
import {
  ALERTS_KEY,
  configureSlack,
  configureWebhook,
  type Receiver,
  startReceiver,
} from "./receivers.ts";

/** An account where all is well: its one credential is young, and lives for long. */
function startAccount(): TestAccount {
  const account = createTestAccount();
  account.heroku.issue({
    description: "ci",
    scope: ["write"],
    created_at: account.heroku.now() - DAY,
    expires_in: 30 * DAY / 1000,
  });
  return account;
}

/** Has attempts fail, with these words. */
async function fail({ ledger, heroku }: TestAccount, error: string, times = 3): Promise<void> {
  await end({ ledger, heroku }, { outcome: "failure", error, refused: false }, times);
}

/** Has an attempt end well. */
async function mend({ ledger, heroku }: TestAccount): Promise<void> {
  await end({ ledger, heroku }, { outcome: "success" }, 1);
}

async function end(
  { ledger, heroku }: Pick<TestAccount, "ledger" | "heroku">,
  how:
    | { readonly outcome: "success" }
    | { readonly outcome: "failure"; readonly error: string; readonly refused: boolean },
  times: number,
): Promise<void> {
  for (let time = 0; time < times; time++) {
    const { record } = await ledger.readCredential("ci") ?? {};
    const attempt = (record?.attempt ?? 0) + 1;
    const at = heroku.now();
    const [lease] = await ledger.claim([{ credential: "ci", attempt, seenLease: null }], at + HOUR);
    await ledger.write(lease, [{ kind: "end", end: how, at }]);
  }
}

const told = ({ received }: Receiver) => received.map(({ body }) => `${body.change} ${body.title}`);

const STARTED = "started ci: Rotations fail again and again";
const OVER = "over Over: ci: Rotations fail again and again";

Deno.test("a problem is told once when it starts and once when it is over, and never in between", async () => {
  await using receiver = startReceiver();
  await using account = startAccount();
  const env = configureWebhook(receiver);
  await account.sweep(env);
  assertEquals(told(receiver), []);
  await fail(account, "Cannot deliver to the config var: give the account access to the app");
  for (let day = 0; day < 3; day++) {
    await account.sweep(env);
    account.heroku.advance(DAY);
  }
  assertEquals(told(receiver), [STARTED]);
  await mend(account);
  await account.sweep(env);
  await account.sweep(env);
  assertEquals(told(receiver), [STARTED, OVER]);
  assertEquals(account.alerts.readOpen(), []);
  const kinds = account.events.read({ after: 0, limit: 1_000, kind: "alerted" }).lines
    .map((line) => JSON.parse(line).message);
  assertEquals(kinds, [
    "started, to webhook. ci: Rotations fail again and again",
    "over, to webhook. Over: ci: Rotations fail again and again",
  ]);
});

Deno.test("an alert says what is wrong, where, since when and what to do, and links to the page", async () => {
  await using receiver = startReceiver();
  await using account = startAccount();
  const env = { ...configureWebhook(receiver), PAGE_URL: "https://herotate.example.com" };
  await account.sweep(env);
  await fail(account, "Cannot deliver to the config var: give the account access to the app");
  await account.sweep(env);
  const [{ body, headers }] = receiver.received;
  const { id, since, at, details, ...rest } = body;
  assertEquals(rest, {
    change: "started",
    severity: "warning",
    problem: "credential ci",
    account: "heroku",
    credential: "ci",
    kinds: ["credential_failing"],
    step: "create",
    places: [],
    title: "ci: Rotations fail again and again",
    page: "https://herotate.example.com/",
  });
  assertEquals([since, at], [
    new Date(account.heroku.now()).toISOString(),
    new Date(account.heroku.now()).toISOString(),
  ]);
  assertStringIncludes(details[0], "give the account access to the app");
  assertEquals(headers.get("idempotency-key"), id);
});

Deno.test("verifyAlert() believes what Herotate signed, and nothing else", async () => {
  await using receiver = startReceiver();
  await using account = startAccount();
  const env = configureWebhook(receiver);
  await fail(account, "It is down").catch(() => undefined);
  await account.sweep(env);
  await fail(account, "It is down");
  await account.sweep(env);
  const [{ headers, text }] = receiver.received;
  const request = (body: string) =>
    new Request("https://example.com/", { method: "POST", headers, body });
  const options = { now: account.heroku.now() };
  const verified = await verifyAlert(request(text), ALERTS_KEY, options);
  assert(verified.valid);
  assertEquals(verified.alert.credential, "ci");
  for (
    const refused of [
      await verifyAlert(request(text.replace("started", "over")), ALERTS_KEY, options),
      await verifyAlert(request(text), "another-key-0123456789", options),
      await verifyAlert(request(text), ALERTS_KEY, { now: options.now + HOUR }),
    ]
  ) assert(!refused.valid);
});

Deno.test("a channel that fails for a week keeps its alerts in order, is told of once elsewhere, and gets all of them", async () => {
  await using broken = startReceiver();
  await using other = startReceiver();
  await using account = startAccount();
  const { ALERTS, ...secrets } = configureSlack(broken);
  const env: Env = {
    ...secrets,
    ...configureWebhook(other),
    ALERTS: [
      ...ALERTS as Env[],
      { type: "webhook", name: "other", url: other.url, signing_secret: "ALERTS_KEY" },
    ],
  };
  broken.answer = ({ text }) => new Response(text, { status: 500 });
  await account.sweep(env);
  await fail(account, "It is down");
  for (let hour = 0; hour < 7 * 24; hour++) {
    await account.sweep(env);
    account.heroku.advance(HOUR);
  }
  const health = account.sweeps.health()?.reasons.map(({ kind }) => kind);
  assert(health?.includes("channel_broken"), String(health));
  assertEquals(told(other).slice(0, 2), [STARTED, "started slack: Alerts do not get through"]);
  assertEquals(told(other).filter((title) => title.includes("slack")).length, 1);
  broken.answer = () => new Response("ok");
  broken.received.length = 0;
  await mend(account);
  await account.sweep(env);
  assertEquals(broken.received.map(({ body }) => body.text.split("\n")[0]).slice(0, 1), [
    "*ci: Rotations fail again and again*",
  ]);
  assertEquals(broken.received.at(-1)?.body.text.split("\n")[0].startsWith("*Over: ci"), true);
  await account.sweep(env);
  assertEquals(told(other).at(-1), "over Over: slack: Alerts do not get through");
  assertEquals(broken.received.some(({ text }) => text.includes("slack:")), false);
});

Deno.test("a channel that redirects, refuses or is not there is told in the log, without its address, and is asked once a sweep", async () => {
  const table: readonly (readonly [string, Receiver["answer"]])[] = [
    ["The chat answered 302", () => Response.redirect("http://127.0.0.1:1/", 302)],
    [
      "The chat answered 404: make a new webhook there, and run `wrangler secret put SLACK_URL`",
      ({ text }) => new Response(`no_service ${text}`, { status: 404 }),
    ],
    ["The chat answered 429", () => new Response("slow down", { status: 429 })],
  ];
  for (const [says, answer] of table) {
    await using receiver = startReceiver();
    await using account = startAccount();
    receiver.answer = answer;
    const env = configureSlack(receiver);
    await account.sweep(env);
    await fail(account, "It is down");
    await account.sweep(env);
    account.heroku.advance(MINUTE);
    await account.sweep(env);
    const lines = account.lines.filter(({ event }) => event === "alert_failed");
    assertEquals(lines.map(({ error }) => error), [says, says]);
    assertEquals(receiver.received.length, 2);
    assert(!JSON.stringify(account.lines).includes("secret-of-mine"));
    assertEquals(account.alerts.readWaiting("slack").length, 1);
  }
});

Deno.test("an alert holds no token and no secret, whatever a service's own words hold", async () => {
  await using receiver = startReceiver();
  await using account = startAccount();
  const env = { ...configureSlack(receiver), READER_KEY: "reader-key-of-mine-0123456789" };
  await account.sweep(env);
  const token = account.heroku.token;
  await fail(
    account,
    `It said <!channel> & ${token}, reader-key-of-mine-0123456789, HRKU-AAabcdefghijklmnopqrstuvwxyz0123456789`,
  );
  await account.sweep(env);
  const [{ body: { text } }] = receiver.received;
  assertStringIncludes(text, "It said &lt;!channel&gt; &amp; [redacted]");
  assert(!text.includes(token) && !text.includes("HRKU-AA"));
});

Deno.test("a channel takes the problems of its accounts, credentials and kinds, and those of the whole account", async () => {
  const table: readonly (readonly [Env, readonly string[]])[] = [
    [{ kinds: ["credential_failing"] }, [STARTED]],
    [{ kinds: ["credential_urgent"] }, []],
    [{ credentials: ["other"] }, []],
    [{ credentials: ["ci"] }, [STARTED]],
    [{ accounts: ["heroku"] }, [STARTED]],
  ];
  for (const [members, expected] of table) {
    await using receiver = startReceiver();
    await using account = startAccount();
    account.heroku.issue({ description: "other", scope: ["write"], expires_in: 30 * DAY / 1000 });
    const env = {
      ...configureWebhook(receiver, members),
      CREDENTIALS: [
        createTable("ci", { scope: ["write"] }),
        createTable("other", { scope: ["write"] }),
      ],
    };
    await account.sweep(env);
    await fail(account, "It is down");
    await account.sweep(env);
    assertEquals(told(receiver).filter((each) => each.includes("fail")), expected);
  }
});

Deno.test("a configuration that is wrong elsewhere is told at once, and its end", async () => {
  await using receiver = startReceiver();
  await using account = startAccount();
  const env = configureWebhook(receiver);
  await account.sweep(env);
  await account.sweep({ ...env, FUSE: 7 });
  account.heroku.advance(2 * HOUR);
  await account.sweep({ ...env, FUSE: 7 });
  await account.sweep(env);
  const title = "The configuration is invalid, so nothing is done";
  assertEquals(told(receiver), [`started ${title}`, `over Over: ${title}`]);
  assertStringIncludes(receiver.received[0].body.details[0], "FUSE: ");
});

Deno.test("a credential that was never rotated lacks no token, and one whose token Heroku no longer knows is told of", async () => {
  await using receiver = startReceiver();
  await using account = startAccount();
  const both = [createTable("ci", { scope: ["write"] }), createTable("new", { scope: ["write"] })];
  const env = { ...configureWebhook(receiver), CREDENTIALS: both };
  await account.sweep(env);
  assertEquals(told(receiver), []);
  for (const { id, description } of account.heroku.live()) {
    if (description === "ci") account.heroku.revoke(id);
  }
  for (let sweep = 0; sweep < 4; sweep++) {
    account.heroku.advance(15 * MINUTE);
    await account.sweep(env);
  }
  const ofIt = told(receiver).filter((each) => each.includes("ci:"));
  assertEquals(ofIt, ["started ci: No live authorization"]);
});

Deno.test("what could not be written down is told by the next sweep", async () => {
  await using receiver = startReceiver();
  await using account = startAccount();
  const env = configureWebhook(receiver);
  await account.sweep(env);
  await fail(account, "It is down");
  account.fail = (statement) => statement.includes("INTO outbox") ? "It is full" : undefined;
  await account.sweep(env);
  assertEquals([told(receiver), account.alerts.readOpen()], [[], []]);
  account.fail = () => undefined;
  await account.sweep(env);
  assertEquals(told(receiver), [STARTED]);
});

Deno.test("an alert that was taken and could not be crossed out comes again, with the same id", async () => {
  await using receiver = startReceiver();
  await using account = startAccount();
  const env = configureWebhook(receiver);
  await account.sweep(env);
  await fail(account, "It is down");
  account.fail = (statement) =>
    statement.startsWith("DELETE FROM outbox WHERE number =") ? "Full" : undefined;
  await account.sweep(env);
  account.fail = () => undefined;
  await account.sweep(env);
  assertEquals(told(receiver), [STARTED, STARTED]);
  assertEquals(new Set(receiver.received.map(({ body }) => body.id)).size, 1);
});
