import { assertEquals } from "@std/assert";
import type { Change, DeliveryRecord, EntryState } from "../../../lib/rotation/ledger.ts";
import {
  adoptOne,
  claimOne,
  createEntry,
  NOW,
  PROOF,
  readOne,
  type StartedLedger,
  startLedger,
  UNANSWERED,
  UNTIL,
} from "./ledger_sample.ts";

Deno.test("begin() gives what the ledger notes of the whole, and what is known of the credential", async () => {
  const { ledger, lease } = await startLedger(createEntry("a", "current"));
  const note = {
    ...await ledger.note(),
    account: { id: "account-1", token: "fingerprint-1" },
    own: "authorization-1",
    unreadable: 2,
    unsure: 1,
    emptySince: NOW,
  };
  await ledger.writeNote(note);
  const snapshot = await ledger.begin(lease, UNTIL + 1);
  assertEquals(snapshot, { note, known: await readOne(ledger), takenOver: [] });
  assertEquals(snapshot.known.record.leaseUntil, UNTIL + 1);
});

Deno.test("begin() writes down what comes before the step, and gives what is known after that", async () => {
  const { ledger, lease } = await startLedger(createEntry("a", "intended", { sender: null }));
  const { known } = await ledger.begin(lease, UNTIL + 1, [
    { kind: "abandon", at: NOW },
    { kind: "intend", entry: createEntry("b", "intended") },
  ]);
  assertEquals(known.entries, [createEntry("b", "intended")]);
  assertEquals(await readOne(ledger), known);
});

Deno.test("write() writes changes in their order, and gives what is known then", async () => {
  const { ledger, lease } = await startLedger();
  const known = await ledger.write(lease, [
    { kind: "renew", until: UNTIL + 5 },
    { kind: "intend", entry: createEntry("a", "intended", UNANSWERED) },
    { kind: "mint", entry: createEntry("a", "minted") },
    { kind: "promote", mark: "a", at: NOW + 1 },
  ]);
  assertEquals(known.entries, [createEntry("a", "current", { provenAt: NOW + 1 })]);
  assertEquals(known.record.leaseUntil, UNTIL + 5);
  assertEquals(await readOne(ledger), known);
});

Deno.test("write() of nothing gives what is known", async () => {
  const { ledger, lease, database } = await startLedger(createEntry("a", "minted"));
  const before = database.dump();
  assertEquals(await ledger.write(lease, []), await readOne(ledger));
  assertEquals(database.dump(), before);
});

Deno.test("write() never touches another credential's entry of the same mark", async () => {
  const { ledger, lease } = await startLedger(
    createEntry("a", "intended", { sender: null }),
    createEntry("b", "current"),
  );
  await adoptOne(
    ledger,
    "web",
    createEntry("a", "intended", { credential: "web", sender: null }),
    createEntry("b", "minted", { credential: "web" }),
  );
  const before = await readOne(ledger, "web");
  const changes: readonly Change[] = [
    { kind: "send", mark: "a", sender: "try-1" },
    { kind: "mint", entry: createEntry("a", "minted") },
    { kind: "promote", mark: "a", at: NOW },
    { kind: "promote", mark: "b", at: NOW },
    { kind: "retire", mark: "b", state: "retired", at: NOW },
    { kind: "discard", mark: "b", at: NOW },
    { kind: "refuse", mark: "a", at: NOW },
    { kind: "abandon", at: NOW },
    { kind: "end", end: { outcome: "success" }, at: NOW },
  ];
  await ledger.write(lease, changes);
  assertEquals(await readOne(ledger, "web"), before);
});

Deno.test("intend writes an entry down once", async () => {
  const { ledger, lease } = await startLedger();
  const entry = createEntry("a", "intended", { ...UNANSWERED, sender: null, seenAt: null });
  await ledger.write(lease, [{ kind: "intend", entry }]);
  await ledger.write(lease, [{ kind: "intend", entry: { ...entry, generation: 9 } }]);
  assertEquals((await readOne(ledger)).entries, [entry]);
});

Deno.test("send writes down only the first sender", async () => {
  const { ledger, lease } = await startLedger(
    createEntry("a", "intended", { sender: null }),
    createEntry("b", "intended", { sender: null }),
  );
  for (const sender of ["try-1", "try-2", "try-1"]) {
    const { entries } = await ledger.write(lease, [{ kind: "send", mark: "a", sender }]);
    assertEquals(entries.map(({ mark, sender }) => [mark, sender]), [["a", "try-1"], ["b", null]]);
  }
});

const EVERY_OTHER_STATE: readonly EntryState[] = [
  "adopted",
  "minted",
  "current",
  "refused",
  "discarded",
  "retired",
  "released",
  "foreign",
];

