/**
 * What worlds of the proof are made of.
 *
 * @module
 */
import type { FakeWorld } from "../../lib/testing/mod.ts";
import {
  type CredentialSpec,
  day,
  hour,
  type Simulation,
  type SimulationOptions,
} from "./simulation.ts";

/** A world to live in. */
export interface World {
  readonly name: string;
  readonly options: SimulationOptions;
  /** How long it lasts. */
  readonly days: number;
  /**
   * How often the cron fires, in milliseconds.
   * @default {half an hour}
   */
  readonly interval?: number;
  /**
   * What is there at the beginning.
   * @default {the operator's own token of 30 days, delivered by hand}
   */
  prepare?(sim: Simulation): Promise<void> | void;
  /** What happens before each sweep, so long after the beginning, in milliseconds. */
  during?(sim: Simulation, elapsed: number): Promise<void> | void;
  /**
   * How long an authorization must be missing before it may count as gone.
   * @default {for ever}
   */
  readonly patience?: number;
  /**
   * Whether no one can keep the targets alive there.
   * @default {false}
   */
  readonly hopeless?: boolean;
  /**
   * What happens before three good days end it.
   * @default {nothing}
   */
  heal?(sim: Simulation): void;
  /** What else is wrong in the end. */
  judge?(sim: Simulation): string[];
}

/** The operator's own token is at the places, and is due soon. */
export async function adopt(sim: Simulation): Promise<void> {
  await adoptFor(sim, { expires_in: 30 * 86_400, created_at: sim.now() - 15 * day });
}

/** The operator's own token is at the places, and is due. */
export async function adoptDue(sim: Simulation): Promise<void> {
  await adoptFor(sim, { expires_in: 30 * 86_400, created_at: sim.now() - 28 * day });
}

/** The operator's own token with these attributes stands at the places of each credential. */
export async function adoptFor(
  sim: Simulation,
  attributes: {
    readonly expires_in: number | null;
    readonly created_at?: number;
    readonly scope?: readonly string[];
  },
): Promise<void> {
  for (const { name, places } of sim.configured()) {
    const { token } = sim.heroku.issue({ description: name, scope: ["write"], ...attributes });
    for (const { place } of places) await sim.put(place, token);
  }
}

/** A credential that is delivered to two places. */
export function ci(changes: Partial<CredentialSpec> = {}, world?: FakeWorld): SimulationOptions {
  return {
    world,
    credentials: [{
      name: "ci",
      grace: hour,
      scope: ["write"],
      targets: ["hook:ci", "var:acme/KEY"],
      ...changes,
    }],
  };
}

/** What `explain` does not see: a credential that was never replaced. */
export function unmade(sim: Simulation, least = 1): string[] {
  const count = sim.heroku.creations.length;
  return count < least ? [`${count} replacements were made, and ${least} were due`] : [];
}

/** More was made than there was a reason for. */
export function tooMany(sim: Simulation, most: number): string[] {
  const count = sim.heroku.creations.length;
  return count > most ? [`${count} replacements were made, and ${most} are plenty`] : [];
}

/** Changes what a create answers about its token's end. */
export async function sayEnd(response: Response, call: string, end: unknown): Promise<Response> {
  if (call !== "POST /oauth/authorizations" || response.status !== 201) return response;
  const { access_token, ...more }: { readonly access_token?: object } = await response.json();
  const body = { ...more, access_token: { ...access_token, expires_in: end } };
  return Response.json(body, { status: 201, headers: response.headers });
}

/** An authorization as an answer shows it. */
export type Shown = Readonly<Record<string, unknown>>;

/** Changes each authorization that a list or a look-up shows; one that becomes undefined is missing. */
export async function showOtherwise(
  response: Response,
  call: string,
  change: (shown: Shown) => Shown | undefined,
): Promise<Response> {
  if (!call.startsWith("GET /oauth/authorizations") || !response.ok) return response;
  const body: unknown = await response.json();
  const { status, headers } = response;
  if (Array.isArray(body)) {
    return Response.json(body.flatMap((each: Shown) => change(each) ?? []), { status, headers });
  }
  const changed = change(body as Shown);
  return changed === undefined
    ? Response.json({ id: "not_found", message: "Couldn't find that OAuth authorization." }, {
      status: 404,
    })
    : Response.json(changed, { status, headers });
}

/** Whether an answer shows what was made for a credential. */
export function isMade({ description }: Shown): boolean {
  return String(description).startsWith("ci [");
}

/** The same authorization with another end. */
export function withEnd({ access_token, ...shown }: Shown, seconds: number | undefined): Shown {
  const token: Shown = { ...access_token as Shown, expires_in: seconds };
  return { ...shown, access_token: token };
}
