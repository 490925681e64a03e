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

/**
 * How long Cloudflare blocks all calls of one who called too often, in milliseconds.
 *
 * @see https://developers.cloudflare.com/fundamentals/api/reference/limits/
 */
export const CLOUDFLARE_BLOCK = 300_000;

/** What the ids of accounts and stores look like. */
export const CLOUDFLARE_ID = /^[0-9a-f]{32}$/i;

/** What one of Cloudflare's errors means. */
interface Meaning {
  readonly code: TargetErrorCode;
  readonly numbers?: readonly number[];
  readonly words?: RegExp;
}

/** The first that fits counts. Products use one number for several things, and words say which. */
const MEANINGS: readonly Meaning[] = [
  // The list lagged, or somebody else made or deleted it since: the next try finds out.
  { code: "unavailable", words: /^secret_(?:name_already_exists|not_found)\b/ },
  { code: "not_found", words: /^store_not_found\b/ },
  { code: "unavailable", numbers: [10013] },
  { code: "unauthorized", numbers: [1000, 1001, 9109], words: /invalid (?:access|api) token/i },
  { code: "unauthorized", numbers: [6003, 6111, 10001] },
  { code: "not_found", numbers: [7003, 10007] },
  // A token that is good, but not from this address, or not for this account.
  { code: "forbidden", numbers: [9109] },
];

const failure = v.object({
  errors: v.array(v.object({ code: v.number(), message: v.optional(v.string(), "") })),
});

/** Cloudflare answers much with 400 and 403: numbers and words say what it is. */
export function classifyCloudflare({ status, body }: Answer): TargetErrorCode | undefined {
  const { success, output } = v.safeParse(failure, body);
  if (!success || status < 400 || status >= 500 || status === 429) return undefined;
  const meaning = MEANINGS.find(({ numbers, words }) =>
    output.errors.some(({ code, message }) =>
      (numbers?.includes(code) ?? true) && (words?.test(message) ?? true)
    )
  );
  if (meaning) return meaning.code;
  return status !== 401 && output.errors.some(({ code }) => code === 10000)
    ? "forbidden"
    : undefined;
}