for (const state of EVERY_OTHER_STATE) {
  Deno.test(`send, refuse, mint and abandon leave what is ${state} as it was`, async () => {
    const { ledger, lease, database } = await startLedger(
      createEntry("a", state, { sender: null }),
      createEntry("b", state),
    );
    const before = database.dump();
    await ledger.write(lease, [
      { kind: "send", mark: "a", sender: "try-1" },
      { kind: "refuse", mark: "a", at: NOW + 3 },
      { kind: "mint", entry: createEntry("a", "minted", { authorization: "other" }) },
      { kind: "abandon", at: NOW + 3 },
    ]);
    assertEquals(database.dump(), before);
  });
}

Deno.test("abandon forgets what was never sent, and discards what may have been created", async () => {
  const { ledger, lease } = await startLedger(
    createEntry("sent", "intended"),
    createEntry("unsent", "intended", { sender: null }),
    createEntry("current", "current"),
  );
  await adoptOne(
    ledger,
    "web",
    createEntry("unsent", "intended", { credential: "web", sender: null }),
  );
  for (let time = 0; time < 2; time++) {
    const { entries } = await ledger.write(lease, [{ kind: "abandon", at: NOW + 3 + time }]);
    assertEquals(entries, [
      createEntry("current", "current"),
      createEntry("sent", "discarded", { endedAt: NOW + 3 }),
    ]);
  }
  assertEquals((await readOne(ledger, "web")).entries.length, 1);
});

Deno.test("mint fills an intended entry in, and says so each time", async () => {
  const { ledger, lease } = await startLedger();
  const intended = createEntry("a", "intended", { ...UNANSWERED, createdAt: 0 });
  await ledger.write(lease, [{ kind: "intend", entry: intended }]);
  const minted = createEntry("a", "minted", { scope: ["identity"], lifetime: null });
  for (let time = 0; time < 2; time++) {
    const { entries } = await ledger.write(lease, [{ kind: "mint", entry: minted }]);
    assertEquals(entries, [minted]);
  }
});

Deno.test("mint keeps what the ledger knew before Heroku's answer", async () => {
  const { ledger, lease } = await startLedger();
  const intended = createEntry("a", "intended", { ...UNANSWERED, seenAt: null });
  const answered = createEntry("a", "minted", {
    generation: 9,
    asked: null,
    made: false,
    sender: null,
    notedAt: 0,
    seenAt: 0,
    endedAt: 0,
  });
  await ledger.write(lease, [{ kind: "intend", entry: intended }]);
  await ledger.write(lease, [{ kind: "mint", entry: answered }]);
  assertEquals((await readOne(ledger)).entries, [createEntry("a", "minted", { seenAt: null })]);
});

Deno.test("mint leaves what was given up meanwhile given up, and keeps no token of it", async () => {
  const { ledger, lease, database } = await startLedger();
  await ledger.write(lease, [
    { kind: "intend", entry: createEntry("a", "intended", UNANSWERED) },
    { kind: "intend", entry: createEntry("b", "intended", UNANSWERED) },
    { kind: "discard", mark: "a", at: NOW },
    { kind: "abandon", at: NOW },
  ]);
  const before = await readOne(ledger);
  assertEquals(before.entries.map(({ state }) => state), ["discarded", "discarded"]);
  for (const mark of ["a", "b"]) {
    const entry = createEntry(mark, "minted");
    assertEquals(await ledger.write(lease, [{ kind: "mint", entry }]), before);
  }
  assertEquals(database.dump().includes("sealed-"), false);
});

Deno.test("mint changes nothing for another authorization than the one minted before, and for none intended", async () => {
  const { ledger, lease } = await startLedger(createEntry("a", "minted"));
  const before = await readOne(ledger);
  const others = [
    createEntry("a", "minted", { authorization: "other" }),
    createEntry("b", "minted"),
  ];
  for (const entry of others) {
    assertEquals(await ledger.write(lease, [{ kind: "mint", entry }]), before);
  }
});

Deno.test("refuse writes down what was intended, and only that", async () => {
  const { ledger, lease } = await startLedger(
    createEntry("a", "intended"),
    createEntry("b", "intended"),
  );
  for (let time = 0; time < 2; time++) {
    const { entries } = await ledger.write(lease, [
      { kind: "refuse", mark: "a", at: NOW + 3 + time },
    ]);
    assertEquals(entries, [
      createEntry("a", "refused", { endedAt: NOW + 3 }),
      createEntry("b", "intended"),
    ]);
  }
});

