/**
 * Mutants of doubt: what is believed of lists, look-ups and tokens that contradict the ledger.
 *
 * @module
 */
import { breaking, type Mutant } from "./mutant.ts";

const ask = breaking("lib/rotation/ask.ts");
const doubt = breaking("lib/rotation/doubt.ts");
const look = breaking("lib/rotation/look.ts");
const lookup = breaking("lib/rotation/authorizations.ts");
const sightings = breaking("lib/rotation/sightings.ts");
const turn = breaking("lib/rotation/turn.ts");

/** The mutants. */
export const doubtMutants: readonly Mutant[] = [
  doubt(
    "believes at once that a fresh authorization is gone",
    "isFresh ? entry.notedAt + LONGEST_LAG : -Infinity,",
    "isFresh ? entry.notedAt : -Infinity,",
    "a target that is down as long",
  ),
  doubt(
    "believes at once that all authorizations are gone",
    "return since + (list.sparse ? Math.max(doubt, LONGEST_LAG) : doubt);",
    "return since + (list.sparse ? Math.min(doubt, LONGEST_LAG) : doubt);",
    "for 90 minutes",
  ),
  sightings(
    "takes what a list with gaps does not show for gone",
    "return !doubtful && !patchy &&",
    "return !doubtful &&",
    "ids that no one can read, and every second list empty",
  ),
  sightings(
    "takes a lost create for gone beside records that no one can read",
    "const isHidden = !isSettled(entry, view) || (isLost && view.blurred);",
    "const isHidden = !isSettled(entry, view);",
    "as another's that no one can read ends",
  ),
  look(
    "looks for no gaps in a list",
    '? !ids.has(entry.authorization ?? "") && goneFrom(entry, ledger, list) > list.at',
    '? ids.has("") && goneFrom(entry, ledger, list) > list.at',
    "lists without anything that was made",
  ),
  look(
    "takes what has no name for no one's",
    "authorizations.some(({ id, description }) => description === undefined && !made.has(id));",
    "authorizations.some(({ id }) => id === undefined && !made.has(id));",
    "lists that do not say what anything is called",
  ),
  look(
    "believes the first list that is empty",
    ": isNewlyEmpty && isLost(entry)",
    ": isNewlyEmpty && ids.size > 0 && isLost(entry)",
    "every second list empty, from the first hour",
  ),
  doubt(
    "believes one list that lacks an authorization",
    "const doubt = SHORTEST_DOUBT * DOUBT_FACTOR ** createsOfTheDay(ledger, list.at).length;",
    "const doubt = 0 * SHORTEST_DOUBT * DOUBT_FACTOR ** createsOfTheDay(ledger, list.at).length;",
    "every fourth list",
  ),
  {
    name: "believes a list rather than a token that Heroku takes",
    edits: [
      {
        file: "lib/rotation/doubt.ts",
        find: "if (accepted !== undefined) return accepted ? Infinity : -Infinity;",
        put: "if (accepted === false) return -Infinity;",
      },
      {
        file: "lib/rotation/sightings.ts",
        find: "if (accepted === true) return { ...same, doubtedSince: null, goneAt: null };",
        put: "accepted;",
      },
    ],
    caughtIn: "lack what it made, for a day",
  },
  doubt(
    "counts as gone what a doubtful list lacks",
    "if (list.doubtful || list.unasked.has(id)) return Infinity;",
    "if (list.unasked.has(id)) return Infinity;",
    "a record that cannot be read, and the own one missing",
  ),
  look(
    "believes a list with records that it cannot read",
    "if (unreadable.length <= note.unreadable) return null;",
    "if (unreadable.length <= Math.max(note.unreadable, Infinity)) return null;",
    "a record that cannot be read, and the own one missing",
  ),
  ask(
    "believes a list without a look-up",
    "else if (present) found.push(present);",
    "else if (present && entry.generation < 0) found.push(present);",
    "that look-ups find, for a day",
  ),
  turn(
    "asks about everything that a list lacks at once",
    "export const MOST_ABSENT = 8;",
    "export const MOST_ABSENT = 8000;",
    "lists without any of sixty",
  ),
  turn(
    "asks about the same ones at each sweep",
    "Math.floor(at / MINUTE) * GOLDEN_SECTION",
    "Math.floor(at / MINUTE) * 0 * GOLDEN_SECTION",
    "lists without any of sixty",
  ),
  look(
    "takes a look-up that is not answered for one that finds nothing",
    "if (unanswered.length === 0) return null;",
    "if (unanswered.length >= 0) return null;",
    "look-ups that are not answered",
  ),
  look(
    "does not see that a list lacks everything",
    "return riddles.length === expected.filter(isRiddle).length &&",
    "return riddles.length < 0 && riddles.length === expected.filter(isRiddle).length &&",
    "for 90 minutes",
  ),
  look(
    "adopts at the first sight of an empty list",
    "return authorizations.length === 0 ||\n",
    "return authorizations.length < 0 ||\n",
    "a first list with nothing",
  ),
  look(
    "adopts from a list that shows no descriptions",
    "authorizations.some(({ description }) => description === undefined);",
    "authorizations.some(({ id }) => id === undefined);",
    "a first list without descriptions",
  ),
  ask(
    "takes one refusal of a token for its end",
    "const isAccepted = await accepts(token, entry.scope) || await accepts(token, entry.scope);",
    "const isAccepted = await accepts(token, entry.scope);",
    "each first look at its token refused",
  ),
  lookup(
    "takes a list that broke off for a whole one",
    "    broken = error.message;\n",
    "    broken = error.message.slice(error.message.length) || null;\n",
    "lists that break off",
  ),
  lookup(
    "takes a look-up without a description for a renaming",
    "if (found.description === undefined) {",
    "if (found.description === found.id) {",
    "look-ups without a description",
  ),
  sightings(
    "takes a lost create for gone as soon as no list shows it",
    "if (isHidden && !hasExpired(entry, view.at)) return;",
    "if (isHidden && entry.generation < 0) return;",
    "no record has a readable id",
  ),
  sightings(
    "tolerates any number of records that it cannot read",
    "return isWhole ? unreadable : before;",
    "return isWhole ? unreadable : Math.max(unreadable, before);",
    "a record that cannot be read, and the own one missing",
  ),
  sightings(
    "never tolerates a record that it cannot read",
    "return isWhole ? unreadable : before;",
    "return isWhole ? Math.min(unreadable, before) : before;",
    "a record that cannot be read from the first",
  ),
];
