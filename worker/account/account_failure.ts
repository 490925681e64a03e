/**
 * Why an account's object cannot be used, and what to do about it, in words.
 *
 * @module
 */

const FROM_OURS = "copy it from Herotate's own wrangler.toml, and deploy again";

/** What each failure is known by, and what to say of it. */
const FAILURES: readonly (readonly [sign: RegExp, said: string])[] = [
  [
    /SQL is not enabled/i,
    `The account's object has no SQL, as the migration in wrangler.toml does not name its class under new_sqlite_classes: ${FROM_OURS}. A class that was deployed otherwise needs another name`,
  ],
  [
    /RPC receiver does not implement/i,
    `The binding 'ACCOUNT' leads to another class than Herotate's 'Account': ${FROM_OURS}`,
  ],
  [
    /SQLITE_FULL|database or disk is full|exceeded the maximum (database|storage)/i,
    "The storage of the account's object is full: nothing can be written down, so nothing is rotated or deleted. See what of Cloudflare's limits for Durable Objects is used up, and raise it",
  ],
  [
    /SQLITE_TOOBIG|string or blob too big/i,
    "The account has more to write down at once than a row of its storage takes: spread its credentials over several Heroku accounts",
  ],
  [
    /Network connection lost|object to be reset|object reset because|is overloaded|Internal error in Durable Object/i,
    "The account's object did not answer. The next sweep tries again by itself; if this goes on, see https://www.cloudflarestatus.com",
  ],
];

/** Says why an account's object cannot be used, and what to do next. Other errors say it themselves. */
export function describeAccountFailure(error: unknown): string {
  const message = error instanceof Error ? error.message.trim().replace(/\.+$/, "") : "";
  if (message === "") return "Something went wrong that gives no reason: see the Worker's log";
  const known = FAILURES.find(([sign]) => sign.test(message));
  return known ? `${known[1]}. It answered '${message}'` : message;
}
