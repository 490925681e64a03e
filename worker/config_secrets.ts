/**
 * The Worker secrets that the configuration names, and the Worker's own.
 *
 * @module
 */
import type { Mistake } from "./mistake.ts";

/** What a secret's value must be. */
export interface SecretForm {
  /** What it must be and how to make one, in words. */
  readonly form: string;
  /** Whether a value is that. */
  readonly fits: (value: string) => boolean;
}

/** The form of a key that a caller shows in an `Authorization` header. */
export const keyForm: SecretForm = {
  form:
    "Must be at least 16 letters, digits or characters of '-._~+/', with '=' only at its end: make one with `openssl rand -hex 32`",
  fits: (value) => value.length >= 16 && /^[A-Za-z0-9._~+/-]+=*$/.test(value),
};

/** The form of `SEALING_KEY`. */
export const sealingKeyForm: SecretForm = {
  form: "Must be 32 bytes in base64: make them with `openssl rand -base64 32`",
  fits: (value) => /^[A-Za-z0-9+/_-]{43}=?$/.test(value.trim()),
};

/** The form of `HEROKU_API_TOKEN`. */
export const herokuTokenForm: SecretForm = {
  form:
    "Must be the token of an authorization with the scope 'global', without a space or a line break at its end: make one with `heroku authorizations:create`",
  fits: (value) => /^[\x21-\x7e]+$/.test(value),
};

const anyForm: SecretForm = {
  form: "Must not be empty",
  fits: (value) => value.trim() !== "",
};

/** A secret that something needs. */
export interface SecretNeed {
  /** Its name. */
  readonly name: string;
  /** What its value must be; default anything that is not empty. */
  readonly form?: SecretForm;
  /** The path of the target that names it; absent for the Worker's own. */
  readonly path?: string;
}

/** The value of a secret; undefined for one that is not set. */
export function readSecret(
  env: Readonly<Record<string, unknown>>,
  name: string,
): string | undefined {
  const value = env[name];
  return typeof value === "string" && value !== "" ? value : undefined;
}

/** Checks that every secret is set and has its form: one mistake for each that does not. */
export function checkSecrets(
  env: Readonly<Record<string, unknown>>,
  needs: readonly SecretNeed[],
): Mistake[] {
  return [...Map.groupBy(needs, ({ name }) => name)].flatMap(([name, needing]) => {
    const value = readSecret(env, name);
    const wrong = needing.find(({ form = anyForm }) => value === undefined || !form.fits(value));
    if (!wrong) return [];
    const paths = needing.flatMap(({ path }) => path ?? []);
    const who = paths.length === 0 ? "" : ` (needed by ${listPaths(paths)})`;
    if (!isConventional(name)) {
      return [{
        path: paths[0] ?? name,
        message: `Names a Worker secret that ${
          value === undefined ? "is not set" : "cannot be used"
        }: run \`wrangler secret put\` with that name, or, if what stands here is the secret itself, revoke it and write the name of a Worker secret instead`,
      }];
    }
    const form = wrong.form?.form ?? anyForm.form;
    return [{
      path: name,
      message: value === undefined
        ? `Is not set: run \`wrangler secret put ${name}\`${who}`
        : `${form}, and run \`wrangler secret put ${name}\`${who}`,
    }];
  });
}

/** Whether a name is written as names of secrets are: what is not may be a secret in its place. */
function isConventional(name: string): boolean {
  return /^[A-Z][A-Z0-9]*(_[A-Z0-9]+)*$/.test(name) && name.length <= 64;
}

function listPaths([first, ...others]: readonly string[]): string {
  return others.length === 0 ? first : `${first} and ${others.length} more`;
}
