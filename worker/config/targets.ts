/**
 * One target's table.
 *
 * @module
 */
import type { CredentialTarget } from "../../lib/rotation/credential.ts";
import { herokuConfigVar } from "../../lib/targets/heroku_config_var.ts";
import type { TargetDefinition, TargetEnvironment } from "../../lib/targets/target.ts";
import { findType, toMistakes } from "./issues.ts";
import { isTable, joinPath, type Mistake } from "./mistakes.ts";
import type { Source } from "./sources.ts";
import { describeMisplaced } from "./stray.ts";
import { isSecretName } from "./secret_name.ts";

/** A Worker secret that a target needs. */
export interface TargetSecret {
  /** Its name. */
  readonly name: string;
  /** Where it is named: a member, or the target itself where it is the default. */
  readonly path: string;
}

/** A target whose table is right. */
export interface TargetDraft {
  /** Where its table is. */
  readonly path: string;
  /** Its kind. */
  readonly type: string;
  /** The place it writes. */
  readonly place: string;
  /** Its members, checked. */
  readonly config: unknown;
  /** The Worker secrets that it needs. */
  readonly secrets: readonly TargetSecret[];
  /** The names of those that it signs with, and sends in no header. */
  readonly signing: readonly string[];
  /** Whether it writes a part of another one's place; absent where its kind never does. */
  readonly overlaps?: (other: TargetDraft) => boolean;
  /** Makes the target. */
  create(environment: TargetEnvironment): CredentialTarget;
}

/** The outcome: a draft, or all that is wrong. */
export type TargetResult =
  | { readonly draft: TargetDraft; readonly mistakes: readonly [] }
  | { readonly draft: undefined; readonly mistakes: readonly Mistake[] };

/**
 * Reads a table.
 *
 * @param tokenSecret The Worker secret that a target at Heroku works with, unless it names another;
 * undefined where no one can say.
 */
export function parseTarget(
  value: unknown,
  path: string,
  source: Source,
  definitions: readonly TargetDefinition<unknown>[],
  tokenSecret: string | undefined,
): TargetResult {
  if (!isTable(value)) return refuse([{ path, message: `Must be a table: ${source.target}` }]);
  const { type, required = true, ...rest } = value;
  const mistakes: Mistake[] = typeof required === "boolean" ? [] : [{
    path: joinPath(path, ["required"]),
    message: `Must be true or false${typeof required === "string" ? ", without quotes" : ""}`,
  }];

  const definition = definitions.find((candidate) => candidate.type === type);
  if (!definition) {
    return refuse([findType(type, path, definitions.map((each) => each.type)), ...mistakes]);
  }
  const isAtHeroku = definition === herokuConfigVar && rest.token_secret === undefined;
  const members = isAtHeroku && tokenSecret !== undefined
    ? { ...rest, token_secret: tokenSecret }
    : rest;
  const result = definition.schema["~standard"].validate(members);
  if (result instanceof Promise) {
    throw new TypeError(`Cannot check a '${definition.type}' because its schema is asynchronous`);
  }
  mistakes.push(
    ...toMistakes(
      result.issues ?? [],
      path,
      value,
      (name) => describeMisplaced(name, "target", source),
    ),
  );
  if (result.issues || typeof required !== "boolean") return refuse(mistakes);
  return { draft: toDraft(definition, result.value, required, path, rest), mistakes: [] };
}

function toDraft(
  definition: TargetDefinition<unknown>,
  config: unknown,
  required: boolean,
  path: string,
  table: Readonly<Record<string, unknown>>,
): TargetDraft {
  const { type } = definition;
  const place = definition.place(config);
  return {
    path,
    type,
    place,
    config,
    secrets: definition.secrets(config).map((name) => ({
      name,
      path: joinPath(path, findMember(table, name) ?? []),
    })),
    signing: definition.signingSecrets?.(config) ?? [],
    ...(definition.overlaps === undefined ? {} : {
      overlaps: (other: TargetDraft) =>
        other.type === type && definition.overlaps?.(config, other.config) === true,
    }),
    create: (environment) => ({
      type,
      place,
      required,
      mayHoldAdopted: definition.mayHoldAdopted ?? true,
      retainsToken: definition.retainsToken ?? false,
      target: definition.create(config, environment),
    }),
  };
}

/** How deep members that name a secret may lie in a target's table. */
const DEEPEST = 4;

/**
 * The keys that lead to the member that names a secret. One that is not called `_secret` counts only
 * with what may be the secret itself: the name may be a default, and another member have it by chance.
 */
function findMember(
  table: unknown,
  value: string,
  depth = 0,
): readonly (string | number)[] | undefined {
  if (!isTable(table) || depth === DEEPEST) return undefined;
  const found = Object.entries(table).flatMap(([key, member]): (string | number)[][] => {
    const at = Array.isArray(member) ? member.indexOf(value) : -1;
    if (at >= 0) return [[key, at]];
    const below = member === value ? [] : findMember(member, value, depth + 1);
    return below === undefined ? [] : [[key, ...below]];
  });
  const isNamed = (key: string | number) => typeof key === "string" && key.endsWith("_secret");
  return found.find((keys) => keys.some(isNamed)) ??
    (isSecretName(value) ? undefined : found.at(0));
}

function refuse(mistakes: readonly Mistake[]): TargetResult {
  return { draft: undefined, mistakes };
}
