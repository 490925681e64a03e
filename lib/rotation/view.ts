/**
 * What Heroku lists at one moment, and what it says of each authorization.
 *
 * @module
 */
import type { Authorization } from "../heroku/authorization.ts";
import { LONGEST_BELIEVED_LIFETIME } from "../heroku/parse_authorization.ts";
import type { Credibility } from "./doubt.ts";
import type { Entry } from "./ledger.ts";
import { parseMarker } from "./marker.ts";
import { DEFAULT_LIFETIME } from "./schedule.ts";

/** What Heroku lists at one moment, indexed. */
export interface View extends Credibility {
  /** Every listed authorization that has not expired. */
  readonly authorizations: readonly Authorization[];
  /** The same by id. */
  readonly byId: ReadonlyMap<string, Authorization>;
  /** The same by the name in the description. */
  readonly byName: ReadonlyMap<string, readonly Authorization[]>;
  /** The same by the mark in the description; under undefined those without one. */
  readonly byMark: ReadonlyMap<string | undefined, readonly Authorization[]>;
  /** The id of the account's default authorization, the dashboard's API key: never touched. */
  readonly defaultId: string | undefined;
  /** The ids of what may be the authorization that Herotate itself works with: never touched. */
  readonly own: ReadonlySet<string>;
  /** Whether the list lacks something that is not known to be gone. */
  readonly patchy: boolean;
  /** Whether it holds records of which no one can say whose they are, tolerated or not. */
  readonly blurred: boolean;
}

/** What else is known of a listing. */
export interface ViewOptions {
  /**
   * The id of the account's default authorization.
   * @default {it has none}
   */
  readonly defaultId?: string | undefined;
  /**
   * The ids of what may be the authorization that Herotate works with.
   * @default {none}
   */
  readonly own?: ReadonlySet<string>;
  /**
   * Whether the list broke off, or holds records that no one can read.
   * @default {false}
   */
  readonly doubtful?: boolean;
  /**
   * Whether the list lacks all that the ledger knows.
   * @default {false}
   */
  readonly sparse?: boolean;
  /**
   * Whether the list lacks something that is not known to be gone.
   * @default {false}
   */
  readonly patchy?: boolean;
  /**
   * Whether it holds records of which no one can say whose they are, tolerated or not.
   * @default {false}
   */
  readonly blurred?: boolean;
  /**
   * Whether Heroku took the tokens of those that it does not list, by their ids.
   * @default {none}
   */
  readonly accepted?: ReadonlyMap<string, boolean>;
  /**
   * The ids of what the list lacks or contradicts and Heroku was not asked about.
   * @default {none}
   */
  readonly unasked?: ReadonlySet<string>;
}

/** The last moment that a date can express, in milliseconds since the epoch. */
const LAST_MOMENT = 8.64e15;

/** How far Heroku's clock may be ahead, in milliseconds: a day. */
export const LARGEST_SKEW: number = 86_400_000;

/** Indexes a listing. */
export function createView(
  listed: readonly Authorization[],
  at: number,
  {
    defaultId,
    own = new Set(),
    doubtful = false,
    sparse = false,
    patchy = false,
    blurred = false,
    accepted = new Map(),
    unasked = new Set(),
  }: ViewOptions = {},
): View {
  const authorizations = listed.filter((authorization) => !isOver(authorization));
  const markers = new Map(
    authorizations.map((each) => [each, parseMarker(each.description ?? "")]),
  );
  return {
    at,
    authorizations,
    byId: new Map(authorizations.map((authorization) => [authorization.id, authorization])),
    byName: Map.groupBy(authorizations, (each) => markers.get(each)?.name ?? ""),
    byMark: Map.groupBy(authorizations, (each) => markers.get(each)?.mark),
    defaultId,
    own,
    doubtful,
    sparse,
    patchy,
    blurred,
    accepted,
    unasked,
  };
}

/** Whether an authorization has expired, as Heroku says. */
export function isOver({ access_token }: Authorization): boolean {
  const seconds = access_token?.expires_in;
  return typeof seconds === "number" && seconds <= 0;
}

/** When an authorization expires, in milliseconds since the epoch; null when Heroku names no end. */
export function expiryOf(authorization: Authorization, at: number): number | null {
  const seconds = authorization.access_token?.expires_in;
  return typeof seconds === "number" ? Math.min(at + seconds * 1000, LAST_MOMENT) : null;
}

/** When an authorization was created, in milliseconds since the epoch. */
export function creationOf(authorization: Authorization, otherwise: number): number {
  const at = Date.parse(authorization.created_at ?? "");
  return Number.isNaN(at) ? otherwise : at;
}

export function markOf(authorization: Authorization): string | undefined {
  return parseMarker(authorization.description ?? "").mark;
}

/** When it was created; undefined where Heroku gives no date, or one that no two clocks explain. */
function believedCreation(authorization: Authorization, at: number): number | undefined {
  const createdAt = creationOf(authorization, Infinity);
  const isBelieved = createdAt <= at + LARGEST_SKEW &&
    createdAt > at - LONGEST_BELIEVED_LIFETIME * 1000;
  return isBelieved ? Math.min(createdAt, at) : undefined;
}

/** How long it lives in all. Heroku gives seconds left: the sum is off by what the two clocks differ. */
function believedLifetime(createdAt: number | undefined, expiresAt: number, at: number): number {
  return createdAt === undefined
    ? Math.max(roundToMinute(expiresAt - at), DEFAULT_LIFETIME)
    : Math.max(roundToMinute(expiresAt - createdAt), 60_000);
}

/** What Heroku says of an authorization that it did not make for this ledger. */
export function factsOf(
  authorization: Authorization,
  at: number,
): Pick<
  Entry,
  "accessToken" | "description" | "scope" | "lifetime" | "createdAt" | "expiresAt"
> {
  const expiresAt = expiryOf(authorization, at);
  const createdAt = believedCreation(authorization, at);
  const neverExpires = authorization.access_token?.expires_in === null;
  return {
    accessToken: authorization.access_token?.id ?? null,
    description: authorization.description ?? null,
    scope: authorization.scope ?? null,
    lifetime: expiresAt !== null
      ? believedLifetime(createdAt, expiresAt, at)
      : neverExpires
      ? null
      : DEFAULT_LIFETIME,
    createdAt: createdAt ?? at,
    expiresAt,
  };
}

function roundToMinute(milliseconds: number): number {
  return Math.round(milliseconds / 60_000) * 60_000;
}
