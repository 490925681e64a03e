import type { Entry } from "../../lib/rotation/ledger.ts";
import { entryOf, listed, now } from "./plan_input.ts";

/** Their ids. */
export function ids(authorizations: readonly { readonly id: string }[]): string[] {
  return authorizations.map(({ id }) => id);
}

/** The entry of an authorization that was found in Heroku just now. */
export function found(generation: number, more: Parameters<typeof entryOf>[2] = {}): Entry {
  return entryOf(generation, "adopted", {
    description: descriptionOf(generation),
    notedAt: now,
    seenAt: now,
    ...more,
  });
}

function descriptionOf(generation: number): string {
  return listed(generation).description ?? "";
}
