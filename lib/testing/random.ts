/**
 * Numbers, ids and texts that look random and depend only on a seed.
 *
 * The generator is mulberry32. Its state is a plain counter, so that the number at any position can
 * be computed without the ones before it: that is what makes a call's fate depend on nothing but the
 * seed and the call's number.
 *
 * @module
 */

const INCREMENT = 0x6d2b79f5;
const HEXADECIMAL = "0123456789abcdef";

/** A sequence of numbers and texts that is the same for the same seed. */
export interface Random {
  /** The next number, at least 0 and less than 1. */
  next(): number;
  /** The next text of `length` characters, each taken from `alphabet`. */
  text(length: number, alphabet: string): string;
  /** The next id in the shape of a version 4 UUID. */
  uuid(): string;
}

function mix(state: number): number {
  let mixed = Math.imul(state ^ (state >>> 15), state | 1);
  mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
  return (mixed ^ (mixed >>> 14)) >>> 0;
}

/**
 * The number at one position of a seed's sequence.
 *
 * @param seed any number; its lowest 32 bits count
 * @param position which number of the sequence, from 0
 * @returns at least 0 and less than 1
 */
export function drawAt(seed: number, position: number): number {
  // Mixing the seed first keeps seeds that lie an increment apart from sharing a shifted sequence.
  return mix((mix(seed + INCREMENT) + Math.imul(position, INCREMENT)) | 0) / 2 ** 32;
}

/**
 * Starts a sequence.
 *
 * @param seed any number; its lowest 32 bits count
 */
export function createRandom(seed: number): Random {
  let position = 0;

  function next(): number {
    return drawAt(seed, position++);
  }

  function text(length: number, alphabet: string): string {
    let made = "";
    for (let index = 0; index < length; index++) {
      made += alphabet.charAt(Math.floor(next() * alphabet.length));
    }
    return made;
  }

  function uuid(): string {
    const digits = text(30, HEXADECIMAL);
    const variant = text(1, "89ab");
    return `${digits.slice(0, 8)}-${digits.slice(8, 12)}-4${digits.slice(12, 15)}-` +
      `${variant}${digits.slice(15, 18)}-${digits.slice(18, 30)}`;
  }

  return { next, text, uuid };
}
