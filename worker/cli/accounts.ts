/**
 * The accounts of a wrangler.toml, ready to be asked: with their tokens and credentials.
 *
 * @module
 */
import type { Credential } from "../../lib/rotation/credential.ts";
import { targets } from "../../lib/targets/registry.ts";
import type { Fuse } from "../../lib/rotation/fuse.ts";
import { DEFAULT_SECRET } from "../config/accounts.ts";
import { createCredentials } from "../config/configuration.ts";
import { parseShape } from "../config/shape.ts";
import { Failure, MissingFileFailure } from "./failure.ts";
import { readDevVars } from "./local_secrets.ts";
import { count } from "./text.ts";
import type { World } from "./world.ts";
import { readWranglerFile } from "./wrangler_file.ts";

/** An account, with what it takes to ask Heroku about it. */
export interface OpenAccount {
  /** Its name in the configuration. */
  readonly name: string;
  /** Its token, and the secret that holds it. */
  readonly token: { readonly value: string; readonly secret: string };
  /** Heroku's API; undefined for the usual one. */
  readonly baseUrl: string | undefined;
  /** The id or e-mail address that confirms whose it is; undefined for none. */
  readonly confirmed: string | undefined;
  /** Its credentials. */
  readonly credentials: readonly Credential[];
  /** The most that one of its sweeps may do. */
  readonly fuse: Fuse;
}

/**
 * Opens them.
 *
 * @param options `isOptional`: whether to go on without the file, with only the usual account.
 * @throws {Failure} When the file cannot be read or has mistakes, or a token is not at hand.
 */
export async function openAccounts(
  path: string,
  environment: string | undefined,
  world: Pick<World, "cwd" | "env">,
  { isOptional = false }: { readonly isOptional?: boolean } = {},
): Promise<readonly OpenAccount[]> {
  const read = readWranglerFile(path, world.cwd, environment);
  const file = await (isOptional ? read.catch(unlessMissing) : read);
  if (file === undefined) return [openUsual(world.env)];
  const shape = parseShape(file.vars, targets);
  if (shape.mistakes.length > 0) {
    const [{ path: at, message }] = shape.mistakes;
    throw new Failure(
      `Cannot use '${path}' because it has ${
        count(shape.mistakes.length, "mistake")
      }, first at ${at}: ${message}. Run \`herotate check\` for all`,
    );
  }
  // What is said here goes before what the file says, as in `wrangler dev`.
  const env = { ...await readDevVars(file, world.cwd), ...world.env };
  const owned = createCredentials(shape, {
    // Nothing is delivered from here.
    fetch: () => Promise.reject(new Error("Cannot deliver from the command line")),
    now: Date.now,
    secret: () => "",
    store: {
      read: () => Promise.reject(new Error("Cannot read a store from the command line")),
      serve: () => Promise.reject(new Error("Cannot fill a store from the command line")),
    },
  });
  return shape.accounts.map((account) => {
    const { name, tokenSecret, confirmed } = account;
    const credentials = owned.get(account) ?? [];
    return {
      name,
      token: findToken(name, tokenSecret, env),
      baseUrl: env.HEROKU_URL ?? shape.herokuUrl,
      confirmed,
      credentials,
      fuse: shape.fuseFor(credentials.length),
    };
  });
}

/** The account that there is without any configuration. */
function openUsual(env: World["env"]): OpenAccount {
  return {
    name: "heroku",
    token: findToken("heroku", DEFAULT_SECRET, env),
    baseUrl: env.HEROKU_URL,
    confirmed: undefined,
    credentials: [],
    fuse: { creates: 0, deletes: 0 },
  };
}

function findToken(
  account: string,
  secret: string,
  env: World["env"],
): OpenAccount["token"] {
  const value = env[secret]?.trim();
  if (value) return { value, secret };
  throw new Failure(
    `Cannot ask Heroku about the account '${account}' without its token: put it into the environment or .dev.vars as ${secret}`,
  );
}

function unlessMissing(error: unknown): undefined {
  if (error instanceof MissingFileFailure) return undefined;
  throw error;
}
