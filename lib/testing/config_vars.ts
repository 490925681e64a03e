/**
 * The apps of the fake account: their config vars and their releases.
 *
 * @module
 */

import {
  type Answer,
  badRequest,
  invalidParams,
  jsonAnswer,
  notFound,
  taggedAnswer,
} from "./answers.ts";
import type { AdmittedCall } from "./authorization_endpoints.ts";
import { isObject } from "./authorization_record.ts";

interface App {
  readonly vars: Map<string, string>;
  releases: number;
}

/** The apps, for the server and for the operator. */
export interface Apps {
  /** Makes an app whose first release has these config vars. */
  create(name: string, vars: Readonly<Record<string, string>>): void;
  /** The config vars that an app has now. */
  vars(name: string): Readonly<Record<string, string>>;
  /** How many releases an app has had. */
  releases(name: string): number;
  /** Answers `GET /apps/{app}/config-vars`. */
  readonly read: (call: AdmittedCall) => Answer;
  /** Answers `PATCH /apps/{app}/config-vars`. */
  readonly change: (call: AdmittedCall) => Answer;
}

/** Makes an account without apps. */
export function createApps(): Apps {
  const apps = new Map<string, App>();

  function known(name: string): App {
    const app = apps.get(name);
    if (app === undefined) {
      throw new TypeError(`Cannot look into '${name}' as there is no such app`);
    }
    return app;
  }

  function change({ body, id }: AdmittedCall): Answer {
    if (!isObject(body)) return badRequest();
    const app = apps.get(id);
    if (app === undefined) return notFound("app");
    for (const [name, value] of Object.entries(body)) {
      if (name === "" || !(typeof value === "string" || value === null)) {
        return invalidParams("Config vars must be strings, or null to remove them.");
      }
    }
    for (const [name, value] of Object.entries(body)) {
      if (typeof value === "string") app.vars.set(name, value);
      else app.vars.delete(name);
    }
    // Equal values make a release as well: whoever sets them needlessly restarts the dynos.
    if (Object.keys(body).length > 0) app.releases++;
    return jsonAnswer(200, Object.fromEntries(app.vars));
  }

  return {
    create(name, vars) {
      if (apps.has(name)) throw new TypeError(`Cannot create '${name}' as there is such an app`);
      apps.set(name, { vars: new Map(Object.entries(vars)), releases: 1 });
    },
    vars: (name) => Object.fromEntries(known(name).vars),
    releases: (name) => known(name).releases,
    read({ headers, id }) {
      const app = apps.get(id);
      if (app === undefined) return notFound("app");
      return taggedAnswer(
        { tag: `config-${id}-${app.releases}`, ifNoneMatch: headers.get("If-None-Match") },
        200,
        () => JSON.stringify(Object.fromEntries(app.vars)),
      );
    },
    change,
  };
}
