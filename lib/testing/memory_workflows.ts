/**
 * Durable runs in memory, on a clock that the test moves: what Cloudflare Workflows is in production.
 *
 * @module
 */
import type { Step, StepOptions } from "../rotation/step.ts";

/** The state of a run. */
export type MemoryRunStatus = "running" | "asleep" | "complete" | "errored" | "killed";

/** One durable run. */
export interface MemoryRun {
  /** The id it was started with. */
  readonly id: string;
  /** Its state. */
  readonly status: MemoryRunStatus;
  /** When it wakes, in milliseconds since the epoch, while it is asleep. */
  readonly wakesAt: number | undefined;
  /** What each finished step gave, as JSON: what an engine stores. */
  readonly stored: ReadonlyMap<string, string>;
  /** What the run gave, as JSON, once it is complete. */
  readonly output: string | undefined;
  /** Why it failed, once it has. */
  readonly error: string | undefined;
}

/** An engine of durable runs. */
export interface MemoryWorkflows<Params> {
  /** Starts runs. An id that has been started before is passed over, as `createBatch` does. */
  start(runs: readonly { readonly id: string; readonly params: Params }[]): void;
  /** All runs, oldest first. */
  readonly runs: readonly MemoryRun[];
  /** Wakes what is due, and waits until every run is asleep or has ended. */
  settle(): Promise<void>;
  /** The moment at which the next run wakes; undefined for none. */
  nextWake(): number | undefined;
  /** Ends a run's process: it does nothing more, and keeps what its finished steps gave. */
  kill(id: string): void;
  /** Starts a killed run again: finished steps are passed over and give what they gave. */
  resume(id: string): void;
}

/** What an engine is made from. */
export interface MemoryWorkflowsOptions<Params> {
  /** The current time, in milliseconds since the epoch. */
  readonly now: () => number;
  /** The code of a run. */
  readonly run: (step: Step, params: Params, id: string) => Promise<unknown>;
}

interface State<Params> {
  id: string;
  params: Params;
  status: MemoryRunStatus;
  wakesAt: number | undefined;
  wake: (() => void) | undefined;
  stored: Map<string, string>;
  sleeps: Map<string, number>;
  output: string | undefined;
  error: string | undefined;
  process: number;
}

/**
 * Makes an engine. As Cloudflare's does, it keeps what a step gave under the step's name as JSON,
 * tries a step again that throws, and goes on after the last finished step when it is resumed.
 */
export function createMemoryWorkflows<Params>(
  { now, run }: MemoryWorkflowsOptions<Params>,
): MemoryWorkflows<Params> {
  const states = new Map<string, State<Params>>();
  /** Who waits for a change. */
  const waiting: (() => void)[] = [];

  function set(state: State<Params>, changes: Partial<State<Params>>): void {
    Object.assign(state, changes);
    for (const goOn of waiting.splice(0)) goOn();
  }

  /** A promise for ever: what a call of a killed process waits for. */
  function die(): Promise<never> {
    return new Promise(() => {});
  }

  function createStep(state: State<Params>): Step {
    const { process } = state;
    const dead = () => state.process !== process;

    async function sleepUntil(wakesAt: number): Promise<void> {
      if (dead()) return die();
      if (wakesAt <= now()) return;
      await new Promise<void>((wake) => set(state, { status: "asleep", wakesAt, wake }));
      if (dead()) return die();
    }

    return {
      async do<T>(name: string, { retries }: StepOptions, work: () => Promise<T>): Promise<T> {
        const kept = state.stored.get(name);
        if (kept !== undefined) return JSON.parse(kept) as T;
        for (let retry = 0;; retry++) {
          if (dead()) return die();
          try {
            const json = JSON.stringify(await work());
            if (dead()) return die();
            state.stored.set(name, json);
            return JSON.parse(json) as T;
          } catch (error) {
            if (dead()) return die();
            if (retry >= retries.limit) throw error;
            const factor = retries.backoff === "exponential"
              ? 2 ** retry
              : retries.backoff === "linear"
              ? retry + 1
              : 1;
            await sleepUntil(now() + retries.delay * factor);
          }
        }
      },

      async sleep(name, duration) {
        const wakesAt = state.sleeps.get(name) ?? now() + duration;
        state.sleeps.set(name, wakesAt);
        await sleepUntil(wakesAt);
      },
    };
  }

  async function execute(state: State<Params>): Promise<void> {
    const { process } = state;
    try {
      const output = JSON.stringify(await run(createStep(state), state.params, state.id));
      if (state.process === process) set(state, { status: "complete", output });
    } catch (error) {
      if (state.process !== process) return;
      set(state, { status: "errored", error: error instanceof Error ? error.message : "unknown" });
    }
  }

  function wakeDue(): void {
    for (const state of states.values()) {
      if (state.status !== "asleep" || (state.wakesAt ?? Infinity) > now()) continue;
      const { wake } = state;
      set(state, { status: "running", wakesAt: undefined, wake: undefined });
      wake?.();
    }
  }

  return {
    start(runs) {
      for (const { id, params } of runs) {
        if (states.has(id)) continue;
        const state: State<Params> = {
          id,
          params,
          status: "running",
          wakesAt: undefined,
          wake: undefined,
          stored: new Map(),
          sleeps: new Map(),
          output: undefined,
          error: undefined,
          process: 0,
        };
        states.set(id, state);
        execute(state);
      }
    },

    get runs() {
      return [...states.values()];
    },

    async settle() {
      wakeDue();
      while ([...states.values()].some(({ status }) => status === "running")) {
        await new Promise<void>((goOn) => waiting.push(goOn));
        wakeDue();
      }
    },

    nextWake() {
      const times = [...states.values()].flatMap(({ wakesAt }) => wakesAt ?? []);
      return times.length > 0 ? Math.min(...times) : undefined;
    },

    kill(id) {
      const state = states.get(id);
      if (state?.status !== "running" && state?.status !== "asleep") return;
      set(state, {
        status: "killed",
        process: state.process + 1,
        wakesAt: undefined,
        wake: undefined,
      });
    },

    resume(id) {
      const state = states.get(id);
      if (state?.status !== "killed") return;
      set(state, { status: "running" });
      execute(state);
    },
  };
}
