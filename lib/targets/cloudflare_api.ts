/**
 * What the targets at Cloudflare have in common.
 *
 * @module
 */
import * as v from "valibot";
import type { Answer } from "./request.ts";
import type { TargetErrorCode } from "./target.ts";

/** Where Cloudflare's API is unless the configuration says otherwise. */
export const CLOUDFLARE_API = "https://api.cloudflare.com/client/v4";

/** The name of the Worker secret with the API token unless the configuration says otherwise. */
export const CLOUDFLARE_TOKEN = "CLOUDFLARE_API_TOKEN";

/** Codes of Cloudflare's errors that mean a token that is malformed, revoked or expired. */
const BAD_TOKEN = new Set([1000, 1001, 6003, 6111, 9109, 10001]);

const failure = v.object({ errors: v.array(v.object({ code: v.number() })) });

/** What the ids of accounts and stores look like. */
export const CLOUDFLARE_ID = /^[0-9a-f]{32}$/i;

/** Tells a bad token from a missing permission, both of which Cloudflare may answer with 400 or 403. */
export function classifyCloudflare({ status, body }: Answer): TargetErrorCode | undefined {
  const { success, output } = v.safeParse(failure, body);
  if (!success || (status !== 400 && status !== 403)) return undefined;
  if (output.errors.some(({ code }) => BAD_TOKEN.has(code))) return "unauthorized";
  return output.errors.some(({ code }) => code === 10000) ? "forbidden" : undefined;
}
