/**
 * The Worker: what Cloudflare calls, for these kinds of targets and these credentials.
 *
 * @module
 */
import type { DurableObjectState, ExecutionContext } from "@cloudflare/workers-types";
import {
  DurableObject,
  WorkflowEntrypoint,
  type WorkflowEvent,
  type WorkflowStep,
} from "cloudflare:workers";
import { targets as builtIn } from "../lib/targets/registry.ts";
import type { BuiltInTargetTable, TargetTable } from "../lib/targets/tables.ts";
import type { TargetDefinition } from "../lib/targets/target.ts";
import { describeAccountFailure } from "./account/account_failure.ts";
import { type Account, type AccountCalls, createAccount } from "./account/account.ts";
import { createObjectSql } from "./account/sql.ts";
import { runSweep } from "./account/run_sweep.ts";
import type { AccountTable, CredentialTable } from "./config/credential_table.ts";
import {
  type AccountRun,
  createContextReader,
  type Environment,
  type ReadContext,
  type WorkerContext,
} from "./context.ts";
import { SERIOUS } from "./event.ts";
import { runRotation } from "./run_rotation.ts";
import { createServer } from "./serve_requests.ts";
import { tryToken } from "./served_token.ts";

/** What a Worker is made with. `Own` is how targets of your own kinds are written. */
export interface WorkerOptions<Own extends TargetTable = never> {
  /** Kinds of targets beside the built-in ones; one of the same `type` takes the built-in's place. */
  readonly targets?: readonly TargetDefinition<unknown>[];
  /**
   * Credentials beside those in variables, with the same members, and checked in the same way: code
   * has no ceiling of 5 KB. What is wrong with them is shown as with variables, on the
   * page and in the log.
   * @default {none}
   */
  readonly credentials?: readonly CredentialTable<BuiltInTargetTable | NoInfer<Own>>[];
  /**
   * Heroku accounts beside those in variables.
   * @default {none} so there is one, as with variables
   */
  readonly accounts?: readonly AccountTable[];
}

/** The handlers of a Worker. */
export interface WorkerHandlers {
  /** Answers a request. */
  fetch(request: Request, environment: Environment): Promise<Response>;
  /** The cron: wakes the account, which sweeps by itself. */
  scheduled(controller: unknown, environment: Environment): Promise<void>;
}

/** The class of the durable run, to be exported as `RotationWorkflow`. */
export type RotationWorkflowClass = new (
  context: ExecutionContext,
  environment: Environment,
) => WorkflowEntrypoint<Environment, AccountRun>;

/** The class of an account's object, to be exported as `Account`. */
export type AccountClass = new (
  state: DurableObjectState,
  environment: Environment,
) => DurableObject<Environment>;

/** What the Worker's module exports. */
export interface WorkerExports {
  /** The default export. */
  readonly handlers: WorkerHandlers;
  /** The export of that name. */
  readonly RotationWorkflow: RotationWorkflowClass;
  /** The export of that name. */
  readonly Account: AccountClass;
}

/**
 * Makes what the Worker's module exports.
 *
 * @example Credentials in code, one for each app
 * ```ts
 * import { createWorker } from "@herotate/herotate/worker";
 *
 * const { handlers, RotationWorkflow, Account } = createWorker({
 *   credentials: ["acme-web", "acme-api"].map((app) => ({
 *     name: `${app}-deploy`,
 *     grace: "2h",
 *     targets: [{ type: "heroku-config-var", app, name: "HEROKU_API_KEY" }],
 *   })),
 * });
 * // Export `RotationWorkflow` and `Account` under these names, and `handlers` as the default.
 * ```
 *
 * @example A target of your own
 * ```ts
 * import type { TargetDefinition, TargetTable } from "@herotate/herotate/targets";
 * import { createWorker } from "@herotate/herotate/worker";
 *
 * interface SafeTable extends TargetTable {
 *   readonly type: "acme-safe";
 *   readonly key_secret: string;
 * }
 *
 * declare const acmeSafe: TargetDefinition<{ key_secret: string }>;
 *
 * createWorker<SafeTable>({
 *   targets: [acmeSafe],
 *   credentials: [{ name: "ci", targets: [{ type: "acme-safe", key_secret: "SAFE_KEY" }] }],
 * });
 * ```
 */