for (
  const [state, after] of [
    ["intended", "discarded"],
    ["minted", "discarded"],
    ["current", "current"],
    ["adopted", "adopted"],
    ["refused", "refused"],
    ["retired", "retired"],
    ["released", "released"],
    ["foreign", "foreign"],
  ] as const
) {
  Deno.test(`discard leaves an entry that is ${state} ${after}`, async () => {
    const { ledger, lease } = await startLedger(createEntry("a", state));
    for (let time = 0; time < 2; time++) {
      await ledger.write(lease, [{ kind: "discard", mark: "a", at: NOW + 1 + time }]);
      const [entry] = (await readOne(ledger)).entries;
      assertEquals(
        [entry.state, entry.sealedToken, entry.endedAt],
        after === "discarded" ? [after, null, NOW + 1] : [after, "sealed-a", null],
      );
    }
  });
}

for (
  const [state, after] of [
    ["minted", "current"],
    ["current", "current"],
    ["adopted", "adopted"],
    ["intended", "intended"],
    ["refused", "refused"],
    ["discarded", "discarded"],
    ["retired", "retired"],
    ["released", "released"],
    ["foreign", "foreign"],
  ] as const
) {
  Deno.test(`promote makes what is ${state} ${after}`, async () => {
    const { ledger, lease } = await startLedger(createEntry("a", state));
    for (let time = 0; time < 2; time++) {
      await ledger.write(lease, [{ kind: "promote", mark: "a", at: NOW + time }]);
      const [entry] = (await readOne(ledger)).entries;
      assertEquals([entry.state, entry.provenAt, entry.sealedToken], [
        after,
        after === "current" ? NOW + time : null,
        "sealed-a",
      ]);
    }
  });
}

Deno.test("retire forgets the token for good, and leaves that of the successor", async () => {
  const { ledger, lease, database } = await startLedger(
    createEntry("old", "current"),
    createEntry("new", "current", { generation: 2 }),
  );
  for (let time = 0; time < 2; time++) {
    const { entries } = await ledger.write(lease, [
      { kind: "retire", mark: "old", state: "retired", at: NOW + 1 },
    ]);
    assertEquals(entries, [
      createEntry("old", "retired", { sealedToken: null, endedAt: NOW + 1 }),
      createEntry("new", "current", { generation: 2 }),
    ]);
  }
  assertEquals(database.dump().match(/sealed-\w+/g), ["sealed-new"]);
});

Deno.test("retire writes down what is left alone, and keeps no token of it either", async () => {
  const { ledger, lease } = await startLedger(createEntry("a", "current"));
  await ledger.write(lease, [{ kind: "retire", mark: "a", state: "released", at: NOW + 1 }]);
  assertEquals((await readOne(ledger)).entries, [
    createEntry("a", "released", { sealedToken: null, endedAt: NOW + 1 }),
  ]);
});

Deno.test("deliver, receive and prove keep which token is where", async () => {
  const { ledger, lease } = await startLedger(createEntry("a", "minted"));
  const place = "hook";
  const receipt = { etag: "é", size: 3, changed: true, nothing: null };
  const record: DeliveryRecord = {
    mark: "a",
    place,
    receipt: {},
    deliveredAt: NOW,
    proof: null,
    provenAt: null,
    lookedAt: null,
    drift: null,
  };
  const received = { ...record, receipt, deliveredAt: NOW + 1 };
  const steps: readonly (readonly [Change, DeliveryRecord])[] = [
    [{ kind: "deliver", mark: "a", place, whose: "own", at: NOW }, record],
    [{ kind: "receive", mark: "a", place, receipt, at: NOW + 1 }, received],
    [{ kind: "prove", mark: "a", place, proof: PROOF, at: NOW + 2 }, {
      ...received,
      proof: PROOF,
      provenAt: NOW + 2,
    }],
    [{ kind: "prove", mark: "a", place, proof: null, at: NOW + 3 }, received],
    [{ kind: "deliver", mark: "a", place, whose: "own", at: NOW + 4 }, {
      ...record,
      deliveredAt: NOW + 4,
    }],
  ];
  for (const [change, expected] of steps) {
    assertEquals((await ledger.write(lease, [change])).deliveries, [expected]);
    assertEquals((await readOne(ledger)).deliveries, [expected]);
  }
});

Deno.test("receive keeps a proof", async () => {
  const { ledger, lease } = await startLedger(createEntry("a", "minted"));
  const { deliveries } = await ledger.write(lease, [
    { kind: "deliver", mark: "a", place: "hook", whose: "own", at: NOW },
    { kind: "prove", mark: "a", place: "hook", proof: PROOF, at: NOW + 1 },
    { kind: "receive", mark: "a", place: "hook", receipt: { size: 3 }, at: NOW + 2 },
  ]);
  assertEquals(deliveries, [{
    mark: "a",
    place: "hook",
    receipt: { size: 3 },
    deliveredAt: NOW + 2,
    proof: PROOF,
    provenAt: NOW + 1,
    lookedAt: null,
    drift: null,
  }]);
});

