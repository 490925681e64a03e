/**
 * `retire`: deletes authorizations that a person names, after a typed confirmation.
 *
 * @module
 */
import type { Command } from "commander";
import type { Authorization } from "../../lib/heroku/authorization.ts";
import { HerokuError } from "../../lib/heroku/errors.ts";
import { type Account, createAccount } from "../../lib/rotation/account.ts";
import { deleteAuthorization, findAuthorization } from "../../lib/rotation/authorizations.ts";
import { parseMarker } from "../../lib/rotation/marker.ts";
import { creationOf } from "../../lib/rotation/view.ts";
import { type OpenAccount, openAccounts } from "./accounts.ts";
import { Failure } from "./failure.ts";
import { formatMoment } from "./moment.ts";
import { count, createPaint, toPrintable, wrap } from "./text.ts";
import type { ExitCode, Verb, World } from "./world.ts";

/** What the verb is told. */
export interface RetireOptions {
  /** The configuration's file. */
  readonly config: string;
  /** An environment of the file. */
  readonly env?: string | undefined;
  /** The account that they are in, where there are several. */
  readonly account?: string | undefined;
}

const ID = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/i;

/** The verb. */
export const retire: Verb = (program: Command, world, end) => {
  program.command("retire")
    .summary("delete authorizations by their ids, after a confirmation")
    .description(
      "Deletes the authorizations with these ids, after you have typed a confirmation. Never the account's default API key, the one whose token it works with, or one that a credential of wrangler.toml claims.",
    )
    .argument("<ids...>", "their ids, as `herotate inventory` shows them")
    .option("--config <file>", "the file", "wrangler.toml")
    .option("--env <name>", "use [env.NAME] of the file")
    .option("--account <name>", "the account that they are in, where there are several")
    .addHelpText("after", "\nExit codes: 0 all are deleted, 1 not all are, 2 none was touched.")
    .action(async (ids: string[], options: RetireOptions) => {
      end(await retireAll(ids, options, world));
    });
};

/** Deletes them. Whatever speaks against one of them leaves all of them alone. */
export async function retireAll(
  given: readonly string[],
  { config, env, account: name }: RetireOptions,
  world: World,
): Promise<ExitCode> {
  const ids = [...new Set(given.map((id) => id.toLowerCase()))];
  const odd = ids.find((id) => !ID.test(id));
  if (odd !== undefined) {
    throw new Failure(
      `Cannot delete '${odd}' because it is no id of an authorization: give a uuid, as \`herotate inventory\` shows it`,
    );
  }
  const chosen = choose(await openAccounts(config, env, world, { isOptional: true }), name);
  const { token, baseUrl } = chosen;
  const account = await createAccount(
    { token: token.value, baseUrl, fetch: world.fetch },
    token.secret,
  );
  try {
    const found = await findAll(ids, account, chosen);
    await confirm(found, world);
    return await deleteAll(found, account, world);
  } catch (error) {
    if (!(error instanceof HerokuError)) throw error;
    throw new Failure(`Cannot look them up: ${error.message}. Nothing was deleted`);
  }
}

function choose(accounts: readonly OpenAccount[], name: string | undefined): OpenAccount {
  const found = name === undefined && accounts.length === 1
    ? accounts[0]
    : accounts.find((each) => each.name === name);
  if (found) return found;
  throw new Failure(
    `Cannot choose an account: give --account as one of ${
      accounts.map((each) => each.name).join(", ")
    }`,
  );
}

async function findAll(
  ids: readonly string[],
  { authorizations, own }: Account,
  { credentials }: OpenAccount,
): Promise<readonly Authorization[]> {
  const byDefault = await findAuthorization(authorizations, "~");
  const found: Authorization[] = [];
  for (const id of ids) {
    const authorization = await findAuthorization(authorizations, id);
    const refuse = (why: string) => {
      throw new Failure(`Cannot delete ${id} because ${why}. Nothing was deleted`);
    };
    if (!authorization) return refuse("Heroku has no such authorization: leave it out");
    if (authorization.id === byDefault?.id) return refuse("it is the account's default API key");
    if (own.compare(authorization) !== "none") {
      return refuse("it is, or may be, the one whose token this works with");
    }
    const { name } = parseMarker(authorization.description ?? "");
    if (credentials.some((credential) => credential.name === name)) {
      return refuse(
        `the credential '${name}' claims it: what uses it would stop. Herotate deletes it when nothing does`,
      );
    }
    found.push(authorization);
  }
  return found;
}

/** Has a person type how many there are; anything else leaves all alone. */
async function confirm(found: readonly Authorization[], world: World): Promise<void> {
  if (!world.ask) {
    throw new Failure("Cannot delete without a person to ask: run this in a terminal");
  }
  const now = world.now();
  world.stderr.write(
    found.map((authorization) => {
      const { id, description = "", scope = [] } = authorization;
      const made = new Date(creationOf(authorization, now)).toISOString();
      const facts = `${id} '${description}', ${scope.join(" ")}, made ${formatMoment(made, now)}`;
      return `${wrap(toPrintable(facts), world.columns, 2)}\n`;
    }).join(""),
  );
  const words = `delete ${found.length}`;
  const typed = await world.ask(
    `Whatever uses ${found.length === 1 ? "it" : "them"} stops at once. Type '${words}' to go on: `,
  );
  if (typed.trim() !== words) throw new Failure("Nothing was deleted", 1);
}

async function deleteAll(
  found: readonly Authorization[],
  { authorizations }: Account,
  world: World,
): Promise<ExitCode> {
  const paint = createPaint(world, world.stdout);
  let failed = 0;
  for (const { id } of found) {
    try {
      world.stdout.write(`${id}: ${await deleteAuthorization(authorizations, id)}\n`);
    } catch (error) {
      if (!(error instanceof HerokuError)) throw error;
      failed++;
      world.stdout.write(`${id}: ${paint("bad", toPrintable(error.message))}\n`);
    }
  }
  if (failed === 0) return 0;
  world.stderr.write(`${count(failed, "authorization")} may still be there: run this again\n`);
  return 1;
}
