import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import type { Alert } from "../../../lib/alert.ts";
import { targets } from "../../../lib/targets/registry.ts";
import type { Channel } from "../../../worker/alerts/channel.ts";
import { post } from "../../../worker/alerts/post.ts";
import { parseConfiguration } from "../../../worker/config/configuration.ts";
import { createEnv, type Env } from "../sample.ts";
import { startReceiver } from "./receivers.ts";

const ROUTING_KEY = "0123456789abcdef0123456789abcdef";

const alert: Alert = {
  id: "5f3c7e10-0000-4000-8000-000000000000",
  change: "started",
  severity: "critical",
  problem: "credential ci",
  account: "heroku",
  credential: "ci",
  kinds: ["credential_urgent"],
  step: "deliver",
  places: ["webhook 'https://example.com/tokens'"],
  since: "2026-11-27T12:00:00.000Z",
  at: "2026-11-27T12:15:00.000Z",
  title: "ci: About to expire",
  details: ["It is down: see <the log> & mend it"],
  page: "https://herotate.example.com/",
};

/** Makes the one channel of a configuration. */
function createChannel(table: Env, env: Env = {}): Channel {
  const configured = parseConfiguration(
    createEnv({ ALERTS: [table], ...env }),
    targets,
    { fetch, now: Date.now },
  );
  assert(configured.ok, JSON.stringify(configured));
  return configured.channels[0];
}

/** Answers as PagerDuty's Events API v2 documents. */
function startPagerduty() {
  const receiver = startReceiver();
  const open = new Set<string>();
  receiver.answer = ({ path, body }) => {
    const { routing_key, event_action, dedup_key, payload } = body;
    const errors = [
      ...(path === "/v2/enqueue" ? [] : ["the path"]),
      ...(routing_key === ROUTING_KEY ? [] : ["Invalid routing key"]),
      ...(["trigger", "resolve"].includes(event_action) ? [] : ["event_action"]),
      ...(typeof dedup_key === "string" && dedup_key.length <= 255 ? [] : ["dedup_key"]),
      ...(event_action === "resolve" || (typeof payload?.summary === "string" &&
          typeof payload.source === "string" &&
          ["critical", "error", "warning", "info"].includes(payload.severity))
        ? []
        : ["payload"]),
    ];
    if (errors.length > 0) {
      return Response.json({ status: "invalid event", errors }, { status: 400 });
    }
    if (event_action === "trigger") open.add(dedup_key);
    else open.delete(dedup_key);
    return Response.json({ status: "success", dedup_key }, { status: 202 });
  };
  return Object.assign(receiver, { open });
}

Deno.test("a chat is told in its own form, without calling anybody", async () => {
  await using receiver = startReceiver();
  const channel = createChannel({ type: "slack", url_secret: "CHAT" }, { CHAT: receiver.url });
  await channel.send(alert);
  assertEquals(receiver.received.map(({ body }) => body), [{
    text: [
      "*ci: About to expire*",
      "- It is down: see &lt;the log&gt; &amp; mend it",
      "Step: deliver (webhook 'https://example.com/tokens')",
      "Since 2026-11-27 12:00 UTC",
      "https://herotate.example.com/",
    ].join("\n"),
  }]);
});

Deno.test("a chat and an e-mail are told of many in one message", async () => {
  await using receiver = startReceiver();
  const chat = createChannel({ type: "slack", url_secret: "CHAT" }, { CHAT: receiver.url });
  const emails: { subject: string; text: string }[] = [];
  const email = createChannel(
    { type: "email", binding: "EMAIL", from: "h@example.com", to: "o@example.com" },
    { EMAIL: { send: (each: typeof emails[number]) => Promise.resolve(emails.push(each)) } },
  );
  const alerts = [
    alert,
    { ...alert, change: "over", title: "Over: cd: <Rotations fail>" } as const,
  ];
  await chat.sendMany?.(alerts);
  await email.sendMany?.(alerts);
  const lines = [
    "- 2026-11-27 12:15 UTC ci: About to expire",
    "- 2026-11-27 12:15 UTC Over: cd: <Rotations fail>",
    "https://herotate.example.com/",
  ];
  assertEquals(emails[0].subject, "[Herotate] 2 changes: 1 began or got worse, 1 is over");
  assertEquals(emails[0].text, `${lines.join("\n")}\n`);
  assertStringIncludes(receiver.received[0].text, "Over: cd: &lt;Rotations fail&gt;");
});

