/**
 * What the built-in store hands out, read and opened without the project's own code.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import { createDecipheriv } from "node:crypto";
import type { TestDatabase } from "../worker/sqlite.ts";

const opened = new Map<string, string>();

/** The token that the store hands out for a credential; undefined for none. */
export function readSealed(
  database: TestDatabase,
  key: string,
  credential: string,
): string | undefined {
  const [row] = database.query(
    "SELECT sealed_token FROM entries JOIN credentials ON name = credential AND served = mark WHERE name = ?",
    credential,
  );
  const sealed = row?.sealed_token;
  if (typeof sealed !== "string") return undefined;
  const known = opened.get(sealed) ?? open(sealed, key);
  if (opened.size > 1000) opened.clear();
  opened.set(sealed, known);
  return known;
}

function open(sealed: string, key: string): string {
  const parts = sealed.split(".");
  const [iv, ciphertext] = parts.slice(-2).map((part) => Buffer.from(part, "base64url"));
  const decipher = createDecipheriv("aes-256-gcm", Buffer.from(key, "base64"), iv);
  decipher.setAAD(Buffer.from(parts.slice(0, -2).join(".")));
  decipher.setAuthTag(ciphertext.subarray(-16));
  return Buffer.concat([decipher.update(ciphertext.subarray(0, -16)), decipher.final()]).toString();
}
