/**
 * The client for Heroku's OAuth authorizations, which needs nothing but fetch.
 *
 * @module
 */
import {
  checkCreateAttributes,
  checkUpdateAttributes,
  type CreateAttributes,
  type UpdateAttributes,
} from "./attributes.ts";
import type { Authorization, IssuedAuthorization } from "./authorization.ts";
import type { CallOptions, ClientOptions, MistypedMember } from "./client_options.ts";
import { createRepetitionCheck, followPages, LARGEST_PAGE } from "./paging.ts";
import { parseAuthorization } from "./parse_authorization.ts";
import { readAuthorization, readIssued, reportMistyped } from "./read_authorization.ts";
import { createRequester } from "./request.ts";

export type {
  Authorization,
  CallOptions,
  ClientOptions,
  CreateAttributes,
  IssuedAuthorization,
  MistypedMember,
  UpdateAttributes,
};

/**
 * A record in a list that is no authorization, as it has no id, and was left out. It is not given
 * itself, as it may hold a token.
 */
export interface MalformedRecord {
  /** Which page it was on, from 1 on. */
  readonly page: number;
  /** Its place on its page, from 0 on. */
  readonly index: number;
  /** What is wrong with it, quoting nothing of it. */
  readonly reason: string;
}

/** What a list may set. */
export interface ListOptions extends CallOptions {
  /**
   * How many authorizations to ask for at once, 1 to 1000.
   * @default {1000}
   */
  readonly pageSize?: number;
  /**
   * Is called for each record that was left out because it has no id.
   * @default {such records are left out silently}
   */
  readonly onMalformed?: (problem: MalformedRecord) => void;
}

/**
 * The authorizations of one Heroku account.
 *
 * Every method ends with a `HerokuError` when Heroku refuses, fails or cannot be understood, and with
 * a TypeError or a RangeError, before anything is sent, when its arguments are wrong. Reads and
 * deletes are tried again after a network failure, a timeout, a 429 and a 5xx, and reads after an
 * unreadable body as well. Nothing else ever is, as a lost answer may mean a live token.
 */
export interface AuthorizationsClient {
  /**
   * Creates an authorization. It is sent once, whatever happens. When it fails with the effect
   * `unknown`, there may be a live authorization whose token no one knows: find it in the list, and
   * delete it.
   *
   * @param attributes What to create it with.
   * @param options A signal and headers.
   * @returns The authorization with its whole token, which Heroku never gives again.
   */
  create(attributes: CreateAttributes, options?: CallOptions): Promise<IssuedAuthorization>;
  /**
   * Lists all authorizations, of all pages. Tokens in it are redacted by Heroku.
   *
   * @param options How to list, a signal and headers.
   * @throws {PagingError} When the list cannot be completed. Part of a list is never returned.
   */
  list(options?: ListOptions): Promise<Authorization[]>;
  /**
   * Gives all authorizations one by one, and asks for a page when it is due. Each is given once, even
   * if Heroku repeats it on a later page.
   *
   * @param options How to list, a signal and headers.
   * @throws {PagingError} When the list cannot be completed.
   */
  iterate(options?: ListOptions): AsyncGenerator<Authorization, void, undefined>;
  /**
   * Looks up an authorization. Its token is redacted by Heroku.
   *
   * @param id Its id, or `~` for the one of the account's default API key.
   * @param options A signal and headers.
   * @throws {NotFoundError} When there is none: it was deleted, or it expired.
   */
  info(id: string, options?: CallOptions): Promise<Authorization>;
  /**
   * Changes an authorization's description or client. It is sent once, as a repetition might undo
   * what somebody else changed in between.
   *
   * @param id Its id. `~` is refused.
   * @param attributes What to change.
   * @param options A signal and headers.
   * @throws {NotFoundError} When there is none: it was deleted, or it expired.
   */
  update(id: string, attributes: UpdateAttributes, options?: CallOptions): Promise<Authorization>;
  /**
   * Replaces an authorization's token. **The old token dies at once, and the new one lives about eight
   * hours**, whatever the lifetime was; so it is no way to rotate. It is sent once, whatever happens.
   *
   * @param id Its id. `~` is refused.
   * @param options A signal and headers.
   * @returns The authorization with its whole new token, which Heroku never gives again.
   * @throws {NotFoundError} When there is none: it was deleted, or it expired.
   */
  regenerate(id: string, options?: CallOptions): Promise<IssuedAuthorization>;
  /**
   * Deletes an authorization; its token dies at once.
   *
   * @param id Its id. `~` is refused.
   * @param options A signal and headers.
   * @returns The authorization as it was.
   * @throws {NotFoundError} When there is none. Its effect is `unknown` when the answer to an earlier
   * attempt was lost, which then may have been the one that deleted it. Either way it is gone.
   */
  delete(id: string, options?: CallOptions): Promise<Authorization>;
}

const ROOT = "/oauth/authorizations";
const DEFAULT_KEY = "~";

function buildPath(id: string, action: string): string {
  const cannot = `Cannot ${action} because 'id' must`;
  if (typeof id !== "string") throw new TypeError(`${cannot} be a string`);
  if (id.trim() === "") throw new TypeError(`${cannot} not be empty`);
  if (id === "." || id === "..") throw new TypeError(`${cannot} not be '.' or '..'`);
  if (!id.isWellFormed()) throw new TypeError(`${cannot} be well-formed Unicode`);
  return `${ROOT}/${encodeURIComponent(id)}`;
}

