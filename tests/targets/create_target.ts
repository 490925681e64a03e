import { assert } from "@std/assert";
import { targets } from "../../lib/targets/registry.ts";
import { type Target, TargetError } from "../../lib/targets/target.ts";
import type { Service } from "./services/service.ts";

/** What a target is made from. */
export interface Ingredients {
  /** The service that it delivers to, for its clock. */
  readonly service: Service;
  /** The target's configuration. */
  readonly config: Readonly<Record<string, unknown>>;
  /** The Worker secrets. */
  readonly secrets: Readonly<Record<string, string>>;
  /** Heroku's address, for targets at Heroku. */
  readonly herokuBaseUrl?: string;
  /**
   * The target's own clock.
   * @default {the service's}
   */
  readonly now?: () => number;
}

/** Makes a target as the Worker does: from its type, its configuration and the Worker's secrets. */
export function createTarget(
  type: string,
  { config, secrets, herokuBaseUrl, service, now = () => service.now() }: Ingredients,
  fetching: typeof fetch = fetch,
): Target {
  const definition = targets.find((known) => known.type === type);
  assert(definition, `There is no target '${type}'`);
  const result = definition.schema["~standard"].validate(config);
  assert(!(result instanceof Promise) && !result.issues, JSON.stringify(result));
  return definition.create(result.value, {
    fetch: fetching,
    now,
    herokuBaseUrl,
    secret(name) {
      const value = secrets[name];
      if (value === undefined) {
        throw new TargetError("unauthorized", `Set the Worker secret '${name}'`);
      }
      return value;
    },
  });
}
