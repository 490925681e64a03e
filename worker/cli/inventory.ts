/**
 * `inventory`: every authorization of an account, and what is doubtful about it. It only reads.
 *
 * @module
 */
import { stringify } from "smol-toml";
import type { Command } from "commander";
import type { Authorization } from "../../lib/heroku/authorization.ts";
import { createAccount } from "../../lib/rotation/account.ts";
import { HerokuError } from "../../lib/heroku/errors.ts";
import { findAuthorization, listAuthorizations } from "../../lib/rotation/authorizations.ts";
import { parseMarker } from "../../lib/rotation/marker.ts";
import { creationOf, expiryOf } from "../../lib/rotation/view.ts";
import { roundDuration } from "../config/duration.ts";
import { parseCredentialMembers } from "../config/credential_members.ts";
import { ofVariable } from "../config/sources.ts";
import { type OpenAccount, openAccounts } from "./accounts.ts";
import { Failure } from "./failure.ts";
import { formatMoment } from "./moment.ts";
import { withProgress } from "./progress.ts";
import { count, createPaint, toPrintable, wrap } from "./text.ts";
import type { ExitCode, Verb, World } from "./world.ts";

/** What is doubtful about an authorization. */
export type Mark = "never ends" | "end unknown" | "old" | "broad" | "not managed";

/** An authorization, as `--json` prints it. */
export interface InventoryItem {
  /** The account's name in the configuration. */
  readonly account: string;
  /** Its id. */
  readonly id: string;
  /** Its description. */
  readonly description: string;
  /** Its scope; null when Heroku does not say. */
  readonly scope: readonly string[] | null;
  /** When it was made (ISO 8601, UTC); null when Heroku does not say. */
  readonly created_at: string | null;
  /** When it ends (ISO 8601, UTC); null for never, or when Heroku does not say. */
  readonly expires_at: string | null;
  /** The credential that claims it by its name; null for none. */
  readonly credential: string | null;
  /** What it is for besides; null for nothing known. */
  readonly use: "Herotate's own" | "the account's default API key" | null;
  /** What is doubtful about it. */
  readonly marks: readonly Mark[];
}

/** What the verb is told. */
export interface InventoryOptions {
  /** An environment of the file. */
  readonly env?: string | undefined;
  /** Whether to print JSON. */
  readonly json?: boolean | undefined;
  /** Whether to print CSV. */
  readonly csv?: boolean | undefined;
  /** Whether to print the tables that would manage what no one does. */
  readonly adopt?: boolean | undefined;
}

/** From this age on, in milliseconds, a token is old: a year. */
const OLD = 365 * 86_400_000;

/** The verb. */
export const inventory: Verb = (program: Command, world, end) => {
  program.command("inventory")
    .summary("list every authorization, and what is doubtful about it")
    .description(
      "Lists every authorization of each account of wrangler.toml, or without that file of HEROKU_API_TOKEN: age, end, scope, who claims it. Marks those that never end, are over a year old, may do everything, or that no one manages. It only reads.",
    )
    .argument("[file]", "the file", "wrangler.toml")
    .option("--env <name>", "use [env.NAME] of the file")
    .option("--json", "print JSON")
    .option("--csv", "print CSV")
    .option("--adopt", "print [[vars.CREDENTIALS]] tables for what no one manages")
    .action(async (file: string, options: InventoryOptions) => {
      end(await printInventory(file, options, world));
    });
};

/** Makes the inventory, and prints it. */
export async function printInventory(
  path: string,
  { env, json, csv, adopt }: InventoryOptions,
  world: World,
): Promise<ExitCode> {
  const accounts = await openAccounts(path, env, world, { isOptional: true });
  const items: InventoryItem[] = [];
  for (const account of accounts) {
    items.push(
      ...await withProgress(
        `Reading '${account.name}'`,
        world,
        (each) => takeInventory(account, each),
      ),
    );
  }
  world.stdout.write(
    json
      ? `${JSON.stringify({ authorizations: items }, null, 2)}\n`
      : csv
      ? toCsv(items)
      : adopt
      ? toTables(items, accounts)
      : render(items, accounts.length > 1, world),
  );
  return 0;
}

async function takeInventory(
  { name, token, baseUrl, credentials }: OpenAccount,
  { fetch, now }: World,
): Promise<InventoryItem[]> {
  const account = await createAccount({ token: token.value, baseUrl, fetch }, token.secret);
  const names = new Set(credentials.map((each) => each.name));
  try {
    const { authorizations, broken } = await listAuthorizations(account.authorizations);
    if (broken !== null) throw new Failure(`Cannot list all authorizations: ${broken}`);
    const byDefault = await findAuthorization(account.authorizations, "~");
    return authorizations.map((authorization): InventoryItem => {
      const { name: claimed } = parseMarker(authorization.description ?? "");
      const credential = names.has(claimed) ? claimed : null;
      const use = account.own.compare(authorization) === "strong"
        ? "Herotate's own" as const
        : authorization.id === byDefault?.id
        ? "the account's default API key" as const
        : null;
      return {
        account: name,
        id: authorization.id,
        description: authorization.description ?? "",
        scope: authorization.scope ?? null,
        ...timesOf(authorization, now()),
        credential,
        use,
        marks: marksOf(authorization, now(), credential !== null || use !== null),
      };
    });
  } catch (error) {
    if (!(error instanceof HerokuError)) throw error;
    throw new Failure(
      `Cannot list the account '${name}' with the token in ${token.secret}: ${error.message}`,
    );
  }
}

