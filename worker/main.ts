/**
 * The Worker, as it is deployed; and {@linkcode createWorker} for one with targets of your own.
 *
 * @module
 */
import {
  type AccountClass,
  createWorker,
  type RotationWorkflowClass,
  type WorkerHandlers,
} from "./create_worker.ts";

export { createWorker };
export type {
  AccountClass,
  RotationWorkflowClass,
  WorkerExports,
  WorkerHandlers,
  WorkerOptions,
} from "./create_worker.ts";
export type { AccountTable, CredentialTable, DurationText } from "./config/credential_table.ts";
export type { AccountRun, Environment } from "./context.ts";
export type {
  AccountStatus,
  CredentialState,
  CredentialStatus,
  DecisionStatus,
  FormerAccountStatus,
  ProofStatus,
  RemainingStatus,
  StaleStatus,
  Status,
  SweepStatus,
  TargetStatus,
  UnmanagedStatus,
} from "./status.ts";
export type { HealthReasonKind } from "./health/fault.ts";
export type { HealthReason } from "./health/health.ts";
export type { Event, EventActor, EventKind, Happening } from "./event.ts";
export type { Mistake } from "./config/mistakes.ts";
export type { ProofKind } from "../lib/targets/target.ts";
export type { DecisionKind } from "../lib/rotation/decision.ts";
export type { Lease } from "../lib/rotation/ledger.ts";
export type { RotationRun } from "../lib/rotation/attempt.ts";

const worker = createWorker();

/** The durable run that takes one credential from one generation to the next. */
export const RotationWorkflow: RotationWorkflowClass = worker.RotationWorkflow;

/** The object of a Heroku account: its ledger, its lock, and the place where its sweep runs. */
export const Account: AccountClass = worker.Account;

/** The handlers of requests and of the cron. */
const handlers: WorkerHandlers = worker.handlers;
export default handlers;
