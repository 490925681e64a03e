/**
 * Reads a wrangler.toml: all of it, or one of its environments as wrangler makes it.
 *
 * @module
 */
import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { parse, TomlError } from "smol-toml";
import { isTable, suggest } from "../config/mistakes.ts";
import { Failure, MissingFileFailure } from "./failure.ts";

/** A TOML table. */
export type Table = Readonly<Record<string, unknown>>;

/** A Worker as the file describes it. */
export interface WranglerFile {
  /** The path that it was read from, as it was given. */
  readonly path: string;
  /** The environment's name; undefined for the top level. */
  readonly environment: string | undefined;
  /** What goes into the paths of mistakes, such as `env.staging.`; empty for the top level. */
  readonly prefix: string;
  /** What holds for the environment: of the top level only what wrangler lets it inherit. */
  readonly settings: Table;
  /** Its variables. */
  readonly vars: Table;
}

/**
 * What an environment does not inherit from the top level, of what is read here: see
 * https://developers.cloudflare.com/workers/wrangler/configuration/#non-inheritable-keys.
 */
const NOT_INHERITED = ["vars", "secrets", "durable_objects", "workflows", "send_email"];

/**
 * Reads a file.
 *
 * @param environment The environment's name; undefined for the top level.
 * @throws {Failure} When there is no such file or environment, or it is no TOML.
 */
export async function readWranglerFile(
  path: string,
  cwd: string,
  environment?: string,
): Promise<WranglerFile> {
  const whole = parseToml(await readText(path, cwd), path);
  if (environment === undefined) {
    return { path, environment, prefix: "", settings: whole, vars: varsOf(whole, path) };
  }
  const environments = isTable(whole.env) ? whole.env : {};
  const own = environments[environment];
  if (!isTable(own)) {
    const names = Object.keys(environments);
    throw new Failure(
      `Cannot read '${path}' because it has no [env.${environment}]${
        suggest(environment, names)
      }: ${names.length === 0 ? "it has no environment at all" : `it has ${names.join(", ")}`}`,
    );
  }
  const inherited = Object.entries(whole).filter(([name]) => !NOT_INHERITED.includes(name));
  const settings = { ...Object.fromEntries(inherited), ...own };
  return {
    path,
    environment,
    prefix: `env.${environment}.`,
    settings,
    vars: varsOf(settings, path),
  };
}

async function readText(path: string, cwd: string): Promise<string> {
  try {
    return await readFile(resolve(cwd, path), "utf8");
  } catch (error) {
    if (isMissing(error)) {
      throw new MissingFileFailure(
        `Cannot find '${path}': run this in the folder of wrangler.toml, or give its path`,
      );
    }
    throw new Failure(`Cannot read '${path}': ${describe(error)}`);
  }
}

/** Whether an error says that there is no such file. */
export function isMissing(error: unknown): boolean {
  return error instanceof Error && "code" in error &&
    (error.code === "ENOENT" || error.code === "ENOTDIR");
}

/** A TomlError's message repeats the line, in which there may be a secret. */
function parseToml(text: string, path: string): Table {
  try {
    return parse(text);
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    const [what] = error.message.split("\n");
    throw new Failure(
      `Cannot read '${path}' as TOML at line ${error.line}, column ${error.column}: ${
        what.replace(/^Invalid TOML document: /, "")
      }`,
    );
  }
}

function varsOf({ vars = {} }: Table, path: string): Table {
  if (isTable(vars)) return vars;
  throw new Failure(`Cannot read '${path}' because 'vars' is no table: write [vars]`);
}

/** The words of an error. */
export function describe(error: unknown): string {
  return error instanceof Error ? error.message : "something was thrown";
}
