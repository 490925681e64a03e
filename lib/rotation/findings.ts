/**
 * Findings: what Heroku lists and the ledger does not know, or knows only in part. It is adopted, taken back,
 * shown as another Worker's, or removed.
 *
 * @module
 */
import type { Authorization } from "../heroku/authorization.ts";
import type { CredentialLedger, Entry } from "./ledger.ts";
import { askedOf, predecessorOf } from "./line.ts";
import {
  isOfLineage,
  isSameText,
  LARGEST_ADOPTED_GENERATION,
  type Marker,
  parseMarker,
  survivesIn,
} from "./marker.ts";
import { factsOf, markOf, type View } from "./view.ts";

/**
 * What a credential that the ledger does not know begins with: everything in Heroku that bears its
 * name. Of several without a marker none is taken, because no one says which of them the targets hold.
 */
export function adoptionOf(credential: string, view: View, taken: ReadonlySet<string>): Entry[] {
  const candidates = (view.byName.get(credential) ?? []).filter((authorization) =>
    authorization.id !== view.defaultId && !view.own.has(authorization.id) &&
    !taken.has(authorization.id)
  );
  const unmarked = candidates.filter((authorization) => !markOf(authorization));
  return candidates
    .filter((authorization) => markOf(authorization) || unmarked.length === 1)
    .map((authorization) => toEntry(credential, authorization, "adopted", view.at));
}

/** The authorizations that bear a known credential's name and a mark of another ledger's. */
export function foreignersOf(
  credential: string,
  ledger: CredentialLedger,
  view: View,
  lineage: string,
): Entry[] {
  return unknownOf(credential, ledger.entries, view)
    .filter((authorization) => !isOfLineage(markOf(authorization) ?? "", lineage))
    .map((authorization) => toEntry(credential, authorization, "foreign", view.at));
}

/**
 * The authorizations that bear a known credential's name and a mark of this ledger's own, which it has
 * forgotten, as it is an older copy of itself. Its targets may hold any of them.
 *
 * @param known What the ledger knows of all credentials, as someone may have renamed another one's.
 */
export function forgottenOf(
  credential: string,
  known: readonly Entry[],
  view: View,
  lineage: string,
): Entry[] {
  const predecessor = predecessorOf(known.filter((each) => each.credential === credential));
  // What was asked for the ledger knows of the one before it: a list shows what is left, and may err.
  const asked = (entry: Entry) => predecessor ? askedOf(predecessor) : entry.asked;
  return unknownOf(credential, known, view)
    .filter(({ id, ...authorization }) =>
      id !== view.defaultId && isOfLineage(markOf({ id, ...authorization }) ?? "", lineage)
    )
    .map((authorization) => {
      const entry = toEntry(credential, authorization, "adopted", view.at);
      // It counts as made when it was, or the creates of a day would begin again with each copy.
      return { ...entry, made: true, notedAt: entry.createdAt, asked: asked(entry) };
    });
}

/** The authorizations that bear a credential's name and a mark, neither of them known. */
function unknownOf(credential: string, known: readonly Entry[], view: View): Authorization[] {
  const marks = new Set(known.map((entry) => entry.mark));
  const ids = new Set(known.map((entry) => entry.authorization));
  return (view.byName.get(credential) ?? []).filter((authorization) => {
    const mark = markOf(authorization);
    return mark !== undefined && !marks.has(mark) && !ids.has(authorization.id) &&
      !view.own.has(authorization.id);
  });
}

/** An intended entry as it was found in Heroku, to be adopted; null where it was not found. */
export function recalledFrom(intended: Entry, view: View): Entry | null {
  const [found] = leftoversOf(intended, view);
  if (found === undefined) return null;
  const facts = factsOf(found, view.at);
  return {
    ...intended,
    ...facts,
    scope: facts.scope ?? intended.scope,
    state: "adopted",
    authorization: found.id,
    seenAt: view.at,
  };
}

/** The listed authorizations of an entry whose own answer was lost, or that is to be gone. */
export function leftoversOf(entry: Entry, view: View): Authorization[] {
  const { authorization: id, credential: name, generation, mark } = entry;
  const candidates = id === null
    ? [...view.byMark.get(mark) ?? [], ...view.byMark.get(undefined) ?? []]
    : [view.byId.get(id) ?? []].flat();
  const found = candidates.filter((authorization) =>
    id === null ? bears(authorization, { name, generation, mark }) : isClaimed(authorization, entry)
  );
  return found.filter((authorization) =>
    authorization.id !== view.defaultId && !view.own.has(authorization.id)
  );
}

/**
 * Whether an authorization still is the entry's to delete: not once its description is another one
 * than Heroku answered with, which is what a change by hand looks like.
 */
export function isClaimed({ description }: Authorization, entry: Entry): boolean {
  if (description === undefined) return false;
  const { credential: name, generation, mark } = entry;
  if (generation > 0 && survivesIn(description, { name, generation, mark })) return true;
  return entry.description === null
    ? parseMarker(description).name === name
    : isSameText(description, entry.description);
}

function bears({ description = "" }: Authorization, marker: Required<Marker>): boolean {
  const { name, mark } = parseMarker(description);
  return (name === marker.name && mark === marker.mark) || survivesIn(description, marker);
}

function toEntry(
  credential: string,
  authorization: Authorization,
  state: "adopted" | "foreign",
  at: number,
): Entry {
  const { generation, mark } = parseMarker(authorization.description ?? "");
  const facts = factsOf(authorization, at);
  return {
    ...facts,
    credential,
    generation: Math.min(generation, LARGEST_ADOPTED_GENERATION),
    mark: mark ?? authorization.id,
    state,
    authorization: authorization.id,
    sealedToken: null,
    fingerprint: null,
    asked: facts.lifetime,
    made: false,
    sender: null,
    notedAt: at,
    provenAt: null,
    listedEnd: null,
    seenAt: at,
    doubtedSince: null,
    endedAt: null,
    goneAt: null,
  };
}
