/**
 * What the fake remembers of the requests that it got.
 *
 * @module
 */

import type { FakeCall, FaultKind } from "./faults.ts";

/** A request and what became of it. */
export interface RecordedRequest extends FakeCall {
  /** The request's headers, the token included. */
  readonly headers: Headers;
  /**
   * The status that was answered; `"lost"` when the request took effect and its answer never arrived;
   * `"dropped"` when it never took effect.
   */
  readonly status: number | "lost" | "dropped";
  /** What went wrong, if anything did. */
  readonly fault?: FaultKind;
  /** The `Request-Id` that was answered, or would have been. */
  readonly requestId: string;
}

/** A list of the latest requests. */
export interface Journal {
  /** The requests, oldest first. */
  readonly requests: readonly RecordedRequest[];
  /** Adds a request. */
  add(request: RecordedRequest): void;
}

/**
 * Makes a journal.
 *
 * @param limit the most requests to remember, 0 for none, Infinity for all
 * @throws {TypeError} when `limit` is negative or NaN
 */
export function createJournal(limit: number): Journal {
  if (!(limit >= 0)) {
    throw new TypeError(
      `Cannot record requests because 'record' must not be negative: current value is ${limit}`,
    );
  }
  const requests: RecordedRequest[] = [];
  return {
    get requests() {
      return requests.length > limit ? requests.slice(requests.length - limit) : requests;
    },
    add(request) {
      if (limit === 0) return;
      requests.push(request);
      // Old ones leave in bulk, as taking out one at a time would cost as much as the whole list.
      if (requests.length >= 2 * limit + 100) requests.splice(0, requests.length - limit);
    },
  };
}
