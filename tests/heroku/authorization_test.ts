import { assertEquals } from "@std/assert";
import { isExpired, isIssued } from "../../lib/heroku/authorization.ts";

const ID = "01234567-89ab-cdef-0123-456789abcdef";

Deno.test("isIssued() wants a token that is there, whole, and fit for a header", () => {
  const table = [
    ["HRKU-AAabcdef", true],
    [ID, true],
    ["a*b", true],
    ["HRKU-AA**********", false],
    ["HRKU-**********wxyz", false],
    ["", false],
    ["two\nlines", false],
    [undefined, false],
  ] as const;
  for (const [token, expected] of table) {
    assertEquals(isIssued({ id: ID, access_token: { token } }), expected, String(token));
  }
  assertEquals(isIssued({ id: ID, access_token: null }), false);
  assertEquals(isIssued({ id: ID }), false);
});

Deno.test("isExpired() takes zero and less for expired, null and silence for not", () => {
  const table = [[1, false], [0, true], [-5, true], [null, false], [undefined, false]] as const;
  for (const [expires_in, expected] of table) {
    assertEquals(isExpired({ id: ID, access_token: { expires_in } }), expected, `${expires_in}`);
  }
  assertEquals(isExpired({ id: ID, access_token: null }), false);
});
