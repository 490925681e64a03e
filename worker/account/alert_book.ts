/**
 * The alerts of an account: which problems are open, and what is still to be sent to which channel.
 *
 * @module
 */
import type { Alert } from "../../lib/alert.ts";
import type { OpenProblem } from "../alerts/changes.ts";
import type { Letter } from "../alerts/compose.ts";
import { about } from "../event.ts";
import { type BrokenChannel, TOLERATED_FOR } from "../health/fault.ts";
import type { EventLog } from "./event_log.ts";
import type { Sql } from "./sql.ts";

/** An alert that waits to be sent. */
export interface WaitingLetter extends Letter {
  /** Its place in the order of all. */
  readonly number: number;
}

/** The alerts of an account. */
export interface AlertBook {
  /** The problems that were reported, and are not over. */
  readOpen(): readonly OpenProblem[];
  /** Writes down which problems are open, and what is to be sent, in one transaction with its events. */
  write(open: readonly OpenProblem[], letters: readonly Letter[]): void;
  /** What waits for a channel, the oldest first. */
  readWaiting(channel: string): readonly WaitingLetter[];
  /** Writes down that a channel has taken some. */
  markSent(channel: string, letters: readonly WaitingLetter[]): void;
  /** Writes down that a channel did not take one. */
  markFailed(channel: string, at: number, error: string): void;
  /** Forgets what waits for channels other than these. */
  keepOnly(channels: readonly string[]): void;
  /** The channels that have failed for more than an hour. */
  readBroken(at: number): readonly BrokenChannel[];
}

/** How many alerts wait for a channel at most: of more, the oldest are dropped. */
const MOST_WAITING = 100;

/** Makes the book on tables that are up to date. */
export function createAlertBook(sql: Sql, events: Pick<EventLog, "append">): AlertBook {
  return {
    readOpen: () =>
      sql.run<{ body: string }>("SELECT body FROM problems ORDER BY key")
        .map(({ body }) => JSON.parse(body) as OpenProblem),

    write(open, letters) {
      const former = sql.run<{ key: string; body: string }>("SELECT key, body FROM problems");
      const next = new Map(open.map((problem) => [problem.key, JSON.stringify(problem)]));
      const gone = former.filter(({ key }) => !next.has(key));
      const known = new Map(former.map(({ key, body }) => [key, body]));
      const changed = [...next].filter(([key, body]) => known.get(key) !== body);
      if (gone.length === 0 && changed.length === 0 && letters.length === 0) return;
      sql.transaction(() => {
        for (const { key } of gone) sql.run("DELETE FROM problems WHERE key = ?", key);
        for (const [key, body] of changed) {
          sql.run(
            "INSERT INTO problems (key, body) VALUES (?, ?)" +
              " ON CONFLICT DO UPDATE SET body = excluded.body",
            key,
            body,
          );
        }
        for (const { channel, alert } of letters) {
          sql.run(
            "INSERT INTO outbox (channel, body) VALUES (?, ?)",
            channel,
            JSON.stringify(alert),
          );
        }
        for (const channel of new Set(letters.map((letter) => letter.channel))) {
          sql.run(
            "DELETE FROM outbox WHERE channel = ? AND number NOT IN" +
              " (SELECT number FROM outbox WHERE channel = ? ORDER BY number DESC LIMIT ?)",
            channel,
            channel,
            MOST_WAITING,
          );
        }
        events.append(
          "sweep",
          [...Map.groupBy(letters, ({ alert }) => alert.id).values()].map((same) => {
            const [{ alert: { change, credential, title } }] = same;
            return {
              ...about(credential),
              kind: "alerted",
              message: `${change}, to ${same.map(({ channel }) => channel).join(", ")}. ${title}`,
            };
          }),
        );
      });
    },

    readWaiting: (channel) =>
      sql.run<{ number: number; body: string }>(
        "SELECT number, body FROM outbox WHERE channel = ? ORDER BY number",
        channel,
      ).map(({ number, body }) => ({ number, channel, alert: JSON.parse(body) as Alert })),

    markSent(channel, letters) {
      sql.transaction(() => {
        for (const { number } of letters) sql.run("DELETE FROM outbox WHERE number = ?", number);
        sql.run("DELETE FROM channels WHERE name = ?", channel);
      });
    },

    markFailed(channel, at, error) {
      sql.run(
        "INSERT INTO channels (name, failing_since, error) VALUES (?, ?, ?)" +
          " ON CONFLICT DO UPDATE SET error = excluded.error",
        channel,
        at,
        error,
      );
    },

    keepOnly(channels) {
      const known = sql.run<{ name: string }>(
        "SELECT channel AS name FROM outbox UNION SELECT name FROM channels",
      );
      for (const { name } of known.filter((each) => !channels.includes(each.name))) {
        sql.transaction(() => {
          sql.run("DELETE FROM outbox WHERE channel = ?", name);
          sql.run("DELETE FROM channels WHERE name = ?", name);
        });
      }
    },

    readBroken: (at) =>
      sql.run<{ name: string; since: number; error: string }>(
        "SELECT name, failing_since AS since, error FROM channels WHERE failing_since < ?" +
          " ORDER BY name",
        at - TOLERATED_FOR,
      ),
  };
}
