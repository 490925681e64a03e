/**
 * One `[[vars.CREDENTIALS.targets]]` table.
 *
 * @module
 */
import type { CredentialTarget } from "../lib/rotation/credential.ts";
import type { SchemaIssue, TargetDefinition, TargetEnvironment } from "../lib/targets/target.ts";
import { describeMisplaced } from "./config_stray.ts";
import { mayBeSecret } from "./secret_name.ts";
import { isTable, joinPath, type Mistake, shorten, suggest } from "./mistake.ts";

/** A target whose table is right. */
export interface TargetDraft {
  /** Where its table stands. */
  readonly path: string;
  /** Its kind. */
  readonly type: string;
  /** The place it writes. */
  readonly place: string;
  /** Its members, checked. */
  readonly config: unknown;
  /** The names of the Worker secrets that it needs. */
  readonly secrets: readonly string[];
  /** Whether it writes the same place as another one, or a part of it. */
  overlaps(other: TargetDraft): boolean;
  /** Those of them that it signs with, and sends in no header. */
  readonly signing: readonly string[];
  /** Makes the target. */
  create(environment: TargetEnvironment): CredentialTarget;
}

/** The outcome: a draft, or all that is wrong. */
export type TargetResult =
  | { readonly draft: TargetDraft; readonly mistakes: readonly [] }
  | { readonly draft: undefined; readonly mistakes: readonly Mistake[] };

/** Reads a table. */
export function parseTarget(
  value: unknown,
  path: string,
  definitions: readonly TargetDefinition<unknown>[],
): TargetResult {
  if (!isTable(value)) {
    const message = "Must be a table: write [[vars.CREDENTIALS.targets]], and its members below";
    return refuse([{ path, message }]);
  }
  const { type, required = true, ...rest } = value;
  const mistakes: Mistake[] = typeof required === "boolean" ? [] : [{
    path: joinPath(path, ["required"]),
    message: `Must be true or false${typeof required === "string" ? ", without quotes" : ""}`,
  }];

  const definition = definitions.find((candidate) => candidate.type === type);
  if (!definition) return refuse([findType(type, path, definitions), ...mistakes]);
  const result = definition.schema["~standard"].validate(rest);
  if (result instanceof Promise) {
    throw new TypeError(`Cannot check a '${definition.type}' as its schema is asynchronous`);
  }
  mistakes.push(...(result.issues ?? []).map((issue) => toMistake(issue, path, value)));
  if (result.issues || typeof required !== "boolean") return refuse(mistakes);
  const config = result.value;
  const place = definition.place(config);
  return {
    draft: {
      path,
      type: definition.type,
      place,
      config,
      secrets: definition.secrets(config),
      overlaps: (other) =>
        other.place === place ||
        (other.type === definition.type && definition.overlaps?.(config, other.config) === true),
      signing: definition.signingSecrets?.(config) ?? [],
      create: (environment) => ({
        type: definition.type,
        place,
        required,
        adoptable: definition.adoptable ?? true,
        keepsToken: definition.keepsToken ?? false,
        target: definition.create(config, environment),
      }),
    },
    mistakes: [],
  };
}

function findType(
  type: unknown,
  path: string,
  definitions: readonly TargetDefinition<unknown>[],
): Mistake {
  const types = definitions.map((definition) => definition.type);
  const given = typeof type === "string"
    ? `${mayBeSecret(type) ? "What is written here" : `'${shorten(type)}'`} is not known${
      suggest(type, types)
    }`
    : type === undefined
    ? "Is missing"
    : "Must be a string";
  return { path: joinPath(path, ["type"]), message: `${given}: the types are ${types.join(", ")}` };
}

function toMistake(
  { message, path: issuePath = [] }: SchemaIssue,
  path: string,
  table: Readonly<Record<string, unknown>>,
): Mistake {
  const keys = issuePath.map((segment) => typeof segment === "object" ? segment.key : segment);
  const [key] = keys;
  const given = keys.length === 1 && typeof key === "string" ? table[key] : undefined;
  const said = message.startsWith("Is not known") && typeof key === "string"
    ? describeMisplaced(key, "target") ?? message
    : message.startsWith("Must be the name of the Worker secret") && looksSecret(given)
    ? `${message}: if what is written here is the secret itself, revoke it, as it has been written into a file`
    : message;
  return { path: joinPath(path, keys), message: said };
}

function looksSecret(given: unknown): boolean {
  return typeof given === "string" && given.length >= 16;
}

function refuse(mistakes: readonly Mistake[]): TargetResult {
  return { draft: undefined, mistakes };
}
