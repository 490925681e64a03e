/**
 * Calls a fake Heroku the plain way, for the tests of the fake itself: without the client.
 *
 * @module
 */

import { assert } from "@std/assert";
import type { FakeHeroku } from "../../../lib/testing/mod.ts";

export const ACCEPT = "application/vnd.heroku+json; version=3";
export const AUTHORIZATIONS = "/oauth/authorizations";

/** The members of a record that the tests look at. */
export interface Shown {
  readonly id: string;
  readonly description: string;
  readonly scope: readonly string[];
  readonly created_at: string;
  readonly updated_at: string;
  readonly client: unknown;
  readonly access_token: {
    readonly id: string;
    readonly token: string;
    readonly expires_in: number | null;
  };
}

export interface Answered {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

export interface CallOptions {
  readonly body?: unknown;
  readonly token?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
}

/** Calls with the admin token, by default; a string is sent as it is, as the body. */
export async function call(
  heroku: FakeHeroku,
  method: string,
  path: string,
  { body, token = heroku.token, headers = {}, signal }: CallOptions = {},
): Promise<Answered> {
  const response = await heroku.fetch(`https://api.heroku.com${path}`, {
    method,
    headers: { Accept: ACCEPT, Authorization: `Bearer ${token}`, ...headers },
    body: body === undefined || typeof body === "string" ? body : JSON.stringify(body),
    signal,
  });
  return { status: response.status, headers: response.headers, text: await response.text() };
}

/** The record in an answer. */
export function shown({ text }: Answered): Shown {
  return JSON.parse(text);
}

/** The records in the answer to a list. */
export function shownAll({ text }: Answered): readonly Shown[] {
  const records = JSON.parse(text);
  assert(Array.isArray(records));
  return records;
}

/** The id of the error in an answer. */
export function errorId({ text }: Answered): unknown {
  return JSON.parse(text).id;
}
