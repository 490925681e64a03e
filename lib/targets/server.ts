/**
 * Which server a target is at, so that one server under two spellings is one, and two are two.
 *
 * @module
 */

/**
 * A server's name in places: its host without a final dot, and below it the path where the service
 * begins, such as `gitlab.com` or `example.com:8443/gitlab`.
 *
 * @param baseUrl The address of the service, as the configuration has it.
 */
export function serverName(baseUrl: string): string {
  const { protocol, hostname, port, pathname } = new URL(baseUrl);
  const scheme = protocol === "https:" ? "" : `${protocol}//`;
  const host = hostname.replace(/\.$/, "");
  return `${scheme}${host}${port && `:${port}`}${pathname.replace(/\/+$/, "")}`;
}
