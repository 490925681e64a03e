/**
 * One spelling for every way to write the same address, so that one place has one name.
 *
 * @module
 */

/**
 * Spells an address as one would compare it: the host in lower case and without a final dot, no port
 * that is the default anyway, no empty query, and no needless escapes in the path.
 */
export function spellAddress(address: string): URL {
  const url = new URL(address);
  url.hostname = url.hostname.replace(/\.+$/, "");
  url.pathname = url.pathname.replace(/%[0-9a-f]{2}/gi, spellEscape);
  if (url.search === "") url.search = "";
  return url;
}

/** RFC 3986, section 6.2.2: letters, digits and `-._~` mean the same escaped or not. */
function spellEscape(escape: string): string {
  const character = String.fromCharCode(parseInt(escape.slice(1), 16));
  return /[A-Za-z0-9._~-]/.test(character) ? character : escape.toUpperCase();
}
