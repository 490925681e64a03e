import { assert, assertEquals, assertNotEquals, assertRejects } from "@std/assert";
import { DAY } from "@std/datetime/constants";
import type { EntryState, Lease, Ledger } from "../../../lib/rotation/ledger.ts";
import { createLedger } from "../../../worker/account/ledger.ts";
import { createDatabase } from "../sqlite.ts";
import {
  adoptOne,
  claimOne,
  copyDatabase,
  createBreakingSql,
  createEntry,
  createFailure,
  marksOf,
  NOW,
  PROOF,
  readOne,
  startLedger,
  UNTIL,
} from "./ledger_sample.ts";

Deno.test("read() gives nothing of an empty ledger, and readCredential() undefined", async () => {
  const ledger = createLedger(createDatabase());
  assertEquals([...await ledger.read()], []);
  assertEquals(await ledger.readCredential("ci"), undefined);
});

Deno.test("read() gives all that readCredential() gives, by name", async () => {
  const { ledger, lease } = await startLedger(createEntry("a", "minted"));
  await adoptOne(ledger, "web", createEntry("b", "adopted", { credential: "web" }));
  await ledger.write(lease, [
    { kind: "deliver", mark: "a", place: "hook", whose: "own", at: NOW },
    { kind: "prove", mark: "a", place: "hook", proof: PROOF, at: NOW },
  ]);
  assertEquals(
    await ledger.read(),
    new Map([["ci", await readOne(ledger)], ["web", await readOne(ledger, "web")]]),
  );
});

Deno.test("readCredential() gives entries by generation, then by age", async () => {
  const { ledger } = await startLedger(
    createEntry("c", "adopted", { generation: 2, createdAt: NOW + 1 }),
    createEntry("b", "adopted", { generation: 10 }),
    createEntry("a", "adopted", { generation: 2 }),
  );
  assertEquals(await marksOf(ledger), ["a", "c", "b"]);
});

Deno.test("serve() hands out newer generations, and refuses older ones", async () => {
  const { ledger } = await startLedger(
    createEntry("a", "current", { generation: 1 }),
    createEntry("b", "minted", { generation: 2 }),
    createEntry("c", "minted", { generation: 10 }),
  );
  const served: unknown[] = [];
  for (const mark of ["b", "b", "a", "c", "b"]) {
    served.push([mark, await ledger.serve("ci", mark), (await readOne(ledger)).record.served]);
  }
  assertEquals(served, [
    ["b", true, "b"],
    ["b", true, "b"],
    ["a", false, "b"],
    ["c", true, "c"],
    ["b", false, "c"],
  ]);
});

Deno.test("serve() hands out another attempt at the same generation", async () => {
  const { ledger } = await startLedger(createEntry("a", "minted"), createEntry("b", "minted"));
  assertEquals([await ledger.serve("ci", "a"), await ledger.serve("ci", "b")], [true, true]);
  assertEquals((await readOne(ledger)).record.served, "b");
});

const UNSERVABLE: readonly EntryState[] = [
  "adopted",
  "intended",
  "refused",
  "discarded",
  "retired",
  "released",
  "foreign",
];

for (const state of UNSERVABLE) {
  Deno.test(`serve() refuses an entry that is ${state}, as a late call of a dead attempt would ask for`, async () => {
    const { ledger } = await startLedger(
      createEntry("new", "minted"),
      createEntry("late", state, { sealedToken: null }),
    );
    assertEquals(await ledger.serve("ci", "new"), true);
    assertEquals(await ledger.serve("ci", "late"), false);
    assertEquals((await readOne(ledger)).record.served, "new");
  });
}

Deno.test("serve() refuses what the ledger does not know", async () => {
  const { ledger } = await startLedger();
  await adoptOne(ledger, "web", createEntry("a", "current", { credential: "web" }));
  assertEquals(await ledger.serve("ci", "a"), false);
  assertEquals((await readOne(ledger)).record.served, null);
  assertEquals(await ledger.serve("unknown", "a"), false);
});

Deno.test("serve() goes on after what it handed out has been pruned", async () => {
  const { ledger, lease } = await startLedger(
    createEntry("a", "current", { generation: 1 }),
    createEntry("b", "current", { generation: 2 }),
  );
  await ledger.serve("ci", "a");
  await ledger.write(lease, [{ kind: "retire", mark: "a", state: "retired", at: NOW }]);
  await ledger.see([{ ...createEntry("a", "retired"), goneAt: NOW }]);
  await ledger.prune(NOW + DAY, NOW);
  assertEquals(await marksOf(ledger), ["b"]);
  assertEquals(await ledger.serve("ci", "b"), true);
});

Deno.test("createLedger() does not let an older copy hear an attempt that was begun after it was made", async () => {
  const { database, ledger, lease: first } = await startLedger(createEntry("a", "minted"));
  await ledger.write(first, [{ kind: "end", end: createFailure("No"), at: NOW }]);
  const copy = copyDatabase(database);
  const restored = createLedger(copy);
  assertEquals(await readOne(restored), await readOne(ledger));

  const lost = await claimOne(ledger, 2, null);
  await assertSuperseded(restored, lost, () => copy.dump());
  const next = await claimOne(restored, 2, null);
  assertNotEquals(next.claim, lost.claim);
  await assertSuperseded(restored, lost, () => copy.dump());
  await restored.release([lost]);
  assertEquals((await readOne(restored)).record.leaseUntil, UNTIL);
  await restored.write(next, [{ kind: "promote", mark: "a", at: NOW }]);
  assertEquals((await readOne(restored)).entries[0].state, "current");
});

