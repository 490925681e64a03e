/**
 * What the status of an answer means, and what to do next.
 *
 * @module
 */
import type { TargetErrorCode } from "./target.ts";

/** The failures that need an operator, and so a word on what to change. */
export type Refusal = "unauthorized" | "forbidden" | "not_found" | "invalid_value";

/** What the operator has to change after a refusal, as the end of a sentence. */
export type Advice = Readonly<Record<Refusal, string>>;

/** The code that a status stands for where a service has no ways of its own. */
export function codeOf(status: number, headers: Headers): TargetErrorCode {
  switch (status) {
    case 401:
      return "unauthorized";
    case 402:
      return "forbidden";
    case 403:
      // https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api
      return headers.has("retry-after") || headers.get("x-ratelimit-remaining") === "0"
        ? "rate_limited"
        : "forbidden";
    case 404:
    case 410:
      return "not_found";
    case 408:
    case 425:
      return "unavailable";
    case 429:
      return "rate_limited";
    default:
      if (status === 0 || (status >= 300 && status < 400)) return "not_found";
      return status >= 400 && status < 500 ? "invalid_value" : "unavailable";
  }
}

/** What to do next after a failure, as the end of a sentence. */
export function nextStep(
  code: TargetErrorCode,
  wait: number | undefined,
  advice: Advice,
): string {
  switch (code) {
    case "unauthorized":
    case "forbidden":
    case "not_found":
    case "invalid_value":
      return advice[code];
    case "rate_limited":
      return wait === undefined
        ? "try again later"
        : `try again in ${Math.ceil(wait / 1000)} seconds`;
    case "superseded":
      return "a newer generation is in place, so leave it";
    case "unavailable":
    case "mismatch":
      return "try again, and check the service's status page if it goes on";
  }
}

/** Whether a failure needs an operator. */
export function isRefusal(code: TargetErrorCode): code is Refusal {
  return code === "unauthorized" || code === "forbidden" || code === "not_found" ||
    code === "invalid_value";
}
