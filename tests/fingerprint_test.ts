import { assertEquals } from "@std/assert";
import { fingerprint } from "../lib/fingerprint.ts";

Deno.test("fingerprint() is the SHA-256 of the token's UTF-8 in hexadecimal", async () => {
  // The vector of FIPS 180-2, appendix B.1.
  assertEquals(
    await fingerprint("abc"),
    "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
  );
  assertEquals((await fingerprint("é")).length, 64);
});
