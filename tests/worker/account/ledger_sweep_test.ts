import { assert, assertEquals, assertMatch, assertNotEquals, assertRejects } from "@std/assert";
import { DAY } from "@std/datetime/constants";
import {
  type Entry,
  type EntryState,
  type LedgerNote,
  SupersededError,
} from "../../../lib/rotation/ledger.ts";
import { createLedger } from "../../../worker/account/ledger.ts";
import { upgrade } from "../../../worker/account/tables.ts";
import { createDatabase } from "../sqlite.ts";
import {
  adoptOne,
  claimOne,
  copyDatabase,
  createEntry,
  createFailure,
  marksOf,
  NOW,
  readOne,
  startLedger,
  stateOf,
  UNANSWERED,
  UNTIL,
} from "./ledger_sample.ts";

const EVERY_STATE: readonly EntryState[] = [
  "adopted",
  "intended",
  "minted",
  "current",
  "refused",
  "discarded",
  "retired",
  "released",
  "foreign",
];

const ACCOUNT = { id: "account-1", token: "fingerprint-1" };

const NOTHING_NOTED: Omit<LedgerNote, "lineage"> = {
  account: null,
  own: null,
  unreadable: 0,
  unsure: 0,
  emptySince: null,
};

Deno.test("adopt() makes a credential known with its entries, all members as they were", async () => {
  const ledger = createLedger(createDatabase());
  const entries = [
    createEntry("a", "adopted", {
      provenAt: NOW + 1,
      doubtedSince: NOW + 3,
      endedAt: NOW + 4,
      goneAt: NOW + 5,
    }),
    createEntry("b", "adopted", {
      ...UNANSWERED,
      generation: 2,
      scope: null,
      lifetime: null,
      asked: null,
      made: false,
      sender: null,
      listedEnd: null,
      seenAt: null,
    }),
  ];
  await adoptOne(ledger, "ci", ...entries);
  const record = {
    name: "ci",
    attempt: 0,
    claim: null,
    leaseUntil: null,
    failures: 0,
    endedAt: null,
    error: null,
    refusedSince: null,
    served: null,
    pausedAt: null,
    orderedBeyond: null,
  };
  assertEquals(await readOne(ledger), { record, entries, deliveries: [] });
  assertEquals([...await ledger.read()], [["ci", await readOne(ledger)]]);
});

Deno.test("adopt() makes many credentials known at once, with entries or without", async () => {
  const ledger = createLedger(createDatabase());
  const found = new Map<string, readonly Entry[]>([
    ["ci", [createEntry("a", "adopted"), createEntry("b", "adopted", { generation: 2 })]],
    ["web", []],
    ["cron", [createEntry("a", "adopted", { credential: "cron" })]],
  ]);
  for (let time = 0; time < 2; time++) {
    await ledger.adopt(found);
    for (const [name, entries] of found) {
      assertEquals((await readOne(ledger, name)).entries, entries);
    }
  }
  await ledger.adopt(new Map());
  assertEquals([...(await ledger.read()).keys()].sort(), ["ci", "cron", "web"]);
});

Deno.test("adopt() leaves a credential that is known as it was, and takes the others in", async () => {
  const { ledger } = await startLedger(createEntry("a", "adopted"));
  const before = await readOne(ledger);
  await ledger.adopt(
    new Map([
      ["ci", [createEntry("a", "current"), createEntry("b", "adopted")]],
      ["web", [createEntry("b", "adopted", { credential: "web" })]],
    ]),
  );
  assertEquals(await readOne(ledger), before);
  assertEquals(await marksOf(ledger, "web"), ["b"]);
});

Deno.test("adopt() adds to what is known only as long as nothing was found or begun", async () => {
  const { ledger } = await startLedger();
  const one = (mark: string, state: EntryState = "adopted") =>
    createEntry(mark, state, { credential: "web" });
  await adoptOne(ledger, "web");
  await ledger.noteFound([one("a", "foreign"), one("c", "foreign")]);
  await adoptOne(ledger, "web", one("a"), one("b"));
  await adoptOne(ledger, "web", one("d"));
  assertEquals((await readOne(ledger, "web")).entries, [one("a"), one("b")]);

  await adoptOne(ledger, "new");
  const lease = await claimOne(ledger, 1, null, { credential: "new" });
  await adoptOne(ledger, "new", createEntry("a", "adopted", { credential: "new" }));
  assertEquals(await marksOf(ledger, "new"), []);
  await ledger.release([lease]);
  await adoptOne(ledger, "new", createEntry("a", "adopted", { credential: "new" }));
  assertEquals(await marksOf(ledger, "new"), []);
});

