/**
 * Takes secrets out of text that a service wrote: an error may echo the very value that it refuses.
 *
 * @module
 */

/** What is written where a secret was. */
const CONCEALED = "[redacted]";

/** How many characters in a row of a secret are too many: fewer give nothing away. */
const RUN = 8;

/** How deep a secret may be escaped inside strings of JSON. */
const JSON_DEPTH = 2;

/** Replaces secrets in a text. */
export type Conceal = (text: string) => string;

/**
 * Makes a function that replaces every part of a text that repeats eight or more characters of a
 * secret, plain or encoded (URL, form, JSON, base64 at any alignment, base64url, hexadecimal). Parts
 * count because services cut what they echo. A secret shorter than that is replaced as a whole.
 */
export function createConceal(secrets: readonly string[]): Conceal {
  let written: readonly string[] | undefined;
  let joined = "";
  return (text) => {
    if (!written) {
      written = [...new Set(secrets.filter((secret) => secret !== "").flatMap(forms))];
      joined = written.join("\n");
    }
    const hidden = new Uint8Array(text.length);
    for (let at = 0; at + RUN <= text.length; at++) {
      if (joined.includes(text.slice(at, at + RUN))) hidden.fill(1, at, at + RUN);
    }
    for (const form of written) {
      if (form.length >= RUN) continue;
      for (let at = text.indexOf(form); at >= 0; at = text.indexOf(form, at + 1)) {
        hidden.fill(1, at, at + form.length);
      }
    }
    let concealed = "";
    for (let at = 0; at < text.length; at++) {
      if (!hidden[at]) concealed += text[at];
      else if (!hidden[at - 1]) concealed += CONCEALED;
    }
    return concealed;
  };
}

function forms(secret: string): string[] {
  const bytes = new TextEncoder().encode(secret);
  const url = encodeURIComponent(secret.toWellFormed());
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  const found = [secret, url, url.replaceAll("%20", "+"), hex, hex.toUpperCase()];
  for (let depth = 0, escaped = secret; depth < JSON_DEPTH; depth++) {
    escaped = JSON.stringify(escaped).slice(1, -1);
    found.push(escaped, escaped.replaceAll("/", "\\/"));
  }
  for (const before of [0, 1, 2]) {
    const padded = new Uint8Array(before + bytes.length);
    padded.set(bytes, before);
    const encoded = btoa(String.fromCharCode(...padded)).replace(/=+$/, "");
    if (encoded.length >= RUN) {
      found.push(encoded, encoded.replaceAll("+", "-").replaceAll("/", "_"));
    }
  }
  return found;
}
