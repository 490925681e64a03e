/**
 * Health: whether anybody has to look, and why. Pure.
 *
 * @module
 */
import { HOUR } from "@std/datetime/constants";
import { type Credential, findRest } from "../lib/rotation/credential.ts";
import type { CredentialLedger, Entry } from "../lib/rotation/ledger.ts";
import { ageOf } from "../lib/rotation/line.ts";
import { due } from "../lib/rotation/schedule.ts";
import { type ConfigurationResult, findAccount } from "./config/configuration.ts";
import type { HealthRecord, SweepRecord } from "./account/sweep_log.ts";

/**
 * What is wrong:
 *
 * - `configuration_invalid`: nothing is done until every mistake is gone; counts the mistakes;
 * - `ledger_unreadable`: the account's object does not answer, or cannot be used;
 * - `no_sweep`: there was no sweep yet. A fresh deployment is failing until its first one, or one
 *   whose cron never fires would seem well for ever;
 * - `sweep_overdue`: the newest sweep began more than an hour ago;
 * - `sweep_failed`: the newest sweep did nothing, and the newest clean one began more than an hour ago;
 * - `account_changed`: `HEROKU_API_TOKEN` is not known to be the account's that everything is in;
 *   nothing is done until the operator settles it;
 * - `list_unreliable`: Heroku's list is not complete, or holds records that no one can read; nothing
 *   counts as gone;
 * - `list_doubted`: Heroku has contradicted the ledger for more than an hour; counts the
 *   authorizations;
 * - `sweep_unclean`: the newest sweep had problems, and the newest clean one began more than an hour
 *   ago; counts the problems;
 * - `delete_undone`: Heroku still lists what it said it had deleted; counts the authorizations;
 * - `fuse_blown`: more is due than one sweep may do; counts the rotations that are held back;
 * - `credential_braked`: as many authorizations as its schedule explains were made for it, and no more
 *   are;
 * - `credential_failing`: three or more attempts in a row have failed;
 * - `credential_blocked`: the operator must act before it can be rotated;
 * - `credential_missing`: Heroku has no live authorization for it;
 * - `credential_urgent`: less than a twentieth of the token's lifetime is left;
 * - `another_worker`: another Worker manages it, too.
 */
export type HealthReasonKind =
  | "configuration_invalid"
  | "ledger_unreadable"
  | "no_sweep"
  | "sweep_overdue"
  | "sweep_failed"
  | "sweep_unclean"
  | "account_changed"
  | "list_unreliable"
  | "list_doubted"
  | "delete_undone"
  | "fuse_blown"
  | "credential_braked"
  | "credential_failing"
  | "credential_blocked"
  | "credential_missing"
  | "credential_urgent"
  | "another_worker";

/** One reason not to be well. */
export interface HealthReason {
  /** What is wrong. */
  readonly kind: HealthReasonKind;
  /** How often: of mistakes, problems or credentials. */
  readonly count: number;
  /** The same in words, for who may know names. */
  readonly details: readonly string[];
}

/** What the Worker knows of an account at one moment. */
export interface Situation {
  /** The configuration, or what is wrong with it. */
  readonly configured: ConfigurationResult;
  /** The account's name. */
  readonly account: string;
  /** What the account's object says; undefined when it could not be read. */
  readonly records: Records | undefined;
  /** Why it could not be read, in words; null when it could. */
  readonly unreadable: string | null;
  /** The current time, in milliseconds since the epoch. */
  readonly now: number;
}

/** What an account's object says. */
export interface Records {
  /** What the ledger knows, by name. */
  readonly ledger: ReadonlyMap<string, CredentialLedger>;
  /** The newest sweep; undefined before the first. */
  readonly last: SweepRecord | undefined;
  /** When the newest clean sweep began, in milliseconds since the epoch. */
  readonly lastClean: number | undefined;
}

/** How long the cron may be silent or its sweeps unclean, in milliseconds: 1 hour. */
export const TOLERATED_FOR: number = HOUR;

/** How many failures in a row are too many. */
export const TOO_MANY_FAILURES = 3;

/**
 * Says everything that is wrong with an account; nothing at all when all is well. Of a credential that is
 * paused or only observed, only its end counts.
 */
