import { assert, assertEquals } from "@std/assert";
import { parseRetryAfter } from "../lib/retry_after.ts";

Deno.test("parseRetryAfter() reads seconds and HTTP dates, and nothing else", () => {
  const table = [
    ["0", 0],
    ["7", 7000],
    [" 7 ", 7000],
    ["99999999999999999999", Number.MAX_SAFE_INTEGER],
    ["9".repeat(400), Number.MAX_SAFE_INTEGER],
    ["Wed, 21 Oct 2026 07:28:30 GMT", 30_000],
    ["Wednesday, 21-Oct-26 07:28:30 GMT", 30_000],
    ["Wed, 21 Oct 2026 07:27:00 GMT", 0],
    ["-5", undefined],
    ["1.5", 1500],
    ["1e3", undefined],
    ["soon 1", undefined],
    ["2026-10-21", undefined],
    ["Wed, 99 Foo 2026 07:28:30 GMT", undefined],
    ["", undefined],
  ] as const;
  for (const [value, expected] of table) {
    const headers = new Headers({ "Retry-After": value, "Date": "Wed, 21 Oct 2026 07:28:00 GMT" });
    assertEquals(parseRetryAfter(headers), expected, value);
  }
  assertEquals(parseRetryAfter(new Headers()), undefined);
});

Deno.test("parseRetryAfter() measures a date from our own clock when the server gives no time", () => {
  const at = new Date(Date.now() + 60_000).toUTCString();
  const wait = parseRetryAfter(new Headers({ "Retry-After": at }));
  assert(wait !== undefined && wait > 50_000 && wait <= 60_000, `${wait}`);
});
