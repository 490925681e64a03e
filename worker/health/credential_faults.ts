/**
 * What is wrong with the credentials of an account.
 *
 * @module
 */
import { type Credential, findRest } from "../../lib/rotation/credential.ts";
import type { Decision } from "../../lib/rotation/decision.ts";
import type { CredentialLedger, Entry } from "../../lib/rotation/ledger.ts";
import { ageOf } from "../../lib/rotation/line.ts";
import { due } from "../../lib/rotation/schedule.ts";
import type { Fault, HealthReasonKind, Records } from "./fault.ts";

/** How many failures in a row are too many. */
export const TOO_MANY_FAILURES = 3;

const UNOPENABLE =
  "Its token was sealed with another 'SEALING_KEY', so the store cannot hand it out: set the former key as 'SEALING_KEY_PREVIOUS', or wait until the next rotation has made another";

/** A credential, and what is known of it. */
interface Known {
  readonly credential: Credential;
  readonly of: CredentialLedger;
  /** What the newest sweep decided; undefined when it did not see the credential. */
  readonly decision: Decision | undefined;
}

/** What can be wrong with one: a check gives it in words, or undefined. */
type Check = readonly [HealthReasonKind, (known: Known) => string | undefined];

/**
 * Finds what is wrong. Of a credential that is paused or only observed, only its end counts.
 */
export function findCredentialFaults(
  credentials: readonly Credential[],
  { ledger, last }: Records,
  now: number,
): Fault[] {
  const decisions = new Map(last?.report?.decisions.map((each) => [each.credential, each]));
  const listed = new Set(last?.report?.unmanaged.map(({ id }) => id));
  const unopenable = new Set(last?.report?.unopenable);
  const known = credentials.flatMap((credential): Known[] => {
    const of = ledger.get(credential.name);
    return of ? [{ credential, of, decision: decisions.get(credential.name) }] : [];
  });
  const active = known.filter(({ credential }) => findRest(credential) === undefined);
  const ofWork: readonly Check[] = [
    ["credential_failing", tellFailures],
    ["credential_blocked", ({ decision }) => reasonOf(decision, "blocked")],
    ["credential_braked", ({ decision }) => reasonOf(decision, "braked")],
    ["credential_missing", (each) => tellMissing(each, last?.at ?? 0, now)],
  ];
  const ofEnds: readonly Check[] = [
    [
      "credential_late",
      (each) => tellEnd(each, now) === undefined ? tellLate(each, now) : undefined,
    ],
    ["credential_urgent", (each) => tellEnd(each, now)],
  ];
  const ofOthers: readonly Check[] = [
    [
      "token_unreadable",
      ({ credential }) => unopenable.has(credential.name) ? UNOPENABLE : undefined,
    ],
    ["target_drifted", tellDrift],
    ["another_worker", (each) => tellOtherWorker(each, listed)],
  ];
  return [
    ...runChecks(ofWork, active),
    ...runChecks(ofEnds, known),
    ...runChecks(ofOthers, active),
  ];
}

function runChecks(checks: readonly Check[], credentials: readonly Known[]): Fault[] {
  return checks.flatMap(([kind, check]) =>
    credentials.flatMap((known): Fault[] => {
      const message = check(known);
      return message === undefined ? [] : [{ kind, credential: known.credential.name, message }];
    })
  );
}

function tellFailures({ of: { record } }: Known): string | undefined {
  return record.failures >= TOO_MANY_FAILURES
    ? `${record.failures} attempts in a row have failed. ${record.error ?? ""}`.trimEnd()
    : undefined;
}

function reasonOf(decision: Decision | undefined, kind: Decision["kind"]): string | undefined {
  return decision?.kind === kind ? decision.reason : undefined;
}

function tellMissing({ of, decision }: Known, sweptAt: number, now: number): string | undefined {
  const holders = findHolders(of.entries);
  if (holders.every(({ expiresAt, goneAt }) => goneAt !== null || hasPassed(expiresAt, now))) {
    return "Heroku has no live authorization for it: the next sweep makes one, or the page says what is in the way";
  }
  const replaced = holders.some(({ provenAt }) => (provenAt ?? 0) > sweptAt);
  return decision && "cause" in decision && decision.cause === "missing" && !replaced
    ? decision.reason
    : undefined;
}

/**
 * What is to be said of a token of which less than a tenth is left, before it is about to end. One whose
 * replacement has not been due for long is not late.
 */
