/**
 * What is wrong with a table that has a type, by that type's schema.
 *
 * @module
 */
import type { SchemaIssue } from "../../lib/targets/target.ts";
import { isTable, joinPath, type Mistake, shorten, suggest } from "./mistakes.ts";
import { isSecretName, mayBeSecret } from "./secret_name.ts";

/**
 * Says what is wrong with a table. A member under a former name is not said to be missing as well.
 *
 * @param describeUnknown Says where a member belongs that the table does not have.
 */
export function toMistakes(
  issues: readonly SchemaIssue[],
  path: string,
  table: Readonly<Record<string, unknown>>,
  describeUnknown: (name: string) => string | undefined = () => undefined,
): Mistake[] {
  const mistakes = issues.map((issue) => toMistake(issue, path, table, describeUnknown));
  const renamed = mistakes.flatMap(({ path, message }) => {
    const [, name] = /^Is called '(\w+)'/.exec(message) ?? [];
    return name === undefined ? [] : [path.replace(/\w+$/, name)];
  });
  return mistakes.filter(({ path, message }) =>
    !(message.startsWith("Is missing") && renamed.includes(path))
  );
}

function toMistake(
  { message, path: issuePath = [] }: SchemaIssue,
  path: string,
  table: Readonly<Record<string, unknown>>,
  describeUnknown: (name: string) => string | undefined,
): Mistake {
  const keys = issuePath.map((segment) => typeof segment === "object" ? segment.key : segment);
  const [key, ...below] = keys;
  const isUnknown = message.startsWith("Is not known") && typeof key === "string" &&
    below.length === 0;
  const given = keys.reduce<unknown>(
    (held, key) => isTable(held) && typeof key === "string" ? held[key] : undefined,
    table,
  );
  return {
    path: joinPath(path, keys),
    message: (isUnknown ? describeUnknown(key) : undefined) ?? warnOfSecret(message, given),
  };
}

/** What is written in the place of a secret's name may be the secret. */
function warnOfSecret(message: string, given: unknown): string {
  const isText = typeof given === "string" && given !== "";
  if (message.startsWith("Is called") && isText && !isSecretName(given)) {
    return `${message}, and if what is written here is the secret itself, revoke it, as it has been written into a file`;
  }
  return message.startsWith("Must be the name of the Worker secret") && isText && given.length >= 16
    ? `${message}: if what is written here is the secret itself, revoke it, as it has been written into a file`
    : message;
}

/** Says that a table is of none of these types. */
export function findType(type: unknown, path: string, types: readonly string[]): Mistake {
  const given = typeof type === "string"
    ? `${mayBeSecret(type) ? "What is written here" : `'${shorten(type)}'`} is not known${
      suggest(type, types)
    }`
    : type === undefined
    ? "Is missing"
    : "Must be a string";
  return { path: joinPath(path, ["type"]), message: `${given}: the types are ${types.join(", ")}` };
}
