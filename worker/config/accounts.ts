/**
 * `ACCOUNTS`: the Heroku accounts, each with the secret that holds its token.
 *
 * @module
 */
import { parseAccount } from "./account.ts";
import type { CredentialDraft } from "./credentials.ts";
import { findUnknown, fromJson, isTable, joinPath, type Mistake, suggest } from "./mistakes.ts";
import { isSecretName, mayBeSecret } from "./secret_name.ts";
import { isVariable, RESERVED_SECRETS } from "./stray.ts";
import { concealTokens } from "./token_maker.ts";

/** An account as it is written. */
export interface AccountDraft {
  /** Where it is, such as `ACCOUNTS[0] (acme)`. */
  readonly path: string;
  /** Its name. */
  readonly name: string;
  /** The name of the Worker secret with the token that manages its authorizations. */
  readonly tokenSecret: string;
  /** The id or e-mail address that confirms whose it is, in lower case; undefined when none is given. */
  readonly confirmed: string | undefined;
  /** Whether its credentials are only observed. */
  readonly observe: boolean;
  /** The name of the Worker secret with the address of its heartbeat; undefined for none. */
  readonly heartbeatSecret: string | undefined;
}

/** The outcome. */
export interface AccountsResult {
  /** Those that are right. Without any table there is one, called `heroku`. */
  readonly accounts: readonly AccountDraft[];
  /** All that is wrong. */
  readonly mistakes: readonly Mistake[];
}

/** The secret of the one account that there is without tables. */
export const DEFAULT_SECRET = "HEROKU_API_TOKEN";

const DEFAULT_NAME = "heroku";

/** A name may be part of a URL and in an id. */
const NAME_FORM =
  "Must be a name of 1 to 32 lower-case letters, digits and hyphens, such as 'acme-web'";

const MEMBERS = ["name", "token_secret", "heroku_account", "observe", "heartbeat_secret"];

const TOKEN_NAME =
  "the name of the Worker secret that holds the account's token, such as 'HEROKU_TOKEN_ACME'";

const HEARTBEAT_NAME =
  "the name of the Worker secret that holds the heartbeat's address, such as 'HEARTBEAT_URL'";

/**
 * Reads the accounts.
 *
 * @param vars The variables.
 * @param coded Those that the code gives; undefined for none.
 */
export function parseAccounts(
  vars: Readonly<Record<string, unknown>>,
  coded: unknown,
): AccountsResult {
  const places = [
    {
      path: "ACCOUNTS",
      value: fromJson(vars.ACCOUNTS),
      whole: "write [[vars.ACCOUNTS]], with two brackets on each side, for each account",
    },
    {
      path: "accounts",
      value: coded,
      whole: "pass 'accounts' to createWorker() as an array with an object for each account",
    },
  ].filter(({ value }) => value !== undefined);
  if (places.length === 0) return defaultAccount(vars);
  const results = places.flatMap(readTables);
  const accounts = results.flatMap((result) => result.account ?? []);
  return {
    accounts,
    mistakes: [
      ...results.flatMap((result) => result.mistakes),
      ...findRepeated(accounts),
      ...(vars.HEARTBEAT_SECRET === undefined ? [] : [{
        path: "HEARTBEAT_SECRET",
        message:
          "Is for the one account that there is without tables: write 'heartbeat_secret' into the table of the account",
      }]),
      ...(vars.HEROKU_ACCOUNT === undefined ? [] : [{
        path: "HEROKU_ACCOUNT",
        message:
          "Must be left out where there are accounts: write it as 'heroku_account' into the table of the account that it confirms",
      }]),
      ...(vars.OBSERVE === undefined ? [] : [{
        path: "OBSERVE",
        message:
          "Must be left out where there are accounts: write observe = true into the table of each account that is only observed",
      }]),
    ],
  };
}

