/**
 * The secrets that are at hand here: in `.dev.vars` beside wrangler.toml, and in the environment.
 *
 * @module
 */
import { readFile } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { parseEnv } from "node:util";
import { checkSecrets, type SecretNeed } from "../config/secrets.ts";
import { isSecretName } from "../config/secret_name.ts";
import type { Mistake } from "../config/mistakes.ts";
import { Failure } from "./failure.ts";
import type { World } from "./world.ts";
import { describe, isMissing, type Table, type WranglerFile } from "./wrangler_file.ts";

/** A secret that is needed, and what is known of it here. */
export interface SecretState {
  /** Its name; absent where something that is no name is written in its place. */
  readonly name?: string;
  /** What it is for, in words. */
  readonly use: string;
  /** Where it is named; empty for the Worker's own. */
  readonly paths: readonly string[];
  /** Whether its value here fits; `unknown` when it is not set here. */
  readonly state: "fits" | "wrong" | "unknown";
}

/** The outcome. */
export interface LocalSecrets {
  /** Every secret that is needed. */
  readonly states: readonly SecretState[];
  /** What is wrong with those that are set here, and with what is a variable and must be a secret. */
  readonly mistakes: readonly Mistake[];
  /** The values of those that are set here: none may be printed. */
  readonly values: readonly string[];
}

/**
 * Reads `.dev.vars`, or for an environment `.dev.vars.NAME` if there is one, as wrangler does.
 *
 * @throws {Failure} When it cannot be read.
 */
export async function readDevVars(
  { path, environment }: WranglerFile,
  cwd: string,
): Promise<Readonly<Record<string, string | undefined>>> {
  const folder = dirname(resolve(cwd, path));
  const names = [...(environment === undefined ? [] : [`.dev.vars.${environment}`]), ".dev.vars"];
  for (const name of names) {
    try {
      return parseEnv(await readFile(resolve(folder, name), "utf8"));
    } catch (error) {
      if (!isMissing(error)) throw new Failure(`Cannot read '${name}': ${describe(error)}`);
    }
  }
  return {};
}

/** Checks the secrets that are set here; what is not may be set at Cloudflare. */
export function checkLocalSecrets(
  needs: readonly SecretNeed[],
  vars: Table,
  devVars: Readonly<Record<string, string | undefined>>,
  env: World["env"],
): LocalSecrets {
  const names = [...new Set(needs.map(({ name }) => name))];
  const set = names.flatMap((name): [string, string][] => {
    const value = env[name] || devVars[name];
    return value === undefined || value === "" || name in vars ? [] : [[name, value]];
  });
  const values = Object.fromEntries(set);
  const wrong = checkSecrets(values, needs.filter(({ name }) => name in values));
  const inVars = names.filter((name) => isSecretName(name) && vars[name] !== undefined);
  const open = inVars.map((name) => ({
    path: name,
    message:
      `Is a variable, which everyone can read who reads the file: remove it, make a new one if it was ever shared, and run \`wrangler secret put ${name}\``,
  }));
  const misplaced = names.filter((name) => !isSecretName(name)).map((name) => ({
    path: needs.find((need) => need.name === name)?.path ?? "secrets",
    message:
      "Must be the name of a Worker secret, such as 'GITHUB_TOKEN': if what is written here is the secret itself, revoke it because it has been written into a file",
  }));
  const mistakes = [...open, ...misplaced, ...wrong];
  const isWrong = (name: string) => mistakes.some(({ path }) => path === name);
  return {
    states: names.map((name) => {
      const needing = needs.filter((need) => need.name === name);
      return {
        ...(isSecretName(name) ? { name } : {}),
        use: needing[0].use,
        paths: needing.flatMap(({ path }) => path ?? []),
        state: isWrong(name) ? "wrong" : name in values ? "fits" : "unknown",
      };
    }),
    mistakes,
    values: Object.values(values),
  };
}

/** Finds needed secrets that `[secrets] required` leaves out, when the file has it. */
export function findNotRequired(
  { settings }: WranglerFile,
  needs: readonly SecretNeed[],
): Mistake[] {
  const { secrets } = settings;
  const required = typeof secrets === "object" && secrets !== null && "required" in secrets
    ? secrets.required
    : undefined;
  if (!Array.isArray(required)) return [];
  const missing = [...new Set(needs.map(({ name }) => name))]
    .filter((name) => isSecretName(name) && !required.includes(name));
  return missing.length === 0 ? [] : [{
    path: "secrets.required",
    message: `Leaves out ${
      missing.join(", ")
    }: add what is missing, so that a deployment without it is refused`,
  }];
}
