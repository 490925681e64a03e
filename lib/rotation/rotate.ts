/**
 * The rotation: the durable run that takes one credential from one generation to the next.
 *
 * Each step does one thing, may be repeated, and begins by showing that no newer attempt has taken
 * over. What a step gives is stored by the engine, so it never holds a token.
 *
 * @module
 */
import { type Attempt, createAttempt, entryOf, openToken } from "./attempt.ts";
import type { RotationDependencies, RotationRun } from "./attempt.ts";
import { deleteClaimed, type Deletion } from "./authorizations.ts";
import { create } from "./create.ts";
import { type AttemptEnd, SupersededError } from "./ledger.ts";
import { createWord } from "./marker.ts";
import { intendAnother, mint, type Minted } from "./mint.ts";
import { AttemptError, RefusedError, STEP_OPTIONS } from "./perform.ts";
import { promoteAndWait } from "./promote.ts";
import { retireAll } from "./retire.ts";
import type { Step } from "./step.ts";
import { deliverAll } from "./supply.ts";

/** How a rotation ended. */
export type RotationResult =
  | {
    readonly outcome: "success";
    /** The generation that is current now. */
    readonly generation: number;
    /** How many stale authorizations were deleted. */
    readonly deleted: number;
    /** How many were gone already. */
    readonly gone: number;
    /** How many were left alone, as someone renamed them or the account uses them as its default. */
    readonly skipped: number;
    /** Why optional targets do not hold its token, in words. */
    readonly missed: readonly string[];
  }
  | {
    readonly outcome: "failure";
    readonly error: string;
    /** Whether it got as far as delivering, and so a target may hold what it made. */
    readonly delivers: boolean;
  }
  | {
    readonly outcome: "superseded";
    /** Whether it got as far as delivering, and so a target may hold what it made. */
    readonly delivers: boolean;
  };

/** Whether a run's output shows that it delivered nothing. What an older Herotate left shows nothing. */
export function endedUndelivered(output: unknown): boolean {
  return typeof output === "object" && output !== null && "delivers" in output &&
    output.delivers === false;
}

/**
 * The waits between looks at a new token that Heroku refuses, in milliseconds: it has been seen to take
 * minutes. A token that is still refused after the last one counts as refused.
 */
const REFUSAL_PAUSES = [10_000, 60_000, 300_000];

/** Runs one attempt. It ends in the ledger, whatever happens, unless a newer one has taken over. */
export async function rotate(
  step: Step,
  run: RotationRun,
  dependencies: RotationDependencies,
): Promise<RotationResult> {
  const attempt = createAttempt(step, run, dependencies);
  let delivers = false;
  try {
    const { mark, generation } = await mintAndProve(attempt);
    delivers = true;
    const missed = await deliverAll(attempt, mark);
    const stale = await promoteAndWait(attempt, mark);
    const ends = await retireAll(attempt, mark, stale);
    await attempt.perform(
      "record",
      ({ credential: { keepToken = true } }) =>
        end(attempt, { outcome: "success", ...(keepToken ? {} : { forgets: true }) }),
    );
    return { outcome: "success", generation, ...countEnds(ends), missed };
  } catch (error) {
    if (error instanceof SupersededError) return { outcome: "superseded", delivers };
    const message = error instanceof Error ? error.message : "An unknown error";
    const refused = error instanceof RefusedError;
    const isEnded = await step.do(
      "end in failure",
      STEP_OPTIONS,
      () => fail(attempt, { outcome: "failure", error: message, refused }),
    );
    return isEnded
      ? { outcome: "failure", error: message, delivers }
      : { outcome: "superseded", delivers };
  }
}

/** Gives a replacement whose token works: one that does not is never delivered. */
async function mintAndProve(attempt: Attempt): Promise<Minted> {
  const { perform, now } = attempt;
  const beforeMint = () => [{ kind: "abandon", at: now() } as const];
  const minted = await perform("mint", (fresh) => mint(attempt, fresh), beforeMint);
  if (minted.fresh) await make("create", attempt, minted);
  if (await prove("prove", attempt, minted)) return minted;
  if (minted.fresh) return await discard(attempt, minted);

  // A target may hold it from an earlier attempt: it is retired only after another one is there.
  const another = await perform(
    "mint another",
    (fresh) => intendAnother(attempt, fresh),
    beforeMint,
  );
  await make("create another", attempt, another);
  if (await prove("prove another", attempt, another)) return another;
  return await discard(attempt, another);
}

/** Creates what was intended. Only the first try, known by its word, is told to send it. */
async function make(title: string, attempt: Attempt, { mark }: Minted): Promise<void> {
  let sender = createWord(12);
  await attempt.perform(
    title,
    (fresh) => {
      const word = sender;
      // Whatever comes of it, no later try may send it again.
      sender = createWord(12);
      return create(attempt, mark, word, fresh);
    },
    () => [{ kind: "send", mark, sender }],
  );
}

/** Calls Heroku with the new token. */
async function prove(
  title: string,
  { perform, sleep, account, sealing }: Attempt,
  { mark }: Minted,
): Promise<boolean> {
  for (let look = 0;; look++) {
    const accepted = await perform(`${title} ${look + 1}`, async ({ known }) => {
      const entry = entryOf(known, mark);
      return await account.accepts(await openToken(entry, sealing), entry.scope);
    });
    if (accepted || look === REFUSAL_PAUSES.length) return accepted;
    await sleep(`${title} ${look + 1}: wait`, REFUSAL_PAUSES[look]);
  }
}

/** Gives up a replacement that Heroku refuses, and with it the attempt. */
async function discard(
  { run, perform, account, write, now }: Attempt,
  { mark }: Minted,
): Promise<never> {
  await perform("discard", async ({ known, note }) => {
    const entry = entryOf(known, mark);
    await write({ kind: "discard", mark, at: now() });
    await deleteClaimed(account, entry, note.own);
    return null;
  });
  throw new AttemptError(
    `Cannot use the new token of '${run.credential}' because Heroku still refused it after six minutes: the next attempt makes another`,
  );
}

/** Ends the attempt in the ledger. */
async function end({ write, now }: Attempt, how: AttemptEnd): Promise<null> {
  await write({ kind: "end", end: how, at: now() });
  return null;
}

/** Ends the attempt in the ledger: false when another one has taken over. */
async function fail(attempt: Attempt, how: AttemptEnd): Promise<boolean> {
  try {
    await end(attempt, how);
    return true;
  } catch (thrown) {
    if (thrown instanceof SupersededError) return false;
    throw thrown;
  }
}

function countEnds(ends: readonly Deletion[]): { deleted: number; gone: number; skipped: number } {
  const deleted = ends.filter((end) => end === "deleted").length;
  const gone = ends.filter((end) => end === "gone").length;
  return { deleted, gone, skipped: ends.length - deleted - gone };
}
