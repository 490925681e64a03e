/**
 * What Heroku lists and no configured credential claims: it is shown and left alone. Pure.
 *
 * @module
 */
import type { Credential } from "./credential.ts";
import type { Unmanaged } from "./decision.ts";
import type { Entry } from "./ledger.ts";
import { leftoversOf } from "./findings.ts";
import { parseMarker } from "./marker.ts";
import { expiryOf, type View } from "./view.ts";

/** Finds it, and says of each why it is left alone. */
export function findUnmanaged(
  entries: readonly Entry[],
  credentials: readonly Credential[],
  view: View,
): Unmanaged[] {
  const names = new Set(credentials.map(({ name }) => name));
  const foreign = new Set<string | null>();
  const managed = new Set<string | null>();
  for (const entry of entries) {
    // What was renamed by hand is left alone.
    if (entry.state === "released") continue;
    const isEnded = entry.state === "discarded" || entry.state === "retired";
    if (entry.authorization === null || isEnded) {
      leftoversOf(entry, view).forEach(({ id }) => managed.add(id));
    } else {
      (entry.state === "foreign" ? foreign : managed).add(entry.authorization);
    }
  }
  return view.authorizations.filter(({ id }) => !managed.has(id)).map((authorization) => ({
    id: authorization.id,
    description: authorization.description ?? "",
    expiresAt: expiryOf(authorization, view.at),
    neverExpires: authorization.access_token?.expires_in === null,
    reason: authorization.id === view.defaultId
      ? "It is the account's default API key"
      : view.own.has(authorization.id)
      ? describeOwn(view)
      : foreign.has(authorization.id)
      ? "Another Worker made it"
      : names.has(parseMarker(authorization.description ?? "").name)
      ? "It has a credential's name, but Herotate neither made nor adopted it"
      : "No credential has its name",
  }));
}

function describeOwn({ own }: View): string {
  return own.size === 1
    ? "Herotate itself works with it"
    : `One of ${own.size} that Herotate itself may work with: Heroku does not show enough of their tokens to know which`;
}
