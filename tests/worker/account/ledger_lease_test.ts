import { assertEquals, assertMatch, assertNotEquals, assertRejects } from "@std/assert";
import {
  type AttemptEnd,
  type Change,
  type Lease,
  SupersededError,
} from "../../../lib/rotation/ledger.ts";
import { createDatabase } from "../sqlite.ts";
import { createLedger } from "../../../worker/account/ledger.ts";
import {
  adoptOne,
  claimOne,
  createEntry,
  createFailure,
  NOW,
  PROOF,
  readOne,
  type StartedLedger,
  startLedger,
  UNTIL,
} from "./ledger_sample.ts";

const SUCCESS: AttemptEnd = { outcome: "success" };

Deno.test("claim() begins an attempt, and gives the right to write", async () => {
  const { ledger, lease } = await startLedger();
  const { claim } = lease;
  assertEquals(lease, { credential: "ci", attempt: 1, claim });
  assertMatch(claim, /^[0-9a-f]{8}$/);
  const { record } = await readOne(ledger);
  assertEquals([record.attempt, record.claim, record.leaseUntil], [1, claim, UNTIL]);
});

Deno.test("claim() begins several attempts at once, and gives those that have begun", async () => {
  const { ledger } = await startLedger();
  const names = ["a", "b", "c"];
  await ledger.adopt(new Map(names.map((name) => [name, []])));
  const leases = await ledger.claim([
    { credential: "a", attempt: 1, seenLease: null },
    { credential: "ci", attempt: 2, seenLease: null },
    { credential: "b", attempt: 2, seenLease: null },
    { credential: "unknown", attempt: 1, seenLease: null },
    { credential: "c", attempt: 1, seenLease: null },
  ], UNTIL + 1);
  assertEquals(leases.map(({ credential, attempt }) => [credential, attempt]), [["a", 1], [
    "c",
    1,
  ]]);
  const records = await Promise.all(
    ["ci", ...names].map(async (name) => (await readOne(ledger, name)).record),
  );
  assertEquals(records.map(({ name, attempt, leaseUntil }) => [name, attempt, leaseUntil]), [
    ["ci", 1, UNTIL],
    ["a", 1, UNTIL + 1],
    ["b", 0, null],
    ["c", 1, UNTIL + 1],
  ]);
  for (const { credential, claim } of leases) {
    assertEquals((await readOne(ledger, credential)).record.claim, claim);
  }
  assertEquals(await ledger.claim([], UNTIL), []);
});

Deno.test("claim() makes another word for each attempt", async () => {
  const ledger = createLedger(createDatabase());
  const names = Array.from({ length: 20 }, (_, index) => `credential-${index}`);
  await ledger.adopt(new Map(names.map((name) => [name, []])));
  const words = new Set<string>();
  for (const attempt of [1, 2]) {
    const claims = names.map((credential) => ({
      credential,
      attempt,
      seenLease: attempt === 1 ? null : UNTIL,
    }));
    for (const { claim } of await ledger.claim(claims, UNTIL)) words.add(claim);
  }
  assertEquals(words.size, 40);
});

Deno.test("claim() gives an attempt to one of two sweeps that saw the same", async () => {
  const { ledger } = await startLedger();
  const claims = [{ credential: "ci", attempt: 2, seenLease: UNTIL }];
  const first = await ledger.claim(claims, UNTIL + 1);
  assertEquals(first.length, 1);
  assertEquals(await ledger.claim(claims, UNTIL + 2), []);
  const { record } = await readOne(ledger);
  assertEquals([record.leaseUntil, record.claim], [UNTIL + 1, first[0].claim]);
});

for (
  const [what, credential, attempt, seenLease] of [
    ["an attempt that is not the next one", "ci", 3, UNTIL],
    ["the attempt that runs already", "ci", 1, null],
    ["a lease that has been extended since", "ci", 2, UNTIL - 1],
    ["a lease that had ended when it was looked at", "ci", 2, null],
    ["a credential that the ledger does not know", "web", 1, null],
  ] as const
) {
  Deno.test(`claim() refuses ${what}`, async () => {
    const { ledger, database } = await startLedger();
    const before = database.dump();
    assertEquals(await ledger.claim([{ credential, attempt, seenLease }], UNTIL + 1), []);
    assertEquals(database.dump(), before);
  });
}

Deno.test("claim() counts an attempt that had not ended as failed", async () => {
  const { ledger } = await startLedger();
  await claimOne(ledger, 2, UNTIL, { until: UNTIL + 1 });
  await claimOne(ledger, 3, UNTIL + 1, { until: UNTIL + 2 });
  const { record } = await readOne(ledger);
  assertEquals([record.attempt, record.failures, record.error], [
    3,
    2,
    "Attempt 2 stopped before it was finished",
  ]);
});

Deno.test("claim() after an end keeps what the last failure was", async () => {
  const { ledger, lease } = await startLedger();
  await ledger.write(lease, [{ kind: "end", end: createFailure("The hook is down"), at: NOW }]);
  await claimOne(ledger, 2, null);
  const { record } = await readOne(ledger);
  assertEquals([record.failures, record.error, record.endedAt], [1, "The hook is down", NOW]);
});

