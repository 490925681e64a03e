import { assert, assertEquals, assertRejects } from "@std/assert";
import { HOUR, MINUTE } from "@std/datetime/constants";
import {
  type Account,
  type AccountDependencies,
  createAccount,
  type SweptAccount,
} from "../../../worker/account/account.ts";
import type { Order } from "../../../worker/account/orders.ts";
import { createLedger } from "../../../worker/account/ledger.ts";
import { createSweepLog } from "../../../worker/account/sweep_log.ts";
import { NewerDataError, upgrade, VERSIONS } from "../../../worker/account/tables.ts";
import type { TokenTrial } from "../../../worker/served_token.ts";
import { createDatabase, openDatabase } from "../sqlite.ts";
import {
  createBreakingSql,
  createEntry,
  NOW,
  readOne,
  startLedger,
  UNTIL,
} from "./ledger_sample.ts";

/** An object whose alarm and clock the test holds. */
function startAccount(dependencies: Partial<AccountDependencies> = {}) {
  const state = { now: NOW, alarm: null as number | null };
  const silences: boolean[] = [];
  const database = openDatabase();
  const account = createAccount({
    sql: database,
    setAlarm: (at) => {
      state.alarm = at;
      return Promise.resolve();
    },
    sweep: ({ isCronSilent }) => {
      silences.push(isCronSilent);
      return Promise.resolve(true);
    },
    tryToken: () => Promise.resolve("accepted"),
    now: () => state.now,
    ...dependencies,
  });
  return { account, database, state, silences };
}

Deno.test("wake() has a sweep begin at once", async () => {
  const { account, state, silences } = startAccount();
  await account.wake("acme");
  assertEquals(state.alarm, NOW);
  state.now = NOW + MINUTE;
  await account.wake("acme");
  assertEquals(state.alarm, NOW + MINUTE);
  assertEquals(silences, []);
});

Deno.test("wake() during a sweep begins no other one", async () => {
  const gate = Promise.withResolvers<boolean>();
  const { account, state } = startAccount({ sweep: () => gate.promise });
  await account.wake("acme");
  state.alarm = null;
  const sweeping = account.alarm();
  state.now += MINUTE;
  await account.wake("acme");
  assertEquals(state.alarm, null);
  state.now += MINUTE;
  gate.resolve(true);
  await sweeping;
  assertEquals(state.alarm, NOW + 2 * MINUTE + HOUR);
  await account.wake("acme");
  assertEquals(state.alarm, NOW + 2 * MINUTE);
});

Deno.test("alarm() hands the sweep the account's name, and its own ledger and log", async () => {
  let given: SweptAccount | undefined;
  const { account, database } = startAccount({
    sweep: async (swept) => {
      given = swept;
      const { ledger, sweeps } = swept;
      await ledger.adopt(new Map([["ci", [createEntry("a", "adopted")]]]));
      sweeps.begin(NOW);
      sweeps.complete({ at: NOW, error: "Cannot list", halt: null, report: null }, NOW + 1);
      sweeps.writeHealth({ at: NOW, reasons: [{ kind: "sweep_failed", count: 1 }] });
      return true;
    },
  });
  assertEquals(await account.health(), undefined);
  assertEquals(await account.look(), {
    ledger: new Map(),
    last: undefined,
    lastClean: undefined,
    broken: [],
  });
  await account.wake("acme");
  await account.alarm();
  assert(given);
  assertEquals(given.name, "acme");
  assertEquals((await readOne(createLedger(database))).entries, [createEntry("a", "adopted")]);
  assertEquals(await account.look(), {
    ledger: await given.ledger.read(),
    last: given.sweeps.last(),
    lastClean: undefined,
    broken: [],
  });
  assertEquals((await account.look()).last?.error, "Cannot list");
  assertEquals(await account.health(), createSweepLog(database).health());
});

