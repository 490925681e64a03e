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

const pattern = /^(?<name>.+) \[g(?<generation>[1-9]\d{0,8}) (?<mark>[0-9a-z]{12})\]$/su;

/** Writes the description of a replacement, such as `ci-deploy [g7 4k2m9x0qpz1c]`. */
export function formatMarker(marker: Required<Marker>): string {
  return `${marker.name} [g${marker.generation} ${marker.mark}]`;
}

/** Reads a description. Whatever does not end in a marker is the name of a generation 0. */
export function parseMarker(description: string): Marker {
  const groups = pattern.exec(description)?.groups;
  if (!groups) return { name: description, generation: 0 };
  return { name: groups.name, generation: Number(groups.generation), mark: groups.mark };
}

/** Makes a mark that no other attempt has: 60 random bits. */
export function createMark(): string {
  return Array.from(
    crypto.getRandomValues(new Uint8Array(12)),
    (byte) => (byte % 32).toString(32),
  ).join("");
}
