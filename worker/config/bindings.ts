/**
 * The bindings that the Worker works with.
 *
 * @module
 */
import type { Mistake } from "./mistakes.ts";

/** A binding: how it is written in wrangler.toml, and what it must be able to do. */
interface Binding {
  readonly name: string;
  readonly heading: string;
  readonly key: "name" | "binding";
  readonly method: string;
}

const NEEDED: readonly Binding[] = [
  { name: "ACCOUNT", heading: "durable_objects.bindings", key: "name", method: "idFromName" },
  { name: "ROTATION", heading: "workflows", key: "binding", method: "createBatch" },
];

/** Finds the bindings that are missing, or are of another kind. */
export function checkBindings(env: Readonly<Record<string, unknown>>): Mistake[] {
  return NEEDED.filter(({ name, method }) => !can(env[name], method)).map((
    { name, heading, key },
  ) => ({
    path: name,
    message: `${
      env[name] === undefined ? "Is missing" : "Is a binding of another kind"
    }: copy [[${heading}]] with ${key} = '${name}' from Herotate's own wrangler.toml. An [env.NAME] inherits no bindings: there it is [[env.NAME.${heading}]]. Then deploy again`,
  }));
}

function can(binding: unknown, method: string): boolean {
  return typeof binding === "object" && binding !== null &&
    typeof Reflect.get(binding, method) === "function";
}
