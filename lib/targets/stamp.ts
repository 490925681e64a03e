/**
 * Which of two deliveries is the newer one, for targets that can remember what they hold.
 *
 * @module
 */
import { type Delivery, TargetError } from "./target.ts";

/** The stamp of a delivery whose authorization has no time. */
const UNKNOWN = "00000000T000000Z";

/** What a {@linkcode stampOf} looks like. */
export const STAMP = /\d{8}T\d{6}Z/;

/**
 * When Heroku created the authorization of a delivery, in a form that is short and sorts by time, such
 * as `20261224T120000Z`. Generations may start again, Heroku's clock does not.
 */
export function stampOf({ createdAt }: Delivery): string {
  const time = Date.parse(createdAt);
  return Number.isNaN(time)
    ? UNKNOWN
    : new Date(time).toISOString().replaceAll(/[-:]|\.\d{3}/g, "");
}

/**
 * Refuses a late delivery.
 *
 * @param place The place in words, for the message.
 * @param held The text in which the place keeps the stamp of what it holds, where it has any.
 * @throws {TargetError} With code `superseded` when the place holds a newer token.
 */
export function refuseOlder(place: string, held: string | undefined, delivery: Delivery): void {
  const stamp = STAMP.exec(held ?? "")?.[0] ?? UNKNOWN;
  if (stamp <= stampOf(delivery)) return;
  throw new TargetError(
    "superseded",
    `Cannot deliver generation ${delivery.generation} to the ${place} because it holds a token of ${stamp}, which is newer: leave it as it is`,
  );
}
