/**
 * The authorizations that the fake account has, and how each of them ended.
 *
 * @module
 */

import { positionOf } from "./paging.ts";

/** An OAuth client, the way an authorization names one. */
export interface FakeClient {
  /** The client's id, a UUID. */
  readonly id: string;
  /** The client's secret, which an update must name. */
  readonly secret: string;
  /** The client's name. */
  readonly name: string;
  /**
   * Where its web flow leads back to.
   * @default {an address at `example.com`}
   */
  readonly redirect_uri?: string | null;
}

/** An authorization that works like any other. */
export interface StoredAuthorization {
  /** Tells it from an oddity. */
  readonly kind: "authorization";
  /** Its place in the list and in `Range`. */
  readonly key: string;
  /** The authorization's id. */
  readonly id: string;
  /** What its token may do. */
  readonly scope: readonly string[];
  /** Milliseconds since the epoch. */
  readonly createdAt: number;
  /** Members that Heroku leaves out when it answers with this one. */
  readonly omit: readonly string[];
  /** The id of the session that it belongs to, as one of a web flow does; null: it belongs to none. */
  readonly session: string | null;
  /** The description, empty when there is none. */
  description: string;
  /** The OAuth client that it was made for, if any. */
  client: FakeClient | null;
  /** Milliseconds since the epoch. */
  updatedAt: number;
  /** The whole access token. */
  token: string;
  /** The id of the access token. */
  accessTokenId: string;
  /** When the access token was made, in milliseconds since the epoch. */
  tokenMadeAt: number;
  /** Milliseconds since the epoch; null: never. */
  expiresAt: number | null;
  /** Grows with every change, for `ETag`. */
  version: number;
}

/** A record that is in the list as it is, with no token that works. */
export interface StoredOddity {
  /** Tells it from an authorization. */
  readonly kind: "oddity";
  /** Its place in the list and in `Range`. */
  readonly key: string;
  /** The id that the record shows; empty when it shows none. */
  readonly id: string;
  /** The record, answered as it is. */
  readonly record: Readonly<Record<string, unknown>>;
  /** Always 0, as an oddity never changes. */
  readonly version: number;
}

/** Anything in the list. */
export type Stored = StoredAuthorization | StoredOddity;

/** How an authorization, or only its token, came to its end. */
export interface Deletion {
  /** The authorization's id. */
  readonly id: string;
  /** The description that it had. */
  readonly description: string;
  /** When it ended, in milliseconds since the epoch. Expiry is dated when it was due. */
  readonly at: number;
  /**
   * Who ended it: a request, the operator (`revoke`), its expiry, or a request that regenerated it,
   * where the authorization lives on and only its token ends.
   */
  readonly by: "request" | "operator" | "expiry" | "regenerate";
  /** The token that the request carried, when a request ended it. */
  readonly token?: string;
  /** The access token that ended; undefined for a record that had none. */
  readonly ended?: string;
}

/** A request that made an authorization. */
export interface Creation {
  /** The authorization's id. */
  readonly id: string;
  /** When it was made, in milliseconds since the epoch. */
  readonly at: number;
  /** The token that the request carried. */
  readonly token: string;
  /** The access token that was made. */
  readonly made: string;
  /** The description that was asked for; {@linkcode StoredAuthorization.description} may differ. */
  readonly asked: string;
  /** The description that was stored. */
  readonly description: string;
  /** The lifetime that was asked for, in milliseconds; null: never expires. */
  readonly askedLifetime: number | null;
  /** The lifetime that was granted, in milliseconds; null: never expires. */
  readonly lifetime: number | null;
}

/** What of the lasting conditions the store itself keeps to. */
export interface StoreConditions {
  /** How long reads lag after writes, in milliseconds. */
  readonly lag: number;
  /** For how long a new token is not accepted yet, in milliseconds. */
  readonly acceptedAfter: number;
}

/** What reads show at one moment. */
export interface StoreView {
  /** Everything that is shown, by ascending key. */
  readonly sorted: readonly Stored[];
  /** Finds by id. */
  find(id: string): Stored | undefined;
}

/** The authorizations of one account, found by id, by token, and in the order of the list. */
export interface AuthorizationStore {
  /** Everything in the list, by ascending key. */
  readonly sorted: readonly Stored[];
  /** Everything that ended, in the order in which it was noticed. */
  readonly deletions: readonly Deletion[];
  /** Every request that made one, in that order. */
  readonly creations: readonly Creation[];
  /** Grows with every change to any of them, for `ETag`. */
  readonly version: number;
  /** Changes what lasts. */
  setConditions(conditions: StoreConditions): void;
  /** Shows what reads show at a moment: all there is, unless they lag. */
  view(now: number): StoreView;
  /** Notes the request that made one. */
  noteCreation(creation: Creation): void;
  /**
   * Puts one in.
   *
   * @throws {TypeError} when its key, id or token is taken
   */
  add(stored: Stored): void;
  /** Finds by id, also the id that an oddity shows. */
  find(id: string): Stored | undefined;
  /** Finds the authorization that a token belongs to, if the token is accepted at this moment. */
  findByToken(token: string, now: number): StoredAuthorization | undefined;
  /** Tells the store that members of an authorization changed. */
  touch(authorization: StoredAuthorization, at: number): void;
  /** Replaces the token; the old one is dead at once. */
  regenerate(
    authorization: StoredAuthorization,
    replacement: { token: string; accessTokenId: string; expiresAt: number },
    at: number,
    usedToken: string,
  ): void;
  /** Takes one out. */
  remove(stored: Stored, by: "request" | "operator", at: number, usedToken?: string): void;
  /** Takes out every authorization whose time has come. */
  expire(now: number): void;
}

