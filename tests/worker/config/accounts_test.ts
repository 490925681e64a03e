import { assert, assertEquals } from "@std/assert";
import { DAY } from "@std/datetime/constants";
import { targets as definitions } from "../../../lib/targets/registry.ts";
import {
  type Configuration,
  type ConfigurationResult,
  parseConfiguration,
} from "../../../worker/config/configuration.ts";
import { parseShape } from "../../../worker/config/shape.ts";
import { canary, createAccountsEnv, createEnv, createTable, type Env, keys } from "../sample.ts";
import {
  checkMistakes,
  checkWarnings,
  gitHub,
  parse,
  reader,
  type Row,
  withMembers,
  withTarget,
} from "./one_mistake.ts";

const acme = { name: "acme", token_secret: "TOKEN_ACME" };
const globex = { name: "globex", token_secret: "TOKEN_GLOBEX" };

/** A right `env` with the accounts `acme` and `globex`. */
function createTwo(changes: Env = {}): Env {
  return createAccountsEnv(["acme", "globex"], changes);
}

/** An `env` whose second account has these members. */
function withSecond(members: Env): Env {
  return createTwo({ ACCOUNTS: [acme, { ...globex, ...members }] });
}

/** An `env` with the credential of `acme`, and one with these members. */
function withCredential(members: Env): Env {
  return createTwo({
    CREDENTIALS: [
      createTable("acme", { account: "acme" }),
      createTable("globex", { account: "globex" }),
      createTable("ci", { account: "globex", ...members }),
    ],
  });
}

function accept(env: Env): Configuration {
  const result = parse(env);
  assert(result.ok, JSON.stringify(result));
  return result.configuration;
}

Deno.test("without ACCOUNTS there is one account, called 'heroku', with HEROKU_API_TOKEN", () => {
  const { accounts, credentials } = accept(createEnv({
    CREDENTIALS: [createTable("a"), createTable("b", { account: "heroku" })],
    HEROKU_ACCOUNT: "Anna@example.com",
  }));
  assertEquals(accounts, [{
    name: "heroku",
    tokenSecret: "HEROKU_API_TOKEN",
    herokuToken: `HRKU-${canary}-admin`,
    confirmed: "anna@example.com",
    credentials,
    fuse: { creates: 10, deletes: 20 },
  }]);
  assertEquals(parse(createEnv()).accountNames, ["heroku"]);
});

Deno.test("each account has its own token, confirmation and credentials, in the configuration's order", () => {
  const { accounts, credentials } = accept(createTwo({
    ACCOUNTS: [{ ...globex, heroku_account: "Bob@example.com" }, acme],
    CREDENTIALS: [
      createTable("a", { account: "acme" }),
      createTable("b", { account: "globex" }),
      createTable("c", { account: "acme" }),
    ],
  }));
  assertEquals(
    accounts.map(({ name, tokenSecret, herokuToken, confirmed, credentials }) => [
      name,
      tokenSecret,
      herokuToken,
      confirmed,
      credentials.map(({ name }) => name),
    ]),
    [
      ["globex", "TOKEN_GLOBEX", `HRKU-${canary}x1`, "bob@example.com", ["b"]],
      ["acme", "TOKEN_ACME", `HRKU-${canary}x0`, undefined, ["a", "c"]],
    ],
  );
  assertEquals(credentials.map(({ name }) => name), ["a", "b", "c"]);
});

Deno.test("ACCOUNTS may be a string of JSON", () => {
  const text = createTwo({ ACCOUNTS: JSON.stringify([acme, globex]) });
  assertEquals(accept(text).accounts.map(({ name }) => name), ["acme", "globex"]);
});

Deno.test("one account needs no 'account' in its credentials, and no HEROKU_API_TOKEN", () => {
  const env = createAccountsEnv(["acme"], {
    CREDENTIALS: [createTable("a"), createTable("b", { account: "acme" })],
  });
  const [{ name, credentials }, ...others] = accept(env).accounts;
  assertEquals([name, credentials.map(({ name }) => name), others], ["acme", ["a", "b"], []]);
});

