/**
 * Reads addresses, also on servers whose `URL` has no `parse()` (Node.js before 22).
 *
 * @module
 */

/** Reads an address, which may be relative to another one; undefined when it is none. */
export function parseUrl(text: string, base?: string | URL): URL | undefined {
  return URL.canParse(text, base) ? new URL(text, base) : undefined;
}