Deno.test("PagerDuty opens one incident for a problem, however much worse it gets, and closes it", async () => {
  await using pagerduty = startPagerduty();
  const channel = createChannel({
    type: "pagerduty",
    routing_key_secret: "ROUTING_KEY",
    base_url: pagerduty.url,
  }, { ROUTING_KEY });
  await channel.send(alert);
  await channel.send({ ...alert, change: "worse", severity: "error" });
  assertEquals([...pagerduty.open], ["herotate heroku credential ci"]);
  const [{ body: { payload, links } }] = pagerduty.received;
  assertEquals([payload.severity, payload.component], ["critical", "ci"]);
  assertStringIncludes(payload.custom_details.text, "Step: deliver");
  assertEquals(links, [{ href: "https://herotate.example.com/", text: "The page" }]);
  await channel.send({ ...alert, change: "over" });
  assertEquals([...pagerduty.open], []);
  await channel.send({ ...alert, change: "test", problem: "test" });
  assertEquals([[...pagerduty.open], pagerduty.received.length], [[], 5]);
});

Deno.test("PagerDuty that refuses the key says what to do, and not the key", async () => {
  await using pagerduty = startPagerduty();
  const wrong = "f".repeat(32);
  const channel = createChannel({
    type: "pagerduty",
    routing_key_secret: "ROUTING_KEY",
    base_url: pagerduty.url,
  }, { ROUTING_KEY: wrong });
  const error = await assertRejects(() => channel.send(alert), Error, "wrangler secret put");
  assert(!error.message.includes(wrong));
});

Deno.test("an e-mail is handed to the binding, and a refusal says only its code", async () => {
  const sent: unknown[] = [];
  const table = { type: "email", binding: "EMAIL", from: "h@example.com", to: "o@example.com" };
  const EMAIL = { send: (email: unknown) => Promise.resolve(sent.push(email)) };
  await createChannel(table, { EMAIL }).send({ ...alert, title: "ci: two\r\nBcc: lines" });
  assertEquals(sent, [{
    from: "h@example.com",
    to: "o@example.com",
    subject: "[Herotate] ci: two Bcc: lines",
    text: [
      "- It is down: see <the log> & mend it",
      "Step: deliver (webhook 'https://example.com/tokens')",
      "Since 2026-11-27 12:00 UTC",
      "https://herotate.example.com/",
      "",
    ].join("\n"),
  }]);
  const refusing = {
    send: () =>
      Promise.reject(
        Object.assign(new Error("o@example.com is not verified"), {
          code: "E_RECIPIENT_NOT_ALLOWED",
        }),
      ),
  };
  await assertRejects(
    () => createChannel(table, { EMAIL: refusing }).send(alert),
    Error,
    "Cloudflare did not take the e-mail (E_RECIPIENT_NOT_ALLOWED): check that",
  );
});

Deno.test("whoever does not answer is given up after ten seconds", async () => {
  await using receiver = startReceiver();
  const ended = Promise.withResolvers<Response>();
  receiver.answer = () => ended.promise;
  const began = performance.now();
  await assertRejects(
    () => post("The chat", { url: receiver.url, body: "{}", headers: {} }, fetch),
    Error,
    "The chat did not answer within 10 seconds",
  );
  assert(performance.now() - began < 15_000);
  ended.resolve(new Response("late"));
});
