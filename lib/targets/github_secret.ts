/**
 * What the three stores of secrets at GitHub have in common: Actions, Dependabot and Codespaces.
 *
 * @module
 */
import { base64 } from "@scure/base";
import * as v from "valibot";
import {
  type GitHubAudience,
  readAudience,
  respellAudience,
  restoreAudience,
} from "./github_audience.ts";
import { createGitHubClient, DEFAULT_TOKEN, type GitHubSend } from "./github_client.ts";
import { type GitHubSecretConfig, gitHubSecretSchema, type GitHubStore } from "./github_config.ts";
import { gitHubPath, gitHubPlace } from "./github_place.ts";
import { missing, proveWritten, writtenBetween } from "./proof.ts";
import type { Answer } from "./request.ts";
import { seal } from "./sealed_box.ts";
import {
  type Delivery,
  type Target,
  type TargetDefinition,
  type TargetEnvironment,
  TargetError,
} from "./target.ts";

/** The length of a key in bytes. */
const KEY_BYTES = 32;

/** How long before its end a token for GitHub is spoken of, in milliseconds. */
const SOON = 30 * 86_400_000;

/** How GitHub answers to a write; documented are the first two. */
const TAKEN: readonly number[] = [201, 204, 200, 202];

/** A time as GitHub writes it; Date.parse() makes one of nearly anything. */
const ISO_TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)$/;

const publicKey = v.object({
  key_id: v.union([v.string(), v.pipe(v.number(), v.transform(String))]),
  key: v.pipe(
    v.string(),
    v.base64(),
    v.transform((key) => Uint8Array.from(base64.decode(key))),
    v.length(KEY_BYTES),
  ),
});
const secret = v.object({
  updated_at: v.pipe(v.string(), v.regex(ISO_TIME)),
});

/** What a write was between, and who was to see the secret. */
interface Written {
  readonly before: Answer;
  readonly after: Answer;
  readonly sent: Partial<GitHubAudience>;
}

/** Defines the target that delivers to one of GitHub's stores. */
export function defineGitHubSecret(store: GitHubStore): TargetDefinition<GitHubSecretConfig> {
  return {
    type: store.type,
    proof: "timestamp",
    schema: gitHubSecretSchema(store),
    place: (config) => gitHubPlace(store, config),
    secrets: (
      { token_secret, app },
    ) => [app ? app.private_key_secret : token_secret ?? DEFAULT_TOKEN],
    signingSecrets: ({ app }) => app ? [app.private_key_secret] : [],
    create: (config, environment) => create(store, config, environment),
  };
}

function create(
  store: GitHubStore,
  config: GitHubSecretConfig,
  environment: TargetEnvironment,
): Target {
  const { name, visibility = "private", token_secret: token = DEFAULT_TOKEN } = config;
  const path = gitHubPath(store, config);
  const { place, authorize } = createGitHubClient(store, config, environment);

  const readKey = (send: GitHubSend) =>
    send({ method: "GET", path: [...path, "public-key"], expected: [200] });

  async function write(
    send: GitHubSend,
    keyed: Answer,
    delivery: Delivery,
    audience: Partial<GitHubAudience>,
    expected: readonly number[],
  ): Promise<Answer> {
    const { key, key_id } = keyed.read(publicKey, "a public key");
    const encrypted_value = await sealFor(place, key, delivery.token);
    const body = JSON.stringify({ encrypted_value, key_id, ...audience });
    return await send({ method: "PUT", path: [...path, name], body, expected });
  }

  async function writeSealed(
    send: GitHubSend,
    delivery: Delivery,
    audience: Partial<GitHubAudience>,
  ): Promise<Written> {
    const before = await readKey(send);
    const after = await write(send, before, delivery, audience, [...TAKEN, 422]);
    if (after.status !== 422) return { before, after, sent: audience };
    // That is also what GitHub says when it has replaced the key since.
    const again = await readKey(send);
    const sent = respellAudience(audience, after);
    return { before: again, after: await write(send, again, delivery, sent, TAKEN), sent };
  }

  return {
    async deliver(delivery, context) {
      const send = await authorize(delivery, context);
      const audience = config.repository === undefined
        ? await readAudience(send, path, name, visibility, place)
        : {};
      const { before, after, sent } = await writeSealed(send, delivery, audience);
      const last = await restoreAudience(send, path, name, sent) ?? after;
      return writtenBetween(before, last, environment.now());
    },
    async confirm(delivery, receipt, context) {
      const send = await authorize(delivery, context);
      const answer = await send({ method: "GET", path: [...path, name], expected: [200, 404] });
      if (answer.status === 404) {
        // The store itself is 404, too, to one who has lost access to it.
        await readKey(send);
        throw missing(place);
      }
      const { updated_at } = answer.read(secret, "the secret and when it was written");
      const proof = proveWritten(place, updated_at, receipt);
      return { ...proof, detail: proof.detail + endOf(token, answer, environment.now()) };
    },
  };
}

async function sealFor(
  place: string,
  key: Uint8Array<ArrayBuffer>,
  token: string,
): Promise<string> {
  try {
    return base64.encode(await seal(token, key));
  } catch {
    throw new TargetError(
      "unavailable",
      `Cannot deliver to the ${place} because nothing can be sealed for the public key that GitHub gives: try again, and check that 'base_url' is GitHub itself`,
    );
  }
}

/** A word on the token for GitHub where it has an end, and that is near. */
function endOf(token: string, { headers }: Answer, now: number): string {
  const end = Date.parse(headers.get("github-authentication-token-expiration") ?? "");
  if (Number.isNaN(end) || end - now > SOON) return "";
  return `; renew the token in the Worker secret '${token}' by ${new Date(end).toISOString()}`;
}
