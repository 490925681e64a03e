/**
 * Fingerprints: what may be stored, logged and compared where a token may not, or where a name is too
 * long.
 *
 * @module
 */
import { bytesToHex } from "@noble/hashes/utils.js";

/**
 * The SHA-256 of a text, as 64 lowercase hexadecimal digits. A token has far too much entropy to be
 * guessed from it.
 */
export async function fingerprint(text: string): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  return bytesToHex(new Uint8Array(digest));
}
