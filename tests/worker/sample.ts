/**
 * A Worker that has been at work for a while: its configuration, and its ledger on real SQLite.
 *
 * @module
 */
import { DAY, HOUR, MINUTE } from "@std/datetime/constants";
import type { Change, Entry, Ledger } from "../../lib/rotation/ledger.ts";
import { createSealing } from "../../lib/rotation/sealing.ts";
import type { SweepReport } from "../../lib/rotation/sweep.ts";
import { herokuConfigVar } from "../../lib/targets/heroku_config_var.ts";
import type { TargetDefinition, TokenStore } from "../../lib/targets/target.ts";
import { webhook } from "../../lib/targets/webhook.ts";
import { type Account, type AccountCalls, createAccount } from "../../worker/account/account.ts";
import type { Sql } from "../../worker/account/sql.ts";
import { type ConfigurationResult, parseConfiguration } from "../../worker/config/configuration.ts";

/** The time in these tests. */
export const now = Date.parse("2026-10-03T14:05:00.000Z");

/** The word in every secret of these tests: it must never be seen. */
export const canary = "CANARY7";

/** The kinds of targets in these tests. */
export const definitions: readonly TargetDefinition<unknown>[] = [herokuConfigVar, webhook];

/** A Worker's `env`, as wrangler makes it. */
export type Env = Record<string, unknown>;

/** The keys in {@linkcode createEnv}. */
export const keys = {
  page: `page-key-${canary}-0123456789`,
  reader: `reader-key-${canary}-0123456789`,
  other: `other-reader-key-${canary}-0123456789`,
};

const store: TokenStore = {
  serve: () => Promise.resolve(true),
  read: () => Promise.resolve(undefined),
};

/** A credential's table with a target of its own. */
export function createTable(name: string, members: Env = {}): Env {
  return {
    name,
    targets: [{ type: "heroku-config-var", app: `app-${hash(name)}`, name: "HEROKU_API_KEY" }],
    ...members,
  };
}

/** A right `env`; `changes` are written over it. */
export function createEnv(changes: Env = {}): Env {
  return {
    CREDENTIALS: [createTable("ci-deploy")],
    HEROKU_API_TOKEN: `HRKU-${canary}-admin`,
    SEALING_KEY: btoa(`${canary}01234567890123456789012345`.slice(0, 32)),
    PAGE_KEY: keys.page,
    READER_KEY: keys.reader,
    OTHER_READER_KEY: keys.other,
    WEBHOOK_KEY: `webhook-${canary}`,
    ACCOUNT: { idFromName() {}, get() {} },
    ROTATION: { createBatch() {} },
    ...changes,
  };
}

/**
 * A right `env` with several accounts: each has a credential of its own name, and its token in the
 * Worker secret `TOKEN_` with that name.
 */
export function createAccountsEnv(names: readonly string[], changes: Env = {}): Env {
  const accounts = names.map((name, at) => ({
    name,
    secret: `TOKEN_${name.toUpperCase()}`,
    token: `HRKU-${canary}x${at}`,
  }));
  return createEnv({
    ACCOUNTS: accounts.map(({ name, secret }) => ({ name, token_secret: secret })),
    CREDENTIALS: names.map((name) => createTable(name, { account: name })),
    HEROKU_API_TOKEN: undefined,
    ...Object.fromEntries(accounts.map(({ secret, token }) => [secret, token])),
    ...changes,
  });
}

/** Parses an `env` with the targets of these tests. */
export function parse(env: Env): ConfigurationResult {
  return parseConfiguration(env, definitions, { fetch, now: () => now, store });
}

/** An `env` with a credential in each of the states that a page can show. */
export function createBusyEnv(): Env {
  return createEnv({
    CREDENTIALS: [
      createTable("ci-deploy", {
        grace: "2h",
        targets: [
          { type: "store", reader_key_secret: "READER_KEY" },
          { type: "heroku-config-var", app: "acme-web", name: "HEROKU_API_KEY" },
          {
            type: "webhook",
            url: "https://hooks.acme.example/tokens",
            signing_secret: "WEBHOOK_KEY",
            required: false,
          },
        ],
      }),
      createTable("review apps <b>&\"'", { scope: ["write-protected"], expires_in: "30d" }),
      createTable("nightly-backup", {
        targets: [{ type: "store", reader_key_secret: "OTHER_READER_KEY" }],
      }),
      createTable("old-laptop", { paused: true }),
      createTable("brand-new"),
    ],
  });
}

/** The token of `ci-deploy` in {@linkcode fillLedger}. */
export const servedToken = `HRKU-${canary}-served`;

