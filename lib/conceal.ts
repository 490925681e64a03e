/**
 * Takes secrets out of text that a service wrote: an error may echo the very value that it refuses.
 *
 * @module
 */

/** What stands where a secret stood. */
const CONCEALED = "[redacted]";

/** How many characters in a row of a secret are too many: fewer give nothing away. */
const RUN = 8;

/** How deep a secret may be escaped inside strings of JSON. */
const JSON_DEPTH = 2;

/**
 * Replaces every part of a text that repeats eight or more characters of a secret, plain or encoded
 * (URL, form, JSON, base64 at any alignment, base64url, hexadecimal). Parts count because services
 * cut what they echo. A secret shorter than that is replaced as a whole.
 */
export function conceal(text: string, secrets: readonly string[]): string {
  const hidden = new Uint8Array(text.length);
  const indexes = new Map<number, Map<string, number[]>>();
  for (const form of secrets.filter((secret) => secret !== "").flatMap(forms)) {
    const size = Math.min(RUN, form.length);
    const index = indexes.get(size) ?? indexRuns(text, size);
    indexes.set(size, index);
    for (let at = 0; at + size <= form.length; at++) {
      const run = form.slice(at, at + size);
      for (const start of index.get(run) ?? []) hidden.fill(1, start, start + size);
      index.delete(run);
    }
  }
  let concealed = "";
  for (let at = 0; at < text.length; at++) {
    if (!hidden[at]) concealed += text[at];
    else if (!hidden[at - 1]) concealed += CONCEALED;
  }
  return concealed;
}

/** Where each run of so many characters stands in a text: the text is short, secrets may be long. */
function indexRuns(text: string, size: number): Map<string, number[]> {
  const index = new Map<string, number[]>();
  for (let at = 0; at + size <= text.length; at++) {
    const run = text.slice(at, at + size);
    const starts = index.get(run);
    if (starts) starts.push(at);
    else index.set(run, [at]);
  }
  return index;
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
