/**
 * The proof of a token: Heroku's own word for it.
 *
 * @module
 */
import type { ClientOptions } from "../client_options.ts";
import { HerokuError } from "../errors.ts";
import { createRequester } from "../request.ts";

/**
 * Makes the check of whether Heroku knows a token. A token of narrow scope may be answered 403, which
 * shows that it is known; a 401 shows that it is not, though one alone proves nothing. Any other
 * failure proves nothing either and is thrown.
 */
export function createAcceptance(
  options: Omit<ClientOptions, "token">,
): (token: string) => Promise<boolean> {
  return async (token) => {
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
      switch (error.code) {
        case "unauthorized":
          return false;
        case "forbidden":
        case "two_factor":
          return true;
        default:
          throw error;
      }
    }
  };
}
