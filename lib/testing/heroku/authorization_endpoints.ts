/**
 * The endpoints under `/oauth/authorizations`, each for a call that has been let through.
 *
 * @module
 */

import {
  type Answer,
  badRequest,
  errorAnswer,
  invalidParams,
  jsonAnswer,
  notFound,
  taggedAnswer,
} from "./answers.ts";
import {
  createAuthorizationWriter,
  type FakeUser,
  findClient,
  isObject,
  readCreate,
  readUpdate,
  showAuthorization,
  type Showing,
} from "./authorization_record.ts";
import type {
  AuthorizationStore,
  FakeClient,
  Stored,
  StoredAuthorization,
  StoreView,
} from "./authorization_store.ts";
import { parseRange, takePage } from "./paging.ts";
import { type FakeWorld, grantLifetime, storeDescription } from "./world.ts";

/** The lifetime that regenerating gives to a token, in milliseconds: eight hours. */
export const REGENERATED_LIFETIME = 8 * 60 * 60 * 1000;

/** A call that has been let through. */
export interface AdmittedCall {
  /** The server's time, in milliseconds since the epoch. */
  readonly at: number;
  /** The token that the call carries. */
  readonly token: string;
  /** The request's headers. */
  readonly headers: Headers;
  /** The parsed body; undefined when there is none or it is no JSON. */
  readonly body: unknown;
  /** The id or name in the path; empty where the path has none. */
  readonly id: string;
}

/** What the endpoints need. */
export interface AuthorizationSettings {
  /** The authorizations of the account. */
  readonly store: AuthorizationStore;
  /** The account's user. */
  user(): FakeUser;
  /** The OAuth clients that a request may name. */
  readonly clients: readonly FakeClient[];
  /** How answers hide the tokens, other than those of create and regenerate. */
  readonly hide: Showing["hide"];
  /** The status that regenerating answers with. */
  readonly regenerateStatus: 200 | 201;
  /** The id of the authorization that `~` stands for, if the account has one. */
  readonly defaultKeyId: string | undefined;
  /** What lasts at this moment. */
  world(): FakeWorld;
  /** Makes an id. */
  makeId(): string;
  /** Makes a token. */
  makeToken(): string;
}

/** The calls that Heroku's authorizations have. */
export interface AuthorizationEndpoints {
  /** Answers `GET /oauth/authorizations`: a page. */
  readonly list: (call: AdmittedCall) => Answer;
  /** Answers `POST /oauth/authorizations`. */
  readonly create: (call: AdmittedCall) => Answer;
  /** Answers `GET /oauth/authorizations/{id}`. */
  readonly info: (call: AdmittedCall) => Answer;
  /** Answers `PATCH /oauth/authorizations/{id}`. */
  readonly update: (call: AdmittedCall) => Answer;
  /** Answers `DELETE /oauth/authorizations/{id}`. */
  readonly remove: (call: AdmittedCall) => Answer;
  /** Answers `POST /oauth/authorizations/{id}/actions/regenerate-tokens`. */
  readonly regenerate: (call: AdmittedCall) => Answer;
}