Deno.test("ACCOUNTS in a wrong form is refused with the right heading", () => {
  const brackets = "write [[vars.ACCOUNTS]], with two brackets on each side, for each account";
  const row = (ACCOUNTS: unknown, says: string): Row => [createTwo({ ACCOUNTS }), "ACCOUNTS", says];
  checkMistakes([
    row([], `Is empty: ${brackets}`),
    row([], "or leave it out for the one whose token is in HEROKU_API_TOKEN"),
    row("[]", `Is empty: ${brackets}`),
    row(acme, `Must be an array of tables: ${brackets}`),
    row(JSON.stringify(acme), `Must be an array of tables: ${brackets}`),
    row("acme", "Must be an array of tables"),
    row(`HRKU-AA${canary}`, "Must be an array of tables"),
    row("", "Must be an array of tables"),
    row(null, "Must be an array of tables"),
    row(7, "Must be an array of tables"),
    [
      createTwo({ ACCOUNTS: [acme, "globex"] }),
      "ACCOUNTS[1]",
      "Must be a table with 'name' and 'token_secret'",
    ],
    [createTwo({ ACCOUNTS: [acme, [globex]] }), "ACCOUNTS[1]", "Must be a table"],
  ]);
});

Deno.test("an account's name in a wrong form is refused with the right one", () => {
  const path = "ACCOUNTS[1].name";
  const form = "1 to 32 lower-case letters, digits and hyphens, such as 'acme-web'";
  const row = (name: unknown, says: string): Row => [withSecond({ name }), path, says];
  checkMistakes([
    row(undefined, `Is missing: must be a name of ${form}`),
    row("", `Must be a name of ${form}`),
    row(7, `Must be a name of ${form}`),
    row(["globex"], `Must be a name of ${form}`),
    row("---", `Must be a name of ${form}`),
    row("Globex", "write 'globex'"),
    row("GLOBEX", "write 'globex'"),
    row("globex web", "write 'globex-web'"),
    row("globex_web", "write 'globex-web'"),
    row(" globex\n", "write 'globex'"),
    row("-globex-", "write 'globex'"),
    row("a".repeat(33), `Must be a name of ${form}`),
    row(`globex-${"a".repeat(33)}`, `write 'globex-${"a".repeat(25)}'`),
  ]);
  // What GitLab's tokens begin with is like the beginning of other words.
  for (const name of ["a", "7", "a-b", "a".repeat(32), "global-web"]) {
    const env = withSecond({ name });
    const CREDENTIALS = [
      createTable("a", { account: "acme" }),
      createTable("b", { account: name }),
    ];
    assertEquals(accept({ ...env, CREDENTIALS }).accounts[1].name, name);
  }
});

Deno.test("a token in the place of an account's name is not repeated, in no form", () => {
  const uuid = "a1b2c3d4-0000-4000-8000-0123456789ab";
  for (
    const name of [
      `HRKU-AA${canary}`,
      ` hrku-${canary}`,
      `ghp_${canary}abcdefghij`,
      `glpat-${canary}abcdefghij`,
      uuid,
      uuid.toUpperCase(),
    ]
  ) {
    const env = withSecond({ name });
    checkMistakes([[env, "ACCOUNTS[1].name", "and not a token: revoke that"]]);
    const said = JSON.stringify(mistakesOf(parse(env))).toLowerCase();
    for (const part of [canary, "a1b2c3d4"]) assert(!said.includes(part.toLowerCase()), said);
  }
  const random = `${canary}abcdefghijk`;
  const env = withSecond({ name: random });
  checkMistakes([[env, "ACCOUNTS[1].name", "such as 'acme-web'"]]);
  assert(!mistakesOf(parse(env)).join().toLowerCase().includes(random.toLowerCase()));
});

Deno.test("a token_secret in a wrong form is refused, and a token there is to be revoked", () => {
  const path = "ACCOUNTS[1] (globex).token_secret";
  const form = "the name of the Worker secret that holds the account's token";
  const row = (token_secret: unknown, says: string): Row => [
    withSecond({ token_secret }),
    path,
    says,
  ];
  const revoke = "and never the token itself: if it is one that is written here, revoke it";
  checkMistakes([
    row(undefined, `Is missing: it must be ${form}, such as 'HEROKU_TOKEN_ACME'`),
    row("", `Must be ${form}`),
    row(7, `Must be ${form}`),
    row(["TOKEN_GLOBEX"], `Must be ${form}`),
    row("token_globex", revoke),
    row(`HRKU-AA${canary}`, revoke),
    row(`${canary}-aaaa-4000-8000-0123456789ab`, revoke),
    row(`ABCDEFGHIJ${canary}`, revoke),
    row("FUSE", "Must name a Worker secret, and 'FUSE' is a variable or a binding"),
    row("ACCOUNT", "is a variable or a binding"),
    row("CREDENTIALS_GLOBEX", "is a variable or a binding"),
    row("PAGE_KEY", "Must not use the Worker secret 'PAGE_KEY', which is for the Worker itself"),
    row("SEALING_KEY", "Must not use the Worker secret 'SEALING_KEY'"),
  ]);
});