for (
  const [what, end] of [
    ["has ended", () => true],
    ["has failed", () => {
      throw new Error("The sweep is broken");
    }],
  ] as const
) {
  Deno.test(`alarm() is set for an hour after the sweep ${what}, and the cron may begin the next`, async () => {
    const { account, state } = startAccount({
      sweep: () => {
        state.now += 5 * MINUTE;
        return Promise.resolve().then(end);
      },
    });
    for (let time = 0; time < 2; time++) {
      const before = state.now;
      await account.wake("acme");
      assertEquals(state.alarm, before);
      await account.alarm().catch((error: unknown) => {
        assert(error instanceof Error && error.message === "The sweep is broken");
      });
      assertEquals(state.alarm, before + 5 * MINUTE + HOUR);
    }
  });
}

Deno.test("alarm() does nothing before the first cron, as it knows no name", async () => {
  const { account, state, silences } = startAccount();
  await account.alarm();
  assertEquals([silences, state.alarm], [[], null]);
});

Deno.test("alarm() sets no other one for an account that left the configuration, until a cron comes", async () => {
  let isConfigured = false;
  const names: string[] = [];
  const { account, state } = startAccount({
    sweep: ({ name }) => {
      names.push(name);
      return Promise.resolve(isConfigured);
    },
  });
  await account.wake("acme");
  state.alarm = null;
  await account.alarm();
  assertEquals([names, state.alarm], [["acme"], null]);
  isConfigured = true;
  state.now += MINUTE;
  await account.wake("acme");
  assertEquals(state.alarm, NOW + MINUTE);
  await account.alarm();
  assertEquals(state.alarm, NOW + MINUTE + HOUR);
});

Deno.test("alarm() hands the sweep the name that the newest cron gave, also after a restart", async () => {
  const names: string[] = [];
  const sweep = ({ name }: SweptAccount) => Promise.resolve(names.push(name) > 0);
  const { account, database } = startAccount({ sweep });
  for (const name of ["heroku", "acme"]) {
    await account.wake(name);
    await account.alarm();
  }
  await startAccount({ sql: database, sweep }).account.alarm();
  assertEquals(names, ["heroku", "acme", "acme"]);
});

Deno.test("own() gives a Heroku user to the first account that asks, until that one is configured no more", async () => {
  const both = ["acme", "globex"];
  const table: readonly (readonly [asks: string, configured: readonly string[], owner: string])[] =
    [
      ["acme", both, "acme"],
      ["globex", both, "acme"],
      ["acme", both, "acme"],
      ["globex", ["acme", "globex", "initech"], "acme"],
      ["globex", ["globex", "initech"], "globex"],
      ["initech", ["globex", "initech"], "globex"],
      ["acme", [...both, "initech"], "globex"],
      ["initech", [], "initech"],
    ];
  const { account, database } = startAccount();
  for (const [asks, configured, owner] of table) {
    assertEquals(await account.own(asks, configured), owner);
    const restarted = startAccount({ sql: database }).account;
    if (configured.length > 0) assertEquals(await restarted.own(asks, configured), owner);
  }
  assertEquals(database.query("SELECT name FROM owner"), [{ name: "initech" }]);
});

for (
  const [what, age, isSilent] of [
    ["has just come", 0, false],
    ["came 45 minutes ago", 45 * MINUTE, false],
    ["came more than 45 minutes ago", 45 * MINUTE + 1, true],
    ["came an hour ago", HOUR, true],
  ] as const
) {
  Deno.test(`alarm() says ${isSilent ? "" : "not "}that the cron is silent when it ${what}`, async () => {
    const { account, state, silences } = startAccount();
    await account.wake("acme");
    state.now += age;
    await account.alarm();
    assertEquals(silences, [isSilent]);
  });
}

Deno.test("remember() gives the accounts that were configured once and are no more", async () => {
  const table: readonly (readonly [configured: readonly string[], former: readonly string[]])[] = [
    [["acme", "globex"], []],
    [["acme", "globex"], []],
    [["globex", "initech"], ["acme"]],
    [[], ["acme", "globex", "initech"]],
    [["acme", "initech"], ["globex"]],
  ];
  const { account, database } = startAccount();
  for (const [configured, former] of table) {
    assertEquals(await account.remember(configured), former);
    assertEquals(await startAccount({ sql: database }).account.remember(configured), former);
  }
});

