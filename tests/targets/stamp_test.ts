import { assertEquals, assertThrows } from "@std/assert";
import { refuseOlder, stampOf } from "../../lib/targets/stamp.ts";
import { TargetError } from "../../lib/targets/target.ts";
import { deliveryOf } from "./delivery_of.ts";

const delivery = { ...deliveryOf(7), createdAt: "2026-12-24T12:00:00.123Z" };

Deno.test("stampOf() is short, in UTC, and sorts by time", () => {
  assertEquals(stampOf(delivery), "20261224T120000Z");
  assertEquals(
    stampOf({ ...delivery, createdAt: "2026-12-24T13:00:00+01:00" }),
    "20261224T120000Z",
  );
  assertEquals(stampOf({ ...delivery, createdAt: "?" }), "00000000T000000Z");
});

Deno.test("refuseOlder() refuses to replace a newer token, and nothing else", () => {
  for (const held of [undefined, "", "by hand", "g9 20261224T115959Z", "g7 20261224T120000Z"]) {
    refuseOlder("secret 'X'", held, delivery);
  }
  const error = assertThrows(
    () => refuseOlder("secret 'X'", "g1 20261224T120001Z", delivery),
    TargetError,
    "Cannot deliver generation 7 to the secret 'X' because it holds a token of 20261224T120001Z",
  );
  assertEquals([error.code, error.retryable], ["superseded", false]);
});
