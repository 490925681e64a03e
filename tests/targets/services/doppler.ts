/**
 * Doppler, as far as the secrets of a config go.
 *
 * @module
 */
import { isJson, member, type Service, startService, textOf } from "./service.ts";

/** A running stand-in for Doppler. */
export interface DopplerService extends Service {
  /** A service token that may write. */
  readonly token: string;
  /** A service token that may only read elsewhere. */
  readonly narrowToken: string;
  /** The secrets of each `project/config`; may be changed. */
  readonly configs: Map<string, Record<string, { value: string; note: string }>>;
}

/** Starts a stand-in for Doppler. */
export function startDoppler(): DopplerService {
  const token = `dp.st.prd.${crypto.randomUUID().replaceAll("-", "")}`;
  const narrowToken = `dp.st.dev.${crypto.randomUUID().replaceAll("-", "")}`;
  const configs = new Map<string, Record<string, { value: string; note: string }>>();

  const service = startService({
    rateLimited: () => {
      const answer = failure(429, "Rate limit exceeded");
      answer.headers.set("retry-after", "17");
      return answer;
    },
    handle(request) {
      const { method, path, headers, query, json } = request;
      const given = headers.get("authorization")?.replace(/^Bearer /, "");
      if (given !== token && given !== narrowToken) return failure(401, "Invalid Service token");
      if (given === narrowToken) return failure(403, "This token does not have access");
      const get = method === "GET" && path === "/v3/configs/config/secret";
      const post = method === "POST" && path === "/v3/configs/config/secrets" && isJson(request);
      if (!get && !post) return failure(404, "Not found");
      const project = get ? query.get("project") : textOf(json, "project");
      const config = get ? query.get("config") : textOf(json, "config");
      const held = configs.get(`${project}/${config}`);
      if (!held) return failure(404, `Could not find requested config '${config}'`);
      if (get) {
        const name = query.get("name") ?? "";
        return name in held
          ? Response.json({ name, value: shown(held[name]), success: true })
          : failure(404, `Could not find requested secret: ${name}`);
      }
      const given_secrets = Object.entries(member(json, "secrets") ?? {});
      for (const [name, value] of given_secrets) {
        if (!/^[A-Z_][A-Z0-9_]*$/.test(name)) return failure(400, "Secret names are in capitals");
        if (String(value).length > 50_000) return failure(400, "The value is too large");
        held[name] = { value: String(value), note: held[name]?.note ?? "" };
      }
      const secrets = Object.fromEntries(
        Object.entries(held).map(([name, secret]) => [name, shown(secret)]),
      );
      return Response.json({ secrets, success: true });
    },
  });
  return { ...service, token, narrowToken, configs };
}

function shown({ value, note }: { value: string; note: string }) {
  return { raw: value, computed: value, note };
}

function failure(status: number, message: string): Response {
  return Response.json({ messages: [message], success: false }, { status });
}
