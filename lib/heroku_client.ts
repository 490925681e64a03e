/**
 * The call shape of the npm package heroku-client 1.x and 2.x, for OAuth authorizations.
 *
 * Callback and promise both, the same errors for path parameters and for failing statuses; but ids
 * are URL-encoded, an HTML error doesn't crash, and a create is never sent twice. Of the package's
 * options `debug`, `logger`, `cache`, `partial`, `middleware` and `parseJSON` are not here, nor are
 * its other resources.
 *
 * @example With a callback and with a promise
 * ```ts
 * import Heroku from "@herotate/herotate/heroku-client";
 *
 * export async function tour(token: string): Promise<void> {
 *   const heroku = new Heroku({ token });
 *
 *   heroku.oauth().authorizations().list((error, authorizations) => {
 *     console.log(error ?? authorizations?.length);
 *   });
 *
 *   const made = await heroku.oauth().authorizations().create({ scope: ["read"] });
 *   await heroku.oauth().authorizations(made.id).delete();
 * }
 * ```
 *
 * @module
 */
import type { CreateAttributes } from "./attributes.ts";
import type { Authorization, IssuedAuthorization } from "./authorization.ts";
import { type AuthorizationsClient, createClient } from "./client.ts";
import type { CallOptions } from "./client_options.ts";
import { HerokuError } from "./errors.ts";
import { errorBody } from "./judge.ts";

export type { Authorization, CreateAttributes, IssuedAuthorization };

/** What a {@linkcode Heroku} is made from. */
export interface HerokuOptions {
  /** The token to authorize with. */
  readonly token: string;
  /** Where Heroku's API is; without a scheme, https is meant. Default: `https://api.heroku.com`. */
  readonly host?: string;
  /** Headers to send along with every request. Default: none. */
  readonly headers?: Readonly<Record<string, string>>;
  /** How long one attempt may take, in milliseconds. Default: 30000. */
  readonly timeout?: number;
  /** How often reads and deletes are tried again. Default: 3. */
  readonly retries?: number;
  /** The `User-Agent` header. Default: the name and the address of this module. */
  readonly userAgent?: string;
  /** The fetch to call. Default: the global one. */
  readonly fetch?: typeof fetch;
}

/**
 * Is called once, with an error, or with null and the body. What it throws is an uncaught exception,
 * as everywhere with callbacks; it changes nothing about the promise.
 */
export type Callback<Body> = (error: Error | null, body?: Body) => void;

/**
 * A status that is no success. Its message is `Expected response to be successful, got N`. Other
 * failures keep their own class: a TypeError for wrong arguments, a `HerokuError` for lost or
 * unreadable answers.
 */
export class UnsuccessfulResponseError extends Error {
  static {
    this.prototype.name = "UnsuccessfulResponseError";
  }
  /** The HTTP status. */
  readonly statusCode: number;
  /** The JSON of the answer without any token; an empty object when it had none, such as HTML. */
  readonly body: unknown;

  /**
   * Makes the error.
   *
   * @param statusCode The HTTP status.
   * @param cause The error it stands for.
   */
  constructor(statusCode: number, cause: HerokuError) {
    super(`Expected response to be successful, got ${statusCode}`, { cause });
    this.statusCode = statusCode;
    this.body = errorBody(cause) ?? {};
  }
}

/** What stands under `/oauth`. */
export interface OAuth {
  /**
   * Goes to `/oauth/authorizations`, or to a single one.
   *
   * @param id The authorization's id, for `info`, `delete` and `actions`.
   */
  authorizations(id?: string): Authorizations;
}

/**
 * All authorizations, or a single one. Each method throws at once an Error `Invalid number of params
 * in path (expected 1, got 0).` when an id is missing, or given where none belongs.
 */
export interface Authorizations {
  /**
   * Creates an authorization. It is sent once, whatever happens.
   *
   * @param attributes What to create it with.
   * @param callback Is told the outcome as well.
   */
  create(
    attributes: CreateAttributes,
    callback?: Callback<IssuedAuthorization>,
  ): Promise<IssuedAuthorization>;
  /**
   * Creates an authorization of Heroku's defaults: with the scope `global` it may do everything.
   *
   * @param callback Is told the outcome as well.
   */
  create(callback?: Callback<IssuedAuthorization>): Promise<IssuedAuthorization>;
  /**
   * Lists all authorizations, of all pages. Records that are no authorization are left out.
   *
   * @param callback Is told the outcome as well.
   */
  list(callback?: Callback<Authorization[]>): Promise<Authorization[]>;
  /**
   * Looks up the authorization.
   *
   * @param callback Is told the outcome as well.
   */
  info(callback?: Callback<Authorization>): Promise<Authorization>;
  /**
   * Deletes the authorization.
   *
   * @param callback Is told the outcome as well.
   */
  delete(callback?: Callback<Authorization>): Promise<Authorization>;
  /**
   * Goes to the authorization's actions.
   *
   * @param parameter None belongs here.
   */
  actions(parameter?: string): AuthorizationActions;
}

