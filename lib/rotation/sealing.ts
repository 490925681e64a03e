/**
 * Sealing: tokens at rest are AES-256-GCM ciphertexts, bound to their credential, generation and mark.
 *
 * @module
 */
import { base64urlnopad } from "@scure/base";
import type { Entry } from "./ledger.ts";

/** What a sealed token is bound to: it opens for nothing else. */
export interface SealContext {
  /** The credential's name. */
  readonly credential: string;
  /** The generation. */
  readonly generation: number;
  /** The mark of the ledger entry. */
  readonly mark: string;
}

/** Seals and opens tokens. */
export interface Sealing {
  /** Encrypts a token for its place in the ledger. */
  seal(token: string, context: SealContext): Promise<string>;
  /**
   * Decrypts a sealed token.
   *
   * @throws {SealingError} When it was sealed with another key or for another place, or altered.
   */
  open(sealed: string, context: SealContext): Promise<string>;
  /** Whether a token was sealed with the present key, and not with the one before. */
  isPresent(sealed: string): boolean;
  /** Whether there is a key before the present one. */
  readonly hasPrevious: boolean;
}

/** What is wrong with a key or a sealed token. */
export type SealingErrorCode =
  | "invalid_key"
  | "wrong_key"
  | "wrong_credential"
  | "wrong_generation"
  | "wrong_entry"
  | "altered";

/** A key or a sealed token that is not what it should be. */
export class SealingError extends Error {
  static {
    this.prototype.name = "SealingError";
  }
  /** What is wrong. */
  readonly code: SealingErrorCode;

  /** Makes an error from a code and a message that says what to do next. */
  constructor(code: SealingErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}

const VERSION = "v1";

/** A key, ready to use. */
interface Key {
  /** Tells it from others, in each seal. */
  readonly id: string;
  readonly aes: CryptoKey;
}

/**
 * Makes the sealing for a key. While a key is changed, what the one before has sealed opens as well.
 *
 * @param key 32 random bytes in base64, as `openssl rand -base64 32` prints.
 * @param previous The key before it, in the same form; undefined for none.
 * @throws {SealingError} With code `invalid_key` when one of them is anything else.
 */
export async function createSealing(key: string, previous?: string): Promise<Sealing> {
  const present = await importKey(key, "SEALING_KEY");
  const keys = previous === undefined
    ? [present]
    : [present, await importKey(previous, "SEALING_KEY_PREVIOUS")];

  return {
    async seal(token, context) {
      const label = writeLabel(context);
      const iv = crypto.getRandomValues(new Uint8Array(12));
      const header = [VERSION, present.id, label].join(".");
      const ciphertext = await crypto.subtle.encrypt(
        { name: "AES-GCM", iv, additionalData: new TextEncoder().encode(header) },
        present.aes,
        new TextEncoder().encode(token),
      );
      return [header, encode(iv), encode(new Uint8Array(ciphertext))].join(".");
    },

    async open(sealed, context) {
      const parts = sealed.split(".");
      const [sealedVersion, sealedKeyId, label, iv, ciphertext] = parts;
      const ivBytes = decode(iv ?? "");
      const ciphertextBytes = decode(ciphertext ?? "");
      if (parts.length !== 5 || sealedVersion !== VERSION || !ivBytes || !ciphertextBytes) {
        throw altered(context);
      }
      const sealedWith = keys.find(({ id }) => id === sealedKeyId);
      if (!sealedWith) {
        throw new SealingError(
          "wrong_key",
          `Cannot open the token of '${context.credential}' because it was sealed with another 'SEALING_KEY': set the former key as 'SEALING_KEY_PREVIOUS', or let the next rotation make a new token`,
        );
      }
      checkLabel(label, context);
      const header = [VERSION, sealedWith.id, label].join(".");
      try {
        const token = await crypto.subtle.decrypt(
          { name: "AES-GCM", iv: ivBytes, additionalData: new TextEncoder().encode(header) },
          sealedWith.aes,
          ciphertextBytes,
        );
        return new TextDecoder().decode(token);
      } catch {
        throw altered(context);
      }
    },

    isPresent: (sealed) => sealed.split(".")[1] === present.id,
    hasPrevious: previous !== undefined,
  };
}

async function importKey(key: string, name: string): Promise<Key> {
  const bytes = decode(key.trim());
  if (bytes?.length !== 32) {
    throw new SealingError(
      "invalid_key",
      `Cannot use '${name}' because it must be 32 bytes in base64: make one with \`openssl rand -base64 32\``,
    );
  }
  const aes = await crypto.subtle.importKey("raw", bytes, "AES-GCM", false, ["encrypt", "decrypt"]);
  const digest = await crypto.subtle.digest("SHA-256", bytes);
  return { id: encode(new Uint8Array(digest).subarray(0, 6)), aes };
}

function writeLabel({ credential, generation, mark }: SealContext): string {
  return encode(new TextEncoder().encode(JSON.stringify([credential, generation, mark])));
}

function checkLabel(label: string, context: SealContext): void {
  if (label === writeLabel(context)) return;
  let found: unknown;
  try {
    found = JSON.parse(new TextDecoder().decode(decode(label)));
  } catch {
    throw altered(context);
  }
  if (!Array.isArray(found)) throw altered(context);
  const [code, whose]: [SealingErrorCode, string] = found[0] !== context.credential
    ? ["wrong_credential", "another credential"]
    : found[1] !== context.generation
    ? ["wrong_generation", "another generation"]
    : ["wrong_entry", "another attempt at this generation"];
  throw new SealingError(
    code,
    `Cannot open the token of '${context.credential}' generation ${context.generation} because it was sealed for ${whose}: restore the ledger, or let the next rotation make a new token`,
  );
}

function altered(context: SealContext): SealingError {
  return new SealingError(
    "altered",
    `Cannot open the token of '${context.credential}' generation ${context.generation} because it was altered: restore the ledger, or let the next rotation make a new token`,
  );
}

function encode(bytes: Uint8Array): string {
  return base64urlnopad.encode(bytes);
}

function decode(text: string): Uint8Array<ArrayBuffer> | undefined {
  try {
    const digits = text.replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
    return Uint8Array.from(base64urlnopad.decode(digits));
  } catch {
    return undefined;
  }
}

/** Whether an entry's token is kept and the present key opens it. */
export async function canOpen(entry: Entry, sealing: Pick<Sealing, "open">): Promise<boolean> {
  if (entry.sealedToken === null) return false;
  try {
    await sealing.open(entry.sealedToken, entry);
    return true;
  } catch (error) {
    if (error instanceof SealingError) return false;
    throw error;
  }
}
