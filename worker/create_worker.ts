/**
 * The Worker: what Cloudflare calls, for these kinds of targets and these credentials.
 *
 * @module
 */
import type { ExecutionContext } from "@cloudflare/workers-types";
import { WorkflowEntrypoint, type WorkflowEvent, type WorkflowStep } from "cloudflare:workers";
import type { RotationRun } from "../lib/rotation/world.ts";
import { targets as builtIn } from "../lib/targets/registry.ts";
import type { BuiltInTargetTable, TargetTable } from "../lib/targets/tables.ts";
import type { TargetDefinition } from "../lib/targets/target.ts";
import type { CredentialTable } from "./config/credential_table.ts";
import { createContextReader, type Environment } from "./environment.ts";
import { runRotation } from "./rotation.ts";
import { createServer } from "./serve.ts";
import { runSweep } from "./sweep.ts";

/** What a Worker is made with. `Own` is how targets of your own kinds are written, default none. */
export interface WorkerOptions<Own extends TargetTable = never> {
  /** Kinds of targets beside the built-in ones; one of the same `type` takes the built-in's place. */
  readonly targets?: readonly TargetDefinition<unknown>[];
  /**
   * Credentials beside those in variables, with the same members, and checked in the same way: code
   * has no ceiling of 5 KB. Default: none. What is wrong with them is shown as with variables, on the
   * page and in the log.
   */
  readonly credentials?: readonly CredentialTable<BuiltInTargetTable | NoInfer<Own>>[];
}

/** The handlers of a Worker. */
export interface WorkerHandlers {
  /** Answers a request. */
  fetch(request: Request, environment: Environment): Promise<Response>;
  /** Runs a sweep. */
  scheduled(controller: unknown, environment: Environment): Promise<void>;
}

/** The class of the durable run, to be exported as `RotationWorkflow`. */
export type RotationWorkflowClass = new (
  context: ExecutionContext,
  environment: Environment,
) => WorkflowEntrypoint<Environment, RotationRun>;

/** What the Worker's module exports. */
export interface WorkerExports {
  /** The default export. */
  readonly handlers: WorkerHandlers;
  /** The export of that name. */
  readonly RotationWorkflow: RotationWorkflowClass;
}

/**
 * Makes what the Worker's module exports.
 *
 * @example Credentials in code, one for each app
 * ```ts
 * import { createWorker } from "@herotate/herotate/worker";
 *
 * const { handlers, RotationWorkflow } = createWorker({
 *   credentials: ["acme-web", "acme-api"].map((app) => ({
 *     name: `${app}-deploy`,
 *     grace: "2h",
 *     targets: [{ type: "heroku-config-var", app, name: "HEROKU_API_KEY" }],
 *   })),
 * });
 * // Export `RotationWorkflow` under this name, and `handlers` as the default.
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
  { targets = [], credentials }: WorkerOptions<Own> = {},
): WorkerExports {
  const types = new Set(targets.map(({ type }) => type));
  const definitions = [...builtIn.filter(({ type }) => !types.has(type)), ...targets];
  const read = createContextReader({ definitions, credentials });
  return {
    handlers: {
      fetch: createServer(read),
      scheduled: (_controller, environment) => runSweep(environment, read),
    },
    RotationWorkflow: class extends WorkflowEntrypoint<Environment, RotationRun> {
      override async run(event: WorkflowEvent<RotationRun>, step: WorkflowStep): Promise<unknown> {
        return await runRotation(event.payload, step, this.env, read);
      }
    },
  };
}