function defaultAccount(vars: Readonly<Record<string, unknown>>): AccountsResult {
  const { account: confirmed, mistakes } = parseAccount(vars.HEROKU_ACCOUNT, "HEROKU_ACCOUNT");
  const path = DEFAULT_SECRET;
  // A variable that was made in the dashboard is a text.
  const observe = vars.OBSERVE === "true" || vars.OBSERVE === "false"
    ? vars.OBSERVE === "true"
    : vars.OBSERVE ?? false;
  const heartbeat = readHeartbeat(vars.HEARTBEAT_SECRET, "HEARTBEAT_SECRET");
  return {
    accounts: [{
      path,
      name: DEFAULT_NAME,
      tokenSecret: DEFAULT_SECRET,
      confirmed,
      observe: observe !== false,
      ...heartbeat.found,
    }],
    mistakes: [...mistakes, ...findObserveMistake(observe, "OBSERVE"), ...heartbeat.mistakes],
  };
}

interface TableResult {
  readonly account?: AccountDraft;
  readonly mistakes: readonly Mistake[];
}

/** A place where accounts are written, and how they are written there. */
interface Place {
  readonly path: string;
  readonly value: unknown;
  readonly whole: string;
}

function readTables({ path, value, whole }: Place): TableResult[] {
  if (Array.isArray(value) && value.length > 0) {
    return value.map((table: unknown, at) => readTable(table, `${path}[${at}]`));
  }
  const message = `${
    Array.isArray(value) ? "Is empty" : "Must be an array of tables"
  }: ${whole}, or leave it out for the one whose token is in ${DEFAULT_SECRET}`;
  return [{ mistakes: [{ path, message }] }];
}

function readTable(table: unknown, at: string): TableResult {
  if (!isTable(table)) {
    return {
      mistakes: [{ path: at, message: "Must be a table with 'name' and 'token_secret'" }],
    };
  }
  const { name, token_secret: tokenSecret } = table;
  const nameMistake = findNameMistake(name);
  const path = nameMistake === undefined ? `${at} (${name})` : at;
  // A member under another name is not said to be missing as well.
  const isMisnamed = tokenSecret === undefined && "token" in table;
  const secretMistake = isMisnamed ? undefined : findSecretMistake(tokenSecret, TOKEN_NAME);
  const { account: confirmed, mistakes } = parseAccount(
    table.heroku_account,
    joinPath(path, ["heroku_account"]),
  );
  const { observe = false } = table;
  const heartbeat = readHeartbeat(table.heartbeat_secret, joinPath(path, ["heartbeat_secret"]));
  const wrong: Mistake[] = [
    ...(nameMistake === undefined
      ? []
      : [{ path: joinPath(path, ["name"]), message: nameMistake }]),
    ...(secretMistake === undefined
      ? []
      : [{ path: joinPath(path, ["token_secret"]), message: secretMistake }]),
    ...mistakes,
    ...findObserveMistake(observe, joinPath(path, ["observe"])),
    ...heartbeat.mistakes,
    ...findUnknown(
      table,
      MEMBERS,
      path,
      (member) =>
        member === "token"
          ? "Is called 'token_secret', and takes the name of the Worker secret that holds the token"
          : undefined,
    ),
  ];
  if (wrong.length > 0 || typeof name !== "string" || typeof tokenSecret !== "string") {
    return { mistakes: wrong };
  }
  return {
    account: {
      path,
      name,
      tokenSecret,
      confirmed,
      observe: observe === true,
      ...heartbeat.found,
    },
    mistakes: [],
  };
}

/** Heroku's tokens of today, and its former ones, which are uuids. */
const LOOKS_LIKE_TOKEN = /HRKU-|[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}/i;

function findNameMistake(name: unknown): string | undefined {
  if (name === undefined) {
    return `Is missing: ${NAME_FORM.charAt(0).toLowerCase()}${NAME_FORM.slice(1)}`;
  }
  if (typeof name !== "string") return NAME_FORM;
  if (concealTokens(name) !== name || LOOKS_LIKE_TOKEN.test(name)) {
    return `${NAME_FORM}, and not a token: revoke that, as it has been written into a file`;
  }
  if (/^[a-z0-9](?:[a-z0-9-]{0,30}[a-z0-9])?$/.test(name)) return undefined;
  const mended = name.toLowerCase().replaceAll(/[^a-z0-9]+/g, "-").slice(0, 32)
    .replaceAll(/^-+|-+$/g, "");
  return mended === "" || mayBeSecret(name) ? NAME_FORM : `${NAME_FORM}: write '${mended}'`;
}

