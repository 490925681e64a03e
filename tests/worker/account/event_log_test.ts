import { assert, assertEquals } from "@std/assert";
import { DAY } from "@std/datetime/constants";
import type { Change, Entry, Sighting } from "../../../lib/rotation/ledger.ts";
import { createEventLog, type EventLog } from "../../../worker/account/event_log.ts";
import { createLedger } from "../../../worker/account/ledger.ts";
import { type Event, type Happening, verifyChain } from "../../../worker/event.ts";
import { createDatabase } from "../sqlite.ts";
import { adoptOne, claimOne, createEntry, NOW, PROOF, UNTIL } from "./ledger_sample.ts";

const place = "heroku-config-var acme-web HEROKU_API_KEY";
const all = { after: 0, limit: 1_000 };

function start(now: () => number = () => NOW) {
  const database = createDatabase();
  const events = createEventLog(database, now);
  return { database, events, ledger: createLedger(database, events) };
}

function parse(events: EventLog): Event[] {
  return events.read(all).lines.map((line) => JSON.parse(line));
}

const minted: Entry = createEntry("b", "intended", { generation: 1, authorization: null });

const happening: Happening = {
  kind: "failed",
  credential: "ci",
  generation: null,
  authorization: null,
  place: null,
  message: null,
};

Deno.test("the events tell the story of a rotation, each thing once although each write is repeated", async () => {
  const { events, ledger } = start();
  await adoptOne(ledger, "ci", createEntry("a", "adopted", { generation: 0 }));
  const lease = await claimOne(ledger, 1, null);
  const steps: Change[][] = [
    [{ kind: "intend", entry: minted }],
    [{ kind: "send", mark: "b", sender: "first" }],
    [{ kind: "mint", entry: { ...minted, state: "minted", authorization: "id-b" } }],
    [{ kind: "deliver", mark: "b", place, whose: "own", at: NOW }],
    [{ kind: "receive", mark: "b", place, receipt: {}, at: NOW + 1 }],
    [{ kind: "prove", mark: "b", place, proof: PROOF, at: NOW + 2 }],
    [{ kind: "promote", mark: "b", at: NOW + 3 }],
    [{ kind: "retire", mark: "a", state: "retired", at: NOW + 4 }],
    [{ kind: "end", end: { outcome: "success" }, at: NOW + 5 }],
  ];
  for (const changes of steps) {
    await ledger.write(lease, changes);
    await ledger.write(lease, changes).catch(() => {});
  }
  const [a] = (await ledger.readCredential("ci"))?.entries ?? [];
  const gone: Sighting = { ...a, goneAt: NOW + 6 };
  await ledger.see([gone]);
  await ledger.see([gone]);
  assertEquals(
    parse(events).map(({ kind, generation, actor }) => [kind, generation, actor].join(" ")),
    [
      "adopted 0 sweep",
      "began  sweep",
      "intended 1 rotation",
      "minted 1 rotation",
      "proved 1 rotation",
      "delivering 1 rotation",
      "delivered 1 rotation",
      "confirmed 1 rotation",
      "promoted 1 rotation",
      "retired 0 rotation",
      "succeeded  rotation",
      "gone 0 sweep",
    ],
  );
  assertEquals(parse(events).find(({ kind }) => kind === "minted")?.authorization, "id-b");
  const { lines, head } = events.read(all);
  assertEquals(verifyChain(lines), { ok: true, first: 1, head });
});

Deno.test("the events say why an attempt failed, and that one stopped before it was finished", async () => {
  const { events, ledger } = start();
  await adoptOne(ledger, "ci", createEntry("a", "adopted", { generation: 0 }));
  const lease = await claimOne(ledger, 1, null);
  const token = `HRKU-${crypto.randomUUID()}`;
  await ledger.write(lease, [{
    kind: "end",
    end: { outcome: "failure", error: `GitHub said ${token}`, refused: false },
    at: NOW,
  }]);
  await claimOne(ledger, 2, null);
  await claimOne(ledger, 3, UNTIL);
  const told = parse(events).filter(({ kind }) => kind === "failed" || kind === "began");
  assertEquals(told.map(({ kind }) => kind), ["began", "failed", "began", "failed", "began"]);
  assertEquals(told[1].message, "GitHub said [redacted]");
  assertEquals(told[3].message, "Attempt 2 stopped before it was finished");
});

