import { assert, assertEquals, assertMatch, assertNotEquals, assertRejects } from "@std/assert";
import {
  type AttemptEnd,
  type Entry,
  type EntryState,
  type Lease,
  type Ledger,
  type LedgerNote,
  SupersededError,
} from "../../lib/rotation/ledger.ts";
import { createLedger } from "../../worker/ledger.ts";
import { createDatabase } from "./sqlite.ts";

const now = Date.UTC(2026, 0, 1);
const until = now + 900_000;
const day = 86_400_000;
const proof = { kind: "exact", detail: "The value was read back" } as const;

/** An entry with every member filled in. */
function entryOf(mark: string, state: Entry["state"], more: Partial<Entry> = {}): Entry {
  return {
    credential: "ci",
    generation: 1,
    mark,
    state,
    authorization: `authorization-${mark}`,
    accessToken: `access-${mark}`,
    sealedToken: `sealed-${mark}`,
    fingerprint: `fingerprint-${mark}`,
    description: `ci [g1 ${mark}]`,
    scope: ["read", "write"],
    lifetime: 30 * day,
    asked: 31 * day,
    made: true,
    notedAt: now - 1,
    createdAt: now,
    expiresAt: now + 30 * day,
    provenAt: null,
    listedEnd: now + 9,
    seenAt: now + 2,
    doubtedSince: null,
    endedAt: null,
    goneAt: null,
    ...more,
  };
}

/** A ledger that knows `ci` with these entries, and the lease of its first attempt. */
async function start(...entries: readonly Entry[]) {
  const database = createDatabase();
  const ledger = createLedger(database);
  await ledger.adopt("ci", entries);
  const lease: Lease = { credential: "ci", attempt: 1 };
  assert(await ledger.claim(lease, null, until));
  return { database, ledger, lease };
}

async function readOne(ledger: Ledger, credential = "ci") {
  const known = await ledger.readCredential(credential);
  assert(known);
  return known;
}

/** What is not known of an entry before Heroku has answered its create. */
const unanswered = {
  authorization: null,
  accessToken: null,
  sealedToken: null,
  fingerprint: null,
  description: null,
  expiresAt: null,
} as const;

/** A failed attempt whose create was not refused. */
function failed(error: string): AttemptEnd {
  return { outcome: "failure", error, refused: false };
}

async function stateOf(ledger: Ledger, mark: string) {
  return (await readOne(ledger)).entries.find((entry) => entry.mark === mark)?.state;
}

Deno.test("id() is the database's own: always the same, and another one for another database", async () => {
  const { database, ledger } = await start();
  const id = await ledger.id();
  assertMatch(id, /^[0-9a-f]{8}$/);
  assertEquals(await createLedger(database).id(), id);
  assertNotEquals(await (await start()).ledger.id(), id);
  database.reset();
  assertNotEquals(await ledger.id(), id);
});

Deno.test("read() gives nothing of an empty ledger, and readCredential() undefined", async () => {
  const ledger = createLedger(createDatabase());
  assertEquals([...await ledger.read()], []);
  assertEquals(await ledger.readCredential("ci"), undefined);
});

Deno.test("adopt() makes a credential known with its entries, all members as they were", async () => {
  const ledger = createLedger(createDatabase());
  const entries = [
    entryOf("a", "adopted", {
      provenAt: now + 1,
      doubtedSince: now + 3,
      endedAt: now + 4,
      goneAt: now + 5,
    }),
    entryOf("b", "adopted", {
      ...unanswered,
      generation: 2,
      scope: null,
      lifetime: null,
      asked: null,
      made: false,
      listedEnd: null,
      seenAt: null,
    }),
  ];
  await ledger.adopt("ci", entries);
  const record = {
    name: "ci",
    attempt: 0,
    leaseUntil: null,
    failures: 0,
    endedAt: null,
    error: null,
    refusedSince: null,
    served: null,
  };
  assertEquals(await readOne(ledger), { record, entries, deliveries: [] });
  assertEquals([...await ledger.read()], [["ci", await readOne(ledger)]]);
});

Deno.test("adopt() leaves a credential that is known as it stands, whatever it is given", async () => {
  const { ledger } = await start(entryOf("a", "adopted"));
  const before = await readOne(ledger);
  await ledger.adopt("ci", [entryOf("a", "current"), entryOf("b", "adopted")]);
  assertEquals(await readOne(ledger), before);
});

Deno.test("adopt() takes in what a credential that never began has found later, or knew as another Worker's", async () => {
  const { ledger } = await start();
  await ledger.adopt("new", []);
  await ledger.noteForeign([entryOf("a", "foreign", { credential: "new" })]);
  const entries = [
    entryOf("a", "adopted", { credential: "new" }),
    entryOf("b", "adopted", { credential: "new" }),
  ];
  await ledger.adopt("new", entries);
  assertEquals((await ledger.readCredential("new"))?.entries, entries);

  await ledger.adopt("begun", []);
  await ledger.claim({ credential: "begun", attempt: 1 }, null, now + 1);
  await ledger.adopt("begun", [entryOf("c", "adopted", { credential: "begun" })]);
  assertEquals((await ledger.readCredential("begun"))?.entries, []);
});