Deno.test("createLedger() lets an older copy hear the attempt that was at work when it was made", async () => {
  const { database, ledger, lease } = await startLedger(createEntry("a", "minted"));
  const restored = createLedger(copyDatabase(database));
  await ledger.write(lease, [{ kind: "promote", mark: "a", at: NOW }]);
  await restored.write(lease, [{ kind: "promote", mark: "a", at: NOW }]);
  assertEquals(await readOne(restored), await readOne(ledger));
});

async function assertSuperseded(ledger: Ledger, lease: Lease, dump: () => string): Promise<void> {
  const before = dump();
  for (const kind of ["promote", "discard"] as const) {
    const changes = [{ kind, mark: "a", at: NOW }];
    await assertRejects(() => ledger.begin(lease, UNTIL + 1, changes), Error, "has taken over");
    await assertRejects(() => ledger.write(lease, changes), Error, "has taken over");
  }
  assertEquals(dump(), before);
}

/** Every method that needs more than one statement to write. */
const WRITES: Readonly<Record<string, (ledger: Ledger, lease: Lease) => Promise<unknown>>> = {
  begin: (ledger, lease) =>
    ledger.begin(lease, UNTIL + 1, [
      { kind: "abandon", at: NOW },
      { kind: "deliver", mark: "minted", place: "hook", whose: "all", at: NOW },
    ]),
  write: (ledger, lease) =>
    ledger.write(lease, [
      { kind: "deliver", mark: "minted", place: "hook", whose: "own", at: NOW },
      { kind: "receive", mark: "minted", place: "hook", receipt: { size: 3 }, at: NOW },
      { kind: "prove", mark: "minted", place: "hook", proof: PROOF, at: NOW },
      { kind: "promote", mark: "minted", at: NOW },
      { kind: "retire", mark: "current", state: "retired", at: NOW },
      { kind: "end", end: { outcome: "success" }, at: NOW },
    ]),
  changeAccount: (ledger) => ledger.changeAccount({ id: "account-2", token: "token-2" }, NOW),
  adopt: (ledger) =>
    ledger.adopt(
      new Map(["first", "second"].map((credential) => [
        credential,
        [createEntry("a", "adopted", { credential }), createEntry("b", "adopted", { credential })],
      ])),
    ),
  noteFound: (ledger) =>
    ledger.noteFound([createEntry("a", "foreign"), createEntry("b", "foreign")]),
  recall: async (ledger, { claim }) => {
    const [intended] = (await readOne(ledger)).entries.filter(({ state }) => state === "intended");
    await ledger.recall(intended ?? createEntry("none", "intended"), claim, {
      ...createEntry("intended", "adopted", { generation: 2 }),
    });
  },
  forgetForeign: (ledger) =>
    ledger.forgetForeign([
      { credential: "ci", mark: "foreign" },
      { credential: "web", mark: "foreign" },
    ]),
  see: (ledger) =>
    ledger.see([
      createEntry("minted", "minted", { seenAt: NOW + 7 }),
      createEntry("current", "current", { seenAt: NOW + 7 }),
    ]),
  claim: (ledger) =>
    ledger.claim([
      { credential: "ci", attempt: 2, seenLease: UNTIL },
      { credential: "web", attempt: 1, seenLease: null },
    ], UNTIL + 1),
  release: async (ledger, lease) => {
    const other = { credential: "web", attempt: 0, claim: "none" };
    await ledger.release([lease, other]);
  },
  discardAbandoned: (ledger) => ledger.discardAbandoned("ci", "intended", UNTIL),
  prune: (ledger) => ledger.prune(NOW + DAY, NOW + DAY),
};

async function startFull() {
  const started = await startLedger(
    createEntry("retired", "retired", { generation: 0, endedAt: NOW, goneAt: NOW }),
    createEntry("refused", "refused", { generation: 0, endedAt: NOW, goneAt: NOW }),
    createEntry("current", "current"),
    createEntry("intended", "intended", { generation: 2, sender: null }),
    createEntry("minted", "minted", { generation: 2 }),
    createEntry("foreign", "foreign"),
  );
  const { ledger, lease } = started;
  await adoptOne(ledger, "web");
  await ledger.noteFound([createEntry("foreign", "foreign", { credential: "web" })]);
  await ledger.write(lease, [
    { kind: "deliver", mark: "current", place: "hook", whose: "own", at: NOW },
    { kind: "prove", mark: "current", place: "hook", proof: PROOF, at: NOW },
    { kind: "deliver", mark: "retired", place: "old", whose: "own", at: NOW },
  ]);
  return started;
}

for (const [method, write] of Object.entries(WRITES)) {
  Deno.test(`${method}() leaves nothing behind when any of its statements fails`, async () => {
    const { database, lease } = await startFull();
    const before = database.dump();
    const isBroken = async (breaksAt: number) => {
      const ledger = createLedger(createBreakingSql(database, breaksAt));
      try {
        await write(ledger, lease);
        return false;
      } catch (error) {
        assert(error instanceof Error && error.message === "The disk is broken", String(error));
        return true;
      }
    };
    let breaksAt = 1;
    for (; await isBroken(breaksAt); breaksAt++) {
      assertEquals(database.dump(), before, `after statement ${breaksAt} has failed`);
    }
    assert(breaksAt > 2, "Only one statement was needed");
    assertNotEquals(database.dump(), before);
  });
}
