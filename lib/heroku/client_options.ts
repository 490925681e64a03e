/**
 * What a client is made from, and the check of it.
 *
 * @module
 */

import { isSecureUrl } from "../secure_url.ts";

/** What a client of Heroku is made from. */
export interface ClientOptions {
  /** The token to authorize with. It goes into the `Authorization` header and nowhere else. */
  readonly token: string;
  /**
   * Where Heroku's API is. It must be https, so that the token doesn't travel in clear; http is
   * taken only for this machine (`localhost`, `127.x.x.x`, `[::1]`).
   * @default {`https://api.heroku.com`}
   */
  readonly baseUrl?: string;
  /**
   * The fetch to call.
   * @default {the global one}
   */
  readonly fetch?: typeof fetch;
  /**
   * How long one attempt may take, reading its body included, in milliseconds: 1 to 2147483647.
   * @default {30000}
   */
  readonly timeout?: number;
  /**
   * How often reads and deletes are tried again: a whole number from 0 on. Other writes are sent
   * once whatever is set here.
   * @default {3}
   */
  readonly retries?: number;
  /**
   * The `User-Agent` header.
   * @default {the name and the address of this module}
   */
  readonly userAgent?: string;
  /**
   * How to wait between attempts. For tests, and for hosts that have a clock of their own. An abort
   * ends the wait whether or not this listens to its signal.
   * @default {a timer}
   */
  readonly sleep?: (milliseconds: number, signal?: AbortSignal) => Promise<void>;
}

/** A known member of an authorization that had another type than Heroku's schema says, and was left out. */
export interface MistypedMember {
  /** Where it is in the record, such as `access_token.version`. */
  readonly member: string;
  /** What is wrong with it, quoting nothing of its value, which may be a token. */
  readonly reason: string;
  /** The authorization's id. */
  readonly id: string;
  /** In a list: which page the authorization was on, from 1 on. */
  readonly page?: number;
  /** In a list: its place on its page, from 0 on. */
  readonly index?: number;
}

/** What a single call may set beyond its own arguments. */
export interface CallOptions {
  /**
   * Is called for each known member that was left out of an authorization because it had another
   * type than Heroku's schema says.
   * @default {such members are left out silently}
   */
  readonly onMistyped?: (problem: MistypedMember) => void;
  /** Ends the call when aborted; its reason is thrown as it is, whatever it is. */
  readonly signal?: AbortSignal;
  /**
   * Headers to send along, such as `Heroku-Two-Factor-Code`. `Authorization` and `Range` are the
   * client's own and refused with a TypeError.
   */
  readonly headers?: HeadersInit;
}

/** {@linkcode ClientOptions} with every default filled in. */
export interface CheckedOptions {
  /** A header value. */
  readonly token: string;
  /** Without a slash at its end. */
  readonly baseUrl: string;
  /** Safe to be called with any `this`. */
  readonly fetch: typeof fetch;
  /** Milliseconds. */
  readonly timeout: number;
  /** A whole number. */
  readonly retries: number;
  /** A header value. */
  readonly userAgent: string;
  /** Waits this many milliseconds, or until the signal is aborted. */
  readonly sleep: (milliseconds: number, signal?: AbortSignal) => Promise<void>;
}

const DEFAULT_BASE_URL = "https://api.heroku.com";
const DEFAULT_USER_AGENT = "herotate (+https://jsr.io/@herotate/herotate)";

/** A longer timer fires at once. */
const LONGEST_TIMEOUT = 2 ** 31 - 1;

function refuse(what: string): string {
  return `Cannot create a client because ${what}`;
}

function sleepByTimer(milliseconds: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const wake = () => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", wake);
      resolve();
    };
    const timer = setTimeout(wake, milliseconds);
    signal?.addEventListener("abort", wake);
  });
}

function checkBaseUrl(baseUrl: unknown): string {
  if (typeof baseUrl !== "string") throw new TypeError(refuse("'baseUrl' must be a string"));
  const url = URL.canParse(baseUrl) ? new URL(baseUrl) : undefined;
  if (url === undefined) throw new TypeError(refuse("'baseUrl' must be an absolute URL"));
  if (url.username !== "" || url.password !== "" || url.search !== "" || url.hash !== "") {
    throw new TypeError(
      refuse(
        "'baseUrl' must have no user, password, query or fragment: give the origin and a path",
      ),
    );
  }
  if (!isSecureUrl(url)) {
    throw new TypeError(
      refuse(
        `'baseUrl' must be https, or http to this machine, to keep the token from travelling in ` +
          `clear: current value is '${url.protocol}//${url.host}'`,
      ),
    );
  }
  return url.href.replace(/\/+$/, "");
}

function checkToken(token: unknown): string {
  if (typeof token !== "string" || token === "") {
    throw new TypeError(refuse("'token' must be a string that is not empty"));
  }
  if (!/^[\x21-\x7e]+$/.test(token)) {
    throw new TypeError(
      refuse(
        "'token' must have only visible ASCII characters: check it for a line break or a space at its end",
      ),
    );
  }
  return token;
}

function checkNumber(name: string, value: unknown, low: number, high: number): number {
  if (typeof value !== "number") throw new TypeError(refuse(`'${name}' must be a number`));
  if (!Number.isInteger(value) || value < low || value > high) {
    throw new RangeError(
      refuse(`'${name}' must be a whole number from ${low} to ${high}: current value is ${value}`),
    );
  }
  return value;
}

/**
 * Checks what a client is to be made from, and fills in the defaults.
 *
 * @param options What the caller gave.
 * @throws {TypeError} When an option has the wrong type or form.
 * @throws {RangeError} When a number is out of range.
 */
export function checkClientOptions(options: ClientOptions): CheckedOptions {
  if (typeof options !== "object" || options === null) {
    throw new TypeError(refuse("its options must be an object with a 'token'"));
  }
  const {
    token,
    baseUrl = DEFAULT_BASE_URL,
    // Called as a method, the fetch of Workers throws "Illegal invocation".
    fetch = (input, init) => globalThis.fetch(input, init),
    timeout = 30_000,
    retries = 3,
    userAgent = DEFAULT_USER_AGENT,
    sleep = sleepByTimer,
  } = options;
  if (typeof fetch !== "function") throw new TypeError(refuse("'fetch' must be a function"));
  if (typeof sleep !== "function") throw new TypeError(refuse("'sleep' must be a function"));
  if (typeof userAgent !== "string" || !/^[\x20-\x7e]+$/.test(userAgent)) {
    throw new TypeError(refuse("'userAgent' must be printable ASCII that is not empty"));
  }
  return {
    token: checkToken(token),
    baseUrl: checkBaseUrl(baseUrl),
    fetch,
    timeout: checkNumber("timeout", timeout, 1, LONGEST_TIMEOUT),
    retries: checkNumber("retries", retries, 0, Number.MAX_SAFE_INTEGER),
    userAgent,
    sleep,
  };
}