Deno.test("each account has a heartbeat of its own, and without tables HEARTBEAT_SECRET names it", () => {
  const address = "https://monitor.example/ping/1";
  const { accounts: [only] } = accept(createEnv({ HEARTBEAT_SECRET: "BEAT", BEAT: address }));
  assertEquals(only.heartbeat, address);
  const { accounts } = accept({ ...withSecond({ heartbeat_secret: "BEAT" }), BEAT: address });
  assertEquals(accounts.map(({ heartbeat }) => heartbeat), [undefined, address]);
});

Deno.test("a heartbeat that cannot be used is refused, and its address is not repeated", () => {
  const member = "ACCOUNTS[1] (globex).heartbeat_secret";
  const beat = (value: unknown, says: string): Row => [
    createEnv({ HEARTBEAT_SECRET: "BEAT", BEAT: value }),
    "BEAT",
    says,
  ];
  checkMistakes([
    [withSecond({ heartbeat_secret: 7 }), member, "Must be the name of the Worker secret"],
    [withSecond({ heartbeat_secret: "BEAT" }), "BEAT", "Is not set: copy it from the service"],
    [createTwo({ HEARTBEAT_SECRET: "BEAT" }), "HEARTBEAT_SECRET", "write 'heartbeat_secret' into"],
    [
      createEnv({ HEARTBEAT_SECRET: `https://monitor.example/${canary}` }),
      "HEARTBEAT_SECRET",
      "and never the address itself",
    ],
    beat("http://monitor.example/", "Must be an https address"),
    beat("https://anna:secret@monitor.example/", "Must be an https address"),
    beat("monitor", "Must be an https address"),
  ]);
});

Deno.test("a heroku_account in a wrong form is refused with the right one", () => {
  const path = "ACCOUNTS[1] (globex).heroku_account";
  const row = (heroku_account: unknown, says: string): Row => [
    withSecond({ heroku_account }),
    path,
    says,
  ];
  checkMistakes([
    row("", "or be left out"),
    row(7, "`heroku auth:whoami` shows it"),
    row("bob", "`heroku auth:whoami` shows it"),
    row("Bob <bob@example.com>", "write 'bob@example.com'"),
    row(`HRKU-AA${canary}`, "and not a token: revoke that"),
  ]);
});

Deno.test("a member that an account does not have is refused with the right one", () => {
  const path = "ACCOUNTS[1] (globex)";
  const known = "the members are name, token_secret, heroku_account";
  checkMistakes([
    [
      withSecond({ token: `HRKU-AA${canary}` }),
      `${path}.token`,
      "Is called 'token_secret', and takes the name of the Worker secret",
    ],
    [
      createTwo({ ACCOUNTS: [acme, { name: "globex", token: "TOKEN_GLOBEX" }] }),
      `${path}.token`,
      "Is called 'token_secret'",
    ],
    [withSecond({ token_secert: "X" }), `${path}.token_secert`, "(did you mean 'token_secret'?)"],
    [withSecond({ account: "x" }), `${path}.account`, "(did you mean 'heroku_account'?)"],
    [withSecond({ paused: true }), `${path}.paused`, known],
    [withSecond({ observe: "true" }), `${path}.observe`, "Must be true or false, without quotes"],
    [withSecond({ HEROKU_ACCOUNT: "x" }), `${path}.HEROKU_ACCOUNT`, known],
  ]);
});

Deno.test("an account that is only observed has credentials that are, and no other account has", () => {
  const observed = (env: Env) => {
    const result = parse(env);
    assert(result.ok, JSON.stringify(result));
    return result.configuration.accounts.map(({ credentials }) =>
      credentials.map(({ observe }) => observe)
    );
  };
  assertEquals(observed(withSecond({ observe: true })), [[false], [true]]);
  assertEquals(observed(createEnv({ OBSERVE: true })), [[true]]);
  assertEquals(observed(createEnv({ OBSERVE: "true" })), [[true]]);
  assertEquals(observed(createEnv({ OBSERVE: "false" })), [[false]]);
});

