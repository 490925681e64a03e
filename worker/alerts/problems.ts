/**
 * Problems: the faults of an account by what they are about, as alerts speak of them. Pure.
 *
 * @module
 */
import type { Credential } from "../../lib/rotation/credential.ts";
import type { CredentialLedger } from "../../lib/rotation/ledger.ts";
import type { Fault, HealthReasonKind } from "../health/fault.ts";
import type { AlertStep, Severity } from "../../lib/alert.ts";

/** What is wrong with a credential, or with the account. */
export interface Problem {
  /** What it is called: the same from its start to its end. */
  readonly key: string;
  /** The credential that it is about; null for the whole account. */
  readonly credential: string | null;
  /** The channel that it is about, where it is one: it is not told of itself. */
  readonly channel?: string;
  /** What is wrong. */
  readonly kinds: readonly HealthReasonKind[];
  /** How serious it is. */
  readonly severity: Severity;
  /** The same in words, with what to do. */
  readonly details: readonly string[];
  /** The step of the rotation that is in trouble; null where there is none. */
  readonly step: AlertStep | null;
  /** The places of the targets that do not have the token yet. */
  readonly places: readonly string[];
}

/** How serious each kind of fault is. */
export const SEVERITIES: Readonly<Record<HealthReasonKind, Severity>> = {
  configuration_invalid: "critical",
  ledger_unreadable: "critical",
  no_sweep: "critical",
  sweep_overdue: "critical",
  sweep_failed: "error",
  sweep_unclean: "warning",
  account_changed: "critical",
  list_unreliable: "warning",
  list_doubted: "warning",
  delete_undone: "warning",
  fuse_blown: "error",
  credential_braked: "error",
  credential_failing: "warning",
  credential_blocked: "warning",
  credential_missing: "critical",
  credential_late: "error",
  credential_urgent: "critical",
  token_unreadable: "error",
  target_drifted: "error",
  another_worker: "error",
  channel_broken: "warning",
};

const ORDER: readonly Severity[] = ["info", "warning", "error", "critical"];

/** The more serious come first. */
export function bySeverity(one: HealthReasonKind, other: HealthReasonKind): number {
  return ORDER.indexOf(SEVERITIES[other]) - ORDER.indexOf(SEVERITIES[one]);
}

/** How many details one alert holds at most. */
const MOST_DETAILS = 10;

/** Finds the problems. */
export function findProblems(
  faults: readonly Fault[],
  ledger: ReadonlyMap<string, CredentialLedger>,
  credentials: readonly Credential[],
): readonly Problem[] {
  const told = faults.filter(({ kind, credential }) =>
    kind !== "credential_missing" || hadOne(ledger.get(credential ?? ""))
  );
  return [...Map.groupBy(told, keyOf)].map(([key, [first, ...others]]) => {
    const all = [first, ...others];
    const { credential, channel } = first;
    const configured = credentials.find(({ name }) => name === credential);
    const more = all.length - MOST_DETAILS;
    const kinds = [...new Set(all.map(({ kind }) => kind))];
    const [worst] = kinds.toSorted(bySeverity);
    return {
      key,
      credential,
      ...(channel === undefined ? {} : { channel }),
      kinds,
      severity: SEVERITIES[worst],
      details: [
        ...all.slice(0, MOST_DETAILS).map(({ message }) => message),
        ...(more > 0 ? [`There ${more === 1 ? "is" : "are"} ${more} more: see the page`] : []),
      ],
      ...findStep(configured, ledger.get(credential ?? "")),
    };
  });
}

/** All that is wrong with a credential is one problem. */
function keyOf({ kind, credential, channel }: Fault): string {
  return credential !== null
    ? `credential ${credential}`
    : channel !== undefined
    ? `channel ${channel}`
    : kind;
}

/** Whether a target ever had a token: a new credential lacks none yet. */
function hadOne(known: CredentialLedger | undefined): boolean {
  return known?.entries.some(({ state, mark }) =>
    state === "minted"
      ? known.deliveries.some((delivery) => delivery.mark === mark)
      : state !== "intended" && state !== "refused" && state !== "discarded"
  ) ?? false;
}

/** How far the newest attempt came. */
function findStep(
  credential: Credential | undefined,
  known: CredentialLedger | undefined,
): Pick<Problem, "step" | "places"> {
  if (!credential || !known || known.record.failures === 0) return { step: null, places: [] };
  const newest = known.entries.findLast(({ state }) => state === "minted" || state === "current");
  if (newest?.state !== "minted") {
    const isStaleLeft = newest !== undefined &&
      known.entries.some((entry) =>
        entry !== newest && (entry.state === "adopted" || entry.state === "current")
      );
    return { step: isStaleLeft ? "retire" : "create", places: [] };
  }
  const deliveries = known.deliveries.filter(({ mark }) => mark === newest.mark);
  const open = credential.targets.filter(({ place }) =>
    !deliveries.some((delivery) => delivery.place === place && delivery.proof !== null)
  );
  const isDelivered = open.every(({ place }) => deliveries.some((each) => each.place === place));
  return {
    step: isDelivered && open.length > 0 ? "prove" : "deliver",
    places: open.map(({ place }) => place),
  };
}