Deno.test("the events of another credential, kind or page are told apart", async () => {
  const { events, ledger } = start();
  for (const name of ["ci", "web", "x".repeat(60)]) {
    await adoptOne(ledger, name, createEntry("a", "adopted", { credential: name }));
  }
  const numbers = (query: Partial<Parameters<EventLog["read"]>[0]>) =>
    events.read({ ...all, ...query }).lines.map((line) => JSON.parse(line).number);
  assertEquals(numbers({}), [1, 2, 3]);
  assertEquals(numbers({ after: 1, limit: 1 }), [2]);
  assertEquals(numbers({ credential: "web" }), [2]);
  assertEquals(numbers({ kind: "minted" }), []);
});

Deno.test("a sweep of many credentials notes each of them once", async () => {
  const { events, ledger } = start();
  const names = Array.from({ length: 120 }, (_, index) => `ci-${index}`);
  const found = new Map(
    names.map((name) => [name, [createEntry("a", "adopted", { credential: name })]]),
  );
  await ledger.adopt(found);
  await ledger.adopt(found);
  assertEquals(parse(events).map(({ credential }) => credential), names);
  assertEquals(verifyChain(events.read(all).lines).ok, true);
});

Deno.test("an attempt that could not be started is told to have begun, and not to have ended", async () => {
  const { events, ledger } = start();
  await adoptOne(ledger, "ci", createEntry("a", "adopted", { generation: 0 }));
  await ledger.release([await claimOne(ledger, 1, null)]);
  assertEquals(parse(events).map(({ kind }) => kind), ["adopted", "began"]);
});

Deno.test("a proof that is taken back is told, unless another delivery to the place takes it", async () => {
  const { events, ledger } = start();
  await adoptOne(ledger, "ci", createEntry("a", "current"), createEntry("b", "minted"));
  const lease = await claimOne(ledger, 1, null);
  const deliver = async (mark: string) => {
    await ledger.write(lease, [{ kind: "deliver", mark, place, whose: "own", at: NOW }]);
    await ledger.write(lease, [{ kind: "prove", mark, place, proof: PROOF, at: NOW }]);
  };
  const before = events.read(all).head.number;
  await deliver("a");
  await deliver("b");
  await ledger.write(lease, [{ kind: "prove", mark: "b", place, proof: null, at: NOW }]);
  assertEquals(
    parse(events).slice(before).map(({ kind }) => kind),
    ["proved", "delivering", "confirmed", "proved", "delivering", "confirmed", "unconfirmed"],
  );
});

Deno.test("events are kept for a year, and an event says that older ones were dropped", () => {
  let now = NOW;
  const { events } = start(() => now);
  for (let day = 0; day < 400; day++) {
    now = NOW + day * DAY;
    events.append("sweep", [happening]);
    events.prune();
  }
  const { lines, head } = events.read(all);
  const verdict = verifyChain(lines);
  assert(verdict.ok, JSON.stringify(verdict));
  assertEquals(verdict.head, head);
  const oldest: Event = JSON.parse(lines[0]);
  assert(Date.parse(oldest.at) >= now - 367 * DAY, oldest.at);
  assert(lines.length > 365 && lines.length < 420, String(lines.length));
});

Deno.test("of more events than are kept the oldest are dropped", () => {
  const { database, events } = start();
  events.append("sweep", [happening]);
  database.run("UPDATE events SET number = 1");
  database.run(
    "WITH RECURSIVE many(n) AS (SELECT 2 UNION ALL SELECT n + 1 FROM many WHERE n < 101500)" +
      " INSERT INTO events SELECT n, ?, 'failed', 'ci', '{}', '' FROM many",
    NOW,
  );
  events.prune();
  const [{ kept }] = database.run<{ kept: number }>("SELECT COUNT(*) AS kept FROM events");
  assertEquals(kept, 100_001);
});

Deno.test("an event is one line, however long or odd what it says is", () => {
  const { events } = start();
  events.append("sweep", [{ ...happening, message: `a\nb\u2028\ud800${"x".repeat(5_000)}` }]);
  const { lines: [line] } = events.read(all);
  assert(!line.includes("\n") && line.length < 2_000);
  assertEquals(verifyChain([line]).ok, true);
});

Deno.test("each event is told once it is written down, and what was taken back never", async () => {
  const database = createDatabase();
  const told: string[] = [];
  const events = createEventLog(database, Date.now, ({ kind }) => told.push(kind));
  database.transaction(() => events.append("sweep", [{ ...happening, kind: "adopted" }]));
  try {
    database.transaction(() => {
      events.append("sweep", [{ ...happening, kind: "failed" }]);
      throw new Error("The transaction is taken back");
    });
  } catch {
    // As meant.
  }
  database.transaction(() => events.append("rotation", [{ ...happening, kind: "minted" }]));
  await Promise.resolve();
  assertEquals(told, ["adopted", "minted"]);
});
