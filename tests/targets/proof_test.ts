import { assertEquals, assertThrows } from "@std/assert";
import { proveExact, proveWritten, writtenBetween } from "../../lib/targets/proof.ts";
import { TargetError } from "../../lib/targets/target.ts";

const answerAt = (date?: string) => ({
  status: 200,
  headers: new Headers(date ? { date } : {}),
  body: undefined,
  read: () => {
    throw new Error("No one reads this");
  },
});

Deno.test("proveExact() takes the token and nothing else", () => {
  assertEquals(proveExact("secret 'X'", "token", "token").kind, "exact");
  for (const held of [undefined, null, "", "Token", "token ", 5, ["token"]]) {
    const error = assertThrows(() => proveExact("secret 'X'", held, "token"), TargetError);
    assertEquals(error.code, "mismatch");
  }
});

Deno.test("writtenBetween() goes by the service's clock, and by ours where it gives none", () => {
  const now = Date.parse("2026-12-24T12:00:00Z");
  assertEquals(
    writtenBetween(
      answerAt("Thu, 24 Dec 2026 10:00:00 GMT"),
      answerAt("Thu, 24 Dec 2026 10:00:03 GMT"),
      now,
    ),
    { not_before: "2026-12-24T10:00:00.000Z", not_after: "2026-12-24T10:00:03.000Z" },
  );
  assertEquals(writtenBetween(answerAt(), answerAt("?"), now), {
    not_before: "2026-12-24T12:00:00.000Z",
    not_after: "2026-12-24T12:00:00.000Z",
  });
});

Deno.test("proveWritten() takes a time inside the span, give or take five seconds", () => {
  const receipt = { not_before: "2026-12-24T10:00:00Z", not_after: "2026-12-24T10:00:03Z" };
  for (const at of ["09:59:55", "10:00:00", "10:00:03", "10:00:08"]) {
    assertEquals(proveWritten("secret 'X'", `2026-12-24T${at}Z`, receipt).kind, "timestamp");
  }
  for (
    const [at, words] of [
      ["2026-12-24T09:59:54Z", "before the delivery"],
      ["2026-12-24T10:00:09Z", "which was not our delivery"],
      ["", "does not show our delivery"],
    ]
  ) {
    const error = assertThrows(() => proveWritten("secret 'X'", at, receipt), TargetError, words);
    assertEquals(error.code, "mismatch");
  }
  assertThrows(() => proveWritten("secret 'X'", "2026-12-24T10:00:00Z", {}), TargetError);
});
