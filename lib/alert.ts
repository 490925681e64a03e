/**
 * An alert: what changed in the health of an account, as it is sent to each channel.
 *
 * @module
 */

/** What changed. */
export type AlertChange = "started" | "worse" | "over" | "test";

/** How serious it is, in PagerDuty's words. */
export type Severity = "info" | "warning" | "error" | "critical";

/** Which step of a rotation is in trouble. */
export type AlertStep = "create" | "deliver" | "prove" | "retire";

/** An alert, as a webhook receives it: JSON with members in snake_case and times in ISO 8601, UTC. */
export interface Alert {
  /** Its id: an alert that comes twice has the same. */
  readonly id: string;
  /** What changed. */
  readonly change: AlertChange;
  /** How serious the problem is, or was. */
  readonly severity: Severity;
  /** What the problem is called: the same from its start to its end. */
  readonly problem: string;
  /** The name of the account. */
  readonly account: string;
  /** The name of the credential; null for the whole account. */
  readonly credential: string | null;
  /** What is wrong, in the kinds of `/healthz`; there may be more of them in later versions. */
  readonly kinds: readonly string[];
  /** The step of the rotation that is in trouble; null where there is none. */
  readonly step: AlertStep | null;
  /** The places of the targets that do not have the token yet. */
  readonly places: readonly string[];
  /** When the problem was first seen. */
  readonly since: string;
  /** When the change was seen. */
  readonly at: string;
  /** The change in a few words. */
  readonly title: string;
  /** What is wrong and what to do, in words. */
  readonly details: readonly string[];
  /** The address of the page; null where `PAGE_URL` does not give it. */
  readonly page: string | null;
}

/** An alert in plain text, its title aside. */
export function describeAlert(alert: Alert): string {
  const { details, step, places, since, change, at, page } = alert;
  return [
    ...details.map((detail) => `- ${detail}`),
    ...(step === null ? [] : [
      `Step: ${step}${places.length === 0 ? "" : ` (${places.join(", ")})`}`,
    ]),
    change === "over" ? `From ${toMinute(since)} to ${toMinute(at)}` : `Since ${toMinute(since)}`,
    ...(page === null ? [] : [page]),
  ].join("\n");
}

/** Many alerts as one text, and what it is called. */
export function describeAlerts(
  alerts: readonly Alert[],
): { readonly title: string; readonly text: string } {
  const started = alerts.filter(({ change }) => change !== "over").length;
  const over = alerts.length - started;
  const page = alerts.find((alert) => alert.page !== null)?.page;
  return {
    title: `${alerts.length} changes: ${started} began or got worse, ${over} ${
      over === 1 ? "is" : "are"
    } over`,
    text: [
      ...alerts.map(({ title, at }) => `- ${toMinute(at)} ${title}`),
      ...(page === undefined || page === null ? [] : [page]),
    ].join("\n"),
  };
}

function toMinute(time: string): string {
  return `${time.slice(0, 16).replace("T", " ")} UTC`;
}