Deno.test("release() ends attempts as if nothing had happened, and the next ones may begin", async () => {
  const { ledger, lease } = await startLedger();
  await adoptOne(ledger, "web");
  await ledger.write(lease, [{ kind: "end", end: createFailure("The hook is down"), at: NOW }]);
  const before = await readOne(ledger);
  const leases = [
    await claimOne(ledger, 2, null),
    await claimOne(ledger, 1, null, { credential: "web" }),
  ];
  for (let time = 0; time < 2; time++) {
    await ledger.release(leases);
    assertEquals((await readOne(ledger)).record, {
      ...before.record,
      attempt: 2,
      claim: leases[0].claim,
    });
    assertEquals((await readOne(ledger, "web")).record.leaseUntil, null);
  }
  await ledger.release([]);
  await claimOne(ledger, 3, null);
  await claimOne(ledger, 2, null, { credential: "web" });
});

Deno.test("release() passes over a lease that another attempt holds, or another claim", async () => {
  const { ledger, database, lease } = await startLedger();
  const next = await claimOne(ledger, 2, UNTIL, { until: UNTIL + 1 });
  const before = database.dump();
  await ledger.release([
    lease,
    { ...next, attempt: 1 },
    { ...next, claim: "0badcafe" },
    { ...next, credential: "web" },
  ]);
  assertEquals(database.dump(), before);
});

Deno.test("begin() extends the lease, and refuses once the attempt has ended", async () => {
  const { ledger, lease } = await startLedger();
  await ledger.begin(lease, UNTIL + 1);
  assertEquals((await readOne(ledger)).record.leaseUntil, UNTIL + 1);
  await ledger.write(lease, [{ kind: "end", end: SUCCESS, at: NOW }]);
  await assertRejects(() => ledger.begin(lease, UNTIL + 2), SupersededError);
  assertEquals((await readOne(ledger)).record.leaseUntil, null);
});

Deno.test("end counts failures, and a success begins from the start", async () => {
  const { ledger, lease } = await startLedger();
  const seen: unknown[] = [];
  for (const [index, error] of ["first", "second", null, "third"].entries()) {
    const attempt = index + 1;
    const holder = attempt === 1 ? lease : await claimOne(ledger, attempt, null);
    const end = error === null ? SUCCESS : createFailure(error);
    await ledger.write(holder, [{ kind: "end", end, at: NOW + attempt }]);
    const { record } = await readOne(ledger);
    seen.push([record.failures, record.error, record.endedAt, record.leaseUntil]);
  }
  assertEquals(seen, [
    [1, "first", NOW + 1, null],
    [2, "second", NOW + 2, null],
    [0, null, NOW + 3, null],
    [1, "third", NOW + 4, null],
  ]);
});

Deno.test("end keeps since when Heroku has refused every create, until one attempt ends otherwise", async () => {
  const { ledger, lease } = await startLedger();
  const refused: AttemptEnd = { outcome: "failure", error: "Not allowed", refused: true };
  const ends: readonly (readonly [AttemptEnd | "dies", number | null])[] = [
    [refused, NOW + 1],
    [refused, NOW + 1],
    ["dies", NOW + 1],
    [refused, NOW + 1],
    [SUCCESS, null],
    [refused, NOW + 6],
    [createFailure("The hook is down"), null],
    [refused, NOW + 8],
  ];
  let seenLease: number | null = null;
  for (const [index, [end, since]] of ends.entries()) {
    const attempt = index + 1;
    const holder: Lease = attempt === 1 ? lease : await claimOne(ledger, attempt, seenLease);
    if (end !== "dies") await ledger.write(holder, [{ kind: "end", end, at: NOW + attempt }]);
    const { record } = await readOne(ledger);
    assertEquals(record.refusedSince, since, `after attempt ${attempt}`);
    seenLease = record.leaseUntil;
  }
});

Deno.test("end takes effect once, however often it is written", async () => {
  const { ledger, database, lease } = await startLedger();
  await ledger.write(lease, [{ kind: "end", end: createFailure("first"), at: NOW }]);
  const known = await readOne(ledger);
  const before = database.dump();
  const ends: readonly AttemptEnd[] = [
    createFailure("first"),
    { outcome: "failure", error: "second", refused: true },
    SUCCESS,
  ];
  for (const end of ends) {
    assertEquals(await ledger.write(lease, [{ kind: "end", end, at: NOW + 1 }]), known);
    assertEquals(database.dump(), before);
  }
});