interface Expiry {
  readonly at: number;
  readonly authorization: StoredAuthorization;
}

function pushExpiry(heap: Expiry[], expiry: Expiry): void {
  let index = heap.push(expiry) - 1;
  while (index > 0) {
    const parent = (index - 1) >> 1;
    if (heap[parent].at <= expiry.at) break;
    heap[index] = heap[parent];
    index = parent;
  }
  heap[index] = expiry;
}

function popExpiry(heap: Expiry[]): void {
  const moved = heap.pop();
  if (moved === undefined || heap.length === 0) return;
  let index = 0;
  while (true) {
    let child = 2 * index + 1;
    if (child >= heap.length) break;
    if (child + 1 < heap.length && heap[child + 1].at < heap[child].at) child++;
    if (heap[child].at >= moved.at) break;
    heap[index] = heap[child];
    index = child;
  }
  heap[index] = moved;
}

/** Makes an empty store. */
export function createAuthorizationStore(): AuthorizationStore {
  const sorted: Stored[] = [];
  const byId = new Map<string, Stored>();
  const byToken = new Map<string, StoredAuthorization>();
  const deletions: Deletion[] = [];
  const creations: Creation[] = [];
  let conditions: StoreConditions = { lag: 0, acceptedAfter: 0 };
  /** What was deleted and may still be shown. */
  let departed: { readonly stored: Stored; readonly at: number }[] = [];
  // A heap finds what is due without looking at the rest; entries that no longer hold stay in it
  // until their time and are passed over then.
  const expiries: Expiry[] = [];
  let version = 0;

  function touch(authorization: StoredAuthorization, at: number): void {
    version++;
    authorization.version++;
    authorization.updatedAt = at;
  }

  function schedule(authorization: StoredAuthorization): void {
    if (authorization.expiresAt !== null) {
      pushExpiry(expiries, { at: authorization.expiresAt, authorization });
    }
  }

  function take(
    stored: Stored,
    end: { readonly at: number; readonly by: Deletion["by"]; readonly token?: string },
  ): void {
    version++;
    sorted.splice(positionOf(sorted, stored.key), 1);
    byId.delete(stored.id);
    if (conditions.lag > 0 && end.by !== "expiry") departed.push({ stored, at: end.at });
    if (stored.kind === "oddity") {
      const { description } = stored.record;
      deletions.push({
        id: stored.id,
        description: typeof description === "string" ? description : "",
        ...end,
      });
      return;
    }
    byToken.delete(stored.token);
    deletions.push({
      id: stored.id,
      description: stored.description,
      ended: stored.token,
      ...end,
    });
  }

  function view(now: number): StoreView {
    const { lag } = conditions;
    if (lag === 0) return { sorted, find: (id) => byId.get(id) };
    departed = departed.filter(({ at }) => at + lag > now);
    const shown = [...sorted, ...departed.map(({ stored }) => stored)]
      .filter((stored) => stored.kind === "oddity" || stored.createdAt + lag <= now)
      .sort((one, other) => one.key < other.key ? -1 : 1);
    return { sorted: shown, find: (id) => shown.find((stored) => stored.id === id) };
  }

  return {
    sorted,
    deletions,
    creations,
    get version() {
      return version;
    },
    setConditions(changed) {
      version++;
      conditions = changed;
    },
    view,
    noteCreation: (creation) => creations.push(creation),
    add(stored) {
      const position = positionOf(sorted, stored.key);
      const taken = sorted[position]?.key === stored.key ||
        stored.kind === "authorization" && (byId.has(stored.id) || byToken.has(stored.token));
      if (taken) throw new TypeError(`Cannot add '${stored.id}' because its id or token is taken`);
      version++;
      sorted.splice(position, 0, stored);
      if (stored.id !== "" && !byId.has(stored.id)) byId.set(stored.id, stored);
      if (stored.kind === "authorization") {
        byToken.set(stored.token, stored);
        schedule(stored);
      }
    },
    find: (id) => byId.get(id),
    findByToken(token, now) {
      const found = byToken.get(token);
      const accepted = found && found.createdAt + conditions.acceptedAfter <= now;
      return accepted ? found : undefined;
    },
    touch,
    regenerate(authorization, replacement, at, usedToken) {
      deletions.push({
        id: authorization.id,
        description: authorization.description,
        at,
        by: "regenerate",
        token: usedToken,
        ended: authorization.token,
      });
      byToken.delete(authorization.token);
      Object.assign(authorization, replacement, { tokenMadeAt: at });
      byToken.set(authorization.token, authorization);
      schedule(authorization);
      touch(authorization, at);
    },
    remove: (stored, by, at, usedToken) =>
      take(stored, usedToken === undefined ? { by, at } : { by, at, token: usedToken }),
    expire(now) {
      while (expiries.length > 0 && expiries[0].at <= now) {
        const { at, authorization } = expiries[0];
        popExpiry(expiries);
        const lives = byId.get(authorization.id) === authorization;
        if (lives && authorization.expiresAt === at) take(authorization, { at, by: "expiry" });
      }
    },
  };
}