Deno.test("alarm() hears the cron again, also when it came before a restart or during a sweep", async () => {
  const gate = Promise.withResolvers<boolean>();
  const silences: boolean[] = [];
  const { account, state, database } = startAccount({
    sweep: ({ isCronSilent }) => {
      silences.push(isCronSilent);
      return silences.length === 1 ? gate.promise : Promise.resolve(true);
    },
  });
  await account.wake("acme");
  state.now += HOUR;
  const sweeping = account.alarm();
  state.now += HOUR;
  await account.wake("acme");
  gate.resolve(true);
  await sweeping;
  await account.alarm();
  const restarted = startAccount({ sql: database, now: () => state.now });
  await restarted.account.alarm();
  assertEquals([...silences, ...restarted.silences], [true, false, false]);
});

Deno.test("begin() and write() do what the ledger does", async () => {
  const { database, ledger, lease } = await startLedger(createEntry("a", "minted"));
  const { account } = startAccount({ sql: database });
  assertEquals(await account.begin(lease, UNTIL + 1, []), {
    note: await ledger.note(),
    known: await readOne(ledger),
    takenOver: [],
  });
  const known = await account.write(lease, [{ kind: "promote", mark: "a", at: NOW }]);
  assertEquals(known?.entries[0].state, "current");
  assertEquals(known, await readOne(ledger));
  assertEquals(await account.readCredential("ci"), known ?? undefined);
  assertEquals(await account.serve("ci", "a"), true);
  assertEquals((await readOne(ledger)).record.served, "a");
});

Deno.test("begin() and write() give null when another attempt has taken over, and write nothing", async () => {
  const { database, lease } = await startLedger(createEntry("a", "minted"));
  const { account } = startAccount({ sql: database });
  const late = { ...lease, claim: "0badcafe" };
  const before = database.dump();
  const changes = [{ kind: "promote", mark: "a", at: NOW }] as const;
  assertEquals(await account.begin(late, UNTIL + 1, changes), null);
  assertEquals(await account.write(late, changes), null);
  assertEquals(database.dump(), before);
});

Deno.test("begin() and write() pass on whatever else fails", async () => {
  const { database, lease } = await startLedger(createEntry("a", "minted"));
  for (const method of ["begin", "write"] as const) {
    const { account } = startAccount({ sql: createBreakingSql(database, 4) });
    const failing = method === "begin"
      ? account.begin(lease, UNTIL + 1, [])
      : account.write(lease, [{ kind: "promote", mark: "a", at: NOW }]);
    await assertRejects(() => failing, Error, "The disk is broken");
  }
});

/** An account whose store hands out `a`, and of which Heroku says these things in turn. */
async function startServing(...trials: readonly TokenTrial[]) {
  const { database, ledger } = await startLedger(
    createEntry("a", "current"),
    createEntry("b", "minted", { generation: 2 }),
  );
  await ledger.serve("ci", "a");
  const tried: string[] = [];
  const begin = () =>
    startAccount({
      sql: database,
      tryToken: ({ mark }) => {
        const trial = trials[tried.length];
        tried.push(mark);
        return Promise.resolve(trial ?? "nothing");
      },
    }).account;
  return { ledger, begin, tried };
}

Deno.test("readServed() tries a token once in the life of the object, and each token by itself", async () => {
  const { ledger, begin, tried } = await startServing("accepted", "accepted", "accepted");
  const account = begin();
  for (let time = 0; time < 3; time++) {
    assertEquals(await account.readServed("ci"), createEntry("a", "current"));
  }
  assertEquals(tried, ["a"]);
  await ledger.serve("ci", "b");
  for (let time = 0; time < 3; time++) assertEquals((await account.readServed("ci"))?.mark, "b");
  assertEquals(tried, ["a", "b"]);
  await begin().readServed("ci");
  assertEquals(tried, ["a", "b", "b"]);
});

