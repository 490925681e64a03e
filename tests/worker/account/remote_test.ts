import { assertEquals, assertRejects } from "@std/assert";
import { SupersededError } from "../../../lib/rotation/ledger.ts";
import type { AccountCalls } from "../../../worker/account/account.ts";
import { createAccount } from "../../../worker/account/account.ts";
import { createLedger } from "../../../worker/account/ledger.ts";
import { createRemoteAccount, type RemoteAccount } from "../../../worker/account/remote.ts";
import { createSweepLog } from "../../../worker/account/sweep_log.ts";
import { createEntry, createFailure, NOW, readOne, startLedger, UNTIL } from "./ledger_sample.ts";

const LOST = "Network connection lost.";

/** How an object fails. */
interface Failing {
  /** What its calls throw, one for each object that is found. */
  readonly failures?: readonly unknown[];
  /** Whether a call fails before it has taken effect, or after. */
  readonly fate?: "before" | "after";
}

/** An account that knows `ci`, and is asked through objects of which the first ones fail. */
async function startRemote({ failures = [], fate = "before" }: Failing = {}) {
  const started = await startLedger(createEntry("a", "minted"));
  const alarms: number[] = [];
  const account = createAccount({
    sql: started.database,
    setAlarm: (at) => {
      alarms.push(at);
      return Promise.resolve();
    },
    sweep: () => Promise.resolve(true),
    tryToken: () => Promise.resolve("accepted"),
    now: () => NOW,
  });
  const slept: number[] = [];
  let found = 0;
  function find(): AccountCalls {
    const isFailing = found < failures.length;
    const failure = failures[found++];
    return isFailing ? createFailingCalls(account, failure, fate) : account;
  }
  const remote = createRemoteAccount(find, {
    sleep: (milliseconds) => {
      slept.push(milliseconds);
      return Promise.resolve();
    },
  });
  return { ...started, remote, slept, alarms, countFound: () => found };
}

/** An object that is broken: each of its calls fails, the second one as well as the first. */
function createFailingCalls(
  account: AccountCalls,
  failure: unknown,
  fate: "before" | "after",
): AccountCalls {
  async function fail<T>(call: () => Promise<T>): Promise<T> {
    if (fate === "after") await call();
    throw failure;
  }
  return {
    wake: (name) => fail(() => account.wake(name)),
    own: (...given) => fail(() => account.own(...given)),
    remember: (configured) => fail(() => account.remember(configured)),
    begin: (...given) => fail(() => account.begin(...given)),
    write: (...given) => fail(() => account.write(...given)),
    serve: (...given) => fail(() => account.serve(...given)),
    readCredential: (name) => fail(() => account.readCredential(name)),
    herokuAccount: () => fail(() => account.herokuAccount()),
    readServed: (name) => fail(() => account.readServed(name)),
    look: () => fail(() => account.look()),
    health: () => fail(() => account.health()),
    readEvents: (query) => fail(() => account.readEvents(query)),
    order: (order) => fail(() => account.order(order)),
  };
}

/** Every call that can be made of a remote account. */
const CALLS: {
  readonly [Name in keyof RemoteAccount]: (
    started: Awaited<ReturnType<typeof startRemote>>,
  ) => Promise<unknown>;
} = {
  wake: ({ remote }) => remote.wake("acme"),
  own: ({ remote }) => remote.own("acme", ["acme"]),
  remember: ({ remote }) => remote.remember(["acme"]),
  herokuAccount: ({ remote }) => remote.herokuAccount(),
  begin: ({ remote, lease }) => remote.begin(lease, UNTIL + 1, [{ kind: "abandon", at: NOW }]),
  write: ({ remote, lease }) =>
    remote.write(lease, [{ kind: "end", end: createFailure("No"), at: NOW }]),
  serve: ({ remote }) => remote.serve("ci", "a"),
  readCredential: ({ remote }) => remote.readCredential("ci"),
  readServed: ({ remote }) => remote.readServed("ci"),
  look: ({ remote }) => remote.look(),
  readEvents: ({ remote }) => remote.readEvents({ after: 0, limit: 10 }),
  health: ({ remote }) => remote.health(),
  order: ({ remote }) =>
    remote.order({
      id: "1",
      kind: "rotate",
      account: "acme",
      credential: "ci",
      by: "operator",
      reason: null,
      denial: null,
    }),
};

for (const [name, call] of Object.entries(CALLS)) {
  for (const fate of ["before", "after"] as const) {
    Deno.test(`${name}() is asked again when it was lost ${fate} it took effect, and has the same effect`, async () => {
      const steady = await startRemote();
      const shaken = await startRemote({ failures: [new Error(LOST), new Error(LOST)], fate });
      for (const { database } of [steady, shaken]) {
        createSweepLog(database).writeHealth({ at: NOW, reasons: [] });
        database.query("UPDATE credentials SET claim = ?", steady.lease.claim);
        database.query("UPDATE ledger SET lineage = 'line'");
      }
      const given = await call({ ...shaken, lease: steady.lease });
      assertEquals(given, await call(steady));
      assertEquals(shaken.database.dump(), steady.database.dump());
      assertEquals(shaken.alarms.at(-1), steady.alarms.at(-1));
      assertEquals(shaken.slept, [200, 1000]);
      assertEquals(shaken.countFound(), 3);
    });
  }
}

