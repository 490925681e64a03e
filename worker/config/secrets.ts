/**
 * The Worker secrets that the configuration names, and the Worker's own: whether each is set, and
 * can be used.
 *
 * @module
 */
import { parseUrl } from "../../lib/parse_url.ts";
import { isSecureUrl } from "../../lib/secure_url.ts";
import { isSecretName } from "./secret_name.ts";
import { findNear } from "./stray.ts";
import { findUnusable } from "./header_value.ts";
import type { Mistake } from "./mistakes.ts";
import { findOtherMaker } from "./token_maker.ts";

/** The form of a secret's value. */
export interface SecretForm {
  /** What it must be, in words. */
  readonly form: string;
  /** Whether a value is that. */
  readonly fits: (value: string) => boolean;
  /** Whether it is sent in a header, which not every character can be. */
  readonly sent: boolean;
  /** How to make one, where that is always the same. */
  readonly make?: string;
}

/** The form of a key that a caller shows in an `Authorization` header. */
export const KEY_FORM: SecretForm = {
  form: "Must be at least 16 letters, digits or characters of '-._~+/', with '=' only at its end",
  make: "make one with `openssl rand -hex 32`",
  fits: (value) => value.length >= 16 && /^[A-Za-z0-9._~+/-]+=*$/.test(value),
  sent: true,
};

/** The form of `SEALING_KEY`. */
export const SEALING_KEY_FORM: SecretForm = {
  form: "Must be 32 bytes in base64",
  make: "make one with `openssl rand -base64 32`",
  fits: (value) => /^[A-Za-z0-9+/_-]{43}=?$/.test(value.trim()),
  sent: false,
};

/** The form of `HEROKU_API_TOKEN`. */
export const HEROKU_TOKEN_FORM: SecretForm = {
  form: "Must be the token of an authorization with the scope 'global', without a space in it",
  make: "make one with `heroku authorizations:create -d herotate`",
  fits: (value) => /^[\x21-\x7e]+$/.test(value),
  sent: true,
};

/** The form of a token or a password for a target's service. */
export const TOKEN_FORM: SecretForm = {
  form: "Must not be empty",
  fits: (value) => value.trim() !== "",
  sent: true,
};

/** The form of an address that is a secret by itself: who knows it can write there. */
export const ADDRESS_FORM: SecretForm = {
  form: "Must be an https address without a user or a password in it",
  make: "copy it from the service, such as https://hc-ping.com/UUID",
  fits: (value) => {
    const url = parseUrl(value);
    return url !== undefined && isSecureUrl(url) && url.username === "" && url.password === "";
  },
  sent: false,
};

/** The form of a key to sign with. */
export const SIGNING_FORM: SecretForm = { ...TOKEN_FORM, sent: false };

/** A secret that something needs. */
export interface SecretNeed {
  /** Its name. */
  readonly name: string;
  /** What its value must be. */
  readonly form: SecretForm;
  /** What it opens: the same for two that may have one value. */
  readonly door: string;
  /** The same in words, to follow the secret's name, such as `opens the page`. */
  readonly use: string;
  /** Where it is named; absent for the Worker's own. */
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

/** Checks every secret that is needed: that it is set, has its form, and opens only what it should. */
export function checkSecrets(
  env: Readonly<Record<string, unknown>>,
  needs: readonly SecretNeed[],
): Mistake[] {
  return [...findUnset(env, needs), ...findShared(env, needs)];
}

/** One mistake for each secret that is not set or has not its form. */
function findUnset(
  env: Readonly<Record<string, unknown>>,
  needs: readonly SecretNeed[],
): Mistake[] {
  const groups = Map.groupBy(needs, ({ name }) => name);
  // A secret that is needed by its own name is no misspelling of another one.
  const others = Object.keys(env).filter((each) =>
    readSecret(env, each) !== undefined && isSecretName(each) && !groups.has(each)
  );
  return [...groups].flatMap(([name, needing]) => {
    const value = readSecret(env, name);
    const near = value === undefined ? findNear(name, others) : undefined;
    const meant = near === undefined ? "" : ` (did you mean '${near}', which is set?)`;
    const wrong = needing.flatMap((need) => findWrong(need, env[name], meant) ?? []).at(0) ??
      findForeign(needing, value);
    if (wrong === undefined) return [];
    const paths = needing.flatMap(({ path }) => path ?? []);
    const who = paths.length === 0 ? "" : ` (needed by ${listPaths(paths)})`;
    if (!isSecretName(name) && env[name] === undefined) {
      return [{
        path: paths[0] ?? name,
        message:
          `Names a Worker secret that is not set${meant}: run \`wrangler secret put\` with that name, or, if what is written here is the secret itself, revoke it and write the name of a Worker secret instead`,
      }];
    }
    return [{ path: name, message: `${wrong} run \`wrangler secret put ${name}\`${who}` }];
  });
}

/**
 * Finds secrets that are one value and open different doors: who holds the key to one would hold
 * the key to the other. Of targets, two that name the same secret mean it.
 */
function findShared(
  env: Readonly<Record<string, unknown>>,
  needs: readonly SecretNeed[],
): Mistake[] {
  const set = needs.filter(({ name }) => readSecret(env, name) !== undefined);
  // Base64 is the same with and without its padding, and a line break at its end.
  const valueOf = ({ name }: SecretNeed) => readSecret(env, name)?.trim().replace(/=+$/, "");
  return [...Map.groupBy(set, valueOf).values()].flatMap((same) => {
    const [first, ...others] = Map.groupBy(same, ({ name }) => name).values();
    return others.flatMap(([other, ...more]): Mistake[] => {
      const doors = new Set([...first, other, ...more].map(({ door }) => door));
      if (doors.size === 1) return [];
      const [one] = first;
      return [{
        path: other.name,
        message:
          `Must have another value than ${one.name}, which ${one.use}, while this one ${other.use}: make a new one, and run \`wrangler secret put ${other.name}\``,
      }];
    });
  });
}

/** Says what is wrong with a secret, in words that ` run …` can follow. */
function findWrong(
  { name, form: { form, fits, sent, make } }: SecretNeed,
  value: unknown,
  meant: string,
): string | undefined {
  const remedy = make === undefined ? ":" : `: ${make}, and`;
  if (typeof value === "number" || typeof value === "boolean") return `Is not set as text${remedy}`;
  if (typeof value !== "string" || value === "") {
    return `Is not set${meant === "" ? remedy : `${meant}:`}`;
  }
  const unusable = sent && value.trim() !== "" ? findUnusable(name, value) : undefined;
  if (unusable !== undefined) return `${unusable}, and`;
  return fits(value) ? undefined : `${form}${remedy}`;
}

/** Says that a secret belongs to another service than the one that it is for. */
function findForeign(needing: readonly SecretNeed[], value = ""): string | undefined {
  const services = [...new Set(needing.map(({ door }) => door.split(" ")[0]))];
  const maker = services.length === 1 ? findOtherMaker(value, services[0]) : undefined;
  if (maker === undefined) return undefined;
  const then = needing[0].form.make ?? "copy the right one";
  return `Looks like a token for ${maker}, which must be sent nowhere else: ${then}, and`;
}

function listPaths([first, ...others]: readonly string[]): string {
  return others.length === 0 ? first : `${first} and ${others.length} more`;
}
