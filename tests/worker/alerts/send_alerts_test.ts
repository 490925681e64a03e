import { assertEquals } from "@std/assert";
import type { Alert } from "../../../lib/alert.ts";
import { createAlertBook } from "../../../worker/account/alert_book.ts";
import { createEventLog } from "../../../worker/account/event_log.ts";
import { sendAlerts } from "../../../worker/alerts/send_alerts.ts";
import { createDatabase } from "../sqlite.ts";

function createAlert(at: number, change: Alert["change"] = "started"): Alert {
  const time = new Date(Date.UTC(2026, 10, 27, 12, at)).toISOString();
  return {
    id: `alert-${at}`,
    change,
    severity: "warning",
    problem: `credential ci-${at}`,
    account: "heroku",
    credential: `ci-${at}`,
    kinds: ["credential_failing"],
    step: null,
    places: [],
    since: time,
    at: time,
    title: `${change === "over" ? "Over: " : ""}ci-${at}: Rotations fail again and again`,
    details: [],
    page: "https://herotate.example.com/",
  };
}

/** A book in which so many alerts wait for a channel. */
function createBook(alerts: readonly Alert[]) {
  const database = createDatabase();
  const book = createAlertBook(database, createEventLog(database));
  book.write([], alerts.map((alert) => ({ channel: "chat", alert })));
  const dependencies = { book, log: { warn() {} }, now: Date.now };
  return {
    book,
    send: (channel: Parameters<typeof sendAlerts>[0][number]) =>
      sendAlerts([channel], dependencies),
  };
}

const many = (count: number) => Array.from({ length: count }, (_, at) => createAlert(at));

Deno.test("sendAlerts() makes one message of many for who reads them, and none twice", async () => {
  const { book, send } = createBook([...many(50), createAlert(51, "over")]);
  const sent: (readonly Alert[])[] = [];
  const channel = {
    name: "chat",
    send: (alert: Alert) => Promise.resolve(void sent.push([alert])),
    sendMany: (alerts: readonly Alert[]) => Promise.resolve(void sent.push(alerts)),
  };
  await send(channel);
  await send(channel);
  assertEquals(sent.map(({ length }) => length), [51]);
  assertEquals(book.readWaiting("chat"), []);
});

Deno.test("sendAlerts() sends few one by one, in order", async () => {
  const { send } = createBook(many(3));
  const sent: string[] = [];
  await send({
    name: "chat",
    send: ({ id }) => Promise.resolve(void sent.push(id)),
    sendMany: () => Promise.reject(new Error("They are few")),
  });
  assertEquals(sent, ["alert-0", "alert-1", "alert-2"]);
});

Deno.test("sendAlerts() sends ten at once where each is sent by itself, and the others later", async () => {
  const { book, send } = createBook(many(25));
  const sent: string[] = [];
  const channel = {
    name: "chat",
    send: ({ id }: Alert) => Promise.resolve(void sent.push(id)),
  };
  const counts: number[] = [];
  for (let sweep = 0; sweep < 3; sweep++) {
    await send(channel);
    counts.push(sent.length);
  }
  assertEquals(counts, [10, 20, 25]);
  assertEquals(sent, many(25).map(({ id }) => id));
  assertEquals(book.readWaiting("chat"), []);
});

Deno.test("of more than a hundred that wait, the oldest are dropped", () => {
  const { book } = createBook(many(130));
  const waiting = book.readWaiting("chat");
  assertEquals([waiting.length, waiting[0].alert.id], [100, "alert-30"]);
});
