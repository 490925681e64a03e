/**
 * How a rotation runs its steps: fenced by the lease, and told apart by what helps when they fail.
 *
 * @module
 */
import { HerokuError } from "../heroku/errors.ts";
import { TargetError } from "../targets/target.ts";
import {
  type AttemptLedger,
  type Change,
  type Lease,
  type Snapshot,
  SupersededError,
} from "./ledger.ts";
import { type Credential, isPaused } from "./credential.ts";
import type { OwnToken } from "./own_token.ts";
import { LEASE_DURATION } from "./schedule.ts";
import { SealingError } from "./sealing.ts";
import type { Step, StepOptions } from "./step.ts";

/** What a step goes by: all of it as it is at the step's beginning. */
export interface Fresh extends Snapshot {
  /** The configured credential. */
  readonly credential: Credential;
  /** Ends what the step has under way when its time is up, so that nothing is written after it. */
  readonly signal: AbortSignal;
}

/**
 * Runs one step, and gives what it gave. Nothing is done on stale knowledge: a step gets what is
 * configured, and what the ledger says when `before` has been written down.
 * @default {nothing}
 */
export type Perform = <T>(
  name: string,
  run: (fresh: Fresh) => Promise<T>,
  before?: (credential: Credential) => readonly Change[],
) => Promise<T>;

/** What the runner of an attempt's steps works with. */
export interface PerformDependencies {
  /** The Heroku account. */
  readonly account: { readonly own: Pick<OwnToken, "fingerprint" | "secret"> };
  /** The ledger. */
  readonly ledger: Pick<AttemptLedger, "begin">;
  /** The credential as it is configured; throws an {@linkcode AttemptError} when there is nothing to do. */
  readonly credential: () => Credential;
  /** The current time, in milliseconds since the epoch. */
  readonly now: () => number;
}

/** A failure that trying again within the attempt does not mend. */
export class AttemptError extends Error {
  static {
    this.prototype.name = "AttemptError";
  }
}

/** A failure in which Heroku refused to create anything: nothing was made. */
export class RefusedError extends AttemptError {
  static {
    this.prototype.name = "RefusedError";
  }
}

/** Waits of 10, 20 and 40 seconds: with all time-outs well inside a lease. */
export const STEP_OPTIONS: StepOptions = {
  retries: { limit: 3, delay: 10_000, backoff: "exponential" },
  timeout: 120_000,
};

/** The longest wait in milliseconds that a target may ask for within an attempt, and how often. */
const LONGEST_PAUSE = 120_000;
const MOST_PAUSES = 3;

/** What the engine keeps of a step. */
type Outcome<T> =
  | { readonly kind: "value"; readonly value: T }
  | { readonly kind: "pause"; readonly duration: number; readonly message: string }
  | { readonly kind: "failure"; readonly message: string; readonly refused: boolean }
  | { readonly kind: "superseded" };

/**
 * Makes the runner of an attempt's steps. Each begins by extending the lease, and so stops the
 * attempt when a newer one has taken over. What trying again may mend is left to the engine's
 * retries, a target that says how long to wait is obeyed, and the rest ends the attempt.
 */
export function createPerform(
  step: Step,
  lease: Lease,
  { account: { own }, ledger, credential, now }: PerformDependencies,
): Perform {
  async function begin(
    name: string,
    before: (credential: Credential) => readonly Change[],
    signal: AbortSignal,
  ): Promise<Fresh> {
    const configured = credential();
    const snapshot = await ledger.begin(lease, now() + LEASE_DURATION, before(configured));
    if (isPaused(configured, snapshot.known.record)) {
      throw new AttemptError(
        `Cannot go on with '${configured.name}' because an order paused it: \`herotate resume ${configured.name}\` has it go on`,
      );
    }
    const { account } = snapshot.note;
    if (account !== null && account.token !== own.fingerprint) {
      throw new AttemptError(
        `Cannot finish the step '${name}' because '${own.secret}' was changed: the next sweep looks whose it is`,
      );
    }
    return { ...snapshot, credential: configured, signal };
  }

  return async <T>(
    name: string,
    run: (fresh: Fresh) => Promise<T>,
    before: (credential: Credential) => readonly Change[] = () => [],
  ): Promise<T> => {
    for (let round = 1;; round++) {
      const title = round === 1 ? name : `${name} (${round})`;
      const outcome = await step.do<Outcome<T>>(title, STEP_OPTIONS, async () => {
        const expiry = new AbortController();
        const timer = setTimeout(() => expiry.abort(tookTooLong(name)), STEP_OPTIONS.timeout);
        try {
          return { kind: "value", value: await run(await begin(name, before, expiry.signal)) };
        } catch (error) {
          return toOutcome(name, error, own.secret);
        } finally {
          clearTimeout(timer);
        }
      });
      switch (outcome.kind) {
        case "value":
          return outcome.value;
        case "superseded":
          throw new SupersededError(lease);
        case "failure":
          throw outcome.refused
            ? new RefusedError(outcome.message)
            : new AttemptError(outcome.message);
        case "pause":
          if (round > MOST_PAUSES) throw new AttemptError(outcome.message);
          await step.sleep(`${title}: wait`, outcome.duration);
      }
    }
  };
}

function tookTooLong(name: string): DOMException {
  const seconds = STEP_OPTIONS.timeout / 1000;
  return new DOMException(`The step '${name}' took longer than ${seconds} s`, "TimeoutError");
}

/** Turns what ends or pauses an attempt into a value; what the engine is to try again is thrown. */
function toOutcome(
  name: string,
  error: unknown,
  secret: string,
): Exclude<Outcome<never>, { kind: "value" }> {
  if (error instanceof SupersededError) return { kind: "superseded" };
  if (error instanceof AttemptError || error instanceof SealingError) {
    return toFailure(error.message, error instanceof RefusedError);
  }
  if (error instanceof TargetError) {
    const { message, retryAfter } = error;
    if (!error.retryable) return toFailure(message);
    if (retryAfter === undefined) throw error;
    return retryAfter <= LONGEST_PAUSE
      ? { kind: "pause", duration: retryAfter, message }
      : toFailure(message);
  }
  if (error instanceof HerokuError && isFinal(error)) {
    return toFailure(
      `Cannot finish the step '${name}' because Heroku answered: ${error.message}. Check ${secret} and its account; the next attempt tries again`,
    );
  }
  throw error;
}

function toFailure(message: string, refused = false): Extract<Outcome<never>, { kind: "failure" }> {
  return { kind: "failure", message, refused };
}

/** Whether trying the same again soon will not help. */
export function isFinal({ code }: HerokuError): boolean {
  return code === "unauthorized" || code === "two_factor" || code === "forbidden" ||
    code === "invalid_request";
}
