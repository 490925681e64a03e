/**
 * Alerts out of changes, each addressed to the channels that take it. Pure but for ids.
 *
 * @module
 */
import type { Alert, AlertChange } from "../../lib/alert.ts";
import type { Redact } from "../../lib/redact.ts";
import { REASON_TITLES } from "../views/labels.ts";
import type { Change, OpenProblem } from "./changes.ts";
import type { Channel } from "./channel.ts";
import { bySeverity } from "./problems.ts";

/** An alert on its way to one channel. */
export interface Letter {
  /** The channel's name. */
  readonly channel: string;
  /** What it is sent. */
  readonly alert: Alert;
}

/** What alerts are composed with. */
export interface AlertSetting {
  /** The name of the account. */
  readonly account: string;
  /** Whether there are other accounts. */
  readonly several: boolean;
  /** The channels there are. */
  readonly channels: readonly Pick<Channel, "name" | "takes">[];
  /** The address of the page; undefined where it is not known. */
  readonly pageUrl: string | undefined;
  /** When the change was seen, in milliseconds since the epoch. */
  readonly at: number;
  /** Keeps secrets out of a service's words. */
  readonly redact: Redact;
}

/** The longest detail, in characters. */
const LONGEST = 1_000;

/**
 * Composes the alerts of some changes.
 *
 * @returns The letters, and the open problems with the channels that were told of each.
 */
export function composeAlerts(
  changes: readonly Change[],
  open: readonly OpenProblem[],
  setting: AlertSetting,
): { readonly letters: readonly Letter[]; readonly open: readonly OpenProblem[] } {
  const letters = changes.flatMap(({ change, problem }): Letter[] => {
    const alert = compose(change, problem, setting);
    return findRecipients(change, problem, setting).map((channel) => ({ channel, alert }));
  });
  const toldOf = (problem: OpenProblem) => [
    ...new Set([
      ...problem.told,
      ...letters.filter(({ alert }) => alert.problem === problem.key)
        .map(({ channel }) => channel),
    ]),
  ];
  return { letters, open: open.map((problem) => ({ ...problem, told: toldOf(problem) })) };
}

/** A channel that got the beginning of a problem gets its end, too. */
function findRecipients(
  change: AlertChange,
  problem: OpenProblem,
  { account, channels }: AlertSetting,
): string[] {
  return channels
    .filter(({ name, takes }) =>
      name !== problem.channel &&
      (problem.told.includes(name) || (change !== "over" && takes(account, problem)))
    )
    .map(({ name }) => name);
}

function compose(
  change: AlertChange,
  problem: OpenProblem,
  { account, several, pageUrl, at, redact }: AlertSetting,
): Alert {
  const { key, credential, kinds, severity, details, step, places, since } = problem;
  const isOver = change === "over";
  return {
    id: crypto.randomUUID(),
    change,
    severity,
    problem: key,
    account,
    credential,
    kinds,
    step: isOver ? null : step,
    places: isOver ? [] : places,
    since: new Date(since).toISOString(),
    at: new Date(at).toISOString(),
    title: `${several ? `[${account}] ` : ""}${describeChange(change, problem)}`,
    details: isOver
      ? []
      : details.map((detail) => redact(detail, { keepUuids: true }).slice(0, LONGEST)),
    page: pageUrl ?? null,
  };
}

function describeChange(change: AlertChange, { credential, channel, kinds }: OpenProblem): string {
  const [worst] = kinds.toSorted(bySeverity);
  const title = REASON_TITLES[worst];
  const who = credential ?? channel;
  const what = who === undefined ? title : `${who}: ${title}`;
  return change === "started" ? what : `${change === "over" ? "Over" : "Worse"}: ${what}`;
}

/** What a channel is sent to try it. */
export function composeTest(
  account: string,
  { pageUrl, at }: Pick<AlertSetting, "pageUrl" | "at">,
): Alert {
  const now = new Date(at).toISOString();
  return {
    id: crypto.randomUUID(),
    change: "test",
    severity: "info",
    problem: "test",
    account,
    credential: null,
    kinds: [],
    step: null,
    places: [],
    since: now,
    at: now,
    title: "A test alert of Herotate",
    details: ["This channel works: nothing is wrong, and there is nothing to do"],
    page: pageUrl ?? null,
  };
}
