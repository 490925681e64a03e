import { assert, assertEquals, assertMatch, assertNotEquals, assertRejects } from "@std/assert";
import { type Entry, type Lease, type Ledger, SupersededError } from "../../lib/rotation/ledger.ts";
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
    scope: ["read", "write"],
    lifetime: 30 * day,
    createdAt: now,
    expiresAt: now + 30 * day,
    provenAt: null,
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
    entryOf("a", "adopted"),
    entryOf("b", "adopted", {
      generation: 2,
      authorization: null,
      accessToken: null,
      sealedToken: null,
      scope: null,
      lifetime: null,
      expiresAt: null,
      provenAt: now,
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
    "Attempt 2 stopped without an end",
  ]);
});

Deno.test("claim() behind an end keeps what the last failure was", async () => {
  const { ledger, lease } = await start();
  await ledger.end(lease, { outcome: "failure", error: "The hook is down" }, now);
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
      error === null ? { outcome: "success" } : { outcome: "failure", error },
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
  await ledger.end(lease, { outcome: "failure", error: "first" }, now);
  const before = await readOne(ledger);
  await ledger.end(lease, { outcome: "failure", error: "second" }, now + 1);
  await ledger.end(lease, { outcome: "success" }, now + 2);
  assertEquals(await readOne(ledger), before);
});

Deno.test("intend() writes an entry down once", async () => {
  const { ledger, lease } = await start();
  const entry = entryOf("a", "intended", { authorization: null, sealedToken: null });
  await ledger.intend(lease, entry);
  await ledger.intend(lease, { ...entry, generation: 9 });
  assertEquals((await readOne(ledger)).entries, [entry]);
});

Deno.test("mint() fills an intended entry in, and says so each time", async () => {
  const { ledger, lease } = await start();
  const intended = entryOf("a", "intended", {
    authorization: null,
    accessToken: null,
    sealedToken: null,
    expiresAt: null,
    createdAt: 0,
  });
  await ledger.intend(lease, intended);
  const minted = entryOf("a", "minted", { scope: ["identity"], lifetime: null });
  assertEquals([await ledger.mint(lease, minted), await ledger.mint(lease, minted)], [true, true]);
  assertEquals((await readOne(ledger)).entries, [minted]);
});

Deno.test("mint() says no for what was discarded meanwhile, and keeps no token of it", async () => {
  const { ledger, lease, database } = await start();
  await ledger.intend(lease, entryOf("a", "intended", { authorization: null, sealedToken: null }));
  await ledger.discard(lease, "a");
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
    ["foreign", "foreign"],
  ] as const
) {
  Deno.test(`discard() leaves an entry that is ${state} ${after}`, async () => {
    const { ledger, lease } = await start(entryOf("a", state));
    await ledger.discard(lease, "a");
    await ledger.discard(lease, "a");
    const [entry] = (await readOne(ledger)).entries;
    assertEquals([entry.state, entry.sealedToken], [
      after,
      after === "discarded" ? null : "sealed-a",
    ]);
  });
}

for (
  const [state, at, discards] of [
    ["intended", until, true],
    ["intended", until - 1, false],
    ["minted", until, false],
    ["current", until, false],
    ["discarded", until - 1, true],
  ] as const
) {
  Deno.test(`discardAbandoned() says ${discards} for what is ${state} ${until - at} ms before the lease runs out`, async () => {
    const { ledger } = await start(entryOf("a", state));
    assertEquals(await ledger.discardAbandoned("ci", "a", at), discards);
    assertEquals(await stateOf(ledger, "a"), discards ? "discarded" : state);
    assertEquals(await ledger.discardAbandoned("ci", "a", at), discards);
  });
}

