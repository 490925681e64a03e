/**
 * What Cloudflare hands to the Worker, and what the Worker makes of it.
 *
 * @module
 */
import type { DurableObjectNamespace, Workflow } from "@cloudflare/workers-types";
import { createClient } from "../lib/client.ts";
import { createAcceptance } from "../lib/rotation/acceptance.ts";
import { createAccountReader } from "../lib/rotation/account.ts";
import { isTarget } from "../lib/rotation/credential.ts";
import { createOwnToken } from "../lib/rotation/own_token.ts";
import { createSealing, type Sealing } from "../lib/rotation/sealing.ts";
import { createTokenStore } from "../lib/rotation/store.ts";
import type { SweepWorld } from "../lib/rotation/sweep.ts";
import type { RotationRun, RotationWorld } from "../lib/rotation/world.ts";
import type { TargetDefinition } from "../lib/targets/target.ts";
import type { AccountCalls } from "./account/account.ts";
import { createRemoteAccount, type RemoteAccount } from "./account/remote.ts";
import {
  type Configuration,
  type ConfigurationResult,
  parseConfiguration,
} from "./config/configuration.ts";
import { createLog, type Log } from "./log.ts";
import { oncePerKey } from "./once_per_key.ts";

/**
 * The Worker's bindings, vars and secrets. Wrangler warrants none of them, as an environment of its
 * own (`[env.NAME]`) inherits no bindings: the configuration checks them all.
 */
export interface Environment extends Readonly<Record<string, unknown>> {
  /** The objects, one for each Heroku account. */
  readonly ACCOUNT: DurableObjectNamespace;
  /** The durable runs. */
  readonly ROTATION: Workflow<RotationRun>;
}

/** What every part of the Worker works with. */
export interface Context {
  /** The configuration, or what is wrong with it. */
  readonly configured: ConfigurationResult;
  /** The account, as it is asked from outside its object. */
  readonly account: RemoteAccount;
  /** Writes the log, without any secret. */
  readonly log: Log;
  /** Makes what a rotation works with. */
  createRotationWorld(configuration: Configuration): Promise<RotationWorld>;
  /** Makes what a sweep works with, beside the ledger that is in the account's object. */
  createSweepWorld(configuration: Configuration): Promise<HerokuWorld>;
}

/** What a sweep needs of Heroku. */
export type HerokuWorld = Pick<
  SweepWorld,
  "authorizations" | "accepts" | "account" | "own" | "sealing" | "now"
>;

/** What the code of a Worker adds to its environment. */
export interface WorkerSetup {
  /** The kinds of targets there are beside the built-in store. */
  readonly definitions: readonly TargetDefinition<unknown>[];
  /** The credentials beside those in variables, not yet checked; default none. */
  readonly credentials?: unknown;
}

/** Gives the context of an environment. */
export type ReadContext = (environment: Environment) => Context;

/**
 * Makes what gives the context of an environment. It is made once for each: Cloudflare hands the same
 * object to every call in an isolate, and what it holds never changes.
 */
export function createContextReader(setup: WorkerSetup): ReadContext {
  return oncePerKey((environment) => createContext(environment, setup));
}

/** The name of the one account's object. */
const ACCOUNT_NAME = "heroku";

function createContext(environment: Environment, setup: WorkerSetup): Context {
  // A detached global fetch is fine in Workers; one that is called as a method is not.
  const fetch: typeof globalThis.fetch = (input, init) => globalThis.fetch(input, init);
  const account = createRemoteAccount(() => findAccount(environment));
  const open = () => openSealing(environment.SEALING_KEY);
  const configured = parseConfiguration(environment, setup.definitions, {
    fetch,
    now: Date.now,
    store: createTokenStore(account, { open: async (...sealed) => (await open()).open(...sealed) }),
    bindings: true,
    credentials: setup.credentials,
  });

  async function createSweepWorld(
    { herokuToken, herokuUrl }: Configuration,
  ): Promise<HerokuWorld> {
    const client = { fetch, baseUrl: herokuUrl };
    return {
      authorizations: createClient({ ...client, token: herokuToken }),
      accepts: createAcceptance(client),
      account: createAccountReader({ ...client, token: herokuToken }),
      own: await createOwnToken(herokuToken),
      sealing: await open(),
      now: Date.now,
    };
  }

  return {
    configured,
    account,
    log: createLog({ secrets: configured.secrets }),
    createSweepWorld,

    async createRotationWorld(configuration) {
      const { credentials } = configuration;
      return {
        ...await createSweepWorld(configuration),
        ledger: account,
        credential: (name) => credentials.find((each) => each.name === name),
        isTarget: (place) => isTarget(credentials, place),
      };
    },
  };
}

/** The object of the account. What is wrong with the binding, the configuration says. */
function findAccount({ ACCOUNT }: Environment): AccountCalls {
  return ACCOUNT.get(ACCOUNT.idFromName(ACCOUNT_NAME)) as unknown as AccountCalls;
}

/** What a promise gives belongs to the call that made it, so that this is not kept for others. */
async function openSealing(key: unknown): Promise<Sealing> {
  return await createSealing(typeof key === "string" ? key : "");
}
