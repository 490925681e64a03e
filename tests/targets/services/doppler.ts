/**
 * Doppler, as far as the secrets of a config go.
 *
 * @module
 */
import { isJson, member, type Service, startService, textOf } from "./service.ts";

/** A secret of a config. */
export interface DopplerSecret {
  /** What was written, references and all. */
  readonly value: string;
  /** What the operator wrote about it. */
  readonly note: string;
  /**
   * Who may read it.
   * @default {`masked`}
   */
  readonly visibility?: "masked" | "unmasked" | "restricted";
}

/** How this Doppler differs from the one of today, or what kind of token is used. */
export interface DopplerTraits {
  /** Whether the token reads restricted values, as service tokens do and a user's do not. */
  readsRestricted: boolean;
  /** How a secret that is not there is answered: 200 with nothing but nulls, or 404. */
  missing: "null" | 404;
  /** How many writes in a row lose against another one, with the word that to repeat them helps. */
  conflicts: number;
}

/** A running stand-in for Doppler. */
export interface DopplerService extends Service {
  /** A service token that may write. */
  readonly token: string;
  /** A service token for another config. */
  readonly narrowToken: string;
  /** The secrets of each `project/config`; may be changed. */
  readonly configs: Map<string, Record<string, DopplerSecret>>;
  /** Which `project/config` another one inherits from; may be changed. */
  readonly inherits: Map<string, string>;
  /** How it differs from the one of today; may be changed. */
  readonly traits: DopplerTraits;
  /** How many writes it has taken. */
  writes(): number;
}

const RESERVED = ["DOPPLER_PROJECT", "DOPPLER_CONFIG", "DOPPLER_ENVIRONMENT"];

/** Starts a stand-in for Doppler. */
export function startDoppler(): DopplerService {
  const token = `dp.st.prd.${crypto.randomUUID().replaceAll("-", "")}`;
  const narrowToken = `dp.st.dev.${crypto.randomUUID().replaceAll("-", "")}`;
  const configs = new Map<string, Record<string, DopplerSecret>>();
  const inherits = new Map<string, string>();
  const traits: DopplerTraits = { readsRestricted: true, missing: "null", conflicts: 0 };
  let writes = 0;

  function shown(
    secrets: Record<string, DopplerSecret>,
    { value, note, visibility }: DopplerSecret,
  ) {
    const hidden = visibility === "restricted" && !traits.readsRestricted;
    return {
      raw: hidden ? null : value,
      computed: hidden
        ? null
        : value.replace(REFERENCE, (all, name) => secrets[name]?.value ?? all),
      note,
      rawVisibility: visibility ?? "masked",
      computedVisibility: visibility ?? "masked",
    };
  }

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
      const get = method === "GET" && path === "/v3/configs/config/secret";
      const post = method === "POST" && path === "/v3/configs/config/secrets" && isJson(request);
      if (!get && !post) return failure(404, "Not found");
      const project = (get ? query.get("project") : textOf(json, "project"))?.toLowerCase();
      const config = get ? query.get("config") : textOf(json, "config");
      if (!/^[a-z0-9_-]+$/.test(config ?? "")) {
        return failure(400, "Please provide a valid config.");
      }
      // As measured, a token is refused with 400: https://github.com/cachix/secretspec
      if (given === narrowToken) {
        return failure(400, `This token does not have access to requested config '${config}'`);
      }
      const own = configs.get(`${project}/${config}`);
      if (!own) return failure(404, `Could not find requested config '${config}'`);
      const held = { ...configs.get(inherits.get(`${project}/${config}`) ?? ""), ...own };
      if (get) {
        const name = query.get("name") ?? "";
        if (name in held) {
          return Response.json({ name, value: shown(held, held[name]), success: true });
        }
        return traits.missing === "null"
          ? Response.json({ name, value: NOTHING, success: true })
          : failure(404, `Could not find requested secret: ${name}`);
      }
      if (traits.conflicts > 0) {
        traits.conflicts--;
        return failure(409, "Another change to this config is being saved", { isRetryable: true });
      }
      for (const [name, value] of Object.entries(member(json, "secrets") ?? {})) {
        if (!/^[A-Z_][A-Z0-9_]*$/.test(name)) return failure(400, "Secret names are in capitals");
        if (RESERVED.includes(name)) {
          return failure(400, "Unable to create/update secret with reserved name");
        }
        if (String(value).length > 50_000) return failure(400, "The value is too large");
        for (const [reference, target] of String(value).matchAll(REFERENCE)) {
          if (target in held) continue;
          return failure(400, `The secret "${name}" cannot resolve the reference ${reference}.`);
        }
        own[name] = { ...held[name], value: String(value), note: held[name]?.note ?? "" };
      }
      writes++;
      const secrets = Object.fromEntries(
        Object.entries(own).map(([name, secret]) => [name, shown(own, secret)]),
      );
      return Response.json({ secrets, success: true });
    },
  });
  return { ...service, token, narrowToken, configs, inherits, traits, writes: () => writes };
}

/** A reference to another secret: https://docs.doppler.com/docs/secrets#referencing-secrets */
const REFERENCE = /\$\{([A-Za-z0-9_.-]+)\}/g;

/** What Doppler answers for a secret that is not there. */
const NOTHING = {
  raw: null,
  computed: null,
  note: null,
  rawVisibility: null,
  computedVisibility: null,
};

function failure(status: number, message: string, data?: unknown): Response {
  return Response.json({ messages: [message], success: false, data }, { status });
}
