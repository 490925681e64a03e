/**
 * What Cloudflare hands to the Worker, and what the Worker makes of it.
 *
 * @module
 */
import type { DurableObjectNamespace, Workflow } from "@cloudflare/workers-types";
import { type Account, createAccount } from "../lib/rotation/account.ts";
import { isDeliveredTo } from "../lib/rotation/credential.ts";
import type { StoreLedger } from "../lib/rotation/ledger.ts";
import { createSealing, type Sealing } from "../lib/rotation/sealing.ts";
import { createTokenStore } from "../lib/rotation/token_store.ts";
import type { RotationDependencies, RotationRun } from "../lib/rotation/attempt.ts";
import type { TargetDefinition } from "../lib/targets/target.ts";
import type { AccountCalls } from "./account/account.ts";
import { createRemoteAccount, type RemoteAccount } from "./account/remote.ts";
import {
  type Configuration,
  type ConfigurationResult,
  type ConfiguredAccount,
  parseConfiguration,
} from "./config/configuration.ts";
import { PREVIOUS_KEY } from "./config/needs.ts";
import { readSecret } from "./config/secrets.ts";
import type { Coded } from "./config/shape.ts";
import { createLog, type Log } from "./log.ts";
import { oncePerKey } from "./once_per_key.ts";

/** Which attempt to run, and in which account. */
export interface AccountRun extends RotationRun {
  /** The account's name. */
  readonly account: string;
}

/**
 * The Worker's bindings, vars and secrets. Wrangler warrants none of them, as an environment of its
 * own (`[env.NAME]`) inherits no bindings: the configuration checks them all.
 */
export interface Environment extends Readonly<Record<string, unknown>> {
  /** The objects, one for each Heroku account. */
  readonly ACCOUNT: DurableObjectNamespace;
  /** The durable runs. */
  readonly ROTATION: Workflow<AccountRun>;
}

/** What every part of the Worker works with. */
export interface WorkerContext {
  /** The configuration, or what is wrong with it. */
  readonly configured: ConfigurationResult;
  /** An account, by its name, as it is asked from outside its object. */
  account(name: string): RemoteAccount;
  /** What stands for a Heroku user, by the id of its account at Heroku. */
  userOf(id: string): Pick<RemoteAccount, "own">;
  /** What stands for all accounts. */
  readonly allAccounts: Pick<RemoteAccount, "remember">;
  /** Writes the log, without any secret. */
  readonly log: Log;
  /**
   * Makes what there is of a Heroku account.
   *
   * @param seeLimit Takes how many requests Heroku says are left, with each answer that says so.
   */
  createAccount(
    configuration: Configuration,
    account: ConfiguredAccount,
    seeLimit?: (remaining: number) => void,
  ): Promise<Account>;
  /** Makes what seals and opens tokens. */
  createSealing(): Promise<Sealing>;
  /** Makes what a rotation works with. */
  createRotationDependencies(
    configuration: Configuration,
    account: ConfiguredAccount,
  ): Promise<RotationDependencies>;
}

/** What the code of a Worker adds to its environment. */
export interface WorkerSetup {
  /** The kinds of targets there are beside the built-in store. */
  readonly definitions: readonly TargetDefinition<unknown>[];
  /**
   * What the code gives beside the variables, not yet checked.
   * @default {nothing}
   */
  readonly coded?: Coded;
}

/** Gives the context of an environment. */
export type ReadContext = (environment: Environment) => WorkerContext;

/**
 * Makes what gives the context of an environment. It is made once for each: Cloudflare hands the same
 * object to every call in an isolate, and what it holds never changes.
 */
export function createContextReader(setup: WorkerSetup): ReadContext {
  return oncePerKey((environment) => createContext(environment, setup));
}

function createContext(environment: Environment, setup: WorkerSetup): WorkerContext {
  // A detached global fetch is fine in Workers; one that is called as a method is not.
  const fetch: typeof globalThis.fetch = (input, init) => globalThis.fetch(input, init);
  const account = (name: string) => createRemoteAccount(() => findObject(environment, name));
  const open = () => openSealing(environment);
  const ledger: StoreLedger = {
    serve: (credential, mark) => account(nameOf(credential)).serve(credential, mark),
    readCredential: (credential) => account(nameOf(credential)).readCredential(credential),
  };
  const configured = parseConfiguration(environment, setup.definitions, {
    fetch,
    now: Date.now,
    store: createTokenStore(ledger, { open: async (...sealed) => (await open()).open(...sealed) }),
    bindings: true,
    ...(setup.coded === undefined ? {} : { coded: setup.coded }),
  });

  /** The account of a credential. A store is only ever asked for one that is configured. */
  function nameOf(credential: string): string {
    return accountNameOf(configured, credential) ?? "";
  }

  const createAccountOf: WorkerContext["createAccount"] = async (
    { herokuUrl },
    { herokuToken, tokenSecret },
    seeLimit = () => {},
  ) => {
    const watched: typeof fetch = async (...request) => {
      const answer = await fetch(...request);
      const remaining = answer.headers.get("RateLimit-Remaining") ?? "";
      if (/^\d{1,9}$/.test(remaining)) seeLimit(Number(remaining));
      return answer;
    };
    return await createAccount(
      { fetch: watched, baseUrl: herokuUrl, token: herokuToken },
      tokenSecret,
    );
  };

  return {
    configured,
    account,
    // No account has such names.
    userOf: (id) => account(`user ${id}`),
    allAccounts: account("all accounts"),
    log: createLog({ secrets: configured.secrets }),
    createAccount: createAccountOf,
    createSealing: open,

    async createRotationDependencies(configuration, owner) {
      return {
        account: await createAccountOf(configuration, owner),
        sealing: await open(),
        now: Date.now,
        ledger: account(owner.name),
        credential: (name) => owner.credentials.find((each) => each.name === name),
        isDeliveredTo: (place) => isDeliveredTo(configuration.credentials, place),
      };
    },
  };
}

/** The name of the account that a credential is in; undefined for one that is not configured. */
export function accountNameOf(
  configured: ConfigurationResult,
  credential: string,
): string | undefined {
  if (!configured.ok) return undefined;
  return configured.configuration.accounts
    .find(({ credentials }) => credentials.some(({ name }) => name === credential))?.name;
}

/** An object by its name. What is wrong with the binding, the configuration says. */
function findObject({ ACCOUNT }: Environment, name: string): AccountCalls {
  return ACCOUNT.get(ACCOUNT.idFromName(name)) as unknown as AccountCalls;
}

/** What a promise gives belongs to the call that made it, so that this is not kept for others. */
async function openSealing(environment: Environment): Promise<Sealing> {
  const key = readSecret(environment, "SEALING_KEY") ?? "";
  return await createSealing(key, readSecret(environment, PREVIOUS_KEY));
}
