/**
 * The look: what a sweep sees in Heroku, and what it writes down of it.
 *
 * @module
 */
import { HerokuError } from "../heroku/errors.ts";
import { answered, ask, type AskWorld, type Unanswered } from "./ask.ts";
import type { Credential } from "./credential.ts";
import type { Notice } from "./decision.ts";
import type { CredentialLedger, Entry, LedgerNote, SweepLedger } from "./ledger.ts";
import { type Credibility, goneFrom, LONGEST_LAG } from "./doubt.ts";
import { isExpected } from "./line.ts";
import { createView, type View } from "./view.ts";
import { findAuthorization, listAuthorizations, type Listing } from "./authorizations.ts";
import { findOwn, type OwnToken } from "./own_token.ts";
import { findSightings, hasExpired, keyOf, tolerated, withSightings } from "./sightings.ts";

/** So many lists in a row may leave open what new credentials begin with, before they are believed. */
const UNSURE_LISTS = 2;

/** What a look works with. */
export interface LookWorld extends AskWorld {
  /** The token that Herotate itself works with. */
  readonly own: OwnToken;
  /** The ledger, to write down what was seen. */
  readonly ledger: Pick<SweepLedger, "see" | "writeNote">;
  /** The configured credentials. */
  readonly credentials: readonly Credential[];
}

/** What a sweep sees. */
export interface Look {
  /** Heroku's list, indexed. */
  readonly view: View;
  /** What the ledger knows, with what was just seen of it. */
  readonly known: ReadonlyMap<string, CredentialLedger>;
  /** Why the list cannot be relied on, in words; null when it can. */
  readonly unreliable: string | null;
  /** Whether the list says what credentials begin with that the ledger does not know yet. */
  readonly isSure: boolean;
  /** What the operator should know of the list, though nothing is wrong. */
  readonly notices: readonly Notice[];
  /** What else went wrong, in words. */
  readonly problems: readonly string[];
}

/** Lists the authorizations, and writes down what of the ledger's entries was seen. */
export async function lookAround(
  world: LookWorld,
  known: ReadonlyMap<string, CredentialLedger>,
  note: LedgerNote,
  at: number,
): Promise<Look> {
  const { authorizations, credentials, ledger, own } = world;
  const listing = await listAuthorizations(authorizations);
  const concerned = credentials.flatMap(({ name }) => known.get(name) ?? []);
  const expected = concerned.flatMap(({ entries }) => entries).filter((entry) =>
    isExpected(entry) && !hasExpired(entry, at)
  );
  const entries = [...known.values()].flatMap((each) => each.entries);
  const made = new Map(entries.map((entry) => [entry.authorization ?? "", entry]));
  const { all, absent, accepted, unasked, unanswered } = await ask(
    world,
    { expected, made, listing },
    at,
  );
  const untouchable = await answered(findAuthorization(authorizations, "~"));
  const unreliable = describeUnreliable(listing, note) ?? describeUnanswered(unanswered);
  const ownIds = findOwn(all, made, own);
  const emptySince = isEmpty(listing) ? Math.min(note.emptySince ?? at, at) : null;
  const credibility: Credibility = {
    at,
    doubtful: unreliable !== null,
    sparse: isSparse(expected, absent, { ...listing, accepted, at }),
    accepted,
    unasked,
  };
  const view = createView(all, at, {
    ...credibility,
    defaultId: untouchable instanceof HerokuError ? undefined : untouchable?.id,
    own: ownIds,
    patchy: isPatchy(concerned, listing, credibility, emptySince),
    blurred: isBlurred(listing, made),
  });

  const sightings = findSightings(concerned, view);
  if (sightings.length > 0) await ledger.see(sightings);
  const noted: LedgerNote = {
    ...note,
    own: ownIds.size === 1 ? [...ownIds][0] : null,
    unreadable: listing.broken !== null
      ? note.unreadable
      : tolerated(concerned, view, listing.unreadable.length, note),
    unsure: concerned.length < credentials.length && leavesOpen(listing) ? note.unsure + 1 : 0,
    emptySince,
  };
  if (JSON.stringify(noted) !== JSON.stringify(note)) await ledger.writeNote(noted);
  const seen = new Map(sightings.map((sighting) => [keyOf(sighting), sighting]));
  return {
    view,
    unreliable,
    isSure: !view.doubtful && !(untouchable instanceof HerokuError) &&
      (noted.unsure === 0 || noted.unsure > UNSURE_LISTS),
    notices: noticesOf(listing, view),
    problems: untouchable instanceof HerokuError
      ? [
        `Cannot look up the account's default API key, so no new credential begins: ${untouchable.message}`,
      ]
      : [],
    known: new Map([...known].map(([name, each]) => [name, withSightings(each, seen)])),
  };
}

/**
 * Whether a list lacks all that should be there: no authorization at all, or several at once. What
 * Heroku refuses the token of is no riddle, nor what has been missing for long.
 */
