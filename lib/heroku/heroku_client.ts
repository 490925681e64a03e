/**
 * The call shape of the npm package heroku-client 1.x and 2.x, for OAuth authorizations.
 *
 * Callback and promise both, an object before the callback or none, the same errors for path
 * parameters and for failing statuses. It differs on purpose: ids are URL-encoded, an HTML error
 * doesn't crash, a create is never sent twice, an object before the callback is sent by `create`
 * only, and what `create` doesn't know is a TypeError. Of the package's options `debug`, `logger`,
 * `cache`, `partial`, `middleware` and `parseJSON` are not here, nor are its other resources.
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
import type {
  AuthorizationActions,
  Authorizations,
  Callback,
  CreateBody,
  OAuth,
  RegenerateTokens,
} from "./heroku_client_interface.ts";
import { errorBody } from "./judge.ts";

export type {
  Authorization,
  AuthorizationActions,
  Authorizations,
  Callback,
  CreateAttributes,
  CreateBody,
  IssuedAuthorization,
  OAuth,
  RegenerateTokens,
};

/** What a {@linkcode Heroku} is made from. */
export interface HerokuOptions {
  /** The token to authorize with. */
  readonly token: string;
  /**
   * Where Heroku's API is; without a scheme, https is meant.
   * @default {`https://api.heroku.com`}
   */
  readonly host?: string;
  /**
   * Headers to send along with every request.
   * @default {none}
   */
  readonly headers?: Readonly<Record<string, string>>;
  /**
   * How long one attempt may take, in milliseconds.
   * @default {30000}
   */
  readonly timeout?: number;
  /**
   * How often reads and deletes are tried again.
   * @default {3}
   */
  readonly retries?: number;
  /**
   * The `User-Agent` header.
   * @default {the name and the address of this module}
   */
  readonly userAgent?: string;
  /**
   * The fetch to call.
   * @default {the global one}
   */
  readonly fetch?: typeof fetch;
}

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
   * @param cause The error that it is made from.
   */
  constructor(statusCode: number, cause: HerokuError) {
    super(`Expected response to be successful, got ${statusCode}`, { cause });
    this.statusCode = statusCode;
    this.body = errorBody(cause) ?? {};
  }
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

/** The package's rule: a first argument that is a function is the callback, else the second one is. */
type Arguments<Body> = readonly [first?: unknown, second?: Callback<Body>];

function isCallback<Body>(value: unknown): value is Callback<Body> {
  return typeof value === "function";
}

function settle<Body>(call: Promise<Body>, [first, second]: Arguments<Body>): Promise<Body> {
  const callback = isCallback<Body>(first) ? first : second;
  const settled = call.catch((error) => {
    throw translate(error);
  });
  if (isCallback<Body>(callback)) {
    // In a task of its own what the callback throws can't reject a promise that no one awaits.
    settled.then(
      (body) => queueMicrotask(() => callback(null, body)),
      (error) => queueMicrotask(() => callback(error)),
    );
  }
  return settled;
}

function readBody(attributes: unknown): CreateAttributes {
  if (isCallback(attributes) || typeof attributes !== "object" || attributes === null) return {};
  const body: CreateBody = attributes;
  const { client, ...rest } = body;
  if (client === undefined) return rest;
  // An object without an id must not be taken for no client: the empty id is refused.
  const id = typeof client === "object" && client !== null ? client.id ?? "" : client;
  return { ...rest, client: id };
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
        create(...given: Arguments<IssuedAuthorization>) {
          checkParameters(parameters, 0);
          return settle(client.create(readBody(given[0]), options), given);
        },
        list(...given: Arguments<Authorization[]>) {
          checkParameters(parameters, 0);
          return settle(client.list(options), given);
        },
        info(...given: Arguments<Authorization>) {
          checkParameters(parameters, 1);
          return settle(client.info(parameters[0], options), given);
        },
        delete(...given: Arguments<Authorization>) {
          checkParameters(parameters, 1);
          return settle(client.delete(parameters[0], options), given);
        },
        actions(action) {
          return {
            regenerateTokens(parameter) {
              const all = append(append(parameters, action), parameter);
              return {
                regenerate(...given: Arguments<IssuedAuthorization>) {
                  checkParameters(all, 1);
                  return settle(client.regenerate(all[0], options), given);
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
