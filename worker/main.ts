/**
 * The Worker, as it is deployed; and {@linkcode createWorker} for one with targets of your own.
 *
 * @module
 */
import { createWorker, type RotationWorkflowClass, type WorkerHandlers } from "./create_worker.ts";

export { createWorker };
export type {
  RotationWorkflowClass,
  WorkerExports,
  WorkerHandlers,
  WorkerOptions,
} from "./create_worker.ts";
export type { CredentialTable, DurationText } from "./config/credential_table.ts";
export type { Environment } from "./environment.ts";
export type { Lease } from "../lib/rotation/ledger.ts";
export type { RotationRun } from "../lib/rotation/world.ts";

const worker = createWorker();

/** The durable run that takes one credential from one generation to the next. */
export const RotationWorkflow: RotationWorkflowClass = worker.RotationWorkflow;

/** The handlers of requests and of the cron. */
const handlers: WorkerHandlers = worker.handlers;
export default handlers;
