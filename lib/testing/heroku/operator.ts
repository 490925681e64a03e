/**
 * What the operator of the account does and sees without any request: no fault ever meets it.
 *
 * @module
 */

import { findClient } from "./authorization_record.ts";
import type { AuthorizationStore, FakeClient, StoredAuthorization } from "./authorization_store.ts";
import { formatTime } from "../clock.ts";

/** An authorization as the server knows it, with its whole token. */
export interface FakeAuthorization {
  /** The authorization's id. */
  readonly id: string;
  /** The description, empty when there is none. */
  readonly description: string;
  /** The scope. */
  readonly scope: readonly string[];
  /** The whole access token. */
  readonly token: string;
  /** When it was created, ISO 8601 in UTC. */
  readonly created_at: string;
  /** When it was last changed, ISO 8601 in UTC. */
  readonly updated_at: string;
  /** When it expires, in milliseconds since the epoch; null: never. */
  readonly expires_at: number | null;
}

/** What the operator can say about a new authorization. */
export interface IssueAttributes {
  /**
   * The id, of any form.
   * @default {a made-up UUID}
   */
  readonly id?: string;
  /**
   * The whole token, of any form.
   * @default {a made-up one}
   */
  readonly token?: string;
  /**
   * The description.
   * @default {empty}
   */
  readonly description?: string;
  /**
   * The scope.
   * @default {`["global"]`}
   */
  readonly scope?: readonly string[];
  /**
   * The whole lifetime in seconds, counted from `created_at`; null: never expires. It may have
   * passed already: then the authorization expires at once.
   * @default {null}
   */
  readonly expires_in?: number | null;
  /**
   * When it was created: ISO 8601, or milliseconds since the epoch.
   * @default {now}
   */
  readonly created_at?: string | number;
  /**
   * The id of one of the `clients`.
   * @default {none}
   */
  readonly client?: string;
  /**
   * Members that every answer with this authorization leaves out, as real answers do at times:
   * `["access_token"]`, `["description", "session"]`.
   * @default {none}
   */
  readonly omit?: readonly string[];
  /**
   * The session that it belongs to, as one of a web flow does: `true` for one of its own, or the id
   * of another's. It is listed by `GET /oauth/sessions`; deleting it ends all its tokens.
   * @default {none}
   */
  readonly session?: string | true;
}

/** The operator's acts. */
export interface Operator {
  /** Makes an authorization. */
  issue(attributes: IssueAttributes): FakeAuthorization;
  /** Puts a record into the list as it is, and gives what takes it out again. */
  insert(record: Readonly<Record<string, unknown>>): () => void;
  /** Changes a description, and says whether there was such an authorization. */
  edit(id: string, changes: { readonly description: string }): boolean;
  /** Ends a record, and says whether there was one. */
  revoke(id: string): boolean;
  /** The authorizations that live now. */
  live(): FakeAuthorization[];
}

/** What the operator works on. */
export interface OperatorTools {
  /** The authorizations of the account. */
  readonly store: AuthorizationStore;
  /** The OAuth clients that the operator may name. */
  readonly clients: readonly FakeClient[];
  /** The server's time, in milliseconds since the epoch. */
  now(): number;
  /** Makes an id. */
  makeId(): string;
  /** Makes a token. */
  makeToken(): string;
}

function present(authorization: StoredAuthorization): FakeAuthorization {
  const { id, description, scope, token, createdAt, updatedAt, expiresAt } = authorization;
  return {
    id,
    description,
    scope,
    token,
    created_at: formatTime(createdAt),
    updated_at: formatTime(updatedAt),
    expires_at: expiresAt,
  };
}

/** Prepares the operator's acts. */
export function createOperator(tools: OperatorTools): Operator {
  const { store, clients } = tools;

  /** The key under which an id is in the list; one that cannot be in a header gets another. */
  function keyOf(id: string): string {
    const usable = /^[\w-]+$/.test(id) && store.find(id) === undefined;
    return usable ? id : tools.makeId();
  }

  function issue(attributes: IssueAttributes): FakeAuthorization {
    const now = tools.now();
    store.expire(now);
    const { created_at = now, expires_in = null, client: clientId } = attributes;
    const createdAt = new Date(created_at).getTime();
    if (Number.isNaN(createdAt)) {
      throw new TypeError(
        `Cannot issue because 'created_at' must be a time: current value is '${created_at}'`,
      );
    }
    const client = clientId === undefined ? null : findClient(clients, clientId);
    if (client === undefined) {
      throw new TypeError(
        `Cannot issue because 'client' must be one of 'clients': it is '${clientId}'`,
      );
    }
    const id = attributes.id ?? tools.makeId();
    const authorization: StoredAuthorization = {
      kind: "authorization",
      key: keyOf(id),
      id,
      scope: [...attributes.scope ?? ["global"]],
      description: attributes.description ?? "",
      client,
      createdAt,
      updatedAt: createdAt,
      token: attributes.token ?? tools.makeToken(),
      accessTokenId: tools.makeId(),
      expiresAt: expires_in === null ? null : createdAt + expires_in * 1000,
      omit: attributes.omit ?? [],
      session: attributes.session === true ? tools.makeId() : attributes.session ?? null,
      tokenMadeAt: createdAt,
      version: 0,
    };
    store.add(authorization);
    return present(authorization);
  }

  return {
    issue,
    insert(record) {
      const id = typeof record.id === "string" ? record.id : "";
      const oddity = { kind: "oddity", key: keyOf(id), id, record, version: 0 } as const;
      store.add(oddity);
      return () => {
        if (store.sorted.includes(oddity)) store.remove(oddity, "operator", tools.now());
      };
    },
    edit(id, { description }) {
      const now = tools.now();
      store.expire(now);
      const stored = store.find(id);
      if (stored?.kind !== "authorization") return false;
      stored.description = description;
      store.touch(stored, now);
      return true;
    },
    revoke(id) {
      const now = tools.now();
      store.expire(now);
      const stored = store.find(id);
      if (stored === undefined) return false;
      store.remove(stored, "operator", now);
      return true;
    },
    live() {
      store.expire(tools.now());
      return store.sorted.filter((stored) => stored.kind === "authorization").map(present);
    },
  };
}
