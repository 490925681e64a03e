/**
 * A misbehaving Heroku to test against, and durable runs in memory: see {@linkcode createFakeHeroku}
 * and {@linkcode createMemoryWorkflows}.
 *
 * @module
 */

export type { AccountState } from "./heroku/account.ts";
export type { Creation, Deletion, FakeClient } from "./heroku/authorization_store.ts";
export { createFakeHeroku } from "./heroku/fake_heroku.ts";
export type { FakeHeroku, FakeHerokuOptions } from "./heroku/fake_heroku_interface.ts";
export {
  DEFAULT_FAULT_RATES,
  type DetailedFault,
  type FakeCall,
  type Fault,
  type FaultKind,
  type FaultRates,
  type Faults,
  type FaultScript,
} from "./heroku/faults.ts";
export type { RecordedRequest } from "./heroku/journal.ts";
export {
  createMemoryWorkflows,
  type MemoryRun,
  type MemoryRunStatus,
  type MemoryWorkflows,
  type MemoryWorkflowsOptions,
} from "./memory_workflows.ts";
export type { FakeAuthorization, IssueAttributes } from "./heroku/operator.ts";
export type { Step, StepOptions } from "../rotation/step.ts";
export type { Redaction, TokenForm } from "./heroku/token_maker.ts";
export type { FakeWorld, Renaming } from "./heroku/world.ts";
