/**
 * Cloudflare's limits of variables and secrets, which `wrangler deploy --dry-run` says nothing of.
 * Pure.
 *
 * @see https://developers.cloudflare.com/workers/platform/limits/#environment-variables
 * @module
 */
import { measureBytes, MOST_BYTES } from "../config/size.ts";
import { isCredentials } from "../config/stray.ts";
import type { Findings } from "./deployment.ts";
import type { Table } from "./wrangler_file.ts";

/** How many variables and secrets a Worker may have. */
const MOST = { free: 64, paid: 128 };

/**
 * Checks the size of each variable, and their number.
 *
 * @param secrets The names of the Worker's secrets, as far as they are known.
 */
export function checkLimits(vars: Table, secrets: readonly string[]): Findings {
  const number = new Set([...Object.keys(vars), ...secrets]).size;
  const large = Object.entries(vars)
    // Those have been measured with the configuration.
    .filter(([name]) => !isCredentials(name) && name !== "ACCOUNTS")
    .map(([name, value]) => ({ name, bytes: measureBytes(value) }))
    .filter(({ bytes }) => bytes > MOST_BYTES);
  const tooMany = (plan: string, most: number) => ({
    path: "vars",
    message:
      `Are ${number} with the secrets, and Cloudflare's ${plan} plan has ${most} at most: write more credentials into one variable, or fewer variables`,
  });
  return {
    mistakes: [
      ...large.map(({ name, bytes }) => ({
        path: name,
        message:
          `Has ${bytes} bytes, and Cloudflare refuses a variable of more than ${MOST_BYTES} (error 10054): shorten it`,
      })),
      ...(number > MOST.paid ? [tooMany("paid", MOST.paid)] : []),
    ],
    warnings: number > MOST.free && number <= MOST.paid ? [tooMany("free", MOST.free)] : [],
  };
}