function isSparse(
  expected: readonly Entry[],
  absent: readonly Entry[],
  { authorizations, accepted, at }: Pick<Listing, "authorizations"> & Pick<View, "accepted" | "at">,
): boolean {
  const isRiddle = ({ authorization }: Entry) => accepted.get(authorization ?? "") !== false;
  const riddles = absent.filter(isRiddle);
  return riddles.length === expected.filter(isRiddle).length &&
    (riddles.length > 1 || (riddles.length === 1 && authorizations.length === 0)) &&
    riddles.some(({ doubtedSince }) => at - (doubtedSince ?? at) < LONGEST_LAG);
}

/**
 * Whether a list by itself lacks something that is not known to be gone: then it may as well lack what
 * a lost answer left, which no one can ask Heroku for. An empty one lacks the authorization that asks,
 * and so is believed only once that has lasted.
 */
function isPatchy(
  ledgers: readonly CredentialLedger[],
  { authorizations }: Listing,
  list: Credibility,
  emptySince: number | null,
): boolean {
  const isNewlyEmpty = emptySince !== null && list.at - emptySince < LONGEST_LAG;
  const ids = new Set(authorizations.map(({ id }) => id));
  return ledgers.some((ledger) =>
    ledger.entries.some((entry) =>
      !hasExpired(entry, list.at) && (
        isExpected(entry)
          ? !ids.has(entry.authorization ?? "") && goneFrom(entry, ledger, list) > list.at
          : isNewlyEmpty && isLost(entry)
      )
    )
  );
}

function isEmpty({ authorizations, unreadable, broken }: Listing): boolean {
  return authorizations.length === 0 && unreadable.length === 0 && broken === null;
}

/** Whether an answer was lost, and no one knows what came of the create. */
function isLost({ state, authorization, goneAt }: Entry): boolean {
  return authorization === null && goneAt === null &&
    (state === "intended" || state === "discarded");
}

/**
 * Whether what a new credential begins with may be among what a list does not show: it is empty, though
 * it should show the authorization that asks, or has records without a name.
 */
function leavesOpen({ authorizations }: Listing): boolean {
  return authorizations.length === 0 ||
    authorizations.some(({ description }) => description === undefined);
}

/** Whether any record that the ledger does not know may be what a lost answer left, as it shows no mark. */
function isBlurred(
  { authorizations, unreadable }: Listing,
  made: ReadonlyMap<string, Entry>,
): boolean {
  return unreadable.length > 0 ||
    authorizations.some(({ id, description }) => description === undefined && !made.has(id));
}

function describeUnreliable({ broken, unreadable }: Listing, note: LedgerNote): string | null {
  if (broken !== null) {
    return `Heroku's list of authorizations is not complete: ${broken}. Until it is, nothing counts as gone`;
  }
  if (unreadable.length <= note.unreadable) return null;
  const [{ page, index, reason }] = unreadable;
  return `Heroku's list holds ${
    unreadable.length === 1 ? "a record" : `${unreadable.length} records`
  } that cannot be read (the first on page ${page} at index ${index}: ${reason}). Until that changes, or everything that Herotate knows is listed beside them, nothing counts as gone, and new credentials wait. If that goes on, deploy a newer Herotate if there is one, or ask Heroku's support`;
}

function describeUnanswered(unanswered: readonly Unanswered[]): string | null {
  if (unanswered.length === 0) return null;
  const [{ entry, error }] = unanswered;
  return `Heroku does not list generation ${entry.generation} of '${entry.credential}', and does not say whether it is gone: ${error.message}. Nothing counts as gone until it does`;
}

function noticesOf({ mistyped, unreadable }: Listing, view: View): Notice[] {
  const notices: Notice[] = [];
  const notice = (kind: Notice["kind"], message: string) =>
    notices.push({ credential: null, kind, message });
  if (view.own.size > 1) {
    notice(
      "own_authorization",
      `Any of ${view.own.size} authorizations may be the one that Herotate itself works with, as Heroku does not show enough of their tokens: none of them is touched. They are listed below. Give Herotate one of its own that is made by \`heroku authorizations:create -d herotate\``,
    );
  }
  if (unreadable.length > 0 && !view.doubtful) {
    notice(
      "unreadable",
      `Records in Heroku's list cannot be read (${unreadable.length}). All that is known is listed beside them, so nothing waits for them: ask Heroku's support what they are`,
    );
  }
  if (view.unasked.size > 0) {
    notice(
      "unasked",
      `Heroku's list lacks or contradicts more than one sweep asks about: ${view.unasked.size} authorizations have their turn at a later one, and until then they count as there`,
    );
  }
  if (mistyped.length > 0) {
    const [{ id, member, reason }] = mistyped;
    notice(
      "mistyped",
      `Members in Heroku's list have another type than documented and count as missing (${mistyped.length}), such as '${member}' of ${id}: ${reason}`,
    );
  }
  return notices;
}