Deno.test("all that is wrong with the accounts is said together", () => {
  const result = parse(createTwo({
    ACCOUNTS: [{ name: "Acme", token: "x" }, 7, { ...globex, heroku_account: "" }],
    HEROKU_ACCOUNT: "anna@example.com",
  }));
  assert(!result.ok);
  assertEquals(result.mistakes.map(({ path }) => path), [
    "ACCOUNTS[0].name",
    "ACCOUNTS[0].token",
    "ACCOUNTS[1]",
    "ACCOUNTS[2] (globex).heroku_account",
    "HEROKU_ACCOUNT",
  ]);
  assertEquals(result.accountNames, []);
});

Deno.test("two accounts of one name, one secret or one token are refused", () => {
  checkMistakes([
    [
      withSecond({ name: "acme" }),
      "ACCOUNTS[1] (acme).name",
      "Must be another name than that of ACCOUNTS[0] (acme)",
    ],
    [
      withSecond({ token_secret: "TOKEN_ACME" }),
      "ACCOUNTS[1] (globex).token_secret",
      "Must be another secret than that of ACCOUNTS[0] (acme), as each account has a token",
    ],
    [
      createTwo({ TOKEN_GLOBEX: `HRKU-${canary}x0` }),
      "TOKEN_GLOBEX",
      "Must have another value than TOKEN_ACME, which manages the Heroku account 'acme', while this one manages the Heroku account 'globex'",
    ],
  ]);
});

Deno.test("a credential of no account, or of an unknown one, is refused with the accounts that there are", () => {
  const path = "CREDENTIALS[2] (ci).account";
  checkMistakes([
    [
      withCredential({ account: undefined }),
      path,
      "Is missing, as there are several accounts: write one of acme, globex",
    ],
    [
      withCredential({ account: "globx" }),
      path,
      "Must be the name of an account (did you mean 'globex'?): the accounts are acme, globex",
    ],
    [withCredential({ account: "Acme" }), path, "(did you mean 'acme'?)"],
    [withCredential({ account: "" }), path, "the accounts are acme, globex"],
    [withCredential({ account: `HRKU-AA${canary}` }), path, "the accounts are acme, globex"],
    [withCredential({ account: 7 }), path, "Must be the name of an account, such as 'acme'"],
    [withCredential({ account: ["acme"] }), path, "Must be the name of an account"],
    [withMembers({ account: "acme" }), "CREDENTIALS[0] (ci).account", "the accounts are heroku"],
    [
      withTarget({ account: "acme" }),
      "CREDENTIALS[0] (ci).targets[0].account",
      "Is a member of the credential: write it above the credential's first",
    ],
    [
      withMembers({ ACCOUNTS: [acme] }),
      "CREDENTIALS[0] (ci).ACCOUNTS",
      "Is a variable of its own, and no part of a credential",
    ],
  ]);
  checkWarnings([
    [createEnv({ account: "acme" }), "account", "Is not read here: write it below [[vars.CRED"],
    [createEnv({ Accounts: [] }), "Accounts", "(did you mean 'ACCOUNTS'?)"],
  ]);
});

Deno.test("an account without a credential is refused, unless a credential is wrong", () => {
  const CREDENTIALS = [createTable("a", { account: "acme" })];
  checkMistakes([
    [
      createTwo({ CREDENTIALS }),
      "ACCOUNTS[1] (globex)",
      `Has no credential: write account = "globex" into one of the credentials, or remove`,
    ],
    [
      createTwo({ CREDENTIALS: [...CREDENTIALS, createTable("b", { account: "globx" })] }),
      "CREDENTIALS[1] (b).account",
      "(did you mean 'globex'?)",
    ],
    [
      createTwo({ CREDENTIALS: [...CREDENTIALS, createTable("b", { account: 7 })] }),
      "CREDENTIALS[1] (b).account",
      "Must be the name of an account",
    ],
  ]);
});

Deno.test("HEROKU_ACCOUNT beside ACCOUNTS is refused with where it belongs", () => {
  checkMistakes([[
    createTwo({ HEROKU_ACCOUNT: "anna@example.com" }),
    "HEROKU_ACCOUNT",
    "write it as 'heroku_account' into the table of the account that it confirms",
  ]]);
});

