/**
 * What the Worker answers: the page, its health, and the tokens of the built-in store.
 *
 * | Path | Key | Answer |
 * |---|---|---|
 * | `GET /healthz` | none | 200 or 503, and kinds and counts of what is wrong, in JSON |
 * | `GET /` | `PAGE_KEY` | the page |
 * | `GET /status` | `PAGE_KEY` | the {@linkcode Status}, in JSON |
 * | `GET /credentials/:name/token` | that credential's reader key | its token |
 *
 * A key is shown as `Authorization: Bearer <key>`, or as the password of Basic with any user, which
 * is what a browser asks for. Without the right key the answer is the same 401 whatever the path and
 * whether or not such a credential exists.
 *
 * @module
 */
import type { Context, MiddlewareHandler } from "hono";
import { Hono } from "hono/tiny";
import { NONCE, secureHeaders, type SecureHeadersVariables } from "hono/secure-headers";
import { auth } from "hono/utils/basic-auth";
import { timingSafeEqual } from "hono/utils/buffer";
import { describeAccountFailure } from "./account/account_failure.ts";
import type { RemoteAccount } from "./account/remote.ts";
import type { ConfigurationResult } from "./config/configuration.ts";
import { accountNameOf } from "./context.ts";
import { countHealth, type HealthCount, type Situation } from "./health.ts";
import type { Log } from "./log.ts";
import { readServedToken } from "./served_token.ts";
import { createStatus, type FormerAccount, type Status } from "./status.ts";
import { renderPage } from "./views/page.ts";

/** What the app works with. */
export interface AppDependencies {
  /** The configuration, or what is wrong with it. */
  readonly configured: ConfigurationResult;
  /** Gives an account, to be read. */
  readonly account: (name: string) => Pick<RemoteAccount, "look" | "health" | "readServed">;
  /** Knows which accounts were configured once. */
  readonly allAccounts: Pick<RemoteAccount, "remember">;
  /** Takes what went wrong. */
  readonly log: Log;
  /** The current time, in milliseconds since the epoch. */
  readonly now: () => number;
}

/** What Hono keeps for one request. */
export interface AppEnvironment {
  /** What the middleware for headers leaves behind. */
  Variables: SecureHeadersVariables;
}

/** Tells whether a key opens what is asked for. */
type VerifyKey = (key: string, context: Context) => Promise<boolean>;

const SHOW_KEY =
  "Show the right key in an Authorization header: as 'Bearer KEY', or by Basic as the password with any user name";
const NO_PAGE_KEY =
  "No key opens this, as PAGE_KEY is not set or cannot be used: make one with `openssl rand -hex 32`, and run `wrangler secret put PAGE_KEY`";

/** After how many seconds to ask again for a token that is not there. */
const RETRY_AFTER = "60";

