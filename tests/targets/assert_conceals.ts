import { assert } from "@std/assert";

/** How many characters in a row give a secret away. */
const RUN = 8;

/**
 * Asserts that no form in which a value may be shown has a part of a secret in it: as text, as
 * inspected, as JSON, in its stack or its causes, plain or encoded.
 */
export function assertConceals(value: unknown, secrets: readonly string[]): void {
  const shown = shownForms(value).join("\n");
  const parts = new Set(Array.from(shown, (_, at) => shown.slice(at, at + RUN)));
  for (const part of secrets.flatMap(partsOf)) {
    assert(!parts.has(part), `'${part}' of a secret shows in: ${shown}`);
  }
}

const partsOfSecrets = new Map<string, string[]>();

function partsOf(secret: string): string[] {
  const known = partsOfSecrets.get(secret);
  if (known) return known;
  const parts = encodedForms(secret)
    .flatMap((form) => Array.from({ length: form.length }, (_, at) => form.slice(at, at + RUN)))
    // Every PEM has the same first line, and messages speak of private keys.
    .filter((part) => part.length === RUN && !(/^[A-Z ]+$/.test(part) && part.includes(" ")));
  const unique = [...new Set(parts)];
  partsOfSecrets.set(secret, unique);
  return unique;
}

function shownForms(value: unknown): string[] {
  const options = { depth: 20, showHidden: true, strAbbreviateSize: Infinity, iterableLimit: 1e6 };
  const forms = [String(value), Deno.inspect(value, options), JSON.stringify(value) ?? ""];
  if (value instanceof Error) {
    forms.push(value.message, value.stack ?? "");
    for (const name of Object.getOwnPropertyNames(value)) {
      forms.push(String(Object.getOwnPropertyDescriptor(value, name)?.value));
    }
    if (value.cause !== undefined) forms.push(...shownForms(value.cause));
  }
  return forms;
}

function encodedForms(secret: string): string[] {
  const bytes = new TextEncoder().encode(secret);
  const shifted = [0, 1, 2].map((shift) => {
    const padded = new Uint8Array(shift + bytes.length);
    padded.set(bytes, shift);
    return padded.toBase64().slice(shift + 1, -4);
  });
  const json = JSON.stringify(secret).slice(1, -1);
  return [
    secret,
    encodeURIComponent(secret),
    json,
    JSON.stringify(json).slice(1, -1),
    bytes.toHex(),
    ...shifted,
    ...shifted.map((text) => text.replaceAll("+", "-").replaceAll("/", "_")),
  ];
}
