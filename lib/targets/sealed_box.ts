/**
 * Libsodium's sealed box, in which GitHub takes secrets.
 *
 * @module
 */
import { hsalsa, xsalsa20poly1305 } from "@noble/ciphers/salsa.js";
import { blake2b } from "@noble/hashes/blake2.js";

const KEY_BYTES = 32;
const NONCE_BYTES = 24;

/**
 * Encrypts a text for the holder of an X25519 key, as libsodium's `crypto_box_seal` does: a fresh
 * public key, then XSalsa20-Poly1305 under HSalsa20 of the shared secret, with the BLAKE2b of both
 * public keys as the nonce.
 *
 * @param publicKey The receiver's key, 32 bytes.
 * @see https://doc.libsodium.org/public-key_cryptography/sealed_boxes
 */
export async function seal(text: string, publicKey: Uint8Array<ArrayBuffer>): Promise<Uint8Array> {
  const ephemeral = await crypto.subtle.generateKey("X25519", true, ["deriveBits"]);
  if (!("publicKey" in ephemeral)) throw new TypeError("Cannot make a key pair for X25519");
  const ephemeralKey = new Uint8Array(await crypto.subtle.exportKey("raw", ephemeral.publicKey));
  const receiver = await crypto.subtle.importKey("raw", publicKey, "X25519", false, []);
  const shared = await crypto.subtle.deriveBits(
    { name: "X25519", public: receiver },
    ephemeral.privateKey,
    KEY_BYTES * 8,
  );
  const key = new Uint32Array(KEY_BYTES / 4);
  const sigma = new TextEncoder().encode("expand 32-byte k");
  hsalsa(words(sigma), words(new Uint8Array(shared)), new Uint32Array(4), key);
  const nonce = blake2b
    .create({ dkLen: NONCE_BYTES })
    .update(ephemeralKey)
    .update(publicKey)
    .digest();
  const box = xsalsa20poly1305(bytes(key), nonce).encrypt(new TextEncoder().encode(text));
  const sealed = new Uint8Array(ephemeralKey.length + box.length);
  sealed.set(ephemeralKey);
  sealed.set(box, ephemeralKey.length);
  return sealed;
}

function words(bytes: Uint8Array): Uint32Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return Uint32Array.from({ length: bytes.length / 4 }, (_, at) => view.getUint32(at * 4, true));
}

function bytes(words: Uint32Array): Uint8Array {
  const view = new DataView(new ArrayBuffer(words.length * 4));
  words.forEach((word, at) => view.setUint32(at * 4, word, true));
  return new Uint8Array(view.buffer);
}