Deno.test("a secret that is not set or has a wrong form names the account that needs it", () => {
  const needed = "(needed by ACCOUNTS[1] (globex).token_secret";
  const row = (TOKEN_GLOBEX: unknown, says: string): Row => [
    createTwo({ TOKEN_GLOBEX }),
    "TOKEN_GLOBEX",
    says,
  ];
  checkMistakes([
    row(undefined, "Is not set: make one with `heroku authorizations:create -d herotate`"),
    row(undefined, needed),
    row("", "run `wrangler secret put TOKEN_GLOBEX`"),
    row(`HRKU-${canary}\n`, needed),
    row(`ghp_${canary}`, "Looks like a token for GitHub"),
  ]);
  checkMistakes([[
    { ...createTwo({ TOKEN_GLOBEX: undefined }), TOKEN_GLOBX: `HRKU-${canary}` },
    "TOKEN_GLOBEX",
    "(did you mean 'TOKEN_GLOBX', which is set?)",
  ]]);
});

Deno.test("the tokens of all accounts are kept out of logs", () => {
  const { secrets } = parse(createTwo());
  for (const at of [0, 1]) assert(secrets.includes(`HRKU-${canary}x${at}`));
});

Deno.test("a target at Heroku works with the token of its credential's account, unless it names another", () => {
  const target = { type: "heroku-config-var", app: "acme-web", name: "KEY" };
  const table: readonly (readonly [Env, Env, string, string])[] = [
    [{ account: "globex" }, {}, "TOKEN_GLOBEX", ""],
    [{ account: "acme" }, {}, "TOKEN_ACME", ""],
    [{ account: "acme" }, { token_secret: "TOKEN_GLOBEX" }, "TOKEN_GLOBEX", ".token_secret"],
    [{ account: "acme" }, { token_secret: "OTHER_TOKEN" }, "OTHER_TOKEN", ".token_secret"],
  ];
  for (const [members, changes, name, member] of table) {
    const env = withCredential({ ...members, targets: [{ ...target, ...changes }] });
    const { needs, mistakes } = parseShape(env, definitions);
    assertEquals(mistakes, []);
    assertEquals(needs.at(-1)?.name, name);
    assertEquals(needs.at(-1)?.path, `CREDENTIALS[2] (ci).targets[0]${member}`);
    assert(accept({ ...env, OTHER_TOKEN: `HRKU-${canary}-other` }));
  }
});

Deno.test("a target at Heroku sends the token of its credential's account", async () => {
  const sent: (string | null)[] = [];
  const answer = (input: string | URL | Request, init?: RequestInit) => {
    sent.push(new Request(input, init).headers.get("authorization"));
    return Promise.resolve(Response.json({ HEROKU_API_KEY: "token" }));
  };
  const result = parseConfiguration(createTwo(), definitions, { fetch: answer, now: Date.now });
  assert(result.ok);
  const delivery = {
    generation: 1,
    authorization: "a",
    token: "token",
    createdAt: new Date(DAY).toISOString(),
    expiresAt: null,
    idempotencyKey: "k",
  };
  for (const { name, targets: [{ target }] } of result.configuration.credentials) {
    await target.confirm({ ...delivery, credential: name }, {}, {});
  }
  assertEquals(sent, [0, 1].map((at) => `Bearer HRKU-${canary}x${at}`));
});

Deno.test("a target of another kind may not use the token of an account", () => {
  const says = (name: string) =>
    `Must not use the Worker secret '${name}', which is for the Worker`;
  const path = "CREDENTIALS[2] (ci).targets[0]";
  const signed = { type: "webhook", url: "https://hooks.example", signing_secret: "TOKEN_ACME" };
  checkMistakes([
    [
      withCredential({ targets: [{ ...gitHub, token_secret: "TOKEN_ACME" }] }),
      `${path}.token_secret`,
      says("TOKEN_ACME"),
    ],
    [
      withCredential({ targets: [{ ...gitHub, token_secret: "TOKEN_GLOBEX" }] }),
      `${path}.token_secret`,
      says("TOKEN_GLOBEX"),
    ],
    [withCredential({ targets: [signed] }), `${path}.signing_secret`, says("TOKEN_ACME")],
    [
      {
        ...withCredential({ targets: [reader("TOKEN_ACME")] }),
        TOKEN_ACME: `${keys.other}-acme`,
      },
      `${path}.reader_key_secret`,
      says("TOKEN_ACME"),
    ],
  ]);
});

