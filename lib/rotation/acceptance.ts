/**
 * The proof of a token: Heroku's own word for it.
 *
 * @module
 */
import type { ClientOptions } from "../heroku/client_options.ts";
import { HerokuError } from "../heroku/errors.ts";
import { createRequester } from "../heroku/request.ts";

/** Whether Heroku knows a token, given the scope that it was made with. */
export type Accepts = (token: string, scope: readonly string[] | null) => Promise<boolean>;

/** A token with one of these scopes may read its account. */
const READS_ACCOUNT: readonly string[] = ["global", "identity"];

/**
 * Makes the check of whether Heroku knows a token. One that may read its account must be answered 200;
 * for a narrower one a 403 in Heroku's own form shows as well that it is known. A 401 shows that it is
 * not, though only one proves nothing. Any other answer proves nothing either and is thrown.
 */
export function createAcceptance(options: Omit<ClientOptions, "token">): Accepts {
  return async (token, scope) => {
    const { request } = createRequester({ ...options, token });
    try {
      await request({
        action: "prove the token",
        method: "GET",
        path: "/account",
        expected: [200],
        retry: true,
      });
      return true;
    } catch (error) {
      if (!(error instanceof HerokuError)) throw error;
      if (error.code === "unauthorized") return false;
      const isNarrow = scope !== null && !scope.some((name) => READS_ACCOUNT.includes(name));
      // A firewall's 403 is no word of Heroku's: its own names the error.
      if (error.status === 403 && isNarrow && error.id !== undefined) return true;
      throw error;
    }
  };
}
