/**
 * Cuts the operations that the targets at GitHub use out of GitHub's own OpenAPI description, which
 * has 13 MB, with all that they refer to:
 *
 * ```sh
 * npm pack @octokit/openapi && tar xzf octokit-openapi-*.tgz
 * deno run -A tests/targets/services/excerpt_github_openapi.ts package/generated/api.github.com.json
 * ```
 *
 * @module
 */
type Json = null | boolean | number | string | Json[] | { [member: string]: Json };

const PATHS = [
  /^\/repos\/\{owner\}\/\{repo\}\/(actions|dependabot|codespaces|environments\/\{environment_name\})\/secrets\/(public-key|\{secret_name\})$/,
  /^\/orgs\/\{org\}\/(actions|dependabot|codespaces)\/secrets\/(public-key|\{secret_name\}(\/repositories)?)$/,
  /^\/(repos\/\{owner\}\/\{repo\}|orgs\/\{org\})\/installation$/,
  /^\/app\/installations\/\{installation_id\}\/access_tokens$/,
];
const METHODS = ["get", "put", "post"];
const PROSE = [
  "description",
  "summary",
  "tags",
  "externalDocs",
  "operationId",
  "title",
  "x-github",
];

function member(value: Json, name: string): Json {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return null;
  return value[name] ?? null;
}

function withoutProse(value: Json, named = false): Json {
  if (Array.isArray(value)) return value.map((item) => withoutProse(item));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([name, inner]) => named || !PROSE.includes(name) || typeof inner === "object")
      .filter(([name]) => named || !name.startsWith("x-"))
      .map(([name, inner]) => [
        name,
        name === "value" ? inner : withoutProse(inner, name === "properties"),
      ]),
  );
}

function references(value: Json): string[] {
  if (Array.isArray(value)) return value.flatMap(references);
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([name, inner]) =>
    name === "$ref" && typeof inner === "string" ? [inner] : references(inner)
  );
}

const description: Json = JSON.parse(await Deno.readTextFile(Deno.args[0]));
const paths: { [path: string]: { [method: string]: Json } } = {};
for (const [path, operations] of Object.entries(member(description, "paths") ?? {})) {
  if (!PATHS.some((pattern) => pattern.test(path))) continue;
  paths[path] = {};
  for (const method of METHODS) {
    const operation = member(operations, method);
    if (operation !== null) paths[path][method] = withoutProse(operation);
  }
}
const components: { [kind: string]: { [name: string]: Json } } = {};
const open = references(paths);
for (let reference = open.pop(); reference !== undefined; reference = open.pop()) {
  const [, , kind, name] = reference.split("/");
  components[kind] ??= {};
  if (name in components[kind]) continue;
  const component = member(member(member(description, "components"), kind), name);
  components[kind][name] = withoutProse(component);
  open.push(...references(components[kind][name]));
}
const excerpt = {
  openapi: member(description, "openapi"),
  info: member(description, "info"),
  paths,
  components,
};
const target = new URL("./github_openapi.json", import.meta.url);
await Deno.writeTextFile(target, `${JSON.stringify(excerpt)}\n`);
