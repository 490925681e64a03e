import { assertEquals, assertMatch, assertRejects } from "@std/assert";
import { NetworkError, UnauthorizedError } from "../../lib/heroku/errors.ts";
import {
  AccountError,
  type AccountNames,
  checkAccount,
  createAccountReader,
  type HerokuAccount,
} from "../../lib/rotation/account.ts";
import type { LedgerNote } from "../../lib/rotation/ledger.ts";
import { json, serve } from "../heroku/scripted_server.ts";

const none: LedgerNote = {
  lineage: "line",
  account: null,
  own: null,
  unreadable: 0,
  unsure: 0,
  emptySince: null,
};
const known: LedgerNote = {
  lineage: "line",
  account: { id: "Ann", token: "t1" },
  own: "a",
  unreadable: 2,
  unsure: 0,
  emptySince: null,
};

/** What became of a check: what it gave or said, and what it wrote down. */
async function check(
  note: LedgerNote,
  { account = {}, confirmed, token = "t1", names, claimAccount }: {
    readonly account?: HerokuAccount | Error;
    readonly confirmed?: string;
    readonly token?: string;
    readonly names?: AccountNames;
    readonly claimAccount?: (id: string) => Promise<string | undefined>;
  },
) {
  const written: unknown[] = [];
  const given = await checkAccount({
    identify: () => account instanceof Error ? Promise.reject(account) : Promise.resolve(account),
    confirmed,
    token,
    names,
    claimAccount,
    now: () => 7,
    ledger: {
      writeNote: (note) => Promise.resolve(void written.push(note)),
      changeAccount: (account, at) => Promise.resolve(void written.push(account, at)),
    },
  }, note).catch((error: unknown) => error instanceof AccountError ? error.message : error);
  return { given, written };
}

Deno.test("checkAccount() notes the account of a new ledger", async () => {
  const noted = { ...none, account: { id: "Ann", token: "t1" } };
  assertEquals(await check(none, { account: { id: "Ann" } }), { given: noted, written: [noted] });
});

Deno.test("checkAccount() writes nothing as long as nothing changes", async () => {
  assertEquals(await check(known, { account: { id: "Ann" } }), { given: known, written: [] });
});

Deno.test("checkAccount() notes another token of the same account", async () => {
  const noted = { ...known, account: { id: "Ann", token: "t2" } };
  const found = await check(known, { account: { id: "Ann" }, token: "t2" });
  assertEquals(found, { given: noted, written: [noted] });
});

Deno.test("checkAccount() stops at a token of another account, and says both and what to do", async () => {
  const { given, written } = await check(known, { account: { id: "Bob" }, token: "t2" });
  assertMatch(String(given), /account Bob, .* account Ann.*set HEROKU_ACCOUNT = "Bob"/);
  assertEquals(written, []);
});

for (const confirmed of ["Bob", "bob", "BOB@example.com"]) {
  Deno.test(`checkAccount() goes over to another account that is confirmed as '${confirmed}'`, async () => {
    const account = { id: "Bob", email: "bob@example.com" };
    const { given, written } = await check(known, { account, token: "t2", confirmed });
    assertEquals(given, {
      lineage: "line",
      account: { id: "Bob", token: "t2" },
      own: null,
      unreadable: 0,
      unsure: 0,
      emptySince: null,
    });
    assertEquals(written, [{ id: "Bob", token: "t2" }, 7]);
  });
}

for (const note of [none, known]) {
  Deno.test(`checkAccount() stops where 'HEROKU_ACCOUNT' names another account than the token's, ${note.account ? "later" : "at first"}`, async () => {
    const { given, written } = await check(note, { account: { id: "Ann" }, confirmed: "Bob" });
    assertMatch(String(given), /'HEROKU_ACCOUNT' names another one/);
    assertEquals(written, []);
  });
}

for (const account of [{}, new NetworkError("No answer")]) {
  const what = account instanceof Error ? "no answer" : "an answer without an id";
  Deno.test(`checkAccount() goes on with a token that was seen before when there is ${what}`, async () => {
    assertEquals(await check(known, { account }), { given: known, written: [] });
  });
}

Deno.test("checkAccount() stops at a new token whose account no one says", async () => {
  const { given, written } = await check(known, { account: {}, token: "t2" });
  assertMatch(String(given), /^Cannot find out whose 'HEROKU_API_TOKEN' is/);
  assertEquals(written, []);
});

