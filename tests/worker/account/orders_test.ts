import { assert, assertEquals, assertMatch } from "@std/assert";
import { DAY } from "@std/datetime/constants";
import type { Event } from "../../../worker/event.ts";
import { createEventLog } from "../../../worker/account/event_log.ts";
import { createLedger } from "../../../worker/account/ledger.ts";
import { createOrders, type Order } from "../../../worker/account/orders.ts";
import { upgrade } from "../../../worker/account/tables.ts";
import { openDatabase } from "../sqlite.ts";
import { createEntry } from "./ledger_sample.ts";

async function startOrders() {
  const database = openDatabase();
  upgrade(database);
  let now = Date.UTC(2026, 0, 1);
  const events = createEventLog(database, () => now);
  const ledger = createLedger(database, events);
  await ledger.adopt(new Map([["ci", [createEntry("a", "adopted", { generation: 3 })]]]));
  const take = createOrders(database, events, () => now);
  let orders = 0;
  return {
    database,
    order: (change: Partial<Order>) =>
      take({
        id: `${orders++}`,
        kind: "rotate",
        account: "heroku",
        credential: "ci",
        by: "operator",
        reason: null,
        denial: null,
        ...change,
      }),
    record: async () => (await ledger.readCredential("ci"))?.record,
    events: (): Event[] =>
      events.read({ after: 0, limit: 100 }).lines.map((line) => JSON.parse(line)),
    pass: (milliseconds: number) => now += milliseconds,
  };
}

Deno.test("an order to rotate asks for a generation newer than all there are", async () => {
  const { order, record, events } = await startOrders();
  const answer = await order({ kind: "rotate", reason: "the laptop was stolen" });
  assertEquals(answer, { accepted: true, message: "A successor of generation 3 is made" });
  assertEquals((await record())?.orderedBeyond, 3);
  const { kind, actor, credential, message } = events().at(-1)!;
  assertEquals([kind, actor, credential], ["ordered", "order:operator", "ci"]);
  assertEquals(message, "rotate (the laptop was stolen): A successor of generation 3 is made");
});

Deno.test("an order to pause holds until one to resume", async () => {
  const { order, record } = await startOrders();
  assert((await order({ kind: "pause" })).accepted);
  assertEquals((await record())?.pausedAt, Date.UTC(2026, 0, 1));
  assertEquals((await order({ kind: "pause" })).message, "It is paused already");
  const denied = await order({ kind: "rotate" });
  assertEquals(denied, { accepted: false, message: "An order paused it: resume it first" });
  assert((await order({ kind: "resume" })).accepted);
  assertEquals((await record())?.pausedAt, null);
  assertEquals((await order({ kind: "resume" })).message, "It is not paused");
});

Deno.test("an order with the same id is taken once and answered each time, for a day", async () => {
  const { order, record, events, pass } = await startOrders();
  const first = await order({ id: "key", kind: "pause" });
  await order({ kind: "resume" });
  const before = events().length;
  assertEquals(await order({ id: "key", kind: "pause" }), first);
  assertEquals([(await record())?.pausedAt, events().length], [null, before]);
  assertMatch((await order({ id: "key", kind: "rotate" })).message, /used for another order/);
  assertEquals((await record())?.orderedBeyond, null);
  pass(DAY + 1);
  assert((await order({ id: "key", kind: "pause" })).accepted);
  assert((await record())?.pausedAt);
});

Deno.test("an order for what no sweep has seen, or the configuration does not allow, is denied and an event", async () => {
  const { order, record, events } = await startOrders();
  const unknown = await order({ credential: "web" });
  assertEquals(unknown.accepted, false);
  assertMatch(unknown.message, /^No sweep has seen it yet: wait/);
  const denial = "By the configuration it is paused: remove 'paused', and deploy again";
  assertEquals(await order({ denial }), { accepted: false, message: denial });
  assertEquals(events().slice(-2).map(({ kind, credential }) => [kind, credential]), [
    ["denied", "web"],
    ["denied", "ci"],
  ]);
  assertEquals((await record())?.orderedBeyond, null);
});