function timesOf(
  authorization: Authorization,
  at: number,
): Pick<InventoryItem, "created_at" | "expires_at"> {
  const createdAt = creationOf(authorization, NaN);
  const expiresAt = expiryOf(authorization, at);
  const write = (moment: number | null) =>
    moment === null || !(Math.abs(moment) <= 8.64e15) ? null : new Date(moment).toISOString();
  return { created_at: write(createdAt), expires_at: write(expiresAt) };
}

function marksOf(authorization: Authorization, at: number, isManaged: boolean): Mark[] {
  const neverEnds = authorization.access_token?.expires_in === null;
  return [
    ...(neverEnds ? ["never ends" as const] : []),
    ...(!neverEnds && expiryOf(authorization, at) === null ? ["end unknown" as const] : []),
    ...(at - creationOf(authorization, at) > OLD ? ["old" as const] : []),
    ...(authorization.scope?.includes("global") ? ["broad" as const] : []),
    ...(isManaged ? [] : ["not managed" as const]),
  ];
}

function render(items: readonly InventoryItem[], severalAccounts: boolean, world: World): string {
  const paint = createPaint(world, world.stdout);
  const { columns, now } = world;
  const marked = items.filter(({ marks }) => marks.length > 0);
  return [
    paint(
      "strong",
      `${count(items.length, "authorization")}, ${marked.length} of them with a mark`,
    ),
    ...items.flatMap((item) => {
      const { account, id, description, scope, created_at, expires_at, credential, use, marks } =
        item;
      const facts = [
        scope === null ? "scope unknown" : scope.join(" "),
        ...(created_at === null ? [] : [`made ${formatMoment(created_at, now())}`]),
        ...(expires_at === null ? [] : [`ends ${formatMoment(expires_at, now())}`]),
        ...(credential === null ? [] : [`claimed by '${credential}'`]),
        ...(use === null ? [] : [use]),
        ...(severalAccounts ? [`account '${account}'`] : []),
      ];
      return [
        "",
        toPrintable(description === "" ? "(no description)" : description),
        wrap(id, columns, 2),
        wrap(toPrintable(facts.join(", ")), columns, 2),
        ...(marks.length === 0 ? [] : [paint("warning", wrap(marks.join(", "), columns, 2))]),
      ];
    }),
  ].join("\n") + "\n";
}

const COLUMNS = [
  "account",
  "id",
  "description",
  "scope",
  "created_at",
  "expires_at",
  "credential",
  "use",
  "marks",
] as const;

/** Writes CSV (RFC 4180). A spreadsheet would run what begins like a formula, so that gets a quote. */
function toCsv(items: readonly InventoryItem[]): string {
  const cell = (value: string | readonly string[] | null) => {
    const text = typeof value === "string" ? value : value?.join(" ") ?? "";
    const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
    return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
  };
  const rows = items.map((item) =>
    COLUMNS.map((column) => cell(column === "marks" ? item.marks.join("; ") : item[column])).join(
      ",",
    )
  );
  return [COLUMNS.join(","), ...rows].map((row) => `${row}\r\n`).join("");
}

/** Writes the tables for what may be managed: by its description, and under observation at first. */
function toTables(items: readonly InventoryItem[], accounts: readonly OpenAccount[]): string {
  const left = items.filter(({ credential, use }) => credential === null && use === null);
  const tables = left.map((item) => {
    const { description, scope, created_at, expires_at } = item;
    const table = {
      name: description,
      ...(scope === null ? {} : { scope }),
      ...(created_at === null || expires_at === null ? {} : {
        expires_in: roundDuration(Date.parse(expires_at) - Date.parse(created_at) + 60_000),
      }),
      ...(accounts.length > 1 ? { account: item.account } : {}),
      observe: true,
    };
    const isTwice = left.filter((each) => each.description === description).length > 1;
    const [mistake] = parseCredentialMembers(table, "it", ofVariable("CREDENTIALS")).mistakes;
    const reason = isTwice
      ? "several have its description, and no one says which is in use"
      : parseMarker(description).mark !== undefined
      ? "another Worker made it"
      : mistake?.message;
    return reason === undefined
      ? toTable(table)
      : `# ${toPrintable(`${item.id} '${description}' is left out: ${reason}`)}\n`;
  });
  return [
    "# Say below each where it is used, and remove 'observe' when `herotate plan` says what you mean.\n",
    ...tables,
  ].join("\n");
}

function toTable(table: Record<string, unknown>): string {
  return [
    "[[vars.CREDENTIALS]]",
    stringify(table).trimEnd(),
    "[[vars.CREDENTIALS.targets]]",
    'type = "heroku-config-var" # or another one: see lib/targets/README.md',
    'app = "your-app"',
    'name = "HEROKU_API_KEY"\n',
  ].join("\n");
}
