/**
 * The account's events in its own tables. Who appends does it in the transaction that makes the change.
 *
 * @module
 */
import { DAY } from "@std/datetime/constants";
import { createRedact } from "../../lib/redact.ts";
import {
  about,
  canonicalize,
  describePruned,
  type Event,
  type EventActor,
  type EventHead,
  type Happening,
  hashOf,
} from "../event.ts";
import type { Sql } from "./sql.ts";

/** How long events are kept, in milliseconds: a year. */
const KEPT = 365 * DAY;

/** How many events are kept at most: about 40 MB. */
const MOST = 100_000;

/** The longest message of an event, in characters. */
const LONGEST = 1_000;

/** Which events are asked for. */
export interface EventQuery {
  /** Only those after this number. */
  readonly after: number;
  /** How many at most. */
  readonly limit: number;
  /** Only those of this credential. */
  readonly credential?: string | undefined;
  /** Only those of this kind. */
  readonly kind?: string | undefined;
}

/** Some events. */
export interface EventPage {
  /** Each in its canonical JSON. */
  readonly lines: readonly string[];
  /** The newest event there is. */
  readonly head: EventHead;
}

/** The account's events. */
export interface EventLog {
  /** Writes down what happened, in this order. */
  append(actor: EventActor, happenings: readonly Happening[]): void;
  /** Gives the oldest of those that are asked for. */
  read(query: EventQuery): EventPage;
  /** Drops those that are older than a year, and of more than 100,000 the oldest. */
  prune(): void;
}

interface EventRow {
  readonly number: number;
  readonly body: string;
}

/**
 * Makes the events.
 *
 * @param tell Takes each event once it is written down for good.
 */
export function createEventLog(
  sql: Sql,
  now: () => number = Date.now,
  tell?: (event: Event) => void,
): EventLog {
  const redact = createRedact([]);

  /** What a transaction takes back has not happened: of what one append wrote, all or nothing is kept. */
  function tellLater(written: readonly Event[], { number, hash }: EventHead): void {
    if (!tell) return;
    queueMicrotask(() => {
      const kept = sql.run("SELECT 1 FROM events WHERE number = ? AND hash = ?", number, hash);
      if (kept.length > 0) written.forEach(tell);
    });
  }

  function head(): EventHead {
    const [newest = { number: 0, hash: null }] = sql.run<EventHead>(
      "SELECT number, hash FROM events ORDER BY number DESC LIMIT 1",
    );
    return newest;
  }

  function append(actor: EventActor, happenings: readonly Happening[]): void {
    if (happenings.length === 0) return;
    const at = now();
    let { number, hash: previous } = head();
    const written: Event[] = [];
    for (const happening of happenings) {
      const message = happening.message === null
        ? null
        : redact(happening.message, { keepUuids: true }).slice(0, LONGEST);
      const event: Event = {
        ...happening,
        message,
        number: ++number,
        at: new Date(at).toISOString(),
        actor,
        previous,
      };
      const body = canonicalize(event);
      previous = hashOf(body);
      sql.run(
        "INSERT INTO events (number, at, kind, credential, body, hash) VALUES (?, ?, ?, ?, ?, ?)",
        number,
        at,
        event.kind,
        event.credential,
        body,
        previous,
      );
      written.push(event);
    }
    tellLater(written, { number, hash: previous });
  }

  return {
    append,

    read: ({ after, limit, credential, kind }) => ({
      lines: sql.run<EventRow>(
        "SELECT number, body FROM events WHERE number > ?" +
          " AND (? IS NULL OR credential = ?) AND (? IS NULL OR kind = ?) ORDER BY number LIMIT ?",
        after,
        credential ?? null,
        credential ?? null,
        kind ?? null,
        kind ?? null,
        limit,
      ).map(({ body }) => body),
      head: head(),
    }),

    prune() {
      const [oldest] = sql.run<{ number: number; at: number }>(
        "SELECT number, at FROM events ORDER BY number LIMIT 1",
      );
      if (!oldest) return;
      const newest = head().number;
      // A day's worth at once, as each time is an event by itself.
      const isOld = oldest.at < now() - KEPT - DAY;
      if (!isOld && newest - oldest.number < MOST + MOST / 100) return;
      const [young] = sql.run<{ number: number }>(
        "SELECT number FROM events WHERE at >= ? ORDER BY number LIMIT 1",
        now() - KEPT,
      );
      const first = Math.max(young?.number ?? newest, newest - MOST + 1);
      sql.run("DELETE FROM events WHERE number < ?", first);
      append("sweep", [{ ...about(null), kind: "pruned", message: describePruned(first) }]);
    },
  };
}
