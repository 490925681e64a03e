/**
 * The configuration: the variables and secrets of the Worker, parsed once. All mistakes are reported
 * together.
 *
 * @module
 */
import * as v from "valibot";
import { createRedact } from "../lib/redact.ts";
import { concealTokens } from "./token_maker.ts";
import type { Credential } from "../lib/rotation/credential.ts";
import type { Fuse } from "../lib/rotation/decision.ts";
import { serviceUrl } from "../lib/targets/fields.ts";
import { store } from "../lib/targets/store.ts";
import {
  type TargetDefinition,
  type TargetEnvironment,
  TargetError,
  type TokenStore,
} from "../lib/targets/target.ts";
import { parseAccount } from "./config_account.ts";
import { checkBindings } from "./config_bindings.ts";
import { findConflicts } from "./config_conflicts.ts";
import { type CredentialDraft, draftCredential, readTables } from "./config_draft.ts";
import { parseFuse } from "./config_fuse.ts";
import { needsOf, ownNeeds } from "./config_needs.ts";
import { checkSecrets, findShared, keyForm, readSecret } from "./config_secrets.ts";
import { findStray, isVariable } from "./config_stray.ts";
import type { Mistake } from "./mistake.ts";

/** A configuration without a mistake. */
export interface Configuration {
  /** What is to be kept alive, in the order of the configuration. */
  readonly credentials: readonly Credential[];
  /**
   * The most that one sweep may create and delete. Default: half of the credentials, but 10 at
   * least, and twice the creates.
   */
  readonly fuse: Fuse;
  /** Heroku's API, when `HEROKU_URL` gives another address than its usual one. */
  readonly herokuUrl?: string;
  /**
   * The Heroku account that `HEROKU_ACCOUNT` names, in lower case: its id, or its e-mail address. It
   * confirms that `HEROKU_API_TOKEN` is meant to be of that account.
   */
  readonly account?: string;
  /** The value of `HEROKU_API_TOKEN`: the token that manages the authorizations. */
  readonly herokuToken: string;
  /** The value of `SEALING_KEY`. */
  readonly sealingKey: string;
  /** The value of `PAGE_KEY`: what opens the page. */
  readonly pageKey: string;
  /** The key that readers of a credential's token show, by the credential's name. */
  readonly readerKeys: ReadonlyMap<string, string>;
}

/** What both outcomes have. */
export interface ResultBase {
  /** The values of all secrets that are set and named, so that logs can be kept free of them. */
  readonly secrets: readonly string[];
  /** What may not be meant as it is written, and is taken all the same. */
  readonly warnings: readonly Mistake[];
}

/** The configuration is right. */
export interface ValidResult extends ResultBase {
  /** It is. */
  readonly ok: true;
  /** The configuration. */
  readonly configuration: Configuration;
}

/** The configuration is wrong: nothing may be done. */
export interface InvalidResult extends ResultBase {
  /** It is not. */
  readonly ok: false;
  /** All that is wrong, one at least. */
  readonly mistakes: readonly Mistake[];
  /** The value of `PAGE_KEY` if at least that can be used, so that the page can show the mistakes. */
  readonly pageKey?: string;
}

/** The outcome of parsing. */
export type ConfigurationResult = ValidResult | InvalidResult;

/** What targets are made with. */
export interface ConfigurationDependencies {
  /** The fetch that targets call. */
  readonly fetch: typeof fetch;
  /** The current time, in milliseconds since the epoch. */
  readonly now: () => number;
  /** The built-in store; required when a credential uses it. */
  readonly store?: TokenStore;
  /**
   * Whether `env` is a Worker's, so that its bindings are checked as well. Default: only when a
   * credential uses the built-in store, which is nothing without them.
   */
  readonly bindings?: boolean;
}

const urlForm =
  "Must be an https URL (http for this machine only) without user, query or fragment, such as 'https://api.heroku.com', or be left out";
const urlSchema = v.pipe(
  serviceUrl(urlForm),
  v.check((url) => !url.includes("?"), urlForm),
);

function describeUrl(given: unknown): string {
  const url = typeof given === "string"
    ? URL.parse(given.includes("://") ? given : `https://${given}`)
    : null;
  const mended = url?.hostname.includes(".")
    ? `: write 'https://${url.host}${url.pathname.replace(/\/$/, "")}'`
    : "";
  return `${urlForm}${mended}`;
}

/**
 * Parses the variables and secrets of the Worker.
 *
 * @param env The Worker's `env`. `CREDENTIALS` and `FUSE` may also be strings of JSON.
 * @param definitions The kinds of targets there are beside the built-in store.
 * @throws {TypeError} When the configuration is right and uses the built-in store, and
 * `dependencies` have none. No content of `env` makes it throw.
 */
