/**
 * What goes wrong between a client and Heroku, how often, and which call it meets.
 *
 * @module
 */

import { drawAt } from "../random.ts";

/**
 * How often each kind of fault happens by default, as shares of all calls: about one call in seven
 * meets one. Spread it to change a rate and keep the rest.
 */
export const DEFAULT_FAULT_RATES: Readonly<Record<FaultKind, number>> = {
  "drop": 0.03,
  "lose": 0.03,
  "slow": 0.03,
  "429": 0.01,
  "429-bare": 0.01,
  "500": 0.01,
  "500-after": 0.005,
  "503": 0.01,
  "html": 0.005,
  "html-200": 0.005,
  "truncated": 0.01,
  "echo": 0,
  "next-range-repeated": 0,
  "next-range-missing": 0,
  "mistyped": 0,
  "shifting": 0,
  "reordered": 0,
  "moved": 0,
  "deaf": 0,
  "blind": 0,
  "empty-list": 0,
};

/**
 * One kind of misbehaviour. "No effect" means that the request changed nothing at the server.
 * - `"drop"`: the connection fails before the request takes effect
 * - `"lose"`: the request takes effect, and its answer never arrives
 * - `"slow"`: the request takes effect at once, and its answer comes late
 * - `"429"`: 429 `rate_limit` with `Retry-After`, no effect
 * - `"429-bare"`: the same without `Retry-After`
 * - `"500"`: 500 with a JSON error, no effect
 * - `"500-after"`: the request takes effect, and 500 is answered all the same
 * - `"503"`: 503 with a JSON error and `Retry-After`, no effect
 * - `"html"`: 503 with a page of HTML, no effect
 * - `"html-200"`: 200 with a page of HTML, no effect
 * - `"truncated"`: the request takes effect, and its answer's JSON breaks off
 * - `"echo"`: 500 whose message repeats the caller's token, no effect
 * - `"next-range-repeated"`: a list answers 206 and a `Next-Range` that asks for the same page again;
 *   other calls are answered properly
 * - `"next-range-missing"`: a list gives no `Next-Range` where there is more; other calls are
 *   answered properly
 * - `"mistyped"`: an optional member of a record has another type, is missing, or null
 * - `"shifting"`: each access token has another id than in the answer before
 * - `"reordered"`: each scope comes in the opposite order
 * - `"moved"`: the list may change between two pages: two times in three `Next-Range` passes over a
 *   record, or gives one again
 * - `"deaf"`: a delete answers 200 with the record and has no effect
 * - `"blind"`: a look-up answers 404 for what is alive
 * - `"empty-list"`: a list answers 200 with nothing in it
 */
export type FaultKind =
  | "drop"
  | "lose"
  | "slow"
  | "429"
  | "429-bare"
  | "500"
  | "500-after"
  | "503"
  | "html"
  | "html-200"
  | "truncated"
  | "echo"
  | "next-range-repeated"
  | "next-range-missing"
  | "mistyped"
  | "shifting"
  | "reordered"
  | "moved"
  | "deaf"
  | "blind"
  | "empty-list";

/** A fault with its details, for scripts that need other ones than the seed gives. */
export interface DetailedFault {
  /** What goes wrong. */
  readonly kind: FaultKind;
  /**
   * How long a `"slow"` answer takes, in milliseconds.
   * @default {from 1 to `slowest`, by the seed}
   */
  readonly delay?: number;
  /**
   * The `Retry-After` header of a `"429"` or `"503"`, verbatim: seconds or a date.
   * @default {`0`} or `1`, by the seed
   */
  readonly retryAfter?: string;
  /**
   * What a `"mistyped"` answer changes, in every record: `description`, `access_token.version`.
   * @default {one member of one record, by the seed}
   */
  readonly member?: string;
  /**
   * What that member becomes: a value, or a function of what it is.
   * @default {it is missing}
   */
  readonly value?: unknown;
}

/** A fault: only its kind, or with details. */
export type Fault = FaultKind | DetailedFault;

/**
 * How often each kind of fault happens, as shares of all calls, from 0 to 1 and together at most 1.
 * A kind that is not named never happens.
 */
export type FaultRates = Readonly<Partial<Record<FaultKind, number>>>;

/** A call as a script sees it, before anything happened. */
export interface FakeCall {
  /** Which call it is, counted from 1 over all calls, whatever became of them. */
  readonly number: number;
  /** The server's time of the call, in milliseconds since the epoch. */
  readonly at: number;
  /** The HTTP method, in capitals. */
  readonly method: string;
  /** The path, without the query. */
  readonly path: string;
  /** The query with its `?`, or empty. */
  readonly query: string;
  /** The token that the call carries, if any, valid or not. */
  readonly token?: string;
  /** The body: parsed when it is JSON, else its text; undefined when there is none. */
  readonly body?: unknown;
}

/** Decides call by call what goes wrong; undefined: nothing. */
export type FaultScript = (call: FakeCall) => Fault | undefined;

/**
 * What goes wrong: `true` for {@linkcode DEFAULT_FAULT_RATES}, `false` for nothing, rates of one's
 * own, or a script.
 */
export type Faults = boolean | FaultRates | FaultScript;

function isFaultKind(name: string): name is FaultKind {
  return Object.hasOwn(DEFAULT_FAULT_RATES, name);
}

/**
 * Turns what was asked for into a script. Drawn faults depend only on the seed and the call's number.
 *
 * @param faults what goes wrong
 * @param seed the seed to draw with
 * @throws {TypeError} when a rate is unknown, not from 0 to 1, or all together are more than 1
 */
export function createFaultScript(faults: Faults, seed: number): FaultScript {
  if (typeof faults === "function") return faults;
  if (faults === false) return () => undefined;

  const limits: [FaultKind, number][] = [];
  let sum = 0;
  for (const [kind, rate] of Object.entries(faults === true ? DEFAULT_FAULT_RATES : faults)) {
    if (!isFaultKind(kind)) {
      throw new TypeError(`Cannot draw faults because '${kind}' is no kind of fault`);
    }
    if (!(rate >= 0 && rate <= 1)) {
      throw new TypeError(
        `Cannot draw faults because the rate of '${kind}' must be from 0 to 1: current value is ${rate}`,
      );
    }
    sum += rate;
    limits.push([kind, sum]);
  }
  if (sum > 1 + 1e-9) {
    throw new TypeError(
      `Cannot draw faults because all rates together must be at most 1: current value is ${sum}`,
    );
  }
  return ({ number }) => {
    const drawn = drawAt(seed, number);
    return limits.find(([, limit]) => drawn < limit)?.[0];
  };
}
