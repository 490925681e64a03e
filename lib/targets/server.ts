/**
 * Which server an address means.
 *
 * @module
 */

/**
 * The server of an address, the same for any two addresses of one: the case of its name, a final
 * dot, the usual port and slashes at the end make no difference.
 *
 * @param address An absolute URL.
 */
export function serverOf(address: string): string {
  const { hostname, port, pathname } = new URL(address);
  const name = hostname.replace(/\.$/, "");
  return `${name}${port === "" ? "" : `:${port}`}${pathname.replace(/\/+$/, "")}`;
}