export function parseConfiguration(
  env: Readonly<Record<string, unknown>>,
  definitions: readonly TargetDefinition<unknown>[],
  { bindings, ...dependencies }: ConfigurationDependencies,
): ConfigurationResult {
  const { tables, mistakes: tableMistakes } = readTables(env.CREDENTIALS);
  const drafts = tables.map((table, at) => draftCredential(table, at, [store, ...definitions]));
  const fuse = parseFuse(env.FUSE, tables.length);
  const herokuUrl = v.safeParse(v.optional(urlSchema), env.HEROKU_URL);
  const account = parseAccount(env.HEROKU_ACCOUNT);
  const needs = [...ownNeeds, ...drafts.flatMap(needsOf)].filter(({ name }) => !isVariable(name));
  const targets = drafts.flatMap((draft) => draft.targets);

  const names = needs.map(({ name }) => name);
  const secrets = names.flatMap((name) => readSecret(env, name) ?? []);
  const conceal = createConceal(secrets);

  const mistakes: Mistake[] = [
    ...(bindings ?? targets.some(({ type }) => type === store.type) ? checkBindings(env) : []),
    ...[
      ...tableMistakes,
      ...drafts.flatMap((draft) => draft.mistakes),
      ...findConflicts(drafts),
      ...fuse.mistakes,
      ...(herokuUrl.success ? [] : [{ path: "HEROKU_URL", message: describeUrl(env.HEROKU_URL) }]),
      ...account.mistakes,
    ].map(conceal),
    ...checkSecrets(env, needs),
    ...findShared(env, needs),
  ];
  const warnings = [
    ...drafts.flatMap((draft) => draft.warnings).map(conceal),
    ...findStray(env, names),
  ];
  const [herokuToken = "", sealingKey = "", pageKey = ""] = ownNeeds.map(({ name }) =>
    readSecret(env, name)
  );
  if (mistakes.length > 0) {
    return {
      ok: false,
      mistakes,
      warnings,
      secrets,
      ...(keyForm.fits(pageKey) ? { pageKey } : {}),
    };
  }

  const address = herokuUrl.success && herokuUrl.output !== undefined
    ? { herokuUrl: herokuUrl.output }
    : {};
  const environment: TargetEnvironment = {
    ...dependencies,
    secret: (name) => getSecret(env, name),
    ...(address.herokuUrl === undefined ? {} : { herokuBaseUrl: address.herokuUrl }),
  };
  return {
    ok: true,
    warnings,
    secrets,
    configuration: {
      credentials: drafts.flatMap((draft) => toCredential(draft, environment)),
      fuse: fuse.fuse,
      ...address,
      ...(account.account === undefined ? {} : { account: account.account }),
      herokuToken,
      sealingKey,
      pageKey,
      readerKeys: new Map(drafts.flatMap((draft) => readerKeysOf(draft, env))),
    },
  };
}

/** What is written in another member's place, and repeated with the mistake, may be a secret. */
function createConceal(secrets: readonly string[]): (mistake: Mistake) => Mistake {
  const redact = createRedact(secrets);
  return ({ path, message }) => ({
    path: concealTokens(redact(path, { keepUuids: true })),
    message: concealTokens(redact(message, { keepUuids: true })),
  });
}

function readerKeysOf(
  { name, targets }: CredentialDraft,
  env: Readonly<Record<string, unknown>>,
): [string, string][] {
  const names = targets.find(({ type }) => type === store.type)?.secrets ?? [];
  const [key] = names.flatMap((secret) => readSecret(env, secret) ?? []);
  return name === undefined || key === undefined ? [] : [[name, key]];
}

function toCredential(
  { members, targets }: CredentialDraft,
  environment: TargetEnvironment,
): Credential[] {
  if (!members) return [];
  const { name, scope, expires_in, renew_before, max_age, grace, paused } = members;
  return [{
    name,
    ...(scope === undefined ? {} : { scope }),
    ...(expires_in === undefined ? {} : { lifetime: expires_in }),
    ...(renew_before === undefined ? {} : { renewBefore: renew_before }),
    ...(max_age === undefined ? {} : { maxAge: max_age }),
    grace,
    paused,
    targets: targets.map((target) => target.create(environment)),
  }];
}

function getSecret(env: Readonly<Record<string, unknown>>, name: string): string {
  const value = readSecret(env, name);
  if (value !== undefined) return value;
  throw new TargetError(
    "unauthorized",
    `Cannot use the Worker secret '${name}' as it is not set: run \`wrangler secret put ${name}\``,
  );
}
