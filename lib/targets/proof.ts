/**
 * The proofs that several targets give in the same way.
 *
 * @module
 */
import type { Answer } from "./request.ts";
import { type Proof, type Receipt, TargetError } from "./target.ts";

/** A time as services write it; Date.parse() makes one of nearly anything. */
const ISO_TIME = /^\d{4}-\d\d-\d\d[T ][\d:.]+(?:Z|[+-]\d\d:?\d\d)$/;

/** How far a service's own clocks may be apart, beside their counting in whole seconds. */
const SLACK = 5_000;

/**
 * The exact proof: the value that was read back is the token.
 *
 * @param place The place in words, for the message.
 * @param held The value that was read back, or undefined where there is none.
 * @throws {TargetError} With code `mismatch` when it is not.
 */
export function proveExact(place: string, held: unknown, token: string): Proof {
  if (held === undefined) throw missing(place);
  if (held !== token) throw mismatch(place, "holds another value");
  return { kind: "exact", detail: "The value was read back" };
}

/**
 * The span in which a service wrote a value, by the service's own clock: the time of its answer
 * before the write, and of its answer to the write.
 *
 * @param now Our own time in milliseconds since the epoch, for a service that gives none.
 */
export function writtenBetween(
  before: Pick<Answer, "headers">,
  after: Pick<Answer, "headers">,
  now: number,
): Receipt {
  return { not_before: timeOf(before, now), not_after: timeOf(after, now) };
}

/**
 * The proof by timestamp: a value that cannot be read back was last written in the span that
 * {@linkcode writtenBetween} noted.
 *
 * @param place The place in words, for the message.
 * @param writtenAt When the service says that the value was last written (ISO 8601).
 * @throws {TargetError} With code `mismatch` when it was written at another time.
 */
export function proveWritten(place: string, writtenAt: string, receipt: Receipt): Proof {
  // What is no time is not shown: it may be anything, a token too.
  if (!ISO_TIME.test(writtenAt)) {
    throw mismatch(
      place,
      "gives no time of its last write that can be read, so it does not show our delivery",
    );
  }
  const at = Date.parse(writtenAt);
  const notBefore = Date.parse(String(receipt.not_before));
  const notAfter = Date.parse(String(receipt.not_after));
  if (at >= notBefore - SLACK && at <= notAfter + SLACK) {
    return { kind: "timestamp", detail: `Last written at ${writtenAt}, which was our delivery` };
  }
  throw mismatch(
    place,
    at < notBefore
      ? `was last written at ${writtenAt}, before the delivery`
      : `was last written at ${writtenAt}, which was not our delivery`,
  );
}

/** The error for a place that should hold a value and has none. */
export function missing(place: string): TargetError {
  return mismatch(place, "is not there");
}

/** The error for a place that holds something else. */
export function mismatch(place: string, what: string): TargetError {
  return new TargetError(
    "mismatch",
    `The ${place} ${what}: look for who else writes it`,
  );
}

function timeOf({ headers }: Pick<Answer, "headers">, now: number): string {
  const date = Date.parse(headers.get("date") ?? "");
  return new Date(Number.isNaN(date) ? now : date).toISOString();
}
