import type { Delivery } from "../../lib/targets/target.ts";

/** The delivery of a generation: the same for the same one, with a token of today's form. */
export function deliveryOf(generation: number): Delivery {
  const digits = String(generation).padStart(4, "0");
  return {
    credential: "ci-deploy",
    generation,
    authorization: `01234567-89ab-4cde-8f01-23456789${digits}`,
    token: `HRKU-AAcanary${digits}_Q7xkW2mZr9VtLpN4sBfYcHdG1jE5aU8oT3iX6wKz-${digits}`,
    createdAt: new Date(Date.UTC(2026, 0, 1) + generation * 86_400_000).toISOString(),
    expiresAt: "2026-12-24T12:00:00.000Z",
    idempotencyKey: `ci-deploy-g${generation}-01234567-89ab-4cde-8f01-23456789${digits}`,
  };
}
