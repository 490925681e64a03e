/**
 * What the operator should know of a credential beside what is decided about it. Pure.
 *
 * @module
 */
import type { Credential } from "./credential.ts";
import type { Doubt, Notice } from "./decision.ts";
import type { CredentialLedger } from "./ledger.ts";
import { membersOf } from "./line.ts";
import type { View } from "./view.ts";
import { newestMinted } from "./line.ts";
import { graceFor } from "./schedule.ts";
import { inWords } from "./duration_words.ts";

/** What of Heroku's answers about a credential is not believed yet. What was not asked about is no answer. */
export function findDoubts({ name }: Credential, ledger: CredentialLedger, view: View): Doubt[] {
  return membersOf(ledger, view).flatMap(({ entry, doubtedUntil }) => {
    if (doubtedUntil === null || view.unasked.has(entry.authorization ?? "")) return [];
    const howLong = view.accepted.get(entry.authorization ?? "")
      ? "as Heroku takes its token"
      : doubtedUntil === Infinity
      ? "until the list is complete and can be read"
      : `for ${inWords(doubtedUntil - view.at)} more`;
    return [{
      credential: name,
      since: entry.doubtedSince ?? view.at,
      until: doubtedUntil === Infinity ? null : doubtedUntil,
      reason:
        `Heroku does not list generation ${entry.generation} of '${name}': it still counts as there, ${howLong}`,
    }];
  });
}

/** What became of a credential's newest authorization that its configuration does not say. */
export function findNotices(credential: Credential, { entries }: CredentialLedger): Notice[] {
  const { name } = credential;
  const newest = newestMinted(entries);
  if (!newest) return [];
  const { lifetime, asked, generation } = newest;
  const notices: Notice[] = [];
  if (lifetime !== null && (asked === null || lifetime < asked * 0.99 - 60_000)) {
    notices.push({
      credential: name,
      kind: "granted_less",
      message: `Heroku granted generation ${generation} of '${name}' only ${
        inWords(lifetime)
      } where ${
        asked === null ? "no end" : inWords(asked)
      } was asked for: it is rotated more often`,
    });
  }
  const grace = graceFor(credential, lifetime);
  if (grace < credential.grace) {
    notices.push({
      credential: name,
      kind: "grace_shortened",
      message: `The grace of '${name}' is ${inWords(grace)} instead of ${
        inWords(credential.grace)
      }, as generation ${generation} lives only ${inWords(lifetime ?? 0)}`,
    });
  }
  return notices;
}
