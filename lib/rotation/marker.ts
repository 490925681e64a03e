/**
 * Markers: how an authorization's description in Heroku says which credential and generation it is.
 *
 * @module
 */

/** What a description says about an authorization. */
export interface Marker {
  /** The credential's name. */
  readonly name: string;
  /** The generation: 0 for a description without a marker. */
  readonly generation: number;
  /**
   * What tells this authorization from any other attempt at the same generation, by this Worker or
   * another; absent in a description that Herotate did not write.
   */
  readonly mark?: string;
}

/**
 * The largest generation that is taken over from Heroku. Each number up to it, and the next ten
 * thousand billions, is written with as many digits as {@linkcode parseMarker} reads.
 */
export const LARGEST_ADOPTED_GENERATION: number = 10 ** 14;

/** At least this many characters of a mark must have survived where a description was cut. */
const LEAST_OF_A_MARK = 6;

const EXACT = /^(?<name>.+) \[g(?<generation>[1-9]\d{0,14}) (?<mark>[0-9a-z]{12})\]$/su;

/** The same with other brackets or none, other spaces, or another case. */
const CHANGED =
  /^\s*(?<name>\S.*?)[\s[({<]+g(?<generation>[1-9]\d{0,14})\s+(?<mark>[0-9a-z]{12})[\s\])}>]*$/siu;

/** Writes the description of a replacement, such as `ci-deploy [g7 4k2m9x0qpz1c]`. */
export function formatMarker(marker: Required<Marker>): string {
  return `${marker.name} [g${marker.generation} ${marker.mark}]`;
}

/**
 * Reads a description, also one whose brackets, spaces or case Heroku changed. Whatever does not end
 * in a marker is the name of a generation 0.
 */
export function parseMarker(description: string): Marker {
  const exact = EXACT.exec(description)?.groups;
  const { name, generation, mark } = exact ?? CHANGED.exec(description)?.groups ?? {};
  if (mark === undefined) return { name: description.normalize("NFC"), generation: 0 };
  return {
    name: exact ? name.normalize("NFC") : tidy(name),
    generation: Number(generation),
    mark: mark.toLowerCase(),
  };
}

/**
 * Whether a description is the one that was sent, in whatever form Heroku keeps it: other brackets,
 * spaces or case, another Unicode form, or cut within its mark.
 */
export function survivesIn(description: string, marker: Required<Marker>): boolean {
  const [kept, sent] = [fold(description), fold(formatMarker(marker))];
  return sent.startsWith(kept) &&
    kept.length >= sent.length - marker.mark.length + LEAST_OF_A_MARK;
}

/** Whether two descriptions with the same mark differ only in what Heroku may have changed. */
export function isSameText(one: string, other: string): boolean {
  if (tidy(one) === tidy(other)) return true;
  const folded = fold(one);
  return folded !== "" && parseMarker(one).mark !== undefined && folded === fold(other);
}

/** How many characters a mark and a lineage have. */
const MARK_LENGTH = 12;
const LINEAGE_LENGTH = 4;

/**
 * Makes a lineage: four characters by which a ledger, and any older copy of it, knows what it had made.
 * A ledger that was lost, or is another Worker's, has another one.
 */
export function createLineage(): string {
  return createWord(LINEAGE_LENGTH);
}

/**
 * Makes a mark that no other attempt has, for a ledger of this lineage: 40 random bits, and the lineage
 * at its end, as a description that was cut must show what differs.
 */
export function createMark(lineage: string): string {
  return `${createWord(MARK_LENGTH - lineage.length)}${lineage}`;
}

/** Whether a ledger of this lineage made a mark. */
export function isOfLineage(mark: string, lineage: string): boolean {
  return lineage !== "" && mark.length === MARK_LENGTH && mark.endsWith(lineage);
}

/** Makes a word of so many random letters and digits, with five random bits in each. */
export function createWord(length: number): string {
  return Array.from(
    crypto.getRandomValues(new Uint8Array(length)),
    (byte) => (byte % 32).toString(32),
  ).join("");
}

/** A text in its usual Unicode form, without spaces that no one sees. */
function tidy(text: string): string {
  return text.normalize("NFC").trim().replace(/\s+/gu, " ");
}

/** Only the letters and digits of a text, in lower case. */
function fold(text: string): string {
  return text.normalize("NFKD").toLowerCase().replace(/[^\p{L}\p{N}]/gu, "");
}
