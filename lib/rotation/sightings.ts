/**
 * Sightings: what a sweep sees of the ledger's entries in Heroku's list, and what follows for the
 * ledger's own memory of them. Pure.
 *
 * @module
 */
import type { Authorization } from "../heroku/authorization.ts";
import type { CredentialLedger, Entry, LedgerNote, Sighting } from "./ledger.ts";
import { LONGEST_LAG } from "./doubt.ts";
import { LEASE_DURATION } from "./schedule.ts";
import { leftoversOf } from "./findings.ts";
import { hasOtherEnd, hasOtherToken, isExpected } from "./line.ts";
import { expiryOf, factsOf, type View } from "./view.ts";

/** How long what was deleted or given up must be missing to count as gone, in milliseconds: 10 minutes. */
const SETTLED_AFTER = 10 * 60_000;

/** So little before an end it matters no more, and may be an answer gone wrong: a minute. */
const NEARLY_ENDED = 60_000;

/** How much earlier an end must be than the ledger's to be another one, in milliseconds: 2 minutes. */
const END_TOLERANCE = 2 * 60_000;

/** What changed for these entries. Those of which nothing new is known are left out. */
export function findSightings(ledgers: Iterable<CredentialLedger>, view: View): Sighting[] {
  return [...ledgers].flatMap(({ entries }) =>
    entries.flatMap((entry) => {
      const seen = see(entry, view);
      return seen !== undefined && isNews(seen, entry) ? [seen] : [];
    })
  );
}

/** The entries with what was seen of them. */
export function withSightings(
  { entries, ...ledger }: CredentialLedger,
  sightings: ReadonlyMap<string, Sighting>,
): CredentialLedger {
  return {
    ...ledger,
    entries: entries.map((entry) => ({ ...entry, ...sightings.get(keyOf(entry)) })),
  };
}

/** What tells the entries of all credentials apart. */
export function keyOf({ credential, mark }: Pick<Entry, "credential" | "mark">): string {
  return JSON.stringify([credential, mark]);
}

/**
 * How many records that no one can read a later list may hold without being doubted: as many as this
 * one, if it shows everything else that should be there.
 */
export function tolerated(
  ledgers: Iterable<CredentialLedger>,
  view: View,
  unreadable: number,
  { unreadable: before }: LedgerNote,
): number {
  if (unreadable <= before) return unreadable;
  const isWhole = [...ledgers].flatMap(({ entries }) => entries).every((entry) =>
    isExpected(entry)
      ? view.byId.has(entry.authorization ?? "") || hasExpired(entry, view.at)
      : entry.authorization !== null || entry.goneAt !== null || hasExpired(entry, view.at)
  );
  return isWhole ? unreadable : before;
}

function see(entry: Entry, view: View): Sighting | undefined {
  const authorization = view.byId.get(entry.authorization ?? "");
  const same = toSighting(authorization ? completed(entry, authorization, view) : entry);
  const { accessToken, seenAt, doubtedSince, goneAt } = same;
  if (!isExpected(entry)) {
    if (entry.state === "foreign" || entry.state === "released") return;
    const isLost = entry.authorization === null;
    if (isLost ? leftoversOf(entry, view).length > 0 : authorization) {
      return { ...same, goneAt: null };
    }
    // An attempt may be making it, for as long as that takes.
    if (entry.state === "intended" && entry.notedAt + LONGEST_LAG > view.at) return;
    // Any record that no one can read may be what a lost answer left.
    const isHidden = !isSettled(entry, view) || (isLost && view.blurred);
    if (isHidden && !hasExpired(entry, view.at)) return;
    return { ...same, goneAt: goneAt ?? view.at };
  }
  const accepted = view.accepted.get(entry.authorization ?? "");
  if (accepted === true) return { ...same, doubtedSince: null, goneAt: null };
  if (!authorization) {
    if (view.unasked.has(entry.authorization ?? "")) return same;
    return {
      ...same,
      doubtedSince: doubtedSince ?? view.at,
      goneAt: accepted === false ? goneAt ?? view.at : goneAt,
    };
  }
  if (!hasOtherToken(entry, authorization)) {
    return { ...same, seenAt: seenAt ?? view.at, doubtedSince: null, goneAt: null };
  }
  // Whatever id the create answered with, the list has another one from the first: it is the one to go by.
  if (seenAt === null && !hasOtherEnd(entry, authorization, view.at)) {
    const listed = authorization.access_token?.id ?? accessToken;
    return { ...same, accessToken: listed, seenAt: view.at, doubtedSince: null, goneAt: null };
  }
  return { ...same, doubtedSince: null, goneAt: null };
}

