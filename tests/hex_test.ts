import { assertEquals } from "@std/assert";
import { fromHex, toHex } from "../lib/hex.ts";

for (const [bytes, digits] of [[[], ""], [[0], "00"], [[1, 15, 16, 255], "010f10ff"]] as const) {
  Deno.test(`toHex() writes ${JSON.stringify(bytes)}, and fromHex() reads it`, () => {
    assertEquals(toHex(Uint8Array.from(bytes)), digits);
    assertEquals(fromHex(digits), Uint8Array.from(bytes));
    assertEquals(fromHex(digits.toUpperCase()), Uint8Array.from(bytes));
  });
}
