/**
 * The `[[vars.CREDENTIALS]]` tables, each for itself.
 *
 * @module
 */
import type { TargetDefinition } from "../../lib/targets/target.ts";
import { type CredentialMembers, parseCredentialMembers } from "./credential_members.ts";
import { readName } from "./name.ts";
import { parseTarget, type TargetDraft } from "./targets.ts";
import { fromJson, isTable, joinPath, type Mistake } from "./mistakes.ts";

/** One table: what is right in it, and all that is wrong. */
export interface CredentialDraft {
  /** Where it stands, such as `CREDENTIALS[2] (ci-deploy)`. */
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

/** Reads `CREDENTIALS`: an array of tables, or a string of JSON with one. */
export function readTables(
  given: unknown,
): { readonly tables: readonly unknown[]; readonly mistakes: readonly Mistake[] } {
  const value = fromJson(given);
  if (Array.isArray(value) && value.length > 0) return { tables: value, mistakes: [] };
  return {
    tables: [],
    mistakes: [{ path: "CREDENTIALS", message: describeWrongTables(value) }],
  };
}

/** Reads the table at an index. */
export function draftCredential(
  table: unknown,
  at: number,
  definitions: readonly TargetDefinition<unknown>[],
): CredentialDraft {
  const name = readName(table);
  const path = `CREDENTIALS[${at}]${name === undefined ? "" : ` (${name})`}`;
  const { members, mistakes, warnings } = parseCredentialMembers(table, path);
  const draft = { path, name, members, warnings };
  if (!isTable(table)) return { ...draft, targets: [], mistakes };
  if (!Array.isArray(table.targets) || table.targets.length === 0) {
    const message = `${whatIsNot(table.targets)}: write ${
      isTable(table.targets)
        ? "[[vars.CREDENTIALS.targets]], with two brackets on each side"
        : "at least one [[vars.CREDENTIALS.targets]] table below the credential's own members"
    }`;
    const missing = { path: joinPath(path, ["targets"]), message };
    return { ...draft, targets: [], mistakes: [...mistakes, missing] };
  }
  const results = table.targets.map((target: unknown, index) =>
    parseTarget(target, joinPath(path, ["targets", index]), definitions)
  );
  return {
    ...draft,
    targets: results.flatMap(({ draft }) => draft ?? []),
    mistakes: [...mistakes, ...results.flatMap((result) => result.mistakes)],
  };
}

function describeWrongTables(value: unknown): string {
  if (isTable(value)) {
    return "Must be an array of tables: write [[vars.CREDENTIALS]], with two brackets on each side, for each credential";
  }
  if (typeof value === "string") {
    return "Must be an array of tables, and is a text that is no JSON: write a [[vars.CREDENTIALS]] table for each credential";
  }
  const advice = "write a [[vars.CREDENTIALS]] table for each credential";
  return value === undefined
    ? `Is missing: ${advice}. An [env.NAME] of wrangler.toml inherits no vars: there it is [[env.NAME.vars.CREDENTIALS]]`
    : `${whatIsNot(value)}: ${advice}`;
}

/** Says why a value is no array of tables. */
function whatIsNot(value: unknown): string {
  if (value === undefined) return "Is missing";
  return Array.isArray(value) ? "Is empty" : "Must be an array of tables";
}
