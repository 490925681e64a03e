/**
 * Who is told: an operator that looks at nothing but alerts. No consumer may lose its token before this
 * operator knew that something is wrong.
 *
 * @module
 */
import type { Alert } from "../../lib/alert.ts";
import type { FakeHeroku } from "../../lib/testing/mod.ts";

/** A place that uses a token, as the watch goes by it. */
export interface Consumer {
  readonly place: string;
  readonly credential: string;
  readonly token: string | undefined;
  /** Whether it is paused or only observed: then only its expiry is reported. */
  readonly paused: boolean;
  /** Whether the ledger takes the token's authorization, by its id, for one in use. */
  readonly counts: (authorization: string) => boolean;
  /** Whether the ledger knows when that ends. */
  readonly hasEnd: (authorization: string) => boolean;
}

/** What one knows of a token from when it lived. */
interface Life {
  readonly id: string;
  /** When it began, in milliseconds since the epoch. */
  readonly since: number;
}

/** An operator. */
export interface AlertWatch {
  /** How many alerts came, whatever they said. */
  readonly alerts: number;
  /** Takes an alert. */
  take(alert: Alert): void;
  /** A sweep has ended, and what it had to say has been said: was it in time? */
  check(consumers: readonly Consumer[]): void;
  /** Something keeps sweeps from knowing what there is: what dies meanwhile is excused. */
  excuse(): void;
}

const minute = 60_000;
const day = 1440 * minute;

/** How long after Heroku has ended a token without notice the operator may know nothing of it. */
const patience = 6 * 60 * minute;

/** How far apart two sweeps must be for the second one to know more, in milliseconds. */
const shortestDoubt = 10 * minute;

/** Makes one, who accuses. */
export function createAlertWatch(
  heroku: FakeHeroku,
  accuse: (call: string, message: string) => void,
): AlertWatch {
  const open = new Map<string, number>();
  const overAt = new Map<string, number>();
  const lives = new Map<string, Life>();
  const firstSeen = new Map<string, number>();
  const restedAt = new Map<string, number>();
  const accused = new Set<string>();
  const known = new Set<string>();
  let sweptAt: number[] = [];
  let excusedAt = heroku.now();
  let alerts = 0;

  /** Since when the operator knows of something that may explain it. */
  function knownSince(credential: string): number {
    const all = [...open].filter(([problem]) => explains(problem, credential))
      .map(([, at]) => at);
    return Math.min(Infinity, ...all);
  }

  /** When an alert that may explain it was over last. */
  function lastKnown(credential: string): number {
    return Math.max(
      0,
      ...[...overAt].filter(([problem]) => explains(problem, credential))
        .map(([, at]) => at),
    );
  }

  function explains(problem: string, credential: string): boolean {
    return problem === `credential ${credential}` || !problem.startsWith("credential ");
  }

  function findLateness(
    { place, credential, token = "", paused, counts, hasEnd }: Consumer,
  ): string | undefined {
    const life = lives.get(token);
    if (!life || heroku.accepts(token) || !counts(life.id)) return undefined;
    const end = heroku.deletions.findLast(({ ended }) => ended === token);
    if (!end || end.by === "request") return undefined;
    const since = knownSince(credential);
    const seen = firstSeen.get(`${place} ${credential} ${token}`) ?? Infinity;
    // An end that Heroku never told comes without notice, too.
    if (end.by !== "expiry" || !hasEnd(life.id)) {
      // Since the operator last knew of anything that may explain it.
      const darkSince = Math.max(end.at, restedAt.get(credential) ?? 0, lastKnown(credential));
      // One sweep sees it, another one doubts it, and the next one after a while believes it.
      const sweeps = sweptAt.filter((at) => at > darkSince).reduce<readonly number[]>(
        (apart, at) => at - (apart.at(-1) ?? -Infinity) > shortestDoubt ? [...apart, at] : apart,
        [],
      );
      const isLate = !paused && since === Infinity && sweeps.length > 3 &&
        heroku.now() - darkSince > patience && seen < end.at && excusedAt < end.at;
      return isLate ? "has ended without notice" : undefined;
    }
    const length = end.at - life.since;
    const late = end.at - length / 10;
    const deadline = end.at - Math.min(length / 20, day);
    // What runs late or not at all, its heartbeat tells.
    const looked = sweptAt.some((at) => at > late + length / 40 && at <= deadline);
    if (!looked || seen > late || excusedAt > late || since <= deadline) return undefined;
    return "expired";
  }

  return {
    get alerts() {
      return alerts;
    },

    take({ change, problem }) {
      alerts++;
      if (change === "over") {
        open.delete(problem);
        overAt.set(problem, heroku.now());
      } else if (!open.has(problem)) open.set(problem, heroku.now());
    },

    check(consumers) {
      const now = heroku.now();
      sweptAt.push(now);
      // A tenth of the longest lifetime is remembered.
      if (sweptAt.length > 20_000) sweptAt = sweptAt.slice(-10_000);
      for (const { id, token, created_at } of heroku.live()) {
        if (lives.has(token)) continue;
        // One that was regenerated begins again, and its authorization does not.
        const isSecond = known.has(id);
        known.add(id);
        lives.set(token, { id, since: isSecond ? now : Date.parse(created_at) });
      }
      for (const consumer of consumers) {
        const key = `${consumer.place} ${consumer.credential} ${consumer.token}`;
        if (!firstSeen.has(key)) firstSeen.set(key, now);
        if (consumer.paused) restedAt.set(consumer.credential, now);
        const lateness = findLateness(consumer);
        if (lateness === undefined || accused.has(key)) continue;
        accused.add(key);
        accuse(
          "a sweep",
          `${consumer.place} of '${consumer.credential}' holds a token that ${lateness}, and no alert said so in time`,
        );
      }
    },

    excuse() {
      excusedAt = heroku.now();
    },
  };
}
