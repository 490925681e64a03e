import { assertEquals, assertNotEquals, assertRejects } from "@std/assert";
import sodium from "libsodium-wrappers";
import { seal } from "../../lib/targets/sealed_box.ts";

await sodium.ready;

for (
  const text of ["", "x", "HRKU-AA", "é😀", "x".repeat(63), "x".repeat(64), "x".repeat(50_000)]
) {
  Deno.test(`seal() makes a box of ${text.length} characters that libsodium opens`, async () => {
    const { publicKey, privateKey } = sodium.crypto_box_keypair();
    const box = await seal(text, new Uint8Array(publicKey));
    const opened = sodium.crypto_box_seal_open(box, publicKey, privateKey);
    assertEquals(new TextDecoder().decode(opened), text);
  });
}

Deno.test("seal() uses a fresh key each time", async () => {
  const { publicKey } = sodium.crypto_box_keypair();
  const [one, two] = [
    await seal("same", new Uint8Array(publicKey)),
    await seal("same", new Uint8Array(publicKey)),
  ];
  assertNotEquals(one.slice(0, 32), two.slice(0, 32));
});

Deno.test("seal() refuses a key of another length", async () => {
  await assertRejects(() => seal("text", new Uint8Array(31)));
});