Deno.test("adopt() of two sweeps at once takes the entries of one of them", async () => {
  const ledger = createLedger(createDatabase());
  await Promise.all([
    ledger.adopt("ci", [entryOf("a", "adopted")]),
    ledger.adopt("ci", [entryOf("b", "adopted")]),
  ]);
  assertEquals((await readOne(ledger)).entries.map(({ mark }) => mark), ["a"]);
});

Deno.test("adopt() keeps credentials apart, also with names that only SQL could confuse", async () => {
  const ledger = createLedger(createDatabase());
  const names = ["ci", "CI", "ci ", "ci%", "c'i", 'c"i', "línea 🚀", "two\nlines", "NULL"];
  for (const name of names) {
    await ledger.adopt(name, [entryOf(name, "adopted", { credential: name })]);
  }
  const known = await ledger.read();
  assertEquals([...known.keys()].sort(), [...names].sort());
  for (const name of names) {
    assertEquals((await readOne(ledger, name)).entries.map(({ mark }) => mark), [name]);
  }
});

Deno.test("readCredential() gives entries by generation, then by age", async () => {
  const { ledger } = await start(
    entryOf("c", "adopted", { generation: 2, createdAt: now + 1 }),
    entryOf("b", "adopted", { generation: 10 }),
    entryOf("a", "adopted", { generation: 2 }),
  );
  assertEquals((await readOne(ledger)).entries.map(({ mark }) => mark), ["a", "c", "b"]);
});

Deno.test("noteForeign() notes each once, and never over an entry of its own", async () => {
  const { ledger } = await start(entryOf("own", "current"));
  await ledger.noteForeign([]);
  await ledger.noteForeign([entryOf("own", "foreign"), entryOf("other", "foreign")]);
  await ledger.noteForeign([entryOf("other", "foreign", { generation: 9 })]);
  assertEquals(
    (await readOne(ledger)).entries.map(({ mark, state, generation }) => [mark, state, generation]),
    [
      ["other", "foreign", 1],
      ["own", "current", 1],
    ],
  );
});

Deno.test("adopt() adds to what is known only as long as nothing was found or begun", async () => {
  const { ledger } = await start();
  const one = (mark: string) => entryOf(mark, "adopted");
  await ledger.adopt("web", []);
  await ledger.noteForeign([entryOf("a", "foreign", { credential: "web" })]);
  await ledger.adopt("web", [{ ...one("a"), credential: "web" }]);
  await ledger.adopt("web", [{ ...one("b"), credential: "web" }]);
  const { entries } = await readOne(ledger, "web");
  assertEquals(entries.map(({ mark, state }) => [mark, state]), [["a", "adopted"]]);

  await ledger.adopt("new", []);
  await ledger.claim({ credential: "new", attempt: 1 }, null, now);
  await ledger.adopt("new", [{ ...one("a"), credential: "new" }]);
  assertEquals((await readOne(ledger, "new")).entries, []);
});

Deno.test("forgetForeign() forgets those that it is given, and only another Worker's", async () => {
  const { ledger } = await start(entryOf("own", "current"));
  await ledger.adopt("web", []);
  await ledger.noteForeign([
    entryOf("a", "foreign"),
    entryOf("b", "foreign"),
    entryOf("a", "foreign", { credential: "web" }),
  ]);
  await ledger.forgetForeign("ci", []);
  assertEquals((await readOne(ledger)).entries.length, 3);
  for (let time = 0; time < 2; time++) {
    await ledger.forgetForeign("ci", ["a", "own", "unknown"]);
    assertEquals((await readOne(ledger)).entries.map(({ mark }) => mark), ["b", "own"]);
  }
  assertEquals((await readOne(ledger, "web")).entries.map(({ mark }) => mark), ["a"]);
});

