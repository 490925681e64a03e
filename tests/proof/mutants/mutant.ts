/**
 * What a mutant is.
 *
 * @module
 */

/** One way to break the sources. */
export interface Mutant {
  /** What is broken, in words. */
  readonly name: string;
  /** The text to change: it must be there exactly once. */
  readonly edits: readonly Edit[];
  /**
   * What of the name of a world or scenario is to catch it, so that it is tried first.
   * @default {all are tried}
   */
  readonly caughtIn?: string;
}

/** A text and what takes its place. */
export interface Edit {
  readonly file: string;
  readonly find: string;
  readonly put: string;
}

/** One edit in a file. */
export type Break = (name: string, find: string, put: string, caughtIn?: string) => Mutant;

/** Makes mutants of one file. */
export function breaking(file: string): Break {
  return (name, find, put, caughtIn) => ({
    name,
    edits: [{ file, find, put }],
    ...caughtIn === undefined ? {} : { caughtIn },
  });
}
