/**
 * The app as its routes are tested: without a Worker, with real tables.
 *
 * @module
 */
import { MINUTE } from "@std/datetime/constants";
import type { CredentialLedger, CredentialRecord } from "../../lib/rotation/ledger.ts";
import { createLedger } from "../../worker/account/ledger.ts";
import type { Sql } from "../../worker/account/sql.ts";
import {
  createSweepLog,
  type HealthRecord,
  type SweepRecord,
} from "../../worker/account/sweep_log.ts";
import { type AppDependencies, createApp } from "../../worker/app.ts";
import { createLog } from "../../worker/log.ts";
import type { Status } from "../../worker/status.ts";
import {
  createAccountsEnv,
  createBusyEnv,
  createIdleAccount,
  createReport,
  type Env,
  fillLedger,
  keys,
  now,
  parse,
} from "./sample.ts";
import { createDatabase } from "./sqlite.ts";

/** An account as the app asks it. */
export type Asked = ReturnType<AppDependencies["account"]>;

/** What a test changes: `account` is that of every name, unless it is a function. */
interface Changes extends Partial<Omit<AppDependencies, "account">> {
  readonly account?: Asked | AppDependencies["account"];
}

interface Running {
  readonly app: ReturnType<typeof createApp>;
  readonly lines: string[];
  get(path: string, headers?: HeadersInit, method?: string): Promise<Response>;
}

/** When the newest sweep was. */
export const sweptAt = now - 4 * MINUTE;

/** The app, with the account of this environment. */
export async function run(
  env: Env,
  { account, ...changes }: Changes = {},
  reasons: HealthRecord["reasons"] = [],
): Promise<Running> {
  const configured = parse(env);
  const lines: string[] = [];
  const log = createLog({ secrets: configured.secrets, write: (line) => lines.push(line) });
  const asked = account ?? createIdleAccount(await fillDatabase(reasons));
  const app = createApp({
    configured,
    account: typeof asked === "function" ? asked : () => asked,
    allAccounts: { remember: () => Promise.resolve([]) },
    log,
    now: () => now,
    ...changes,
  });
  return {
    app,
    lines,
    get: async (path, headers, method = "GET") => await app.request(path, { headers, method }),
  };
}

/** The tables of an account that has been at work, and had a clean sweep that found these reasons. */
export async function fillDatabase(reasons: HealthRecord["reasons"] = []): Promise<Sql> {
  const database = createDatabase();
  await fillLedger(createLedger(database), createBusyEnv());
  const sweeps = createSweepLog(database);
  sweeps.complete({ at: sweptAt, error: null, halt: null, report: createReport() }, now);
  sweeps.writeHealth({ at: sweptAt, reasons });
  return database;
}

/** The header of a caller that shows a key. */
export function bearer(key: string): HeadersInit {
  return { Authorization: `Bearer ${key}` };
}

/** The header of a browser that a key was typed into. */
export function basic(user: string, key: string): HeadersInit {
  return { Authorization: `Basic ${btoa(`${user}:${key}`)}` };
}

/** An account that cannot be asked. */
export function breakAccount(error: Error): Asked {
  const fail = () => Promise.reject(error);
  return { look: fail, health: fail, readServed: fail, readEvents: fail, order: fail };
}

/** An account whose object cannot be reached. */
export const broken = breakAccount(new Error("Network connection lost."));

/** What the ledger knows of a credential `ci` that no one works on. */
export const idle: CredentialRecord = {
  name: "ci",
  attempt: 3,
  claim: "c0ffee03",
  leaseUntil: null,
  failures: 0,
  endedAt: null,
  error: null,
  refusedSince: null,
  served: null,
};

/** An account that knows these credentials, and nothing to be wrong: a clean sweep but for a change. */
export function accountOf(
  ledger: Readonly<Record<string, CredentialLedger>>,
  change: Partial<SweepRecord> = {},
): Asked {
  const last = { at: sweptAt, error: null, halt: null, report: createReport(), ...change };
  const records = { ledger: new Map(Object.entries(ledger)), last, lastClean: sweptAt, broken: [] };
  return {
    look: () => Promise.resolve(records),
    health: () => Promise.resolve({ at: sweptAt, reasons: [] }),
    readServed: () => Promise.resolve(null),
    readEvents: () => Promise.resolve({ lines: [], head: { number: 0, hash: null } }),
    order: () => Promise.resolve({ accepted: true, message: "It is done" }),
  };
}

/** The app of three accounts: each is well, but for what a test says of it. */
export async function runThree(accounts: Readonly<Record<string, Asked>> = {}): Promise<Running> {
  return await run(createAccountsEnv(["acme", "globex", "initech"]), {
    account: (name) => accounts[name] ?? accountOf({}, { report: createReport({ decisions: [] }) }),
  });
}

/** What `/status` answers. */
export async function readStatus(get: Running["get"]): Promise<Status> {
  return JSON.parse(await (await get("/status", bearer(keys.page))).text());
}

/** Where the token of `ci-deploy` is. */
export const tokenPath = "/credentials/ci-deploy/token";

/** What a sweep finds in {@linkcode createBusyEnv}. */
export const found: HealthRecord["reasons"] = [
  { kind: "credential_failing", count: 1 },
  { kind: "credential_blocked", count: 1 },
  { kind: "credential_missing", count: 1 },
];
