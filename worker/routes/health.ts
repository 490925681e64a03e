/**
 * `GET /healthz`: what an uptime monitor sees. It needs no key, and shows only kinds and counts.
 *
 * @module
 */
import { Hono } from "hono/tiny";
import type { Readings } from "../account/readings.ts";
import type { HealthCount } from "../health/health.ts";

/** What it answers. */
interface Health {
  readonly status: "ok" | "failing";
  /** Why not. */
  readonly reasons?: readonly HealthCount[];
  /** The accounts, where there are several, in the configuration's order. */
  readonly accounts?: readonly Health[];
}

/** Makes the route. */
export function createHealthRoute({ countHealth }: Pick<Readings, "countHealth">): Hono {
  return new Hono().get("/", async (context) => {
    const each = await countHealth();
    const all = toHealth(addUp(each));
    const health = each.length > 1 ? { ...all, accounts: each.map(toHealth) } : all;
    return context.json(health, health.status === "ok" ? 200 : 503);
  });
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
