/**
 * The endpoints under `/oauth/sessions`: each session is a group of tokens, those of a login.
 *
 * Source: https://devcenter.heroku.com/changelog-items/3841; the members are those that Heroku's CLI
 * shows.
 *
 * @module
 */

import { type Answer, jsonAnswer, notFound } from "./answers.ts";
import type { AdmittedCall } from "./authorization_endpoints.ts";
import type { AuthorizationStore, StoredAuthorization } from "./authorization_store.ts";
import { formatTime } from "../clock.ts";

/** The calls that Heroku's sessions have. */
export interface SessionEndpoints {
  /** Answers `GET /oauth/sessions`. */
  readonly list: (call: AdmittedCall) => Answer;
  /** Answers `GET /oauth/sessions/{id}`. */
  readonly info: (call: AdmittedCall) => Answer;
  /** Answers `DELETE /oauth/sessions/{id}`: all its tokens end. */
  readonly remove: (call: AdmittedCall) => Answer;
}

/**
 * Prepares the endpoints.
 *
 * @param store the authorizations of the account
 */
export function createSessionEndpoints(store: AuthorizationStore): SessionEndpoints {
  function group(): Map<string, StoredAuthorization[]> {
    const sessions = new Map<string, StoredAuthorization[]>();
    for (const stored of store.sorted) {
      if (stored.kind === "oddity" || stored.session === null) continue;
      sessions.set(stored.session, [...sessions.get(stored.session) ?? [], stored]);
    }
    return sessions;
  }

  function show(id: string, [first]: readonly StoredAuthorization[], now: number): unknown {
    const { description, createdAt, updatedAt, expiresAt } = first;
    return {
      created_at: formatTime(createdAt),
      description: `Session for ${description}`,
      expires_in: expiresAt === null ? null : Math.floor((expiresAt - now) / 1000),
      id,
      updated_at: formatTime(updatedAt),
    };
  }

  /** The id `~` means the session of the token that asks, if it has one. */
  function find({ at, id, token }: AdmittedCall) {
    const named = id === "~" ? store.findByToken(token, at)?.session ?? "" : id;
    const members = group().get(named);
    return members === undefined ? undefined : { id: named, members };
  }

  return {
    list: ({ at }) => jsonAnswer(200, [...group()].map(([id, members]) => show(id, members, at))),
    info(call) {
      const session = find(call);
      if (session === undefined) return notFound("session");
      return jsonAnswer(200, show(session.id, session.members, call.at));
    },
    remove(call) {
      const session = find(call);
      if (session === undefined) return notFound("session");
      for (const stored of session.members) store.remove(stored, "request", call.at, call.token);
      return jsonAnswer(200, show(session.id, session.members, call.at));
    },
  };
}
