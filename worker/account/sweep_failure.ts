/**
 * Why a sweep did nothing, and what to do about it, in words.
 *
 * @module
 */
import { HerokuError } from "../../lib/heroku/errors.ts";
import { describeAccountFailure } from "./account_failure.ts";

const BY_ITSELF = "The next sweep tries again by itself";

/**
 * Says why a sweep did nothing, and what to do next. A failure of Heroku is one of the token that
 * manages the account, as a sweep asks Heroku with no other.
 *
 * @param secret The Worker secret that holds that token.
 */
export function describeSweepFailure(error: unknown, secret: string): string {
  if (error instanceof HerokuError) return describeHeroku(error, secret);
  return describeAccountFailure(error);
}

function describeHeroku(error: HerokuError, secret: string): string {
  const token = `the Worker secret ${secret}`;
  const makeToken =
    `Make one with \`heroku authorizations:create -d herotate\`, and set it with \`wrangler secret put ${secret}\``;
  const heard = `${error.status ?? "no answer"}${said(error)}`;
  switch (error.code) {
    case "unauthorized":
      return `Heroku refused the token in ${token} (${heard}): it is wrong, expired or revoked. ${makeToken}`;
    case "two_factor":
      return `Heroku asks the account of the token in ${token} for a second factor (${heard}), which a Worker cannot give. Use the token of an account that is asked for none, such as a user made for this: log in as that user. ${makeToken}`;
    case "forbidden":
      return describeForbidden(error, heard, token, makeToken);
    case "rate_limited":
      return `The Heroku account has used up its requests for now (${heard}). ${BY_ITSELF}; if this goes on, find what else asks Heroku so often with this account`;
    case "network":
    case "timeout":
      return `${
        endless(error.message)
      }. ${BY_ITSELF}; if this goes on, see https://status.heroku.com, and check HEROKU_URL if it is set`;
    case "malformed_response":
      return `${
        endless(error.message)
      }. ${BY_ITSELF}; if this goes on, check HEROKU_URL if it is set, as that may be no address of Heroku's API, and see https://status.heroku.com`;
    case "server_error":
      return `${
        isOwn(error) ? endless(error.message) : `Heroku failed (${heard})`
      }. ${BY_ITSELF}; if this goes on, see https://status.heroku.com`;
    case "not_found":
    case "unexpected_status":
      return `Heroku's API is not where it was asked (${heard}). Check HEROKU_URL, or remove it to ask https://api.heroku.com`;
    case "invalid_request":
      return `Heroku refused the sweep's request (${heard}). See Heroku's changelog for what has changed, and deploy a newer Herotate if there is one`;
    case "paging":
      return `${
        endless(error.message)
      }. ${BY_ITSELF}; nothing is done until Heroku gives a whole list`;
  }
}

/** 402 and 403: what Heroku calls the reason decides what is to be done. */
function describeForbidden(
  error: HerokuError,
  heard: string,
  token: string,
  makeToken: string,
): string {
  if (error.id === "suspended") {
    return `Heroku has suspended the account of the token in ${token} (${heard}). Ask Heroku's support at https://help.heroku.com`;
  }
  if (error.status === 402 || error.id === "delinquent") {
    return `The Heroku account of the token in ${token} has unpaid bills (${heard}). Settle them at https://dashboard.heroku.com/account/billing`;
  }
  const unnamed = error.id === undefined
    ? ". If the token has that scope, it was not Heroku that answered but a firewall before it: check HEROKU_URL"
    : "";
  return `Heroku does not let the token in ${token} manage authorizations (${heard}), which takes the scope 'global'. ${makeToken}${unnamed}`;
}

/** What Heroku said, in quotes. */
function said(error: HerokuError): string {
  return error.message === "" || isOwn(error) ? "" : ` '${endless(error.message)}'`;
}

/** Whether the message is the client's own sentence, on an answer without words. */
function isOwn({ message }: HerokuError): boolean {
  return message.startsWith("Cannot ");
}

function endless(message: string): string {
  return message.trim().replace(/\.+$/, "");
}
