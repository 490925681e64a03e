/**
 * Who reads the alerts of the demonstration.
 *
 * @module
 */
import type { Alert } from "../../lib/alert.ts";
import { verifyAlert } from "../../lib/webhook.ts";

/** The key that signs them. */
export const ALERTS_KEY = "alerts-key-of-the-demonstration";

/** A reader of alerts. */
export interface AlertReader {
  /** Where they go. */
  readonly url: string;
  /** What came, in order. */
  readonly alerts: readonly Alert[];
  /** The problems that are not over. */
  readonly open: ReadonlySet<string>;
  /** Takes no more. */
  close(): Promise<void>;
}

/** Starts a server that takes alerts, believes only those that are signed, and prints each. */
export function startAlertReader(): AlertReader {
  const alerts: Alert[] = [];
  const open = new Set<string>();
  const server = Deno.serve(
    { port: 0, hostname: "127.0.0.1", onListen() {} },
    async (request) => {
      const verified = await verifyAlert(request, ALERTS_KEY);
      if (!verified.valid) return new Response(verified.reason, { status: 401 });
      const { change, problem, title, at } = verified.alert;
      alerts.push(verified.alert);
      if (change === "over") open.delete(problem);
      else open.add(problem);
      console.log(`  ${at.slice(11, 19)}  ALERT (${change}) ${title}`);
      return new Response("ok");
    },
  );
  return {
    url: `http://127.0.0.1:${server.addr.port}/alerts`,
    alerts,
    open,
    close: () => server.shutdown(),
  };
}