Deno.test("the fuse's default goes by each account's own number of credentials", () => {
  const many = (account: string, count: number) =>
    Array.from({ length: count }, (_, at) => createTable(`${account}-${at}`, { account }));
  const CREDENTIALS = [...many("acme", 5), ...many("globex", 41)];
  const fusesOf = (env: Env) => accept(env).accounts.map(({ fuse }) => fuse);
  const split = { CREDENTIALS: CREDENTIALS.slice(0, 23), CREDENTIALS_MORE: CREDENTIALS.slice(23) };
  assertEquals(fusesOf(createTwo(split)), [
    { creates: 10, deletes: 20 },
    { creates: 21, deletes: 42 },
  ]);
  assertEquals(fusesOf(createTwo({ ...split, FUSE: { creates: 3 } })), [
    { creates: 3, deletes: 6 },
    { creates: 3, deletes: 6 },
  ]);
});

/** Parses an `env` with accounts from code. */
function parseCoded(env: Env, accounts: unknown, credentials?: unknown): ConfigurationResult {
  return parseConfiguration(env, definitions, {
    fetch,
    now: Date.now,
    coded: { accounts, credentials },
  });
}

function mistakesOf(result: ConfigurationResult): string[] {
  return result.ok ? [] : result.mistakes.map(({ path, message }) => `${path}: ${message}`);
}

Deno.test("accounts from code come after those of ACCOUNTS, and may be the only ones", () => {
  const both = parseCoded(createTwo({ ACCOUNTS: [acme] }), [globex]);
  assert(both.ok, JSON.stringify(both));
  assertEquals(both.accountNames, ["acme", "globex"]);
  const alone = parseCoded(
    createTwo({ ACCOUNTS: undefined, CREDENTIALS: undefined }),
    Object.freeze([Object.freeze(globex)]),
    [createTable("coded")],
  );
  assert(alone.ok, JSON.stringify(alone));
  assertEquals(
    alone.configuration.accounts.map(({ name, credentials }) => [name, credentials.length]),
    [
      ["globex", 1],
    ],
  );
});

Deno.test("accounts from code are checked as variables are, and get the same messages", () => {
  const table: readonly Env[] = [
    { name: undefined },
    { name: "Globex" },
    { name: "acme" },
    { token_secret: undefined },
    { token_secret: `HRKU-AA${canary}` },
    { token_secret: "TOKEN_ACME" },
    { token_secret: "NOWHERE" },
    { heroku_account: "bob" },
    { token: canary },
  ];
  for (const members of table) {
    const accounts = [acme, { ...globex, ...members }];
    const inVariable = mistakesOf(parseCoded(createTwo({ ACCOUNTS: accounts }), undefined));
    const inCode = mistakesOf(parseCoded(createTwo({ ACCOUNTS: undefined }), accounts));
    assertEquals(inVariable.length, 1, inVariable.join("\n"));
    assertEquals(inCode, inVariable.map((one) => one.replaceAll("ACCOUNTS[", "accounts[")));
    assert(!inCode[0].includes(canary), inCode[0]);
  }
});

Deno.test("what is wrong with accounts in code is not said in words of TOML", () => {
  const pass = "pass 'accounts' to createWorker() as an array with an object for each account";
  const env = createTwo({ ACCOUNTS: undefined });
  const table: readonly (readonly [unknown, string])[] = [
    [[], `accounts: Is empty: ${pass}`],
    [{}, `accounts: Must be an array of tables: ${pass}`],
    ["[]", `accounts: Must be an array of tables: ${pass}`],
    [null, `accounts: Must be an array of tables: ${pass}`],
    [[acme, "globex"], "accounts[1]: Must be a table with 'name' and 'token_secret'"],
    [
      [acme, globex, { name: "initech", token_secret: "TOKEN_ACME_2" }],
      "accounts[2] (initech): Has",
    ],
  ];
  for (const [accounts, expected] of table) {
    const [mistake, ...others] = mistakesOf(
      parseCoded({ ...env, TOKEN_ACME_2: `HRKU-${canary}-2` }, accounts),
    );
    assertEquals(others, []);
    assert(mistake.startsWith(expected), mistake);
    assert(!mistake.includes("[["), mistake);
  }
});
