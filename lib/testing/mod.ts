/**
 * A misbehaving Heroku to test against: see {@linkcode createFakeHeroku}.
 *
 * @module
 */

export type { Deletion, FakeClient } from "./authorization_store.ts";
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
export type { FakeAuthorization, IssueAttributes } from "./operator.ts";
export type { AccountState } from "./server.ts";
export type { TokenForm } from "./token_maker.ts";
