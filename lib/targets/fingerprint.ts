/**
 * The fingerprint of a token: what may be stored, logged and compared where the token may not.
 *
 * @module
 */

/**
 * The SHA-256 of a token, as 64 lowercase hexadecimal digits. A token has far too much entropy to be
 * guessed from it.
 */
export async function fingerprint(token: string): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(token));
  return new Uint8Array(digest).toHex();
}
