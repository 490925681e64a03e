/**
 * Heroku on a good day: takes a request and gives the proper answer, in this order of refusals: 404 and
 * 405 for the route, 406, 401, 429, 403 and 402 for the account, 403 for the scope, then what the
 * endpoint itself finds.
 *
 * @module
 */

import { type AccountState, showAccount } from "./account.ts";
import { type Answer, errorAnswer, jsonAnswer, rateLimited } from "./answers.ts";
import type { AdmittedCall, AuthorizationEndpoints } from "./authorization_endpoints.ts";
import type { FakeUser } from "./authorization_record.ts";
import type { AuthorizationStore } from "./authorization_store.ts";
import type { Apps } from "./config_vars.ts";
import type { RateLimitPool } from "./rate_limit.ts";
import { accepted, allows, type Permission } from "./scopes.ts";
import type { SessionEndpoints } from "./sessions.ts";

/** A request as it reached the server. */
export interface ServedRequest {
  /** The server's time, in milliseconds since the epoch. */
  readonly at: number;
  /** The HTTP method, in capitals. */
  readonly method: string;
  /** The path, without the query. */
  readonly path: string;
  /** The request's headers. */
  readonly headers: Headers;
  /** The token that the request carries, if any. */
  readonly token: string | undefined;
  /** The parsed body; undefined when there is none or it is no JSON. */
  readonly body: unknown;
}

/** What the server consists of. */
export interface ServerParts {
  /** The authorizations of the account. */
  readonly store: AuthorizationStore;
  /** The endpoints of the authorizations. */
  readonly authorizations: AuthorizationEndpoints;
  /** The endpoints of the sessions. */
  readonly sessions: SessionEndpoints;
  /** The apps of the account. */
  readonly apps: Apps;
  /** The account's rate limit. */
  readonly pool: RateLimitPool;
  /** The account's user. */
  user(): FakeUser;
  /** The token that works without an authorization in the list; undefined when there is none. */
  readonly adminToken: string | undefined;
  /** Whether a scope without `global` or `identity` may read the account all the same. */
  readonly openAccount: boolean;
  /** The account's state at this moment. */
  account(): AccountState;
}

interface Endpoint {
  readonly permission: Permission;
  readonly answer: (call: AdmittedCall) => Answer;
}

interface Route {
  readonly pattern: RegExp;
  readonly methods: Readonly<Record<string, Endpoint>>;
}

const VERSION_3 = /^application\/vnd\.heroku\+json *; *version=3(\.[\w.-]+)?$/i;

/**
 * The token in an `Authorization` header: that of `Bearer`, or the password of `Basic`.
 *
 * @param header the header's value, null when there is none
 */
export function readToken(header: string | null): string | undefined {
  const [scheme, credentials] = (header ?? "").split(/ +/, 2);
  if (credentials === undefined || credentials === "") return undefined;
  if (scheme.toLowerCase() === "bearer") return credentials;
  if (scheme.toLowerCase() !== "basic") return undefined;
  try {
    const decoded = atob(credentials);
    return decoded.slice(decoded.indexOf(":") + 1) || undefined;
  } catch {
    return undefined;
  }
}

function withHeaders(answer: Answer, more: Readonly<Record<string, string>>): Answer {
  return { ...answer, headers: { ...answer.headers, ...more } };
}

function decodePart(part: string | undefined): string | undefined {
  try {
    return decodeURIComponent(part ?? "");
  } catch {
    return undefined;
  }
}

/**
 * Puts the server together.
 *
 * @param parts what it consists of
 * @returns a function that answers requests, and never misbehaves
 */
