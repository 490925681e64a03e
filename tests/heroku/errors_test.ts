import { assert, assertEquals, assertInstanceOf } from "@std/assert";
import {
  createStatusError,
  ForbiddenError,
  HerokuError,
  InvalidRequestError,
  MalformedResponseError,
  NetworkError,
  NotFoundError,
  PagingError,
  RateLimitError,
  ServerError,
  TimeoutError,
  TwoFactorError,
  UnauthorizedError,
  UnexpectedStatusError,
} from "../../lib/heroku/errors.ts";

const CLASSES = [
  [NetworkError, "network"],
  [TimeoutError, "timeout"],
  [MalformedResponseError, "malformed_response"],
  [UnauthorizedError, "unauthorized"],
  [TwoFactorError, "two_factor"],
  [ForbiddenError, "forbidden"],
  [NotFoundError, "not_found"],
  [InvalidRequestError, "invalid_request"],
  [RateLimitError, "rate_limited"],
  [ServerError, "server_error"],
  [UnexpectedStatusError, "unexpected_status"],
  [PagingError, "paging"],
] as const;

Deno.test("HerokuError is the base of every error, each with its name and its code", () => {
  for (const [Class, code] of CLASSES) {
    const error = new Class("Cannot do it");
    assertInstanceOf(error, HerokuError);
    assertInstanceOf(error, Error);
    assertEquals(error.code, code);
    assertEquals(String(error), `${Class.name}: Cannot do it`);
    assert(error.stack?.startsWith(`${Class.name}: Cannot do it`));
  }
});

Deno.test("HerokuError has a member for each detail that is given, and for no other", () => {
  const cause = new Error("reset");
  const error = new ServerError("Cannot do it", {
    status: 500,
    requestId: "r-1",
    cause,
    id: undefined,
  });
  assertEquals(JSON.parse(JSON.stringify(error)), {
    code: "server_error",
    effect: "none",
    status: 500,
    requestId: "r-1",
  });
  assertEquals(error.cause, cause);
  assert(!("cause" in new ServerError("Cannot do it")));
  assert(!("id" in error));
});

Deno.test("createStatusError() picks the class by status and id", () => {
  const table = [
    [400, undefined, InvalidRequestError],
    [401, undefined, UnauthorizedError],
    [401, "unauthorized", UnauthorizedError],
    [401, "two_factor", TwoFactorError],
    [402, "delinquent", ForbiddenError],
    [403, "forbidden", ForbiddenError],
    [403, "suspended", ForbiddenError],
    [403, "two_factor", TwoFactorError],
    [404, "not_found", NotFoundError],
    [404, "two_factor", NotFoundError],
    [406, undefined, InvalidRequestError],
    [409, "conflict", InvalidRequestError],
    [410, undefined, NotFoundError],
    [412, undefined, InvalidRequestError],
    [416, undefined, InvalidRequestError],
    [422, "invalid_params", InvalidRequestError],
    [422, "verification_needed", InvalidRequestError],
    [429, "rate_limit", RateLimitError],
    [499, undefined, InvalidRequestError],
    [500, undefined, ServerError],
    [503, undefined, ServerError],
    [599, undefined, ServerError],
    [202, undefined, UnexpectedStatusError],
    [302, undefined, UnexpectedStatusError],
    [304, undefined, UnexpectedStatusError],
  ] as const;
  for (const [status, id, Class] of table) {
    const error = createStatusError(status, "Refused", { id, effect: "unknown" });
    assertEquals(error.constructor, Class, `${status} ${id}`);
    assertEquals([error.status, error.id, error.effect], [status, id, "unknown"]);
  }
});
