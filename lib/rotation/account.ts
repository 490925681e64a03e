/**
 * Whose account it is: a token of another one must not touch anything that the ledger knows.
 *
 * @module
 */
import { type AuthorizationsClient, createClient } from "../heroku/client.ts";
import type { ClientOptions } from "../heroku/client_options.ts";
import { ForbiddenError, HerokuError } from "../heroku/errors.ts";
import { createRequester } from "../heroku/request.ts";
import { type Accepts, createAcceptance } from "./acceptance.ts";
import type { AccountNote, LedgerNote, SweepLedger } from "./ledger.ts";
import { createOwnToken, type OwnToken } from "./own_token.ts";
import { isFinal } from "./perform.ts";

/** A Heroku account, as far as it could be read. */
export interface HerokuAccount {
  /** Its id. */
  readonly id?: string;
  /** Its e-mail address. */
  readonly email?: string;
}

/** One Heroku account, by the token that manages it. */
export interface Account {
  /** Its authorizations. */
  readonly authorizations: AuthorizationsClient;
  /** Whether Heroku knows a token: see {@linkcode createAcceptance}. */
  readonly accepts: Accepts;
  /** Asks Heroku whose the token is: see {@linkcode createAccountReader}. */
  readonly identify: () => Promise<HerokuAccount>;
  /** The token that manages it, without giving it away. */
  readonly own: OwnToken;
}

/**
 * Makes what there is of an account.
 *
 * @param secret The Worker secret that holds the token.
 */
export async function createAccount(
  { token, ...client }: ClientOptions,
  secret: string = USUAL_NAMES.token,
): Promise<Account> {
  return {
    authorizations: createClient({ ...client, token }),
    accepts: createAcceptance(client),
    identify: createAccountReader({ ...client, token }, secret),
    own: await createOwnToken(token, secret),
  };
}

/**
 * Makes what asks Heroku whose token it is. An account that may not be read is given empty.
 *
 * @param secret The Worker secret that holds the token.
 */
export function createAccountReader(
  options: ClientOptions,
  secret: string = USUAL_NAMES.token,
): () => Promise<HerokuAccount> {
  const { request } = createRequester(options);
  return async () => {
    try {
      const { body } = await request({
        action: `find the account of '${secret}'`,
        method: "GET",
        path: "/account",
        expected: [200],
        retry: true,
      });
      return { ...readText(body, "id"), ...readText(body, "email") };
    } catch (error) {
      if (error instanceof ForbiddenError && error.id === "forbidden") return {};
      throw error;
    }
  };
}

function readText(body: unknown, name: "id" | "email"): { readonly [member: string]: string } {
  if (typeof body !== "object" || body === null) return {};
  const value: unknown = Object.getOwnPropertyDescriptor(body, name)?.value;
  return typeof value === "string" && value !== "" ? { [name]: value } : {};
}

/** The sweep must do nothing, as it is not sure to work on the ledger's own account. */
export class AccountError extends Error {
  static {
    this.prototype.name = "AccountError";
  }
}

/** An answer that is lost or unreadable says nothing; whose a token is, it was seen before. */
async function ask({ identify }: AccountCheck, isKnown: boolean): Promise<HerokuAccount> {
  try {
    return await identify();
  } catch (error) {
    const says = error instanceof HerokuError && isFinal(error);
    if (isKnown && error instanceof HerokuError && !says) return {};
    throw error;
  }
}

/** What messages call an account's settings. */
export interface AccountNames {
  /** The Worker secret with the token. */
  readonly token: string;
  /** The variable, or the member of a table, that confirms whose it is. */
  readonly confirmed: string;
}

/** What the settings are called where there is one account. */
const USUAL_NAMES: AccountNames = { token: "HEROKU_API_TOKEN", confirmed: "HEROKU_ACCOUNT" };

/** What finding the account takes. */
export interface AccountCheck {
  /** The ledger. */
  readonly ledger: Pick<SweepLedger, "changeAccount" | "writeNote">;
  /** Asks Heroku whose token it is. */
  readonly identify: () => Promise<HerokuAccount>;
  /** The id or e-mail address of the account that the operator has confirmed; undefined for none. */
  readonly confirmed: string | undefined;
  /**
   * What the operator calls the token, and what confirms its account.
   * @default {`USUAL_NAMES`}
   */
  readonly names?: AccountNames | undefined;
  /** The fingerprint of the token. */
  readonly token: string;
  /** The current time, in milliseconds since the epoch. */
  readonly now: () => number;
  /**
   * Claims a Heroku account, by its id, for this ledger: gives why it may not have it, in words,
   * when another one has it.
   * @default {there is no other}
   */
  readonly claimAccount?: ((id: string) => Promise<string | undefined>) | undefined;
}

/**
 * Makes sure that the token belongs to the ledger's account, which a new ledger learns here. A change
 * of account must be confirmed; then everything of the one before is released.
 *
 * @returns What the ledger notes from now on.
 * @throws {AccountError} When the token is another account's, or no one can say whose it is.
 */
export async function checkAccount(world: AccountCheck, note: LedgerNote): Promise<LedgerNote> {
  const { ledger, confirmed, token, names = USUAL_NAMES } = world;
  const known = note.account;
  const { id, email } = await ask(world, known?.token === token);
  if (id === undefined) {
    if (!known || known.token === token) return note;
    throw new AccountError(
      `Cannot find out whose '${names.token}' is, because Heroku does not give the id of its account: nothing was made, delivered or deleted. Set the former token again, or wait for Heroku to answer as usual`,
    );
  }
  const named = [id, ...(email === undefined ? [] : [email])].map((name) => name.toLowerCase());
  if (confirmed !== undefined && !named.includes(confirmed.toLowerCase())) {
    throw new AccountError(
      `'${names.token}' belongs to the Heroku account ${id}, and '${names.confirmed}' names another one: nothing was made, delivered or deleted. Set a token of that account, or correct '${names.confirmed}'`,
    );
  }
  const account: AccountNote = { id, token };
  const isChange = known !== null && known.id !== id;
  if (isChange && confirmed === undefined) {
    throw new AccountError(
      `'${names.token}' belongs to the Heroku account ${id}, and everything so far is in the account ${known.id}: nothing was made, delivered or deleted. Set a token of ${known.id} again or, to go over to the other account, set ${names.confirmed} = "${id}"`,
    );
  }
  const taken = await world.claimAccount?.(id);
  if (taken !== undefined) throw new AccountError(taken);
  if (isChange) {
    await ledger.changeAccount(account, world.now());
    const { lineage } = note;
    return { lineage, account, own: null, unreadable: 0, unsure: 0, emptySince: null };
  }
  if (known?.token === token) return note;
  const renewed = { ...note, account };
  await ledger.writeNote(renewed);
  return renewed;
}