/** Makes the app. */
export function createApp(
  { configured, account, allAccounts, log, now }: AppDependencies,
): Hono<AppEnvironment> {
  const pageKey = configured.ok ? configured.configuration.pageKey : configured.pageKey;
  // Where none is right, the page shows what is wrong with them.
  const names = configured.accountNames.length > 0 ? configured.accountNames : ["heroku"];
  const several = names.length > 1;
  const readerKeys = configured.ok ? configured.configuration.readerKeys : undefined;

  /** What an account says, or why it says nothing. */
  async function ask<T>(
    name: string,
    call: (from: ReturnType<typeof account>) => Promise<T>,
  ): Promise<[said: T | undefined, why: string | null]> {
    try {
      return [await call(account(name)), null];
    } catch (error) {
      log.error("account_unreadable", { ...several ? { account: name } : {}, error });
      return [undefined, `The account cannot be read. ${describeAccountFailure(error)}`];
    }
  }

  async function look(): Promise<readonly Situation[]> {
    const at = now();
    return await Promise.all(names.map(async (name) => {
      const [records, unreadable] = await ask(name, (from) => from.look());
      return { configured, account: name, records, unreadable, now: at };
    }));
  }

  /** What accounts that have left the configuration still have, as far as that can be read. */
  async function lookBack(): Promise<readonly FormerAccount[]> {
    if (!configured.ok) return [];
    try {
      const former = await allAccounts.remember(names);
      return await Promise.all(former.map(async (name) => {
        const [records] = await ask(name, (from) => from.look());
        return { name, ledger: records?.ledger ?? new Map() };
      }));
    } catch (error) {
      log.error("account_unreadable", { error });
      return [];
    }
  }

  async function describe(): Promise<Status> {
    const [situations, former] = await Promise.all([look(), lookBack()]);
    return createStatus(situations, former);
  }

  /** What a monitor is told: of several accounts of each by itself as well, in their order. */
  async function monitor(): Promise<Health> {
    const at = now();
    const each = await Promise.all(names.map(async (name) => {
      const [record, unreadable] = await ask(name, (from) => from.health());
      return countHealth({ configured, account: name, unreadable, now: at }, record);
    }));
    const all = toHealth(addUp(each));
    return several ? { ...all, accounts: each.map(toHealth) } : all;
  }

  const advice = pageKey === undefined ? NO_PAGE_KEY : SHOW_KEY;
  const withPageKey = requireKey((key) => matches(pageKey, key), advice);
  const withReaderKey = requireKey(
    (key, context) => matches(readerKeys?.get(context.req.param("name") ?? ""), key),
    advice,
  );
  const app = new Hono<AppEnvironment>();

  app.use(async (context, next) => {
    await next();
    context.res.headers.set("Cache-Control", "no-store");
  });
  app.use(secureHeaders({
    contentSecurityPolicy: {
      defaultSrc: ["'none'"],
      styleSrc: [NONCE],
      imgSrc: ["data:"],
      baseUri: ["'none'"],
      formAction: ["'none'"],
      frameAncestors: ["'none'"],
    },
    xFrameOptions: "DENY",
  }));

  app.get("/healthz", async (context) => {
    const health = await monitor();
    return context.json(health, health.status === "ok" ? 200 : 503);
  });

  app.get(
    "/credentials/:name/token",
    async (context, next) => {
      if (configured.ok) return await next();
      return unavailable(context, "The configuration is invalid: see the page");
    },
    withReaderKey,
    async (context) => {
      if (!configured.ok) return context.notFound();
      const name = context.req.param("name");
      const { sealingKey } = configured.configuration;
      const owner = account(accountNameOf(configured, name) ?? "");
      const served = await readServedToken({ account: owner, sealingKey, log, now }, name);
      if (!served) {
        return unavailable(context, "There is no live token at the moment: see the page");
      }
      const wantsJson = context.req.header("Accept")?.startsWith("application/json");
      return wantsJson ? context.json(served) : context.text(served.token);
    },
  );

  app.use(withPageKey);
  app.get(
    "/",
    async (context) =>
      context.html(renderPage(await describe(), context.get("secureHeadersNonce") ?? "")),
  );
  app.get("/status", async (context) => context.json(await describe()));
  for (const path of ["/", "/status", "/healthz", "/credentials/:name/token"]) {
    app.all(
      path,
      (context) =>
        context.json({ error: "Only GET and HEAD are answered here" }, 405, { Allow: "GET, HEAD" }),
    );
  }

  app.notFound((context) =>
    context.json({ error: "There is nothing here: the page is at /, its JSON at /status" }, 404)
  );
  app.onError((error, context) => {
    log.error("request_failed", { method: context.req.method, error });
    return context.json({ error: "Something went wrong: see the Worker's log" }, 500);
  });
  return app;
}

/** What `/healthz` answers. */
interface Health {
  readonly status: "ok" | "failing";
  /** Why not. */
  readonly reasons?: readonly HealthCount[];
  /** The accounts, where there are several, in the configuration's order. */
  readonly accounts?: readonly Health[];
}

function toHealth(reasons: readonly HealthCount[]): Health {
  return reasons.length === 0 ? { status: "ok" } : { status: "failing", reasons };
}

/** What is wrong with any account; the configuration is one for all. */
function addUp(each: readonly (readonly HealthCount[])[]): HealthCount[] {
  return [...Map.groupBy(each.flat(), ({ kind }) => kind)].map(([kind, found]) => ({
    kind,
    count: kind === "configuration_invalid"
      ? found[0].count
      : found.reduce((sum, { count }) => sum + count, 0),
  }));
}

function requireKey(verify: VerifyKey, advice: string): MiddlewareHandler {
  return async (context, next) => {
    const given = readKey(context.req.raw);
    if (given !== undefined && await verify(given, context)) return await next();
    return context.json({ error: advice }, 401, { "WWW-Authenticate": 'Basic realm="Herotate"' });
  };
}

/** The key that a request shows: a Bearer token, or the password of Basic. */
function readKey(request: Request): string | undefined {
  const bearer = /^ *Bearer +(\S+) *$/i.exec(request.headers.get("Authorization") ?? "");
  return bearer?.[1] ?? auth(request)?.password;
}

/** Compares in constant time, and takes as long when there is no such key. */
async function matches(key: string | undefined, given: string): Promise<boolean> {
  return await timingSafeEqual(key ?? crypto.randomUUID(), given);
}

function unavailable(context: Context, error: string): Response {
  return context.json({ error }, 503, { "Retry-After": RETRY_AFTER });
}