Deno.test("adopt() of two sweeps at once takes the entries of one of them", async () => {
  const ledger = createLedger(createDatabase());
  await Promise.all([
    adoptOne(ledger, "ci", createEntry("a", "adopted")),
    adoptOne(ledger, "ci", createEntry("b", "adopted")),
  ]);
  assertEquals(await marksOf(ledger), ["a"]);
});

Deno.test("adopt() keeps credentials apart, also with names that only SQL could confuse", async () => {
  const ledger = createLedger(createDatabase());
  const names = ["ci", "CI", "ci ", "ci%", "c'i", 'c"i', "línea 🚀", "two\nlines", "NULL"];
  await ledger.adopt(
    new Map(names.map((name) => [name, [createEntry(name, "adopted", { credential: name })]])),
  );
  assertEquals([...(await ledger.read()).keys()].sort(), names.toSorted());
  for (const name of names) assertEquals(await marksOf(ledger, name), [name]);
});

Deno.test("noteFound() notes each once, and never over an entry of its own", async () => {
  const { ledger } = await startLedger(createEntry("own", "current"));
  await ledger.noteFound([]);
  await ledger.noteFound([createEntry("own", "foreign"), createEntry("other", "foreign")]);
  await ledger.noteFound([createEntry("other", "foreign", { generation: 9 })]);
  assertEquals((await readOne(ledger)).entries, [
    createEntry("other", "foreign"),
    createEntry("own", "current"),
  ]);
});

Deno.test("forgetForeign() forgets those that it is given, and only another Worker's", async () => {
  const { ledger } = await startLedger(createEntry("own", "current"));
  const web = { credential: "web" };
  await adoptOne(ledger, "web");
  await ledger.noteFound([
    createEntry("a", "foreign"),
    createEntry("b", "foreign"),
    createEntry("a", "foreign", web),
    createEntry("b", "foreign", web),
  ]);
  await ledger.forgetForeign([]);
  assertEquals((await marksOf(ledger)).length, 3);
  for (let time = 0; time < 2; time++) {
    await ledger.forgetForeign([
      { credential: "ci", mark: "a" },
      { credential: "ci", mark: "own" },
      { credential: "ci", mark: "unknown" },
      { credential: "unknown", mark: "b" },
      { credential: "web", mark: "b" },
    ]);
    assertEquals(await marksOf(ledger), ["b", "own"]);
    assertEquals(await marksOf(ledger, "web"), ["a"]);
  }
});

Deno.test("see() writes down what was seen, and changes nothing else", async () => {
  const { ledger } = await startLedger(createEntry("a", "current"), createEntry("b", "current"));
  await adoptOne(ledger, "web", createEntry("a", "current", { credential: "web" }));
  const before = await readOne(ledger, "web");
  const seen = {
    accessToken: "access-2",
    description: "ci (g1 a)",
    scope: ["identity"],
    lifetime: 7 * DAY,
    expiresAt: NOW + 7 * DAY,
    listedEnd: NOW + 6,
    seenAt: NOW + 7,
    doubtedSince: NOW + 8,
    goneAt: NOW + 9,
  };
  for (let time = 0; time < 2; time++) {
    await ledger.see([]);
    await ledger.see([
      { credential: "ci", mark: "a", state: "current", ...seen },
      { credential: "ci", mark: "b", state: "minted", ...seen },
      { credential: "ci", mark: "unknown", state: "current", ...seen },
    ]);
    assertEquals((await readOne(ledger)).entries, [
      createEntry("a", "current", seen),
      createEntry("b", "current"),
    ]);
  }
  assertEquals(await readOne(ledger, "web"), before);
  const nothing = {
    accessToken: null,
    description: null,
    scope: null,
    lifetime: null,
    expiresAt: null,
    listedEnd: null,
    seenAt: null,
    doubtedSince: null,
    goneAt: null,
  };
  await ledger.see([{ credential: "ci", mark: "a", state: "current", ...nothing }]);
  assertEquals((await readOne(ledger)).entries[0], createEntry("a", "current", nothing));
});

