/**
 * Events: what happened in an account, each with the hash of the one before it.
 *
 * Who keeps a head, which is the number and the hash of an event, can show later that nothing up to it
 * was changed, left out or put in another order.
 *
 * @module
 */
import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, utf8ToBytes } from "@noble/hashes/utils.js";

/** What happened. The words stay the same from version to version; there may be more of them. */
export type EventKind =
  | "account_changed"
  | "adopted"
  | "alerted"
  | "began"
  | "configuration_changed"
  | "confirmed"
  | "delivered"
  | "delivering"
  | "denied"
  | "discarded"
  | "drifted"
  | "failed"
  | "found_foreign"
  | "gone"
  | "intended"
  | "minted"
  | "ordered"
  | "promoted"
  | "proved"
  | "pruned"
  | "refused"
  | "released"
  | "retired"
  | "succeeded"
  | "unconfirmed";

/** Kinds of events that may need attention. */
export const SERIOUS: readonly EventKind[] = [
  "account_changed",
  "alerted",
  "denied",
  "discarded",
  "drifted",
  "failed",
  "found_foreign",
  "gone",
  "refused",
  "unconfirmed",
];

/** Who did it. */
export type EventActor = "sweep" | "rotation" | `order:${string}`;

/** What an event says. */
export interface Happening {
  /** What happened. */
  readonly kind: EventKind;
  /** The credential that it is about; null for the whole account. */
  readonly credential: string | null;
  /** The generation that it is about. */
  readonly generation: number | null;
  /** The id of the authorization that it is about, once Heroku has given it. */
  readonly authorization: string | null;
  /** The place of the target that it is about. */
  readonly place: string | null;
  /** More about it, in words; never a token. */
  readonly message: string | null;
}

/** What an event says at least: what it is about, and nothing more. */
export function about(credential: string | null): Omit<Happening, "kind"> {
  return { credential, generation: null, authorization: null, place: null, message: null };
}

/** One thing that happened. */
export interface Event extends Happening {
  /** Its place in the account's order of events, from 1 on. */
  readonly number: number;
  /** When it was written down, by the Worker's clock: ISO 8601, in UTC. */
  readonly at: string;
  /** Who did it. */
  readonly actor: EventActor;
  /** The hash of the event before it; null for the first. */
  readonly previous: string | null;
}

/** How far a chain of events reaches. */
export interface EventHead {
  /** The number of the newest event; 0 before the first. */
  readonly number: number;
  /** Its hash; null before the first. */
  readonly hash: string | null;
}

/** A head in words: `NUMBER:HASH`. */
export const HEAD_PATTERN = /^(?<number>\d{1,15}):(?<hash>[\da-f]{64})$/;

/**
 * An event as its hash is made of: JSON with its members in the order of their names, without spaces.
 *
 * @see https://www.rfc-editor.org/rfc/rfc8785
 */
export function canonicalize(event: Event): string {
  return JSON.stringify(
    Object.fromEntries(
      Object.entries(event).toSorted(([one], [other]) => one < other ? -1 : 1),
    ),
  );
}

/** The SHA-256 of an event's canonical JSON, in hexadecimal. */
export function hashOf(canonical: string): string {
  return bytesToHex(sha256(utf8ToBytes(canonical)));
}

/** How a chain of events was found. */
export type ChainVerdict =
  | { readonly ok: true; readonly first: number; readonly head: EventHead }
  | {
    readonly ok: false;
    /** The number of the event where it breaks. */
    readonly at: number;
    /** What is wrong, in words. */
    readonly message: string;
  };

/**
 * Finds whether a chain is whole: events in their order, from the oldest that is kept.
 *
 * @param lines Each event as it was answered: one JSON object.
 * @param known A head that was kept earlier: the chain must still contain it.
 */
export function verifyChain(lines: readonly string[], known?: EventHead): ChainVerdict {
  let head: EventHead = { number: 0, hash: null };
  let first = 1;
  const dropped = new Set<string>();
  let seen = known === undefined || known.number === 0;
  for (const [index, line] of lines.entries()) {
    const expected = head.number + 1;
    const event = parse(line);
    const at = index === 0 ? event?.number ?? 1 : expected;
    if (event === undefined) return { ok: false, at, message: "It is no event" };
    if (index === 0) first = event.number;
    else if (event.number !== expected) {
      return { ok: false, at, message: `After ${head.number} comes ${event.number}` };
    }
    if ((index > 0 || first === 1) && event.previous !== head.hash) {
      return { ok: false, at: head.number, message: "It is not what its successor was chained to" };
    }
    if (event.kind === "pruned") dropped.add(event.message ?? "");
    head = { number: event.number, hash: hashOf(line) };
    if (known?.number === head.number) {
      if (known.hash !== head.hash) {
        return { ok: false, at: head.number, message: "It is not the event of the head you gave" };
      }
      seen = true;
    }
  }
  if (first > 1 && !dropped.has(describePruned(first))) {
    return { ok: false, at: 1, message: `No event says that those before ${first} were dropped` };
  }
  if (!seen) {
    return {
      ok: false,
      at: head.number + 1,
      message: `The chain ends at ${head.number}, or begins after the head you gave`,
    };
  }
  return { ok: true, first, head };
}

/** What the event says that drops old ones. */
export function describePruned(first: number): string {
  return `Events before ${first} were dropped, as they were old enough or too many`;
}

function parse(line: string): Event | undefined {
  try {
    const value: unknown = JSON.parse(line);
    if (typeof value !== "object" || value === null || !("number" in value)) return undefined;
    return Number.isSafeInteger(value.number) ? value as Event : undefined;
  } catch {
    return undefined;
  }
}