function toSighting(entry: Entry): Sighting {
  const { credential, mark, state, accessToken, seenAt, doubtedSince, goneAt } = entry;
  const { description, scope, lifetime, expiresAt, listedEnd } = entry;
  return {
    credential,
    mark,
    state,
    accessToken,
    description,
    scope,
    lifetime,
    expiresAt,
    listedEnd,
    seenAt,
    doubtedSince,
    goneAt,
  };
}

/** An entry with what of it could not be read before. */
function completed(found: Entry, authorization: Authorization, view: View): Entry {
  if (found.state === "adopted") return withFacts(found, authorization, view);
  const listedEnd = found.made ? listedEndOf(found, authorization, view.at) : null;
  return withListedEnd({ ...found, listedEnd }, authorization, view);
}

/** The end as the list has it now, without the seconds by which two clocks differ. */
function listedEndOf(
  { listedEnd }: Entry,
  authorization: Authorization,
  at: number,
): number | null {
  if (authorization.access_token?.expires_in === undefined) return listedEnd;
  const end = expiryOf(authorization, at);
  const isSame = end !== null && listedEnd !== null && Math.abs(end - listedEnd) < END_TOLERANCE;
  return isSame ? listedEnd : end;
}

function withFacts(entry: Entry, authorization: Authorization, view: View): Entry {
  const found = factsOf(authorization, view.at);
  // An end that is listed later shows that a null was no word for never.
  const hasUnknownEnd = entry.expiresAt === null &&
    (entry.lifetime !== null || found.expiresAt !== null);
  return {
    ...entry,
    accessToken: entry.accessToken ?? found.accessToken,
    description: entry.description ?? found.description,
    scope: entry.scope ?? found.scope,
    ...(hasUnknownEnd ? { lifetime: found.lifetime, expiresAt: found.expiresAt } : {}),
  };
}

/** A create's answer may name no end, or a wrong one: what ends earlier by the list does so. */
function withListedEnd(entry: Entry, authorization: Authorization, view: View): Entry {
  const { made, expiresAt, lifetime, notedAt } = entry;
  const isSame = view.accepted.get(authorization.id) ?? !hasOtherToken(entry, authorization);
  const end = expiryOf(authorization, view.at);
  if (!made || !isSame || end === null || end < view.at + NEARLY_ENDED) return entry;
  if (end >= (expiresAt ?? Infinity) - END_TOLERANCE) return entry;
  // Where a clock jumped back, the difference is no lifetime.
  const jumped = view.at < notedAt || end - notedAt <= NEARLY_ENDED;
  const granted = jumped ? lifetime : end - notedAt;
  return { ...entry, expiresAt: end, lifetime: granted };
}

/** Whether an absence shows that what was deleted or given up is gone. */
function isSettled({ endedAt, notedAt }: Entry, { at, doubtful, patchy }: View): boolean {
  return !doubtful && !patchy && (endedAt ?? notedAt) + SETTLED_AFTER <= at;
}

/** When what a lost create made has ended at the latest: an attempt may have sent it late. */
export function endOfLost({ asked, notedAt }: Pick<Entry, "asked" | "notedAt">): number {
  return asked === null ? Infinity : notedAt + asked + LEASE_DURATION;
}

/** Whether an entry's end has passed, as far as the ledger knows it, or as a lost create asked for it. */
export function hasExpired(
  { expiresAt, authorization, asked, notedAt }: Entry,
  at: number,
): boolean {
  if (authorization === null) return endOfLost({ asked, notedAt }) <= at;
  return expiresAt !== null && expiresAt <= at;
}

function isNews(seen: Sighting, entry: Entry): boolean {
  return JSON.stringify(seen) !== JSON.stringify(toSighting(entry));
}