function tellLate({ credential, of }: Known, now: number): string | undefined {
  const rest = findRest(credential);
  const used = findUsed(credential, of).flat();
  const isLate = used.some((entry) => {
    const { emergencyAt, expiringAt } = due(credential, ageOf(entry));
    const twentieth = (entry.expiresAt ?? Infinity) - emergencyAt;
    const since = rest ? -Infinity : expiringAt + twentieth / 2;
    return emergencyAt > now && Math.max(emergencyAt - twentieth, since) <= now;
  });
  if (!isLate) {
    return rest && used.some((entry) => hasUnknownEnd(entry) && isOld(entry, now, 0.9))
      ? tellUnknownEnd(rest)
      : undefined;
  }
  return rest
    ? `Less than a tenth of its token's lifetime is left, and ${rest} to have it replaced`
    : "Less than a tenth of its token's lifetime is left, and no replacement is proven yet: the page says what is in the way";
}

/** What is to be said of a token that ends soon; where nothing is done, also once it has ended. */
function tellEnd({ credential, of }: Known, now: number): string | undefined {
  const rest = findRest(credential);
  const places = findUsed(credential, of);
  const used = places.flat();
  const isEnding = used.some((entry) =>
    !hasPassed(entry.expiresAt, now) && due(credential, ageOf(entry)).emergencyAt <= now
  );
  if (isEnding) {
    return rest
      ? `Its token expires soon, and ${rest} to have it replaced`
      : "Its token expires soon, and no replacement is proven yet: the page says what is in the way";
  }
  const isDead = places.some((entries) =>
    entries.length > 0 && entries.every(({ expiresAt }) => hasPassed(expiresAt, now))
  );
  if (rest && isDead) {
    return `Its token has expired, and ${rest} to have it replaced`;
  }
  return rest && used.some((entry) => hasUnknownEnd(entry) && isOld(entry, now, 0.95))
    ? tellUnknownEnd(rest)
    : undefined;
}

function tellUnknownEnd(rest: string): string {
  return `Heroku does not say when its token expires, and ${rest} to have it replaced`;
}

/** What is to be said of targets that no longer hold the token in use. */
function tellDrift({ credential, of: { entries, deliveries } }: Known): string | undefined {
  const [holder] = findHolders(entries);
  const drifted = deliveries.filter(({ mark, place, drift }) =>
    drift !== null && mark === holder?.mark &&
    credential.targets.some((target) => target.place === place)
  );
  return drifted.length === 0
    ? undefined
    : drifted.map(({ drift }) => drift?.message ?? "").join("; ");
}

function tellOtherWorker({ of }: Known, listed: ReadonlySet<string>): string | undefined {
  return of.entries.some(({ state, authorization }) =>
      state === "foreign" && authorization !== null && listed.has(authorization)
    )
    ? "Another Worker manages it, too: let only one Worker manage it"
    : undefined;
}

/** The entries whose tokens the targets hold: the current one, or else all that were adopted. */
export function findHolders(entries: readonly Entry[]): readonly Entry[] {
  const current = entries.findLast(({ state }) => state === "current");
  return current ? [current] : entries.filter(({ state }) => state === "adopted");
}

/**
 * The entries whose tokens each required target may hold: the newest that was proven there, or else what
 * all of them hold.
 */
function findUsed({ targets }: Credential, of: CredentialLedger): readonly (readonly Entry[])[] {
  const holders = findHolders(of.entries);
  const required = targets.filter((target) => target.required);
  const used = required.map(({ place }) => {
    const marks = of.deliveries.filter((each) => each.place === place && each.proof !== null)
      .map(({ mark }) => mark);
    const proven = of.entries
      .filter(({ state, mark }) =>
        (state === "minted" || state === "current") && marks.includes(mark)
      )
      .toSorted((one, other) => one.generation - other.generation).at(-1);
    return proven ? [proven] : holders;
  });
  return used.length > 0 ? used : [holders];
}

/** Whether Heroku does not say when an authorization ends. */
function hasUnknownEnd({ expiresAt, lifetime }: Entry): boolean {
  return expiresAt === null && lifetime !== null;
}

/** Whether this share of the lifetime that it is taken to have is over. */
function isOld(entry: Entry, now: number, share: number): boolean {
  const { createdAt, lifetime } = ageOf(entry);
  return lifetime !== null && createdAt + lifetime * share <= now;
}

/** Whether a moment is over; null never is. */
export function hasPassed(at: number | null, now: number): boolean {
  return at !== null && at <= now;
}
