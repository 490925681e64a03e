/**
 * What lasts in the fake's world: conditions under which every call is answered as they say.
 *
 * @module
 */

import type { Fault } from "./faults.ts";

/**
 * How the server stores a description:
 * - `"trimmed"`: without white space at its ends
 * - `"brackets"`: `[` and `]` become `(` and `)`
 * - `"spaces"`: each space becomes `_`
 * - `"lower case"`, `"upper case"`: in other letters
 * - `"nfc"`: normalised, see Unicode's NFC
 * - `{ cut }`: its first so many characters
 */
export type Renaming =
  | "trimmed"
  | "brackets"
  | "spaces"
  | "lower case"
  | "upper case"
  | "nfc"
  | {
    /** How many characters are kept. */
    readonly cut: number;
  };

/** The lasting conditions. What is not named is as on a good day. */
export interface FakeWorld {
  /**
   * How long reads lag after writes, in milliseconds: a new authorization is listed and looked up,
   * and a deleted one is gone, only then. Tokens work and end at once.
   * @default {0}
   */
  readonly lag?: number;
  /**
   * The lifetime that is granted: this many seconds at most, or none whatever was asked.
   * @default {what was asked}
   */
  readonly capped?: { readonly seconds: number } | "never";
  /**
   * How a description that a request sends is stored.
   * @default {as it was sent}
   */
  readonly renamed?: Renaming;
  /**
   * How many authorizations the account may have: a create is answered 422 then.
   * @default {any number}
   */
  readonly quota?: number;
  /**
   * For how long a new token is still answered 401, in milliseconds.
   * @default {0}
   */
  readonly acceptedAfter?: number;
  /**
   * The most records on a page, also where a larger `max` was asked for.
   * @default {what was asked}
   */
  readonly pageSize?: number;
  /**
   * Faults that meet every call they fit, besides the call's own one.
   * @default {none}
   */
  readonly always?: readonly Fault[];
}

const RENAMINGS: Readonly<Record<Exclude<Renaming, object>, (description: string) => string>> = {
  "trimmed": (description) => description.trim(),
  "brackets": (description) => description.replaceAll("[", "(").replaceAll("]", ")"),
  "spaces": (description) => description.replaceAll(" ", "_"),
  "lower case": (description) => description.toLowerCase(),
  "upper case": (description) => description.toUpperCase(),
  "nfc": (description) => description.normalize("NFC"),
};

/** The description as the server stores it. */
export function storeDescription(description: string, { renamed }: FakeWorld): string {
  if (renamed === undefined) return description;
  if (typeof renamed === "string") return RENAMINGS[renamed](description);
  return [...description].slice(0, renamed.cut).join("");
}

/** The lifetime that the server grants where one was asked for, in seconds; null: never expires. */
export function grantLifetime(asked: number | null, { capped }: FakeWorld): number | null {
  if (capped === undefined) return asked;
  return capped === "never" ? null : Math.min(asked ?? Infinity, capped.seconds);
}