Deno.test("see() writes down what was seen, and changes nothing else", async () => {
  const { ledger } = await start(entryOf("a", "current"), entryOf("b", "current"));
  await ledger.adopt("web", [entryOf("a", "current", { credential: "web" })]);
  const before = await readOne(ledger, "web");
  const seen = {
    accessToken: "access-2",
    description: "ci (g1 a)",
    scope: ["identity"],
    lifetime: 7 * day,
    expiresAt: now + 7 * day,
    listedEnd: now + 6,
    seenAt: now + 7,
    doubtedSince: now + 8,
    goneAt: now + 9,
  };
  for (let time = 0; time < 2; time++) {
    await ledger.see([]);
    await ledger.see([
      { credential: "ci", mark: "a", state: "current", ...seen },
      { credential: "ci", mark: "b", state: "minted", ...seen },
      { credential: "ci", mark: "unknown", state: "current", ...seen },
    ]);
    assertEquals((await readOne(ledger)).entries, [
      entryOf("a", "current", seen),
      entryOf("b", "current"),
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
  assertEquals((await readOne(ledger)).entries[0], entryOf("a", "current", nothing));
});

Deno.test("see() leaves the attempt that is at work its lease", async () => {
  const { ledger, lease } = await start(entryOf("a", "minted"));
  const { record } = await readOne(ledger);
  await ledger.see([{ ...entryOf("a", "minted"), seenAt: now }]);
  assertEquals((await readOne(ledger)).record, record);
  await ledger.promote(lease, "a", now + 1);
  assertEquals((await readOne(ledger)).entries, [
    entryOf("a", "current", { seenAt: now, provenAt: now + 1 }),
  ]);
});

const nothingNoted: LedgerNote = {
  account: null,
  own: null,
  unreadable: 0,
  unsure: 0,
  emptySince: null,
};
const account = { id: "account-1", token: "fingerprint-1" };

Deno.test("note() gives what was last written down of the whole, and nothing of a new database", async () => {
  const { ledger, database } = await start();
  assertEquals(await ledger.note(), nothingNoted);
  const notes: LedgerNote[] = [
    { account, own: "authorization-1", unreadable: 2, unsure: 0, emptySince: null },
    { account, own: null, unreadable: 3, unsure: 0, emptySince: null },
    nothingNoted,
    {
      account: { id: "account-2", token: "fingerprint-2" },
      own: null,
      unreadable: 0,
      unsure: 0,
      emptySince: null,
    },
  ];
  for (const note of notes) {
    await ledger.writeNote(note);
    assertEquals(await createLedger(database).note(), note);
  }
  database.reset();
  assertEquals(await ledger.note(), nothingNoted);
});

Deno.test("writeNote() keeps the database's id, so that attempts go on", async () => {
  const { ledger, lease } = await start();
  const id = await ledger.id();
  await ledger.writeNote({
    account,
    own: "authorization-1",
    unreadable: 2,
    unsure: 0,
    emptySince: null,
  });
  assertEquals(await ledger.id(), id);
  await ledger.renew({ ...lease, ledger: id }, until + 1);
});

const everyState: readonly EntryState[] = [
  "adopted",
  "intended",
  "minted",
  "current",
  "discarded",
  "retired",
  "released",
  "foreign",
];

Deno.test("changeAccount() releases everything and forgets other Workers', and keeps what the store serves", async () => {
  const { ledger, database } = await start(
    ...everyState.map((state) =>
      entryOf(state, state, {
        generation: everyState.indexOf(state),
        sealedToken: state === "released" ? null : `sealed-${state}`,
        endedAt: state === "released" ? now - 9 : null,
      })
    ),
  );
  await ledger.adopt("web", [entryOf("minted", "minted", { credential: "web" })]);
  assert(await ledger.serve("ci", "current"));
  await ledger.writeNote({
    account: { id: "account-0", token: "fingerprint-0" },
    own: "authorization-1",
    unreadable: 2,
    unsure: 1,
    emptySince: now,
  });
  const id = await ledger.id();
  for (let time = 0; time < 2; time++) {
    await ledger.changeAccount(account, now + time);
    assertEquals(await ledger.note(), {
      account,
      own: null,
      unreadable: 0,
      unsure: 0,
      emptySince: null,
    });
    const { entries, record } = await readOne(ledger);
    assertEquals(
      entries,
      everyState.slice(0, -1).map((state, generation) =>
        entryOf(state, "released", {
          generation,
          sealedToken: state === "current" ? "sealed-current" : null,
          endedAt: state === "released" ? now - 9 : now,
        })
      ),
    );
    assertEquals(record.served, "current");
    const [web] = (await readOne(ledger, "web")).entries;
    assertEquals([web.state, web.sealedToken], ["released", null]);
  }
  assert(!database.dump().includes("sealed-minted"));
  assertEquals(await ledger.id(), id);
});

Deno.test("changeAccount() ends every attempt: one of the account before is superseded, the next may begin", async () => {
  const { ledger, lease } = await start(entryOf("a", "minted"));
  await ledger.end(lease, { outcome: "failure", error: "No", refused: true }, now);
  const before: Lease = { credential: "ci", attempt: 2 };
  assert(await ledger.claim(before, null, until));
  await ledger.changeAccount(account, now + 1);
  assertEquals((await readOne(ledger)).record, {
    name: "ci",
    attempt: 2,
    leaseUntil: null,
    failures: 0,
    endedAt: now,
    error: null,
    refusedSince: null,
    served: null,
  });
  await assertRejects(() => ledger.renew(before, until + 1), SupersededError);
  assertEquals(await ledger.serve("ci", "a"), false);
  const next: Lease = { credential: "ci", attempt: 3 };
  assert(await ledger.claim(next, null, until));
  await assertRejects(() => ledger.renew(before, until + 1), SupersededError);
  await ledger.intend(next, entryOf("b", "intended", { ...unanswered, generation: 2 }));
  assert(await ledger.mint(next, entryOf("b", "minted", { generation: 2 })));
  assert(await ledger.serve("ci", "b"));
  assertEquals((await readOne(ledger)).record.served, "b");
});

Deno.test("claim() gives an attempt to one of two sweeps that saw the same", async () => {
  const { ledger } = await start();
  const second: Lease = { credential: "ci", attempt: 2 };
  const outcomes = [
    await ledger.claim(second, until, until + 1),
    await ledger.claim(second, until, until + 2),
  ];
  assertEquals(outcomes, [true, false]);
  assertEquals((await readOne(ledger)).record.leaseUntil, until + 1);
});

for (
  const [what, attempt, seen] of [
    ["an attempt that is not the next one", 3, until],
    ["the attempt that runs already", 1, null],
    ["a lease that has been extended since", 2, until - 1],
    ["a lease that had ended when it was looked at", 2, null],
  ] as const
) {
  Deno.test(`claim() refuses ${what}`, async () => {
    const { ledger } = await start();
    const before = await readOne(ledger);
    assertEquals(await ledger.claim({ credential: "ci", attempt }, seen, until + 1), false);
    assertEquals(await readOne(ledger), before);
  });
}

Deno.test("claim() refuses a credential that the ledger does not know", async () => {
  const { ledger } = await start();
  assertEquals(await ledger.claim({ credential: "web", attempt: 1 }, null, until), false);
});

Deno.test("claim() counts an attempt that had not ended as failed", async () => {
  const { ledger } = await start();
  assert(await ledger.claim({ credential: "ci", attempt: 2 }, until, until + 1));
  assert(await ledger.claim({ credential: "ci", attempt: 3 }, until + 1, until + 2));
  const { record } = await readOne(ledger);
  assertEquals([record.attempt, record.failures, record.error], [
    3,
    2,
    "Attempt 2 stopped before it was finished",
  ]);
});

Deno.test("claim() behind an end keeps what the last failure was", async () => {
  const { ledger, lease } = await start();
  await ledger.end(lease, failed("The hook is down"), now);
  assert(await ledger.claim({ credential: "ci", attempt: 2 }, null, until));
  const { record } = await readOne(ledger);
  assertEquals([record.failures, record.error, record.endedAt], [1, "The hook is down", now]);
});

Deno.test("renew() extends the lease, and refuses once the attempt has ended", async () => {
  const { ledger, lease } = await start();
  await ledger.renew(lease, until + 1);
  assertEquals((await readOne(ledger)).record.leaseUntil, until + 1);
  await ledger.end(lease, { outcome: "success" }, now);
  await assertRejects(() => ledger.renew(lease, until + 2), SupersededError);
  assertEquals((await readOne(ledger)).record.leaseUntil, null);
});

Deno.test("renew() gives what the ledger notes of the whole", async () => {
  const { ledger, lease } = await start();
  assertEquals(await ledger.renew(lease, until), nothingNoted);
  const note = { account, own: "authorization-1", unreadable: 2, unsure: 0, emptySince: null };
  await ledger.writeNote(note);
  assertEquals(await ledger.renew(lease, until), note);
});

Deno.test("end() keeps since when Heroku has refused every create, until one attempt ends otherwise", async () => {
  const { ledger } = await start();
  const refused: AttemptEnd = { outcome: "failure", error: "Not allowed", refused: true };
  const ends: readonly (readonly [AttemptEnd | "dies", number | null])[] = [
    [refused, now + 1],
    [refused, now + 1],
    ["dies", now + 1],
    [refused, now + 1],
    [{ outcome: "success" }, null],
    [refused, now + 6],
    [failed("The hook is down"), null],
    [refused, now + 8],
  ];
  let seen: number | null = until;
  for (const [index, [end, since]] of ends.entries()) {
    const lease = { credential: "ci", attempt: index + 1 };
    if (index > 0) assert(await ledger.claim(lease, seen, until));
    if (end !== "dies") await ledger.end(lease, end, now + index + 1);
    const { record } = await readOne(ledger);
    assertEquals(record.refusedSince, since, `after attempt ${lease.attempt}`);
    seen = record.leaseUntil;
  }
});

Deno.test("end() counts failures, and a success begins anew", async () => {
  const { ledger } = await start();
  const ends = ["first", "second", null, "third"].map((error, index) => ({
    error,
    attempt: index + 1,
  }));
  const seen: unknown[] = [];
  for (const { error, attempt } of ends) {
    const lease = { credential: "ci", attempt };
    if (attempt > 1) assert(await ledger.claim(lease, null, until));
    await ledger.end(
      lease,
      error === null ? { outcome: "success" } : failed(error),
      now + attempt,
    );
    const { record } = await readOne(ledger);
    seen.push([record.failures, record.error, record.endedAt, record.leaseUntil]);
  }
  assertEquals(seen, [
    [1, "first", now + 1, null],
    [2, "second", now + 2, null],
    [0, null, now + 3, null],
    [1, "third", now + 4, null],
  ]);
});

Deno.test("end() takes effect once, however often it is called", async () => {
  const { ledger, lease } = await start();
  await ledger.end(lease, failed("first"), now);
  const before = await readOne(ledger);
  await ledger.end(lease, { outcome: "failure", error: "second", refused: true }, now + 1);
  await ledger.end(lease, { outcome: "success" }, now + 2);
  assertEquals(await readOne(ledger), before);
});

Deno.test("intend() writes an entry down once", async () => {
  const { ledger, lease } = await start();
  const entry = entryOf("a", "intended", { ...unanswered, seenAt: null });
  await ledger.intend(lease, entry);
  await ledger.intend(lease, { ...entry, generation: 9 });
  assertEquals((await readOne(ledger)).entries, [entry]);
});

Deno.test("mint() fills an intended entry in, and says so each time", async () => {
  const { ledger, lease } = await start();
  const intended = entryOf("a", "intended", { ...unanswered, createdAt: 0 });
  await ledger.intend(lease, intended);
  const minted = entryOf("a", "minted", { scope: ["identity"], lifetime: null });
  assertEquals([await ledger.mint(lease, minted), await ledger.mint(lease, minted)], [true, true]);
  assertEquals((await readOne(ledger)).entries, [minted]);
});

Deno.test("mint() keeps what the ledger's own clock and the configuration said before the answer", async () => {
  const { ledger, lease } = await start();
  await ledger.intend(lease, entryOf("a", "intended", { ...unanswered, seenAt: null }));
  await ledger.mint(
    lease,
    entryOf("a", "minted", { asked: null, made: false, notedAt: 0, seenAt: 0, endedAt: 0 }),
  );
  assertEquals((await readOne(ledger)).entries, [entryOf("a", "minted", { seenAt: null })]);
});

Deno.test("mint() says no for what was discarded meanwhile, and keeps no token of it", async () => {
  const { ledger, lease, database } = await start();
  await ledger.intend(lease, entryOf("a", "intended", unanswered));
  await ledger.discard(lease, "a", now);
  assertEquals(await ledger.mint(lease, entryOf("a", "minted")), false);
  assertEquals(await stateOf(ledger, "a"), "discarded");
  assert(!database.dump().includes("sealed-a"));
});

Deno.test("mint() says no for another authorization than the one minted before, and for none intended", async () => {
  const { ledger, lease } = await start();
  await ledger.intend(lease, entryOf("a", "intended", { authorization: null }));
  await ledger.mint(lease, entryOf("a", "minted"));
  const other = entryOf("a", "minted", { authorization: "other" });
  assertEquals(await ledger.mint(lease, other), false);
  assertEquals((await readOne(ledger)).entries[0].authorization, "authorization-a");
  assertEquals(await ledger.mint(lease, entryOf("b", "minted")), false);
});

for (
  const [state, after] of [
    ["intended", "discarded"],
    ["minted", "discarded"],
    ["current", "current"],
    ["adopted", "adopted"],
    ["retired", "retired"],
    ["released", "released"],
    ["foreign", "foreign"],
  ] as const
) {
  Deno.test(`discard() leaves an entry that is ${state} ${after}`, async () => {
    const { ledger, lease } = await start(entryOf("a", state));
    await ledger.discard(lease, "a", now + 1);
    await ledger.discard(lease, "a", now + 2);
    const [entry] = (await readOne(ledger)).entries;
    assertEquals(
      [entry.state, entry.sealedToken, entry.endedAt],
      after === "discarded" ? [after, null, now + 1] : [after, "sealed-a", null],
    );
  });
}

for (
  const state of [
    "adopted",
    "minted",
    "current",
    "discarded",
    "retired",
    "released",
    "foreign",
  ] as const
) {
  Deno.test(`refuse() leaves what is ${state} as it stands`, async () => {
    const { ledger, lease } = await start(entryOf("a", state));
    const before = await readOne(ledger);
    await ledger.refuse(lease, "a", now + 3);
    assertEquals(await readOne(ledger), before);
  });
}

Deno.test("refuse() writes down what was intended, and only that", async () => {
  const { ledger, lease } = await start(
    entryOf("a", "intended"),
    entryOf("b", "intended"),
  );
  await ledger.adopt("web", [entryOf("a", "intended", { credential: "web" })]);
  for (let time = 0; time < 2; time++) {
    await ledger.refuse(lease, "a", now + 3);
    assertEquals((await readOne(ledger)).entries, [
      entryOf("a", "refused", { endedAt: now + 3 }),
      entryOf("b", "intended"),
    ]);
  }
  assertEquals((await readOne(ledger, "web")).entries, [
    entryOf("a", "intended", { credential: "web" }),
  ]);
});

Deno.test("prune() drops what was refused once Heroku has long not shown it", async () => {
  const { ledger } = await start(
    entryOf("a", "refused", { endedAt: now - 2, goneAt: now - 1 }),
    entryOf("b", "refused", { endedAt: now - 2, goneAt: null }),
    entryOf("c", "refused", { endedAt: now, goneAt: now }),
  );
  await ledger.prune(now - day, now - 1);
  assertEquals((await readOne(ledger)).entries.map(({ mark }) => mark), ["b", "c"]);
});

for (
  const [state, at, discards] of [
    ["intended", until, true],
    ["intended", until - 1, false],
    ["minted", until, false],
    ["current", until, false],
    ["discarded", until - 1, true],
    ["refused", until - 1, true],
  ] as const
) {
  Deno.test(`discardAbandoned() says ${discards} for what is ${state} ${until - at} ms before the lease runs out`, async () => {
    const { ledger } = await start(entryOf("a", state));
    assertEquals(await ledger.discardAbandoned("ci", "a", at), discards);
    const [entry] = (await readOne(ledger)).entries;
    assertEquals([entry.state, entry.endedAt], [
      discards ? "discarded" : state,
      state === "refused" || (state === "intended" && discards) ? at : null,
    ]);
    assertEquals(await ledger.discardAbandoned("ci", "a", at), discards);
  });
}

Deno.test("discardAbandoned() discards what an ended attempt intended", async () => {
  const { ledger, lease } = await start(entryOf("a", "intended"));
  await ledger.end(lease, failed("No"), now);
  assertEquals(await ledger.discardAbandoned("ci", "a", now), true);
  assertEquals(await ledger.discardAbandoned("ci", "unknown", now), false);
});

Deno.test("deliver() and prove() keep what stands where", async () => {
  const { ledger, lease } = await start(entryOf("a", "minted"));
  const record = {
    mark: "a",
    place: "hook",
    receipt: { etag: "é", size: 3, changed: true, nothing: null },
    deliveredAt: now,
    proof: null,
    provenAt: null,
  };
  await ledger.deliver(lease, record);
  assertEquals((await readOne(ledger)).deliveries, [record]);
  await ledger.prove(lease, "a", "hook", proof, now + 1);
  await ledger.prove(lease, "a", "hook", proof, now + 1);
  assertEquals((await readOne(ledger)).deliveries, [{ ...record, proof, provenAt: now + 1 }]);
  await ledger.prove(lease, "a", "hook", null, now + 2);
  assertEquals((await readOne(ledger)).deliveries, [record]);
});

/** A ledger with two generations of `ci` and one of `web`, all proven at two places. */
async function startProven() {
  const started = await start(
    entryOf("old", "current"),
    entryOf("new", "minted", { generation: 2 }),
  );
  const { ledger, lease } = started;
  const web: Lease = { credential: "web", attempt: 1 };
  await ledger.adopt("web", [entryOf("other", "current", { credential: "web" })]);
  assert(await ledger.claim(web, null, until));
  const record = { receipt: {}, deliveredAt: now, proof: null, provenAt: null };
  for (const [by, mark] of [[lease, "old"], [lease, "new"], [web, "other"]] as const) {
    for (const place of ["hook", "store"]) {
      await ledger.deliver(by, { ...record, mark, place });
      await ledger.prove(by, mark, place, proof, now);
    }
  }
  /** What is proven: `mark at place`. */
  async function proven(): Promise<string[]> {
    const known = [...(await ledger.read()).values()].flatMap(({ deliveries }) => deliveries);
    return known.filter(({ proof }) => proof !== null).map(({ mark, place }) =>
      `${mark} at ${place}`
    ).sort();
  }
  return { ...started, proven };
}

for (
  const [whose, left] of [
    ["own", ["new at store", "old at store", "other at hook", "other at store"]],
    ["all", ["new at store", "old at store", "other at store"]],
  ] as const
) {
  Deno.test(`takeBack() takes back every proof of ${whose} for that place, and none for another`, async () => {
    const { ledger, lease, proven } = await startProven();
    for (let time = 0; time < 2; time++) {
      await ledger.takeBack(lease, "hook", whose);
      assertEquals(await proven(), [...left]);
    }
  });
}

Deno.test("prove() proves nothing that was not delivered", async () => {
  const { ledger, lease } = await start(entryOf("a", "minted"));
  await ledger.prove(lease, "a", "hook", proof, now);
  assertEquals((await readOne(ledger)).deliveries, []);
});

for (
  const [state, after] of [
    ["minted", "current"],
    ["current", "current"],
    ["intended", "intended"],
    ["discarded", "discarded"],
    ["retired", "retired"],
    ["released", "released"],
    ["foreign", "foreign"],
  ] as const
) {
  Deno.test(`promote() makes what is ${state} ${after}`, async () => {
    const { ledger, lease } = await start(entryOf("a", state));
    await ledger.promote(lease, "a", now);
    await ledger.promote(lease, "a", now + 1);
    const [entry] = (await readOne(ledger)).entries;
    assertEquals([entry.state, entry.provenAt, entry.sealedToken], [
      after,
      after === "current" ? now + 1 : null,
      "sealed-a",
    ]);
  });
}

Deno.test("retire() forgets the token for good, and leaves that of the successor", async () => {
  const { ledger, lease, database } = await start(
    entryOf("old", "current"),
    entryOf("new", "current", { generation: 2 }),
  );
  for (let time = 0; time < 2; time++) {
    await ledger.retire(lease, "old", "retired", now + 1);
  }
  assertEquals(
    (await readOne(ledger)).entries.map(({ mark, state, endedAt }) => [mark, state, endedAt]),
    [
      ["old", "retired", now + 1],
      ["new", "current", null],
    ],
  );
  assertEquals(database.dump().match(/sealed-\w+/g), ["sealed-new"]);
});

Deno.test("retire() writes down what is left alone, and keeps no token of it either", async () => {
  const { ledger, lease } = await start(entryOf("a", "current"));
  await ledger.retire(lease, "a", "released", now + 1);
  assertEquals((await readOne(ledger)).entries, [
    entryOf("a", "released", { sealedToken: null, endedAt: now + 1 }),
  ]);
});

const fenced: Readonly<Record<string, (ledger: Ledger, lease: Lease) => Promise<unknown>>> = {
  renew: (ledger, lease) => ledger.renew(lease, until + 99),
  end: (ledger, lease) => ledger.end(lease, { outcome: "success" }, now),
  intend: (ledger, lease) => ledger.intend(lease, entryOf("new", "intended")),
  mint: (ledger, lease) => ledger.mint(lease, entryOf("intended", "minted")),
  refuse: (ledger, lease) => ledger.refuse(lease, "intended", now),
  discard: (ledger, lease) => ledger.discard(lease, "minted", now),
  deliver: (ledger, lease) =>
    ledger.deliver(lease, {
      mark: "minted",
      place: "hook",
      receipt: {},
      deliveredAt: now,
      proof: null,
      provenAt: null,
    }),
  takeBack: (ledger, lease) => ledger.takeBack(lease, "hook", "own"),
  prove: (ledger, lease) => ledger.prove(lease, "current", "hook", null, now),
  promote: (ledger, lease) => ledger.promote(lease, "minted", now),
  retire: (ledger, lease) => ledger.retire(lease, "current", "retired", now),
};

async function startWithAll() {
  const started = await start(
    entryOf("intended", "intended"),
    entryOf("minted", "minted"),
    entryOf("current", "current"),
  );
  const { ledger, lease } = started;
  const record = { mark: "current", place: "hook", receipt: {}, deliveredAt: now };
  await ledger.deliver(lease, { ...record, proof: null, provenAt: null });
  await ledger.prove(lease, "current", "hook", proof, now);
  return started;
}

for (const [method, write] of Object.entries(fenced)) {
  Deno.test(`${method}() writes for the attempt that holds the lease`, async () => {
    const { ledger, lease } = await startWithAll();
    const before = await readOne(ledger);
    await write(ledger, lease);
    assertNotEquals(await readOne(ledger), before);
  });

  Deno.test(`${method}() refuses without writing when another attempt has taken over`, async () => {
    const { ledger, lease } = await startWithAll();
    assert(await ledger.claim({ credential: "ci", attempt: 2 }, until, until + 1));
    const before = await readOne(ledger);
    const error = await assertRejects(() => write(ledger, lease), SupersededError);
    assertEquals(
      error.message,
      "Cannot go on with attempt 1 for 'ci' as a newer one has taken over",
    );
    assertEquals(await readOne(ledger), before);
  });

  Deno.test(`${method}() refuses without writing for a credential that the ledger has lost`, async () => {
    const { ledger, lease, database } = await startWithAll();
    database.reset();
    await assertRejects(() => write(ledger, lease), SupersededError);
    assertEquals([...await ledger.read()], []);
  });

  Deno.test(`${method}() refuses without writing when the account has changed`, async () => {
    const { ledger, lease } = await startWithAll();
    await ledger.changeAccount({ id: "other", token: "fingerprint" }, now);
    assert(await ledger.claim({ credential: "ci", attempt: 2 }, null, until));
    const before = await readOne(ledger);
    await assertRejects(() => write(ledger, lease), SupersededError);
    assertEquals(await readOne(ledger), before);
  });

  Deno.test(`${method}() refuses without writing for an attempt that another ledger began`, async () => {
    const { ledger, lease } = await startWithAll();
    const before = await readOne(ledger);
    await assertRejects(() => write(ledger, { ...lease, ledger: "0badcafe" }), SupersededError);
    assertEquals(await readOne(ledger), before);
    await write(ledger, { ...lease, ledger: await ledger.id() });
    assertNotEquals(await readOne(ledger), before);
  });

  if (method === "end") continue;
  Deno.test(`${method}() refuses without writing when its attempt has ended`, async () => {
    const { ledger, lease } = await startWithAll();
    await ledger.end(lease, failed("No"), now);
    const before = await readOne(ledger);
    await assertRejects(() => write(ledger, lease), SupersededError);
    assertEquals(await readOne(ledger), before);
  });
}

Deno.test("serve() hands out newer generations, and refuses older ones", async () => {
  const { ledger } = await start(
    entryOf("a", "current", { generation: 1 }),
    entryOf("b", "minted", { generation: 2 }),
    entryOf("c", "minted", { generation: 10 }),
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
  const { ledger } = await start(entryOf("a", "minted"), entryOf("b", "minted"));
  assertEquals([await ledger.serve("ci", "a"), await ledger.serve("ci", "b")], [true, true]);
  assertEquals((await readOne(ledger)).record.served, "b");
});

for (const state of ["intended", "discarded", "retired", "released", "foreign"] as const) {
  Deno.test(`serve() refuses an entry that is ${state}, as a late write of a dead attempt would be`, async () => {
    const { ledger } = await start(
      entryOf("new", "minted"),
      entryOf("late", state, { sealedToken: null }),
    );
    assertEquals(await ledger.serve("ci", "new"), true);
    assertEquals(await ledger.serve("ci", "late"), false);
    assertEquals((await readOne(ledger)).record.served, "new");
  });
}

Deno.test("serve() refuses what the ledger does not know", async () => {
  const { ledger } = await start();
  assertEquals(await ledger.serve("ci", "unknown"), false);
  assertEquals((await readOne(ledger)).record.served, null);
  assertEquals(await ledger.serve("web", "unknown"), false);
});

Deno.test("serve() goes on when what it handed out has been pruned", async () => {
  const { ledger, lease } = await start(
    entryOf("a", "current", { generation: 1 }),
    entryOf("b", "current", { generation: 2 }),
  );
  await ledger.serve("ci", "a");
  await ledger.retire(lease, "a", "retired", now);
  await ledger.see([{ ...entryOf("a", "retired"), goneAt: now }]);
  await ledger.prune(now + day, now);
  assertEquals((await readOne(ledger)).entries.map(({ mark }) => mark), ["b"]);
  assertEquals(await ledger.serve("ci", "b"), true);
});

for (
  const [state, pruned] of [
    ["retired", true],
    ["discarded", true],
    ["released", true],
    ["adopted", false],
    ["intended", false],
    ["minted", false],
    ["current", false],
    ["foreign", false],
  ] as const
) {
  Deno.test(`prune() ${pruned ? "drops" : "keeps"} what is ${state} and has a successor`, async () => {
    const { ledger } = await start(
      entryOf("a", state, { endedAt: now - day, goneAt: now - day }),
      entryOf("b", "current", { generation: 2 }),
    );
    await ledger.prune(now, now);
    assertEquals(await stateOf(ledger, "a"), pruned ? undefined : state);
  });
}

for (
  const [what, state, more, pruned] of [
    ["was deleted and may still be there", "retired", {}, false],
    ["was deleted long after its creation, just now", "retired", {
      createdAt: 0,
      endedAt: now,
      goneAt: now,
    }, false],
    ["was deleted and has expired since", "retired", { expiresAt: now - 1 }, true],
    ["was lost with its answer and may be there", "discarded", { authorization: null }, false],
    ["was left to who renamed it", "released", {}, true],
  ] as const
) {
  Deno.test(`prune() ${pruned ? "drops" : "keeps"} what ${what}`, async () => {
    const { ledger } = await start(
      entryOf("a", state, { endedAt: now - day, goneAt: null, expiresAt: null, ...more }),
      entryOf("b", "current", { generation: 2 }),
    );
    await ledger.prune(now, now);
    assertEquals(await stateOf(ledger, "a"), pruned ? undefined : state);
  });
}

Deno.test("prune() keeps what is another Worker's, as only a list shows what of it is left", async () => {
  const { ledger } = await start(
    entryOf("a", "foreign", { createdAt: now - 31 * day, expiresAt: now - day }),
    entryOf("b", "foreign", { createdAt: now - 31 * day, expiresAt: null }),
    entryOf("c", "current", { generation: 2 }),
  );
  await ledger.prune(now, now);
  assertEquals((await readOne(ledger)).entries.map(({ mark }) => mark), ["a", "b", "c"]);
});

Deno.test("prune() keeps what is not old enough, and the last of a line", async () => {
  const { ledger } = await start(
    entryOf("young", "retired", { endedAt: now, goneAt: 0 }),
    entryOf("last", "retired", { generation: 3, endedAt: 0, goneAt: 0 }),
    entryOf("same", "discarded", { generation: 2, createdAt: 0, endedAt: 0, goneAt: 0 }),
    entryOf("b", "current", { generation: 2 }),
  );
  await ledger.adopt("web", [
    entryOf("only", "retired", { credential: "web", endedAt: 0, goneAt: 0 }),
  ]);
  await ledger.prune(now, now);
  assertEquals((await readOne(ledger)).entries.map(({ mark }) => mark), [
    "young",
    "same",
    "b",
    "last",
  ]);
  assertEquals((await readOne(ledger, "web")).entries.length, 1);
});

Deno.test("prune() drops the deliveries of what it drops", async () => {
  const { ledger, lease, database } = await start(
    entryOf("a", "minted", { expiresAt: now }),
    entryOf("b", "current", { generation: 2 }),
  );
  const record = { receipt: {}, deliveredAt: now, proof: null, provenAt: null };
  for (const mark of ["a", "b"]) {
    await ledger.deliver(lease, { ...record, mark, place: `hook-${mark}` });
  }
  await ledger.discard(lease, "a", now);
  await ledger.prune(now + 1, now);
  assert(!database.dump().includes("hook-a"));
  assert(database.dump().includes("hook-b"));
});