Deno.test("readServed() hands out no token that Heroku refuses, for as long as it does", async () => {
  const { begin, tried } = await startServing("refused", "refused", "accepted");
  const account = begin();
  assertEquals(await account.readServed("ci"), null);
  assertEquals(await account.readServed("ci"), null);
  assertEquals((await account.readServed("ci"))?.mark, "a");
  assertEquals(tried, ["a", "a", "a"]);
});

Deno.test("readServed() hands a token out of which Heroku says nothing, and asks again the next time", async () => {
  const { begin, tried } = await startServing("nothing", "nothing", "refused");
  const account = begin();
  assertEquals((await account.readServed("ci"))?.mark, "a");
  assertEquals((await account.readServed("ci"))?.mark, "a");
  assertEquals(await account.readServed("ci"), null);
  assertEquals(tried, ["a", "a", "a"]);
});

Deno.test("readServed() gives nothing where nothing is served or kept, and asks no one", async () => {
  const { database, ledger, lease } = await startLedger(createEntry("a", "minted"));
  const { account } = startAccount({
    sql: database,
    tryToken: () => Promise.reject(new Error("It was tried")),
  });
  assertEquals(await account.readServed("ci"), null);
  assertEquals(await account.readServed("web"), null);
  await ledger.serve("ci", "a");
  await ledger.write(lease, [{ kind: "discard", mark: "a", at: NOW }]);
  assertEquals(await account.readServed("ci"), null);
});

const ORDER: Order = {
  id: "1",
  kind: "pause",
  account: "acme",
  credential: "ci",
  by: "operator",
  reason: null,
  denial: null,
};

/** Everything that an account's object can be asked. */
const CALLS: { readonly [Name in keyof Account]: (account: Account) => Promise<unknown> } = {
  alarm: (account) => account.alarm(),
  readEvents: (account) => account.readEvents({ after: 0, limit: 10 }),
  wake: (account) => account.wake("acme"),
  own: (account) => account.own("acme", ["acme"]),
  remember: (account) => account.remember(["acme"]),
  begin: (account) => account.begin({ credential: "ci", attempt: 1, claim: "word" }, UNTIL, []),
  write: (account) => account.write({ credential: "ci", attempt: 1, claim: "word" }, []),
  serve: (account) => account.serve("ci", "a"),
  readCredential: (account) => account.readCredential("ci"),
  herokuAccount: (account) => account.herokuAccount(),
  readServed: (account) => account.readServed("ci"),
  look: (account) => account.look(),
  health: (account) => account.health(),
  order: (account) => account.order(ORDER),
};

for (const [name, call] of Object.entries(CALLS)) {
  Deno.test(`${name}() makes the tables when it is the first call`, async () => {
    const { account, database } = startAccount();
    await call(account);
    const expected = openDatabase();
    upgrade(expected);
    const select = "SELECT name, sql FROM sqlite_master ORDER BY name";
    assertEquals(database.query(select), expected.query(select));
  });

  Deno.test(`${name}() fails and changes nothing when a newer Herotate wrote the data`, async () => {
    const database = createDatabase();
    database.query("UPDATE version SET number = ?", VERSIONS.length + 1);
    const [before, changes] = [database.dump(), database.changes()];
    const { account, state, silences } = startAccount({ sql: database });
    for (let time = 0; time < 2; time++) {
      await assertRejects(() => call(account), NewerDataError);
    }
    assertEquals([database.dump(), database.changes()], [before, changes]);
    assertEquals([state.alarm, silences], [null, []]);
  });

  Deno.test(`${name}() works after a first call that could not make the tables`, async () => {
    const database = openDatabase();
    const { account } = startAccount({ sql: createBreakingSql(database, 5) });
    await assertRejects(() => call(account), Error, "The disk is broken");
    assertEquals(database.query("SELECT name FROM sqlite_master"), []);
    await call(account);
    assertEquals(database.query("SELECT number FROM version"), [{ number: VERSIONS.length }]);
  });
}
