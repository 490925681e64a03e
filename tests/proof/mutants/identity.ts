/**
 * Mutants of whose something is: its own authorization, the account, descriptions and marks.
 *
 * @module
 */
import { breaking, type Mutant } from "./mutant.ts";

const findings = breaking("lib/rotation/findings.ts");
const own = breaking("lib/rotation/own_token.ts");
const account = breaking("lib/rotation/account.ts");
const look = breaking("lib/rotation/look.ts");
const lookup = breaking("lib/rotation/authorizations.ts");
const marker = breaking("lib/rotation/marker.ts");

/** The mutants. */
export const identityMutants: readonly Mutant[] = [
  findings(
    "adopts the account's default API key",
    "    authorization.id !== view.defaultId && !view.own.has(authorization.id) &&\n    !taken",
    "    !view.own.has(authorization.id) &&\n    !taken",
    "and another token of its own",
  ),
  look(
    "adopts although the default API key cannot be looked up",
    "isSure: !view.doubtful && !(untouchable instanceof HerokuError) &&\n",
    "isSure: !view.doubtful &&\n",
    "cannot be looked up at first",
  ),
  lookup(
    "deletes what is the account's default API key by now",
    'if (found.id === untouchable?.id) return "untouchable";',
    'if (found.id === untouchable?.description) return "untouchable";',
    "a default API key that is the one it adopted",
  ),
  findings(
    "adopts its own authorization",
    "    authorization.id !== view.defaultId && !view.own.has(authorization.id) &&\n    !taken",
    "    authorization.id !== view.defaultId &&\n    !taken",
    "its own authorization with",
  ),
  own(
    "knows its own authorization only where it made it",
    "? own.compare(authorization)",
    '? "none" as const',
    "its own authorization with",
  ),
  own(
    "does not know its own authorization among what it made",
    `      : known === own.fingerprint
      ? "strong"`,
    `      : known === own.fingerprint
      ? "none"`,
    "its own token is one that it made",
  ),
  lookup(
    "deletes its own authorization",
    'if (isOwn) return "own";',
    'if (isOwn && entry.generation < 0) return "own";',
    "its own token is the one that is stale",
  ),
  account(
    "sweeps another account",
    "const isChange = known !== null && known.id !== id;",
    'const isChange = known !== null && known.id !== id && id === "";',
    "another account's token for twelve hours",
  ),
  account(
    "goes over to another account unasked",
    "if (isChange && confirmed === undefined) {",
    'if (isChange && confirmed === "") {',
    "another account's token for twelve hours",
  ),
  account(
    "sweeps an account that it cannot read",
    "if (!known || known.token === token) return note;",
    'if (!known || known.token !== "") return note;',
    "an account that cannot be read",
  ),
  breaking("lib/rotation/perform.ts")(
    "goes on in another account",
    "if (account !== null && account.token !== own.fingerprint) {",
    'if (account !== null && account.token === "") {',
    "another account's token from the beginning",
  ),
  lookup(
    "deletes what was renamed by hand",
    'if (!isClaimed(found, entry)) return "renamed";',
    'if (!isClaimed(found, entry) && found.id === "") return "renamed";',
  ),
  findings(
    "takes a description's name for a claim",
    `  return entry.description === null
    ? parseMarker(description).name === name
    : isSameText(description, entry.description);`,
    `  return parseMarker(description).name === name ||
    isSameText(description, entry.description ?? "");`,
    "renamed to the credential's name",
  ),
  findings(
    "finds a leftover by its exact marker only",
    "return (name === marker.name && mark === marker.mark) || survivesIn(description, marker);",
    "return name === marker.name && mark === marker.mark && description.includes(` [g`);",
    "a lost answer where descriptions are stored otherwise: brackets",
  ),
  findings(
    "finds a leftover by a whole mark only",
    "return (name === marker.name && mark === marker.mark) || survivesIn(description, marker);",
    "return name === marker.name && mark === marker.mark;",
    'a lost answer where descriptions are stored otherwise: {"cut',
  ),
  findings(
    "writes a generation that it cannot read back",
    "generation: Math.min(generation, LARGEST_ADOPTED_GENERATION),",
    "generation: Math.max(generation, LARGEST_ADOPTED_GENERATION - Infinity),",
    "the largest generation at first",
  ),
  marker(
    "reads markers only in the form in which it wrote them",
    "exact ?? CHANGED.exec(description)?.groups ?? {};",
    "exact ?? CHANGED.exec(description.slice(description.length))?.groups ?? {};",
    "a lost ledger where descriptions are stored otherwise",
  ),
];