const FOUND = createEntry("a", "adopted", { authorization: "found", sealedToken: null });

for (
  const [what, claim, mark, found, after] of [
    ["adopts it as it was found", undefined, "a", FOUND, [FOUND]],
    ["forgets what was not found", undefined, "a", null, []],
    ["leaves what another attempt intended", "another", "a", FOUND, undefined],
    ["leaves what is not known", undefined, "b", null, undefined],
  ] as const
) {
  Deno.test(`recall() takes back what an attempt intended: ${what}`, async () => {
    const intended = createEntry("a", "intended", UNANSWERED);
    const { ledger, lease } = await startLedger(intended);
    for (let time = 0; time < 2; time++) {
      await ledger.recall({ ...intended, mark }, claim ?? lease.claim, found);
      assertEquals((await readOne(ledger)).entries, [...after ?? [intended]]);
    }
  });
}

for (const state of EVERY_STATE.filter((state) => state !== "intended")) {
  Deno.test(`recall() leaves what is ${state} by now`, async () => {
    const entry = createEntry("a", state);
    const { ledger, lease } = await startLedger(entry);
    await ledger.recall(entry, lease.claim, null);
    await ledger.recall(entry, lease.claim, createEntry("a", "adopted", { generation: 9 }));
    assertEquals((await readOne(ledger)).entries, [entry]);
  });
}

Deno.test("see() leaves the attempt that is at work its lease", async () => {
  const { ledger, lease } = await startLedger(createEntry("a", "minted"));
  const { record } = await readOne(ledger);
  await ledger.see([createEntry("a", "minted", { seenAt: NOW })]);
  assertEquals((await readOne(ledger)).record, record);
  await ledger.write(lease, [{ kind: "promote", mark: "a", at: NOW + 1 }]);
  assertEquals((await readOne(ledger)).entries, [
    createEntry("a", "current", { seenAt: NOW, provenAt: NOW + 1 }),
  ]);
});

Deno.test("note() gives what was last written down of the whole, and nothing of a new ledger", async () => {
  const { ledger, database } = await startLedger();
  const { lineage, ...nothing } = await ledger.note();
  assertEquals(nothing, NOTHING_NOTED);
  assertMatch(lineage, /^[0-9a-z]{4}$/);
  const notes: readonly Omit<LedgerNote, "lineage">[] = [
    { account: ACCOUNT, own: "authorization-1", unreadable: 2, unsure: 3, emptySince: NOW },
    { account: ACCOUNT, own: null, unreadable: 3, unsure: 0, emptySince: null },
    NOTHING_NOTED,
    { ...NOTHING_NOTED, account: { id: "account-2", token: "fingerprint-2" } },
  ];
  for (const note of notes) {
    await ledger.writeNote({ lineage, ...note });
    assertEquals(await createLedger(database).note(), { lineage, ...note });
  }
  database.reset();
  assertEquals({ ...await ledger.note(), lineage }, { lineage, ...NOTHING_NOTED });
});

Deno.test("note() gives the same lineage for ever, a copy's too, and another ledger's is another one", async () => {
  const { ledger, database } = await startLedger();
  const { lineage } = await ledger.note();
  await ledger.writeNote({ ...NOTHING_NOTED, lineage: "else" });
  await ledger.changeAccount(ACCOUNT, NOW);
  upgrade(database);
  assertEquals((await ledger.note()).lineage, lineage);
  assertEquals((await createLedger(copyDatabase(database)).note()).lineage, lineage);
  assertNotEquals((await createLedger(createDatabase()).note()).lineage, lineage);
  database.reset();
  assertNotEquals((await ledger.note()).lineage, lineage);
});

Deno.test("writeNote() lets attempts go on", async () => {
  const { ledger, lease } = await startLedger();
  const { lineage } = await ledger.note();
  const noted = { ...NOTHING_NOTED, account: ACCOUNT, own: "authorization-1", unreadable: 2 };
  const note = { lineage, ...noted };
  await ledger.writeNote(note);
  assertEquals((await ledger.begin(lease, UNTIL + 1)).note, note);
});

