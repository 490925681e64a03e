/**
 * Orders: `POST /credentials/:name/{rotate,pause,resume}` and `POST /accounts/:name/sweep`.
 *
 * @module
 */
import type { Context, MiddlewareHandler } from "hono";
import { bodyLimit } from "hono/body-limit";
import { csrf } from "hono/csrf";
import { Hono } from "hono/tiny";
import { findRest } from "../../lib/rotation/credential.ts";
import { describeAccountFailure } from "../account/account_failure.ts";
import { CREDENTIAL_ORDERS, type Order } from "../account/orders.ts";
import type { RemoteAccount } from "../account/remote.ts";
import { accountNameOf } from "../context.ts";
import type { ConfigurationResult } from "../config/configuration.ts";
import type { Log } from "../log.ts";

/** What the routes work with. */
export interface OrdersDependencies {
  /** The configuration, or what is wrong with it. */
  readonly configured: ConfigurationResult;
  /** Gives an account, to take orders. */
  readonly account: (name: string) => Pick<RemoteAccount, "order">;
  /** Takes why an account takes none. */
  readonly log: Log;
}

/** The paths of orders, with the same parameters as in the routes. */
export const ORDER_PATHS: readonly string[] = [
  ...CREDENTIAL_ORDERS.map((kind) => `/credentials/:name/${kind}`),
  "/accounts/:name/sweep",
];

/** The longest reason, in characters. */
const LONGEST_REASON = 200;

/** The longest idempotency key, in characters. */
const LONGEST_KEY = 100;

/** The largest body, in bytes. */
const LARGEST_BODY = 4_096;

/** Makes the routes. */
export function createOrdersRoutes(
  dependencies: OrdersDependencies,
  requireOperatorKey: MiddlewareHandler,
): Hono {
  const { configured } = dependencies;
  const app = new Hono();
  const limit = bodyLimit({
    maxSize: LARGEST_BODY,
    onError: (context) => context.json({ error: `A body has ${LARGEST_BODY} bytes at most` }, 413),
  });
  for (const path of ORDER_PATHS) app.post(path, refuseOtherSites, requireOperatorKey, limit);

  for (const kind of CREDENTIAL_ORDERS) {
    app.post(`/credentials/:name/${kind}`, async (context) => {
      const name = context.req.param("name");
      if (!configured.ok) return refuseInvalid(context);
      const account = accountNameOf(configured, name);
      const credential = configured.configuration.credentials.find((each) => each.name === name);
      if (!account || !credential) return refuse(context, 404, `No credential is called '${name}'`);
      const rest = findRest(credential);
      const denial = rest === undefined ? null : `By the configuration ${rest}, and deploy again`;
      const about = { kind, account, credential: name, denial };
      return await give(context, dependencies, about);
    });
  }

  app.post("/accounts/:name/sweep", async (context) => {
    const name = context.req.param("name");
    if (!configured.accountNames.includes(name)) {
      return refuse(context, 404, `No account is called '${name}'`);
    }
    const about = { kind: "sweep", account: name, credential: null, denial: null } as const;
    return await give(context, dependencies, about);
  });
  return app;
}

const checkOrigin = csrf();

/** A browser keeps a key, and would show it for another site's form. What is no browser says no origin. */
const refuseOtherSites: MiddlewareHandler = async (context, next) => {
  const isBrowser = context.req.header("Origin") ?? context.req.header("Sec-Fetch-Site");
  return await (isBrowser === undefined ? next() : checkOrigin(context, next));
};

async function give(
  context: Context,
  { account, log }: OrdersDependencies,
  about: Omit<Order, "id" | "by" | "reason">,
): Promise<Response> {
  const id = context.req.header("Idempotency-Key") ?? crypto.randomUUID();
  if (id === "" || id.length > LONGEST_KEY) {
    return refuse(context, 400, `An Idempotency-Key has 1 to ${LONGEST_KEY} characters`);
  }
  const reason = await readReason(context);
  if (reason === undefined) {
    return refuse(
      context,
      400,
      `The body is JSON, {"reason": "why"} with ${LONGEST_REASON} characters at most, or empty`,
    );
  }
  try {
    const answer = await account(about.account).order({ ...about, id, by: "operator", reason });
    if (!answer.accepted) return refuse(context, 409, answer.message);
    const { kind, credential } = about;
    return context.json({ id, order: kind, credential, message: answer.message }, 202);
  } catch (error) {
    log.error("account_unreadable", { error });
    return refuse(context, 503, `The account takes no order. ${describeAccountFailure(error)}`);
  }
}

/** Why it is ordered: null where no reason is given, and undefined for what is none. */
async function readReason(context: Context): Promise<string | null | undefined> {
  const text = await context.req.text();
  if (text === "") return null;
  try {
    const { reason = null } = JSON.parse(text);
    if (reason === null) return null;
    return typeof reason === "string" && reason.length <= LONGEST_REASON ? reason : undefined;
  } catch {
    return undefined;
  }
}

function refuseInvalid(context: Context): Response {
  return refuse(
    context,
    503,
    "The configuration is not valid, so no order is taken: the page says what is wrong",
  );
}

function refuse(context: Context, status: 400 | 404 | 409 | 413 | 503, error: string): Response {
  return context.json({ error }, status);
}
