/**
 * Heroku, as far as config vars and the releases that they make go.
 *
 * @module
 */
import { isJson, type Service, startService } from "./service.ts";

/** A release of an app: its config vars show when its release command is over. */
export interface HerokuRelease {
  /** Its number, from 1 on. */
  readonly version: number;
  /** The config vars that it sets or, as null, removes. */
  readonly change: Readonly<Record<string, string | null>>;
  /** When its release command is over, in milliseconds since the epoch. */
  readonly endsAt: number;
  /** Whether the release command fails, which leaves the app as it was. */
  readonly fails: boolean;
}

/** How this Heroku, the app or the token differs from the usual one. */
export interface HerokuTraits {
  /** How long a release command takes, in milliseconds; 0 for apps that have none. */
  releasePhase: number;
  /** Whether the release commands fail from now on. */
  releasesFail: boolean;
  /** Whether the token may read the releases. */
  showsReleases: boolean;
  /** The config vars that belong to an add-on. */
  addOnVars: readonly string[];
}

/** A running stand-in for Heroku. */
export interface HerokuService extends Service {
  /** A token that may write config vars. */
  readonly token: string;
  /** A token whose scope is too narrow. */
  readonly narrowToken: string;
  /** How it differs from the usual one; may be changed. */
  readonly traits: HerokuTraits;
  /** The config vars of each app; may be changed. */
  readonly apps: Map<string, Record<string, string>>;
  /** How many releases each app has had. */
  readonly releases: { get(app: string): number };
  /** Makes a release of an app without new config vars, as a deployment does. */
  deploy(app: string): void;
}

/** Starts a stand-in for Heroku's config vars. */
export function startHeroku(): HerokuService {
  const token = `HRKU-${crypto.randomUUID()}`;
  const narrowToken = `HRKU-${crypto.randomUUID()}`;
  const apps = new Map<string, Record<string, string>>();
  const all = new Map<string, HerokuRelease[]>();
  const traits: HerokuTraits = {
    releasePhase: 0,
    releasesFail: false,
    showsReleases: true,
    addOnVars: [],
  };
  const releasesOf = (app: string) => all.get(app) ?? [];

  function release(app: string, change: HerokuRelease["change"], now: number): void {
    const version = releasesOf(app).length + 1;
    const endsAt = now + traits.releasePhase;
    all.set(app, [...releasesOf(app), { version, change, endsAt, fails: traits.releasesFail }]);
  }

  /** Lets the releases take effect whose commands are over. */
  function settle(app: string, now: number): Record<string, string> {
    for (const { change, endsAt, fails } of releasesOf(app)) {
      if (endsAt <= now && !fails && !applied.has(change)) {
        applied.add(change);
        apps.set(app, changed(apps.get(app) ?? {}, change));
      }
    }
    return apps.get(app) ?? {};
  }
  const applied = new WeakSet<HerokuRelease["change"]>();

  const service = startService({
    rateLimited: () =>
      failure(429, "rate_limit", "Your account reached the API rate limit", { "retry-after": "7" }),
    handle(request, now) {
      const { method, segments, headers, json } = request;
      if (headers.get("accept") !== "application/vnd.heroku+json; version=3") {
        return failure(406, "not_acceptable", "Send the Accept header of version 3");
      }
      const bearer = headers.get("authorization")?.replace(/^Bearer /, "");
      if (bearer !== token && bearer !== narrowToken) {
        return failure(401, "unauthorized", "Invalid credentials provided.");
      }
      const [collection, app, resource, version, part] = segments;
      if (collection !== "apps" || !apps.has(app)) {
        return failure(404, "not_found", "Couldn't find that app.");
      }
      if (bearer === narrowToken) {
        return failure(403, "forbidden", "You do not have access to the app's config vars.");
      }
      const vars = settle(app, now);
      if (resource === "releases" && method === "GET") {
        if (!traits.showsReleases) return failure(403, "forbidden", "You do not have access.");
        const newest = releasesOf(app).toReversed();
        if (version === undefined) {
          const isOne = /^version \.\.; *(?:order=desc, *max=1|max=1, *order=desc)$/
            .test(headers.get("range") ?? "");
          const shown = (isOne ? newest.slice(0, 1) : newest).map((each) => describe(each, now));
          return Response.json(shown, { status: isOne && newest.length > 1 ? 206 : 200 });
        }
        const found = newest.find((each) => [`${each.version}`, idOf(each)].includes(version));
        return found && part === "config-vars"
          ? Response.json(changed(vars, found.change))
          : failure(404, "not_found", "Couldn't find that release.");
      }
      if (resource !== "config-vars" || segments.length !== 3) {
        return failure(404, "not_found", "The requested API endpoint was not found.");
      }
      if (method === "GET") return Response.json(vars);
      if (method !== "PATCH") return failure(405, "method_not_allowed", "Use GET or PATCH");
      if (!isJson(request)) return failure(400, "bad_request", "Request invalid, expected JSON");
      const change: Record<string, string | null> = {};
      for (const [name, value] of Object.entries(json ?? {})) {
        change[name] = typeof value === "string" ? value : null;
      }
      const owned = Object.keys(change).filter((name) => traits.addOnVars.includes(name));
      if (owned.length > 0) {
        const words = `Cannot overwrite attachment values ${owned.join(", ")}.`;
        return failure(422, "invalid_params", words);
      }
      if (JSON.stringify(changed(vars, change)).length > 64 * 1024) {
        return failure(422, "invalid_params", "Config vars exceed the 64 KB limit");
      }
      release(app, change, now);
      // Where a release command runs, these are still the old ones, with this warning:
      // https://github.com/heroku/cli/issues/3345
      const warning = traits.releasePhase > 0
        ? {
          "warning-message": "Release command executing: this config change will not be available",
        }
        : undefined;
      return Response.json(settle(app, now), { headers: warning });
    },
  });
  return {
    ...service,
    token,
    narrowToken,
    traits,
    apps,
    releases: { get: (app) => releasesOf(app).length },
    deploy: (app) => release(app, {}, service.now()),
  };
}

function changed(
  vars: Readonly<Record<string, string>>,
  change: HerokuRelease["change"],
): Record<string, string> {
  const next = { ...vars };
  for (const [name, value] of Object.entries(change)) {
    if (value === null) delete next[name];
    else next[name] = value;
  }
  return next;
}

function idOf({ version }: HerokuRelease): string {
  return `01234567-89ab-cdef-0123-${String(version).padStart(12, "0")}`;
}

function describe(release: HerokuRelease, now: number) {
  const { version, endsAt, fails } = release;
  const status = endsAt > now ? "pending" : fails ? "failed" : "succeeded";
  return { id: idOf(release), version, status, current: status === "succeeded" };
}

function failure(
  status: number,
  id: string,
  message: string,
  headers: Record<string, string> = {},
): Response {
  return Response.json({ id, message }, { status, headers });
}