Deno.test("checkAccount() calls the settings as the operator does", async () => {
  const names = { token: "HEROKU_TOKEN_ACME", confirmed: "heroku_account" };
  const table = [
    [
      { account: { id: "Bob" }, token: "t2" },
      /^'HEROKU_TOKEN_ACME' belongs .*set heroku_account = "Bob"/,
    ],
    [
      { account: { id: "Ann" }, confirmed: "Bob" },
      /^'HEROKU_TOKEN_ACME' .* and 'heroku_account' names/,
    ],
    [{ account: {}, token: "t2" }, /^Cannot find out whose 'HEROKU_TOKEN_ACME' is/],
  ] as const;
  for (const [given, says] of table) {
    const said = String((await check(known, { ...given, names })).given);
    assertMatch(said, says);
    assertEquals(/HEROKU_API_TOKEN|HEROKU_ACCOUNT/.test(said), false, said);
  }
});

Deno.test("checkAccount() claims the account before it notes it, each time that Heroku says whose it is", async () => {
  const claimed: string[] = [];
  const claimAccount = (id: string) => {
    claimed.push(id);
    return Promise.resolve(undefined);
  };
  const noted = { ...none, account: { id: "Ann", token: "t1" } };
  const first = await check(none, { account: { id: "Ann" }, claimAccount });
  assertEquals(first, { given: noted, written: [noted] });
  await check(known, { account: { id: "Ann" }, claimAccount });
  assertEquals(claimed, ["Ann", "Ann"]);
});

Deno.test("checkAccount() stops at an account that another one has, and writes nothing", async () => {
  const claimAccount = () => Promise.resolve("The tokens belong to one Heroku user");
  for (
    const [note, given] of [
      [none, { account: { id: "Ann" } }],
      [known, { account: { id: "Ann" } }],
      [known, { account: { id: "Ann" }, token: "t2" }],
      [known, { account: { id: "Bob" }, token: "t2", confirmed: "Bob" }],
    ] as const
  ) {
    assertEquals(await check(note, { ...given, claimAccount }), {
      given: "The tokens belong to one Heroku user",
      written: [],
    });
  }
});

Deno.test("checkAccount() claims nothing that no one says or that was not confirmed", async () => {
  const claimed: string[] = [];
  const claimAccount = (id: string) => {
    claimed.push(id);
    return Promise.resolve(undefined);
  };
  await check(known, { account: {}, claimAccount });
  await check(known, { account: new NetworkError("No answer"), claimAccount });
  await check(known, { account: { id: "Ann" }, confirmed: "Bob", claimAccount });
  await check(known, { account: { id: "Bob" }, token: "t2", claimAccount });
  assertEquals(claimed, []);
});

for (
  const [what, note, error] of [
    ["a refusal", known, new UnauthorizedError("No")],
    ["no answer to a new ledger", none, new NetworkError("No answer")],
  ] as const
) {
  Deno.test(`checkAccount() passes on ${what}`, async () => {
    assertEquals(await check(note, { account: error }), { given: error, written: [] });
  });
}

for (
  const [what, status, body, expected] of [
    ["id and address", 200, { id: "Ann", email: "ann@example.com" }, {
      id: "Ann",
      email: "ann@example.com",
    }],
    ["members of other types", 200, { id: 7, email: null }, {}],
    ["an array", 200, [1], {}],
    ["a refusal for the scope", 403, { id: "forbidden", message: "No" }, {}],
  ] as const
) {
  Deno.test(`createAccountReader() reads ${what}`, async () => {
    await using server = serve(json(status, body));
    const read = createAccountReader({ token: "t", baseUrl: server.baseUrl, retries: 0 });
    assertEquals(await read(), expected);
  });
}

Deno.test("createAccountReader() names the secret of the token, 'HEROKU_API_TOKEN' by default", async () => {
  for (const secret of ["HEROKU_API_TOKEN", "HEROKU_TOKEN_ACME"]) {
    await using server = serve(json(500, {}));
    const options = { token: "t", baseUrl: server.baseUrl, retries: 0 };
    const read = secret === "HEROKU_API_TOKEN"
      ? createAccountReader(options)
      : createAccountReader(options, secret);
    await assertRejects(read, Error, `Cannot find the account of '${secret}'`);
  }
});

Deno.test("createAccountReader() passes on what keeps Herotate from working", async () => {
  await using server = serve(json(403, { id: "suspended", message: "Suspended" }));
  const read = createAccountReader({ token: "t", baseUrl: server.baseUrl, retries: 0 });
  await assertRejects(read, Error, "Suspended");
});
