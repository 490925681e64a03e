/**
 * Orders: what an operator asks of an account without a deployment.
 *
 * An order is kept as a wish in the credential's own row, which sweeps go by, so that a crash between
 * its answer and its effect loses nothing. Under one id an order is taken once, and answered each time.
 *
 * @module
 */
import { DAY } from "@std/datetime/constants";
import { about, type EventActor } from "../event.ts";
import type { EventLog } from "./event_log.ts";
import { atomically, type Sql } from "./sql.ts";

/** What can be ordered of a credential. */
export const CREDENTIAL_ORDERS = ["rotate", "pause", "resume"] as const;

/** What can be ordered: a sweep is one of the whole account. */
export type OrderKind = typeof CREDENTIAL_ORDERS[number] | "sweep";

/** How long an order's answer is kept, in milliseconds: a day. */
const KEPT_FOR = DAY;

/** What an operator asks for. */
export interface Order {
  /** What tells it from every other one: a random word, or the operator's idempotency key. */
  readonly id: string;
  /** What is to be done. */
  readonly kind: OrderKind;
  /** The account's name. */
  readonly account: string;
  /** The credential's name; null for the whole account. */
  readonly credential: string | null;
  /** Who orders it. */
  readonly by: string;
  /** Why, in the operator's words; null where none were given. */
  readonly reason: string | null;
  /** Why the configuration does not allow it, in words; null when it does. */
  readonly denial: string | null;
}

/** What becomes of an order, in words. */
export type OrderAnswer =
  | { readonly accepted: true; readonly message: string }
  | { readonly accepted: false; readonly message: string };

/** Takes orders into the account's tables. */
export type TakeOrder = (order: Order) => Promise<OrderAnswer>;

/** A credential's row, as far as orders go by it. */
interface OrderedRow {
  readonly paused_at: number | null;
  /** The newest generation that was ever minted and may be at targets; null for none. */
  readonly newest: number | null;
}

/** Makes what takes orders: each in one transaction with its event. */
export function createOrders(
  sql: Sql,
  events: Pick<EventLog, "append">,
  now: () => number,
): TakeOrder {
  function decide({ kind, credential, denial }: Order): OrderAnswer {
    if (denial !== null) return { accepted: false, message: denial };
    if (kind === "sweep" || credential === null) {
      return { accepted: true, message: "A sweep begins, or follows the one that is at work" };
    }
    const [row] = sql.run<OrderedRow & Record<string, string | number | null>>(
      "SELECT paused_at, (SELECT MAX(generation) FROM entries" +
        " WHERE credential = name AND state IN ('adopted', 'minted', 'current')) AS newest" +
        " FROM credentials WHERE name = ?",
      credential,
    );
    if (!row) {
      return {
        accepted: false,
        message: "No sweep has seen it yet: wait for the next one, and order it again",
      };
    }
    return change(kind, credential, row);
  }

  function change(
    kind: Exclude<OrderKind, "sweep">,
    credential: string,
    { paused_at: pausedAt, newest }: OrderedRow,
  ): OrderAnswer {
    if (kind === "rotate") {
      if (pausedAt !== null) {
        return { accepted: false, message: "An order paused it: resume it first" };
      }
      if (newest === null) {
        return {
          accepted: true,
          message: "It has no authorization yet: the sweep that begins now makes one",
        };
      }
      sql.run("UPDATE credentials SET ordered_beyond = ? WHERE name = ?", newest, credential);
      return { accepted: true, message: `A successor of generation ${newest} is made` };
    }
    const isPausing = kind === "pause";
    if (isPausing === (pausedAt !== null)) {
      return { accepted: true, message: isPausing ? "It is paused already" : "It is not paused" };
    }
    sql.run(
      "UPDATE credentials SET paused_at = ? WHERE name = ?",
      isPausing ? now() : null,
      credential,
    );
    return {
      accepted: true,
      message: isPausing
        ? "Nothing is done for it until it is resumed, also when its token nears its end"
        : "The sweep that begins now goes on with it",
    };
  }

  return (order) =>
    atomically(sql, () => {
      const { id, kind, credential, by, reason } = order;
      const at = now();
      sql.run("DELETE FROM orders WHERE at NOT BETWEEN ? AND ?", at - KEPT_FOR, at + KEPT_FOR);
      const [kept] = sql.run<{ body: string }>("SELECT body FROM orders WHERE id = ?", id);
      if (kept) return answerAgain(order, JSON.parse(kept.body));
      const answer = decide(order);
      sql.run(
        "INSERT INTO orders (id, at, body) VALUES (?, ?, ?)",
        id,
        at,
        JSON.stringify({ kind, credential, answer }),
      );
      const actor: EventActor = `order:${by}`;
      const why = reason === null ? "" : ` (${reason})`;
      events.append(actor, [{
        ...about(credential),
        kind: answer.accepted ? "ordered" : "denied",
        message: `${kind}${why}: ${answer.message}`,
      }]);
      return answer;
    });
}

/** What is kept of an order. */
interface Kept extends Pick<Order, "kind" | "credential"> {
  readonly answer: OrderAnswer;
}

function answerAgain({ kind, credential }: Order, kept: Kept): OrderAnswer {
  return kept.kind === kind && kept.credential === credential ? kept.answer : {
    accepted: false,
    message: "This idempotency key was used for another order: use a new one",
  };
}
