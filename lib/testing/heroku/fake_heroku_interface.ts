/**
 * The fake Heroku as tests use it: its options and what it offers.
 *
 * @module
 */

import type { AccountState } from "./account.ts";
import type { Creation, Deletion, FakeClient } from "./authorization_store.ts";
import type { Faults } from "./faults.ts";
import type { RecordedRequest } from "./journal.ts";
import type { FakeAuthorization, IssueAttributes } from "./operator.ts";
import type { Redaction, TokenForm } from "./token_maker.ts";
import type { FakeWorld } from "./world.ts";

/** How a fake Heroku is set up. */
export interface FakeHerokuOptions {
  /**
   * Decides everything that looks random: ids, tokens, faults.
   * @default {1}
   */
  readonly seed?: number;
  /**
   * What goes wrong: `true` for `DEFAULT_FAULT_RATES`, `false` for nothing, rates of one's own (a
   * kind not named never happens), or a script that decides call by call.
   * @default {true}
   */
  readonly faults?: Faults;
  /**
   * The time at which the clock starts, in milliseconds since the epoch.
   * @default {the real time}
   */
  readonly now?: number;
  /**
   * Whether the clock also runs along with real time.
   * @default {false} only `advance` moves it
   */
  readonly live?: boolean;
  /**
   * Whether answers hide the tokens, other than those of create and regenerate: as Heroku does
   * since 2026.
   * @default {true}
   */
  readonly redact?: boolean;
  /**
   * What of a hidden token shows.
   * @default {`"strong"`} so that it differs from token to token
   */
  readonly redaction?: Redaction;
  /**
   * Whether errors are worded `{"id", "error"}`, as older services of Heroku's do.
   * @default {false}
   */
  readonly olderErrors?: boolean;
  /**
   * The account's admin token.
   * @default {a made-up one}
   */
  readonly token?: string;
  /**
   * A canary: letters, digits, `_` and `-`, at most 32, that are in every token made, so that leaks
   * can be searched for. Redacted tokens don't show it. Needs the token form `"long"`.
   * @default {none}
   */
  readonly tokenPrefix?: string;
  /**
   * The form of every token made.
   * @default {`"long"`}
   */
  readonly tokenForm?: TokenForm;
  /**
   * Whether the account has a default API key: an authorization in the list, whose token is the
   * admin token and which the id `~` stands for.
   * @default {false} so `~` is answered 404 and the admin token belongs to no authorization in the
   *   list
   */
  readonly defaultKey?: boolean;
  /**
   * The authorization that the admin token belongs to: it is in the list, can be deleted, and its
   * token ends with it. It was made a day ago, unless it says otherwise. Not together with
   * `defaultKey`.
   * @default {none}
   */
  readonly ownAuthorization?: Omit<IssueAttributes, "token">;
  /**
   * What lasts.
   * @default {a good day}
   */
  readonly world?: FakeWorld;
  /**
   * The OAuth clients that the account knows; any other is answered 422.
   * @default {none}
   */
  readonly clients?: readonly FakeClient[];
  /**
   * The status that regenerating answers with; Heroku has been seen with both.
   * @default {200}
   */
  readonly regenerateStatus?: 200 | 201;
  /**
   * Whether every live token may read `GET /account`.
   * @default {false} so only `global` and `identity` may and others get 403
   */
  readonly openAccount?: boolean;
  /**
   * A `Warning-Message` header for every answer of the API.
   * @default {none}
   */
  readonly warningMessage?: string;
  /**
   * The longest time a `"slow"` answer takes, in milliseconds.
   * @default {20}
   */
  readonly slowest?: number;
  /**
   * Waits for a `"slow"` answer. It should reject when the signal aborts. Without it,
   * `setTimeout` does.
   *
   * @param ms how long, in milliseconds
   * @param signal the request's signal
   */
  readonly sleep?: (ms: number, signal: AbortSignal) => Promise<void>;
  /**
   * Whether requests are recorded, or how many of the latest. Switch it off in long simulations, as
   * every record stays in memory.
   * @default {true}
   */
  readonly record?: boolean | number;
}

