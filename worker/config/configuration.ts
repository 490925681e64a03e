/**
 * The configuration: the variables and secrets of the Worker, and what its code gives. All mistakes
 * are reported together.
 *
 * @module
 */
import { createRedact } from "../../lib/redact.ts";
import type { Credential } from "../../lib/rotation/credential.ts";
import type { Fuse } from "../../lib/rotation/fuse.ts";
import { store } from "../../lib/targets/store.ts";
import {
  type TargetDefinition,
  type TargetEnvironment,
  TargetError,
  type TokenStore,
} from "../../lib/targets/target.ts";
import type { Channel } from "../alerts/channel.ts";
import { type AccountDraft, accountOf } from "./accounts.ts";
import { createChannels } from "./alerts.ts";
import { checkBindings } from "./bindings.ts";
import type { CredentialDraft } from "./credentials.ts";
import type { Mistake } from "./mistakes.ts";
import { METRICS_KEY, OPERATOR_KEY, optionalNeeds, PREVIOUS_KEY } from "./needs.ts";
import { checkSecrets, KEY_FORM, readSecret } from "./secrets.ts";
import { type Coded, parseShape, type Shape } from "./shape.ts";

/** A Heroku account, with what is to be kept alive in it. */
export interface ConfiguredAccount {
  /** Its name. */
  readonly name: string;
  /** The name of the Worker secret with its token. */
  readonly tokenSecret: string;
  /** The token that manages its authorizations. */
  readonly herokuToken: string;
  /**
   * The id or the e-mail address, in lower case, that confirms which Heroku account the token is meant
   * to be of; undefined for none.
   */
  readonly confirmed?: string;
  /** The address that is pinged after each clean sweep; undefined for none. */
  readonly heartbeat?: string;
  /** What is to be kept alive, in the order of the configuration. */
  readonly credentials: readonly Credential[];
  /**
   * The most that one sweep may create and delete.
   * @default {half of the credentials, but 10 at least, and twice the creates}
   */
  readonly fuse: Fuse;
}

/** A configuration without a mistake. */
export interface Configuration {
  /** The accounts, one at least, in the order of the configuration. */
  readonly accounts: readonly ConfiguredAccount[];
  /** The credentials of all accounts, in the order of the configuration. */
  readonly credentials: readonly Credential[];
  /** Heroku's API, when `HEROKU_URL` gives another address than its usual one. */
  readonly herokuUrl?: string;
  /** The value of `SEALING_KEY`. */
  readonly sealingKey: string;
  /** The value of `SEALING_KEY_PREVIOUS`; absent where it is not set. */
  readonly previousKey?: string;
  /** The value of `PAGE_KEY`: what opens the page. */
  readonly pageKey: string;
  /** The value of `METRICS_KEY`, which opens the metrics; absent where it is not set. */
  readonly metricsKey?: string;
  /** The value of `OPERATOR_KEY`, which gives orders; absent where it is not set. */
  readonly operatorKey?: string;
  /** The keys of which readers of a credential's token show one, by the credential's name. */
  readonly readerKeys: ReadonlyMap<string, readonly string[]>;
}

/** What both outcomes have. */
export interface ResultBase {
  /** The channels of alerts that are right, whatever is wrong elsewhere. */
  readonly channels: readonly Channel[];
  /** The address of the page, when it is given, and right. */
  readonly pageUrl?: string;
  /** The names of the accounts, as far as they are right, in the order of the configuration. */
  readonly accountNames: readonly string[];
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
  /** The value of `METRICS_KEY` if that can be used. */
  readonly metricsKey?: string;
}

/** The outcome of parsing. */
export type ConfigurationResult = ValidResult | InvalidResult;

/** The account of a name; undefined where the configuration is wrong or has no such account. */
export function findAccount(
  configured: ConfigurationResult,
  name: string,
): ConfiguredAccount | undefined {
  return configured.ok
    ? configured.configuration.accounts.find((account) => account.name === name)
    : undefined;
}

/** What targets are made with. */
export interface ConfigurationDependencies {
  /** The fetch that targets call. */
  readonly fetch: typeof fetch;
  /** The current time, in milliseconds since the epoch. */
  readonly now: () => number;
  /** The built-in store; required when a credential uses it. */
  readonly store?: TokenStore;
  /**
   * Whether `env` is a Worker's, so that its bindings are checked as well.
   * @default {only when a credential uses the built-in store, which is nothing without them}
   */
  readonly bindings?: boolean;
  /**
   * What the code gives, in the form of the tables.
   * @default {nothing}
   */
  readonly coded?: Coded;
}

/**
 * Parses the variables and secrets of the Worker.
 *
 * @param env The Worker's `env`. Variables with tables may also be strings of JSON.
 * @param definitions The kinds of targets there are beside the built-in store.
 * @throws {TypeError} When the configuration is right and uses the built-in store, and
 * `dependencies` have none. No content of `env` makes it throw.
 */