function findObserveMistake(observe: unknown, path: string): Mistake[] {
  return typeof observe === "boolean" ? [] : [{
    path,
    message: `Must be true or false${typeof observe === "string" ? ", without quotes" : ""}`,
  }];
}

/** Reads which secret holds the heartbeat's address; there need be none. */
function readHeartbeat(
  secret: unknown,
  path: string,
): { readonly found: Pick<AccountDraft, "heartbeatSecret">; readonly mistakes: Mistake[] } {
  if (secret === undefined) return { found: { heartbeatSecret: undefined }, mistakes: [] };
  const message = findSecretMistake(secret, HEARTBEAT_NAME, "the address");
  return message === undefined
    ? { found: { heartbeatSecret: String(secret) }, mistakes: [] }
    : { found: { heartbeatSecret: undefined }, mistakes: [{ path, message }] };
}

/** Finds what is wrong with the name of a secret. */
function findSecretMistake(
  secret: unknown,
  form: string,
  value: string = "the token",
): string | undefined {
  if (secret === undefined) return `Is missing: it must be ${form}`;
  if (typeof secret !== "string" || secret === "") return `Must be ${form}`;
  if (!isSecretName(secret)) {
    return `Must be ${form}, and never ${value} itself: if it is one that is written here, revoke it, as it has been written into a file`;
  }
  if (isVariable(secret)) {
    return `Must name a Worker secret, and '${secret}' is a variable or a binding`;
  }
  return RESERVED_SECRETS.includes(secret)
    ? `Must not use the Worker secret '${secret}', which is for the Worker itself: make another one for this account`
    : undefined;
}

function findRepeated(accounts: readonly AccountDraft[]): Mistake[] {
  return accounts.flatMap((account, at): Mistake[] => {
    const earlier = accounts.slice(0, at);
    const named = earlier.find(({ name }) => name === account.name);
    const sharing = earlier.find(({ tokenSecret }) => tokenSecret === account.tokenSecret);
    return [
      ...(named
        ? [{
          path: joinPath(account.path, ["name"]),
          message: `Must be another name than that of ${named.path}`,
        }]
        : []),
      ...(sharing
        ? [{
          path: joinPath(account.path, ["token_secret"]),
          message:
            `Must be another secret than that of ${sharing.path}, as each account has a token of its own user`,
        }]
        : []),
    ];
  });
}

/** Which account a credential belongs to; undefined when that is wrong. */
export function accountOf(
  given: string | undefined,
  accounts: readonly AccountDraft[],
): AccountDraft | undefined {
  if (given !== undefined) return accounts.find(({ name }) => name === given);
  return accounts.length === 1 ? accounts[0] : undefined;
}

/** Finds credentials of no account, and accounts without a credential. */
export function findUnassigned(
  accounts: readonly AccountDraft[],
  drafts: readonly CredentialDraft[],
): Mistake[] {
  const names = accounts.map(({ name }) => name);
  if (names.length === 0) return [];
  const strays = drafts.flatMap(({ path, members }): Mistake[] => {
    if (!members || accountOf(members.account, accounts)) return [];
    const message = members.account === undefined
      ? `Is missing, as there are several accounts: write one of ${names.join(", ")}`
      : `Must be the name of an account${suggest(members.account, names)}: the accounts are ${
        names.join(", ")
      }`;
    return [{ path: joinPath(path, ["account"]), message }];
  });
  const used = new Set(drafts.map(({ members }) => accountOf(members?.account, accounts)));
  const isReadable = drafts.every(({ members }) => members !== undefined);
  const idle = isReadable && strays.length === 0 && accounts.length > 1
    ? accounts.filter((account) => !used.has(account))
    : [];
  return [
    ...strays,
    ...idle.map(({ path, name }) => ({
      path,
      message:
        `Has no credential: write account = "${name}" into one of the credentials, or remove the account`,
    })),
  ];
}
