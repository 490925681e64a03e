/**
 * The account: whose it is, what can befall it, and how `GET /account` shows it.
 *
 * Source: the schema at https://devcenter.heroku.com/articles/platform-api-reference#account
 *
 * @module
 */

import type { FakeUser } from "./authorization_record.ts";
import { formatTime } from "../clock.ts";
import { createRandom } from "../random.ts";

/** What can befall the whole account. */
export interface AccountState {
  /**
   * Whether the account is suspended: 403 `suspended`.
   * @default {false}
   */
  readonly suspended?: boolean;
  /**
   * Whether the account has not paid: 402 `delinquent`.
   * @default {false}
   */
  readonly delinquent?: boolean;
  /**
   * Whether each request needs a second factor: 403 `two_factor`, unless its
   * `Heroku-Two-Factor-Code` has six digits.
   * @default {false}
   */
  readonly twoFactor?: boolean;
  /**
   * Whether the account's admin token is revoked: 401 for it.
   * @default {false}
   */
  readonly adminRevoked?: boolean;
  /**
   * Whether the tokens are of somebody else's account: `GET /account` and the `user` of each record
   * show another id and email.
   * @default {false}
   */
  readonly ofSomebodyElse?: boolean;
}

/** The two users whose account it can be. */
export interface Users {
  /** Who has the account by default. */
  readonly operator: FakeUser;
  /** Who has it when it is somebody else's. */
  readonly stranger: FakeUser;
}

/**
 * Names the users.
 *
 * @param operatorId the operator's id
 * @param seed the seed of the stranger's id
 */
export function createUsers(operatorId: string, seed: number): Users {
  // A sequence of its own, so that the ids and tokens of a seed are the same with and without it.
  const id = createRandom(seed ^ 0x57a46e5).uuid();
  return {
    operator: { id: operatorId, email: "operator@example.com", full_name: null },
    stranger: { id, email: "somebody.else@example.com", full_name: "Somebody Else" },
  };
}

/**
 * Shows the account the way Heroku's API does, with every member of its schema.
 *
 * @param user whose account it is
 * @param state what has befallen it
 * @param now the time, in milliseconds since the epoch
 */
export function showAccount(
  user: FakeUser,
  state: AccountState,
  now: number,
): Record<string, unknown> {
  const { suspended = false, delinquent = false, twoFactor = false } = state;
  const time = formatTime(now);
  return {
    allow_tracking: true,
    beta: false,
    country_of_residence: null,
    created_at: "2012-01-01T12:00:00Z",
    default_organization: null,
    default_team: null,
    delinquent_at: delinquent ? time : null,
    email: user.email,
    federated: false,
    id: user.id,
    identity_provider: null,
    last_login: time,
    name: user.full_name,
    sms_number: null,
    suspended_at: suspended ? time : null,
    two_factor_authentication: twoFactor,
    updated_at: time,
    verified: true,
  };
}