Deno.test("discardAbandoned() discards what an ended attempt intended", async () => {
  const { ledger, lease } = await start(entryOf("a", "intended"));
  await ledger.end(lease, { outcome: "failure", error: "No" }, now);
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

Deno.test("retire() forgets the token for good, forgetToken() keeps the state", async () => {
  const { ledger, lease, database } = await start(
    entryOf("old", "current"),
    entryOf("new", "current", { generation: 2 }),
  );
  for (let time = 0; time < 2; time++) {
    await ledger.retire(lease, "old");
    await ledger.forgetToken(lease, "new");
  }
  assertEquals((await readOne(ledger)).entries.map(({ mark, state }) => [mark, state]), [
    ["old", "retired"],
    ["new", "current"],
  ]);
  assert(!database.dump().includes("sealed-"), database.dump());
});

const fenced: Readonly<Record<string, (ledger: Ledger, lease: Lease) => Promise<unknown>>> = {
  renew: (ledger, lease) => ledger.renew(lease, until + 99),
  end: (ledger, lease) => ledger.end(lease, { outcome: "success" }, now),
  intend: (ledger, lease) => ledger.intend(lease, entryOf("new", "intended")),
  mint: (ledger, lease) => ledger.mint(lease, entryOf("intended", "minted")),
  discard: (ledger, lease) => ledger.discard(lease, "minted"),
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
  retire: (ledger, lease) => ledger.retire(lease, "current"),
  forgetToken: (ledger, lease) => ledger.forgetToken(lease, "current"),
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

  if (method === "end") continue;
  Deno.test(`${method}() refuses without writing when its attempt has ended`, async () => {
    const { ledger, lease } = await startWithAll();
    await ledger.end(lease, { outcome: "failure", error: "No" }, now);
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

for (const state of ["intended", "discarded", "retired", "foreign"] as const) {
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
  await ledger.retire(lease, "a");
  await ledger.prune(now + day);
  assertEquals((await readOne(ledger)).entries.map(({ mark }) => mark), ["b"]);
  assertEquals(await ledger.serve("ci", "b"), true);
});

for (
  const [state, pruned] of [
    ["retired", true],
    ["discarded", true],
    ["adopted", false],
    ["intended", false],
    ["minted", false],
    ["current", false],
    ["foreign", false],
  ] as const
) {
  Deno.test(`prune() ${pruned ? "drops" : "keeps"} what is ${state} and has a successor`, async () => {
    const { ledger } = await start(
      entryOf("a", state, { createdAt: now - day }),
      entryOf("b", "current", { generation: 2 }),
    );
    await ledger.prune(now);
    assertEquals(await stateOf(ledger, "a"), pruned ? undefined : state);
  });
}

Deno.test("prune() drops what is another Worker's once it has expired, and so cannot be seen again", async () => {
  const { ledger } = await start(
    entryOf("a", "foreign", { createdAt: now - 31 * day, expiresAt: now - day }),
    entryOf("b", "foreign", { createdAt: now - 31 * day, expiresAt: null }),
    entryOf("c", "current", { generation: 2 }),
  );
  await ledger.prune(now);
  assertEquals((await readOne(ledger)).entries.map(({ mark }) => mark), ["b", "c"]);
});

Deno.test("prune() keeps what is not old enough, and the last of a line", async () => {
  const { ledger } = await start(
    entryOf("young", "retired"),
    entryOf("last", "retired", { generation: 3, createdAt: 0 }),
    entryOf("same", "discarded", { generation: 2, createdAt: 0 }),
    entryOf("b", "current", { generation: 2 }),
  );
  await ledger.adopt("web", [entryOf("only", "retired", { credential: "web", createdAt: 0 })]);
  await ledger.prune(now);
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
    entryOf("a", "minted"),
    entryOf("b", "current", { generation: 2 }),
  );
  const record = { receipt: {}, deliveredAt: now, proof: null, provenAt: null };
  for (const mark of ["a", "b"]) {
    await ledger.deliver(lease, { ...record, mark, place: `hook-${mark}` });
  }
  await ledger.discard(lease, "a");
  await ledger.prune(now + 1);
  assert(!database.dump().includes("hook-a"));
  assert(database.dump().includes("hook-b"));
});
