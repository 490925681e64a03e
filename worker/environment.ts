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
import { createSealing, SealingError } from "../lib/rotation/sealing.ts";
import { createTokenStore } from "../lib/rotation/store.ts";
import type { RotationRun, RotationWorld } from "../lib/rotation/world.ts";
import type { TargetDefinition, TokenStore } from "../lib/targets/target.ts";
import {
  type Configuration,
  type ConfigurationResult,
  parseConfiguration,
} from "./config/configuration.ts";
import { createLedger, type Database } from "./ledger.ts";
import { createLog, type Log } from "./log.ts";
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
  /** The built-in store; undefined while there is no usable `SEALING_KEY`. */
  readonly store: TokenStore | undefined;
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

/** Reads the environment. */
export async function createContext(
  environment: Environment,
  definitions: readonly TargetDefinition<unknown>[],
): Promise<Context> {
  // A detached global fetch is fine in Workers; one that is called as a method is not.
  const fetch: typeof globalThis.fetch = (input, init) => globalThis.fetch(input, init);
  const database = createSteadyDatabase(environment.LEDGER);
  const ledger = createLedger(database);
  const sealing = await openSealing(environment.SEALING_KEY);
  const store = sealing && createTokenStore(ledger, sealing);
  const configured = parseConfiguration(environment, definitions, {
    fetch,
    now: Date.now,
    store,
    bindings: true,
  });

  return {
    configured,
    database,
    ledger,
    store,
    log: createLog({ secrets: configured.secrets }),

    async createWorld({ credentials, herokuToken, herokuUrl }) {
      if (!sealing) throw new TypeError("Cannot rotate without a usable 'SEALING_KEY'");
      const client = { fetch, baseUrl: herokuUrl };
      return {
        authorizations: createClient({ ...client, token: herokuToken }),
        accepts: createAcceptance(client),
        account: createAccountReader({ ...client, token: herokuToken }),
        own: await createOwnToken(herokuToken),
        ledger,
        sealing,
        credential: (name) => credentials.find((each) => each.name === name),
        isTarget: (place) => isTarget(credentials, place),
        now: Date.now,
      };
    },
  };
}

async function openSealing(key: unknown) {
  try {
    return await createSealing(typeof key === "string" ? key : "");
  } catch (error) {
    if (error instanceof SealingError) return undefined;
    throw error;
  }
}