Deno.test("changeAccount() releases everything and forgets other Workers', and keeps what the store serves", async () => {
  const { ledger, database } = await startLedger(
    ...EVERY_STATE.map((state, generation) =>
      createEntry(state, state, {
        generation,
        sealedToken: state === "released" ? null : `sealed-${state}`,
        endedAt: state === "released" ? NOW - 9 : null,
      })
    ),
  );
  await adoptOne(ledger, "web", createEntry("minted", "minted", { credential: "web" }));
  assert(await ledger.serve("ci", "current"));
  const { lineage } = await ledger.note();
  await ledger.writeNote({
    lineage,
    account: { id: "account-0", token: "fingerprint-0" },
    own: "authorization-1",
    unreadable: 2,
    unsure: 1,
    emptySince: NOW,
  });
  for (let time = 0; time < 2; time++) {
    await ledger.changeAccount(ACCOUNT, NOW + time);
    assertEquals(await ledger.note(), { ...NOTHING_NOTED, lineage, account: ACCOUNT });
    const { entries, record } = await readOne(ledger);
    assertEquals(
      entries,
      EVERY_STATE.slice(0, -1).map((state, generation) =>
        createEntry(state, "released", {
          generation,
          sealedToken: state === "current" ? "sealed-current" : null,
          endedAt: state === "released" ? NOW - 9 : NOW,
        })
      ),
    );
    assertEquals(record.served, "current");
    const [web] = (await readOne(ledger, "web")).entries;
    assertEquals([web.state, web.sealedToken], ["released", null]);
  }
  assertEquals(database.dump().match(/sealed-\w+/g), ["sealed-current"]);
});

Deno.test("changeAccount() ends every attempt: one for the account before is superseded, the next may begin", async () => {
  const { ledger, lease } = await startLedger(createEntry("a", "minted"));
  const end = { outcome: "failure", error: "No", refused: true } as const;
  await ledger.write(lease, [{ kind: "end", end, at: NOW }]);
  const before = await claimOne(ledger, 2, null);
  await ledger.changeAccount(ACCOUNT, NOW + 1);
  assertEquals((await readOne(ledger)).record, {
    name: "ci",
    attempt: 2,
    claim: before.claim,
    leaseUntil: null,
    failures: 0,
    endedAt: NOW,
    error: null,
    refusedSince: null,
    served: null,
    pausedAt: null,
    orderedBeyond: null,
  });
  await assertRejects(() => ledger.begin(before, UNTIL + 1), SupersededError);
  assertEquals(await ledger.serve("ci", "a"), false);
  const next = await claimOne(ledger, 3, null);
  await assertRejects(() => ledger.begin(before, UNTIL + 1), SupersededError);
  const intended = createEntry("b", "intended", { ...UNANSWERED, generation: 2 });
  await ledger.write(next, [
    { kind: "intend", entry: intended },
    { kind: "mint", entry: createEntry("b", "minted", { generation: 2 }) },
  ]);
  assert(await ledger.serve("ci", "b"));
  assertEquals((await readOne(ledger)).record.served, "b");
});

for (
  const [state, at, discards] of [
    ["intended", UNTIL, true],
    ["intended", UNTIL - 1, false],
    ["minted", UNTIL, false],
    ["current", UNTIL, false],
    ["discarded", UNTIL - 1, true],
    ["refused", UNTIL - 1, true],
  ] as const
) {
  Deno.test(`discardAbandoned() says ${discards} for what is ${state} ${UNTIL - at} ms before the lease runs out`, async () => {
    const { ledger } = await startLedger(createEntry("a", state));
    for (let time = 0; time < 2; time++) {
      assertEquals(await ledger.discardAbandoned("ci", "a", at), discards);
      const [entry] = (await readOne(ledger)).entries;
      assertEquals([entry.state, entry.endedAt], [
        discards ? "discarded" : state,
        state === "refused" || (state === "intended" && discards) ? at : null,
      ]);
    }
  });
}

Deno.test("discardAbandoned() discards what an ended attempt intended", async () => {
  const { ledger, lease } = await startLedger(createEntry("a", "intended"));
  await ledger.write(lease, [{ kind: "end", end: createFailure("No"), at: NOW }]);
  assertEquals(await ledger.discardAbandoned("ci", "unknown", NOW), false);
  assertEquals(await ledger.discardAbandoned("web", "a", NOW), false);
  assertEquals(await stateOf(ledger, "a"), "intended");
  assertEquals(await ledger.discardAbandoned("ci", "a", NOW), true);
  assertEquals(await stateOf(ledger, "a"), "discarded");
});

