/**
 * `GET /metrics`: the state in numbers, for Prometheus and what reads its format.
 *
 * @module
 */
import type { MiddlewareHandler } from "hono";
import { Hono } from "hono/tiny";
import type { Readings } from "../account/readings.ts";
import { renderMetrics } from "../metrics.ts";
import { createStatus } from "../status.ts";

const CONTENT_TYPE = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/** Makes the route. */
export function createMetricsRoute(
  { look }: Pick<Readings, "look">,
  requireMetricsKey: MiddlewareHandler,
): Hono {
  return new Hono().get("/", requireMetricsKey, async (context) => {
    const status = createStatus(await look(), []);
    return context.body(renderMetrics(status), 200, { "Content-Type": CONTENT_TYPE });
  });
}
