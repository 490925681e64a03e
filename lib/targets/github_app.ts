/**
 * Speaks to GitHub as a GitHub App: no token that a person has to renew, and each one narrowed to
 * what a single delivery needs.
 *
 * @module
 */
import { hexToBytes } from "@noble/hashes/utils.js";
import { base64, base64urlnopad } from "@scure/base";
import * as v from "valibot";
import { endpoint } from "./members.ts";
import { adviseOnRefusal, classifyRefusal } from "./github_refusals.ts";
import { type Answer, createRequester, type TargetCall } from "./request.ts";
import {
  type Delivery,
  type TargetContext,
  type TargetEnvironment,
  TargetError,
} from "./target.ts";

/** A GitHub App, as a target's configuration names it. */
export interface GitHubApp {
  /** The app's client id, or its app id. */
  readonly id: string | number;
  /** The Worker secret with the app's private key: PEM, as GitHub hands it out. */
  readonly private_key_secret: string;
  /**
   * The id of the installation.
   * @default {the one that the repository or organization has}
   */
  readonly installation?: number | undefined;
}

/** What an installation token may be used for. */
export interface GitHubAppScope {
  /** The repository (`owner/name`), or the organization. */
  readonly owner:
    | { readonly repository: string; readonly organization?: undefined }
    | { readonly organization: string; readonly repository?: undefined };
  /** The one permission to write with, by GitHub's name for it, such as `secrets`. */
  readonly permission: string;
}

/** How far GitHub's clock may be slow against ours, in seconds; GitHub's own recommendation. */
const CLOCK_DRIFT = 60;

/** How far the clocks may be apart before GitHub's is gone by, in milliseconds. */
const MOST_SKEW = 30_000;

/** How long the app's own token lives, in seconds; GitHub takes ten minutes at most. */
const LIFETIME = 300;

/** What precedes the key in PKCS#8: version 0, and the algorithm rsaEncryption without parameters. */
const PKCS8_RSA = hexToBytes("020100300d06092a864886f70d0101010500");

const installation = v.object({ id: v.number() });
const installationToken = v.object({ token: v.string() });

/**
 * Fetches an installation token that can do one thing only.
 *
 * @throws {TargetError} With code `unauthorized` for a key or an id that GitHub does not take,
 * `not_found` for an app that is not installed there, `forbidden` for one that lacks the permission.
 * @see https://docs.github.com/en/apps/creating-github-apps/authenticating-with-a-github-app
 */
export async function fetchInstallationToken(
  app: GitHubApp,
  scope: GitHubAppScope,
  baseUrl: string,
  environment: TargetEnvironment,
  delivery: Delivery,
  context: TargetContext,
): Promise<string> {
  const { repository, organization } = scope.owner;
  const owner = repository ?? organization;
  const pem = environment.secret(app.private_key_secret);
  let skew = 0;
  const request = createRequester(environment, {
    place: `GitHub App '${app.id}' at '${owner}'`,
    advice: {
      unauthorized:
        `check 'app.id', and that the Worker secret '${app.private_key_secret}' holds a private key of that app`,
      forbidden:
        `grant the app the permission '${scope.permission}: write', and accept it where the app is installed`,
      not_found: `install the app at '${owner}', or correct 'app.installation'`,
      invalid_value: "check 'app'",
    },
    classify(answer) {
      const theirs = Date.parse(answer.headers.get("date") ?? "");
      if (answer.status === 401 && !Number.isNaN(theirs)) skew = theirs - environment.now();
      // 422 is how GitHub says that the app has not been granted the permission or the repository.
      return answer.status === 422 ? "forbidden" : classifyRefusal(answer);
    },
    advise: (answer) => adviseOnRefusal(answer, { owner, caller: "the app", baseUrl }),
  });

  async function sendAt(now: number, call: TargetCall): Promise<Answer> {
    const jwt = await signJwt(app, pem, now);
    return await request({
      delivery,
      context,
      secrets: [pem, jwt],
      headers: { ...GITHUB_HEADERS, authorization: `Bearer ${jwt}` },
    }, call);
  }

  /** GitHub takes no token of the future or of long ago by its own clock, so that one decides. */
  async function send(call: TargetCall): Promise<Answer> {
    const assumed = skew;
    try {
      return await sendAt(environment.now() + assumed, call);
    } catch (error) {
      const isClock = error instanceof TargetError && error.status === 401 &&
        Math.abs(skew - assumed) > MOST_SKEW;
      if (!isClock) throw error;
      return await sendAt(environment.now() + skew, call);
    }
  }

  async function findInstallation(): Promise<number> {
    const segments = repository === undefined
      ? ["orgs", organization, "installation"]
      : ["repos", ...repository.split("/"), "installation"];
    const answer = await send({
      method: "GET",
      url: endpoint(baseUrl, segments),
      expected: [200],
    });
    return answer.read(installation, "an installation").id;
  }

  const id = app.installation ?? await findInstallation();
  const answer = await send({
    method: "POST",
    url: endpoint(baseUrl, ["app", "installations", String(id), "access_tokens"]),
    body: JSON.stringify({
      ...(repository === undefined ? {} : { repositories: [repository.split("/")[1]] }),
      permissions: { [scope.permission]: "write" },
    }),
    expected: [201],
  });
  return answer.read(installationToken, "an installation token").token;
}

