/**
 * The tables of credentials, each for itself.
 *
 * @module
 */
import { store } from "../../lib/targets/store.ts";
import type { TargetDefinition } from "../../lib/targets/target.ts";
import { type CredentialMembers, parseCredentialMembers } from "./credential_members.ts";
import { readName } from "./name.ts";
import { parseTarget, type TargetDraft } from "./targets.ts";
import { fromJson, isTable, joinPath, type Mistake } from "./mistakes.ts";
import type { Source, Written } from "./sources.ts";

/** One table: what is right in it, and all that is wrong. */
export interface CredentialDraft {
  /** Where it is, such as `CREDENTIALS[2] (ci-deploy)`. */
  readonly path: string;
  /** Its name, if that is right. */
  readonly name: string | undefined;
  /** Its other members, if they are right. */
  readonly members: CredentialMembers | undefined;
  /** Those of its targets that are right. */
  readonly targets: readonly TargetDraft[];
  /** What is wrong with it by itself. */
  readonly mistakes: readonly Mistake[];
  /** What may not be meant as it is written. */
  readonly warnings: readonly Mistake[];
}

/** Reads the tables of a place: an array, or in a variable a string of JSON with one. */
export function readTables(
  { source, value: given }: Written,
): { readonly tables: readonly unknown[]; readonly mistakes: readonly Mistake[] } {
  const value = source.isVariable ? fromJson(given) : given;
  if (Array.isArray(value) && value.length > 0) return { tables: value, mistakes: [] };
  return {
    tables: [],
    mistakes: [{ path: source.path, message: describeWrongTables(value, source) }],
  };
}

/** Reads the table at an index. */
export function draftCredential(
  table: unknown,
  at: number,
  source: Source,
  definitions: readonly TargetDefinition<unknown>[],
  tokenSecretOf: (account: string | undefined) => string | undefined,
): CredentialDraft {
  const name = readName(table);
  const path = `${source.path}[${at}]${name === undefined ? "" : ` (${name})`}`;
  const { members, mistakes, warnings } = parseCredentialMembers(table, path, source);
  const draft = { path, name, members, warnings };
  if (!isTable(table)) return { ...draft, targets: [], mistakes };
  if (!Array.isArray(table.targets) || table.targets.length === 0) {
    const message = `${whatIsNot(table.targets)}: ${
      isTable(table.targets) ? source.severalTargets : source.firstTarget
    }`;
    const missing = { path: joinPath(path, ["targets"]), message };
    return { ...draft, targets: [], mistakes: [...mistakes, missing] };
  }
  const tokenSecret = tokenSecretOf(members?.account);
  const results = table.targets.map((target: unknown, index) =>
    parseTarget(target, joinPath(path, ["targets", index]), source, definitions, tokenSecret)
  );
  const targets = results.flatMap(({ draft }) => draft ?? []);
  return {
    ...draft,
    targets,
    mistakes: [
      ...mistakes,
      ...results.flatMap((result) => result.mistakes),
      ...(members?.keep_token === false && targets.some(({ type }) => type === store.type)
        ? [{
          path: joinPath(path, ["keep_token"]),
          message:
            "Must be true, or be left out, where there is a target of the type 'store', which hands out the token that is kept",
        }]
        : []),
    ],
  };
}

function describeWrongTables(value: unknown, { isVariable, path, whole }: Source): string {
  if (isVariable && isTable(value)) {
    return `Must be an array of tables: write [[vars.${path}]], with two brackets on each side, for each credential`;
  }
  if (isVariable && typeof value === "string") {
    return `Must be an array of tables, and is a text that is no JSON: ${whole}. A secret or another variable needs a name that does not begin with CREDENTIALS`;
  }
  return `${whatIsNot(value)}: ${whole}`;
}

/** Says why a value is no array of tables. */
function whatIsNot(value: unknown): string {
  if (value === undefined) return "Is missing";
  return Array.isArray(value) ? "Is empty" : "Must be an array of tables";
}