export function createServer(parts: ServerParts): (request: ServedRequest) => Answer {
  const { store, authorizations, sessions, apps, pool } = parts;

  const account: Endpoint = {
    permission: "account",
    answer: ({ at }) => jsonAnswer(200, showAccount(parts.user(), parts.account(), at)),
  };
  const rateLimits: Endpoint = {
    permission: "rate-limits",
    answer: ({ at }) => jsonAnswer(200, { remaining: pool.remaining(at) }),
  };

  function at(permission: Permission, answer: Endpoint["answer"]): Endpoint {
    return { permission, answer };
  }

  const routes: readonly Route[] = [
    {
      pattern: /^\/oauth\/authorizations$/,
      methods: {
        GET: at("authorizations", authorizations.list),
        POST: at("authorizations", authorizations.create),
      },
    },
    {
      pattern: /^\/oauth\/authorizations\/([^/]+)$/,
      methods: {
        GET: at("authorizations", authorizations.info),
        PATCH: at("authorizations", authorizations.update),
        DELETE: at("authorizations", authorizations.remove),
      },
    },
    {
      pattern: /^\/oauth\/authorizations\/([^/]+)\/actions\/regenerate-tokens$/,
      methods: { POST: at("authorizations", authorizations.regenerate) },
    },
    {
      pattern: /^\/oauth\/sessions$/,
      methods: { GET: at("authorizations", sessions.list) },
    },
    {
      pattern: /^\/oauth\/sessions\/([^/]+)$/,
      methods: {
        GET: at("authorizations", sessions.info),
        DELETE: at("authorizations", sessions.remove),
      },
    },
    { pattern: /^\/account$/, methods: { GET: account } },
    { pattern: /^\/account\/rate-limits$/, methods: { GET: rateLimits } },
    {
      pattern: /^\/apps\/([^/]+)\/config-vars$/,
      methods: { GET: at("read-config", apps.read), PATCH: at("write-config", apps.change) },
    },
    {
      pattern: /^\/apps\/([^/]+)\/releases$/,
      methods: { GET: at("read-config", apps.newestRelease) },
    },
    {
      pattern: /^\/apps\/([^/]+)\/releases\/\d+\/config-vars$/,
      methods: { GET: at("read-config", apps.readNewest) },
    },
  ];

  function scopeOf(token: string, now: number): readonly string[] | undefined {
    const authorization = store.findByToken(token, now);
    if (authorization !== undefined) return authorization.scope;
    const works = token === parts.adminToken && parts.account().adminRevoked !== true;
    return works ? ["global"] : undefined;
  }

  function refuse(
    request: ServedRequest,
    endpoint: Endpoint,
    scope: readonly string[],
  ): Answer | undefined {
    const { suspended, delinquent, twoFactor } = parts.account();
    if (endpoint !== rateLimits && !pool.take(request.at)) return rateLimited();
    if (suspended === true) {
      return errorAnswer(403, "suspended", "This account has been suspended.");
    }
    if (delinquent === true) {
      return errorAnswer(402, "delinquent", "This account is delinquent with its payment.");
    }
    const code = request.headers.get("Heroku-Two-Factor-Code") ?? "";
    if (twoFactor === true && !/^\d{6}$/.test(code)) {
      const refusal = errorAnswer(
        403,
        "two_factor",
        "A second authentication factor or pre-authorization is required for this request.",
      );
      return withHeaders(refusal, { "Heroku-Two-Factor-Required": "true" });
    }
    const open = endpoint === account && parts.openAccount;
    if (!open && !allows(scope, endpoint.permission)) {
      return errorAnswer(403, "forbidden", "You do not have access to this resource.");
    }
  }

  return (request) => {
    store.expire(request.at);
    const { method, path, headers, token } = request;
    const route = routes.find(({ pattern }) => pattern.test(path));
    const id = decodePart(route?.pattern.exec(path)?.[1]);
    if (route === undefined || id === undefined) {
      return errorAnswer(404, "not_found", "The requested API endpoint was not found.");
    }
    if (!Object.hasOwn(route.methods, method)) {
      const message = `The method ${method} is not allowed here.`;
      return withHeaders(errorAnswer(405, "method_not_allowed", message), {
        Allow: Object.keys(route.methods).join(", "),
      });
    }
    if (!(headers.get("Accept") ?? "").split(",").some((type) => VERSION_3.test(type.trim()))) {
      return errorAnswer(
        406,
        "not_acceptable",
        "The Accept header must be 'application/vnd.heroku+json; version=3'.",
      );
    }
    const scope = token === undefined ? undefined : scopeOf(token, request.at);
    if (token === undefined) {
      return errorAnswer(
        401,
        "unauthorized",
        "There were no credentials in your `Authorization` header. " +
          "Try `Authorization: Bearer <OAuth access token>`.",
      );
    }
    if (scope === undefined) {
      return errorAnswer(401, "unauthorized", "Invalid credentials provided.");
    }
    const endpoint = route.methods[method];
    const answer = refuse(request, endpoint, scope) ??
      endpoint.answer({ at: request.at, token, headers, body: request.body, id });
    return withHeaders(answer, {
      // A scope may have any characters, a header may not.
      "Oauth-Scope": scope.join(" ").replaceAll(/[^\x20-\x7e]/g, "?"),
      "Oauth-Scope-Accepted": accepted(endpoint.permission),
    });
  };
}
