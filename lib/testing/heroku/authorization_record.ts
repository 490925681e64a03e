/**
 * An authorization as Heroku's API shows it, and what a request may say about one.
 *
 * @module
 */

import type { FakeClient, Stored, StoredAuthorization } from "./authorization_store.ts";
import { formatTime } from "../clock.ts";
import { type Redaction, redactToken } from "./token_maker.ts";

/** The account's user, as each record names it. */
export interface FakeUser {
  /** The user's id, a UUID. */
  readonly id: string;
  /** The user's email address. */
  readonly email: string;
  /** The user's name, null when there is none. */
  readonly full_name: string | null;
}

/** What a valid request to create an authorization asks for. */
export interface CreateAttributes {
  /** The scope, each name once; at least one. */
  readonly scope: readonly string[];
  /** The description. */
  readonly description: string;
  /** The client's id. */
  readonly client: string | undefined;
  /** Seconds; null: never expires. */
  readonly expires_in: number | null;
}

/** What a valid request to update an authorization asks for. */
export interface UpdateAttributes {
  /** The new description; undefined: as it was. */
  readonly description: string | undefined;
  /** The new client; undefined: as it was. */
  readonly client: { readonly id: string; readonly secret: string | undefined } | undefined;
}

/** Why a request is refused with 422. */
export interface InvalidParams {
  /** The message of the error. */
  readonly invalid: string;
}

/** What of a record is shown. */
export interface Showing {
  /** How the token is hidden, `"none"` when it is whole. */
  readonly hide: Redaction | "none";
  /** Whether the token was made just now, so that its whole lifetime is left. */
  readonly issued?: boolean;
}

/** What is given to a client that names no description. */
export const DEFAULT_DESCRIPTION = "Long-lived user authorization";

function secondsLeft(stored: StoredAuthorization, now: number, issued: boolean): number | null {
  const { expiresAt, tokenMadeAt } = stored;
  if (expiresAt === null) return null;
  // Rounded down, so that no answer promises a second that the token does not have. A read comes a
  // second after the token was made at the soonest: no real client ever read the whole lifetime.
  const at = issued ? now : Math.max(now, tokenMadeAt + 1000);
  return Math.max(0, Math.floor((expiresAt - at) / 1000));
}

/**
 * Shows a record the way Heroku's API does.
 *
 * @param stored the record
 * @param user the account's user
 * @param now the time, in milliseconds since the epoch, that `expires_in` counts from
 * @param showing what of it is shown
 */
export function showAuthorization(
  stored: Stored,
  user: FakeUser,
  now: number,
  { hide, issued = false }: Showing,
): Record<string, unknown> {
  if (stored.kind === "oddity") return stored.record;
  const { client, token, session } = stored;
  const shown: Record<string, unknown> = {
    access_token: {
      expires_in: secondsLeft(stored, now, issued),
      id: stored.accessTokenId,
      token: hide === "none" ? token : redactToken(token, hide),
    },
    client: client === null
      ? null
      : { id: client.id, name: client.name, redirect_uri: client.redirect_uri ?? REDIRECT_URI },
    created_at: formatTime(stored.createdAt),
    description: stored.description,
    grant: null,
    id: stored.id,
    refresh_token: null,
    scope: stored.scope,
    session: session === null ? null : { id: session },
    updated_at: formatTime(stored.updatedAt),
    user,
  };
  for (const member of stored.omit) delete shown[member];
  return shown;
}

const REDIRECT_URI = "https://example.com/auth/heroku/callback";

const UNTIL_SECONDS_LEFT = '{"access_token":{"expires_in":';

/**
 * Prepares to write records in JSON, again and again: of a record that did not change, only the
 * seconds left are written again.
 *
 * @param user gives the account's user
 * @param showing what of the records is shown
 * @returns a function that writes a record as it is at a time, in milliseconds since the epoch
 */
export function createAuthorizationWriter(
  user: () => FakeUser,
  showing: Showing,
): (stored: Stored, now: number) => string {
  interface Written {
    readonly version: number;
    readonly user: FakeUser;
    readonly text: string;
  }
  const written = new WeakMap<Stored, Written>();

  function write(stored: Stored, now: number): string {
    const text = JSON.stringify(showAuthorization(stored, user(), now, showing));
    if (!text.startsWith(UNTIL_SECONDS_LEFT)) return text;
    const rest = text.slice(text.indexOf(",", UNTIL_SECONDS_LEFT.length));
    written.set(stored, { version: stored.version, user: user(), text: rest });
    return text;
  }

  return (stored, now) => {
    const known = written.get(stored);
    if (stored.kind === "oddity" || known?.version !== stored.version || known.user !== user()) {
      return write(stored, now);
    }
    return `${UNTIL_SECONDS_LEFT}${secondsLeft(stored, now, false)}${known.text}`;
  };
}

/** Whether a value is an object with members, and no array. */
export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isScope(value: unknown): value is string[] {
  return Array.isArray(value) && value.length > 0 &&
    value.every((name) => typeof name === "string" && name !== "");
}

function readSeconds(value: unknown): number | null | undefined {
  if (value === null) return null;
  const seconds = typeof value === "string" && /^\d+$/.test(value) ? Number(value) : value;
  return typeof seconds === "number" && Number.isSafeInteger(seconds) ? seconds : undefined;
}

/**
 * Reads the body of a request to create an authorization. Members that it does not know are passed over.
 *
 * @param body the parsed body
 */
export function readCreate(
  body: Readonly<Record<string, unknown>>,
): CreateAttributes | InvalidParams {
  const { scope = ["global"], description = DEFAULT_DESCRIPTION, client } = body;
  if (!isScope(scope)) return { invalid: "Scope must be an array of scopes." };
  if (typeof description !== "string") return { invalid: "Description must be a string." };
  // Heroku's identity server names the client as an object, its CLI the seconds in a string.
  const clientId = isObject(client) ? client.id : client;
  if (clientId !== undefined && typeof clientId !== "string") {
    return { invalid: "Client must be a client's id." };
  }
  const expires_in = readSeconds(body.expires_in ?? null);
  if (expires_in === undefined) return { invalid: "Expires in must be an integer or null." };
  if (expires_in !== null && expires_in < 1) return { invalid: "Expires in must be positive." };
  return { scope: [...new Set(scope)], description, client: clientId, expires_in };
}

/**
 * Reads the body of a request to update an authorization. A lifetime or a scope is refused, as
 * neither can change.
 *
 * @param body the parsed body
 */
export function readUpdate(
  body: Readonly<Record<string, unknown>>,
): UpdateAttributes | InvalidParams {
  const { description, client } = body;
  for (const member of ["scope", "expires_in"]) {
    if (Object.hasOwn(body, member)) return { invalid: `The member ${member} cannot change.` };
  }
  if (description !== undefined && typeof description !== "string") {
    return { invalid: "Description must be a string." };
  }
  if (client === undefined) return { description, client };
  if (!isObject(client)) return { invalid: "Client must have an id and a secret." };
  const { id, secret } = client;
  // Heroku's Go client sends an empty client whenever only the description changes.
  if (id === undefined) return { description, client: undefined };
  if (typeof id !== "string" || !(secret === undefined || typeof secret === "string")) {
    return { invalid: "Client must have an id and a secret." };
  }
  return { description, client: { id, secret } };
}

/** Finds a client by its id, and by its secret where one is given. */
export function findClient(
  clients: readonly FakeClient[],
  id: string,
  secret?: string,
): FakeClient | undefined {
  return clients.find((client) =>
    client.id === id && (secret === undefined || client.secret === secret)
  );
}
