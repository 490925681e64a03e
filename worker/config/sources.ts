/**
 * Where credentials are written: in variables, or in the code of a Worker of one's own.
 *
 * @module
 */
import type { Mistake } from "./mistakes.ts";
import { isCredentials } from "./stray.ts";

/** A place where credentials are written, with what to write there instead of what is wrong. */
export interface Source {
  /** What the paths of its mistakes begin with, such as `CREDENTIALS_WEB`. */
  readonly path: string;
  /** Whether it is a variable, whose size Cloudflare limits. */
  readonly isVariable: boolean;
  /** How all of it is written. */
  readonly whole: string;
  /** How a credential is written. */
  readonly credential: string;
  /** How a target is written. */
  readonly target: string;
  /** How more than one target is written. */
  readonly severalTargets: string;
  /** How the first target is written. */
  readonly firstTarget: string;
  /** Where a member of the credential belongs. */
  readonly amongCredential: string;
  /** Where a member of a target belongs. */
  readonly amongTarget: string;
  /** Where a variable belongs. */
  readonly amongVariables: string;
}

/** The credentials of one place, not yet read. */
export interface Written {
  /** The place. */
  readonly source: Source;
  /** What is written there. */
  readonly value: unknown;
}

const TOML_RULE = "as TOML counts whatever follows a table's heading to that table";

const code: Source = {
  path: "credentials",
  isVariable: false,
  whole: "pass 'credentials' to createWorker() as an array with an object for each credential",
  credential: "write an object with a credential's members",
  target: "write an object with a target's members",
  severalTargets: "write an array with an object for each target",
  firstTarget: "write an array with an object for each target, one at least",
  amongCredential: "write it beside 'targets'",
  amongTarget: "write it into an object in 'targets'",
  amongVariables: "write it below [vars] in wrangler.toml",
};

/** How credentials are written in a variable of this name. */
export function ofVariable(name: string): Source {
  const heading = `[[vars.${name}]]`;
  const ofTargets = `[[vars.${name}.targets]]`;
  return {
    path: name,
    isVariable: true,
    whole: `write a ${heading} table for each credential`,
    credential: `write ${heading}, and its members below`,
    target: `write ${ofTargets}, and its members below`,
    severalTargets: `write ${ofTargets}, with two brackets on each side`,
    firstTarget: `write at least one ${ofTargets} table below the credential's own members`,
    amongCredential: `write it above the credential's first ${ofTargets}, ${TOML_RULE}`,
    amongTarget: `write it below ${ofTargets}`,
    amongVariables: `write it below [vars], and above the first ${heading}, ${TOML_RULE}`,
  };
}

/**
 * Finds all that holds credentials: each variable whose name begins with `CREDENTIALS`, in the order
 * of their names, and then the code.
 *
 * @param credentials What the code gives; undefined for nothing.
 */
export function findWritten(
  vars: Readonly<Record<string, unknown>>,
  credentials: unknown,
): { readonly written: readonly Written[]; readonly mistakes: readonly Mistake[] } {
  const names = Object.keys(vars).filter((name) => isCredentials(name) && vars[name] !== undefined);
  const written = [
    ...names.toSorted().map((name) => ({ source: ofVariable(name), value: vars[name] })),
    ...(credentials === undefined ? [] : [{ source: code, value: credentials }]),
  ];
  if (written.length > 0) return { written, mistakes: [] };
  const { path, whole } = ofVariable("CREDENTIALS");
  return {
    written,
    mistakes: [{
      path,
      message:
        `Is missing: ${whole}. An [env.NAME] of wrangler.toml inherits no vars: there it is [[env.NAME.vars.CREDENTIALS]]`,
    }],
  };
}
