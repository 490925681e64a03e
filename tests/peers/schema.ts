/**
 * Checks answers by Heroku's published JSON schema.
 *
 * @module
 */
import { Ajv, type ValidateFunction } from "ajv";
import formats from "ajv-formats";
import published from "./heroku_schema.json" with { type: "json" };

/** JSON schema has no `strictProperties`: it is Heroku's word for all members, and no other ones. */
function translate(schema: unknown): unknown {
  if (Array.isArray(schema) || typeof schema !== "object" || schema === null) return schema;
  const { strictProperties, ...rest }: Record<string, unknown> = { ...schema };
  const translated = Object.fromEntries(
    Object.entries(rest).map(([name, value]) => [
      name,
      name === "properties" && typeof value === "object" && value !== null
        ? Object.fromEntries(Object.entries(value).map(([one, inner]) => [one, translate(inner)]))
        : name === "items"
        ? translate(value)
        : value,
    ]),
  );
  if (strictProperties !== true) return translated;
  const required = Object.keys(Object(rest.properties));
  return { required, additionalProperties: false, ...translated };
}

const ajv = formats.default(new Ajv({ allErrors: true, allowUnionTypes: true }));

function compile(name: keyof typeof published): ValidateFunction {
  return ajv.compile(Object(translate(published[name])));
}

const validators = {
  account: compile("account"),
  authorization: compile("oauth-authorization"),
  rateLimit: compile("rate-limit"),
};

/** A kind of record that Heroku publishes a schema of. */
export type Kind = keyof typeof validators;

/**
 * Says what of a record is not as Heroku's schema says.
 *
 * @param kind What the record is.
 * @param record The record.
 */
export function findProblems(kind: Kind, record: unknown): string[] {
  const validate = validators[kind];
  if (validate(record)) return [];
  return (validate.errors ?? []).map(({ instancePath, message, params }) =>
    `${kind}${instancePath} ${message} ${JSON.stringify(params)}`
  );
}
