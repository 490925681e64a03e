/**
 * A credential as it is written, for who writes it in TypeScript.
 *
 * @module
 */
import type { BuiltInTargetTable, TargetTable } from "../../lib/targets/tables.ts";

/** A duration as it is written: a whole number and a unit, such as `90s`, `15m`, `2h`, `30d`, `4w`. */
export type DurationText = `${number}${"s" | "m" | "h" | "d" | "w"}`;

/**
 * A credential: the same members as in a `[[vars.CREDENTIALS]]` table.
 *
 * @example
 * ```ts
 * import type { CredentialTable } from "@herotate/herotate/worker";
 *
 * const deploy: CredentialTable = {
 *   name: "ci-deploy",
 *   scope: ["write-protected"],
 *   expires_in: "30d",
 *   renew_before: "10d",
 *   targets: [
 *     { type: "store", reader_key_secret: "CI_READER_KEY" },
 *     { type: "github-actions-secret", repository: "acme/web", name: "HEROKU_API_KEY" },
 *   ],
 * };
 * ```
 */
export interface CredentialTable<Target extends TargetTable = BuiltInTargetTable> {
  /** The description of the authorization in Heroku: unique, 77 characters at most. */
  readonly name: string;
  /**
   * The scope of replacements, such as `["write-protected"]`.
   * @default {that of the one before}
   */
  readonly scope?: readonly string[] | undefined;
  /**
   * The lifetime of replacements, from `10m` to `3650d`, or `never`.
   * @default {that of the one before, and without one `30d`}
   */
  readonly expires_in?: DurationText | "never" | undefined;
  /**
   * How long before its end a token is replaced.
   * @default {a third of its lifetime}
   */
  readonly renew_before?: DurationText | undefined;
  /**
   * The age at which a token is replaced whatever its end.
   * @default {none}
   */
  readonly max_age?: DurationText | undefined;
  /**
   * How long the old token lives on after the last proof, up to `365d`.
   * @default {`1h`}
   */
  readonly grace?: DurationText | undefined;
  /**
   * Whether nothing is to be done for it.
   * @default {false}
   */
  readonly paused?: boolean | undefined;
  /**
   * Whether sweeps only show what they would do for it, and do nothing.
   * @default {false}
   */
  readonly observe?: boolean | undefined;
  /**
   * What is done when a target no longer holds what was delivered to it: the token is delivered again,
   * or it is only reported.
   * @default {`deliver`}
   */
  readonly on_drift?: "deliver" | "alert" | undefined;
  /**
   * Whether the ledger keeps the sealed token for as long as it is current.
   * @default {true}
   */
  readonly keep_token?: boolean | undefined;
  /**
   * The name of the account that it is in.
   * @default {the only one there is}
   */
  readonly account?: string | undefined;
  /** The places that it is delivered to, one at least. */
  readonly targets: readonly Target[];
}

/** A Heroku account: the same members as in a `[[vars.ACCOUNTS]]` table. */
export interface AccountTable {
  /** What credentials call it: 1 to 32 lower-case letters, digits and hyphens, and unique. */
  readonly name: string;
  /** The name of the Worker secret with the token that manages the account's authorizations. */
  readonly token_secret: string;
  /**
   * The id or the e-mail address of the Heroku account, which confirms a change of it.
   * @default {none}
   */
  readonly heroku_account?: string | undefined;
  /**
   * The name of the Worker secret with the address that is pinged after each clean sweep.
   * @default {none}
   */
  readonly heartbeat_secret?: string | undefined;
  /**
   * Whether sweeps only show what they would do for its credentials, and do nothing.
   * @default {false}
   */
  readonly observe?: boolean | undefined;
}
