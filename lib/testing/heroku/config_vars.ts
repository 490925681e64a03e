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
  vars: Map<string, string>;
  releases: number;
  /** How long a release command takes, in milliseconds. */
  releasePhase: number;
  /** What shows when the release command that runs is over. */
  next?: { readonly at: number; readonly vars: Map<string, string> };
}

/** The apps, for the server and for the operator. */
export interface Apps {
  /** Makes an app whose first release has these config vars. */
  create(name: string, vars: Readonly<Record<string, string>>): void;
  /** The config vars that an app has now. */
  vars(name: string): Readonly<Record<string, string>>;
  /** How many releases an app has had. */
  releases(name: string): number;
  /** Gives an app a release phase, in milliseconds, or takes it away with 0. */
  setReleasePhase(name: string, lasts: number): void;
  /** Answers `GET /apps/{app}/releases`: the newest one. */
  readonly newestRelease: (call: AdmittedCall) => Answer;
  /** Answers `GET /apps/{app}/releases/{release}/config-vars` for the newest one. */
  readonly readNewest: (call: AdmittedCall) => Answer;
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
      throw new TypeError(`Cannot look into '${name}' because there is no such app`);
    }
    return app;
  }

  /** The app, with the config vars of each release whose command is over. */
  function find({ id, at }: AdmittedCall): App | undefined {
    const app = apps.get(id);
    if (app?.next && app.next.at <= at) {
      app.vars = app.next.vars;
      app.next = undefined;
    }
    return app;
  }

  function change(call: AdmittedCall): Answer {
    const { body, at } = call;
    if (!isObject(body)) return badRequest();
    const app = find(call);
    if (app === undefined) return notFound("app");
    for (const [name, value] of Object.entries(body)) {
      if (name === "" || !(typeof value === "string" || value === null)) {
        return invalidParams("Config vars must be strings, or null to remove them.");
      }
    }
    const vars = new Map(app.next?.vars ?? app.vars);
    for (const [name, value] of Object.entries(body)) {
      if (typeof value === "string") vars.set(name, value);
      else vars.delete(name);
    }
    if (app.releasePhase > 0) app.next = { at: at + app.releasePhase, vars };
    else app.vars = vars;
    // Equal values make a release as well: whoever sets them needlessly restarts the dynos.
    if (Object.keys(body).length > 0) app.releases++;
    return jsonAnswer(200, Object.fromEntries(app.vars));
  }

  return {
    create(name, vars) {
      if (apps.has(name)) {
        throw new TypeError(`Cannot create '${name}' because there is such an app`);
      }
      apps.set(name, { vars: new Map(Object.entries(vars)), releases: 1, releasePhase: 0 });
    },
    setReleasePhase: (name, lasts) => void (known(name).releasePhase = lasts),
    newestRelease(call) {
      const app = find(call);
      if (app === undefined) return notFound("app");
      const status = app.next ? "pending" : "succeeded";
      return jsonAnswer(200, [{ version: app.releases, status, current: !app.next }]);
    },
    readNewest(call) {
      const app = find(call);
      if (app === undefined) return notFound("app");
      return jsonAnswer(200, Object.fromEntries(app.next?.vars ?? app.vars));
    },
    vars: (name) => Object.fromEntries(known(name).vars),
    releases: (name) => known(name).releases,
    read(call) {
      const { headers, id } = call;
      const app = find(call);
      if (app === undefined) return notFound("app");
      const state = app.next ? "-pending" : "";
      return taggedAnswer(
        { tag: `config-${id}-${app.releases}${state}`, ifNoneMatch: headers.get("If-None-Match") },
        200,
        () => JSON.stringify(Object.fromEntries(app.vars)),
      );
    },
    change,
  };
}