export function assessHealth(
  { configured, account, records, unreadable, now }: Situation,
): readonly HealthReason[] {
  const reasons = [
    reason(
      "configuration_invalid",
      configured.ok ? [] : configured.mistakes.map(({ path, message }) => `${path}: ${message}`),
    ),
    ...records
      ? assessSweeps(records, now)
      : [reason("ledger_unreadable", lacksAccount(configured) ? [] : [unreadable ?? ""])],
    ...(records ? assessCredentials(credentialsOf(configured, account), records, now) : []),
  ];
  return reasons.filter(({ count }) => count > 0);
}

/** The credentials of an account; none where the configuration is invalid. */
export function credentialsOf(
  configured: ConfigurationResult,
  account: string,
): readonly Credential[] {
  return findAccount(configured, account)?.credentials ?? [];
}

/**
 * Says everything that is wrong with any of the accounts, each detail with the account that it is
 * about where there are several. What is wrong with the configuration is said once.
 */
export function assessAll(situations: readonly Situation[]): readonly HealthReason[] {
  const several = situations.length > 1;
  const all = situations.flatMap((situation, at) =>
    assessHealth(situation)
      .filter(({ kind }) => kind !== "configuration_invalid" || at === 0)
      .map(({ kind, details }) => ({
        kind,
        details: several && kind !== "configuration_invalid"
          ? details.map((detail) => `${situation.account}: ${detail}`)
          : details,
      }))
  );
  return [...Map.groupBy(all, ({ kind }) => kind)].map(([kind, reasons]) =>
    reason(kind, reasons.flatMap(({ details }) => details))
  );
}

/** What a monitor sees: of one kind of reason, how often there is one. */
export type HealthCount = Pick<HealthReason, "kind" | "count">;

/**
 * Says what is wrong by what the newest sweep wrote down, which takes one row however many credentials
 * there are, and by what has changed since: the configuration and the time.
 *
 * @param record What it wrote down; undefined before the first sweep.
 * @param unreadable Why that could not be read; null when it could.
 */
export function countHealth(
  { configured, account, unreadable, now }: Omit<Situation, "records">,
  record: HealthRecord | undefined,
): readonly HealthCount[] {
  const last = record === undefined
    ? undefined
    : { ...record, error: null, halt: null, report: null };
  const records = { ledger: new Map(), last, lastClean: last?.at };
  const present = assessHealth({
    configured,
    account,
    records: unreadable === null ? records : undefined,
    unreadable,
    now,
  });
  return [...present.map(({ kind, count }) => ({ kind, count })), ...record?.reasons ?? []];
}

/** Whether there is no binding to the account, which is a mistake of the configuration already. */
function lacksAccount(configured: ConfigurationResult): boolean {
  return !configured.ok && configured.mistakes.some(({ path }) => path === "ACCOUNT");
}

/** The entries whose tokens the targets hold: the current one, or else all that were adopted. */
export function findHolders(entries: readonly Entry[]): readonly Entry[] {
  const current = entries.findLast(({ state }) => state === "current");
  return current ? [current] : entries.filter(({ state }) => state === "adopted");
}

function assessSweeps({ last, lastClean }: Records, now: number): HealthReason[] {
  if (!last) {
    return [
      reason("no_sweep", [
        'There was no sweep yet: the next cron starts one. If none comes, check that wrangler.toml has [triggers] crons = ["*/15 * * * *"]',
      ]),
    ];
  }
  const problems = last.report?.problems ?? [];
  const isPatient = now - (lastClean ?? -Infinity) <= TOLERATED_FOR;
  const held = (last.report?.decisions ?? [])
    .filter(({ kind }) => kind === "held")
    .map(({ credential, reason }) => `${credential}: ${reason}`);
  const blown = held.length > 0 ? held : last.report?.blown ? [last.report.blown] : [];
  return [
    reason(
      "sweep_overdue",
      now - last.at > TOLERATED_FOR
        ? [
          "The last sweep is more than an hour old: check that wrangler.toml has [triggers] crons = [\"*/15 * * * *\"], and look at the cron's runs in Cloudflare's dashboard",
        ]
        : [],
    ),
    reason(
      "sweep_failed",
      last.error === null || last.halt !== null || isPatient ? [] : [last.error],
    ),
    reason("sweep_unclean", isPatient ? [] : problems),
    reason("account_changed", last.halt === null ? [] : [last.error ?? ""]),
    reason("list_unreliable", last.report?.unreliable ? [last.report.unreliable] : []),
    reason(
      "list_doubted",
      (last.report?.doubts ?? [])
        .filter(({ since, until }) => until !== null && now - since > TOLERATED_FOR)
        .map((doubt) => doubt.reason),
    ),
    reason("delete_undone", last.report?.undead ?? []),
    reason("fuse_blown", blown),
  ];
}

