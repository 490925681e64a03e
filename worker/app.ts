/**
 * What the Worker answers: the page, its health, and the tokens of the built-in store.
 *
 * | Path | Key | Answer |
 * |---|---|---|
 * | `GET /healthz` | none | 200 or 503, and kinds and counts of what is wrong, in JSON |
 * | `GET /metrics` | `METRICS_KEY` | the state in numbers, for Prometheus |
 * | `GET /` | `PAGE_KEY` | the page |
 * | `GET /status` | `PAGE_KEY` | the same as JSON |
 * | `GET /events` | `PAGE_KEY` | what happened, a line of JSON for each event |
 * | `POST /alerts/test` | `PAGE_KEY` | sends a test to each channel of alerts |
 * | `POST /credentials/:name/rotate`, `/pause`, `/resume` | `OPERATOR_KEY` | takes the order |
 * | `POST /accounts/:name/sweep` | `OPERATOR_KEY` | has the account sweep at once |
 * | `GET /credentials/:name/token` | that credential's reader key | its token |
 *
 * @module
 */
import { HTTPException } from "hono/http-exception";
import { Hono } from "hono/tiny";
import { NONCE, secureHeaders } from "hono/secure-headers";
import { createReadings, type ReadingDependencies } from "./account/readings.ts";
import { createKeyRequirements } from "./auth/keys.ts";
import { createAlertsRoute } from "./routes/alerts.ts";
import { createEventsRoute, type EventsDependencies } from "./routes/events.ts";
import { createHealthRoute } from "./routes/health.ts";
import { createOrdersRoutes, ORDER_PATHS, type OrdersDependencies } from "./routes/orders.ts";
import { createMetricsRoute } from "./routes/metrics.ts";
import { createPageRoutes, type PageEnvironment } from "./routes/page.ts";
import { createTokenRoute, type TokenDependencies } from "./routes/token.ts";

/** What the app works with. */
export interface AppDependencies extends Omit<ReadingDependencies, "account"> {
  /** Gives an account, to be read. */
  readonly account: (
    name: string,
  ) =>
    & ReturnType<ReadingDependencies["account"]>
    & ReturnType<TokenDependencies["account"]>
    & ReturnType<EventsDependencies["account"]>
    & ReturnType<OrdersDependencies["account"]>;
}

/** Makes the app. */
export function createApp(dependencies: AppDependencies): Hono<PageEnvironment> {
  const { configured, log } = dependencies;
  const required = createKeyRequirements(configured);
  const readings = createReadings(dependencies);
  const app = new Hono<PageEnvironment>();

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

  app.route("/healthz", createHealthRoute(readings));
  app.route("/credentials", createTokenRoute(dependencies, required.reader));
  app.route("/", createOrdersRoutes(dependencies, required.operator));
  app.route("/events", createEventsRoute(dependencies, required.page));
  app.route("/alerts", createAlertsRoute(configured, required.page));
  app.route("/metrics", createMetricsRoute(readings, required.metrics));
  app.route("/", createPageRoutes(readings, required.page));

  // What follows shows those who have the page's key what there is.
  app.use(required.page);
  for (
    const path of ["/", "/status", "/events", "/metrics", "/healthz", "/credentials/:name/token"]
  ) {
    app.all(
      path,
      (context) =>
        context.json({ error: "Only GET and HEAD are answered here" }, 405, { Allow: "GET, HEAD" }),
    );
  }
  for (const path of ["/alerts/test", ...ORDER_PATHS]) {
    app.all(
      path,
      (context) => context.json({ error: "Only POST is answered here" }, 405, { Allow: "POST" }),
    );
  }
  app.notFound((context) =>
    context.json({ error: "There is nothing here: the page is at /, its JSON at /status" }, 404)
  );
  app.onError((error, context) => {
    if (error instanceof HTTPException && error.status === 403) {
      return context.json({
        error: "A form of another site is not taken: send it as application/json",
      }, 403);
    }
    log.error("request_failed", { method: context.req.method, error });
    return context.json({ error: "Something went wrong: see the Worker's log" }, 500);
  });
  return app;
}