/** Prepares the endpoints. */
export function createAuthorizationEndpoints(
  settings: AuthorizationSettings,
): AuthorizationEndpoints {
  const { store, user, clients, hide } = settings;
  const write = createAuthorizationWriter(user, { hide });

  function showRead(stored: Stored, at: number): Answer {
    return jsonAnswer(200, showAuthorization(stored, user(), at, { hide }));
  }

  function showIssued(status: number, stored: Stored, at: number): Answer {
    const record = showAuthorization(stored, user(), at, { hide: "none", issued: true });
    return jsonAnswer(status, record);
  }

  function find(id: string, among: StoreView = store): Stored | undefined {
    if (id !== "~") return among.find(id);
    return settings.defaultKeyId === undefined ? undefined : among.find(settings.defaultKeyId);
  }

  function list({ at, headers }: AdmittedCall): Answer {
    const range = parseRange(headers.get("Range"));
    if ("problem" in range) {
      return errorAnswer(416, "requested_range_not_satisfiable", `${range.problem}.`);
    }
    const { lag = 0, pageSize = range.max } = settings.world();
    const limited = { ...range, max: Math.min(range.max, pageSize) };
    const page = takePage(store.view(at).sorted, limited);
    const answered: Record<string, string> = { "Accept-Ranges": "id" };
    if (page.contentRange !== undefined) answered["Content-Range"] = page.contentRange;
    if (page.nextRange !== undefined) answered["Next-Range"] = page.nextRange;
    // The seconds left are no part of the tag: 304 is answered although they changed, which is why
    // these answers must not be cached.
    // What lags changes without a write.
    const moment = lag > 0 ? `-${at}` : "";
    const tag = `list-${store.version}${moment}-${JSON.stringify(range).replaceAll(/[^\w-]/g, "")}`;
    return taggedAnswer(
      { tag, ifNoneMatch: headers.get("If-None-Match") },
      page.nextRange === undefined ? 200 : 206,
      () => `[${page.items.map((stored) => write(stored, at)).join(",")}]`,
      answered,
    );
  }

  function create({ at, body, token: carried }: AdmittedCall): Answer {
    if (!isObject(body)) return badRequest();
    const attributes = readCreate(body);
    if ("invalid" in attributes) return invalidParams(attributes.invalid);
    const world = settings.world();
    const { scope, client: clientId } = attributes;
    const description = storeDescription(attributes.description, world);
    const expires_in = grantLifetime(attributes.expires_in, world);
    if (store.sorted.length >= (world.quota ?? Infinity)) {
      return invalidParams("You have reached the limit of authorizations.");
    }
    const client = clientId === undefined ? null : findClient(clients, clientId);
    if (client === undefined) return invalidParams("Couldn't find that OAuth client.");
    const id = settings.makeId();
    const authorization: StoredAuthorization = {
      kind: "authorization",
      key: id,
      id,
      scope,
      description,
      client,
      createdAt: at,
      updatedAt: at,
      token: settings.makeToken(),
      accessTokenId: settings.makeId(),
      expiresAt: expires_in === null ? null : at + expires_in * 1000,
      omit: [],
      session: null,
      tokenMadeAt: at,
      version: 0,
    };
    store.add(authorization);
    const toDuration = (seconds: number | null) => seconds === null ? null : seconds * 1000;
    store.noteCreation({
      id,
      at,
      token: carried,
      made: authorization.token,
      asked: attributes.description,
      description,
      askedLifetime: toDuration(attributes.expires_in),
      lifetime: toDuration(expires_in),
    });
    return showIssued(201, authorization, at);
  }

  function info({ at, headers, id }: AdmittedCall): Answer {
    const stored = find(id, store.view(at));
    if (stored === undefined) return notFound("authorization");
    return taggedAnswer(
      { tag: `info-${stored.key}-${stored.version}`, ifNoneMatch: headers.get("If-None-Match") },
      200,
      () => write(stored, at),
    );
  }

  function update({ at, body, id }: AdmittedCall): Answer {
    if (!isObject(body)) return badRequest();
    const stored = find(id);
    if (stored === undefined) return notFound("authorization");
    const attributes = readUpdate(body);
    if ("invalid" in attributes) return invalidParams(attributes.invalid);
    if (stored.kind === "oddity") return jsonAnswer(200, stored.record);
    const { description = stored.description, client: named } = attributes;
    const client = named === undefined
      ? stored.client
      : findClient(clients, named.id, named.secret);
    if (client === undefined) return invalidParams("Couldn't find that OAuth client.");
    stored.description = storeDescription(description, settings.world());
    stored.client = client;
    store.touch(stored, at);
    return showRead(stored, at);
  }

  function remove({ at, id, token }: AdmittedCall): Answer {
    const stored = find(id);
    if (stored === undefined) return notFound("authorization");
    store.remove(stored, "request", at, token);
    return showRead(stored, at);
  }

  function regenerate({ at, id, token }: AdmittedCall): Answer {
    const stored = find(id);
    if (stored === undefined || stored.kind === "oddity") return notFound("authorization");
    const replacement = {
      token: settings.makeToken(),
      accessTokenId: settings.makeId(),
      expiresAt: at + REGENERATED_LIFETIME,
    };
    store.regenerate(stored, replacement, at, token);
    return showIssued(settings.regenerateStatus, stored, at);
  }

  return { list, create, info, update, remove, regenerate };
}
