/**
 * What the newest release of a Heroku app is up to. Where an app has a release phase, a change of its
 * config vars shows only when the release command is over, and not at all when it fails.
 *
 * @module
 */
import * as v from "valibot";
import { TargetError } from "./target.ts";

/** Asks for the newest release and no other, as Heroku's own command line does. */
export const NEWEST_RELEASE = "version ..; order=desc,max=1";

/** How long to wait for a release command, in milliseconds: as long as a rotation waits at once. */
const WAIT = 120_000;

/** The newest release of an app. */
export interface NewestRelease {
  /** Whether its command runs, failed or is over; `unknown` where the token may not see it. */
  readonly status: "pending" | "failed" | "over" | "unknown";
  /** Its name, such as `v42`. */
  readonly name: string;
  /** What its own config vars are asked for by. */
  readonly id: string;
}

// They go into messages, receipts and addresses, so nothing else may pass for them.
const number = v.union([v.pipe(v.number(), v.integer()), v.pipe(v.string(), v.digits())]);
const version = v.fallback(v.optional(number), undefined);
const id = v.fallback(v.optional(v.pipe(v.string(), v.uuid())), undefined);
const releases = v.array(v.object({ id, version, status: v.string() }));

/** Reads the answer to the request for the newest release. */
export function toNewestRelease(body: unknown): NewestRelease {
  const result = v.safeParse(releases, body);
  if (!result.success) return { status: "unknown", name: "", id: "" };
  // Who does not know the order that was asked for gives the oldest first.
  const [newest] = result.output.sort((one, other) => numberOf(other) - numberOf(one));
  if (newest === undefined) return { status: "over", name: "", id: "" };
  const { status, version, id = String(version) } = newest;
  return {
    status: status === "pending" || status === "failed" ? status : "over",
    name: version === undefined ? "the newest one" : `v${version}`,
    id,
  };
}

function numberOf({ version }: { readonly version?: string | number | undefined }): number {
  return Number(version ?? 0);
}

/** The error for a release whose command still runs. */
export function stillReleasing(place: string, { name }: NewestRelease): TargetError {
  return new TargetError(
    "unavailable",
    `Cannot use the ${place} yet because release ${name} of the app is under way: wait until its release command is over`,
    { retryAfter: WAIT },
  );
}

/** The error for a place that lacks the token after a release that failed. */
export function releaseFailed(place: string, app: string, { name }: NewestRelease): TargetError {
  return new TargetError(
    "mismatch",
    `The ${place} does not have the token as release ${name} failed, which leaves the old config vars: see 'heroku releases:output ${name} --app ${app}', mend the release command, and the next attempt delivers again`,
  );
}

/** The error for a place that lacks the token, at an app whose releases the token may not see. */
export function notShownYet(place: string): TargetError {
  return new TargetError(
    "mismatch",
    `The ${place} does not have the token yet. An app with a release command has it when that command is over: wait for it, check that it did not fail, and look for who else writes the config var`,
  );
}
