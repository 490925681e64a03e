/**
 * A runtime whose promises all settle in microtasks: WebCrypto done at once by `node:crypto`, and
 * timers that never fire by themselves. With it a simulation is the same every time, takes a tenth of
 * the time, and one that hangs is seen to hang.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import { createCipheriv, createDecipheriv, createHash, createHmac } from "node:crypto";
import { setImmediate } from "node:timers";
import { createRandom } from "../../lib/testing/random.ts";

type Bytes = Uint8Array | ArrayBuffer;

interface PromptKey {
  readonly bytes: Uint8Array;
}

const tagLength = 16;
const timers = new Map<number, () => void>();
let newest = 0;
let random = createRandom(1);

/** Puts the prompt runtime in the place of the real one, for this whole isolate. */
export function installPromptRuntime(): void {
  Object.assign(globalThis, { setTimeout: setPromptTimeout, clearTimeout: clearPromptTimeout });
  Object.defineProperty(globalThis.crypto, "subtle", { value: promptSubtle, configurable: true });
  Object.defineProperty(globalThis.crypto, "getRandomValues", { value: fill, configurable: true });
}

/** Lets what is random begin again, so that a world is the same every time. */
export function beginRandomAt(seed: number): void {
  random = createRandom(seed);
}

function fill(bytes: Uint8Array): Uint8Array {
  return bytes.map((_, index) => bytes[index] = Math.floor(random.next() * 256));
}

/** The timer that was set last, of those that still run: what a request's time-out is. */
export function newestTimer(): (() => void) | undefined {
  const timer = newest;
  const fire = timers.get(timer);
  return fire && (() => {
    timers.delete(timer);
    fire();
  });
}

/**
 * Waits for work that needs only microtasks; undefined when it turns out to hang. The turn of the event
 * loop that ends here also lets go of what weak references keep alive until then, and the timers that
 * are left are those of dead processes: each would keep its whole world in memory.
 */
export async function settleOrHang<T>(work: Promise<T>): Promise<T | undefined> {
  work.catch(() => {});
  await new Promise((resolve) => setImmediate(resolve));
  timers.clear();
  return await Promise.race([work, undefined]);
}

function setPromptTimeout(fire: () => void): number {
  timers.set(++newest, fire);
  return newest;
}

function clearPromptTimeout(timer: number | undefined): void {
  if (timer !== undefined) timers.delete(timer);
}

function toBytes(data: Bytes): Uint8Array {
  return new Uint8Array(data);
}

function toBuffer(bytes: Uint8Array): ArrayBuffer {
  return new Uint8Array(bytes).buffer;
}

const promptSubtle = {
  importKey: (_format: string, bytes: Bytes): Promise<PromptKey> =>
    Promise.resolve({ bytes: toBytes(bytes) }),

  digest: (_name: "SHA-256", data: Bytes): Promise<ArrayBuffer> =>
    Promise.resolve(toBuffer(createHash("sha256").update(toBytes(data)).digest())),

  sign: (_name: "HMAC", key: PromptKey, data: Bytes): Promise<ArrayBuffer> =>
    Promise.resolve(toBuffer(createHmac("sha256", key.bytes).update(toBytes(data)).digest())),

  encrypt(
    { iv, additionalData }: { iv: Uint8Array; additionalData: Uint8Array },
    key: PromptKey,
    data: Bytes,
  ): Promise<ArrayBuffer> {
    const cipher = createCipheriv("aes-256-gcm", key.bytes, iv);
    cipher.setAAD(additionalData);
    const parts = [cipher.update(toBytes(data)), cipher.final(), cipher.getAuthTag()];
    return Promise.resolve(toBuffer(Buffer.concat(parts)));
  },

  decrypt(
    { iv, additionalData }: { iv: Uint8Array; additionalData: Uint8Array },
    key: PromptKey,
    data: Bytes,
  ): Promise<ArrayBuffer> {
    try {
      const bytes = toBytes(data);
      const decipher = createDecipheriv("aes-256-gcm", key.bytes, iv);
      decipher.setAAD(additionalData);
      decipher.setAuthTag(bytes.subarray(bytes.length - tagLength));
      const opened = decipher.update(bytes.subarray(0, bytes.length - tagLength));
      return Promise.resolve(toBuffer(Buffer.concat([opened, decipher.final()])));
    } catch {
      return Promise.reject(new DOMException("Decryption failed", "OperationError"));
    }
  },
};
