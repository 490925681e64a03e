/**
 * What the demonstration must have come to.
 *
 * @module
 */
import type { FakeAuthorization, FakeHeroku } from "../../lib/testing/mod.ts";
import type { AlertReader } from "./alerts.ts";

/** A place that a token is delivered to. */
export interface Standing {
  /** The credential's name. */
  readonly credential: string;
  /** The place in words. */
  readonly place: string;
  /** What is there now. */
  readonly token: () => string | undefined | Promise<string | undefined>;
}

/** What must have become of the authorizations that were there before. */
export interface Expectation {
  /** Stale ones and leftovers. */
  readonly gone: readonly FakeAuthorization[];
  /** Those that were not due, and those that no one claims. */
  readonly untouched: readonly FakeAuthorization[];
}

/** Checks, and prints a line for each check. Gives the number of failures. */
export async function check(
  heroku: FakeHeroku,
  standings: readonly Standing[],
  { gone, untouched }: Expectation,
  { alerts, open }: Pick<AlertReader, "alerts" | "open">,
): Promise<number> {
  let failures = 0;
  const report = (ok: boolean, what: string) => {
    if (!ok) failures++;
    console.log(`${ok ? "  ok  " : "  FAIL"} ${what}`);
  };
  console.log("\nChecks");
  for (const { place, token } of standings) {
    const held = await token();
    report(held !== undefined && heroku.accepts(held), `Heroku accepts the token at ${place}`);
  }
  const live = new Map(heroku.live().map((each) => [each.id, each]));
  for (const { id, description } of gone) {
    report(!live.has(id), `The stale '${description}' is gone`);
  }
  for (const { id, description, updated_at } of untouched) {
    report(live.get(id)?.updated_at === updated_at, `'${description}' is as it was`);
  }
  const names = new Set(standings.map(({ credential }) => credential));
  for (const name of names) {
    const line = [...live.values()].filter(({ description }) =>
      description === name || description.startsWith(`${name} [`)
    );
    report(line.length === 1, `'${name}' has one authorization: ${line[0]?.description}`);
  }
  for (
    const [kind, what] of [
      ["credential_late", "that little time is left where a target is down"],
      ["target_drifted", "that a target was overwritten"],
    ]
  ) {
    report(alerts.some(({ kinds }) => kinds.includes(kind)), `An alert said ${what}`);
  }
  report(open.size === 0, `Of every alert there was an end (${alerts.length} in all)`);
  return failures;
}
