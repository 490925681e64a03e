/**
 * A Worker whose account's object can be reset at any moment, as Cloudflare does it for a deployment,
 * when a machine fails or an object is overloaded: what it was at is cut off, and what it stored stays.
 * The harness can only evict an object that is idle, so that no sweep and no call is ever cut off.
 *
 * @module
 */
import { writeProject } from "./example_project.ts";
import { type HurriedOptions, type HurriedWorker, startHurriedWorker } from "./hurried_worker.ts";
import type { Surroundings } from "./surroundings.ts";

/** A Worker in a hurry, and its account's object. */
export interface ResettableWorker {
  /** The Worker. */
  readonly worker: HurriedWorker;
  /** Resets the object. */
  reset(): Promise<void>;
  /** When the object's alarm goes off, in milliseconds since the epoch; null when it is not set. */
  alarmAt(): Promise<number | null>;
}

/** The Worker, with two more things that its object can be asked. */
const entry = `import { createWorker } from "../../worker/main.ts";

const worker = createWorker();
export const RotationWorkflow = worker.RotationWorkflow;
export class Account extends worker.Account {
  reset(): void {
    this.ctx.abort("Durable Object reset because its code was updated.");
  }
  alarmAt(): Promise<number | null> {
    return this.ctx.storage.getAlarm();
  }
}
export default worker.handlers;
`;

interface Extra {
  reset(): Promise<void>;
  alarmAt(): Promise<number | null>;
}

/** Starts one. */
export async function startResettableWorker(
  around: Surroundings,
  options: HurriedOptions,
): Promise<ResettableWorker> {
  const configPath = await writeProject("resettable", entry);
  const worker = await startHurriedWorker(around, { ...options, configPath });
  return {
    worker,
    // The object that was asked is no more, so that there never is an answer.
    reset: () => worker.ask<Extra, void>((object) => object.reset()).catch(() => {}),
    alarmAt: () => worker.ask<Extra, number | null>((object) => object.alarmAt()),
  };
}