/** Fills a ledger for {@linkcode createBusyEnv}. */
export async function fillLedger(ledger: Ledger, env: Env): Promise<void> {
  const sealing = await createSealing(String(env.SEALING_KEY));
  const old = createEntry("ci-deploy", 6, { state: "adopted", createdAt: now - 21 * DAY });
  await ledger.adopt(new Map([["ci-deploy", [old]]]));
  const [deploy] = await ledger.claim(
    [{ credential: "ci-deploy", attempt: 1, seenLease: null }],
    now + 2 * HOUR,
  );
  const minted = createEntry("ci-deploy", 7, { state: "intended", createdAt: now - HOUR });
  const { mark } = minted;
  const sealedToken = await sealing.seal(servedToken, minted);
  const proof = { kind: "exact", detail: "The value was read back and is the token" } as const;
  const places = ["store", "heroku-config-var:acme-web/HEROKU_API_KEY"];
  await ledger.write(deploy, [
    { kind: "intend", entry: minted },
    { kind: "mint", entry: { ...minted, state: "minted", sealedToken } },
    ...places.flatMap((place, index): Change[] => {
      const at = now - 40 * MINUTE + index * MINUTE;
      return [
        { kind: "deliver", mark, place, whose: "own", at },
        { kind: "receive", mark, place, receipt: {}, at },
        { kind: "prove", mark, place, proof, at },
      ];
    }),
    { kind: "promote", mark, at: now - 30 * MINUTE },
  ]);
  await ledger.serve("ci-deploy", mark);

  const review = "review apps <b>&\"'";
  await ledger.adopt(
    new Map([
      [review, [createEntry(review, 0, { state: "adopted", createdAt: now - 22 * DAY })]],
      ["nightly-backup", []],
      [
        "old-laptop",
        [createEntry("old-laptop", 0, { state: "adopted", expiresAt: null, lifetime: null })],
      ],
    ]),
  );
  for (const attempt of [1, 2, 3]) {
    const [lease] = await ledger.claim([{ credential: review, attempt, seenLease: null }], now);
    const error = "Heroku refused to change <i>'app-1'</i>: give the account access to the app";
    await ledger.write(lease, [
      { kind: "end", end: { outcome: "failure", error, refused: false }, at: now - HOUR },
    ]);
  }
}

/** An account whose alarm does nothing, on tables that are up to date. */
export function createIdleAccount(sql: Sql): Account {
  return createAccount({
    sql,
    setAlarm: () => Promise.resolve(),
    sweep: () => Promise.resolve(true),
    tryToken: () => Promise.resolve("accepted"),
    now: () => now,
  });
}

/** A binding that leads to an account, whatever its name. */
export function bindAccount(account: AccountCalls): Env {
  return { idFromName: (name: string) => name, get: () => account };
}

/** What a sweep over {@linkcode createBusyEnv} reported. */
export function createReport(changes: Partial<SweepReport> = {}): SweepReport {
  return {
    at: now - 4 * MINUTE,
    decisions: [
      {
        kind: "running",
        credential: "ci-deploy",
        reason: "Attempt 1 is at work",
        until: now + 2 * HOUR,
      },
      {
        kind: "back_off",
        cause: "expiry",
        credential: "review apps <b>&\"'",
        reason: "Generation 0 expires in 8 d",
        until: now + 20 * MINUTE,
      },
      {
        kind: "blocked",
        cause: "missing",
        credential: "nightly-backup",
        reason:
          "Heroku lists no authorization for it. No earlier authorization says which scope it needs: set 'scope'",
        until: null,
      },
      {
        kind: "wait",
        credential: "old-laptop",
        reason: "It is paused: remove 'paused' to go on",
        until: null,
      },
    ],
    started: [],
    removed: [],
    withheld: [],
    unmanaged: [
      {
        id: "01234567-89ab-cdef-0123-456789abcdef",
        description: "Heroku CLI login from <anna's laptop>",
        expiresAt: now + 300 * DAY,
        neverExpires: false,
        reason: "No credential has its name",
      },
      {
        id: "11234567-89ab-cdef-0123-456789abcdef",
        description: "",
        expiresAt: null,
        neverExpires: true,
        reason: "It is the account's default API key",
      },
    ],
    unmanagedCount: 2,
    blown: null,
    unreliable: null,
    doubts: [],
    notices: [],
    undead: [],
    problems: [],
    ...changes,
  };
}

/** An entry with a lifetime of 30 days; `changes` are written over it. */
export function createEntry(
  credential: string,
  generation: number,
  changes: Partial<Entry> = {},
): Entry {
  const createdAt = changes.createdAt ?? now - DAY;
  const lifetime = changes.lifetime === undefined ? 30 * DAY : changes.lifetime;
  return {
    credential,
    generation,
    mark: `mark-${generation}`,
    state: "current",
    authorization: `a0000000-0000-4000-8000-${hash(credential)}00000${generation}`,
    accessToken: `b0000000-0000-4000-8000-${hash(credential)}00000${generation}`,
    sealedToken: null,
    fingerprint: null,
    description: null,
    scope: ["global"],
    lifetime,
    asked: lifetime,
    made: generation > 0 && changes.state !== "adopted" && changes.state !== "foreign",
    sender: null,
    notedAt: createdAt,
    createdAt,
    expiresAt: createdAt + 30 * DAY,
    provenAt: null,
    listedEnd: null,
    seenAt: createdAt,
    doubtedSince: null,
    endedAt: null,
    goneAt: null,
    ...changes,
  };
}

function hash(text: string): string {
  const sum = Array.from(text).reduce((all, one) => (all * 31 + one.charCodeAt(0)) % 999_983, 7);
  return String(sum).padStart(6, "0");
}
