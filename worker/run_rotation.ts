/**
 * The durable run on Cloudflare Workflows.
 *
 * @module
 */
import type { WorkflowStep } from "@cloudflare/workers-types";
import { rotate, type RotationResult } from "../lib/rotation/rotate.ts";
import type { Step } from "../lib/rotation/step.ts";
import { findAccount } from "./config/configuration.ts";
import type { AccountRun, Environment, ReadContext } from "./context.ts";

/** Runs one attempt: see `lib/rotation/rotate.ts`. What it gives is stored and holds no token. */
export async function runRotation(
  { account: name, ...run }: AccountRun,
  step: Pick<WorkflowStep, "do" | "sleep">,
  environment: Environment,
  read: ReadContext,
): Promise<RotationResult> {
  const { configured, createRotationDependencies, log } = read(environment);
  const { credential, attempt } = run;
  if (!configured.ok) {
    log.error("rotation_failed", {
      credential,
      attempt,
      error: "The configuration is invalid: see the page",
    });
    throw new Error("Cannot rotate with an invalid configuration: see the page for its mistakes");
  }
  const account = findAccount(configured, name);
  if (!account) {
    const error =
      `Cannot go on with '${credential}' because the configuration no longer has the account '${name}': nothing was deleted`;
    log.error("rotation_failed", { credential, attempt, error });
    throw new Error(error);
  }
  const dependencies = await createRotationDependencies(configured.configuration, account);
  const result = await rotate(toStep(step), run, dependencies);
  const told = { credential, attempt, ...result };
  if (result.outcome === "failure") log.error("rotation_failed", told);
  else {
    const missed = result.outcome === "success" && result.missed.length > 0;
    log[missed ? "warn" : "info"]("rotation_done", told);
  }
  return result;
}

/** Cloudflare's steps demand that what they give can be stored; ours give plain JSON. */
function toStep(step: Pick<WorkflowStep, "do" | "sleep">): Step {
  return {
    do: <T>(name: string, options: Parameters<Step["do"]>[1], run: () => Promise<T>) =>
      step.do(name, options, run as () => Promise<never>) as Promise<T>,
    sleep: (name, duration) => step.sleep(name, duration),
  };
}