Deno.test("createRemoteAccount() gives up after the second further try", async () => {
  const failures = ["first", "second", "third", "fourth"].map((what) =>
    new Error(`${LOST} The ${what}`)
  );
  const { remote, slept, countFound } = await startRemote({ failures });
  await assertRejects(() => remote.look(), Error, "The third");
  assertEquals([countFound(), slept], [3, [200, 1000]]);
});

Deno.test("createRemoteAccount() waits as it was asked to", async () => {
  const { ledger } = await startLedger();
  const slept: number[] = [];
  const lost = () => Promise.reject(new Error(LOST));
  const remote = createRemoteAccount(
    () => ({
      ...ledger,
      wake: lost,
      own: lost,
      remember: lost,
      herokuAccount: lost,
      readServed: lost,
      look: lost,
      health: lost,
      readEvents: lost,
      order: lost,
    }),
    {
      waits: [5],
      sleep: (milliseconds) => {
        slept.push(milliseconds);
        return Promise.resolve();
      },
    },
  );
  await assertRejects(() => remote.look(), Error, LOST);
  assertEquals(slept, [5]);
});

function createError(message: string, members: Readonly<Record<string, unknown>> = {}): Error {
  return Object.assign(new Error(message), members);
}

const MENDED_BY_TIME: readonly Error[] = [
  createError(LOST),
  createError("Internal error in Durable Object storage caused object to be reset."),
  createError("Durable Object storage operation exceeded timeout which caused object to be reset."),
  createError("Durable Object reset because its code was updated."),
  createError("The Durable Object's host is no longer there."),
  createError("Something else", { retryable: true }),
  createError(LOST, { retryable: false, overloaded: false }),
];

for (const failure of MENDED_BY_TIME) {
  Deno.test(`createRemoteAccount() tries again after '${failure.message}' (retryable: ${Reflect.get(failure, "retryable")})`, async () => {
    const { remote, countFound } = await startRemote({ failures: [failure] });
    assertEquals((await remote.readCredential("ci"))?.record.name, "ci");
    assertEquals(countFound(), 2);
  });
}

const LASTING: readonly unknown[] = [
  createError("no such table: credentials: SQLITE_ERROR"),
  createError("Cannot use the account's data because a newer Herotate wrote it"),
  createError("Durable Object is overloaded. Too many requests queued.", { overloaded: true }),
  createError(LOST, { overloaded: true, retryable: true }),
  createError("Something else", { retryable: "yes" }),
  LOST,
];

for (const failure of LASTING) {
  Deno.test(`createRemoteAccount() does not try again after ${Deno.inspect(failure).split("\n")[0]}`, async () => {
    const { remote, slept, countFound } = await startRemote({ failures: [failure] });
    let thrown: unknown;
    await remote.readCredential("ci").catch((error: unknown) => thrown = error);
    assertEquals(thrown, failure);
    assertEquals([countFound(), slept], [1, []]);
  });
}

Deno.test("createRemoteAccount() passes on that no object can be found", async () => {
  const remote = createRemoteAccount(() => {
    throw new TypeError("Cannot read properties of undefined (reading 'get')");
  });
  for (const call of [() => remote.wake("acme"), remote.look, remote.health]) {
    await assertRejects(call, TypeError, "Cannot read properties");
  }
});

Deno.test("createRemoteAccount() gives what the account gives", async () => {
  const { remote, ledger, database, lease, alarms } = await startRemote();
  await remote.wake("acme");
  assertEquals(alarms, [NOW]);
  assertEquals(await remote.own("acme", ["acme", "globex"]), "acme");
  assertEquals(await remote.own("globex", ["acme", "globex"]), "acme");
  assertEquals(await remote.remember(["acme"]), []);
  assertEquals(await remote.remember(["globex"]), ["acme"]);
  assertEquals(await remote.begin(lease, UNTIL + 1), {
    note: await ledger.note(),
    known: await readOne(ledger),
    takenOver: [],
  });
  assertEquals((await readOne(ledger)).record.leaseUntil, UNTIL + 1);
  const known = await remote.write(lease, [{ kind: "promote", mark: "a", at: NOW }]);
  assertEquals(known, await readOne(ledger));
  assertEquals(known.entries[0].state, "current");
  assertEquals(await remote.serve("ci", "a"), true);
  assertEquals(await remote.serve("ci", "unknown"), false);
  assertEquals(await remote.readCredential("ci"), await readOne(ledger));
  assertEquals(await remote.readCredential("unknown"), undefined);
  assertEquals((await remote.look()).ledger, await createLedger(database).read());
  assertEquals(await remote.health(), undefined);
});

for (const name of ["begin", "write"] as const) {
  Deno.test(`${name}() says that another attempt has taken over, and does not try again`, async () => {
    const started = await startRemote();
    const { remote, lease, database, slept, countFound } = started;
    const late = { ...lease, claim: "0badcafe" };
    const before = database.dump();
    const error = await assertRejects(
      () =>
        name === "begin"
          ? remote.begin(late, UNTIL + 1)
          : remote.write(late, [{ kind: "promote", mark: "a", at: NOW }]),
      SupersededError,
    );
    assertEquals(
      error.message,
      "Cannot go on with attempt 1 for 'ci' because a newer one has taken over",
    );
    assertEquals(database.dump(), before);
    assertEquals([countFound(), slept], [1, []]);
  });
}