function assessCredentials(
  credentials: readonly Credential[],
  { ledger, last }: Records,
  now: number,
): HealthReason[] {
  const decisions = new Map(last?.report?.decisions.map((each) => [each.credential, each]));
  const listed = new Set(last?.report?.unmanaged.map(({ id }) => id));
  const known = credentials.flatMap((credential) => {
    const of = ledger.get(credential.name);
    return of ? [{ credential, of, decision: decisions.get(credential.name) }] : [];
  });
  const active = known.filter(({ credential }) => findRest(credential) === undefined);
  const say = (
    kind: HealthReasonKind,
    tell: (each: typeof known[number]) => string | undefined,
    concerned = active,
  ) =>
    reason(
      kind,
      concerned.flatMap((each) => {
        const told = tell(each);
        return told === undefined ? [] : [`${each.credential.name}: ${told}`];
      }),
    );
  return [
    say(
      "credential_failing",
      ({ of: { record } }) =>
        record.failures >= TOO_MANY_FAILURES
          ? `${record.failures} attempts in a row have failed. ${record.error ?? ""}`.trimEnd()
          : undefined,
    ),
    say(
      "credential_blocked",
      ({ decision }) => decision?.kind === "blocked" ? decision.reason : undefined,
    ),
    say(
      "credential_braked",
      ({ decision }) => decision?.kind === "braked" ? decision.reason : undefined,
    ),
    say("credential_missing", ({ of, decision }) => {
      const holders = findHolders(of.entries);
      if (holders.every(({ expiresAt }) => hasPassed(expiresAt, now))) {
        return "Heroku has no live authorization for it: the next sweep makes one, or the page says what is in the way";
      }
      const replaced = holders.some(({ provenAt }) => (provenAt ?? 0) > (last?.at ?? 0));
      return decision && "cause" in decision && decision.cause === "missing" && !replaced
        ? decision.reason
        : undefined;
    }),
    say("credential_urgent", ({ credential, of }) => tellEnd(credential, of, now), known),
    say(
      "another_worker",
      ({ of }) =>
        of.entries.some(({ state, authorization }) =>
            state === "foreign" && authorization !== null && listed.has(authorization)
          )
          ? "Another Worker manages it, too: let only one Worker manage it"
          : undefined,
    ),
  ];
}

/** What is to be said of a token that ends soon; where nothing is done, also once it has ended. */
function tellEnd(credential: Credential, { entries }: CredentialLedger, now: number) {
  const rest = findRest(credential);
  const holders = findHolders(entries);
  const isEnding = holders.some((entry) =>
    !hasPassed(entry.expiresAt, now) && due(credential, ageOf(entry)).emergencyAt <= now
  );
  if (isEnding) {
    return rest
      ? `Its token expires soon, and ${rest} to have it replaced`
      : "Its token expires soon, and no replacement is proven yet: the page says what is in the way";
  }
  if (rest && holders.length > 0 && holders.every(({ expiresAt }) => hasPassed(expiresAt, now))) {
    return `Its token has expired, and ${rest} to have it replaced`;
  }
  if (rest && holders.some((entry) => hasUnknownEnd(entry) && isOld(entry, now))) {
    return `Heroku does not say when its token expires, and ${rest} to have it replaced`;
  }
}

/** Whether Heroku does not say when an authorization ends. */
function hasUnknownEnd({ expiresAt, lifetime }: Entry): boolean {
  return expiresAt === null && lifetime !== null;
}

/** Whether no more than a twentieth is left of the lifetime that it is taken to have. */
function isOld(entry: Entry, now: number): boolean {
  const { createdAt, lifetime } = ageOf(entry);
  return lifetime !== null && createdAt + lifetime * 0.95 <= now;
}

/** Whether a moment is over; null never is. */
export function hasPassed(at: number | null, now: number): boolean {
  return at !== null && at <= now;
}

function reason(kind: HealthReasonKind, details: readonly string[]): HealthReason {
  return { kind, count: details.length, details };
}