function buildWritePath(id: string, action: string): string {
  if (id === DEFAULT_KEY) {
    throw new TypeError(
      `Cannot ${action} because 'id' must not be '~', the account's default API key: give the id of an ` +
        "authorization of its own",
    );
  }
  return buildPath(id, action);
}

function checkPageSize({ pageSize = LARGEST_PAGE }: ListOptions): number {
  const cannot = "Cannot list the authorizations because 'pageSize' must be";
  if (typeof pageSize !== "number") throw new TypeError(`${cannot} a number`);
  if (!Number.isInteger(pageSize) || pageSize < 1 || pageSize > LARGEST_PAGE) {
    throw new RangeError(
      `${cannot} a whole number from 1 to ${LARGEST_PAGE}: current value is ${pageSize}`,
    );
  }
  return pageSize;
}

/** Gives what is on pages one by one. */
async function* giveEach<T>(
  pages: AsyncIterable<readonly T[]>,
): AsyncGenerator<T, void, undefined> {
  for await (const page of pages) for (const each of page) yield each;
}

/**
 * Makes a client for the OAuth authorizations of one Heroku account.
 *
 * @example List what expires within a week
 * ```ts
 * import { createClient } from "@herotate/herotate";
 *
 * export async function listExpiring(token: string): Promise<string[]> {
 *   const authorizations = createClient({ token });
 *   const ids: string[] = [];
 *   for await (const { id, access_token } of authorizations.iterate()) {
 *     const secondsLeft = access_token?.expires_in;
 *     if (typeof secondsLeft === "number" && secondsLeft < 7 * 24 * 60 * 60) ids.push(id);
 *   }
 *   return ids;
 * }
 * ```
 *
 * @param options The token, and what else differs from the defaults.
 * @throws {TypeError} When an option has the wrong type or form: a token with a line break, a
 * `baseUrl` that would send it in clear.
 * @throws {RangeError} When a number is out of range.
 */
export function createClient(options: ClientOptions): AuthorizationsClient {
  const { request } = createRequester(options);

  /** Gives the authorizations page by page, each of them once. */
  async function* iteratePages(
    { onMalformed, onMistyped, signal, headers }: ListOptions,
    pageSize: number,
  ): AsyncGenerator<readonly Authorization[], void, undefined> {
    const action = "list the authorizations";
    const load = (range: string) =>
      request({
        action,
        method: "GET",
        path: ROOT,
        range,
        expected: [200, 206],
        headers,
        signal,
        retry: true,
      });
    const isRepeated = createRepetitionCheck();
    for await (const { number, records } of followPages(pageSize, load)) {
      const page: Authorization[] = [];
      for (let index = 0; index < records.length; index++) {
        const parsed = parseAuthorization(records[index]);
        if (!parsed.ok) {
          onMalformed?.({ page: number, index, reason: parsed.reason });
          continue;
        }
        const { authorization, mistyped } = parsed;
        const { id } = authorization;
        if (isRepeated(id)) continue;
        reportMistyped(onMistyped, mistyped, { id, page: number, index });
        page.push(authorization);
      }
      yield page;
    }
  }

  // No method uses `this`, so that each can be passed on by itself.
  const client: AuthorizationsClient = {
    async create(attributes, { signal, headers, onMistyped } = {}) {
      const response = await request({
        action: "create an authorization",
        method: "POST",
        path: ROOT,
        body: checkCreateAttributes(attributes),
        expected: [201],
        headers,
        signal,
        retry: false,
      });
      return readIssued(response, onMistyped);
    },
    async list(options = {}) {
      const authorizations: Authorization[] = [];
      for await (const page of iteratePages(options, checkPageSize(options))) {
        for (const authorization of page) authorizations.push(authorization);
      }
      return authorizations;
    },
    iterate(options = {}) {
      return giveEach(iteratePages(options, checkPageSize(options)));
    },
    async info(id, { signal, headers, onMistyped } = {}) {
      const action = "look up the authorization";
      const response = await request({
        action,
        method: "GET",
        path: buildPath(id, action),
        expected: [200],
        headers,
        signal,
        retry: true,
      });
      return readAuthorization(response, onMistyped);
    },
    async update(id, attributes, { signal, headers, onMistyped } = {}) {
      const action = "update the authorization";
      const path = buildWritePath(id, action);
      const body = checkUpdateAttributes(attributes);
      const secret = body.client?.secret;
      const response = await request({
        action,
        method: "PATCH",
        path,
        body,
        secrets: secret === undefined ? [] : [secret],
        expected: [200],
        headers,
        signal,
        retry: false,
      });
      return readAuthorization(response, onMistyped);
    },
    async regenerate(id, { signal, headers, onMistyped } = {}) {
      const action = "regenerate the authorization's token";
      const response = await request({
        action,
        method: "POST",
        path: `${buildWritePath(id, action)}/actions/regenerate-tokens`,
        expected: [200, 201],
        headers,
        signal,
        retry: false,
      });
      return readIssued(response, onMistyped);
    },
    async delete(id, { signal, headers, onMistyped } = {}) {
      const action = "delete the authorization";
      const response = await request({
        action,
        method: "DELETE",
        path: buildWritePath(id, action),
        expected: [200],
        headers,
        signal,
        retry: true,
      });
      return readAuthorization(response, onMistyped);
    },
  };
  return client;
}
