/**
 * The call shape of the npm package heroku-client, as interfaces.
 *
 * @module
 */
import type { CreateAttributes } from "./attributes.ts";
import type { Authorization, IssuedAuthorization } from "./authorization.ts";

/**
 * Is called once, with an error, or with null and the body. What it throws is an uncaught exception,
 * as everywhere with callbacks; it changes nothing about the promise.
 */
export type Callback<Body> = (error: Error | null, body?: Body) => void;

/** What `create` takes. */
export interface CreateBody extends Omit<CreateAttributes, "client"> {
  /**
   * The OAuth client to make it for: its id (a uuid), or an object that holds it.
   * @default {none}
   */
  readonly client?: string | {
    /** The client's id (a uuid). */
    readonly id: string;
  };
}

/** What is under `/oauth`. */
export interface OAuth {
  /**
   * Goes to `/oauth/authorizations`, or to a single one.
   *
   * @param id The authorization's id, for `info`, `delete` and `actions`.
   */
  authorizations(id?: string): Authorizations;
}

/**
 * All authorizations, or a single one. Each method throws at once an Error `Invalid number of params
 * in path (expected 1, got 0).` when an id is missing, or given where none belongs.
 */
export interface Authorizations {
  /**
   * Creates an authorization. It is sent once, whatever happens. The package sends any members; here
   * unknown ones, or a lifetime as a string, are a TypeError.
   *
   * @param attributes What to create it with.
   * @param callback Is called with the outcome as well.
   */
  create(
    attributes: CreateBody | null | undefined,
    callback?: Callback<IssuedAuthorization>,
  ): Promise<IssuedAuthorization>;
  /**
   * Creates an authorization of Heroku's defaults: with the scope `global` it may do everything.
   *
   * @param callback Is called with the outcome as well.
   */
  create(callback?: Callback<IssuedAuthorization>): Promise<IssuedAuthorization>;
  /**
   * Lists all authorizations, of all pages. Records that have no id are left out.
   *
   * @param callback Is called with the outcome as well.
   */
  list(callback?: Callback<Authorization[]>): Promise<Authorization[]>;
  /**
   * Lists all authorizations, as above. The package takes an object before the callback, and so does this; but
   * it sends the object as a body, and this sends none.
   *
   * @param ignored An object, of no matter.
   * @param callback Is called with the outcome as well.
   */
  list(
    ignored: object | null | undefined,
    callback?: Callback<Authorization[]>,
  ): Promise<Authorization[]>;
  /**
   * Looks up the authorization.
   *
   * @param callback Is called with the outcome as well.
   */
  info(callback?: Callback<Authorization>): Promise<Authorization>;
  /**
   * Looks up the authorization, as above. The package takes an object before the callback, and so does this; but
   * it sends the object as a body, and this sends none.
   *
   * @param ignored An object, of no matter.
   * @param callback Is called with the outcome as well.
   */
  info(
    ignored: object | null | undefined,
    callback?: Callback<Authorization>,
  ): Promise<Authorization>;
  /**
   * Deletes the authorization.
   *
   * @param callback Is called with the outcome as well.
   */
  delete(callback?: Callback<Authorization>): Promise<Authorization>;
  /**
   * Deletes the authorization, as above. The package takes an object before the callback, and so does this; but
   * it sends the object as a body, and this sends none.
   *
   * @param ignored An object, of no matter.
   * @param callback Is called with the outcome as well.
   */
  delete(
    ignored: object | null | undefined,
    callback?: Callback<Authorization>,
  ): Promise<Authorization>;
  /**
   * Goes to the authorization's actions.
   *
   * @param parameter None belongs here.
   */
  actions(parameter?: string): AuthorizationActions;
}

/** The actions of an authorization. */
export interface AuthorizationActions {
  /**
   * Goes to the replacement of its token.
   *
   * @param parameter None belongs here.
   */
  regenerateTokens(parameter?: string): RegenerateTokens;
}

/** The replacement of an authorization's token. */
export interface RegenerateTokens {
  /**
   * Replaces the token: the old one dies at once, the new one lives about eight hours. It is sent
   * once, whatever happens.
   *
   * @param callback Is called with the outcome as well.
   */
  regenerate(callback?: Callback<IssuedAuthorization>): Promise<IssuedAuthorization>;
  /**
   * Replaces the token, as above. The package takes an object before the callback, and so does this; but
   * it sends the object as a body, and this sends none.
   *
   * @param ignored An object, of no matter.
   * @param callback Is called with the outcome as well.
   */
  regenerate(
    ignored: object | null | undefined,
    callback?: Callback<IssuedAuthorization>,
  ): Promise<IssuedAuthorization>;
}
