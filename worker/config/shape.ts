/**
 * The shape of the configuration: all that can be said without the values of secrets, be it in the
 * Worker, in an editor, or before a deployment.
 *
 * @module
 */
import * as v from "valibot";
import type { Fuse } from "../../lib/rotation/decision.ts";
import { serviceUrl } from "../../lib/targets/fields.ts";
import { store } from "../../lib/targets/store.ts";
import type { TargetDefinition } from "../../lib/targets/target.ts";
import { parseAccount } from "./account.ts";
import { findConflicts } from "./conflicts.ts";
import { type CredentialDraft, draftCredential, readTables } from "./credentials.ts";
import { parseFuse } from "./fuse.ts";
import type { Mistake } from "./mistakes.ts";
import { needsOf, ownNeeds } from "./needs.ts";
import type { SecretNeed } from "./secrets.ts";
import { findOversize } from "./size.ts";
import { findWritten } from "./sources.ts";
import { findStray, isVariable } from "./stray.ts";
import { concealTokens } from "./token_maker.ts";

/** What the variables and the code say. */
export interface Shape {
  /** The credentials, each with what is right in it. */
  readonly drafts: readonly CredentialDraft[];
  /** The most that one sweep may begin. */
  readonly fuse: Fuse;
  /** Heroku's API, when another address than its usual one is given, and right. */
  readonly herokuUrl: string | undefined;
  /** The Heroku account, in lower case, when one is given, and right. */
  readonly account: string | undefined;
  /** The secrets that are needed. */
  readonly needs: readonly SecretNeed[];
  /** All that is wrong. */
  readonly mistakes: readonly Mistake[];
  /** What may not be meant as it is written. */
  readonly warnings: readonly Mistake[];
}

const urlForm =
  "Must be an https URL (http for this machine only) without user, query or fragment, such as 'https://api.heroku.com', or be left out";
const urlSchema = v.optional(v.pipe(
  serviceUrl(urlForm),
  v.check((url) => !url.includes("?"), urlForm),
));

/**
 * Reads the shape of the configuration. No secret has to be there, and no value of one is looked at.
 *
 * @param vars The variables: a Worker's `env`, or the `vars` of a wrangler.toml.
 * @param definitions The kinds of targets there are beside the built-in store.
 * @param credentials Those that the code gives; default none.
 */
export function parseShape(
  vars: Readonly<Record<string, unknown>>,
  definitions: readonly TargetDefinition<unknown>[],
  credentials?: unknown,
): Shape {
  const { written, mistakes: missing } = findWritten(vars, credentials);
  const read = written.map((each) => ({ ...each, ...readTables(each) }));
  const kinds = [store, ...definitions];
  const drafts = read.flatMap(({ source, tables }) =>
    tables.map((table, at) => draftCredential(table, at, source, kinds))
  );
  const fuse = parseFuse(vars.FUSE, drafts.length);
  const herokuUrl = v.safeParse(urlSchema, vars.HEROKU_URL);
  const account = parseAccount(vars.HEROKU_ACCOUNT);
  const needs = [...ownNeeds, ...drafts.flatMap(needsOf)].filter(({ name }) => !isVariable(name));
  return {
    drafts,
    fuse: fuse.fuse,
    herokuUrl: herokuUrl.success ? herokuUrl.output : undefined,
    account: account.account,
    needs,
    mistakes: [
      ...missing,
      ...read.flatMap(({ source, value, tables, mistakes }) => [
        ...mistakes,
        ...(source.isVariable ? findOversize(source.path, value, tables, Object.keys(vars)) : []),
      ]),
      ...drafts.flatMap((draft) => draft.mistakes),
      ...findConflicts(drafts),
      ...fuse.mistakes,
      ...(herokuUrl.success ? [] : [{ path: "HEROKU_URL", message: describeUrl(vars.HEROKU_URL) }]),
      ...account.mistakes,
    ].map(conceal),
    warnings: [
      ...drafts.flatMap((draft) => draft.warnings),
      ...findStray(vars, needs.map(({ name }) => name)),
    ].map(conceal),
  };
}

function describeUrl(given: unknown): string {
  const url = typeof given === "string"
    ? URL.parse(given.includes("://") ? given : `https://${given}`)
    : null;
  const mended = url?.hostname.includes(".")
    ? `: write 'https://${url.host}${url.pathname.replace(/\/$/, "")}'`
    : "";
  return `${urlForm}${mended}`;
}

function conceal({ path, message }: Mistake): Mistake {
  return { path: concealTokens(path), message: concealTokens(message) };
}
