/**
 * The shape of the configuration: all that can be said without the values of secrets, be it in the
 * Worker, in an editor, or before a deployment.
 *
 * @module
 */
import * as v from "valibot";
import type { Fuse } from "../../lib/rotation/fuse.ts";
import { parseUrl } from "../../lib/parse_url.ts";
import { serviceUrl } from "../../lib/targets/members.ts";
import { store } from "../../lib/targets/store.ts";
import type { TargetDefinition } from "../../lib/targets/target.ts";
import {
  type AccountDraft,
  accountOf,
  DEFAULT_SECRET,
  findUnassigned,
  parseAccounts,
} from "./accounts.ts";
import { type ChannelDraft, parseAlerts, parsePageUrl } from "./alerts.ts";
import { findConflicts } from "./conflicts.ts";
import { type CredentialDraft, draftCredential, readTables } from "./credentials.ts";
import { parseFuse } from "./fuse.ts";
import type { Mistake } from "./mistakes.ts";
import { needsOf, ownNeeds } from "./needs.ts";
import type { SecretNeed } from "./secrets.ts";
import { findManyAccounts, findOversize } from "./size.ts";
import { findWritten } from "./sources.ts";
import { findStray, isVariable } from "./stray.ts";
import { concealTokens } from "./token_maker.ts";

/** What the variables and the code say. */
export interface Shape {
  /** The credentials, each with what is right in it. */
  readonly drafts: readonly CredentialDraft[];
  /** The accounts that are right. */
  readonly accounts: readonly AccountDraft[];
  /** The most that one sweep of an account with so many credentials may begin. */
  readonly fuseFor: (credentials: number) => Fuse;
  /** Heroku's API, when another address than its usual one is given, and right. */
  readonly herokuUrl: string | undefined;
  /** The channels of alerts that are right. */
  readonly channels: readonly ChannelDraft[];
  /** The address of the page, when it is given, and right. */
  readonly pageUrl: string | undefined;
  /** The secrets that are needed. */
  readonly needs: readonly SecretNeed[];
  /** All that is wrong. */
  readonly mistakes: readonly Mistake[];
  /** What may not be meant as it is written. */
  readonly warnings: readonly Mistake[];
}

const URL_FORM =
  "Must be an https URL (http for this machine only) without user, query or fragment, such as 'https://api.heroku.com', or be left out";
const urlSchema = v.optional(v.pipe(
  serviceUrl(URL_FORM),
  v.check((url) => !url.includes("?"), URL_FORM),
));

/** What the code of a Worker gives, not yet checked. */
export interface Coded {
  /**
   * Accounts.
   * @default {none}
   */
  readonly accounts?: unknown;
  /**
   * Credentials.
   * @default {none}
   */
  readonly credentials?: unknown;
}

/**
 * Reads the shape of the configuration. No secret has to be there, and no value of one is looked at.
 *
 * @param vars The variables: a Worker's `env`, or the `vars` of a wrangler.toml.
 * @param definitions The kinds of targets there are beside the built-in store.
 * @param coded What the code gives.
 */
export function parseShape(
  vars: Readonly<Record<string, unknown>>,
  definitions: readonly TargetDefinition<unknown>[],
  coded: Coded = {},
): Shape {
  const { accounts, mistakes: wrongAccounts } = parseAccounts(vars, coded.accounts);
  const { written, mistakes: missing } = findWritten(vars, coded.credentials);
  const read = written.map((each) => ({ ...each, ...readTables(each) }));
  const kinds = [store, ...definitions];
  const drafts = read.flatMap(({ source, tables }) =>
    tables.map((table, at) =>
      draftCredential(
        table,
        at,
        source,
        kinds,
        // As long as the account is wrong, no secret is to be missed for it.
        (account) => (accountOf(account, accounts) ?? accounts.at(0))?.tokenSecret,
      )
    )
  );
  const fuse = parseFuse(vars.FUSE);
  const herokuUrl = v.safeParse(urlSchema, vars.HEROKU_URL);
  const { channels, mistakes: wrongAlerts } = parseAlerts(vars.ALERTS, {
    accounts: accounts.map(({ name }) => name),
    credentials: drafts.flatMap(({ name }) => name ?? []),
  });
  const { pageUrl, mistakes: wrongPage } = parsePageUrl(vars.PAGE_URL);
  const isKnown = (name: string) => accounts.length > 0 || name !== DEFAULT_SECRET;
  const needs = [
    ...ownNeeds(accounts),
    ...drafts.flatMap(needsOf),
    ...channels.flatMap((channel) => channel.needs),
  ].filter(({ name }) => !isVariable(name) && isKnown(name));
  return {
    drafts,
    accounts,
    fuseFor: fuse.fuseFor,
    herokuUrl: herokuUrl.success ? herokuUrl.output : undefined,
    channels,
    pageUrl,
    needs,
    mistakes: [
      ...missing,
      ...read.flatMap(({ source, value, tables, mistakes }) => [
        ...mistakes,
        ...(source.isVariable ? findOversize(source.path, value, tables, Object.keys(vars)) : []),
      ]),
      ...wrongAccounts,
      ...findManyAccounts(vars.ACCOUNTS),
      ...drafts.flatMap((draft) => draft.mistakes),
      ...(wrongAccounts.length > 0 ? [] : findUnassigned(accounts, drafts)),
      ...findConflicts(drafts, accounts),
      ...fuse.mistakes,
      ...wrongAlerts,
      ...wrongPage,
      ...(herokuUrl.success ? [] : [{ path: "HEROKU_URL", message: describeUrl(vars.HEROKU_URL) }]),
    ].map(conceal),
    warnings: [
      ...drafts.flatMap((draft) => draft.warnings),
      ...(channels.length > 0 && vars.PAGE_URL === undefined
        ? [{
          path: "ALERTS",
          message:
            "Alerts do not link to the page: write PAGE_URL below [vars], with the address of the Worker",
        }]
        : []),
      ...findStray(vars, needs.map(({ name }) => name)),
    ].map(conceal),
  };
}

function describeUrl(given: unknown): string {
  const url = typeof given === "string"
    ? parseUrl(given.includes("://") ? given : `https://${given}`)
    : undefined;
  const mended = url?.hostname.includes(".")
    ? `: write 'https://${url.host}${url.pathname.replace(/\/$/, "")}'`
    : "";
  return `${URL_FORM}${mended}`;
}

function conceal({ path, message }: Mistake): Mistake {
  return { path: concealTokens(path), message: concealTokens(message) };
}
