/**
 * Steps: what a rotation is made of, wherever it runs.
 *
 * @module
 */

/** How a step is tried again. Cloudflare's `WorkflowStepConfig` has these members. */
export interface StepOptions {
  /** How often, and how long after, in milliseconds. */
  readonly retries: {
    /** How often it is tried again after the first time. */
    readonly limit: number;
    /** The first wait, in milliseconds. */
    readonly delay: number;
    /** How the wait grows. */
    readonly backoff: "constant" | "linear" | "exponential";
  };
  /** How long one try may take, in milliseconds. */
  readonly timeout: number;
}

/**
 * The engine of a durable run: what a step gave is kept, so that a run that is started again goes on
 * after its last finished step. Cloudflare's `WorkflowStep` is one; the in-memory runner is another.
 */
export interface Step {
  /** Runs a step once, and again when it throws; gives what it gave, which must be plain JSON. */
  do<T>(name: string, options: StepOptions, run: () => Promise<T>): Promise<T>;
  /** Waits, in milliseconds. */
  sleep(name: string, duration: number): Promise<void>;
}
