/**
 * Whether a secret may travel to an address.
 *
 * @module
 */

const LOOPBACK = /^(?:(?:.+\.)?localhost|127(?:\.\d{1,3}){3}|\[::1\])$/;

/** Whether a URL is https, or http to this machine (`localhost`, `127.x.x.x`, `[::1]`). */
export function isSecureUrl({ protocol, hostname }: URL): boolean {
  return protocol === "https:" || (protocol === "http:" && LOOPBACK.test(hostname));
}
