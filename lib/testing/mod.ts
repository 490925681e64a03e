/**
 * A misbehaving Heroku to test against, and durable runs in memory: see {@linkcode createFakeHeroku}
 * and {@linkcode createMemoryWorkflows}.
 *
 * @module
 */

export type { AccountState } from "./account.ts";
export type { Creation, Deletion, FakeClient } from "./authorization_store.ts";
export { createFakeHeroku } from "./fake_heroku.ts";
export type { FakeHeroku, FakeHerokuOptions } from "./fake_heroku_interface.ts";
export {
  DEFAULT_FAULT_RATES,
  type DetailedFault,
  type FakeCall,
  type Fault,
  type FaultKind,
  type FaultRates,
  type Faults,
  type FaultScript,
} from "./faults.ts";
export type { RecordedRequest } from "./journal.ts";
export {
  createMemoryWorkflows,
  type MemoryRun,
  type MemoryRunStatus,
  type MemoryWorkflows,
  type MemoryWorkflowsOptions,
} from "./memory_workflows.ts";
export type { FakeAuthorization, IssueAttributes } from "./operator.ts";
export type { Step, StepOptions } from "../rotation/step.ts";
export type { Redaction, TokenForm } from "./token_maker.ts";
export type { FakeWorld, Renaming } from "./world.ts";