Deno.test("receive and prove write nothing of what was not delivered", async () => {
  const { ledger, lease } = await startLedger(createEntry("a", "minted"));
  const { deliveries } = await ledger.write(lease, [
    { kind: "receive", mark: "a", place: "hook", receipt: {}, at: NOW },
    { kind: "prove", mark: "a", place: "hook", proof: PROOF, at: NOW },
  ]);
  assertEquals(deliveries, []);
});

/** A ledger with two generations of `ci` and one of `web`, all proven at two places. */
async function startProven(): Promise<StartedLedger> {
  const started = await startLedger(
    createEntry("old", "current"),
    createEntry("new", "current", { generation: 2 }),
    createEntry("next", "minted", { generation: 3 }),
  );
  const { ledger, lease } = started;
  await adoptOne(ledger, "web", createEntry("other", "current", { credential: "web" }));
  const web = await claimOne(ledger, 1, null, { credential: "web" });
  const proven = [[lease, "old"], [lease, "new"], [web, "other"]] as const;
  for (const kind of ["deliver", "prove"] as const) {
    for (const [by, mark] of proven) {
      const changes = ["hook", "store"].map((place): Change =>
        kind === "deliver"
          ? { kind, mark, place, whose: "own", at: NOW }
          : { kind, mark, place, proof: PROOF, at: NOW }
      );
      await ledger.write(by, changes);
    }
  }
  return started;
}

/** What is proven: `mark at place`. */
async function readProven({ ledger }: StartedLedger): Promise<string[]> {
  const known = [...(await ledger.read()).values()].flatMap(({ deliveries }) => deliveries);
  return known.filter(({ proof }) => proof !== null)
    .map(({ mark, place }) => `${mark} at ${place}`)
    .sort();
}

const EVERY_PROOF = [
  "new at hook",
  "new at store",
  "old at hook",
  "old at store",
  "other at hook",
  "other at store",
];

for (
  const [whose, left] of [
    ["own", ["new at store", "old at store", "other at hook", "other at store"]],
    ["all", ["new at store", "old at store", "other at store"]],
  ] as const
) {
  Deno.test(`deliver takes back every proof of ${whose} for that place, and none for another`, async () => {
    const started = await startProven();
    const { ledger, lease } = started;
    assertEquals(await readProven(started), EVERY_PROOF);
    for (let time = 0; time < 2; time++) {
      await ledger.write(lease, [{ kind: "deliver", mark: "next", place: "hook", whose, at: NOW }]);
      assertEquals(await readProven(started), [...left]);
    }
  });
}

for (
  const [what, mark] of [
    ["is proven to be there already", "new"],
    ["the ledger does not know", "unknown"],
    ["is another credential's", "other"],
  ] as const
) {
  Deno.test(`deliver of what ${what} changes nothing and takes no proof back`, async () => {
    const started = await startProven();
    const { ledger, lease, database } = started;
    const before = database.dump();
    for (const whose of ["own", "all"] as const) {
      await ledger.write(lease, [{ kind: "deliver", mark, place: "hook", whose, at: NOW + 9 }]);
      assertEquals(database.dump(), before);
    }
  });
}

Deno.test("begin() gives the places that are proven to hold another credential's token", async () => {
  const { ledger, lease } = await startLedger(createEntry("a", "minted"));
  const others = ["web", "cron"];
  await ledger.adopt(
    new Map(others.map((credential) => [credential, [createEntry("b", "minted", { credential })]])),
  );
  const takenOver = async () => (await ledger.begin(lease, UNTIL)).takenOver;
  const deliver = (place: string, mark: string, whose: "own" | "all" = "own"): Change => ({
    kind: "deliver",
    mark,
    place,
    whose,
    at: NOW,
  });
  await ledger.write(lease, [
    deliver("hook", "a"),
    { kind: "prove", mark: "a", place: "hook", proof: PROOF, at: NOW },
    deliver("store", "a"),
  ]);
  assertEquals(await takenOver(), []);

  for (const credential of others) {
    const other = await claimOne(ledger, 1, null, { credential });
    await ledger.write(other, [
      deliver("hook", "b"),
      deliver("store", "b"),
      deliver("elsewhere", "b"),
    ]);
    if (credential === "web") assertEquals(await takenOver(), []);
    await ledger.write(other, [
      { kind: "prove", mark: "b", place: "hook", proof: PROOF, at: NOW },
      { kind: "prove", mark: "b", place: "elsewhere", proof: PROOF, at: NOW },
    ]);
    assertEquals(await takenOver(), ["hook"]);
    assertEquals((await ledger.begin(other, UNTIL)).takenOver.includes("store"), false);
  }

  await ledger.write(lease, [{ kind: "intend", entry: createEntry("c", "intended") }]);
  const { takenOver: left } = await ledger.begin(lease, UNTIL, [deliver("hook", "c", "all")]);
  assertEquals(left, []);
});