/** One change of each kind that has an effect in {@linkcode startWithAll}. */
const CHANGES: { readonly [Kind in Change["kind"]]: Extract<Change, { kind: Kind }> } = {
  renew: { kind: "renew", until: UNTIL + 99 },
  abandon: { kind: "abandon", at: NOW },
  intend: { kind: "intend", entry: createEntry("new", "intended") },
  send: { kind: "send", mark: "intended", sender: "try-1" },
  mint: { kind: "mint", entry: createEntry("intended", "minted") },
  refuse: { kind: "refuse", mark: "intended", at: NOW },
  discard: { kind: "discard", mark: "minted", at: NOW },
  deliver: { kind: "deliver", mark: "minted", place: "hook", whose: "own", at: NOW },
  receive: { kind: "receive", mark: "current", place: "hook", receipt: { size: 3 }, at: NOW },
  prove: { kind: "prove", mark: "current", place: "hook", proof: null, at: NOW },
  promote: { kind: "promote", mark: "minted", at: NOW },
  retire: { kind: "retire", mark: "current", state: "retired", at: NOW },
  end: { kind: "end", end: createFailure("No"), at: NOW },
};

async function startWithAll(): Promise<StartedLedger> {
  const started = await startLedger(
    createEntry("intended", "intended", { sender: null }),
    createEntry("minted", "minted"),
    createEntry("current", "current"),
  );
  await started.ledger.write(started.lease, [
    { kind: "deliver", mark: "current", place: "hook", whose: "own", at: NOW },
    { kind: "prove", mark: "current", place: "hook", proof: PROOF, at: NOW },
  ]);
  return started;
}

/** How an attempt may lose its right to write, and the lease that it then still has. */
const LOSSES: Readonly<Record<string, (started: StartedLedger) => Lease | Promise<Lease>>> = {
  "another attempt has taken over": async ({ ledger, lease }) => {
    await claimOne(ledger, 2, UNTIL, { until: UNTIL + 1 });
    return lease;
  },
  "the ledger was lost": ({ database, lease }) => {
    database.reset();
    return lease;
  },
  "the ledger was lost and has begun the same attempt again": async (
    { ledger, database, lease },
  ) => {
    database.reset();
    await adoptOne(ledger, "ci", createEntry("minted", "minted"));
    await claimOne(ledger, 1, null);
    return lease;
  },
  "the account has changed and another attempt has begun": async ({ ledger, lease }) => {
    await ledger.changeAccount({ id: "account-2", token: "token-2" }, NOW);
    await claimOne(ledger, 2, null);
    return lease;
  },
  "it never began": ({ lease }) => ({ ...lease, attempt: 2 }),
  "its claim is another one's": ({ lease }) => ({ ...lease, claim: "0badcafe" }),
  "its credential is not known": ({ lease }) => ({ ...lease, credential: "web" }),
};

/** How an attempt ends; to end it again is the same as once. */
const ENDS: typeof LOSSES = {
  "it has ended": async ({ ledger, lease }) => {
    await ledger.write(lease, [{ kind: "end", end: createFailure("No"), at: NOW }]);
    return lease;
  },
  "it was released": async ({ ledger, lease }) => {
    await ledger.release([lease]);
    return lease;
  },
  "the account has changed": async ({ ledger, lease }) => {
    await ledger.changeAccount({ id: "account-2", token: "token-2" }, NOW);
    return lease;
  },
};

for (const change of Object.values(CHANGES)) {
  const { kind } = change;

  Deno.test(`write() of '${kind}' changes something, and the same again changes nothing`, async () => {
    const { ledger, database, lease } = await startWithAll();
    const before = database.dump();
    const known = await ledger.write(lease, [change]);
    const after = database.dump();
    assertNotEquals(after, before);
    assertEquals(known, await readOne(ledger));
    assertEquals(await ledger.write(lease, [change]), known);
    assertEquals(database.dump(), after);
  });

  const losses = { ...LOSSES, ...kind === "end" ? {} : ENDS };
  for (const [loss, lose] of Object.entries(losses)) {
    Deno.test(`write() of '${kind}' writes nothing for an attempt once ${loss}`, async () => {
      const started = await startWithAll();
      const { ledger, database } = started;
      const lease = await lose(started);
      const before = database.dump();
      const error = await assertRejects(() => ledger.write(lease, [change]), SupersededError);
      assertEquals(
        error.message,
        `Cannot go on with attempt ${lease.attempt} for '${lease.credential}' because a newer one has taken over`,
      );
      assertEquals(database.dump(), before);
    });
  }
}

for (const [loss, lose] of Object.entries({ ...LOSSES, ...ENDS })) {
  Deno.test(`begin() writes nothing for an attempt once ${loss}`, async () => {
    const started = await startWithAll();
    const { ledger, database } = started;
    const lease = await lose(started);
    const before = database.dump();
    for (const changes of [[], Object.values(CHANGES), [CHANGES.end]]) {
      await assertRejects(() => ledger.begin(lease, UNTIL + 9, changes), SupersededError);
      assertEquals(database.dump(), before);
    }
  });
}

for (const [loss, lose] of Object.entries(ENDS)) {
  Deno.test(`write() of 'end' together with another change writes nothing for an attempt once ${loss}`, async () => {
    const started = await startWithAll();
    const { ledger, database } = started;
    const lease = await lose(started);
    const before = database.dump();
    for (const changes of [[CHANGES.promote, CHANGES.end], [CHANGES.end, CHANGES.promote]]) {
      await assertRejects(() => ledger.write(lease, changes), SupersededError);
      assertEquals(database.dump(), before);
    }
  });
}
