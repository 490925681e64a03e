/**
 * What a header may hold.
 *
 * @module
 */

/**
 * Whether HTTP can carry a value in a header: one line of characters up to U+00FF. White space at
 * either end does no harm, as it is cut off before the value is sent.
 */
export function isHeaderValue(value: string): boolean {
  // Not every runtime refuses larger characters by itself: some send other bytes in their place.
  if (/[^\t\n\r\x20-\x7e\x80-\xff]/.test(value)) return false;
  try {
    new Headers({ "x-value": value });
    return true;
  } catch {
    return false;
  }
}
