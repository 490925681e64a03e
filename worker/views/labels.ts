/**
 * How the page says what the status knows.
 *
 * @module
 */
import type { HealthReasonKind } from "../health/fault.ts";
import type { CredentialState } from "../status.ts";

/** How a badge looks: well, at work, soon not well, not well, out of use. */
export type Tone = "good" | "busy" | "warning" | "bad" | "idle";

/** The states of credentials, with the look of their badges. */
export const STATES: Readonly<Record<CredentialState, readonly [string, Tone]>> = {
  current: ["Up to date", "good"],
  rotating: ["Rotating", "busy"],
  grace: ["In grace", "busy"],
  due: ["Due", "busy"],
  retrying: ["Retrying", "warning"],
  failing: ["Failing", "bad"],
  blocked: ["Needs you", "bad"],
  held: ["Held by the fuse", "bad"],
  braked: ["Held by its brake", "bad"],
  missing: ["Missing", "bad"],
  paused: ["Paused", "idle"],
  observed: ["Observed", "idle"],
  unseen: ["Not seen yet", "idle"],
};

/** The reasons not to be well. */
export const REASON_TITLES: Readonly<Record<HealthReasonKind, string>> = {
  configuration_invalid: "The configuration is invalid, so nothing is done",
  ledger_unreadable: "The ledger cannot be read",
  no_sweep: "No sweep yet",
  sweep_overdue: "The sweep is overdue",
  sweep_failed: "The last sweep failed",
  sweep_unclean: "No sweep without a problem for more than an hour",
  account_changed: "The token belongs to another Heroku account, so nothing is done",
  list_unreliable: "Heroku's list cannot be relied on",
  list_doubted: "Heroku contradicts the ledger",
  delete_undone: "Heroku still lists what was deleted",
  fuse_blown: "The fuse has blown",
  credential_braked: "Stopped by the brake",
  credential_failing: "Rotations fail again and again",
  credential_blocked: "You must act before a rotation",
  credential_missing: "No live authorization",
  credential_urgent: "About to expire",
  credential_late: "Little time is left",
  token_unreadable: "A token cannot be opened",
  target_drifted: "A target holds something else",
  another_worker: "Another Worker interferes",
  channel_broken: "Alerts do not get through",
};
