/**
 * The `[[vars.CREDENTIALS]]` tables, each for itself and against the others.
 *
 * @module
 */
import { store } from "../lib/targets/store.ts";
import type { TargetDefinition } from "../lib/targets/target.ts";
import { type CredentialMembers, parseCredentialMembers, readName } from "./config_credential.ts";
import { parseTarget, type TargetDraft } from "./config_target.ts";
import { fromJson, isTable, joinPath, type Mistake } from "./mistake.ts";

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
}

/** The Worker's own secrets, which no target may give away. */
const ownSecrets: readonly string[] = ["SEALING_KEY", "PAGE_KEY"];

/** Reads `CREDENTIALS`: an array of tables, or a string of JSON with one. */
export function readTables(
  given: unknown,
): { readonly tables: readonly unknown[]; readonly mistakes: readonly Mistake[] } {
  const value = fromJson(given);
  if (Array.isArray(value) && value.length > 0) return { tables: value, mistakes: [] };
  return {
    tables: [],
    mistakes: [{
      path: "CREDENTIALS",
      message: `${whatIsNot(value)}: write a [[vars.CREDENTIALS]] table for each credential`,
    }],
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
  const { members, mistakes } = parseCredentialMembers(table, path);
  if (!isTable(table)) return { path, name, members, targets: [], mistakes };
  if (!Array.isArray(table.targets) || table.targets.length === 0) {
    const message = `${
      whatIsNot(table.targets)
    }: write at least one [[vars.CREDENTIALS.targets]] table`;
    const missing = { path: joinPath(path, ["targets"]), message };
    return { path, name, members, targets: [], mistakes: [...mistakes, missing] };
  }
  const results = table.targets.map((target: unknown, index) =>
    parseTarget(target, joinPath(path, ["targets", index]), definitions)
  );
  return {
    path,
    name,
    members,
    targets: results.flatMap(({ draft }) => draft ?? []),
    mistakes: [...mistakes, ...results.flatMap((result) => result.mistakes)],
  };
}

/** Finds what is wrong only when the tables are seen together. */
export function findConflicts(drafts: readonly CredentialDraft[]): Mistake[] {
  return [...findSameNames(drafts), ...findSamePlaces(drafts), ...findMisusedSecrets(drafts)];
}

/**
 * Two names that differ only in case are refused as well: whoever reads a log or writes a URL would
 * mix them up.
 */
function findSameNames(drafts: readonly CredentialDraft[]): Mistake[] {
  return findRepeated(
    drafts.filter(({ name }) => name !== undefined),
    ({ name }) => name?.toLowerCase() ?? "",
    (draft, first) => ({
      path: joinPath(draft.path, ["name"]),
      message: draft.name === first.name
        ? `Must be another one than that of ${first.path}`
        : `Must differ from that of ${first.path} in more than case`,
    }),
  );
}

function findSamePlaces(drafts: readonly CredentialDraft[]): Mistake[] {
  const targets = drafts.flatMap((draft) => draft.targets.map((target) => ({ draft, target })));
  return targets.flatMap(({ draft, target }, at) => {
    const first = targets.find((earlier, index) =>
      index < at && target.overlaps(earlier.target) &&
      // Each credential has a place of its own in the store.
      (target.type !== store.type || draft === earlier.draft)
    )?.target;
    if (!first) return [];
    const why = first.place === target.place
      ? `both write ${target.place}`
      : `${target.place} and ${first.place} are one place, or one is a part of the other`;
    return [{ path: target.path, message: `Must write another place than ${first.path}: ${why}` }];
  });
}

function findMisusedSecrets(drafts: readonly CredentialDraft[]): Mistake[] {
  return drafts.flatMap(({ targets }) => targets).flatMap(({ path, type, secrets }) =>
    secrets
      .filter((name) =>
        ownSecrets.includes(name) || (type === store.type && name === "HEROKU_API_TOKEN")
      )
      .map((name) => ({
        path,
        message: `Must not use the Worker secret '${name}', which is for the Worker itself`,
      }))
  );
}

function findRepeated<Item>(
  items: readonly Item[],
  keyOf: (item: Item) => string,
  tell: (item: Item, first: Item) => Mistake,
): Mistake[] {
  return [...Map.groupBy(items, keyOf).values()].flatMap(([first, ...others]) =>
    others.map((item) => tell(item, first))
  );
}

/** Says why a value is no array of tables. */
function whatIsNot(value: unknown): string {
  if (value === undefined) return "Is missing";
  return Array.isArray(value) ? "Is empty" : "Must be an array of tables";
}