/** The actions of an authorization. */
export interface AuthorizationActions {
  /**
   * Goes to the replacement of its token.
   *
   * @param parameter None belongs here.
   */
  regenerateTokens(parameter?: string): RegenerateTokens;
}

/** The replacement of an authorization's token. */
export interface RegenerateTokens {
  /**
   * Replaces the token: the old one dies at once, the new one lives about eight hours. It is sent
   * once, whatever happens.
   *
   * @param callback Is told the outcome as well.
   */
  regenerate(callback?: Callback<IssuedAuthorization>): Promise<IssuedAuthorization>;
}

function checkParameters(parameters: readonly string[], expected: number): void {
  if (parameters.length !== expected) {
    throw new Error(
      `Invalid number of params in path (expected ${expected}, got ${parameters.length}).`,
    );
  }
}

/** An empty parameter counts as none, as it does in the package. */
function append(parameters: readonly string[], parameter?: string): readonly string[] {
  return parameter ? [...parameters, parameter] : parameters;
}

function translate(error: unknown): unknown {
  const status = error instanceof HerokuError ? error.status ?? 0 : 0;
  return error instanceof HerokuError && status >= 300
    ? new UnsuccessfulResponseError(status, error)
    : error;
}

function settle<Body>(call: Promise<Body>, callback?: Callback<Body>): Promise<Body> {
  const settled = call.catch((error) => {
    throw translate(error);
  });
  if (typeof callback === "function") {
    // In a task of its own what the callback throws can't reject a promise that nobody awaits.
    settled.then(
      (body) => queueMicrotask(() => callback(null, body)),
      (error) => queueMicrotask(() => callback(error)),
    );
  }
  return settled;
}

function createOAuth(
  client: AuthorizationsClient,
  options: CallOptions,
  root: readonly string[],
): OAuth {
  return {
    authorizations(id) {
      const parameters = append(root, id);
      return {
        create(
          attributes?: CreateAttributes | Callback<IssuedAuthorization>,
          callback?: Callback<IssuedAuthorization>,
        ) {
          checkParameters(parameters, 0);
          return typeof attributes === "function"
            ? settle(client.create({}, options), attributes)
            : settle(client.create(attributes ?? {}, options), callback);
        },
        list(callback) {
          checkParameters(parameters, 0);
          return settle(client.list(options), callback);
        },
        info(callback) {
          checkParameters(parameters, 1);
          return settle(client.info(parameters[0], options), callback);
        },
        delete(callback) {
          checkParameters(parameters, 1);
          return settle(client.delete(parameters[0], options), callback);
        },
        actions(action) {
          return {
            regenerateTokens(parameter) {
              const all = append(append(parameters, action), parameter);
              return {
                regenerate(callback) {
                  checkParameters(all, 1);
                  return settle(client.regenerate(all[0], options), callback);
                },
              };
            },
          };
        },
      };
    },
  };
}

/** A client in the call shape of heroku-client. */
export default class Heroku {
  readonly #client: AuthorizationsClient;
  readonly #options: CallOptions;

  /**
   * Makes a client.
   *
   * @param options The token, and what else differs from the defaults.
   * @throws {TypeError} When an option has the wrong type or form, such as a missing token.
   * @throws {RangeError} When a number is out of range.
   */
  constructor(options: HerokuOptions) {
    const { host, headers, ...rest } = options;
    const baseUrl = host === undefined || /^https?:\/\//.test(host) ? host : `https://${host}`;
    this.#client = createClient({ ...rest, baseUrl });
    this.#options = { headers };
  }

  /**
   * Makes a client, as `new Heroku(options)` does.
   *
   * @param options The token, and what else differs from the defaults.
   */
  static createClient(options: HerokuOptions): Heroku {
    return new Heroku(options);
  }

  /**
   * Goes to `/oauth`.
   *
   * @param parameter None belongs here.
   */
  oauth(parameter?: string): OAuth {
    return createOAuth(this.#client, this.#options, append([], parameter));
  }
}