/** A Heroku that misbehaves, with everything that a test needs to know of it. */
export interface FakeHeroku {
  /**
   * Answers a request in-process; usable wherever a `fetch` is, as `fetch: fake.fetch`. The host of the
   * URL is of no matter.
   *
   * @throws {TypeError} when a fault keeps the answer away, as the real `fetch` does
   * @throws the signal's reason when the request is aborted
   */
  readonly fetch: (input: Request | URL | string, init?: RequestInit) => Promise<Response>;
  /**
   * Answers a request over HTTP: `Deno.serve(fake.handler)`. Where a fault keeps the answer away, it returns a
   * response whose head is too large to be read (512 KiB), at which clients drop the
   * connection and reject the fetch: a handler has no other way to make that happen.
   */
  readonly handler: (request: Request) => Promise<Response>;
  /** The account's admin token. */
  readonly token: string;
  /** The server's time, in milliseconds since the epoch. */
  now(): number;
  /**
   * Moves the server's clock forward.
   *
   * @param ms how far, in milliseconds
   * @throws {TypeError} when `ms` is negative or not finite
   */
  advance(ms: number): void;
  /**
   * Makes an authorization as the operator would at the dashboard: no request, no fault.
   *
   * @returns it, with its whole token
   * @throws {TypeError} when the id or the token is taken, the client unknown, or `created_at` no time
   */
  issue(attributes?: IssueAttributes): FakeAuthorization;
  /**
   * Puts a record into the list exactly as it is: `{}`, one with an id that is no UUID, or without an
   * access token. No token comes with it. It can be read and deleted by the id that it shows.
   *
   * @returns what takes it out again, as the operator would
   */
  insert(record: Readonly<Record<string, unknown>>): () => void;
  /**
   * Changes a description as the operator would at the dashboard.
   *
   * @returns whether there is such an authorization
   */
  edit(id: string, changes: { readonly description: string }): boolean;
  /**
   * Ends an authorization as the operator or Heroku itself would: no request, no fault.
   *
   * @returns whether there was such a record
   */
  revoke(id: string): boolean;
  /** The authorizations that live now, by ascending id, each with its whole token. */
  live(): FakeAuthorization[];
  /** Whether Heroku would take this token now. */
  accepts(token: string): boolean;
  /** Every whole token there has ever been, also dead ones: none may show up in a log. */
  tokens(): readonly string[];
  /** The requests and what became of them, oldest first. */
  readonly requests: readonly RecordedRequest[];
  /** Everything that ended, and who ended it, in the order in which it was noticed. */
  readonly deletions: readonly Deletion[];
  /** Every request that made an authorization, in that order. */
  readonly creations: readonly Creation[];
  /** How many calls there have been, recorded or not. */
  readonly calls: number;
  /**
   * Changes what goes wrong from the next call on. The count of the calls goes on.
   *
   * @throws {TypeError} when a rate is unknown or impossible
   */
  setFaults(faults: Faults): void;
  /** Changes what lasts, all of it: what is not named is as on a good day again. */
  setWorld(world: FakeWorld): void;
  /** Changes the state of the whole account; members not named stay as they are. */
  setAccount(state: AccountState): void;
  /**
   * Sets how many requests are left in the rate limit's pool.
   *
   * @param remaining how many, from 0 to 4500
   */
  setRateLimitRemaining(remaining: number): void;
  /**
   * Makes an app; its first release has these config vars.
   *
   * @throws {TypeError} when there is such an app
   */
  createApp(name: string, vars?: Readonly<Record<string, string>>): void;
  /**
   * Gives an app a release phase: a change of its config vars is answered with the old ones, and shows
   * when the release command is over.
   *
   * @param lasts how long the release command takes, in milliseconds; 0 for none
   * @throws {TypeError} when there is no such app
   */
  setReleasePhase(app: string, lasts: number): void;
  /**
   * The config vars that an app has now; with a release phase, those that the last request met.
   *
   * @throws {TypeError} when there is no such app
   */
  configVars(app: string): Readonly<Record<string, string>>;
  /**
   * How many releases an app has had: one at its creation, one for each `PATCH` that names a config
   * var, be its value new or the same.
   *
   * @throws {TypeError} when there is no such app
   */
  releases(app: string): number;
}