export function createWorker<Own extends TargetTable = never>(
  { targets = [], credentials, accounts }: WorkerOptions<Own> = {},
): WorkerExports {
  const types = new Set(targets.map(({ type }) => type));
  const definitions = [...builtIn.filter(({ type }) => !types.has(type)), ...targets];
  const read = createContextReader({ definitions, coded: { accounts, credentials } });
  return {
    handlers: {
      fetch: createServer(read),
      scheduled: (_controller, environment) => wake(read(environment)),
    },
    RotationWorkflow: class extends WorkflowEntrypoint<Environment, AccountRun> {
      override async run(event: WorkflowEvent<AccountRun>, step: WorkflowStep): Promise<unknown> {
        return await runRotation(event.payload, step, this.env, read);
      }
    },
    Account: createAccountClass(read),
  };
}

/**
 * Has each account sweep, whatever becomes of the others. Where the binding is wrong nothing can be
 * done, and the log says why.
 */
async function wake({ account, allAccounts, configured, log }: WorkerContext): Promise<void> {
  const mistake = configured.ok
    ? undefined
    : configured.mistakes.find(({ path }) => path === "ACCOUNT");
  if (mistake) return log.error("wake_failed", { error: `${mistake.path}: ${mistake.message}` });
  const names = configured.accountNames;
  const attempt = async (name: string | undefined, call: () => Promise<unknown>) => {
    try {
      await call();
    } catch (error) {
      const which = name === undefined ? {} : { account: name };
      log.error("wake_failed", { ...which, error: describeAccountFailure(error) });
    }
  };
  await Promise.all([
    ...names.map((name) => attempt(name, () => account(name).wake(name))),
    attempt(undefined, () => allAccounts.remember(names)),
  ]);
}

/** Only what is a method of the class can be called from elsewhere. */
function createAccountClass(read: ReadContext): AccountClass {
  return class extends DurableObject<Environment> implements Account {
    readonly #account: Account;

    constructor(state: DurableObjectState, environment: Environment) {
      super(state, environment);
      const { storage } = state;
      this.#account = createAccount({
        sql: createObjectSql(storage),
        setAlarm: (at) => storage.setAlarm(at),
        sweep: (swept) => runSweep({ ...swept, context: read(environment), environment }),
        tryToken: async (entry) => {
          const { configured } = read(environment);
          return configured.ok ? await tryToken(configured.configuration, entry, fetch) : "nothing";
        },
        now: Date.now,
        tell(event) {
          const { number, actor, kind, credential, generation, authorization, place, message } =
            event;
          const about = { number, actor, kind, credential, generation, authorization, place };
          const { log } = read(environment);
          log[SERIOUS.includes(kind) ? "warn" : "info"]("event", { ...about, message });
        },
      });
    }

    override alarm(): Promise<void> {
      return this.#account.alarm();
    }

    wake(name: string): ReturnType<AccountCalls["wake"]> {
      return this.#account.wake(name);
    }

    own(...given: Parameters<AccountCalls["own"]>): ReturnType<AccountCalls["own"]> {
      return this.#account.own(...given);
    }

    remember(configured: readonly string[]): ReturnType<AccountCalls["remember"]> {
      return this.#account.remember(configured);
    }

    begin(...given: Parameters<AccountCalls["begin"]>): ReturnType<AccountCalls["begin"]> {
      return this.#account.begin(...given);
    }

    write(...given: Parameters<AccountCalls["write"]>): ReturnType<AccountCalls["write"]> {
      return this.#account.write(...given);
    }

    serve(...given: Parameters<AccountCalls["serve"]>): ReturnType<AccountCalls["serve"]> {
      return this.#account.serve(...given);
    }

    readCredential(name: string): ReturnType<AccountCalls["readCredential"]> {
      return this.#account.readCredential(name);
    }

    herokuAccount(): ReturnType<AccountCalls["herokuAccount"]> {
      return this.#account.herokuAccount();
    }

    readServed(credential: string): ReturnType<AccountCalls["readServed"]> {
      return this.#account.readServed(credential);
    }

    look(): ReturnType<AccountCalls["look"]> {
      return this.#account.look();
    }

    health(): ReturnType<AccountCalls["health"]> {
      return this.#account.health();
    }

    readEvents(
      ...given: Parameters<AccountCalls["readEvents"]>
    ): ReturnType<AccountCalls["readEvents"]> {
      return this.#account.readEvents(...given);
    }

    order(...given: Parameters<AccountCalls["order"]>): ReturnType<AccountCalls["order"]> {
      return this.#account.order(...given);
    }
  };
}
