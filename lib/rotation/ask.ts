/**
 * Questions: what a sweep asks Heroku about that its list lacks or contradicts.
 *
 * @module
 */
import type { Authorization } from "../heroku/authorization.ts";
import type { AuthorizationsClient } from "../heroku/client.ts";
import { HerokuError } from "../heroku/errors.ts";
import type { Accepts } from "./acceptance.ts";
import { type Credibility, LONGEST_LAG, SHORTEST_DOUBT } from "./doubt.ts";
import type { Entry } from "./ledger.ts";
import { hasOtherToken, isExpected } from "./line.ts";
import { isOver } from "./view.ts";
import { findAuthorization, type Listing } from "./authorizations.ts";
import type { Sealing } from "./sealing.ts";
import { hasExpired } from "./sightings.ts";
import { MOST_ABSENT, MOST_CONTRADICTED, takeTurn } from "./turn.ts";

/** After so many questions without an answer, the others are not asked. */
const MOST_UNANSWERED = 3;

/** What asking takes. */
export interface AskWorld {
  /** Heroku's authorizations. */
  readonly authorizations: AuthorizationsClient;
  /** Whether Heroku knows a token. */
  readonly accepts: Accepts;
  /** Opens tokens. */
  readonly sealing: Sealing;
}

/** What there is to ask about. */
export interface Questions {
  /** What Heroku should have. */
  readonly expected: readonly Entry[];
  /** Everything that the ledger knows, by the authorization's id. */
  readonly made: ReadonlyMap<string, Entry>;
  /** What Heroku lists. */
  readonly listing: Listing;
}

/** What came of asking. */
export interface Answers extends Pick<Credibility, "accepted" | "unasked"> {
  /** What Heroku lists, and what look-ups found beside it. */
  readonly all: readonly Authorization[];
  /** What Heroku should have and neither lists nor finds, or was not asked about. */
  readonly absent: readonly Entry[];
  /** What Heroku neither lists nor gives an answer about. */
  readonly unanswered: readonly Unanswered[];
}

/** Asks Heroku about what its list lacks or contradicts, as far as its turn has come. */
export async function ask(
  world: AskWorld,
  { expected, made, listing }: Questions,
  at: number,
): Promise<Answers> {
  const ids = new Set(listing.authorizations.map(({ id }) => id));
  const lacking = expected.filter(({ authorization }) => !ids.has(authorization ?? ""));
  const asked = takeTurn(lacking, MOST_ABSENT, at);
  const { found, missing, unanswered } = await lookUp(world.authorizations, asked);
  const all = [...listing.authorizations, ...found];
  const contradicted = all.flatMap((each) => {
    const entry = made.get(each.id);
    const isContradicted = entry !== undefined && isExpected(entry) && isTriable(entry, at) &&
      (hasOtherToken(entry, each) || (isOver(each) && !hasExpired(entry, at)));
    return isContradicted ? [entry] : [];
  });
  const tried = takeTurn(contradicted, MOST_CONTRADICTED, at);
  const answers = await tryTokens(
    world,
    [...missing, ...unanswered.map(({ entry }) => entry), ...tried]
      .filter((entry) => isTriable(entry, at)),
  );
  const waiting = without(lacking, asked);
  // Nothing has said since that what was refused lives.
  const refused = waiting.filter(({ goneAt }) => goneAt !== null);
  const accepted = new Map([...refused.map((entry) => [idOf(entry), false] as const), ...answers]);
  return {
    all,
    absent: [...missing, ...waiting],
    accepted,
    unasked: new Set([...without(waiting, refused), ...without(contradicted, tried)].map(idOf)),
    unanswered: unanswered.filter(({ entry }) => !accepted.has(idOf(entry))),
  };
}

function without(all: readonly Entry[], some: readonly Entry[]): Entry[] {
  const left = new Set(some);
  return all.filter((entry) => !left.has(entry));
}

function idOf({ authorization }: Entry): string {
  return authorization ?? "";
}

/**
 * A server has been seen to end a list early, so what the ledger knows and the list lacks is asked for
 * by its id before it counts as missing.
 */
async function lookUp(
  authorizations: AuthorizationsClient,
  lacking: readonly Entry[],
): Promise<LookedUp> {
  const found: Authorization[] = [];
  const missing: Entry[] = [];
  const unanswered: Unanswered[] = [];
  for (const entry of lacking) {
    const present = unanswered.length < MOST_UNANSWERED
      ? await answered(findAuthorization(authorizations, idOf(entry)))
      : unanswered[0].error;
    if (present instanceof HerokuError) unanswered.push({ entry, error: present });
    else if (present) found.push(present);
    else missing.push(entry);
  }
  return { found, missing, unanswered };
}

/** What became of the question for what a list lacks. */
interface LookedUp {
  readonly found: readonly Authorization[];
  readonly missing: readonly Entry[];
  readonly unanswered: readonly Unanswered[];
}

/** An entry of which Heroku does not say whether it is there. */
export interface Unanswered {
  readonly entry: Entry;
  readonly error: HerokuError;
}

/** One question that Heroku does not answer must not end the whole sweep. */
export async function answered<T>(question: Promise<T>): Promise<T | HerokuError> {
  try {
    return await question;
  } catch (error) {
    if (error instanceof HerokuError && error.code !== "unauthorized") return error;
    throw error;
  }
}

/**
 * Whether an entry's token says something. One may be too new for Heroku, and its refusal would say
 * nothing: most of all one that was never proven.
 */
function isTriable({ state, notedAt, sealedToken }: Entry, at: number): boolean {
  const settlesIn = state === "current" ? SHORTEST_DOUBT : LONGEST_LAG;
  return sealedToken !== null && notedAt + settlesIn <= at;
}

/** Asks Heroku with the tokens themselves. */
async function tryTokens(
  { accepts, sealing }: AskWorld,
  triable: readonly Entry[],
): Promise<ReadonlyMap<string, boolean>> {
  const accepted = new Map<string, boolean>();
  for (const entry of triable) {
    try {
      const token = await sealing.open(entry.sealedToken ?? "", entry);
      // One refusal proves nothing.
      const isAccepted = await accepts(token, entry.scope) || await accepts(token, entry.scope);
      accepted.set(idOf(entry), isAccepted);
    } catch (error) {
      if (!(error instanceof HerokuError)) throw error;
    }
  }
  return accepted;
}
