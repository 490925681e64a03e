/**
 * The pieces that the configurations of targets are made of. A mistake is reported with the form that
 * was expected.
 *
 * @module
 */
import * as v from "valibot";
import { parseUrl } from "../parse_url.ts";
import { isSecureUrl } from "../secure_url.ts";

const SECRET_NAME = /^[A-Za-z_][A-Za-z0-9_]{0,127}$/;

/** A required string: `form` says what it must be, and `pattern` what it may look like. */
export function text(form: string, pattern: RegExp): v.GenericSchema<string> {
  return v.pipe(v.string(form), v.regex(pattern, form));
}

/** A required whole number from 1 on, such as an id. */
export function integer(form: string): v.GenericSchema<number> {
  return v.pipe(v.number(form), v.integer(form), v.minValue(1, form));
}

/** The name of a Worker secret. */
export function secretName(what: string): v.GenericSchema<string> {
  return text(
    `Must be the name of the Worker secret that holds ${what}, such as 'DEPLOY_TOKEN'`,
    SECRET_NAME,
  );
}

/** The name of a Worker secret, or while it is changed those of two. */
export function secretNames(what: string): v.GenericSchema<string | readonly string[]> {
  const form =
    `Must be the name of the Worker secret that holds ${what}, such as 'DEPLOY_TOKEN', or a list of two names while you change it`;
  const name = text(form, SECRET_NAME);
  return v.union(
    [name, v.pipe(v.array(name), v.minLength(1, form), v.maxLength(2, form))],
    form,
  );
}

/** The address of a service: https, or plain http to this very machine; without a trailing slash. */
export function serviceUrl(form: string): v.GenericSchema<string> {
  return v.pipe(v.string(form), v.check(isServiceUrl, form));
}

/**
 * The members of a target's configuration and no others. A missing member is reported with the form it
 * should have had.
 */
export function configuration<const Entries extends v.ObjectEntries>(
  entries: Entries,
): v.StrictObjectSchema<Entries, (issue: v.StrictObjectIssue) => string> {
  return v.strictObject(entries, (issue: v.StrictObjectIssue) => {
    const key = issue.path?.at(-1)?.key;
    if (issue.expected === "never") {
      const names = Object.keys(entries);
      const present = names.find((name) => formerNames(name).some((former) => former === key));
      return present === undefined
        ? `Is not known: the members are ${names.join(", ")}`
        : `Is called '${present}', which takes the name of a Worker secret and never its value: rename it`;
    }
    const entry = typeof key === "string" ? entries[key] : undefined;
    const form = entry !== undefined && "message" in entry ? entry.message : undefined;
    if (issue.expected === "Object") return "Must be a table";
    return typeof form === "string"
      ? `Is missing: ${form.charAt(0).toLowerCase()}${form.slice(1)}`
      : "Is missing";
  });
}

/** The URL of path segments below a service's address, each of them encoded. */
export function endpoint(baseUrl: string, segments: readonly string[]): URL {
  return new URL(`${baseUrl.replace(/\/+$/, "")}/${segments.map(encodeURIComponent).join("/")}`);
}

/** What a member that names a Worker secret was called before, or is easily called. */
function formerNames(name: string): string[] {
  const [, stem] = /^(.+)_secret$/.exec(name) ?? [];
  if (stem === undefined) return [];
  return stem === "signing" ? [stem, "secret"] : [stem];
}

function isServiceUrl(value: string): boolean {
  const url = parseUrl(value);
  if (url === undefined || url.username !== "" || url.password !== "" || url.hash !== "") {
    return false;
  }
  return isSecureUrl(url);
}
