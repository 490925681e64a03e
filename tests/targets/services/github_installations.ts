/**
 * GitHub's side of an App: its installation, and the tokens that it hands out.
 *
 * @module
 */
import { importSPKI, jwtVerify } from "jose";
import description from "./github_openapi.json" with { type: "json" };
import { failure } from "./github_refusals.ts";
import { member, type ServiceRequest } from "./service.ts";

/** The App: its id, its private key as GitHub hands it out, and what it was granted. */
export interface GitHubApp {
  /** The client id. */
  readonly id: string;
  /** PKCS#1. */
  readonly privateKey: string;
  /** PKCS#8. */
  readonly privateKeyPkcs8: string;
  /** The installation's id. */
  readonly installation: number;
  /** The permissions that were granted; may be changed. */
  readonly permissions: Map<string, string>;
}

/** What an installation token may do. */
export interface InstallationScope {
  /** The names of the repositories; undefined for all. */
  readonly repositories?: readonly string[];
  /** The permission to write with. */
  readonly permission: string;
}

/** The installation of the App. */
export interface Installations {
  /** The App. */
  readonly app: GitHubApp;
  /** The tokens that were handed out. */
  readonly tokens: ReadonlyMap<string, InstallationScope>;
  /** Answers a request that the App itself makes. */
  handle(request: ServiceRequest, now: number): Promise<Response>;
}

/** The smallest key GitHub hands out. */
const RSA_BITS = 2048;

// Making an RSA key takes long enough to do it once.
let appKey: ReturnType<typeof makeAppKey> | undefined;

/** Makes the App's installation at these repositories and organizations. */
export async function createInstallations(owners: ReadonlySet<string>): Promise<Installations> {
  appKey ??= makeAppKey();
  const app = { ...await appKey, permissions: new Map<string, string>() };
  const tokens = new Map<string, InstallationScope>();

  async function handle(
    { method, segments, headers, json }: ServiceRequest,
    now: number,
  ): Promise<Response> {
    const jwt = headers.get("authorization")?.replace(/^Bearer /, "") ?? "";
    try {
      const { payload } = await jwtVerify(jwt, await importSPKI(app.publicKey, "RS256"), {
        algorithms: ["RS256"],
        currentDate: new Date(now),
        issuer: app.id,
        requiredClaims: ["iat", "exp"],
      });
      const { iat = 0, exp = 0 } = payload;
      if (exp - now / 1000 > 600) {
        return failure(401, "'Expiration time' claim is too far in the future");
      }
      if (iat > now / 1000) return failure(401, "'Issued at' claim is in the future");
    } catch {
      return failure(401, "A JSON web token could not be decoded");
    }
    if (segments.at(-1) === "installation") {
      const owner = segments.slice(1, -1).join("/");
      if (method !== "GET" || !owners.has(owner)) return failure(404, "Not Found");
      const example = description.components.examples.installation.value;
      return Response.json({ ...example, id: app.installation });
    }
    if (segments[2] !== String(app.installation)) return failure(404, "Not Found");
    const permissions: [string, unknown][] = Object.entries(member(json, "permissions") ?? {});
    const repositories = member(json, "repositories");
    const granted = permissions.every(([name, level]) => app.permissions.get(name) === level);
    if (!granted || permissions.length !== 1) {
      return failure(422, "The permissions requested are not granted to this installation.");
    }
    const made = `ghs_${crypto.randomUUID().replaceAll("-", "")}`;
    tokens.set(made, {
      permission: permissions[0][0],
      repositories: Array.isArray(repositories) ? repositories.map(String) : undefined,
    });
    const expires_at = new Date(now + 3_600_000).toISOString();
    return Response.json(
      { token: made, expires_at, permissions: Object.fromEntries(permissions) },
      {
        status: 201,
      },
    );
  }

  return { app, tokens, handle };
}

async function makeAppKey() {
  const { generateKeyPairSync } = await import("node:crypto");
  const { privateKey, publicKey } = generateKeyPairSync("rsa", { modulusLength: RSA_BITS });
  return {
    id: "Iv23liTestTestTest12",
    installation: 4711,
    privateKey: String(privateKey.export({ type: "pkcs1", format: "pem" })),
    privateKeyPkcs8: String(privateKey.export({ type: "pkcs8", format: "pem" })),
    publicKey: String(publicKey.export({ type: "spki", format: "pem" })),
  };
}