/** The headers that every request to GitHub has. */
export const GITHUB_HEADERS: Readonly<Record<string, string>> = {
  accept: "application/vnd.github+json",
  "x-github-api-version": "2022-11-28",
};

async function signJwt(app: GitHubApp, pem: string, now: number): Promise<string> {
  const key = await importPrivateKey(app, pem);
  const seconds = Math.floor(now / 1000);
  const claims = { iat: seconds - CLOCK_DRIFT, exp: seconds + LIFETIME, iss: String(app.id) };
  const unsigned = [{ alg: "RS256", typ: "JWT" }, claims]
    .map((part) => base64urlnopad.encode(new TextEncoder().encode(JSON.stringify(part))))
    .join(".");
  const signature = await crypto.subtle.sign(
    "RSASSA-PKCS1-v1_5",
    key,
    new TextEncoder().encode(unsigned),
  );
  return `${unsigned}.${base64urlnopad.encode(new Uint8Array(signature))}`;
}

async function importPrivateKey(app: GitHubApp, pem: string): Promise<CryptoKey> {
  // A PEM pasted into one line keeps its line ends as the two characters \n.
  const [, label, body] =
    /-----BEGIN (RSA )?PRIVATE KEY-----([\s\S]+?)-----END/.exec(pem.replaceAll("\\n", "\n")) ?? [];
  try {
    const der = Uint8Array.from(base64.decode((body ?? "").replaceAll(/\s/g, "")));
    const pkcs8 = label === undefined ? der : wrapPkcs1(der);
    const algorithm = { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" };
    return await crypto.subtle.importKey("pkcs8", pkcs8, algorithm, false, ["sign"]);
  } catch {
    throw new TargetError(
      "unauthorized",
      `The Worker secret '${app.private_key_secret}' is no RSA private key: set it to the whole PEM file that GitHub made for the app`,
    );
  }
}

/** WebCrypto reads only PKCS#8, and GitHub hands out PKCS#1: the same key without its wrapping. */
function wrapPkcs1(pkcs1: Uint8Array): Uint8Array<ArrayBuffer> {
  return der(0x30, [...PKCS8_RSA, ...der(0x04, pkcs1)]);
}

/** An element of DER; an RSA key is long enough for two bytes of length, and never needs three. */
function der(tag: number, content: ArrayLike<number>): Uint8Array<ArrayBuffer> {
  const { length } = content;
  return Uint8Array.from([tag, 0x82, length >> 8, length & 0xff, ...Array.from(content)]);
}
