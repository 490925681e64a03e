/**
 * GitHub's published description, to hold requests and answers against.
 *
 * @module
 */
import Ajv, { type ValidateFunction } from "ajv";
import addFormats from "ajv-formats";
import description from "./github_openapi.json" with { type: "json" };
import { member, type ServiceRequest } from "./service.ts";

const JSON_POINTER: Readonly<Record<string, string>> = { "~": "~0", "/": "~1" };

/** One operation of GitHub's API. */
export interface Operation {
  readonly name: string;
  readonly body?: ValidateFunction;
  readonly answers: ReadonlyMap<string, ValidateFunction | undefined>;
}

/** Reads the description, and gives what holds requests and answers against it. */
export function createContract() {
  const ajv = new Ajv.default({ strict: false });
  addFormats.default(ajv);
  ajv.addSchema({ $id: "github", ...withNull(description) });
  const compile = (...pointer: string[]) =>
    ajv.compile({
      $ref: `github#/${
        pointer.map((part) => encodeURIComponent(part.replace(/[~/]/g, (c) => JSON_POINTER[c])))
          .join("/")
      }`,
    });

  const operations = Object.entries(description.paths).flatMap(([template, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({
      method: method.toUpperCase(),
      pattern: new RegExp(`^${template.replace(/\{\w+\}/g, "[^/]+")}$`),
      literal: !template.endsWith("{secret_name}"),
      operation: {
        name: `${method} ${template}`,
        body: member(operation, "requestBody") === undefined ? undefined : compile(
          "paths",
          template,
          method,
          "requestBody",
          "content",
          "application/json",
          "schema",
        ),
        answers: new Map(
          Object.entries(operation.responses).map(([status, response]) => [
            status,
            member(member(response, "content"), "application/json") === undefined
              ? undefined
              : compile(
                "paths",
                template,
                method,
                "responses",
                status,
                "content",
                "application/json",
                "schema",
              ),
          ]),
        ),
      },
    }))
  ).sort((a, b) => Number(b.literal) - Number(a.literal));

  return {
    find: ({ method, path }: ServiceRequest): Operation | undefined =>
      operations.find((known) => known.method === method && known.pattern.test(path))?.operation,
    problemWithRequest({ name, body }: Operation, { json, text }: ServiceRequest): string[] {
      const fits = body ? body(json) : text === "";
      return fits ? [] : [`Request ${name}: ${ajv.errorsText(body?.errors)}`];
    },
    async problemWithAnswer({ name, answers }: Operation, answer: Response): Promise<string[]> {
      if (!answer.ok) return [];
      const text = await answer.text();
      const schema = answers.get(String(answer.status));
      const fits = answers.has(String(answer.status)) &&
        (schema ? schema(JSON.parse(text)) : text === "");
      return fits ? [] : [`Answer to ${name}: ${ajv.errorsText(schema?.errors)}`];
    },
  };
}

/** OpenAPI 3.0 says `nullable` where JSON Schema says `null`. */
function withNull(value: unknown): Record<string, unknown> {
  const convert = (inner: unknown): unknown => {
    if (Array.isArray(inner)) return inner.map(convert);
    return typeof inner === "object" && inner !== null ? withNull(inner) : inner;
  };
  const converted = Object.fromEntries(
    Object.entries(value ?? {}).map(([name, inner]) => [name, convert(inner)]),
  );
  if (converted.nullable !== true) return converted;
  const { nullable: _, ...schema } = converted;
  return { anyOf: [schema, { type: "null" }] };
}
