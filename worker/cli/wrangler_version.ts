/**
 * The wrangler that the project is tested with.
 *
 * @module
 */

/** Its name and version, as npm takes them. */
export const WRANGLER = "wrangler@4.155.0";
