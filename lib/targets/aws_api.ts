/**
 * AWS's addresses, and the errors of its JSON services.
 *
 * @module
 */
import * as v from "valibot";
import type { Answer } from "./request.ts";
import type { TargetErrorCode } from "./target.ts";

/** The domains of the partitions other than the usual one, by what their regions begin with. */
const DOMAINS: readonly (readonly [prefix: string, domain: string])[] = [
  ["cn-", "amazonaws.com.cn"],
  ["eusc-", "amazonaws.eu"],
  ["us-iso-", "c2s.ic.gov"],
  ["us-isob-", "sc2s.sgov.gov"],
];

const failure = v.object({
  __type: v.optional(v.string()),
  message: v.optional(v.string()),
  Message: v.optional(v.string()),
});

/** Where AWS's own service in a region is. */
export function awsEndpoint(service: string, region: string): string {
  const domain = DOMAINS.find(([prefix]) => region.startsWith(prefix))?.[1] ?? "amazonaws.com";
  return `https://${service}.${region}.${domain}`;
}

/** Whether an address is AWS's own, such as that of a VPC endpoint: all of them are one service. */
export function isAwsAddress(address: string): boolean {
  const host = new URL(address).hostname.replace(/\.$/, "");
  return ["amazonaws.com", "api.aws", ...DOMAINS.map(([, domain]) => domain)]
    .some((domain) => host.endsWith(`.${domain}`));
}

/** AWS answers nearly every failure with 400: a type says which one it is. */
export function classifyAws({ status, headers, body }: Answer): TargetErrorCode | undefined {
  if (status >= 500) return undefined;
  const result = v.safeParse(failure, body);
  const { __type, message, Message } = result.success ? result.output : {};
  const type = (__type ?? headers.get("x-amzn-errortype") ?? "")
    .replace(/^.*#/, "").replace(/:.*$/s, "");
  // The two clocks differ, or the request was long under way: the next one gets a fresh time.
  if (/Signature (?:expired|not yet current)/i.test(message ?? Message ?? "")) return "unavailable";
  return codeOf(type);
}

function codeOf(type: string): TargetErrorCode | undefined {
  switch (type) {
    case "UnrecognizedClientException":
    case "InvalidClientTokenId":
    case "InvalidSignatureException":
    case "SignatureDoesNotMatch":
    case "IncompleteSignature":
    case "MissingAuthenticationToken":
    case "MissingAuthenticationTokenException":
    case "ExpiredToken":
    case "ExpiredTokenException":
      return "unauthorized";
    case "AccessDeniedException":
    case "AccessDenied":
    case "NotAuthorized":
    case "OptInRequired":
    case "DecryptionFailure":
    case "DecryptionFailureException":
      return "forbidden";
    case "ResourceNotFoundException":
      return "not_found";
    case "Throttling":
    case "ThrottlingException":
    case "TooManyRequestsException":
    case "RequestLimitExceeded":
    // Versions of less than a day are never removed, so the limit passes within a day.
    case "LimitExceededException":
      return "rate_limited";
    case "ServiceUnavailable":
    case "InternalFailure":
    case "InternalServiceError":
    case "InternalServiceErrorException":
    case "InternalServiceFailure":
    case "RequestExpired":
      return "unavailable";
    default:
      return undefined;
  }
}
