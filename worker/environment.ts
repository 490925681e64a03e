/**
 * What Cloudflare hands to the Worker, and what the Worker makes of it.
 *
 * @module
 */
import type { D1Database, Workflow } from "@cloudflare/workers-types";
import { createClient } from "../lib/client.ts";
import { createAcceptance } from "../lib/rotation/acceptance.ts";
import { createAccountReader, type HerokuAccount } from "../lib/rotation/account.ts";
import { isTarget } from "../lib/rotation/credential.ts";
import type { Ledger } from "../lib/rotation/ledger.ts";
import { createOwnToken } from "../lib/rotation/own_token.ts";
import { createSealing, type Sealing } from "../lib/rotation/sealing.ts";
import { createTokenStore } from "../lib/rotation/store.ts";
import type { RotationRun, RotationWorld } from "../lib/rotation/world.ts";
import type { TargetDefinition } from "../lib/targets/target.ts";
import {
  type Configuration,
  type ConfigurationResult,
  parseConfiguration,
} from "./config/configuration.ts";
import { createLedger, type Database } from "./ledger.ts";
import { createLog, type Log } from "./log.ts";
import { oncePerKey } from "./once_per_key.ts";
import { createSteadyDatabase } from "./steady_database.ts";

/**
 * The Worker's bindings, vars and secrets. Wrangler warrants none of them, as an environment of its
 * own (`[env.NAME]`) inherits no bindings: the configuration checks them all.
 */
export interface Environment extends Readonly<Record<string, unknown>> {
  /** The ledger's database. */
  readonly LEDGER: D1Database;
  /** The durable runs. */
  readonly ROTATION: Workflow<RotationRun>;
}

/** What every part of the Worker works with. */
export interface Context {
  /** The configuration, or what is wrong with it. */
  readonly configured: ConfigurationResult;
  /** The ledger's database, which forgives a lost read. */
  readonly database: Database;
  /** The ledger. */
  readonly ledger: Ledger;
  /** Writes the log, without any secret. */
  readonly log: Log;
  /** Makes what a rotation and a sweep work with. */
  createWorld(configuration: Configuration): Promise<WorkerWorld>;
}

/** What a rotation works with, and what a sweep needs besides. */
export interface WorkerWorld extends RotationWorld {
  /** Asks Heroku whose token it is. */
  readonly account: () => Promise<HerokuAccount>;
}

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

function createContext(environment: Environment, setup: WorkerSetup): Context {
  // A detached global fetch is fine in Workers; one that is called as a method is not.
  const fetch: typeof globalThis.fetch = (input, init) => globalThis.fetch(input, init);
  const database = createSteadyDatabase(environment.LEDGER);
  const ledger = createLedger(database);
  const open = () => openSealing(environment.SEALING_KEY);
  const configured = parseConfiguration(environment, setup.definitions, {
    fetch,
    now: Date.now,
    store: createTokenStore(ledger, { open: async (...sealed) => (await open()).open(...sealed) }),
    bindings: true,
    credentials: setup.credentials,
  });

  return {
    configured,
    database,
    ledger,
    log: createLog({ secrets: configured.secrets }),

    async createWorld({ credentials, herokuToken, herokuUrl }) {
      const client = { fetch, baseUrl: herokuUrl };
      return {
        authorizations: createClient({ ...client, token: herokuToken }),
        accepts: createAcceptance(client),
        account: createAccountReader({ ...client, token: herokuToken }),
        own: await createOwnToken(herokuToken),
        ledger,
        sealing: await open(),
        credential: (name) => credentials.find((each) => each.name === name),
        isTarget: (place) => isTarget(credentials, place),
        now: Date.now,
      };
    },
  };
}

/** What a promise gives belongs to the call that made it, so that this is not kept for others. */
async function openSealing(key: unknown): Promise<Sealing> {
  return await createSealing(typeof key === "string" ? key : "");
}