for (const state of EVERY_STATE) {
  const prunes = state === "retired" || state === "discarded" || state === "released";
  Deno.test(`prune() ${prunes ? "drops" : "keeps"} what is ${state} and has a successor`, async () => {
    const { ledger } = await startLedger(
      createEntry("a", state, { endedAt: NOW - DAY, goneAt: NOW - DAY }),
      createEntry("b", "current", { generation: 2 }),
    );
    await ledger.prune(NOW, NOW - 2 * DAY);
    assertEquals(await stateOf(ledger, "a"), prunes ? undefined : state);
  });
}

for (
  const [what, state, more, prunes] of [
    ["was deleted and may still be there", "retired", {}, false],
    ["was deleted long after its creation, just now", "retired", {
      createdAt: 0,
      endedAt: NOW,
      goneAt: NOW,
    }, false],
    ["was deleted and has expired since", "retired", { expiresAt: NOW - 1 }, true],
    ["was lost with its answer and may be there", "discarded", { authorization: null }, false],
    ["was left to the one who renamed it", "released", {}, true],
  ] as const
) {
  Deno.test(`prune() ${prunes ? "drops" : "keeps"} what ${what}`, async () => {
    const { ledger } = await startLedger(
      createEntry("a", state, { endedAt: NOW - DAY, goneAt: null, expiresAt: null, ...more }),
      createEntry("b", "current", { generation: 2 }),
    );
    await ledger.prune(NOW, NOW);
    assertEquals(await stateOf(ledger, "a"), prunes ? undefined : state);
  });
}

Deno.test("prune() drops what was refused once Heroku has long not shown it", async () => {
  const { ledger } = await startLedger(
    createEntry("a", "refused", { endedAt: NOW - 2, goneAt: NOW - 1 }),
    createEntry("b", "refused", { endedAt: NOW - 2, goneAt: null }),
    createEntry("c", "refused", { endedAt: NOW, goneAt: NOW }),
  );
  await ledger.prune(NOW - DAY, NOW - 1);
  assertEquals(await marksOf(ledger), ["b", "c"]);
});

Deno.test("prune() keeps what is another Worker's, as only a list shows what of it is left", async () => {
  const { ledger } = await startLedger(
    createEntry("a", "foreign", { createdAt: NOW - 31 * DAY, expiresAt: NOW - DAY }),
    createEntry("b", "foreign", { createdAt: NOW - 31 * DAY, expiresAt: null }),
    createEntry("c", "current", { generation: 2 }),
  );
  await ledger.prune(NOW, NOW);
  assertEquals(await marksOf(ledger), ["a", "b", "c"]);
});

Deno.test("prune() keeps what is not old enough, and the last of a line", async () => {
  const { ledger } = await startLedger(
    createEntry("young", "retired", { endedAt: NOW, goneAt: 0 }),
    createEntry("last", "retired", { generation: 3, endedAt: 0, goneAt: 0 }),
    createEntry("same", "discarded", { generation: 2, createdAt: 0, endedAt: 0, goneAt: 0 }),
    createEntry("b", "current", { generation: 2 }),
  );
  await adoptOne(
    ledger,
    "web",
    createEntry("only", "retired", { credential: "web", endedAt: 0, goneAt: 0 }),
  );
  await ledger.prune(NOW, NOW);
  assertEquals(await marksOf(ledger), ["young", "same", "b", "last"]);
  assertEquals(await marksOf(ledger, "web"), ["only"]);
});

Deno.test("prune() drops the deliveries of what it drops", async () => {
  const { ledger, lease, database } = await startLedger(
    createEntry("a", "minted", { expiresAt: NOW }),
    createEntry("b", "current", { generation: 2 }),
  );
  await adoptOne(ledger, "web", createEntry("a", "minted", { credential: "web" }));
  const web = await claimOne(ledger, 1, null, { credential: "web" });
  for (const [by, mark] of [[lease, "a"], [lease, "b"], [web, "a"]] as const) {
    const place = `hook-${by.credential}-${mark}`;
    await ledger.write(by, [{ kind: "deliver", mark, place, whose: "own", at: NOW }]);
  }
  await ledger.write(lease, [{ kind: "discard", mark: "a", at: NOW }]);
  await ledger.prune(NOW + 1, NOW);
  assertEquals(database.run("SELECT place FROM deliveries ORDER BY place"), [
    { place: "hook-ci-b" },
    { place: "hook-web-a" },
  ]);
});
