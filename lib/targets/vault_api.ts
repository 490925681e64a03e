/**
 * What the answers of Vault and OpenBao mean.
 *
 * @module
 */
import type { Answer } from "./request.ts";
import type { TargetErrorCode } from "./target.ts";

/** The engine is another one, or older, and does not know what it is asked for. */
const UNSUPPORTED = /unsupported (?:operation|path)/i;

/** Somebody else wrote in between, the engine is being made ready, or the node cannot write now. */
const PASSING =
  /check-and-set parameter d|Upgrading from non-versioned|Waiting for the primary|readonly storage|disabled in replication/i;

/** Vault answers 400 and 403 for more than a wrong request and a missing permission. */
export function classifyVault({ status, headers, body }: Answer): TargetErrorCode | undefined {
  const said = JSON.stringify(body) ?? "";
  if (status === 403 && /(?:invalid|bad) token/i.test(said)) return "unauthorized";
  if (status === 400 && /missing client token/i.test(said)) return "unauthorized";
  // An engine of another version, or a Vault that cannot change one field of several.
  if (status === 405 || (status < 500 && UNSUPPORTED.test(said))) return "not_found";
  // A replica lags (412), or a node is on standby, and may name the active one (307).
  if (status === 412 || (status >= 472 && status <= 474)) return "unavailable";
  if (status === 307 && headers.get("location")?.includes("/v1/")) return "unavailable";
  return status === 400 && PASSING.test(said) ? "unavailable" : undefined;
}