export function parseConfiguration(
  env: Readonly<Record<string, unknown>>,
  definitions: readonly TargetDefinition<unknown>[],
  { bindings, coded, ...dependencies }: ConfigurationDependencies,
): ConfigurationResult {
  const shape = parseShape(env, definitions, coded);
  const { drafts, accounts, fuseFor, herokuUrl } = shape;
  const needs = [...shape.needs, ...optionalNeeds(env)];
  const secrets = [...new Set(needs.flatMap(({ name }) => readSecret(env, name) ?? []))];
  const conceal = createConceal(secrets);
  const usesStore = drafts.some(({ targets }) => targets.some(({ type }) => type === store.type));
  const mistakes: Mistake[] = [
    ...(bindings ?? usesStore ? checkBindings(env) : []),
    ...shape.mistakes.map(conceal),
    ...checkSecrets(env, needs),
    ...shape.channels.flatMap(({ findBindingMistake }) => findBindingMistake(env)),
  ];
  const [sealingKey = "", pageKey = ""] = ["SEALING_KEY", "PAGE_KEY"]
    .map((name) => readSecret(env, name));
  const metricsKey = readSecret(env, METRICS_KEY) ?? "";
  const operatorKey = readSecret(env, OPERATOR_KEY);
  const previousKey = readSecret(env, PREVIOUS_KEY);
  const always = {
    accountNames: accounts.map(({ name }) => name),
    warnings: shape.warnings.map(conceal),
    secrets,
    channels: createChannels(shape.channels, env, dependencies),
    ...(shape.pageUrl === undefined ? {} : { pageUrl: shape.pageUrl }),
  };
  const keyOfMetrics = KEY_FORM.fits(metricsKey) ? { metricsKey } : {};
  if (mistakes.length > 0) {
    return {
      ok: false,
      ...always,
      mistakes,
      ...(KEY_FORM.fits(pageKey) ? { pageKey } : {}),
      ...keyOfMetrics,
    };
  }

  const environment: TargetEnvironment = {
    ...dependencies,
    secret: (name) => getSecret(env, name),
    ...(herokuUrl === undefined ? {} : { herokuBaseUrl: herokuUrl }),
  };
  const credentials = createCredentials({ drafts, accounts }, environment);
  const byName = new Map([...credentials.values()].flat().map((each) => [each.name, each]));
  const toAccount = (account: AccountDraft): ConfiguredAccount => {
    const own = credentials.get(account) ?? [];
    const { name, tokenSecret, confirmed, heartbeatSecret } = account;
    return {
      name,
      tokenSecret,
      herokuToken: getSecret(env, tokenSecret),
      ...(confirmed === undefined ? {} : { confirmed }),
      ...(heartbeatSecret === undefined ? {} : { heartbeat: getSecret(env, heartbeatSecret) }),
      credentials: own,
      fuse: fuseFor(own.length),
    };
  };
  return {
    ok: true,
    ...always,
    configuration: {
      accounts: accounts.map(toAccount),
      credentials: drafts.flatMap(({ name = "" }) => byName.get(name) ?? []),
      ...(herokuUrl === undefined ? {} : { herokuUrl }),
      sealingKey,
      ...(previousKey === undefined ? {} : { previousKey }),
      ...(operatorKey === undefined ? {} : { operatorKey }),
      pageKey,
      ...keyOfMetrics,
      readerKeys: new Map(drafts.flatMap((draft) => readerKeysOf(draft, env))),
    },
  };
}

/** Makes the credentials of each account. No secret is read before a target needs it. */
export function createCredentials(
  { drafts, accounts }: Pick<Shape, "drafts" | "accounts">,
  environment: TargetEnvironment,
): ReadonlyMap<AccountDraft, readonly Credential[]> {
  return new Map(accounts.map((account) => [
    account,
    drafts.filter(({ members }) => accountOf(members?.account, accounts) === account)
      .flatMap((draft) => toCredential(draft, account, environment)),
  ]));
}

/** What is written in another member's place, and repeated with the mistake, may be a secret. */
function createConceal(secrets: readonly string[]): (mistake: Mistake) => Mistake {
  const redact = createRedact(secrets);
  return ({ path, message }) => ({
    path: redact(path, { keepUuids: true }),
    message: redact(message, { keepUuids: true }),
  });
}

function readerKeysOf(
  { name, targets }: CredentialDraft,
  env: Readonly<Record<string, unknown>>,
): [string, readonly string[]][] {
  const names = targets.find(({ type }) => type === store.type)?.secrets ?? [];
  const keys = names.flatMap((secret) => readSecret(env, secret.name) ?? []);
  return name === undefined || keys.length === 0 ? [] : [[name, keys]];
}

function toCredential(
  { members, targets }: CredentialDraft,
  account: AccountDraft,
  environment: TargetEnvironment,
): Credential[] {
  if (!members) return [];
  const { name, scope, expires_in, renew_before, max_age, grace, paused, observe } = members;
  const { on_drift, keep_token } = members;
  return [{
    name,
    ...(scope === undefined ? {} : { scope }),
    ...(expires_in === undefined ? {} : { lifetime: expires_in }),
    ...(renew_before === undefined ? {} : { renewBefore: renew_before }),
    ...(max_age === undefined ? {} : { maxAge: max_age }),
    grace,
    paused,
    observe: observe || account.observe,
    ...(on_drift === undefined ? {} : { onDrift: on_drift }),
    ...(keep_token ? {} : { keepToken: false }),
    targets: targets.map((target) => target.create(environment)),
  }];
}

function getSecret(env: Readonly<Record<string, unknown>>, name: string): string {
  const value = readSecret(env, name);
  if (value !== undefined) return value;
  throw new TargetError(
    "unauthorized",
    `Cannot use the Worker secret '${name}' because it is not set: run \`wrangler secret put ${name}\``,
  );
}
