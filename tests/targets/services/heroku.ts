/**
 * Heroku, as far as config vars go.
 *
 * @module
 */
import { isJson, type Service, startService } from "./service.ts";

/** A running stand-in for Heroku. */
export interface HerokuService extends Service {
  /** A token that may write config vars. */
  readonly token: string;
  /** A token whose scope is too narrow. */
  readonly narrowToken: string;
  /** The config vars of each app; may be changed. */
  readonly apps: Map<string, Record<string, string>>;
  /** How many releases each app has had. */
  readonly releases: Map<string, number>;
}

/** Starts a stand-in for Heroku's config vars. */
export function startHeroku(): HerokuService {
  const token = `HRKU-${crypto.randomUUID()}`;
  const narrowToken = `HRKU-${crypto.randomUUID()}`;
  const apps = new Map<string, Record<string, string>>();
  const releases = new Map<string, number>();

  const service = startService({
    rateLimited: () =>
      failure(429, "rate_limit", "Your account reached the API rate limit", { "retry-after": "7" }),
    handle(request) {
      const { method, segments, headers, json } = request;
      if (headers.get("accept") !== "application/vnd.heroku+json; version=3") {
        return failure(406, "not_acceptable", "Send the Accept header of version 3");
      }
      const bearer = headers.get("authorization")?.replace(/^Bearer /, "");
      if (bearer !== token && bearer !== narrowToken) {
        return failure(401, "unauthorized", "Invalid credentials provided.");
      }
      const [collection, app, resource] = segments;
      const vars = apps.get(app);
      if (collection !== "apps" || resource !== "config-vars" || segments.length !== 3 || !vars) {
        return failure(404, "not_found", "Couldn't find that app.", { resource: "app" });
      }
      if (bearer === narrowToken) {
        return failure(403, "forbidden", "You do not have access to the app's config vars.");
      }
      if (method === "GET") return Response.json(vars);
      if (method !== "PATCH") return failure(405, "method_not_allowed", "Use GET or PATCH");
      if (!isJson(request)) return failure(400, "bad_request", "Request invalid, expected JSON");
      const next = { ...vars };
      for (const [name, value] of Object.entries(json ?? {})) {
        if (typeof value === "string") next[name] = value;
        else delete next[name];
      }
      if (JSON.stringify(next).length > 64 * 1024) {
        return failure(422, "invalid_params", "Config vars exceed the 64 KB limit");
      }
      apps.set(app, next);
      releases.set(app, (releases.get(app) ?? 0) + 1);
      return Response.json(next);
    },
  });
  return { ...service, token, narrowToken, apps, releases };
}

function failure(
  status: number,
  id: string,
  message: string,
  headers: Record<string, string> = {},
): Response {
  return Response.json({ id, message }, { status, headers });
}
