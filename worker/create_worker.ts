/**
 * The Worker: what Cloudflare calls, for these kinds of targets.
 *
 * @module
 */
import type { ExecutionContext } from "@cloudflare/workers-types";
import { WorkflowEntrypoint, type WorkflowEvent, type WorkflowStep } from "cloudflare:workers";
import type { RotationRun } from "../lib/rotation/world.ts";
import { targets as builtIn } from "../lib/targets/registry.ts";
import type { TargetDefinition } from "../lib/targets/target.ts";
import type { Environment } from "./environment.ts";
import { runRotation } from "./rotation.ts";
import { serve } from "./serve.ts";
import { runSweep } from "./sweep.ts";

/** What a Worker is made with. */
export interface WorkerOptions {
  /** Kinds of targets beside the built-in ones; one of the same `type` takes the built-in's place. */
  readonly targets?: readonly TargetDefinition<unknown>[];
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

/** Makes what the Worker's module exports. */
export function createWorker({ targets = [] }: WorkerOptions = {}): WorkerExports {
  const types = new Set(targets.map(({ type }) => type));
  const definitions = [...builtIn.filter(({ type }) => !types.has(type)), ...targets];
  return {
    handlers: {
      fetch: (request, environment) => serve(request, environment, definitions),
      scheduled: (_controller, environment) => runSweep(environment, definitions),
    },
    RotationWorkflow: class extends WorkflowEntrypoint<Environment, RotationRun> {
      override async run(event: WorkflowEvent<RotationRun>, step: WorkflowStep): Promise<unknown> {
        return await runRotation(event.payload, step, this.env, definitions);
      }
    },
  };
}
